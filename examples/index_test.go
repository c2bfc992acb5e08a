//go:build unix

package examples

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"example.org/zmq/examples/internal/run"
)

// programs returns the folders that have a program.
func programs(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "main.go" {
			names = append(names, filepath.ToSlash(filepath.Dir(file)))
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatal("no programs", err)
	}
	return names
}

// Every program is in the index, says what it shows and how to run it, and is run by a test.
func TestIndex(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	err = filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		tests.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range programs(t) {
		if link := fmt.Sprintf("](%s/main.go)", name); !strings.Contains(string(readme), link) {
			t.Errorf("README.md has no link %s", link)
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(name, "main.go"), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		comment := file.Doc.Text()
		if !strings.HasPrefix(strings.ToLower(comment), path.Base(name)) || !strings.Contains(comment, "\tgo run ./"+name) {
			t.Errorf("%s does not begin with a comment of its name that says how to run it", name)
		}
		if !strings.Contains(tests.String(), fmt.Sprintf("run.Start(t, %q", name)) {
			t.Errorf("no test runs %s", name)
		}
	}
}

// A program that does not know its role says what it can do, and fails.
func TestUsage(t *testing.T) {
	t.Parallel()
	for _, name := range programs(t) {
		source, err := os.ReadFile(filepath.Join(name, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		usage := fmt.Sprintf("usage: %s ", path.Base(name))
		if !strings.Contains(string(source), usage) {
			continue // it has one role
		}
		p := run.Start(t, name, "nonsense")
		p.Line(usage)
		if code := p.Wait(); code != 1 {
			t.Errorf("%s nonsense has ended with %d, not with 1", name, code)
		}
	}
}
