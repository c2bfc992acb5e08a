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
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
