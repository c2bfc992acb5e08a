package compat

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrograms runs programs of the kind that people write with both packages: they print the same.
func TestPrograms(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir("programs")
	if err != nil || len(folders) < 12 {
		t.Fatalf("%d programs, %v", len(folders), err)
	}
	theirs, ours := build(t, original, "./programs/..."), build(t, standIn, "./programs/...")
	t.Run("program", func(t *testing.T) {
		for _, f := range folders {
			t.Run(f.Name(), func(t *testing.T) {
				t.Parallel()
				defer atATime()()
				want := run(t, filepath.Join(theirs, f.Name()))
				got := run(t, filepath.Join(ours, f.Name()))
				if len(want) < 2 {
					t.Errorf("it prints next to nothing: %q", want)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("it prints something else (-%s +%s):\n%s", original, standIn, diff)
				}
			})
		}
	})
}
