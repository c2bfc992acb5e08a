// Compare lets the measuring programs take turns and writes how they compare. It is run by
// scripts/bench.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
)

func main() { os.Exit(run()) }

func run() int {
	dir := flag.String("programs", "", "folder with the programs to measure: c, ours, pebbe")
	quick := flag.Bool("quick", false, "fewer sizes, shorter runs, fewer pairs")
	only := flag.Bool("goals", false, "only the works that have a goal")
	longer := flag.Int("longer", 1, "how many times as many messages")
	pairs := flag.Int("pairs", 0, "how many turns (5, or 3 with -quick)")
	table := flag.String("table", "", "the document whose tables are to be replaced")
	picture := flag.String("picture", "", "the picture to be drawn (SVG)")
	flag.Parse()

	scale, turns := 10, 5
	sizes := []int{8, 64, 512, 4 << 10, 32 << 10, 256 << 10, 1 << 20, 8 << 20}
	works := map[string]string{inproc: "thr", ipc: "2thr", tcp: "2thr"}
	if *quick {
		scale, turns, sizes, works = 1, 3, []int{8, 512, 32 << 10, 1 << 20, 8 << 20}, map[string]string{tcp: "2thr"}
	}
	if *pairs > 0 {
		turns = *pairs
	}
	scale *= *longer
	tests := goals(scale)
	if !*only {
		tests = append(tests, sweep(scale, sizes, works)...)
	}
	before := load()
	done, err := measure(programs(*dir), tests, turns)
	if err == nil {
		err = report(done, turns, before, *table, *picture)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

// outcome is a test with the samples of each of its ways, turn by turn.
type outcome struct {
	test
	samples map[string][]sample
}

func measure(p programs, tests []test, turns int) ([]outcome, error) {
	var done []outcome
	for i, t := range tests {
		fmt.Fprintf(os.Stderr, "bench: %d of %d: %v\n", i+1, len(tests), t)
		o := outcome{t, map[string][]sample{}}
		skipped := map[string]bool{}
		for range turns {
			for _, w := range t.ways {
				if skipped[w.name] {
					continue
				}
				s, err := p.run(t, w)
				if errors.Is(err, errSkipped) {
					fmt.Fprintf(os.Stderr, "bench: %v, %s: skipped, see above\n", t, w.name)
					skipped[w.name] = true
					continue
				}
				if err != nil {
					return nil, fmt.Errorf("%v, %s: %w", t, w.name, err)
				}
				o.samples[w.name] = append(o.samples[w.name], s)
			}
		}
		done = append(done, o)
	}
	return done, nil
}

// spread is a number that was measured several times.
type spread struct{ low, median, high float64 }

func spreadOf(v []float64) spread {
	if len(v) == 0 {
		return spread{}
	}
	slices.Sort(v)
	return spread{v[0], (v[(len(v)-1)/2] + v[len(v)/2]) / 2, v[len(v)-1]}
}

func (o outcome) spread(way, what string) spread {
	var v []float64
	for _, s := range o.samples[way] {
		v = append(v, s.of(what))
	}
	return spreadOf(v)
}

// ratio compares two ways, turn by turn: what disturbed a turn has disturbed both.
func (o outcome) ratio(of, to, what string) spread {
	var v []float64
	a, b := o.samples[of], o.samples[to]
	for i := range min(len(a), len(b)) {
		v = append(v, a[i].of(what)/b[i].of(what))
	}
	return spreadOf(v)
}
