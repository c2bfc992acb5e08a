package guide

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.org/zmq"
)

// TestStatic: the guide's static program is built as its page says, and asks for no loader and no library.
func TestStatic(t *testing.T) {
	if runtime.GOOS != "linux" || !strings.Contains(zmq.LinkInfo(), "vendored static") {
		t.Skipf("a static program takes a staged engine, on Linux: this is %s", zmq.LinkInfo())
	}
	programs, _, _ := read(t)
	p, is := programs["static"]
	if !is {
		t.Fatal("no page has the program static")
	}
	dir := filepath.Join(t.TempDir(), "static")
	root, err := filepath.Abs(Root)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"main.go": p.Text, "go.mod": module(root)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pages, err := Pages(taught)
	if err != nil {
		t.Fatal(err)
	}
	const flags = "-linkmode external -extldflags -static"
	if !strings.Contains(pages["docs/guide/deploying.md"], "go build -ldflags '"+flags+"' -o hello ./static") {
		t.Error("docs/guide/deploying.md builds it in another way")
	}
	build := exec.Command("go", "build", "-ldflags", flags, "-o", "service", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file, err := elf.Open(filepath.Join(dir, "service"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	if err != nil || len(libraries) > 0 {
		t.Errorf("it asks for %v %v", libraries, err)
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			t.Error("it asks for a loader")
		}
	}
	if out, err := exec.Command(filepath.Join(dir, "service")).CombinedOutput(); err != nil {
		t.Errorf("it does not run: %v\n%s", err, out)
	}
}
