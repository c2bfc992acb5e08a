package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The generated part of the document is between these lines.
const (
	begin = "<!-- measured by scripts/bench: begin -->"
	end   = "<!-- measured by scripts/bench: end -->"
)

func report(done []outcome, turns int, before, table, picture string) error {
	text := tables(done, turns, before)
	fmt.Print(text)
	if table != "" {
		if picture != "" {
			text = "\n![ratio to C by message size](" + filepath.Base(picture) + ")\n" + text
		}
		if err := replace(table, text); err != nil {
			return err
		}
	}
	if picture != "" {
		return drawAll(done, picture)
	}
	return nil
}

// replace puts text into the document in place of the last one.
func replace(name, text string) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no lines %q and %q", name, begin, end)
	}
	return os.WriteFile(name, []byte(before+begin+"\n"+text+end+after), 0o644)
}

func tables(done []outcome, turns int, before string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nMeasured on %s with %s on %s/%s, %d processors, load %s before and %s after, %d turns of each. A ratio is the median of the\n"+
		"turns, with the lowest and the highest in brackets.\n\n",
		time.Now().Format("2006-01-02"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), before, load(), turns)
	b.WriteString("Goals:\n\n| work | compared | goal | measured | |\n| --- | --- | --- | --- | --- |\n")
	for _, o := range done {
		for _, g := range o.goals {
			b.WriteString(goalRow(o, g))
		}
	}
	b.WriteString("\nRates:\n\n| work | way | messages/s | MB/s | CPU ns/message | bytes allocated/message | to C | to pebbe/zmq4 |\n" +
		"| --- | --- | --: | --: | --: | --: | --- | --- |\n")
	for _, o := range done {
		if o.work == "idle" {
			continue
		}
		for _, w := range o.ways {
			b.WriteString(rateRow(o, w.name))
		}
	}
	b.WriteString("\nRound trips:\n\n| work | way | median µs | 99th percentile µs |\n| --- | --- | --: | --: |\n")
	for _, o := range done {
		for _, w := range o.ways {
			if p50 := o.spread(w.name, "p50"); strings.HasSuffix(o.work, "lat") {
				fmt.Fprintf(&b, "| %v | %s | %.1f | %.1f |\n", o, w.name, p50.median/1e3, o.spread(w.name, "p99").median/1e3)
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

// load is the system's load average of the last minute: much more than the processors that the programs keep
// busy themselves means that others took part.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	if first == "" {
		return "unknown"
	}
	return first
}

func (s spread) String() string {
	if s.median == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", s.median, s.low, s.high)
}

func goalRow(o outcome, g goal) string {
	var got spread
	compared := g.of + " to " + g.to
	if g.to == "" {
		compared, got = g.of, o.spread(g.of, g.what)
	} else {
		got = o.ratio(g.of, g.to, g.what)
	}
	bound, met := "at least", got.median >= g.at
	if g.atMost {
		bound, met = "at most", got.median <= g.at
	}
	verdict := "reached"
	switch {
	case got.median == 0:
		verdict = "not measured"
	case !met:
		verdict = "missed"
	}
	return fmt.Sprintf("| %v | %s, %s | %s %g | %v | %s |\n", o, compared, g.what, bound, g.at, got, verdict)
}

func rateRow(o outcome, way string) string {
	rate := o.spread(way, "rate").median
	if rate == 0 {
		return ""
	}
	mb := rate * float64(o.size) / 1e6
	toC, toPebbe := "", ""
	if way != inC.name {
		toC = o.ratio(way, inC.name, "rate").String()
	}
	if way != pebbe.name && way != inC.name {
		toPebbe = o.ratio(way, pebbe.name, "rate").String()
	}
	alloc := "-"
	if way != inC.name {
		alloc = fmt.Sprintf("%.1f", o.spread(way, "alloc").median)
	}
	return fmt.Sprintf("| %v | %s | %.0f | %.1f | %.0f | %s | %s | %s |\n",
		o, way, rate, mb, o.spread(way, "cpu").median*1e9, alloc, toC, toPebbe)
}
