package main

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// colours are legible on white and on black.
var colours = map[string]color.Color{
	inC.name:     color.RGBA{R: 0x8b, G: 0x94, B: 0x9e, A: 0xff},
	pebbe.name:   color.RGBA{R: 0xd9, G: 0x6c, B: 0x06, A: 0xff},
	gozmq.name:   color.RGBA{R: 0xd6, G: 0x33, B: 0x6c, A: 0xff},
	calls.name:   color.RGBA{R: 0x2f, G: 0x81, B: 0xf7, A: 0xff},
	batches.name: color.RGBA{R: 0x2d, G: 0xa4, B: 0x4e, A: 0xff},
	pins.name:    color.RGBA{R: 0xa3, G: 0x71, B: 0xf7, A: 0xff},
	oursName:     color.RGBA{R: 0x2f, G: 0x81, B: 0xf7, A: 0xff},
}

// forms of marks tell lines apart where colours do not.
var forms = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.PyramidGlyph{}, draw.BoxGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}

// addLine draws a line with marks.
func addLine(p *plot.Plot, name string, points plotter.XYs, form int) error {
	if len(points) == 0 {
		return nil
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = colours[name], vg.Points(1.5)
	marks.Color, marks.Shape, marks.Radius = colours[name], forms[form%len(forms)], vg.Points(3)
	p.Add(line, marks)
	p.Legend.Add(name, line, marks)
	return nil
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
	for i, w := range []way{pebbe, gozmq, calls, batches, pins} {
		var points plotter.XYs
		for _, o := range done {
			if o.endpoint != transport {
				continue
			}
			if r := o.ratio(w.name, inC.name, "rate"); r.median > 0 {
				points = append(points, plotter.XY{X: float64(o.size), Y: r.median})
				p.Y.Max = math.Max(p.Y.Max, r.median*1.3)
			}
		}
		if err := addLine(p, w.name, points, i); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func sizeTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for size := 8; float64(size) <= high; size *= 8 {
		if float64(size) >= low {
			ticks = append(ticks, plot.Tick{Value: float64(size), Label: bytes(size)})
		}
	}
	return ticks
}

func drawSizes(done []outcome) ([]*plot.Plot, error) {
	var charts []*plot.Plot
	for _, transport := range []string{inproc, ipc, tcp} {
		if !slices.ContainsFunc(done, func(o outcome) bool { return o.endpoint == transport }) {
			continue
		}
		p, err := drawTransport(done, transport)
		if err != nil {
			return nil, err
		}
		charts = append(charts, p)
	}
	return charts, nil
}
