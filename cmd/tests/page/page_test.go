// Package page looks at zmqd's status page with a browser. The script install gets it.
package page

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
	"example.org/zmq/cmd/internal/zmqd"
)

const token = "a token of the test"

// site is a queue with its status page, and peers that talk through it.
type site struct {
	*clitest.Proc
	url         string
	front, back string
	client      func(i int) zmq.SocketOption // of the clients that talk
}

func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	s := &site{Proc: clitest.Start(t, zmqd.Main, nil, append([]string{"zmqd", "queue", "--http", "127.0.0.1:0", "--drain", "0s",
		"--frontend-bind", "tcp://127.0.0.1:*", "--backend-bind", "tcp://127.0.0.1:*"}, args...)...)}
	s.Err.WaitFor(t, "msg=running")
	find := func(pattern string) string {
		t.Helper()
		found := regexp.MustCompile(pattern).FindStringSubmatch(s.Err.String())
		if found == nil {
			t.Fatalf("no %s in:\n%s", pattern, s.Err)
		}
		return found[1]
	}
	s.url = "http://" + find(`msg=http address=(\S+)`)
	s.front = find(`side=frontend .*bound=\[(\S+)\]`)
	s.back = find(`side=backend .*bound=\[(\S+)\]`)
	return s
}

// talk has peers talk through the queue until the test ends.
func (s *site) talk(t *testing.T, clients int) {
	t.Helper()
	z := clitest.Context(t)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	t.Cleanup(cancel)
	rep := clitest.Socket(t, z, zmq.Rep, s.back)
	all.Add(1 + clients)
	go func() {
		defer all.Done()
		for msg, err := range rep.Messages(ctx) {
			if err != nil || rep.SendParts(ctx, append(msg, msg...)...) != nil {
				return
			}
		}
	}()
	for i := range clients {
		var opts []zmq.SocketOption
		if s.client != nil {
			opts = append(opts, s.client(i))
		}
		req := clitest.Socket(t, z, zmq.Req, s.front, append(opts, zmq.RecvTimeout(0), zmq.SendTimeout(0))...)
		req.Set(zmq.RecvTimeout(zmq.Infinite), zmq.SendTimeout(zmq.Infinite))
		go func() {
			defer all.Done()
			for n := 0; ctx.Err() == nil; n++ {
				if req.SendParts(ctx, []byte(strings.Repeat("x", 100+i))) != nil {
					return
				}
				if _, err := req.RecvParts(ctx); err != nil {
					return
				}
				// The charts get some hills.
				time.Sleep(time.Duration(1+(n/1000)%4) * time.Millisecond)
			}
		}()
	}
}

// TestStatusPage reads the page, watches it change, and presses its buttons.
func TestStatusPage(t *testing.T) {
	b := newBrowser(t)
	s := newSite(t, "--token-file", clitest.Write(t, "token", "%s\n", token), "--capture-bind", "tcp://127.0.0.1:*")
	s.talk(t, 3)
	b.screen(1280, 900, false, false)
	b.do(chromedp.Navigate(s.url + "/"))

	b.until("the topology is shown", `document.querySelectorAll("#topology .side").length === 3 && document.querySelector("#state").innerText === "running"`)
	topology := b.text("#topology")
	for _, want := range []string{s.front, s.back, "frontend", "router", "backend", "dealer", "capture", "pub"} {
		if !strings.Contains(topology, want) {
			t.Errorf("the topology lacks %s:\n%s", want, topology)
		}
	}
	b.until("both sides' peers are shown with their addresses",
		`[...document.querySelectorAll("#peers .card")].filter(c => /127\.0\.0\.1:\d+\n|127\.0\.0\.1:\d+\t/.test(c.innerText)).length >= 2`)
	if n := value[int](b, `document.querySelectorAll("#peers table")[0].rows.length`); n != 1+3 {
		t.Errorf("the table of the frontend's peers has %d rows, want a head and 3:\n%s", n, b.text("#peers"))
	}
	b.until("the charts have a line each way", `document.querySelectorAll(".chart path").length === 4`)
	b.until("the numbers change", fmt.Sprintf(`document.querySelector("#topology").innerText !== %q && !/^⟶ 0 /.test(document.querySelector("#messages-now").innerText)`, topology))
	silent, err := net.Dial("tcp", strings.TrimPrefix(s.front, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	b.until("who says nothing is told apart from the peers", fmt.Sprintf(`[...document.querySelectorAll("#peers .early")].map(e => e.innerText).join() === %q && document.querySelectorAll("#peers table")[0].rows.length === 5`, silent.LocalAddr().String()+" (handshake)"))
	if e := b.askedElsewhere(s.url); len(e) > 0 {
		t.Errorf("the page asks others: %q", e)
	}
	if c := b.complained(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
	time.Sleep(*settle)
	b.picture("desktop-light")
	s.past(t, b)
	s.buttons(t, b)
}

// past looks at a longer past, and points at a moment of it.
func (s *site) past(t *testing.T, b *browser) {
	t.Helper()
	for window, name := range map[string]string{"15m": "15 min ago", "1h": "1 h ago", "2m": "2 min ago"} {
		b.do(chromedp.Click(`#window button[value="` + window + `"]`))
		b.until("the charts go back "+name, fmt.Sprintf(`document.querySelector("#messages").textContent.includes(%q) && document.querySelector("#bytes").textContent.includes(%q)`, name, name))
	}
	b.do(chromedp.Evaluate(`(() => { const c = document.querySelector("#messages"), r = c.getBoundingClientRect();
		c.dispatchEvent(new PointerEvent("pointermove", { clientX: r.right - 10, clientY: r.top + 50, bubbles: true })); })()`, nil))
	b.until("values are told in both charts", `document.querySelectorAll(".chart .told").length === 2 && /⟶ .*⟵ /.test(document.querySelector("#bytes .told").textContent)`)
	b.do(chromedp.Evaluate(`document.querySelector("#messages").dispatchEvent(new PointerEvent("pointerleave"))`, nil))
	b.until("the values are gone", `document.querySelectorAll(".chart .told").length === 0`)
}

// TestStatusPageNamesWhatIsMissing looks at a device whose backend is misspelt, and that has many peers.
func TestStatusPageNamesWhatIsMissing(t *testing.T) {
	const peers = 400
	b := newBrowser(t)
	s := newSite(t, "--name", "orders", "--backend-connect", "tcp://no-such-host.invalid:5560", "--frontend-recv-hwm", "10")
	z := clitest.Context(t)
	for range peers {
		clitest.Socket(t, z, zmq.Dealer, s.front)
	}
	b.screen(1280, 900, false, true)
	b.do(chromedp.Navigate(s.url + "/"))
	b.until("the page names the device and the host", `/^orders @ .+ – running$/.test(document.title) && document.querySelector("h1").innerText.includes("queue @ ")`)
	b.until("the page says what is not there, since when and why", `[...document.querySelectorAll(".lone")].some(e => /no-such-host.invalid:5560 since .*: (name|no answer)/.test(e.textContent))`)
	b.until("all peers are there", fmt.Sprintf(`document.querySelectorAll("#peers table")[0].rows.length === %d`, peers+1))
	if !strings.Contains(b.text("#about"), "zmqd ") || !strings.Contains(b.text("#about"), "0 unanswered") {
		t.Errorf("the heading says: %s", b.text("#about"))
	}
	b.picture("desktop-dark-missing")
	if c := b.complained(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
}

// ready returns the status that the probe has.
func (s *site) ready(t *testing.T) int {
	t.Helper()
	resp, err := http.Get(s.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// enter fills in the token, and clears the last answer.
func enter(token string) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`document.querySelector("#token").value = %q; document.querySelector("#answer").textContent = ""`, token), nil)
}

// buttons pauses and resumes, with the token and without it.
func (s *site) buttons(t *testing.T, b *browser) {
	t.Helper()
	for _, wrong := range []string{"wrong", "another token, as long"} {
		b.do(enter(wrong), chromedp.Click("#pause"))
		b.until("the button is refused", `/token/.test(document.querySelector("#answer").innerText)`)
		if s.ready(t) != 200 {
			t.Errorf("token %q has paused it", wrong)
		}
		for _, c := range b.complained() {
			if !strings.Contains(c, "401") {
				t.Errorf("the browser complains: %s", c)
			}
		}
	}
	b.do(enter(token), chromedp.Click("#pause"))
	b.until("it is paused", `document.querySelector("#state").innerText === "paused" && document.querySelector("#answer").innerText === ""`)
	if s.ready(t) != 503 {
		t.Error("it is not paused")
	}
	b.picture("desktop-paused")
	// A reload keeps the token, for this tab.
	b.do(chromedp.Reload())
	b.until("the page knows of the pause", `document.querySelector("#state").innerText === "paused"`)
	b.do(chromedp.Click("#resume"))
	b.until("it is resumed", `document.querySelector("#state").innerText === "running"`)
	if s.ready(t) != 200 {
		t.Error("it is not resumed")
	}
	if c := b.complained(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
}

// TestStatusPageOnAPhone looks at the page on a narrow dark screen, and at a program that has no token, and then ends.
func TestStatusPageOnAPhone(t *testing.T) {
	b := newBrowser(t)
	s := newSite(t, "--capture-bind", "ipc:///tmp/"+strings.Repeat("a-rather-long-name-", 3)+fmt.Sprint(time.Now().UnixNano()))
	s.talk(t, 12)
	for _, width := range []int64{390, 320} {
		b.screen(width, 844, true, true)
		b.do(chromedp.Navigate(s.url + "/"))
		b.until("the page is complete", `document.querySelectorAll(".chart path").length === 4 && document.querySelectorAll("#peers table").length === 2`)
		if w := value[int64](b, "document.documentElement.scrollWidth"); w > width {
			t.Errorf("the page is %d wide on a screen of %d", w, width)
		}
		if cut := value[[]string](b, `[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.tagName + " " + e.className + " " + e.textContent)`); len(cut) > 0 {
			t.Errorf("beyond the edge of a screen of %d: %q", width, cut)
		}
		if small := value[[]string](b, `[...document.querySelectorAll("a, button, input")].filter(e => e.offsetParent && e.getBoundingClientRect().height < 32).map(e => e.outerHTML)`); len(small) > 0 {
			t.Errorf("too small for a finger: %q", small)
		}
		if light := value[int](b, `Math.max(...getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3))`); light > 64 {
			t.Errorf("a dark screen gets a page of brightness %d", light)
		}
	}
	if shown := value[bool](b, `!!document.querySelector("#control").offsetParent`); shown {
		t.Error("there are buttons without a token")
	}
	b.screen(390, 844, true, true)
	time.Sleep(*settle)
	b.picture("phone-dark")
	if c := b.complained(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
	s.Signal(syscall.SIGTERM)
	b.until("the page says that nobody answers", `document.querySelector("#state").innerText === "no answer"`)
	b.screen(844, 390, true, true)
	b.until("the page is drawn anew", `innerWidth === 844`)
	b.do(chromedp.Evaluate(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`, nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	if state := b.text("#state"); state != "no answer" {
		t.Errorf("a turned phone says %s of a program that has ended", state)
	}
	b.picture("phone-gone")
}
