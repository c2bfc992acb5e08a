package zmq4

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
)

// patience bounds every wait.
const patience = 20 * time.Second

func newTestContext(t *testing.T) *Context {
	t.Helper()
	ctx, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		done := make(chan error, 1)
		go func() { done <- ctx.Term() }()
		if err := await(t, "the context to end", done); err != nil {
			t.Errorf("Term: %v", err)
		}
	})
	return ctx
}

// open opens a socket that is closed when the test ends.
func open(t *testing.T, ctx *Context, typ Type) *Socket {
	t.Helper()
	s, err := ctx.NewSocket(typ)
	if err != nil {
		t.Fatal(err)
	}
	s.SetLinger(0)
	t.Cleanup(func() { s.Close() })
	return s
}

func pair(t *testing.T, ctx *Context, bound, connected Type) (*Socket, *Socket) {
	t.Helper()
	a, b := open(t, ctx, bound), open(t, ctx, connected)
	end := fmt.Sprintf("inproc://%p", a.st)
	must(t, a.Bind(end))
	must(t, b.Connect(end))
	return a, b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// waiting waits until n calls are parked on the socket.
func waiting(t *testing.T, s *Socket, n uint64) {
	t.Helper()
	for end := time.Now().Add(patience); s.Unwrap().Stats().Waited < n; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %d calls that wait", patience, n)
		}
	}
}

// TestErrnoIs finds an Errno equal to what it is, by == and by errors.Is.
func TestErrnoIs(t *testing.T) {
	s := open(t, newTestContext(t), PULL)
	_, err := s.Recv(DONTWAIT)
	if err != Errno(syscall.EAGAIN) {
		t.Errorf("it is %T %v", err, err)
	}
	for _, target := range []error{Errno(syscall.EAGAIN), syscall.EAGAIN, zmq.EAGAIN} {
		if !errors.Is(err, target) {
			t.Errorf("it is not %T", target)
		}
	}
	for _, target := range []error{EFSM, syscall.EINVAL, ErrorSocketClosed, zmq.EFSM} {
		if errors.Is(err, target) {
			t.Errorf("it is %v", target)
		}
	}
	var timeout interface {
		error
		Timeout() bool
		Temporary() bool
	}
	if !errors.As(err, &timeout) || !timeout.Timeout() || !timeout.Temporary() {
		t.Error("it is no timeout")
	}
	if errors.Is(ETERM, syscall.Errno(ETERM)) {
		t.Error("a number of ØMQ's own is the system's")
	}
}

// TestCloseEndsCalls closes a socket on which others wait.
func TestCloseEndsCalls(t *testing.T) {
	ctx := newTestContext(t)
	for name, call := range map[string]func(*Socket) error{
		"Recv":        func(s *Socket) error { _, err := s.Recv(0); return err },
		"RecvMessage": func(s *Socket) error { _, err := s.RecvMessage(0); return err },
		"Send":        func(s *Socket) error { _, err := s.Send("x", 0); return err },
		"SendMessage": func(s *Socket) error { _, err := s.SendMessage("x", "y"); return err },
	} {
		s := open(t, ctx, DEALER)
		done := make(chan error, 1)
		go func() { done <- call(s) }()
		waiting(t, s, 1)
		must(t, s.Close())
		if err := await(t, name, done); err != ErrorSocketClosed {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := open(t, ctx, PULL)
	p := NewPoller()
	p.Add(s, POLLIN)
	done := make(chan error, 1)
	go func() { _, err := p.Poll(-1); done <- err }()
	must(t, s.Close())
	if err := await(t, "Poll", done); err != ErrorSocketClosed {
		t.Errorf("Poll: %v", err)
	}
}

// TestShared has goroutines share sockets: messages stay whole, and each arrives once.
func TestShared(t *testing.T) {
	ctx := newTestContext(t)
	a, b := pair(t, ctx, PUSH, PULL)
	const goroutines, each = 8, 300
	var senders, receivers sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	for g := range goroutines {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for i := range each {
				part := fmt.Sprint(g, " ", i)
				if _, err := a.SendMessage(part, []byte(part), []string{part, part}); err != nil {
					t.Error(err)
				}
			}
		}()
		receivers.Add(1)
		go func() {
			defer receivers.Done()
			for {
				msg, err := b.RecvMessage(0)
				if err != nil {
					if err != ErrorSocketClosed {
						t.Error(err)
					}
					return
				}
				if len(msg) != 4 || msg[0] != msg[1] || msg[1] != msg[2] || msg[2] != msg[3] {
					t.Errorf("a message is %q", msg)
				}
				mu.Lock()
				seen[msg[0]]++
				all := len(seen) == goroutines*each
				mu.Unlock()
				if all {
					b.Close()
				}
			}
		}()
	}
	senders.Wait()
	receivers.Wait()
	for part, n := range seen {
		if n != 1 {
			t.Errorf("%q came %d times", part, n)
		}
	}
}

// TestHammer calls everything on shared sockets, pollers and contexts at once, for the race detector.
func TestHammer(t *testing.T) {
	ctx := newTestContext(t)
	a, b := pair(t, ctx, DEALER, DEALER)
	p, r := NewPoller(), NewReactor()
	p.Add(a, POLLIN|POLLOUT)
	p.Add(b, POLLIN)
	r.AddSocket(b, POLLIN, func(State) error { b.RecvMessage(DONTWAIT); return nil })
	stop := errors.New("stop")
	stops := make(chan interface{}, 1)
	r.AddChannel(stops, 0, func(interface{}) error { return stop })
	calls := []func(){
		func() { a.Send("x", DONTWAIT) },
		func() { a.SendMessageDontwait("x", "y") },
		func() { b.RecvMessageBytes(DONTWAIT) },
		func() { b.RecvWithMetadata(DONTWAIT, "Socket-Type") },
		func() { a.SetSndtimeo(time.Second); a.GetSndtimeo(); a.GetEvents(); _ = a.String() },
		func() { p.Poll(time.Millisecond); p.PollAll(0); _ = p.String() },
		func() { p.Update(0, POLLOUT); p.UpdateBySocket(b, POLLIN); p.Remove(p.Add(a, 0)) },
		func() {
			r.AddSocket(a, 0, func(State) error { return nil })
			r.RemoveSocket(a)
			r.RemoveChannel(r.AddChannel(make(chan interface{}), 0, nil))
		},
		func() { ctx.GetIoThreads(); ctx.SetIpv6(false); ctx.GetRetryAfterEINTR(); a.Context() },
		func() { s, _ := ctx.NewSocket(PUB); s.Bind("inproc://hammer"); s.Unbind("inproc://hammer"); s.Close() },
		func() { a.Monitor("inproc://monitor", EVENT_ALL); a.Monitor("", 0) },
		func() {
			AuthAllow("x", "127.0.0.1")
			AuthPlainAdd("d", "u", "p")
			AuthPlainRemove("d", "u")
			AuthCurveAdd("d", "k")
		},
	}
	ran := make(chan error, 1)
	go func() { ran <- r.Run(time.Millisecond) }()
	var all sync.WaitGroup
	for _, call := range calls {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 50 {
				call()
			}
		}()
	}
	all.Wait()
	stops <- true
	if err := await(t, "the reactor", ran); err != stop {
		t.Errorf("the reactor ended with %v", err)
	}
}

// TestContextEndsCalls ends what the original cannot end.
func TestContextEndsCalls(t *testing.T) {
	s := open(t, newTestContext(t), DEALER)
	for name, call := range map[string]func(context.Context) error{
		"RecvMessageContext":      func(ctx context.Context) error { _, err := s.RecvMessageContext(ctx); return err },
		"RecvMessageBytesContext": func(ctx context.Context) error { _, err := s.RecvMessageBytesContext(ctx); return err },
		"SendMessageContext":      func(ctx context.Context) error { _, err := s.SendMessageContext(ctx, "x", "y"); return err },
	} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// TestUnwrap moves over to the library for one call, in the middle of a message too.
func TestUnwrap(t *testing.T) {
	ctx := newTestContext(t)
	a, b := pair(t, ctx, PAIR, PAIR)
	if _, err := a.Unwrap().Send([]byte("1"), zmq.SndMore); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SendMessage("2", "3"); err != nil {
		t.Fatal(err)
	}
	parts, err := b.Unwrap().RecvParts(context.Background())
	if err != nil || len(parts) != 3 {
		t.Errorf("%q, %v", parts, err)
	}
	if ctx.Unwrap() != a.Unwrap().Context() {
		t.Error("the contexts are two")
	}
	if (&Socket{}).Unwrap() != nil || (&Context{}).Unwrap() != nil {
		t.Error("there is something behind what is not open")
	}
}

// TestControlAnswers has a REQ steer a proxy, which needs an answer to every word.
func TestControlAnswers(t *testing.T) {
	ctx := newTestContext(t)
	front, back := open(t, ctx, PULL), open(t, ctx, PUSH)
	control, remote := pair(t, ctx, REP, REQ)
	done := make(chan error, 1)
	go func() { done <- ProxySteerable(front, back, nil, control) }()
	for _, word := range []string{"PAUSE", "RESUME", "STATISTICS", "TERMINATE"} {
		if _, err := remote.Send(word, 0); err != nil {
			t.Fatal(err)
		}
		msg, err := remote.RecvMessage(0)
		if err != nil || word == "STATISTICS" && len(msg) != 8 {
			t.Errorf("%s: %q, %v", word, msg, err)
		}
	}
	if err := await(t, "the proxy", done); err != nil {
		t.Error(err)
	}
}

// TestMonitorThatNobodyReads closes a socket whose monitor has no reader: the context ends all the same.
func TestMonitorThatNobodyReads(t *testing.T) {
	ctx := newTestContext(t)
	s := open(t, ctx, PULL)
	must(t, s.Monitor("inproc://nobody", EVENT_ALL))
	must(t, s.Monitor("inproc://nobody", EVENT_ALL))
	must(t, s.Bind("tcp://127.0.0.1:*"))
	must(t, s.Close())
}

// TestAuthUnknownUser denies a user that is not known, with an empty password too.
func TestAuthUnknownUser(t *testing.T) {
	a := authState{users: map[string]map[string]string{"d": {"known": ""}}}
	for user, want := range map[string]bool{"known": true, "unknown": false, "": false} {
		if got := a.admits(zmq.AuthRequest{Domain: "d", Mechanism: "PLAIN", Username: user}); got != want {
			t.Errorf("%q is admitted: %v", user, got)
		}
	}
	if a.admits(zmq.AuthRequest{Domain: "d", Mechanism: "NEW"}) {
		t.Error("a mechanism that nobody knows is admitted")
	}
}

// TestForgotten counts sockets off that were forgotten.
func TestForgotten(t *testing.T) {
	ctx := newTestContext(t)
	must(t, ctx.SetMaxSockets(1))
	for range 3 {
		if _, err := ctx.NewSocket(PUSH); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(patience); ; runtime.GC() {
			ctx.c.mu.Lock()
			n := ctx.c.sockets
			ctx.c.mu.Unlock()
			if n == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatal("it is still counted")
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// TestLongFilter refuses a filter that may exhaust the stack in libzmq, and takes one that does not.
func TestLongFilter(t *testing.T) {
	ctx := newTestContext(t)
	sub, xsub, xpub := open(t, ctx, SUB), open(t, ctx, XSUB), open(t, ctx, XPUB)
	must(t, xpub.Bind("inproc://filters"))
	must(t, xsub.Connect("inproc://filters"))
	must(t, xpub.SetXpubManual(1))
	must(t, xpub.SetRcvtimeo(10*time.Second))
	byXsub := func(first string) func(string) error {
		return func(filter string) error {
			_, err := xsub.Send(first+filter, 0)
			return err
		}
	}
	for _, row := range []struct {
		how string
		do  func(string) error
	}{
		{"SetSubscribe of a SUB", sub.SetSubscribe},
		{"SetUnsubscribe of a SUB", sub.SetUnsubscribe},
		{"a subscription by an XSUB", byXsub("\x01")},
		{"a cancellation by an XSUB", byXsub("\x00")},
		{"SetSubscribe of a manual XPUB", xpub.SetSubscribe},
		{"SetUnsubscribe of a manual XPUB", xpub.SetUnsubscribe},
	} {
		for size, want := range map[int]error{maxFilter: nil, maxFilter + 1: Errno(syscall.EINVAL)} {
			if err := row.do(string(make([]byte, size))); err != want {
				t.Errorf("%s, %d bytes: %v", row.how, size, err)
			}
		}
		if row.how == "a subscription by an XSUB" {
			// The last subscription that came is what a manual XPUB's calls are about.
			if _, err := xpub.RecvBytes(0); err != nil {
				t.Fatalf("waiting for the subscription: %v", err)
			}
		}
	}
	must(t, sub.Close())
	if err := sub.SetSubscribe(string(make([]byte, maxFilter+1))); err != ErrorSocketClosed {
		t.Errorf("of a closed socket: %v", err)
	}
}

// TestAuthHandlerAlone calls a handler that shares a map between its calls, as many a program's does.
func TestAuthHandlerAlone(t *testing.T) {
	a := authState{}
	shared := map[string]string{}
	var calls, inside atomic.Int64
	handler := func(version, id, domain, address, identity, mechanism string, credentials ...string) map[string]string {
		if inside.Add(1) != 1 {
			t.Error("it is called for two clients at a time")
		}
		shared[fmt.Sprint("Call-", calls.Add(1)%10)] = address
		runtime.Gosched()
		inside.Add(-1)
		return shared
	}
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 100 {
				if _, metadata, err := a.properties(a.ask(handler, zmq.AuthRequest{Address: "10.1.2.3"})); err != nil || metadata["Call-1"] != "10.1.2.3" && calls.Load() > 10 {
					t.Error(metadata, err)
				}
			}
		}()
	}
	all.Wait()
}
