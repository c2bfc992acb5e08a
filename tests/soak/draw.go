package main

import (
	"image/color"

	"example.org/zmq/tests/picture"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

var colours = []color.Color{
	color.RGBA{R: 0x1b, G: 0x6c, B: 0xa8, A: 0xff}, color.RGBA{R: 0xd9, G: 0x6c, B: 0x06, A: 0xff},
	color.RGBA{R: 0x2a, G: 0x8f, B: 0x4f, A: 0xff}, color.RGBA{R: 0x7a, G: 0x4f, B: 0xa3, A: 0xff},
	color.RGBA{R: 0xb0, G: 0x2a, B: 0x37, A: 0xff}, color.RGBA{R: 0x55, G: 0x55, B: 0x55, A: 0xff},
	color.RGBA{R: 0x00, G: 0x8b, B: 0x8b, A: 0xff}, color.RGBA{R: 0xa0, G: 0x86, B: 0x00, A: 0xff},
	color.RGBA{R: 0xc7, G: 0x3a, B: 0x9b, A: 0xff},
}

// panel is one part of the picture.
type panel struct {
	title, unit string
	lines       []line
}

type line struct {
	name  string
	value func(row) float64
}

func gauge(name, title string, per float64) line {
	return line{title, func(r row) float64 { return r.gauge[name] / per }}
}

// draw draws the samples over minutes.
func (r *record) draw(path string) error {
	if len(r.rows) < 2 {
		return nil
	}
	var flows, missing []line
	for _, name := range r.summarise(0, leftovers{}).names {
		flows = append(flows, line{name, func(r row) float64 { return float64(r.flow[name].received) / 1000 }})
		missing = append(missing, line{name, func(r row) float64 { return float64(r.flow[name].missing) }})
	}
	panels := []panel{
		{"Memory of the node", "MiB", []line{
			gauge("rss", "resident", 1<<20), gauge("c_heap", "C heap", 1<<20), gauge("go_live", "live Go heap", 1<<20)}},
		{"Descriptors, threads, goroutines of the node", "number", []line{
			gauge("descriptors", "descriptors", 1), gauge("threads", "threads", 1), gauge("goroutines", "goroutines", 1)}},
		{"Messages that arrived, in all", "thousands", flows},
		{"Messages missing in all: skipped numbers, requests abandoned", "number", missing},
	}
	var charts []*plot.Plot
	for _, p := range panels {
		one, err := p.plot(r.rows)
		if err != nil {
			return err
		}
		charts = append(charts, one)
	}
	return picture.Write(path, charts, 20*vg.Centimeter, 7*vg.Centimeter)
}

func (p panel) plot(rows []row) (*plot.Plot, error) {
	out := plot.New()
	out.Title.Text, out.X.Label.Text, out.Y.Label.Text = p.title, "minutes", p.unit
	out.Y.Min = 0
	out.Legend.Left, out.Legend.Top = true, true
	out.Add(plotter.NewGrid())
	for i, l := range p.lines {
		var points plotter.XYs
		for _, r := range rows {
			points = append(points, plotter.XY{X: r.at.Minutes(), Y: l.value(r)})
			out.Y.Max = max(out.Y.Max, l.value(r)*1.5) // room for the legend
		}
		drawn, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		drawn.Color, drawn.Width = colours[i%len(colours)], vg.Points(1.2)
		out.Add(drawn)
		out.Legend.Add(l.name, drawn)
	}
	return out, nil
}
