package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// callers starts goroutines that use the socket in every way there is, until a call says that the socket is gone.
// The channel has the error that ended each.
func callers(s *Socket) (ended chan error, n int) {
	ctx := context.Background()
	calls := []func() error{
		func() error { _, err := s.Recv(make([]byte, 8), 0); return err },
		func() error { _, err := s.RecvParts(ctx); return err },
		func() error { _, err := s.RecvParts(ctx); return err },
		func() error { _, err := s.Send([]byte("x"), 0); return err },
		func() error { return s.SendParts(ctx, []byte("x"), []byte("y")) },
		func() error { return s.SendParts(ctx, []byte("x")) },
		func() error { m := new(Message); defer m.Close(); return s.RecvMsg(m, 0) },
		func() error { _, err := s.Recv(nil, DontWait); return err },
		func() error { _, err := s.Events(); return err },
		func() error { return s.Set(Linger(0)) },
		func() error { _, err := Linger.Get(s); return err },
		func() error {
			_, err := Poll([]PollItem{{Socket: s, Events: PollIn}, {Socket: s, Events: PollOut}}, Infinite)
			return err
		},
		func() error { s.Type(); _ = s.String(); return s.Connect("inproc://somewhere else") },
		func() error { return s.Bind(fmt.Sprintf("inproc://bound-%p", s)) },
	}
	ended = make(chan error, len(calls))
	for _, call := range calls {
		go func() {
			for {
				err := call()
				if errors.Is(err, ErrClosed) || errors.Is(err, ErrTerminated) {
					ended <- err
					return
				}
				runtime.Gosched()
			}
		}()
	}
	return ended, len(calls)
}

// TestCloseUnderCalls closes sockets and contexts while all kinds of calls run: every call must end, with the
// error that says why.
func TestCloseUnderCalls(t *testing.T) {
	ends := map[string]struct {
		end  func(c *Context, s *Socket) error
		want error
	}{
		"Close":         {func(_ *Context, s *Socket) error { return s.Close() }, ErrClosed},
		"Shutdown":      {func(c *Context, _ *Socket) error { return c.Shutdown() }, ErrTerminated},
		"Context.Close": {func(c *Context, _ *Socket) error { return c.Close() }, nil},
		"Term": {func(c *Context, s *Socket) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if err := c.Term(ctx); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Term with a socket open: %v, want context.Canceled", err)
			}
			return s.Close()
		}, nil},
	}
	for name, e := range ends {
		t.Run(name, func(t *testing.T) {
			for _, typ := range []SocketType{Pair, Dealer, Push, Pull, Rep, XPub, Sub} {
				if typ == XPub && !engineFrom(3, 2, 0) {
					continue // a peer that sends anything but subscriptions ends its process
				}
				for round := range 5 {
					c := newTestContext(t)
					s, peer := newTestSocket(t, c, typ), newTestSocket(t, c, Dealer)
					connectTo(t, peer, bindTo(t, s, transports[round%len(transports)]))
					ended, n := callers(s)
					for range round * 50 {
						runtime.Gosched()
					}
					if !within(t, name, func() {
						if err := e.end(c, s); err != nil {
							t.Error(err)
						}
					}) {
						return
					}
					if !within(t, "a call on a socket that is gone", func() {
						for range n {
							if err := <-ended; e.want != nil && !errors.Is(err, e.want) {
								t.Errorf("%v: a call ended with %v, want %v", typ, err, e.want)
							}
						}
					}) {
						return
					}
				}
			}
		})
	}
}

// TestCloseWaitsForCalls: libzmq must not see a socket closed that a call of it is running on. The test stands for that
// call, which holds the socket's lock.
func TestCloseWaitsForCalls(t *testing.T) {
	for name, end := range map[string]func(*Context, *Socket) error{
		"Close":         func(_ *Context, s *Socket) error { return s.Close() },
		"Context.Close": func(c *Context, _ *Socket) error { return c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestContext(t)
			s := newTestSocket(t, c, Pair)
			s.st.mu.Lock()
			done := make(chan error, 1)
			go func() { done <- end(c, s) }()
			eventually(t, "it waits", func() bool {
				select {
				case err := <-done:
					t.Fatalf("it did not wait for a call that is running: %v", err)
				default:
				}
				stacks := make([]byte, 1<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				for _, g := range bytes.Split(stacks, []byte("\n\n")) {
					if bytes.Contains(g, []byte("TestCloseWaitsForCalls")) && bytes.Contains(g, []byte("[sync.Mutex.Lock]")) {
						return true
					}
				}
				return false
			})
			if s.st.closed {
				t.Error("it was closed during a call")
			}
			if _, errno := cEvents(s.st.h); errno != 0 {
				t.Errorf("a call that began before: %v", errno)
			}
			s.st.mu.Unlock()
			if err := taken(t, "the socket to be closed", done); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCloseTwice closes everything from several goroutines at once, and again.
func TestCloseTwice(t *testing.T) {
	c := newTestContext(t)
	s := newTestSocket(t, c, Pair)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		go func() {
			defer wg.Done()
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	within(t, "a second Close", wg.Wait)
	if _, err := s.Recv(nil, 0); !errors.Is(err, ErrClosed) {
		t.Errorf("receiving from a closed socket: %v, want ErrClosed", err)
	}
	if _, err := c.NewSocket(Pair); !errors.Is(err, ErrTerminated) {
		t.Errorf("a socket in a closed context: %v, want ErrTerminated", err)
	}
}

// TestCloseForgotten forgets a socket with a message that cannot be delivered and its context: nothing may hang, and
// the finalizer's goroutine must stay free for others.
func TestCloseForgotten(t *testing.T) {
	forgetSocketAndContext(t)
	eventually(t, "the forgotten handles are closed", func() bool {
		for _, l := range OpenHandles() {
			if strings.Contains(l.Stack, "forgetSocketAndContext") {
				return false
			}
		}
		return true
	})
	free := make(chan struct{})
	func() { runtime.AddCleanup(new([64]byte), func(c chan struct{}) { close(c) }, free) }()
	eventually(t, "other cleanups run", func() bool {
		select {
		case <-free:
			return true
		default:
			return false
		}
	})
}

func forgetSocketAndContext(t *testing.T) {
	c, err := NewContext(CloseTimeout(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.NewSocket(Push)
	if err != nil {
		t.Fatal(err)
	}
	connectTo(t, s, freeEndpoint(t, "ipc"))
	sendText(t, s, "nobody will get this")
}
