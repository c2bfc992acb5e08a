package compat

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

var speed = flag.Int("speed", 0, "measure with so many thousand messages, seven times each with both packages")

// cases are what is measured, and how many messages count as one.
var cases = []struct {
	name   string
	weight int
}{
	{"one inproc", 10}, {"one ipc", 10}, {"one tcp", 10}, {"three inproc", 5}, {"three ipc", 5}, {"three tcp", 5},
	{"request inproc", 1}, {"request ipc", 1}, {"request tcp", 1}, {"publisher whole", 2}, {"publisher parts", 2}, {"broker", 1},
}

// TestSpeed runs what is measured, and with -speed measures it: the two take turns, and the medians of the rounds are compared.
// On a machine that others use the processor time says more than the time that passed: the original has a thread for each
// goroutine that waits, and whoever has more threads is given more of a crowded processor.
func TestSpeed(t *testing.T) {
	if raceEnabled && *speed > 0 {
		t.Skip("the race detector would be measured")
	}
	theirs := filepath.Join(build(t, original, "./bench"), "bench")
	ours := filepath.Join(build(t, standIn, "./bench"), "bench")
	for _, c := range cases {
		n, rounds := max(*speed*1000*c.weight, 80), 7
		if *speed == 0 {
			rounds = 1
		}
		var passed, processor [2][]float64
		for range rounds {
			for i, program := range []string{theirs, ours} {
				p, q := seconds(t, program, c.name, n)
				passed[i], processor[i] = append(passed[i], p), append(processor[i], q)
			}
		}
		if *speed > 0 {
			p, q := [2]float64{median(passed[0]), median(passed[1])}, [2]float64{median(processor[0]), median(processor[1])}
			t.Logf("%-16s %8d messages: %s %.3f s, %s %.3f s, %.2f times as fast; processor %.3f s, %.3f s, %.2f times",
				c.name, n, original, p[0], standIn, p[1], p[0]/p[1], q[0], q[1], q[0]/q[1])
		}
	}
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// seconds returns how long a program says that it took, and how much processor time all of it took.
func seconds(t *testing.T, program, name string, n int) (passed, processor float64) {
	t.Helper()
	lines, used := runCounted(t, program, name, fmt.Sprint(n))
	v, err := strconv.ParseFloat(lines[len(lines)-1], 64)
	if err != nil {
		t.Fatalf("%s %q: %v", program, name, err)
	}
	return v, used.Seconds()
}
