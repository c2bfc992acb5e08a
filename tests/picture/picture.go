// Package picture writes charts into one SVG file.
package picture

import (
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Write writes the charts to a file, one below the other, each of the given width and height.
func Write(name string, charts []*plot.Plot, width, height vg.Length) error {
	canvas := vgsvg.New(width, vg.Length(len(charts))*height)
	var rows [][]*plot.Plot
	for _, p := range charts {
		rows = append(rows, []*plot.Plot{p})
	}
	tiles := draw.Tiles{Rows: len(rows), Cols: 1, PadY: vg.Points(8), PadTop: vg.Points(4), PadRight: vg.Points(14)}
	for i, cells := range plot.Align(rows, tiles, draw.New(canvas)) {
		rows[i][0].Draw(cells[0])
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
