package zmqd

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

var hostile = flag.Int("hostile", 200, "how many connections untrusted peers make")

// greeting is how a connection of ZMTP 3.0 begins.
func greeting(mechanism string) []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], mechanism)
	return g
}

// ready is the command that ends a handshake without security.
func ready(socketType string) []byte {
	body := "\x05READY\x0bSocket-Type" + string(binary.BigEndian.AppendUint32(nil, uint32(len(socketType)))) + socketType
	return append([]byte{4, byte(len(body))}, body...)
}

// longFrame is the beginning of a frame of that size.
func longFrame(size uint64) []byte { return binary.BigEndian.AppendUint64([]byte{2}, size) }

// stranger is a connection that no library would make.
type stranger struct{ net.Conn }

func call(t *testing.T, endpoint string) stranger {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(clitest.Patience))
	return stranger{conn}
}

// say writes, and does not mind if nobody listens any more.
func (s stranger) say(what ...[]byte) {
	for _, w := range what {
		s.Write(w)
	}
}

// shaken makes the handshake of a good peer.
func (s stranger) shaken(t *testing.T, socketType string) stranger {
	t.Helper()
	s.say(greeting("NULL"), ready(socketType))
	theirs := make([]byte, 64+2)
	if _, err := io.ReadFull(s, theirs); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, s, int64(theirs[65])); err != nil {
		t.Fatal(err)
	}
	return s
}

// dropped waits until the other side has closed the connection.
func (s stranger) dropped(t *testing.T) {
	t.Helper()
	defer s.Close()
	s.SetDeadline(time.Now().Add(clitest.Patience))
	var timeout net.Error
	if _, err := io.Copy(io.Discard, s); errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatal("a stranger is not dropped")
	}
}

// customer is a good client that asks all the time.
type customer struct {
	served  atomic.Int64
	slowest atomic.Int64
}

// serve has a good client ask until the test ends.
func serve(t *testing.T, endpoint string) *customer {
	t.Helper()
	c := &customer{}
	req := clitest.Socket(t, clitest.Context(t), zmq.Req, endpoint, zmq.RecvTimeout(zmq.Infinite), zmq.SendTimeout(zmq.Infinite))
	clitest.Beside(t, func(ctx context.Context) {
		for ctx.Err() == nil {
			began := time.Now()
			if req.SendParts(ctx, []byte("good"), nil) != nil {
				return
			}
			if msg, err := req.RecvParts(ctx); err != nil || len(msg) != 2 || string(msg[0]) != "good" {
				return // which the next goesOn finds
			}
			c.slowest.Store(max(c.slowest.Load(), int64(time.Since(began))))
			c.served.Add(1)
			time.Sleep(time.Millisecond)
		}
	})
	c.goesOn(t, "before all")
	return c
}

// goesOn waits until the client has been served several times more.
func (c *customer) goesOn(t *testing.T, when string) {
	t.Helper()
	from := c.served.Load()
	for limit := time.Now().Add(clitest.Patience); c.served.Load() < from+5; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: a good client is not served any more", when)
		}
	}
}

const (
	failures    = `zmqd_handshake_failures_total{reason="other",side="frontend"}`
	accepted    = `zmqd_connections_total{side="frontend"}`
	disconnects = `zmqd_disconnects_total{side="frontend"}`
	handshaken  = `zmqd_handshakes_total{side="frontend"}`
	peersNow    = `zmqd_peers{side="frontend"}`
)

// TestHostileQueue lets untrusted peers do their worst at an open frontend.
func TestHostileQueue(t *testing.T) {
	n := *hostile
	many := min(n, fileLimit(t)*3/4) // at the same time
	p := startProcess(t, "queue", 0, "--frontend-max-msg-size", "1MiB", "--frontend-handshake", fmt.Sprintf("%dms", 500+n))
	worker(t, clitest.Context(t), p.back)
	good := serve(t, p.front)
	before := p.takes(t)
	t.Logf("at rest: %v", before)
	random := rand.New(rand.NewPCG(1, 2))
	garbage := func() []byte {
		b := make([]byte, 1+random.IntN(2000))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for _, attack := range []struct {
		name    string
		n       int
		counter string // which goes up by as many at least
		early   bool   // nobody becomes a peer
		do      func(s stranger)
	}{
		{"garbage", n / 4, accepted, false, func(s stranger) { s.say(garbage()); s.Close() }},
		{"another protocol", n / 4, accepted, false, func(s stranger) { s.say([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); s.Close() }},
		{"garbage after the greeting", n / 4, failures, true, func(s stranger) { s.say(greeting("NULL"), append([]byte{4, 200}, make([]byte, 200)...)); s.dropped(t) }},
		{"a mechanism that is not there", n / 4, failures, true, func(s stranger) { s.say(greeting("NOPE")); s.dropped(t) }},
		{"a socket type that does not fit", n / 4, disconnects, true, func(s stranger) { s.say(greeting("NULL"), ready("PUB")); s.dropped(t) }},
		{"frames beyond the limit", n / 4, disconnects, false, func(s stranger) { s.shaken(t, "DEALER").say(longFrame(1<<20 + 1)); s.dropped(t) }},
		{"frames beyond all limits", n / 4, disconnects, false, func(s stranger) { s.shaken(t, "DEALER").say(longFrame(1<<63 - 1)); s.dropped(t) }},
		{"frames that do not come", n / 4, disconnects, false, func(s stranger) { s.shaken(t, "DEALER").say(longFrame(1<<20 - 1)); s.Close() }},
		{"connects", n, accepted, true, func(s stranger) { s.Close() }},
	} {
		from, peers := p.metric(t, attack.counter), p.metric(t, handshaken)
		for range attack.n {
			attack.do(call(t, p.front))
		}
		got := p.awaitMetric(t, attack.counter, atLeast(from+attack.n)) - from
		if more := p.metric(t, handshaken) - peers; more != 0 && attack.early {
			t.Errorf("%s: %d strangers have become peers", attack.name, more)
		}
		good.goesOn(t, attack.name)
		t.Logf("%d times %s: %s has gone up by %d", attack.n, attack.name, attack.counter, got)
	}
	halfOpen(t, p, good, many)
	p.awaitMetric(t, peersNow, exactly(1))
	p.awaitFiles(t, before.files+8)
	t.Logf("at the end: %v; the good client was served %d times, at worst within %v", p.takes(t), good.served.Load(), time.Duration(good.slowest.Load()))
}

// halfOpen makes connections that say nothing: they are dropped when the time for a handshake is over.
func halfOpen(t *testing.T, p *process, good *customer, n int) {
	t.Helper()
	from := p.metric(t, disconnects) + p.metric(t, failures)
	begun := p.metric(t, accepted)
	silent := make([]stranger, n)
	for i := range silent {
		silent[i] = call(t, p.front)
		if i%50 == 49 { // the kernel forgets some of those for whom there is no room in the backlog
			p.awaitMetric(t, accepted, atLeast(begun+i+1))
		}
	}
	good.goesOn(t, "half-open connections")
	t.Logf("with %d half-open connections: %v", n, p.takes(t))
	for _, s := range silent {
		s.dropped(t)
	}
	for limit := time.Now().Add(clitest.Patience); p.metric(t, disconnects)+p.metric(t, failures) < from+n; {
		if time.Now().After(limit) {
			t.Fatalf("of %d half-open connections %d were counted", n, p.metric(t, disconnects)+p.metric(t, failures)-from)
		}
	}
	good.goesOn(t, "after half-open connections")
}

// TestHostileSubscribers sends a forwarder subscriptions that are too long.
func TestHostileSubscribers(t *testing.T) {
	n := *hostile / 4
	p := startProcess(t, "forwarder", 0)
	z := clitest.Context(t)
	pub, sub := clitest.Socket(t, z, zmq.XPub, p.front), clitest.Socket(t, z, zmq.Sub, p.back, zmq.Subscribe("good"))
	ctx, cancel := context.WithTimeout(context.Background(), clitest.Patience)
	defer cancel()
	if err := pub.WaitSubscriber(ctx, "good"); err != nil {
		t.Fatal(err)
	}
	before := p.takes(t)
	t.Logf("at rest: %v", before)
	bad := clitest.Socket(t, z, zmq.XSub, p.back, zmq.MaxTopic(8192))
	for i := range n {
		clitest.Send(t, bad, "\x01"+fmt.Sprint(i)+strings.Repeat("x", 1025+i%3000))
	}
	refused := p.awaitMetric(t, "zmqd_refused_messages_total", atLeast(n))
	t.Logf("%d subscriptions that are too long: %d refused; %v", n, refused, p.takes(t))
	const lost = `zmqd_disconnects_total{side="backend"}`
	from := p.metric(t, lost)
	for range n {
		s := call(t, p.back).shaken(t, "SUB")
		s.say(longFrame(1<<20), []byte("\x01"+strings.Repeat("y", 1<<20-1)))
		s.dropped(t)
	}
	got := p.awaitMetric(t, lost, atLeast(from+n)) - from
	after := p.takes(t)
	t.Logf("%d subscriptions of a mebibyte: %d disconnected; %v", n, got, after)
	if more := after.memory - before.memory; more > 64<<20+int64(n)*200_000 {
		t.Errorf("subscriptions took %d bytes", more)
	}
	clitest.Send(t, pub, "good", "news")
	same(t, "publication", []string{"good", "news"}, clitest.Recv(t, sub))
}

// TestHostileCrowd makes more connections than the process has descriptors: it lives, serves those who are there, and
// takes new ones when the crowd has gone.
func TestHostileCrowd(t *testing.T) {
	const (
		files   = 150
		backlog = 100 // of the engine: who comes then waits for long
	)
	p := startProcess(t, "queue", files)
	worker(t, clitest.Context(t), p.back)
	good := serve(t, p.front)
	crowd := make([]stranger, files+backlog/2)
	for i := range crowd {
		crowd[i] = call(t, p.front)
	}
	for limit := time.Now().Add(clitest.Patience); p.takes(t).files < files-1; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("there are descriptors left: %v", p.takes(t))
		}
	}
	good.goesOn(t, "without descriptors")
	t.Logf("in the crowd: %v", p.takes(t))
	for _, s := range crowd {
		s.Close()
	}
	p.awaitMetric(t, peersNow, exactly(1))
	serve(t, p.front)
	good.goesOn(t, "after the crowd")
}
