package compat

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTrace runs every scenario with both packages, and compares what came of each call.
func TestTrace(t *testing.T) {
	t.Parallel()
	theirs := filepath.Join(build(t, original, "./trace"), "trace")
	ours := filepath.Join(build(t, standIn, "./trace"), "trace")
	var mu sync.Mutex
	used := map[int]bool{}
	lines := 0
	t.Run("scenario", func(t *testing.T) {
		for _, name := range run(t, theirs) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				defer atATime()()
				want, got := run(t, theirs, name), run(t, ours, name)
				mu.Lock()
				defer mu.Unlock()
				lines += len(got)
				if diff := cmp.Diff(intended(name, want, got, used), got); diff != "" {
					t.Errorf("%s differs from %s (-%s +%s):\n%s", standIn, original, original, standIn, diff)
				}
			})
		}
	})
	t.Logf("%d lines compared", lines)
	for i, d := range differences {
		if !used[i] && !t.Failed() {
			t.Errorf("this difference does not come up: %+v", d)
		}
	}
}

// intended returns the lines that the stand-in should have printed.
func intended(scenario string, theirs, ours []string, used map[int]bool) []string {
	want := append([]string{}, theirs...)
	for n := range want {
		if n >= len(ours) || want[n] == ours[n] {
			continue
		}
		call, result, _ := strings.Cut(want[n], " = ")
		ourCall, ourResult, _ := strings.Cut(ours[n], " = ")
		for i, d := range differences {
			if call == ourCall && match(d.scenario, scenario) && match(d.call, call) && match(d.theirs, result) && match(d.ours, ourResult) {
				want[n] = ours[n]
				used[i] = true
			}
		}
	}
	return want
}

func match(pattern, s string) bool {
	before, after, any := strings.Cut(pattern, "*")
	if !any {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}
