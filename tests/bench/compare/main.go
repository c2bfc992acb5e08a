// Compare lets the measuring programs take turns and writes how they compare. It is run by
// scripts/bench.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "spin" {
		spin()
	}
	if err := compare(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	programs, docs string
	extent
	pairs     int
	listsOnly bool
	parts     []string
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.programs, "programs", "", "folder with the programs to measure: c, ours, pebbe, gozmq")
	f.StringVar(&o.docs, "docs", "", "folder of performance-figures.md and its pictures, which are written anew")
	f.BoolVar(&o.quick, "quick", false, "fewer sizes, shorter runs, fewer turns; the parts trips, rates and sizes if none is named")
	f.BoolVar(&o.listsOnly, "list", false, "only list what parts there are")
	longer := f.Int("longer", 1, "how many times as many messages")
	f.IntVar(&o.pairs, "pairs", 0, "how many turns (default 5, and 3 for sizes and the curves; 3 with -quick)")
	for err := f.Parse(args); f.NArg() > 0 || err != nil; err = f.Parse(args) {
		if err != nil {
			return o, err
		}
		o.parts, args = append(o.parts, f.Arg(0)), f.Args()[1:]
	}
	o.scale = 10 * *longer
	if o.quick {
		o.scale = *longer
		if o.pairs == 0 {
			o.pairs = 3
		}
	}
	return o, nil
}

func compare(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.listsOnly {
		list(os.Stdout, o.extent, o.pairs)
		return nil
	}
	chosen, err := choose(o.parts, o.quick)
	if err != nil {
		return err
	}
	var failed []error
	var took strings.Builder
	began := time.Now()
	for _, p := range chosen {
		t := time.Now()
		if err := one(p, o); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
		}
		fmt.Fprintf(&took, "%-14s %v\n", p.name, time.Since(t).Round(time.Second))
	}
	fmt.Fprintf(os.Stderr, "bench: took\n%s%-14s %v\n", &took, "all", time.Since(began).Round(time.Second))
	return errors.Join(failed...)
}

// one measures a part and writes what came of it.
func one(p part, o options) error {
	if o.pairs > 0 {
		p.turns = o.pairs
	}
	before, began := load(), time.Now()
	done, err := measure(o.programs, p, p.tests(o.extent))
	if err != nil {
		return err
	}
	return report(p, done, heading(p, before, time.Since(began)), o.docs)
}

// outcome is a test with the samples of each of its ways, turn by turn.
type outcome struct {
	test
	samples map[string][]sample
}

func measure(dir string, p part, tests []test) ([]outcome, error) {
	var done []outcome
	for i, t := range tests {
		what := fmt.Sprint(t)
		if t.number > 0 && t.work != "http" {
			what += fmt.Sprint(", ", t.number)
		}
		fmt.Fprintf(os.Stderr, "bench: %s: %d of %d: %s\n", p.name, i+1, len(tests), what)
		o, err := turns(dir, t, p.turns)
		if err != nil {
			return nil, err
		}
		done = append(done, o)
	}
	return done, nil
}

// turns runs a test in all its ways in turn. What others' programs cannot do is left out; ours can.
func turns(dir string, t test, n int) (outcome, error) {
	o := outcome{t, map[string][]sample{}}
	stop, err := spinners(t.busy)
	if err != nil {
		return o, err
	}
	defer stop()
	skipped := map[string]bool{}
	for range n {
		for _, w := range t.ways {
			if skipped[w.name] {
				continue
			}
			s, err := run(dir, t, w)
			if err != nil && (errors.Is(err, errSkipped) || w.program != calls.program) {
				fmt.Fprintf(os.Stderr, "bench: %v, %s: left out: %v\n", t, w.name, err)
				skipped[w.name] = true
				delete(o.samples, w.name)
				continue
			}
			if err != nil {
				return o, fmt.Errorf("%v, %s: %w", t, w.name, err)
			}
			o.samples[w.name] = append(o.samples[w.name], s)
		}
	}
	return o, nil
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
		if x, y := a[i].of(what), b[i].of(what); y > 0 {
			v = append(v, x/y)
		}
	}
	return spreadOf(v)
}
