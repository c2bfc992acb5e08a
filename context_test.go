package zmq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestContextSharesNothing: an inproc name is one context's own.
func TestContextSharesNothing(t *testing.T) {
	a, b := newTestContext(t), newTestContext(t)
	pullA, pullB := newTestSocket(t, a, Pull), newTestSocket(t, b, Pull)
	for _, s := range []*Socket{pullA, pullB} {
		if err := s.Bind("inproc://same"); err != nil {
			t.Fatal(err)
		}
	}
	pushA, pushB := newTestSocket(t, a, Push), newTestSocket(t, b, Push)
	connectTo(t, pushA, "inproc://same")
	connectTo(t, pushB, "inproc://same")
	sendText(t, pushA, "a")
	sendText(t, pushB, "b")
	expectText(t, pullA, "a")
	expectText(t, pullB, "b")
	// One goes, the other stays.
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	sendText(t, pushB, "b again")
	expectText(t, pullB, "b again")
	if pullA.Context() != a || pullB.Context() != b {
		t.Error("a socket has another one's context")
	}
}

// TestContextTermWaits: Term waits for sockets, says for which, and lets a later one join.
func TestContextTermWaits(t *testing.T) {
	c := newTestContext(t)
	s, idle := newTestSocket(t, c, Push), newTestSocket(t, c, Sub)
	if err := s.Bind("inproc://jobs"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		err := c.Term(ctx)
		cancel()
		wantError(t, err, []error{context.DeadlineExceeded}, "terminate context", "2 open", "push inproc://jobs", "sub")
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	wantError(t, c.Term(cancelled), []error{context.Canceled}, "2 open")
	done := make(chan error, 3)
	for range 3 {
		go func() { done <- c.Term(patient(t)) }()
	}
	s.Close()
	select {
	case err := <-done:
		t.Fatalf("terminated with a socket open: %v", err)
	case <-time.After(time.Millisecond):
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	wantError(t, c.Term(ctx), []error{context.DeadlineExceeded}, "1 open: sub")
	idle.Close()
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, ctx := range []context.Context{nil, context.Background(), cancelled} {
		if err := c.Term(ctx); err != nil {
			t.Errorf("Term of what is terminated: %v", err)
		}
	}
	if err := c.Shutdown(); err != nil {
		t.Error(err)
	}
}

// TestContextShutdown ends whoever waits, and does not wait itself.
func TestContextShutdown(t *testing.T) {
	c := newTestContext(t)
	var socks []*Socket
	done := make(chan error)
	for _, typ := range []SocketType{Pull, Sub, Rep, Dealer, XSub, Pair} {
		s := newTestSocket(t, c, typ)
		socks = append(socks, s)
		for range 3 {
			go func() { done <- recvOne(s) }()
		}
	}
	for _, s := range socks {
		parkedOn(t, s, 3)
	}
	for range 2 {
		if err := c.Shutdown(); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 * len(socks) {
		wantError(t, <-done, isTerminated, "recv")
	}
	_, err := c.NewSocket(Pull)
	wantError(t, err, isTerminated, "open socket")
}

// TestContextCloseBounded: a message that nobody takes holds Close up for as long as CloseTimeout says.
func TestContextCloseBounded(t *testing.T) {
	c, err := NewContext(CloseTimeout(5 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	push, err := c.NewSocket(Push)
	if err != nil {
		t.Fatal(err)
	}
	if linger, err := Linger.Get(push); err != nil || linger != Infinite {
		t.Errorf("the linger of a new socket is %v, %v; the manual's default is without end", linger, err)
	}
	endpoint := freeEndpoint(t, "ipc")
	connectTo(t, push, endpoint)
	sendText(t, push, "for nobody")
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	wantError(t, c.Term(ctx), []error{context.DeadlineExceeded}, "push", endpoint)
	// The socket that Close finds open lingers no longer than CloseTimeout, so Close succeeds or is about to.
	within(t, "Close", func() {
		for err = c.Close(); errors.Is(err, os.ErrDeadlineExceeded); {
			err = c.Close()
		}
	})
	if err != nil {
		t.Error(err)
	}
	wantError(t, push.SendParts(patient(t), nil), isClosed)
	if err := c.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

// TestContextCloseTimesOut: a socket that its owner closed lingers as its owner said, and Close does not wait for that. A
// later Close, or Term, joins.
func TestContextCloseTimesOut(t *testing.T) {
	c, err := NewContext(CloseTimeout(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	push, err := c.NewSocket(Push, ReconnectInterval(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	endpoint := freeEndpoint(t, "ipc")
	connectTo(t, push, endpoint)
	sendText(t, push, "for somebody, in time")
	if err := push.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err = c.Close()
		wantError(t, err, []error{os.ErrDeadlineExceeded}, "close context", "CloseTimeout", "still being delivered")
		var op *OpError
		if errors.As(err, &op); !op.Timeout() {
			t.Errorf("%v is no timeout", err)
		}
	}
	pull := newTestSocket(t, newTestContext(t), Pull)
	if err := pull.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	expectText(t, pull, "for somebody, in time")
	if err := c.Term(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestContextCloseConcurrent: contexts and sockets are closed by many at once while others use them.
func TestContextCloseConcurrent(t *testing.T) {
	for range 20 {
		c, err := NewContext()
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range 4 {
			s, err := c.NewSocket(Pair, Linger(0))
			if err != nil {
				t.Fatal(err)
			}
			endpoint := fmt.Sprint("inproc://", i/2)
			if i%2 == 0 {
				err = s.Bind(endpoint)
			} else {
				err = s.Connect(endpoint)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range []func() error{
				func() error { return recvOne(s) },
				func() error { return sendOne(s) },
				func() error { _, err := s.Events(); return err },
				func() error { return s.Set(Linger(0)) },
				func() error { return s.Close() },
				func() error { _, err := Poll([]PollItem{{Socket: s, Events: PollIn}}, Infinite); return err },
			} {
				all.Add(1)
				go func() {
					defer all.Done()
					<-begin
					if err := f(); err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrTerminated) {
						t.Error(err)
					}
				}()
			}
		}
		for range 3 {
			all.Add(1)
			go func() {
				defer all.Done()
				<-begin
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
		close(begin)
		all.Wait()
	}
}

// TestContextMaxSockets: the limit is the one that was asked for, and closed sockets make room.
func TestContextMaxSockets(t *testing.T) {
	c, err := NewContext(MaxSockets(3))
	if !needs(t, Version{3, 2, 0}, err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	var socks []*Socket
	for range 3 {
		socks = append(socks, newTestSocket(t, c, Pair))
	}
	for range 20 {
		_, err := c.NewSocket(Pair)
		wantError(t, err, []error{ErrMaxSockets, EMFILE}, "open socket (pair)", "MaxSockets")
		socks[0].Close()
		socks = append(socks[1:], newTestSocket(t, c, Pair))
	}
	// Termination needs a place for what was connected to and never bound, and finds it.
	for _, s := range socks {
		if engineFrom(4, 0, 0) {
			connectTo(t, s, "inproc://never-bound")
		}
	}
}

// TestContextForgottenSocket: the collector closes it, and its endpoint is free again.
func TestContextForgottenSocket(t *testing.T) {
	leaks := catchLeaks(t)
	c := newTestContext(t)
	overTransports(t, func(t *testing.T, transport string) {
		endpoint := forgetSocket(t, c, transport)
		again := newTestSocket(t, c, Pull)
		eventually(t, "the endpoint is free", func() bool { return again.Bind(endpoint) == nil })
		leak := <-leaks
		if leak.Kind != "socket" || !strings.Contains(leak.Stack, "forgetSocket") {
			t.Errorf("the leak is reported as a %s, opened here:\n%s", leak.Kind, leak.Stack)
		}
	})
	// One that was closed is not forgotten.
	func() {
		s, err := c.NewSocket(Pull)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}()
	forgetSocket(t, c, "inproc")
	eventually(t, "a leak is reported", func() bool { return len(leaks) > 0 })
	if leak := <-leaks; !strings.Contains(leak.Stack, "forgetSocket") {
		t.Errorf("a closed socket was reported:\n%s", leak.Stack)
	}
}

// TestContextForgotten: the collector shuts it down with all that is in it.
func TestContextForgotten(t *testing.T) {
	leaks := catchLeaks(t)
	endpoint := forgetContext(t)
	again := newTestSocket(t, newTestContext(t), Pull)
	eventually(t, "the endpoint is free", func() bool { return again.Bind(endpoint) == nil })
	kinds := map[string]int{}
	for range 3 {
		kinds[(<-leaks).Kind]++
	}
	if kinds["context"] != 1 || kinds["socket"] != 2 {
		t.Errorf("reported: %v", kinds)
	}
}

func forgetContext(t *testing.T) string {
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.NewSocket(Push); err != nil {
		t.Fatal(err)
	}
	return forgetSocket(t, c, "tcp")
}

// TestContextKeptBySocket: a context that only a socket refers to is not forgotten.
func TestContextKeptBySocket(t *testing.T) {
	leaks := catchLeaks(t)
	s := func() *Socket {
		c, err := NewContext()
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.NewSocket(Pair)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}()
	forgetSocket(t, newTestContext(t), "inproc")
	eventually(t, "something else is collected", func() bool { return len(leaks) > 0 })
	<-leaks
	if err := s.Bind("inproc://still-here"); err != nil {
		t.Error(err)
	}
	if err := s.Context().Close(); err != nil {
		t.Error(err)
	}
	if len(leaks) != 0 {
		t.Errorf("reported: %v", <-leaks)
	}
}

// TestContextMany makes and closes contexts, one after another, and leaves no descriptor behind.
func TestContextMany(t *testing.T) {
	openFiles := func() int {
		entries, _ := os.ReadDir("/proc/self/fd")
		return len(entries)
	}
	before := -1
	for i := range 60 {
		c, err := NewContext(IOThreads(i % 4))
		if err != nil {
			t.Fatal(err)
		}
		pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
		connectTo(t, push, bindTo(t, pull, transports[min(i%4, 1)*(i%3)]))
		sendText(t, push, "x")
		expectText(t, pull, "x")
		if err := errors.Join(pull.Close(), push.Close(), c.Close()); err != nil {
			t.Fatal(err)
		}
		if i == 10 {
			before = openFiles()
		}
	}
	if after := openFiles(); after > before+5 {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

// TestContextMaxSocketsAtOnce: of many that open a socket at the same time no more succeed than there is room for, and the
// place that termination needs is still there.
func TestContextMaxSocketsAtOnce(t *testing.T) {
	for range 60 {
		c, err := NewContext(MaxSockets(1))
		if !needs(t, Version{3, 2, 0}, err) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var open atomic.Int32
		start, kept := make(chan struct{}), make(chan *Socket, 64)
		for range 64 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				<-start
				s, err := c.NewSocket(Dealer, Linger(0))
				if err == nil {
					open.Add(1)
					kept <- s
					if engineFrom(4, 0, 0) {
						err = s.Connect("inproc://never-bound")
					}
				} else if errors.Is(err, ErrMaxSockets) {
					err = nil
				}
				if err != nil {
					t.Error(err)
				}
			}()
		}
		close(start)
		within(t, "opening sockets", wg.Wait)
		if n := open.Load(); n != 1 {
			t.Errorf("%d sockets are open in a context with room for one", n)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		runtime.KeepAlive(kept) // the garbage collector would call it forgotten otherwise
	}
}
