package zmqtest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/zmqtest"
)

// fake is a testing.TB that notes how a test fails.
type fake struct {
	testing.TB
	mu      sync.Mutex
	said    []string
	cleanup []func()
}

func (f *fake) Helper()          {}
func (f *fake) Cleanup(g func()) { f.cleanup = append(f.cleanup, g) }
func (f *fake) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}
func (f *fake) Fatalf(format string, args ...any) { f.Errorf(format, args...); runtime.Goexit() }

// run runs f as a test does, and returns what it said.
func run(t *testing.T, f func(t testing.TB)) string {
	t.Helper()
	ft := &fake{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ft)
	}()
	<-done
	for i := len(ft.cleanup) - 1; i >= 0; i-- {
		ft.cleanup[i]()
	}
	return strings.Join(ft.said, "\n")
}

func TestPairs(t *testing.T) {
	for _, pair := range [][2]zmq.SocketType{{zmq.Rep, zmq.Req}, {zmq.Pull, zmq.Push}, {zmq.Pub, zmq.Sub}, {zmq.Sub, zmq.Pub}, {zmq.XPub, zmq.Sub}, {zmq.Pair, zmq.Pair}} {
		t.Run(fmt.Sprintf("%v %v", pair[0], pair[1]), func(t *testing.T) {
			zmqtest.CheckLeaks(t)
			to, from := zmqtest.NewPair(t, pair[0], pair[1])
			if pair[0] == zmq.Pub || pair[0] == zmq.XPub {
				to, from = from, to
			}
			zmqtest.Send(t, from, "one", "", "three")
			zmqtest.Expect(t, to, "one", "", "three")
		})
	}
}

func TestTransports(t *testing.T) {
	for _, transport := range []string{"inproc", "ipc", "tcp"} {
		c := zmqtest.NewContext(t)
		pull, push, late := zmqtest.NewSocket(t, c, zmq.Pull), zmqtest.NewSocket(t, c, zmq.Push), zmqtest.NewSocket(t, c, zmq.Pull)
		zmqtest.Connect(t, push, zmqtest.Bind(t, pull, transport))
		zmqtest.Send(t, push, transport)
		zmqtest.Expect(t, pull, transport)
		if err := late.Bind(zmqtest.Endpoint(t, transport)); err != nil {
			t.Error(err)
		}
	}
}

// TestFails: what goes wrong fails the test, by its own t, and nothing else.
func TestFails(t *testing.T) {
	for want, f := range map[string]func(t testing.TB){
		"": func(t testing.TB) { zmqtest.NewPair(t, zmq.Rep, zmq.Req) },
		"a socket was left open: pull": func(t testing.TB) {
			_, err := zmqtest.NewContext(t).NewSocket(zmq.Pull)
			if err != nil {
				t.Errorf("%v", err)
			}
		},
		"a batch was left open; it was opened here:": func(t testing.TB) {
			zmqtest.CheckLeaks(t)
			b, err := zmq.NewBatch(1)
			if err != nil {
				t.Errorf("%v", err)
			}
			kept = append(kept, b)
		},
		`received ["x"], want ["x" ""]`: func(t testing.TB) {
			a, b := zmqtest.Pipe(1)
			zmqtest.Send(t, a, "x")
			zmqtest.Expect(t, b, "x", "")
		},
		`no transport "udp" here`: func(t testing.TB) { zmqtest.Endpoint(t, "udp") },
		`not of "inproc://x"`:     func(t testing.TB) { zmqtest.NewNetwork(t, "inproc://x") },
		`not to "inproc://x"`:     func(t testing.TB) { zmqtest.DialRaw(t, "inproc://x") },
		"zmq: connect nonsense": func(t testing.TB) {
			zmqtest.Connect(t, zmqtest.NewSocket(t, zmqtest.NewContext(t), zmq.Pull), "nonsense")
		},
		"zmq: set":                            func(t testing.TB) { zmqtest.NewSocket(t, zmqtest.NewContext(t), zmq.Pull, zmq.Linger(-5)) },
		"receiving: zmq: recv: use of closed": func(t testing.TB) { a, b := zmqtest.Pipe(0); a.Close(); zmqtest.Recv(t, b) },
	} {
		if got := run(t, f); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("the test says %q, want %q", got, want)
		}
	}
	for _, b := range kept {
		b.Close()
	}
}

var kept []*zmq.Batch

// TestNetwork does to a connection what a network may do.
func TestNetwork(t *testing.T) {
	c := zmqtest.NewContext(t)
	pull := zmqtest.NewSocket(t, c, zmq.Pull)
	push := zmqtest.NewSocket(t, c, zmq.Push, zmq.ReconnectInterval(5*time.Millisecond))
	n := zmqtest.NewNetwork(t, zmqtest.Bind(t, pull, "tcp"))
	zmqtest.Connect(t, push, n.Endpoint())
	arrives := func(what string) {
		t.Helper()
		ctx := zmqtest.Context(t)
		for { // a message that was on its way is lost
			once, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
			zmqtest.Send(t, push, what)
			got, err := pull.RecvParts(once)
			cancel()
			if err == nil && string(got[0]) == what {
				return
			}
			if ctx.Err() != nil {
				t.Fatalf("nothing arrives: %s", what)
			}
		}
	}
	waitFor := func(what string, so func() bool) {
		t.Helper()
		for limit := time.Now().Add(zmqtest.Patience); !so(); time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("waiting in vain: %s", what)
			}
		}
	}
	arrives("well")
	n.Delay(time.Millisecond)
	arrives("delayed")
	before := n.Carried()
	n.Cut()
	arrives("cut")
	n.Reset()
	arrives("reset")
	if n.Carried() < before+2 || n.Connections() != 1 {
		t.Errorf("%d connections were made, %d before that; %d are there", n.Carried(), before, n.Connections())
	}
	n.Refuse()
	n.Cut()
	before = n.Carried()
	waitFor("the connection ends", func() bool { return n.Connections() == 0 })
	n.Restore()
	arrives("refused")
	if n.Carried() == before {
		t.Error("no connection was made after the refusal")
	}
	n.Drop()
	zmqtest.Send(t, push, "dropped")
	waitFor("it is dropped", func() bool { n.Restore(); n.Drop(); zmqtest.Send(t, push, "dropped"); return n.Carried() > before+1 })
	n.Restore()
	arrives("restored")
}

// TestPeer talks to sockets by hand.
func TestPeer(t *testing.T) {
	c := zmqtest.NewContext(t)
	for _, transport := range []string{"tcp", "ipc"} {
		rep := zmqtest.NewSocket(t, c, zmq.Rep)
		p := zmqtest.DialPeer(t, zmqtest.Bind(t, rep, transport), zmq.Req)
		if !strings.EqualFold(p.SocketType(), "rep") {
			t.Errorf("it is a %s", p.SocketType())
		}
		large := strings.Repeat("x", 1000)
		p.Send("", "one", large)
		zmqtest.Expect(t, rep, "one", large)
		zmqtest.Send(t, rep, "two", large)
		if got := p.Recv(); len(got) != 3 || got[0] != "" || got[1] != "two" || got[2] != large {
			t.Errorf("the reply is %q", got)
		}
	}
	push := zmqtest.NewSocket(t, c, zmq.Push)
	p := zmqtest.AcceptPeer(t, zmq.Pull, func(endpoint string) { zmqtest.Connect(t, push, endpoint) })
	zmqtest.Send(t, push, "x")
	if got := p.Recv(); len(got) != 1 || got[0] != "x" {
		t.Errorf("it got %q", got)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.Conn().Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed peer still writes: %v", err)
	}
	pull := zmqtest.NewSocket(t, c, zmq.Pull)
	raw := zmqtest.DialRaw(t, zmqtest.Bind(t, pull, "tcp"))
	if _, err := raw.Conn().Write([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NONESUCH" + strings.Repeat("\x00", 44))); err != nil {
		t.Fatal(err)
	}
	raw.WaitClosed()
}

// TestPipe: messages are whole, copied, in order, and waits end.
func TestPipe(t *testing.T) {
	a, b := zmqtest.Pipe(2)
	ctx := zmqtest.Context(t)
	buf := []byte("one")
	if err := a.SendParts(ctx, buf, nil); err != nil {
		t.Fatal(err)
	}
	copy(buf, "two")
	zmqtest.Send(t, a, "two")
	full, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := a.SendParts(full, buf); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	zmqtest.Expect(t, b, "one", "")
	zmqtest.Expect(t, b, "two")
	if _, err := b.RecvParts(full); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := a.SendParts(ctx); !errors.Is(err, zmq.EINVAL) {
		t.Error(err)
	}
	zmqtest.Send(t, b, "back")
	zmqtest.Expect(t, a, "back")
	done := make(chan error)
	go func() { _, err := b.RecvParts(ctx); done <- err }()
	a.Close()
	a.Close()
	if err := <-done; !errors.Is(err, zmq.ErrClosed) {
		t.Error(err)
	}
}
