package guide

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// loop is the head of a loop over messages or events.
	loop = regexp.MustCompile(`^\s*(?://\s*)?for [\w, ]+ := range .*\.(?:Messages|Events)\(.*\{$`)
	// contextFirst is a first statement that leaves such a loop because a context has ended, whether there is a message or not.
	contextFirst = regexp.MustCompile(`^\s*(?://\s*)?if (?:\w+\.Err\(\) != nil|.*\|\| \w+\.Err\(\) != nil) \{$`)
)

// dropsMessage returns the lines of a text at which a loop drops a message that arrives in the moment in which a context ends.
func dropsMessage(text string) []int {
	var found []int
	lines := strings.Split(text, "\n")
	for i, line := range lines[:len(lines)-1] {
		if loop.MatchString(line) && contextFirst.MatchString(lines[i+1]) {
			found = append(found, i+2)
		}
	}
	return found
}

// TestLoopsKeepMessages: the loops that users copy look at the error first. A message that was received is yielded, although the
// context has ended meanwhile; a loop that looks at the context first drops it.
func TestLoopsKeepMessages(t *testing.T) {
	loops := 0
	look := func(name, text string) {
		for _, line := range strings.Split(text, "\n") {
			if loop.MatchString(line) {
				loops++
			}
		}
		for _, line := range dropsMessage(text) {
			t.Errorf("%s:%d: the loop drops a message that is received in the moment in which the context ends: look at err first", name, line)
		}
	}
	pages, err := Pages(regexp.MustCompile(`.`))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pages {
		look(name, text)
	}
	for _, folder := range []string{".", "examples", "cmd", "contrib"} {
		err := filepath.WalkDir(filepath.Join(Root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && folder == "." && path != filepath.Join(Root, folder) {
				return filepath.SkipDir // the others are named
			}
			if d.IsDir() || filepath.Ext(path) != ".go" {
				return nil
			}
			text, err := os.ReadFile(path)
			look(path, string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if loops < 40 {
		t.Errorf("only %d loops were found", loops)
	}
	bad := "for m, err := range s.Messages(ctx) {\n\tif ctx.Err() != nil {\n\t\treturn nil\n\t}\n}\n"
	also := "\tfor m, err := range s.Messages(ctx) {\n\t\tif errors.Is(err, x) || ctx.Err() != nil {\n"
	good := "for m, err := range s.Messages(ctx) {\n\tif err != nil {\n\t\tif ctx.Err() != nil {\n"
	if len(dropsMessage(bad)) != 1 || len(dropsMessage(also)) != 1 || len(dropsMessage(good)) != 0 {
		t.Error("dropsMessage does not find what it is for")
	}
}
