// Package outside tests the library as a program of somebody else's uses it: from a module of its own,
// in every way of linking that README.md describes.
package outside

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.org/zmq"
)

// program is somebody else's: it says which engine it has and what came back.
const program = `package main

import (
	"context"
	"fmt"
	"os"

	"example.org/zmq"
)

func main() {
	fmt.Println(zmq.LinkInfo())
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run() error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	req, err := zc.NewSocket(zmq.Req)
	if err != nil {
		return err
	}
	if err := rep.Bind("inproc://outside"); err != nil {
		return err
	}
	if err := req.Connect("inproc://outside"); err != nil {
		return err
	}
	ctx := context.Background()
	if err := req.SendParts(ctx, []byte("hello")); err != nil {
		return err
	}
	parts, err := rep.RecvParts(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", parts[0])
	return nil
}
`

// works is what the program prints after the engine.
const works = "hello\n"

// user is the module of somebody else.
type user struct {
	t   *testing.T
	dir string
	env []string
}

// newUser writes a module that uses the library in tree.
func newUser(t *testing.T, tree string, env ...string) *user {
	t.Helper()
	u := &user{t: t, dir: t.TempDir()}
	sum, err := os.ReadFile(filepath.Join(tree, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"main.go": program,
		"go.sum":  string(sum),
		"go.mod":  "module example.net/user\n\ngo 1.24\n\nrequire example.org/zmq v0.0.0\n\nreplace example.org/zmq => " + tree + "\n",
	} {
		write(t, filepath.Join(u.dir, name), text)
	}
	// Nothing but the tree is needed: no module comes over the network.
	u.env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=1", "CGO_CFLAGS=-g -O2", "CGO_LDFLAGS=")
	u.env = append(u.env, env...)
	return u
}

// do runs a command in the module and returns what it prints.
func (u *user) do(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = u.dir, u.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// builds builds the program and checks what it prints.
func (u *user) builds(link string, args ...string) {
	u.t.Helper()
	if out, err := u.do("go", append(append([]string{"build", "-o", "program"}, args...), ".")...); err != nil {
		u.t.Fatalf("go build %q: %v\n%s", args, err, out)
	}
	out, err := u.do(filepath.Join(u.dir, "program"))
	if err != nil || out != link+"\n"+works {
		u.t.Errorf("the program says %q (%v), want %q", out, err, link+"\n"+works)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// root is the folder of the library.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// staged returns the folder of the staged engine.
func staged(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(root(t), "vendor_libzmq", "lib")
	if _, err := os.Stat(filepath.Join(dir, "libzmq.a")); err != nil {
		skip(t, "no engine is staged: run scripts/vendor")
	}
	return dir
}

// skip skips a test on a machine that cannot do it; where everything must be tested, it fails.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// shared is a folder for what all tests build from: in the same place, it is compiled once.
var shared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "zmq-outside-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(shared)
	os.Exit(code)
}

var copying sync.Mutex

// bare copies the library without an engine.
func bare(t *testing.T) string {
	t.Helper()
	copying.Lock()
	defer copying.Unlock()
	from, to := root(t), filepath.Join(shared, "bare")
	if _, err := os.Stat(to); err == nil {
		return to
	}
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a file of somebody who is at work
			}
			return err
		}
		name, _ := filepath.Rel(from, path)
		switch {
		case name == ".git" && !d.IsDir():
			return nil // of a worktree: SkipDir would skip all that is beside it
		case name == ".git" || name == "tests" || name == "cmd" || name == filepath.Join("vendor_libzmq", "lib"):
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), ".staging"):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		write(t, filepath.Join(to, name), string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// systemHasEngine reports whether the compiler finds a zmq.h by itself.
func systemHasEngine(t *testing.T) bool {
	t.Helper()
	cc, err := exec.Command("go", "env", "CC").Output()
	if err != nil {
		t.Fatal(err)
	}
	compiler := strings.Fields(string(cc))
	cmd := exec.Command(compiler[0], append(compiler[1:], "-E", "-")...)
	cmd.Stdin = strings.NewReader("#include <zmq.h>\n")
	return cmd.Run() == nil
}

// A replace and a plain go build give the program the engine of the tree.
func TestReplace(t *testing.T) {
	t.Parallel()
	newUser(t, root(t)).builds(zmq.LinkInfo())
}

// go mod vendor copies the library; the engine, which is no Go, is named to cgo.
func TestGoModVendor(t *testing.T) {
	t.Parallel()
	lib := staged(t)
	u := newUser(t, root(t), "CGO_CFLAGS=-g -O2 -I"+filepath.Join(lib, "include"), "CGO_LDFLAGS=-L"+lib, "GOFLAGS=-mod=mod")
	if out, err := u.do("go", "mod", "vendor"); err != nil {
		t.Fatalf("go mod vendor: %v\n%s", err, out)
	}
	headers, err := filepath.Glob(filepath.Join(root(t), "shim*.h"))
	if err != nil || len(headers) < 5 {
		t.Fatalf("the headers are %q: %v", headers, err)
	}
	files := []string{"zmq_cgo.go", filepath.Join("vendor_libzmq", "vendored.go")}
	for _, h := range headers {
		files = append(files, filepath.Base(h))
	}
	for _, file := range files {
		if _, err := os.Stat(filepath.Join(u.dir, "vendor", "example.org", "zmq", file)); err != nil {
			t.Errorf("it is not there after go mod vendor: %v", err)
		}
	}
	u.builds(zmq.LinkInfo(), "-mod=vendor")
}

// Without a staged engine the system's is linked. Where the system has none, one in an unusual
// prefix stands in for it.
func TestSystem(t *testing.T) {
	t.Parallel()
	tree := bare(t)
	if systemHasEngine(t) {
		u := newUser(t, tree)
		if out, err := u.do("go", "build", "-o", "program", "."); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		out, err := u.do(filepath.Join(u.dir, "program"))
		if err != nil || !strings.Contains(out, ", system ") || !strings.HasSuffix(out, works) {
			t.Errorf("the program says %q (%v)", out, err)
		}
		return
	}
	lib, prefix := staged(t), filepath.Join(shared, "prefix")
	for from, to := range map[string]string{
		"libzmq.a": "lib/libzmq.a", "include/zmq.h": "include/zmq.h", "include/zmq_utils.h": "include/zmq_utils.h",
	} {
		text, err := os.ReadFile(filepath.Join(lib, from))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(prefix, to), string(text))
	}
	u := newUser(t, tree, "CGO_CFLAGS=-g -O2 -I"+filepath.Join(prefix, "include"), "CGO_LDFLAGS=-L"+filepath.Join(prefix, "lib"))
	u.builds(fmt.Sprintf("libzmq %v, system static", zmq.LibraryVersion()))
}

// The tag zmq_pkgconfig takes the engine that pkg-config knows.
func TestPkgConfig(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pkg-config"); err != nil {
		skip(t, "pkg-config is not installed")
	}
	lib := staged(t)
	u := newUser(t, bare(t), "PKG_CONFIG_PATH="+filepath.Join(lib, "pkgconfig"))
	u.builds(zmq.LinkInfo(), "-tags", "zmq_pkgconfig")
}

// Without any engine the build ends with one sentence that names the ways out.
func TestNoEngine(t *testing.T) {
	t.Parallel()
	cflags := "CGO_CFLAGS=-g -O2"
	if systemHasEngine(t) {
		cflags += " -DZGO_NO_ENGINE"
	}
	out, err := newUser(t, bare(t), cflags).do("go", "build", ".")
	if err == nil {
		t.Fatal("the build succeeds")
	}
	for _, word := range []string{"libzmq was not found", "scripts/vendor", "libzmq3-dev", "zmq_pkgconfig"} {
		if !strings.Contains(out, word) {
			t.Errorf("the build does not say %q:\n%s", word, out)
		}
	}
	if n := strings.Count(out, "error:"); n != 1 {
		t.Errorf("there are %d errors, want one:\n%s", n, out)
	}
}

// Without cgo programs compile, and say what is missing when they run.
func TestNoCgo(t *testing.T) {
	t.Parallel()
	u := newUser(t, root(t), "CGO_ENABLED=0")
	if out, err := u.do("go", "build", "-o", "program", "."); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := u.do(filepath.Join(u.dir, "program"))
	if err == nil {
		t.Error("the program succeeds")
	}
	const want = "no libzmq: built without cgo\nzmq: this program was built without cgo, so there is no libzmq in it: build with CGO_ENABLED=1 and a C compiler\n"
	if out != want {
		t.Errorf("the program says %q, want %q", out, want)
	}
}

// A user of the library inherits no dependency of it.
func TestNoDependencies(t *testing.T) {
	t.Parallel()
	out, err := newUser(t, root(t)).do("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for _, module := range bytes.Fields([]byte(out)) {
		if m := string(module); m != "example.net/user" && m != "example.org/zmq" {
			t.Errorf("the program depends on %s", m)
		}
	}
}
