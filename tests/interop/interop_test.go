package interop

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

var (
	whole  = flag.Bool("whole", false, "every implementation, every size, and the reconnections")
	write  = flag.Bool("write", false, "write docs/interop.md (with -whole)")
	within = flag.Duration("within", 20*time.Second, "how long a message may take")
	only   = flag.String("only", "", "just the implementation with this key")
)

// outcome is what became of one setting with one implementation.
type outcome struct {
	err     error // nil: all is well
	control error // the same exchange with C in our place, if ours failed
}

// result is all that was tried with one implementation.
type result struct {
	exchange, reconnect map[setting]outcome
}

var (
	results = map[string]*result{}
	mu      sync.Mutex
)

// TestInterop tries every setting with every implementation.
func TestInterop(t *testing.T) {
	dir := t.TempDir()
	ours, err := buildOurs(dir)
	if err != nil {
		t.Fatal(err)
	}
	control, err := buildC(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("with", func(t *testing.T) {
		for i, imp := range implementations {
			if *only != "" && *only != imp.key || imp.slow && !*whole {
				continue
			}
			t.Run(imp.key, func(t *testing.T) {
				t.Parallel()
				theirs, err := imp.build(dir)
				if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
					t.Skip(err)
				}
				if err != nil {
					t.Fatal(err)
				}
				m := &matrix{t: t, imp: imp, dir: t.TempDir(), ours: ours, theirs: theirs, control: control}
				// Its own, so that nobody takes the port while the other side is dead.
				m.host = "127.0.0." + strconv.Itoa(100+i)
				r := m.run()
				mu.Lock()
				defer mu.Unlock()
				results[imp.key] = r
			})
		}
	})
	unused(t)
	if *whole && len(results) == len(implementations) && !t.Failed() {
		comparePage(t)
	}
}

// matrix tries the settings with one implementation.
type matrix struct {
	t                     *testing.T
	imp                   implementation
	host, dir             string
	ours, theirs, control []string
	us, them              *program
	n                     int
}

func (m *matrix) run() *result {
	r := &result{map[setting]outcome{}, map[setting]outcome{}}
	todo := messages
	if !*whole {
		todo = [][]int{{0}, {256}, {70000}, {5, 0, 300}}
	}
	for _, s := range settings("tcp", "ipc") {
		if !m.imp.offers(s.theirs, s.transport) {
			continue
		}
		r.exchange[s] = m.judge("exchange", s, func(p *pair) error { return p.run(todo) })
		if *whole {
			r.reconnect[s] = m.judge("reconnect", s, m.killed)
		}
	}
	m.stop()
	return r
}

func (m *matrix) stop() {
	for _, p := range []*program{m.us, m.them} {
		if p != nil {
			p.stop(m.t)
		}
	}
	m.us, m.them = nil, nil
}

// judge tries one setting, and again with C in our place if that fails.
func (m *matrix) judge(part string, s setting, f func(*pair) error) outcome {
	within := int(within.Milliseconds())
	known := expected(m.imp.key, part, s)
	if known != nil {
		within = min(within, 1000)
	}
	err := m.try(m.ours, "zmq", s, within, f)
	// What is sent before the engine has heard that the other program is dead goes to that one, and is lost. A busy machine
	// takes its time.
	for tries := 1; part == "reconnect" && known == nil && err != nil && tries < 3; tries++ {
		m.t.Logf("%s: %s: %v; tried again", part, s, err)
		err = m.try(m.ours, "zmq", s, within, f)
	}
	if err == nil {
		return outcome{}
	}
	o := outcome{err, m.try(m.control, "C", s, within, f)}
	m.kill()
	switch {
	case known == nil:
		m.t.Errorf("%s: %s: %v; with C in our place: %v", part, s, o.err, o.control)
	case o.control == nil:
		m.t.Errorf("%s: %s: %v; C does it, so this is our fault", part, s, o.err)
	default:
		m.t.Logf("%s: %s: %v; with C in our place: %v; as expected: %s", part, s, o.err, o.control, known.why)
	}
	return o
}

// try tries one setting, with programs that go on running while all is well.
func (m *matrix) try(us []string, name string, s setting, within int, f func(*pair) error) (err error) {
	if m.us != nil && m.us.name != name {
		m.kill()
	}
	if m.us == nil {
		if m.us, err = start(name, us); err != nil {
			m.t.Fatal(err)
		}
		if m.them, err = start(m.imp.key, m.theirs); err != nil {
			m.t.Fatal(err)
		}
	}
	m.n++
	p := &pair{us: m.us, them: m.them, setting: s, recvWithin: within}
	if err = p.open(m.host, m.dir, m.n); err == nil {
		err = f(p)
	}
	if err == nil {
		err = p.close()
	}
	if err != nil {
		m.kill()
	}
	return err
}

func (m *matrix) kill() {
	for _, p := range []*program{m.us, m.them} {
		if p != nil {
			p.kill()
		}
	}
	m.us, m.them = nil, nil
}

// killed ends the other side by SIGKILL between two exchanges, and starts it anew.
func (m *matrix) killed(p *pair) error {
	few := [][]int{{5}, {3, 0}, {100000}}
	if err := p.alive(few, true); err != nil {
		return err
	}
	p.them.kill()
	if p.setting.ours == "pair" {
		// A bound PAIR takes a second peer only after its program has let it see the end of the first.
		if got, err := p.us.ask("recv 50"); err != nil || got != "none" {
			return fmt.Errorf("after the peer was killed: %q, %v", got, err)
		}
	}
	if err := p.them.start(); err != nil {
		m.t.Fatal(err)
	}
	if err := p.again(); err != nil {
		return err
	}
	theySubscribe := p.setting.theirs == "sub" || p.setting.theirs == "xsub"
	if err := p.alive(few, theySubscribe); err != nil {
		return fmt.Errorf("after it was killed and started anew: %w", err)
	}
	return nil
}
