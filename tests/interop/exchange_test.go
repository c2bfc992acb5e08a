package interop

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/zmq/tests/interop/peer"
)

// pattern is a pair of socket types: ours, and the other implementation's.
type pattern struct{ ours, theirs string }

var patterns = []pattern{
	{"req", "rep"}, {"rep", "req"},
	{"dealer", "router"}, {"router", "dealer"},
	{"pub", "sub"}, {"sub", "pub"},
	{"xpub", "xsub"}, {"xsub", "xpub"},
	{"push", "pull"}, {"pull", "push"},
	{"pair", "pair"},
}

// setting is one way in which a pattern is tried.
type setting struct {
	pattern
	weBind    bool
	transport string
}

func (s setting) String() string {
	who := "they bind"
	if s.weBind {
		who = "we bind"
	}
	return fmt.Sprintf("%s to %s, %s, %s", strings.ToUpper(s.ours), strings.ToUpper(s.theirs), who, s.transport)
}

func settings(transports ...string) []setting {
	var all []setting
	for _, p := range patterns {
		for _, weBind := range []bool{true, false} {
			for _, transport := range transports {
				all = append(all, setting{p, weBind, transport})
			}
		}
	}
	return all
}

// messages are the sizes of the parts of what is sent: at the edges of the protocol's forms of a length, and of
// what a buffer holds.
var messages = [][]int{
	{0}, {1}, {254}, {255}, {256}, {8191}, {8192}, {8193}, {65536}, {1 << 20}, {8 << 20},
	{0, 0}, {5, 0, 300}, {0, 1, 0, 254, 255, 256, 0}, {1 << 20, 0, 70000},
}

// pair is two programs, each with one end of a pattern.
type pair struct {
	us, them   *program
	setting    setting
	endpoint   string
	recvWithin int // milliseconds
}

// open opens both ends.
func (p *pair) open(host, dir string, n int) error {
	endpoint := "tcp://" + host + ":*"
	if p.setting.transport == "ipc" {
		endpoint = "ipc://" + filepath.Join(dir, strconv.Itoa(n))
	}
	binder, connecter, one, other := p.us, p.them, p.setting.ours, p.setting.theirs
	if !p.setting.weBind {
		binder, connecter, one, other = p.them, p.us, p.setting.theirs, p.setting.ours
	}
	at, err := binder.ask("open %s bind %s", one, endpoint)
	if err != nil {
		return err
	}
	p.endpoint = strings.TrimPrefix(at, "at ")
	_, err = connecter.ask("open %s connect %s", other, p.endpoint)
	return err
}

func (p *pair) close() error {
	if err := p.us.ok("close"); err != nil {
		return err
	}
	return p.them.ok("close")
}

// again opens their end once more, after their program was started anew.
func (p *pair) again() error {
	how := "bind"
	if p.setting.weBind {
		how = "connect"
	}
	_, err := p.them.ask("open %s %s %s", p.setting.theirs, how, p.endpoint)
	return err
}

// message has one sent and checks that it is received as it was sent.
func (p *pair) message(from, to *program, seed int, sizes []int) error {
	command := "send " + strconv.Itoa(seed)
	for _, n := range sizes {
		command += " " + strconv.Itoa(n)
	}
	if err := from.tell("%s", command); err != nil {
		return err
	}
	got, err := to.ask("recv %d", p.recvWithin)
	sent, sendErr := from.answer()
	if err != nil {
		return err
	}
	if sendErr != nil {
		return sendErr
	}
	if want := peer.Describe(peer.Parts(seed, sizes)); got != want || sent != "ok" {
		return fmt.Errorf("%s: %s; %s received %q, want %q", from.name, sent, to.name, got, want)
	}
	return nil
}

// run exchanges messages as the pattern has it.
func (p *pair) run(messages [][]int) error {
	us, them := p.us, p.them
	switch p.setting.ours {
	case "req", "dealer", "pair":
		return p.bothWays(us, them, messages)
	case "rep", "router":
		return p.bothWays(them, us, messages)
	case "push":
		return p.oneWay(us, them, messages)
	case "pull":
		return p.oneWay(them, us, messages)
	case "pub", "xpub":
		return p.published(us, them, messages)
	}
	return p.published(them, us, messages)
}

func (p *pair) bothWays(client, server *program, messages [][]int) error {
	for i, m := range messages {
		if err := p.message(client, server, i, m); err != nil {
			return err
		}
		if err := p.message(server, client, i+100, m); err != nil {
			return err
		}
	}
	return nil
}

func (p *pair) oneWay(from, to *program, messages [][]int) error {
	for i, m := range messages {
		if err := p.message(from, to, i, m); err != nil {
			return err
		}
	}
	return nil
}

// alive exchanges messages on a connection that may still be on its way, which PUB and PUSH do not wait for.
func (p *pair) alive(messages [][]int, subscribe bool) error {
	from, to := p.us, p.them
	switch p.setting.ours {
	case "pull", "sub", "xsub":
		from, to = to, from
	case "pub", "xpub", "push":
	default:
		return p.run(messages)
	}
	if subscribe && p.setting.pattern != (pattern{"push", "pull"}) && p.setting.pattern != (pattern{"pull", "push"}) {
		if err := to.ok("sub -"); err != nil {
			return err
		}
	}
	if err := p.reaches(from, to, unwanted, false, nil); err != nil {
		return err
	}
	return p.oneWay(from, to, messages)
}

// Messages begin with the byte that is their seed.
const wanted, unwanted, mark = 7, 8, 2

// published subscribes to one filter, checks that it holds, and subscribes to everything.
func (p *pair) published(from, to *program, messages [][]int) error {
	x := p.setting.ours == "xpub" || p.setting.ours == "xsub"
	if err := to.ok("sub %02x", wanted); err != nil {
		return err
	}
	if err := p.reaches(from, to, wanted, x, []byte{1, wanted}); err != nil {
		return fmt.Errorf("with a filter: %w", err)
	}
	if err := from.ok("send %d 100", unwanted); err != nil {
		return err
	}
	if err := p.message(from, to, wanted, []int{100, 50}); err != nil {
		return fmt.Errorf("with a filter: %w", err)
	}
	if err := to.ok("sub -"); err != nil {
		return err
	}
	if err := p.reaches(from, to, unwanted, x, []byte{1}); err != nil {
		return fmt.Errorf("without a filter: %w", err)
	}
	return p.oneWay(from, to, messages)
}

// reaches waits until what is published with a seed reaches the subscriber. An XPUB is notified of the subscription; a PUB has to
// try until a message gets through, and then to see off those that it tried with.
func (p *pair) reaches(from, to *program, seed int, heard bool, subscription []byte) error {
	if heard {
		return p.hears(from, to, subscription)
	}
	for tries := 0; ; tries++ {
		if tries*20 > p.recvWithin {
			return fmt.Errorf("%s gets nothing that %s publishes", to.name, from.name)
		}
		if err := from.ok("send %d 1", seed); err != nil {
			return err
		}
		got, err := to.ask("recv 20")
		if err != nil {
			return err
		}
		if got != "none" {
			break
		}
	}
	if err := from.ok("send %d %d", seed, mark); err != nil {
		return err
	}
	end, probe := peer.Describe(peer.Parts(seed, []int{mark})), peer.Describe(peer.Parts(seed, []int{1}))
	for {
		got, err := to.ask("recv %d", p.recvWithin)
		if err != nil || got == end {
			return err
		}
		if got != probe {
			return fmt.Errorf("%s received %q among what was published to try", to.name, got)
		}
	}
}

// hears waits for a subscription. A bound XSUB passes it on to who has come since only when its program calls it again.
func (p *pair) hears(from, to *program, subscription []byte) error {
	want := peer.Describe([][]byte{subscription})
	for tries := 0; tries*20 <= p.recvWithin; tries++ {
		got, err := from.ask("recv 20")
		if err != nil || got == want {
			return err
		}
		if got != "none" {
			return fmt.Errorf("the subscription arrives as %q, want %q", got, want)
		}
		if got, err := to.ask("recv 20"); err != nil || got != "none" {
			return fmt.Errorf("before its subscription arrives, %s receives %q, %v", to.name, got, err)
		}
	}
	return fmt.Errorf("%s is not notified of the subscription", from.name)
}
