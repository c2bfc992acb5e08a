package page

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// guarded is a queue whose frontend lets in who is on its list.
type guarded struct {
	*site
	z      *zmq.Context
	server *zmq.Certificate
	listed []*zmq.Certificate
}

func newCertificate(t *testing.T) *zmq.Certificate {
	t.Helper()
	c, err := zmq.NewCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newGuarded starts one with a key for each of the names on its list.
func newGuarded(t *testing.T, names ...string) *guarded {
	t.Helper()
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	g := &guarded{z: clitest.Context(t), server: newCertificate(t)}
	secret := filepath.Join(t.TempDir(), "server_secret")
	if err := g.server.SaveSecret(secret); err != nil {
		t.Fatal(err)
	}
	list := g.server.Public.String() + " itself\n"
	for _, name := range names {
		c := newCertificate(t)
		g.listed = append(g.listed, c)
		list += c.Public.String() + " " + name + "\n"
	}
	g.site = newSite(t, "--name", "orders", "--token-file", clitest.Write(t, "token", "%s\n", token),
		"--frontend-curve-cert", secret, "--frontend-curve-allow", clitest.Write(t, "allow", "%s", list))
	g.client = func(i int) zmq.SocketOption { return g.key(g.listed[i]) }
	return g
}

// key makes a socket a client with this key.
func (g *guarded) key(c *zmq.Certificate) zmq.SocketOption {
	return zmq.CurveClient(g.server.Public, c.Public, c.Secret)
}

// comes connects a client with a key; it goes again when the test ends.
func (g *guarded) comes(t *testing.T, c *zmq.Certificate) *zmq.Socket {
	t.Helper()
	return clitest.Socket(t, g.z, zmq.Dealer, g.front, zmq.ReconnectInterval(zmq.Infinite), g.key(c))
}

// screens are what the page is looked at with.
var screens = []struct {
	name  string
	width int64
	phone bool
}{{"desktop", 1280, false}, {"phone", 390, true}, {"small-phone", 320, true}}

// fits looks at the page on each screen, light and dark, and takes pictures.
func (g *guarded) fits(t *testing.T, b *browser, picture string) {
	t.Helper()
	for _, s := range screens {
		for _, dark := range []bool{false, true} {
			b.screen(s.width, 844, s.phone, dark)
			b.until("the page is drawn anew", fmt.Sprintf("innerWidth === %d", s.width))
			if cut := value[[]string](b, `[...document.querySelectorAll("main *")].filter(e => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.tagName + " " + e.className + " " + e.textContent)`); len(cut) > 0 {
				t.Errorf("beyond the edge of a screen of %d: %q", s.width, cut)
			}
			if hidden := value[[]string](b, `[...document.querySelectorAll("#identities .scroll")].filter(e => e.scrollWidth > e.clientWidth).map(e => e.getAttribute("aria-label"))`); len(hidden) > 0 {
				t.Errorf("wider than their cards on a screen of %d: %q", s.width, hidden)
			}
			if on := value[[]string](b, `[...document.querySelectorAll("#identities tr")].filter(r => r.offsetParent).slice(0, 30).flatMap(r => { const c = [...r.cells].map(e => [e.textContent, e.getBoundingClientRect()]);
				return c.flatMap(([t, a], i) => c.slice(i + 1).filter(([u, b]) => a.width && b.width && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1).map(([u]) => t + " / " + u)); })`); len(on) > 0 {
				t.Errorf("on top of each other on a screen of %d: %q", s.width, on)
			}
			if broken := value[[]string](b, `[...document.querySelectorAll("#identities tr")].filter(r => r.offsetParent).flatMap(r => [...r.querySelectorAll("th, td:nth-child(2) bdi")]).filter(e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length > 1; }).map(e => e.textContent)`); len(broken) > 0 {
				t.Errorf("broken in two on a screen of %d: %q", s.width, broken)
			}
			b.picture(fmt.Sprintf("identities-%s-%s-%s", picture, s.name, map[bool]string{true: "dark", false: "light"}[dark]))
		}
	}
	if c := b.complained(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
	b.screen(1280, 844, false, false)
}

// TestStatusPageIdentities looks at who was let in and who was denied: no client, a few whose names are no names, hundreds.
func TestStatusPageIdentities(t *testing.T) {
	const evil = `<img src=x onerror="document.title='owned'"> & "co"`
	names := []string{"alice", evil}
	for i := range 130 {
		names = append(names, fmt.Sprintf("service-%03d of the warehouse", i))
	}
	b := newBrowser(t)
	g := newGuarded(t, names...)
	b.screen(1280, 844, false, false)
	b.do(chromedp.Navigate(g.url + "/"))
	b.until("no client has come", `[...document.querySelectorAll("#identities .card")].map(c => c.innerText.replace(/\s+/g, " ")).join() === "Let in at frontend 0 none,Denied at frontend 0 none"`)
	g.fits(t, b, "0")

	mallory := newCertificate(t)
	g.comes(t, g.listed[0])
	g.comes(t, g.listed[1])
	g.comes(t, mallory)
	shown := func(card int) string {
		return fmt.Sprintf(`[...document.querySelectorAll("#identities .card")[%d].querySelectorAll("tr:not(:first-child)")].map(r => r.querySelector(".name").textContent + "|" + r.querySelector(".key").title + "|" + r.cells[1].textContent + "|" + r.querySelector(".reason").textContent)`, card)
	}
	alice := "alice|" + g.listed[0].Public.String() + "|127.0.0.1|"
	other := evil + "|" + g.listed[1].Public.String() + "|127.0.0.1|"
	b.until("the two are let in", fmt.Sprintf(`%s.sort().join("\n") === [%q, %q].sort().join("\n")`, shown(0), alice, other))
	b.until("the other is denied", fmt.Sprintf(`%s.join() === %q`, shown(1), "|"+mallory.Public.String()+"|127.0.0.1|the key is not on the list"))
	g.comes(t, g.listed[0])
	b.until("who comes again is counted, and the first", `document.querySelector("#identities tr:nth-child(2)").innerText.startsWith("alice") && document.querySelector("#identities tr:nth-child(2)").cells[4].textContent === "2"`)
	if value[bool](b, `!!document.querySelector("#identities img") || document.title === "owned"`) {
		t.Error("a name has become markup")
	}
	g.pointed(t, b, g.listed[0].Public.String())
	g.fits(t, b, "3")

	for _, c := range g.listed[2:] {
		g.comes(t, c)
	}
	for range 268 {
		g.comes(t, newCertificate(t))
	}
	b.until("the newest are shown, and how many are not", `[...document.querySelectorAll("#identities .card")].map(c => c.querySelectorAll("tr").length + " " + c.innerText.match(/the newest .*/)).join() === "101 the newest 100; 32 before them are not kept,101 the newest 100; 169 before them are not kept"`)
	g.fits(t, b, "400")
}

// pointed holds that a key is cut on a screen with something to point with, that the whole of it is told there, and that it
// stays the same element, which would else be told of no longer.
func (g *guarded) pointed(t *testing.T, b *browser, key string) {
	t.Helper()
	b.do(chromedp.Evaluate(`window.aboutThen = document.querySelector("#about").textContent;
		window.shortKey = [...document.querySelectorAll(".who .key")].find(e => e.title === `+fmt.Sprintf("%q", key)+`)`, nil))
	if !value[bool](b, `shortKey.scrollWidth > shortKey.clientWidth && shortKey.getBoundingClientRect().width < 200`) {
		t.Error("the key is not shortened")
	}
	b.until("the page was drawn again", `document.querySelector("#about").textContent !== aboutThen`)
	if !value[bool](b, `document.contains(shortKey)`) {
		t.Error("what is pointed at was replaced")
	}
	if at := value[string](b, `shortKey.closest("tr").cells[3].title`); !strings.Contains(at, fmt.Sprint(time.Now().Year())) {
		t.Errorf("the time of the last visit is told as %q", at)
	}
}
