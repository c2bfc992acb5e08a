// Package picture writes charts into one SVG file.
package picture

import (
	"bytes"
	"errors"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// style makes a picture dark where the page is. It changes what plot draws in white and in black: the ground, the words and
// the axes. Words have a ground in any case, whatever the page is.
const style = `<style>
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc !important; }
path[style*="fill:#FFFFFF"] { fill: #0d1117 !important; }
path[style*="stroke:#000000"] { stroke: #9198a1 !important; }
}
</style>
`

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
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	text, err := styled(out.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}

// styled puts the style after the opening tag.
func styled(svg []byte) ([]byte, error) {
	at := bytes.Index(svg, []byte("<svg"))
	end := bytes.IndexByte(svg[max(at, 0):], '>')
	if at < 0 || end < 0 {
		return nil, errors.New("picture: no SVG was drawn")
	}
	at += end + 1
	return bytes.Join([][]byte{svg[:at], svg[at:]}, []byte("\n"+style)), nil
}
