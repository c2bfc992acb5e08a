package page

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.org/zmq/cmd/internal/clitest"
)

var (
	screenshots = flag.String("screenshots", "", "folder to leave pictures of the page in")
	settle      = flag.Duration("settle", 0, "how long to let the charts fill before the first picture")
)

const name = "chromium"

// TestMain installs the browser in CI.
func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") == "true" {
		cmd := exec.Command("./install")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "install:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// browser is one tab of a headless browser, and what it complained of and asked for.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	asked      []string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("chromium is not there: run cmd/tests/page/install")
	}
	ctx, cancel := context.WithTimeout(context.Background(), *settle+4*clitest.Patience)
	t.Cleanup(cancel)
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(2 * clitest.Patience)}
	for _, f := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx)
	b := &browser{t: t, ctx: ctx}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
	})
	chromedp.ListenTarget(ctx, b.take)
	b.do(runtime.Enable(), log.Enable(), network.Enable())
	return b
}

// take notes an event.
func (b *browser) take(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelVerbose {
			return // advice
		}
		b.complaints = append(b.complaints, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
	}
}

// complained returns what the browser complained of since it was last asked.
func (b *browser) complained() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.complaints
	b.complaints = nil
	return c
}

// askedElsewhere returns the requests that were not for this site.
func (b *browser) askedElsewhere(site string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var others []string
	for _, url := range b.asked {
		if !strings.HasPrefix(url, site+"/") && !strings.HasPrefix(url, "data:") {
			others = append(others, url)
		}
	}
	return others
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// text returns the text that the first such element shows.
func (b *browser) text(selector string) string {
	b.t.Helper()
	return value[string](b, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// value returns what an expression of JavaScript comes to.
func value[T any](b *browser, expression string) T {
	b.t.Helper()
	var v T
	b.do(chromedp.Evaluate(expression, &v))
	return v
}

// until waits for an expression to become true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	for limit := time.Now().Add(clitest.Patience); !value[bool](b, expression); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			b.t.Fatalf("it did not come about that %s; the page shows:\n%s", what, b.text("body"))
		}
	}
}

// screen sets how large the screen is, whether it is a phone's, and whether it is dark.
func (b *browser) screen(width, height int64, phone, dark bool) {
	b.t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	scale := map[bool]float64{true: 2, false: 1}[phone]
	b.do(emulation.SetDeviceMetricsOverride(width, height, scale, phone),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
}

// picture takes a picture of the whole page.
func (b *browser) picture(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	var png []byte
	b.do(chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
