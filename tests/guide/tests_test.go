package guide

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTests: the test files that the guide shows pass.
func TestTests(t *testing.T) {
	pages, err := Pages(taught)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(Root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{"go.mod": module(root)}
	for page, text := range pages {
		for _, b := range Blocks(page, text) {
			if name, is := strings.CutPrefix(b.Comment, "test "); is {
				files[filepath.Join(name, name+"_test.go")] = b.Text
			}
		}
	}
	if len(files) < 2 {
		t.Fatal("no page shows a test")
	}
	writeAll(t, dir, files)
	cmd := exec.Command("go", "test", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
