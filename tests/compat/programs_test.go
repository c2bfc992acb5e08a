package compat

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrograms runs programs of the kind that people write with both packages, and those of folder guide: they print the
// same.
func TestPrograms(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir("programs")
	if err != nil || len(folders) < 12 {
		t.Fatalf("%d programs, %v", len(folders), err)
	}
	theirs, ours := build(t, original, "./programs/...", "./guide"), build(t, standIn, "./programs/...", "./guide")
	same := func(name string, args ...string) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			defer atATime()()
			want, got := run(t, filepath.Join(theirs, name), args...), run(t, filepath.Join(ours, name), args...)
			if len(want) < 2 {
				t.Errorf("it prints next to nothing: %q", want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("it prints something else (-%s +%s):\n%s", original, standIn, diff)
			}
		}
	}
	t.Run("program", func(t *testing.T) {
		for _, f := range folders {
			t.Run(f.Name(), same(f.Name()))
		}
	})
	t.Run("guide", func(t *testing.T) {
		for _, name := range run(t, filepath.Join(theirs, "guide")) {
			t.Run(name, same("guide", name))
		}
	})
}
