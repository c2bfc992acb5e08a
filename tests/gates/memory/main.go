// Command memory draws what TestWire and the soak sampled on a plain and on a hardened engine, one beside the other:
//
//	go run ./gates/memory -out memory.svg TITLE,X,X-COLUMN,KIB-COLUMN,PLAIN.csv,HARDENED.csv ...
//
// Each argument is a chart. A column has its name in the file's first line; of a file that is left out ("") nothing is drawn.
package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"image/color"
	"os"
	"slices"
	"strconv"
	"strings"

	"example.org/zmq/tests/picture"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("memory", flag.ContinueOnError)
	out := flags.String("out", "memory.svg", "the picture")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var charts []*plot.Plot
	for _, arg := range flags.Args() {
		f := strings.Split(arg, ",")
		if len(f) != 6 {
			return fmt.Errorf("%q has %d fields instead of 6", arg, len(f))
		}
		c, err := chart(f[0], f[1], f[2], f[3], f[4:])
		if err != nil {
			return err
		}
		charts = append(charts, c)
	}
	return picture.Write(*out, charts, 20*vg.Centimeter, 6*vg.Centimeter)
}

var colours = []color.Color{color.RGBA{R: 0xd9, G: 0x6c, B: 0x06, A: 0xff}, color.RGBA{R: 0x1b, G: 0x6c, B: 0xa8, A: 0xff}}

func chart(title, xLabel, x, kib string, files []string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, xLabel, "MiB resident"
	p.Y.Min = 0
	p.Legend.Left, p.Legend.Top = true, true
	p.Add(plotter.NewGrid())
	for i, name := range files {
		if name == "" {
			continue
		}
		points, err := read(name, x, kib)
		if err != nil {
			return nil, err
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = colours[i], vg.Points(1.2)
		p.Add(line)
		p.Legend.Add([]string{"plain", "hardened"}[i], line)
		for _, at := range points {
			p.Y.Max = max(p.Y.Max, at.Y*1.4) // room for the legend
		}
	}
	return p, nil
}

// read reads two columns of a file. Seconds become minutes, and bytes or KiB become MiB.
func read(name, x, y string) (plotter.XYs, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 3 {
		return nil, fmt.Errorf("%s: %d rows, %w", name, len(rows), err)
	}
	i, j := slices.Index(rows[0], x), slices.Index(rows[0], y)
	if i < 0 || j < 0 {
		return nil, fmt.Errorf("%s has no column %q or %q", name, x, y)
	}
	perX, perY := map[string]float64{"seconds": 60, "conversations": 1000}[x], map[string]float64{"kib": 1 << 10, "rss": 1 << 20}[y]
	var points plotter.XYs
	for _, row := range rows[1:] {
		a, err1 := strconv.ParseFloat(row[i], 64)
		b, err2 := strconv.ParseFloat(row[j], 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%s: %q", name, row)
		}
		points = append(points, plotter.XY{X: a / perX, Y: b / perY})
	}
	return points, nil
}
