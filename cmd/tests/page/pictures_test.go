package page

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "make the pictures of docs/zmqd.md anew")

// pictureMost is how many bytes a picture of the documentation may have.
const pictureMost = 150_000

// TestPictures holds that the documentation's pictures of the page are there, shown and small; with -update it makes them.
func TestPictures(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "docs")
	if *update {
		makePictures(t, docs)
	}
	text, err := os.ReadFile(filepath.Join(docs, "zmqd.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, screen := range []string{"desktop", "phone"} {
		for _, scheme := range []string{"light", "dark"} {
			name := fmt.Sprintf("zmqd-%s-%s.png", screen, scheme)
			if !strings.Contains(string(text), "]("+name+")") {
				t.Errorf("docs/zmqd.md does not show %s", name)
			}
			info, err := os.Stat(filepath.Join(docs, name))
			if err != nil {
				t.Errorf("%v: make it with go test -run TestPictures -update", err)
			} else if info.Size() > pictureMost {
				t.Errorf("%s has %d bytes, more than %d", name, info.Size(), pictureMost)
			}
		}
	}
}

// filled is how long the charts fill before the pictures are taken.
const filled = 20 * time.Second

func makePictures(t *testing.T, docs string) {
	t.Helper()
	b := newBrowser(t)
	s := newGuarded(t, "web-1", "web-2", "billing", "reports")
	s.talk(t, 4)
	b.do(chromedp.Navigate(s.url + "/"))
	b.until("they are there", `document.querySelectorAll("#peers td").length === 3 * (4 + 1) && !document.querySelector("#peers .early")`)
	s.comes(t, newCertificate(t))
	b.until("the page is complete", `document.querySelectorAll(".chart path").length === 4 && document.querySelectorAll("#peers table").length === 2 && document.querySelectorAll("#identities tr").length === 2 + 4 + 1`)
	// The machine's name is nobody's business.
	b.do(chromedp.Evaluate(`{ const json = Response.prototype.json;
		Response.prototype.json = async function() { const v = await json.call(this); if (v.host) v.host = "host1"; return v; }; }`, nil))
	b.until("the page has another host's name", `document.querySelector("#host").textContent.endsWith("@ host1")`)
	time.Sleep(filled)
	for _, dark := range []bool{false, true} {
		scheme := map[bool]string{true: "dark", false: "light"}[dark]
		for screen, width := range map[string]int64{"desktop": 1280, "phone": 390} {
			b.screen(width, 844, screen == "phone", dark)
			b.do(emulation.SetDeviceMetricsOverride(width, 844, 1, screen == "phone")) // a phone's two dots for one make the file too large
			b.until("the page is drawn anew", fmt.Sprintf("innerWidth === %d", width))
			time.Sleep(2 * time.Second) // the page draws itself anew for the width
			var shot []byte
			b.do(chromedp.FullScreenshot(&shot, 100))
			small, err := fewColours(shot)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(docs, "zmqd-"+screen+"-"+scheme+".png"), small, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// fewColours returns a PNG with the 256 colours that it has most of, which takes a third of the bytes; what is at the edges of letters
// gets the nearest.
func fewColours(shot []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	pixels := map[color.Color]int{}
	all := from.Bounds()
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			pixels[from.At(x, y)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(pixels), func(a, b color.Color) int { return pixels[b] - pixels[a] })
	to := image.NewPaletted(all, color.Palette(most[:min(len(most), 256)]))
	draw.Draw(to, all, from, all.Min, draw.Src)
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, to)
	return out.Bytes(), err
}
