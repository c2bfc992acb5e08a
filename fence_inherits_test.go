package zmq

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFenceInherits: a program that imports the package, and the one for its tests, has no other module by that. There is no
// proxy, and nothing in its cache: what it needed would be missing.
func TestFenceInherits(t *testing.T) {
	notEmulated(t, "it runs the go command")
	root, err := os.Getwd()
	must(err)
	dir := t.TempDir()
	must(os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module user\n\ngo 1.24\n\nrequire example.org/zmq v0.0.0\n\nreplace example.org/zmq => "+root+"\n"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "user.go"), []byte("package user\n\nimport (\n\t_ \"example.org/zmq\"\n\t_ \"example.org/zmq/zmqtest\"\n)\n"), 0o600))
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off", "GOMODCACHE="+filepath.Join(dir, "cache"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	if got := strings.Join(slices.Compact(modules), " "); got != "example.org/zmq user" {
		t.Errorf("it has the modules %s", got)
	}
	if sums, err := os.ReadFile(filepath.Join(dir, "go.sum")); err == nil {
		t.Errorf("it has a go.sum:\n%s", sums)
	}
}
