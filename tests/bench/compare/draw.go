package main

import (
	"image/color"
	"math"
	"strings"

	"example.org/zmq/tests/picture"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var colours = map[string]color.Color{
	pebbe.name:   color.RGBA{R: 0xd9, G: 0x6c, B: 0x06, A: 0xff},
	calls.name:   color.RGBA{R: 0x1b, G: 0x6c, B: 0xa8, A: 0xff},
	batches.name: color.RGBA{R: 0x2a, G: 0x8f, B: 0x4f, A: 0xff},
	pins.name:    color.RGBA{R: 0x7a, G: 0x4f, B: 0xa3, A: 0xff},
}

// drawTransport shows, for each transport, the rate of each way as a ratio to C over the size of the messages.
func drawTransport(done []outcome, transport string) (*plot.Plot, error) {
	p := plot.New()
	name, _, _ := strings.Cut(transport, ":")
	p.Title.Text = "PUSH/PULL over " + name + ": messages per second, C = 1"
	p.X.Label.Text = "message size"
	p.X.Min, p.X.Max = 6, 16<<20
	p.X.Scale, p.Y.Min, p.Y.Max = plot.LogScale{}, 0, 1.2
	p.X.Tick.Marker = plot.TickerFunc(sizeTicks)
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	one := plotter.NewFunction(func(float64) float64 { return 1 })
	one.XMin, one.XMax = p.X.Min, p.X.Max
	one.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(one)
	p.X.Min, p.X.Max = 6, 16<<20
	for _, w := range []way{pebbe, calls, batches, pins} {
		var points plotter.XYs
		for _, o := range done {
			if o.endpoint != transport || o.title != "PUSH/PULL" || o.goals != nil {
				continue
			}
			if r := o.ratio(w.name, inC.name, "rate"); r.median > 0 {
				points = append(points, plotter.XY{X: float64(o.size), Y: r.median})
				p.Y.Max = math.Max(p.Y.Max, r.median*1.3)
			}
		}
		if len(points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = colours[w.name], vg.Points(1.5)
		marks.Color, marks.Shape = colours[w.name], circle
		p.Add(line, marks)
		p.Legend.Add(w.name, line, marks)
	}
	return p, nil
}

var circle = draw.CircleGlyph{}

func sizeTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for size := 8; float64(size) <= high; size *= 8 {
		if float64(size) >= low {
			ticks = append(ticks, plot.Tick{Value: float64(size), Label: bytes(size)})
		}
	}
	return ticks
}

func drawAll(done []outcome, name string) error {
	var charts []*plot.Plot
	for _, transport := range []string{inproc, ipc, tcp} {
		for _, o := range done {
			if o.endpoint == transport && o.title == "PUSH/PULL" && o.goals == nil {
				p, err := drawTransport(done, transport)
				if err != nil {
					return err
				}
				charts = append(charts, p)
				break
			}
		}
	}
	if len(charts) == 0 {
		return nil
	}
	return picture.Write(name, charts, 18*vg.Centimeter, 9*vg.Centimeter)
}
