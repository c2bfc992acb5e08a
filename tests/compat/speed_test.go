package compat

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

var speed = flag.Int("speed", 0, "measure with so many thousand messages, five times each with both packages, on a quiet machine")

// cases are what is measured, and how many messages count as one.
var cases = []struct {
	name   string
	weight int
}{
	{"one inproc", 10}, {"one ipc", 10}, {"one tcp", 10}, {"three inproc", 5}, {"three ipc", 5}, {"three tcp", 5},
	{"request inproc", 1}, {"request ipc", 1}, {"request tcp", 1}, {"publisher whole", 2}, {"publisher parts", 2}, {"broker", 1},
}

// TestSpeed runs what is measured, and with -speed measures it: the two take turns, and the medians of five are compared.
func TestSpeed(t *testing.T) {
	if raceEnabled && *speed > 0 {
		t.Skip("the race detector would be measured")
	}
	theirs := filepath.Join(build(t, original, "./bench"), "bench")
	ours := filepath.Join(build(t, standIn, "./bench"), "bench")
	for _, c := range cases {
		n, rounds := max(*speed*1000*c.weight, 80), 5
		if *speed == 0 {
			rounds = 1
		}
		var took [2][]float64
		for range rounds {
			for i, program := range []string{theirs, ours} {
				took[i] = append(took[i], seconds(t, program, c.name, n))
			}
		}
		for i := range took {
			slices.Sort(took[i])
		}
		a, b := took[0][rounds/2], took[1][rounds/2]
		if *speed > 0 {
			t.Logf("%-16s %8d messages: %s %.3f s, %s %.3f s, %.2f times as fast", c.name, n, original, a, standIn, b, a/b)
		}
	}
}

func seconds(t *testing.T, program, name string, n int) float64 {
	t.Helper()
	lines := run(t, program, name, fmt.Sprint(n))
	v, err := strconv.ParseFloat(lines[len(lines)-1], 64)
	if err != nil {
		t.Fatalf("%s %q: %v", program, name, err)
	}
	return v
}
