package outside

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.org/zmq"
)

// library is the program as a shared library, with one function for C.
func library() string {
	return strings.Replace(program, "func main() {\n", "func main() {}\n\n//export Outside\nfunc Outside() {\n", 1) +
		"\nfunc init() { _ = C.int(0) }\n"
}

const host = `extern void Outside(void);

int main(void)
{
    Outside();
    return 0;
}
`

// A C program uses a Go library that uses the engine: -buildmode=c-shared.
func TestSharedLibrary(t *testing.T) {
	t.Parallel()
	u := newUser(t, root(t))
	write(t, filepath.Join(u.dir, "main.go"), strings.Replace(library(), "package main\n", "package main\n\nimport \"C\"\n", 1))
	if out, err := u.do("go", "build", "-buildmode=c-shared", "-o", "liboutside.so", "."); err != nil {
		t.Fatalf("go build -buildmode=c-shared: %v\n%s", err, out)
	}
	write(t, filepath.Join(u.dir, "host.c"), host)
	cc, err := exec.Command("go", "env", "CC").Output()
	if err != nil {
		t.Fatal(err)
	}
	compiler := strings.Fields(string(cc))
	if out, err := u.do(compiler[0], append(compiler[1:], "host.c", "-o", "host", "-L.", "-loutside", "-Wl,-rpath,"+u.dir)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := u.do(filepath.Join(u.dir, "host")); err != nil || out != zmq.LinkInfo()+"\n"+works {
		t.Errorf("the C program says %q (%v)", out, err)
	}
}

const plugged = `package main

import (
	"fmt"
	"os"
	"plugin"
)

func main() {
	p, err := plugin.Open(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	f, err := p.Lookup("Outside")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	f.(func())()
}
`

// A Go program loads a plugin that uses the engine: -buildmode=plugin.
func TestPlugin(t *testing.T) {
	t.Parallel()
	u := newUser(t, root(t))
	write(t, filepath.Join(u.dir, "main.go"), strings.Replace(library(), "\nfunc init() { _ = C.int(0) }\n", "", 1))
	write(t, filepath.Join(u.dir, "host", "main.go"), plugged)
	for _, args := range [][]string{{"-buildmode=plugin", "-o", "outside.so", "."}, {"-o", "loader", "./host"}} {
		if out, err := u.do("go", append([]string{"build"}, args...)...); err != nil {
			t.Fatalf("go build %v: %v\n%s", args, err, out)
		}
	}
	out, err := u.do(filepath.Join(u.dir, "loader"), filepath.Join(u.dir, "outside.so"))
	if err != nil || out != zmq.LinkInfo()+"\n"+works {
		t.Errorf("the loader says %q (%v)", out, err)
	}
}
