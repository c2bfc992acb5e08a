package compat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWaysAreDocumented: the lines with which TestWays builds a program are those of the stand-in's README, so that a user who copies
// them has all that go build asks for.
func TestWaysAreDocumented(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "compat", "zmq4", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]string{
		"import changed":     "\n## Change the import\n",
		"replace by folder":  "\n## Keep the import, and replace the module in go.mod\n",
		"replace by version": "\n## Keep the import, and replace the module in go.mod\n",
		"go.work":            "\n## Leave go.mod alone, with a go.work\n",
	}
	for _, w := range ways {
		_, section, found := strings.Cut(string(raw), headings[w.name])
		if !found || headings[w.name] == "" {
			t.Errorf("%s: the README has no section %q", w.name, headings[w.name])
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		shown := map[string]bool{"": true}
		for _, line := range strings.Split(section, "\n") {
			if strings.HasPrefix(line, "    ") {
				shown[strings.TrimSpace(line)] = true
			}
		}
		for name, text := range w.files("zmq4", "/path/to/zmq") {
			for _, line := range strings.Split(text, "\n") {
				line = strings.TrimSpace(line)
				switch {
				case name != "go.work" && (strings.HasPrefix(line, "module ") || strings.HasPrefix(line, "go ") || strings.HasPrefix(line, "require github.com/")):
					continue // the program has these already
				case w.name == "replace by version" && strings.HasPrefix(line, "require ") && strings.Contains(section, "`go mod tidy`"):
					continue
				}
				if !shown[line] {
					t.Errorf("%s: the README does not show %q, a line of %s", w.name, line, name)
				}
			}
		}
	}
}
