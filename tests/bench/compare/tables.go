package main

import (
	"fmt"
	"strings"
)

// tables are those of works that move messages.
func tables(done []outcome) string {
	var b strings.Builder
	b.WriteString(goalTable(done))
	b.WriteString("| work | way | messages/s | MB/s | CPU ns/message | bytes allocated/message | to C | to pebbe/zmq4 |\n" +
		"| --- | --- | --: | --: | --: | --: | --- | --- |\n")
	for _, o := range done {
		if o.work == "idle" {
			continue
		}
		for _, w := range o.ways {
			b.WriteString(rateRow(o, w.name))
		}
	}
	return b.String()
}

// tripTables are those of works whose time is that of waking a goroutine up.
func tripTables(done []outcome) string {
	var b strings.Builder
	b.WriteString(goalTable(done))
	b.WriteString("| work | way | a second | to C | median µs | to C | 99th percentile µs | to C | CPU µs | to C |\n" +
		"| --- | --- | --: | --- | --: | --- | --: | --- | --: | --- |\n")
	var http []outcome
	for _, o := range done {
		if o.work == "http" {
			http = append(http, o)
			continue
		}
		for _, w := range o.ways {
			b.WriteString(tripRow(o, w.name))
		}
	}
	b.WriteString("\nBrief waits to parked:\n\n| work | a second | median | 99th percentile | CPU |\n| --- | --- | --- | --- | --- |\n")
	for _, o := range done {
		if o.work == "http" {
			continue
		}
		fmt.Fprintf(&b, "| %v |", o)
		for _, what := range []string{"rate", "p50", "p99", "cpu"} {
			fmt.Fprintf(&b, " %s |", dash(o.ratio("brief waits", "parked", what).String()))
		}
		b.WriteString("\n")
	}
	if len(http) > 0 {
		b.WriteString("\n" + httpTable(http))
	}
	return b.String()
}

func tripRow(o outcome, way string) string {
	rate := o.spread(way, "rate").median
	if rate == 0 {
		return fmt.Sprintf("| %v | %s | - | - | - | - | - | - | - | - |\n", o, way)
	}
	p50, p99, cpu := o.spread(way, "p50").median/1e3, o.spread(way, "p99").median/1e3, o.spread(way, "cpu").median*1e6
	return fmt.Sprintf("| %v | %s | %.0f | %s | %s | %s | %s | %s | %s | %s |\n", o, way, rate, o.to(inC, way, "rate"),
		digits(p50), o.to(inC, way, "p50"), digits(p99), o.to(inC, way, "p99"), digits(cpu), o.to(inC, way, "cpu"))
}

// to is how a way compares with one that it is measured by, where that is not itself.
func (o outcome) to(measure way, way, what string) string {
	if way == measure.name || way == inC.name {
		return ""
	}
	return o.ratio(way, measure.name, what).String()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func httpTables(done []outcome) string { return goalTable(done) + httpTable(done) }

func httpTable(done []outcome) string {
	var b strings.Builder
	b.WriteString("| work | median µs, parked | brief waits | ratio | 99th percentile µs, parked | brief waits | ratio | round trips/s, parked | brief waits |\n" +
		"| --- | --: | --: | --- | --: | --: | --- | --: | --: |\n")
	for _, o := range done {
		fmt.Fprintf(&b, "| %v |", o)
		for _, what := range []string{"p50", "p99"} {
			fmt.Fprintf(&b, " %s | %s | %v |", digits(o.spread("parked", what).median/1e3), digits(o.spread("brief waits", what).median/1e3),
				o.ratio("brief waits", "parked", what))
		}
		fmt.Fprintf(&b, " %.0f | %.0f |\n", o.spread("parked", "rate").median, o.spread("brief waits", "rate").median)
	}
	return b.String()
}

// goalTable says which goals were reached. It is empty where there are none.
func goalTable(done []outcome) string {
	var b strings.Builder
	for _, o := range done {
		for _, g := range o.goals {
			if b.Len() == 0 {
				b.WriteString("| work | compared | goal | measured | |\n| --- | --- | --- | --- | --- |\n")
			}
			b.WriteString(goalRow(o, g))
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	return b.String()
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
		return fmt.Sprintf("| %v | %s | - | - | - | - | - | - |\n", o, way)
	}
	mb := rate * float64(o.size*o.parts()) / 1e6
	alloc := "-"
	if way != inC.name {
		alloc = fmt.Sprintf("%.1f", o.spread(way, "alloc").median)
	}
	return fmt.Sprintf("| %v | %s | %.0f | %.1f | %.0f | %s | %s | %s |\n",
		o, way, rate, mb, o.spread(way, "cpu").median*1e9, alloc, o.to(inC, way, "rate"), o.to(pebbe, way, "rate"))
}
