package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/plot"
)

// A part is measured as a whole, and has a place of its own in the document.
type part struct {
	name, about string
	turns       int
	tests       func(extent) []test
	table       func([]outcome) string
	picture     string // the file beside the document, if there is one
	alt         string
	draw        func([]outcome) ([]*plot.Plot, error)
}

// inOrder are the parts in the order in which they are measured: the most wanted first.
var inOrder = []part{
	{name: "trips", about: "round trips, devices and 1 MiB, with brief waits and without, beside C and others", turns: 5, tests: trips, table: tripTables},
	{name: "http", about: "an HTTP server in the process of 0 to 16 loops of round trips, with brief waits and without", turns: 5, tests: https, table: httpTables},
	{name: "rates", about: "PUSH and PULL by each call, parts, 1 MiB, and sockets at rest, beside C and others", turns: 5, tests: rates, table: tables},
	{name: "busy", about: "trips, and some of http, beside two processes that loop", turns: 5, tests: busy, table: tripTables},
	{name: "sizes", about: "PUSH and PULL with messages of 8 B to 8 MiB", turns: 3, tests: sizes, table: tables, picture: "performance.svg", alt: "ratio to C by message size", draw: drawSizes},
	curveOf("sockets", "the cost of a message among 1 to 10,000 sockets", sockets),
	curveOf("subscriptions", "the cost of a message to a SUB with 1 to 100,000 subscriptions", subscriptions),
	curveOf("parts", "the cost of a message of 1 to 1,000 parts", partsOf),
	curveOf("goroutines", "the cost of a message to 1 to 1,000 goroutines that share a socket", goroutines),
}

func curveOf(name, about string, tests func(extent) []test) part {
	return part{name: name, about: about, turns: 3, tests: tests, table: costs, picture: "performance-" + name + ".svg", alt: about, draw: drawCosts}
}

var groups = map[string][]string{
	"curves": {"sockets", "subscriptions", "parts", "goroutines"},
	"quick":  {"trips", "rates", "sizes"},
}

// choose returns the parts of these names, all if no name is given.
func choose(names []string, quick bool) ([]part, error) {
	if len(names) == 0 && quick {
		names = groups["quick"]
	}
	if len(names) == 0 {
		return inOrder, nil
	}
	var chosen []part
	for _, name := range names {
		of := groups[name]
		if of == nil {
			of = []string{name}
		}
		for _, name := range of {
			i := slices.IndexFunc(inOrder, func(p part) bool { return p.name == name })
			if i < 0 {
				return nil, fmt.Errorf("there is no part %q: -list tells which there are", name)
			}
			chosen = append(chosen, inOrder[i])
		}
	}
	return chosen, nil
}

// list writes what parts there are, and how many runs, of a process or a pair, each has.
func list(out io.Writer, x extent, pairs int) {
	for _, p := range inOrder {
		runs, turns := 0, p.turns
		if pairs > 0 {
			turns = pairs
		}
		for _, t := range p.tests(x) {
			runs += turns * len(t.ways)
		}
		fmt.Fprintf(out, "%-14s %5d runs   %s\n", p.name, runs, p.about)
	}
	for _, name := range []string{"curves", "quick"} {
		fmt.Fprintf(out, "%-14s              %s\n", name, strings.Join(groups[name], ", "))
	}
}
