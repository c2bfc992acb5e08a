package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

const oursName = "this library"

// ours is the library by whatever call a curve is about.
func ours(mode string) way { return way{name: oursName, program: "ours", mode: mode} }

func sockets(x extent) []test {
	return curve([]int{1, 10, 100, 1000, 10_000}, test{title: "sockets", work: "sockets", endpoint: tcp, count: 2000 * x.scale,
		ways: []way{inC, pebbe, gozmq, ours("call")}})
}

func subscriptions(x extent) []test {
	return curve([]int{1, 10, 100, 1000, 10_000, 100_000}, test{title: "subscriptions", work: "subscriptions", endpoint: inproc, count: 50_000 * x.scale,
		ways: []way{inC, pebbe, ours("call")}})
}

func partsOf(x extent) []test {
	list := curve([]int{1, 3, 10, 30, 100, 300, 1000}, test{title: "parts, two processes", work: "2thr", endpoint: tcp,
		ways: []way{inC, pebbe, gozmq, ours("parts")}})
	for i, t := range list {
		list[i].count = max(100_000*x.scale/t.number, 20)
		list[i].env = []string{"BENCH_PARTS=" + strconv.Itoa(t.number)}
	}
	return list
}

func goroutines(x extent) []test {
	return curve([]int{1, 4, 16, 64, 250, 1000}, test{title: "goroutines on one socket", work: "shared", endpoint: inproc, count: 20_000 * x.scale,
		ways: []way{inC, pebbe, gozmq, ours("call")}})
}

func curve(numbers []int, t test) []test {
	var list []test
	for _, n := range numbers {
		t.number, t.size = n, 64
		list = append(list, t)
	}
	return list
}

// costs is the table of a curve: microseconds for a message.
func costs(done []outcome) string {
	var b strings.Builder
	first := done[0]
	what, _, _ := strings.Cut(first.title, ",")
	fmt.Fprintf(&b, "| %s |", what)
	for _, w := range first.ways {
		fmt.Fprintf(&b, " %s, µs |", w.name)
	}
	b.WriteString(" " + oursName + " to C |\n| --: |" + strings.Repeat(" --: |", len(first.ways)) + " --- |\n")
	for _, o := range done {
		fmt.Fprintf(&b, "| %s |", thousands(o.number))
		for _, w := range o.ways {
			fmt.Fprintf(&b, " %s |", digits(o.spread(w.name, "cost").median))
		}
		fmt.Fprintf(&b, " %v |\n", o.ratio(oursName, inC.name, "cost"))
	}
	return b.String()
}

// digits writes three digits that matter, and a dash where nothing was measured.
func digits(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v >= 100:
		return thousands(int(math.Round(v)))
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func drawCosts(done []outcome) ([]*plot.Plot, error) {
	p := plot.New()
	first := done[0]
	what, more, _ := strings.Cut(first.String(), ", ")
	p.Title.Text = "Cost of a message against the number of " + what + ": microseconds (" + more + ")"
	p.X.Label.Text = what
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick {
		var ticks []plot.Tick
		for _, o := range done {
			ticks = append(ticks, plot.Tick{Value: float64(o.number), Label: thousands(o.number)})
		}
		return ticks
	})
	p.Y.Tick.Marker = plot.TickerFunc(decades)
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	low, high := math.Inf(1), 0.0
	for i, w := range first.ways {
		var points plotter.XYs
		for _, o := range done {
			if y := o.spread(w.name, "cost").median; y > 0 {
				points = append(points, plotter.XY{X: float64(o.number), Y: y})
				low, high = min(low, y), max(high, y)
			}
		}
		if err := addLine(p, w.name, points, i); err != nil {
			return nil, err
		}
	}
	if high == 0 {
		return nil, fmt.Errorf("nothing was measured of %v", first)
	}
	// Whole decades, with room above the lines for the legend.
	p.Y.Min, p.Y.Max = decade(low), 10*decade(high*4)
	return []*plot.Plot{p}, nil
}

// decade is the power of ten at or below v.
func decade(v float64) float64 { return math.Pow10(int(math.Floor(math.Log10(v)))) }

// decades has a label at each power of ten, and marks between.
func decades(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for d := decade(low); d <= high*1.01; d *= 10 {
		ticks = append(ticks, plot.Tick{Value: d, Label: strconv.FormatFloat(d, 'g', 3, 64)})
		for i := 2.0; i < 10 && i*d < high; i++ {
			ticks = append(ticks, plot.Tick{Value: i * d})
		}
	}
	return ticks
}
