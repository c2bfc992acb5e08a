package zmqd

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

var (
	soakFor     = flag.Duration("soak", 2*time.Second, "how long clients come and go")
	soakClients = flag.Int("soak-clients", 100, "how many clients there are at the same time")
	idleFor     = flag.Duration("idle", time.Second, "how long an idle queue is watched")
)

// worker answers requests at the queue's backend until the test ends.
func worker(t *testing.T, z *zmq.Context, endpoint string) {
	t.Helper()
	rep := clitest.Socket(t, z, zmq.Rep, endpoint, zmq.RecvTimeout(zmq.Infinite))
	clitest.Beside(t, func(ctx context.Context) {
		for msg, err := range rep.Messages(ctx) {
			if err != nil {
				return
			}
			if err := rep.SendParts(ctx, msg...); err != nil {
				return
			}
		}
	})
}

// crowd is clients that come, talk and leave together.
type crowd struct {
	endpoint string
	zctx     []*zmq.Context
	socks    []*zmq.Socket
}

const perContext = 400

func (c *crowd) come(n int) error {
	for i := range n {
		if i%perContext == 0 {
			z, err := zmq.NewContext()
			if err != nil {
				return err
			}
			c.zctx = append(c.zctx, z)
		}
		s, err := c.zctx[i/perContext].NewSocket(zmq.Req, zmq.Linger(0))
		if err != nil {
			return err
		}
		c.socks = append(c.socks, s)
		if err := s.Connect(c.endpoint); err != nil {
			return err
		}
	}
	return nil
}

// talk has every client ask several times, and check the answers.
func (c *crowd) talk(times int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*clitest.Patience)
	defer cancel()
	failed := make(chan error)
	for i, s := range c.socks {
		go func() {
			for n := range times {
				text := fmt.Sprint(i, " ", n)
				if err := s.SendParts(ctx, []byte(text), nil); err != nil {
					failed <- err
					return
				}
				reply, err := s.RecvParts(ctx)
				if err == nil && (len(reply) != 2 || string(reply[0]) != text) {
					err = fmt.Errorf("%q was answered by %q", text, reply)
				}
				if err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	var err error
	for range c.socks {
		err = errors.Join(err, <-failed)
	}
	return err
}

func (c *crowd) leave() error {
	var err error
	for _, s := range c.socks {
		err = errors.Join(err, s.Close())
	}
	for _, z := range c.zctx {
		err = errors.Join(err, z.Close())
	}
	c.socks, c.zctx = nil, nil
	return err
}

// fileLimit returns how many files this process, and one that it starts, may have open.
func fileLimit(t *testing.T) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return int(min(limit.Cur, 1<<20))
}

// TestSoak has clients connect to a queue, talk and leave, again and again: what the queue takes stays flat.
func TestSoak(t *testing.T) {
	clients := min(*soakClients, fileLimit(t)/6) // a client here takes several
	p := startProcess(t, "queue", 0)
	z := clitest.Context(t)
	for range 2 {
		worker(t, z, p.back)
	}
	p.awaitMetric(t, `zmqd_peers{side="backend"}`, exactly(2))
	c := crowd{endpoint: p.front}
	before := p.takes(t)
	t.Logf("at rest: %v", before)
	var left, full []takes
	began, said := time.Now(), time.Now()
	for time.Since(began) < *soakFor || len(left) < 4 {
		if err := c.come(clients); err != nil {
			t.Fatal(err)
		}
		if err := c.talk(3); err != nil {
			t.Fatal(err)
		}
		p.awaitMetric(t, `zmqd_peers{side="frontend"}`, exactly(clients))
		full = append(full, p.takes(t))
		if err := c.leave(); err != nil {
			t.Fatal(err)
		}
		p.awaitMetric(t, `zmqd_peers{side="frontend"}`, exactly(0))
		p.awaitFiles(t, before.files+8) // the web server's own, and such
		left = append(left, p.takes(t))
		if time.Since(said) > 20*time.Second {
			said = time.Now()
			t.Logf("after %v, %d rounds: with all %v; with none %v", time.Since(began).Round(time.Second), len(left), full[len(full)-1], left[len(left)-1])
		}
	}
	if n, want := p.metric(t, `zmqd_messages_total{direction="out",side="frontend"}`), len(left)*clients*3; n != want {
		t.Errorf("%d replies, want %d", n, want)
	}
	t.Logf("%d rounds of %d clients, %d round trips, in %v; at the end: with all %v; with none %v", len(left), clients, len(left)*clients*3,
		time.Since(began).Round(time.Second), full[len(full)-1], left[len(left)-1])
	flat(t, "with all clients", full, before)
	flat(t, "when all have left", left, before)
}

// flat compares the second quarter of the rounds, when all that is kept has been taken, with the last one.
func flat(t *testing.T, when string, all []takes, before takes) {
	t.Helper()
	middle := func(of []takes, value func(takes) int64) int64 {
		var v []int64
		for _, u := range of {
			v = append(v, value(u))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	quarter := max(len(all)/4, 1)
	early, late := all[quarter:2*quarter], all[len(all)-quarter:]
	for _, c := range []struct {
		what  string
		value func(takes) int64
		more  int64 // beyond a tenth
	}{
		{"bytes of memory", func(u takes) int64 { return u.memory }, 8 << 20},
		{"files", func(u takes) int64 { return int64(u.files) }, 8},
		{"threads", func(u takes) int64 { return int64(u.threads) }, 4},
	} {
		a, b := middle(early, c.value), middle(late, c.value)
		t.Logf("%s, %s: %d in the second quarter, %d in the last", when, c.what, a, b)
		if len(all) >= 24 && b > a+a/10+c.more { // before that memory still fills up
			t.Errorf("%s, %s: %d in the second quarter, %d in the last", when, c.what, a, b)
		}
	}
	if most := slices.MaxFunc(all, func(a, b takes) int { return a.threads - b.threads }).threads; most > before.threads+16 {
		t.Errorf("%s: up to %d threads, %d at rest", when, most, before.threads)
	}
}

// TestIdle watches a queue that has peers and nothing to do: it uses next to no processor time.
func TestIdle(t *testing.T) {
	p := startProcess(t, "queue", 0)
	worker(t, clitest.Context(t), p.back)
	c := crowd{endpoint: p.front}
	if err := c.come(20); err != nil {
		t.Fatal(err)
	}
	defer c.leave()
	if err := c.talk(100); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // what comes after the talk
	before := p.takes(t)
	time.Sleep(*idleFor)
	after := p.takes(t)
	used := after.cpu - before.cpu
	t.Logf("idle for %v: %v of processor time; %v", *idleFor, used, after)
	// The page's samples, once a second, and the collector. A tick is 10 ms.
	if used > 50*time.Millisecond+*idleFor/50 {
		t.Errorf("an idle queue has used %v of %v", used, *idleFor)
	}
	if after.threads > before.threads+1 {
		t.Errorf("an idle queue has gone from %d to %d threads", before.threads, after.threads)
	}
}
