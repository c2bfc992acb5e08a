package page

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"example.org/zmq/cmd/internal/clitest"
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
	s := newSite(t, "--name", "orders", "--token-file", clitest.Write(t, "token", "%s\n", token))
	s.talk(t, 4)
	b.do(chromedp.Navigate(s.url + "/"))
	b.until("the page is complete", `document.querySelectorAll(".chart path").length === 4 && document.querySelectorAll("#peers table").length === 2`)
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
			var png []byte
			b.do(chromedp.FullScreenshot(&png, 100))
			if err := os.WriteFile(filepath.Join(docs, "zmqd-"+screen+"-"+scheme+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
