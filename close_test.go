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
			s.s.mu.Lock()
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
			if s.s.closed {
				t.Error("it was closed during a call")
			}
			if _, errno := cEvents(s.s.h); errno != 0 {
				t.Errorf("a call that began before: %v", errno)
			}
			s.s.mu.Unlock()
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

// TestPairLosesPeerAmidMessage takes a PAIR's peer away between two parts. The rest of the message must not
// wait inside C, nor become a message for the next peer.
func TestPairLosesPeerAmidMessage(t *testing.T) {
	needsEngine(t, Version{3, 2, 0}, "a pair's second peer ends the process before")
	for _, how := range []string{"Send", "SendMsg"} {
		t.Run(how, func(t *testing.T) {
			send := func(s *Socket, text string, flags Flag) {
				t.Helper()
				var err error
				if how == "Send" {
					_, err = s.Send([]byte(text), flags)
				} else {
					m, _ := CopyMessage([]byte(text))
					err = s.SendMsg(m, flags)
				}
				if err != nil {
					t.Errorf("sending %q: %v", text, err)
				}
			}
			c := newTestContext(t)
			s, first := newTestSocket(t, c, Pair), newTestSocket(t, c, Pair)
			endpoint := bindTo(t, s, "inproc")
			connectTo(t, first, endpoint)
			send(s, "the first part", SndMore)
			first.Close()
			eventually(t, "the peer is gone", func() bool {
				ev, err := s.Events()
				return err == nil && ev == 0
			})
			within(t, "a later part", func() { send(s, "a later part", SndMore) })
			// A pair turns peers away until it has forgotten the one that is gone.
			var second *Socket
			eventually(t, "there is another peer", func() bool {
				second = newTestSocket(t, c, Pair)
				connectTo(t, second, endpoint)
				ev, err := s.Events()
				return err == nil && ev&PollOut != 0
			})
			send(s, "the last part", 0)
			sendText(t, s, "the next", "message")
			expectText(t, second, "the next", "message")
		})
	}
}

// TestPartsStayTogether sends messages part by part, and whole ones, while peers come and go: every message that
// arrives must be whole.
func TestPartsStayTogether(t *testing.T) {
	for _, types := range [][2]SocketType{{Push, Pull}, {Dealer, Dealer}, {Pair, Pair}} {
		t.Run(types[0].String(), func(t *testing.T) {
			const parts = 5
			if types[0] == Pair {
				needsEngine(t, Version{3, 2, 0}, "a pair's second peer ends the process before")
			}
			c := newTestContext(t)
			s := newTestSocket(t, c, types[0], SendHWM(3), SendTimeout(0))
			endpoint := bindTo(t, s, "inproc")
			stop := make(chan struct{})
			var wg sync.WaitGroup
			for range 2 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for {
						select {
						case <-stop:
							return
						default:
						}
						peer, err := c.NewSocket(types[1], Linger(0), RecvHWM(2))
						if err != nil {
							t.Error(err)
							return
						}
						connectTo(t, peer, endpoint)
						ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
						for {
							msg, err := peer.RecvParts(ctx)
							if err != nil {
								break
							}
							if len(msg) != parts || !bytes.Equal(msg[0], msg[parts-1]) {
								t.Errorf("this is no message that was sent: %q", msg)
							}
						}
						cancel()
						peer.Close()
					}
				}()
			}
			for i := range 3000 {
				id := fmt.Appendf(nil, "%d", i)
				if i%2 == 0 {
					if err := s.SendParts(context.Background(), id, id, id, id, id); err != nil && !errors.Is(err, ErrWouldBlock) {
						t.Error(err)
					}
					continue
				}
				_, err := s.Send(id, SndMore)
				for part := 1; err == nil && part < parts; part++ {
					runtime.Gosched()
					flags := SndMore
					if part == parts-1 {
						flags = 0
					}
					if _, err = s.Send(id, flags); err != nil {
						t.Errorf("a later part was refused: %v", err)
					}
				}
				if err != nil && !errors.Is(err, ErrWouldBlock) {
					t.Error(err)
				}
			}
			close(stop)
			wg.Wait()
		})
	}
}

// TestPartsLentUnderGC notes parts that are lent to C where others were noted before, with the garbage collector always
// at work: what C remembers of them must never look like a Go pointer, or the process dies.
func TestPartsLentUnderGC(t *testing.T) { runChild(t, patience, lentChild) }

var lentChild = child("lent", func([]string) {
	go func() {
		for {
			runtime.GC()
		}
	}()
	rooms := make([]*room, 64)
	for i := range rooms {
		rooms[i] = newRoom(roomRows, roomArena)
	}
	for i := range 20_000 {
		rm := rooms[i%len(rooms)]
		var pin runtime.Pinner
		for row := range roomRows {
			rm.h.lend(&pin, make([]byte, 48<<(row%10)), row < roomRows-1)
		}
		pin.Unpin()
		rm.h.clear()
	}
})

// TestPartsNotCancelled ends the context while messages of many parts are on their way in.
func TestPartsNotCancelled(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc", SendHWM(1), RecvHWM(1))
	parts := make([][]byte, 200)
	done := make(chan int)
	go func() {
		sent := 0
		for i := range 500 {
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				for range i % 50 {
					runtime.Gosched()
				}
				cancel()
			}()
			if out.SendParts(ctx, parts...) == nil {
				sent++
			}
			cancel()
		}
		done <- sent
	}()
	got, sent := 0, -1
	for got != sent {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		msg, err := in.RecvParts(ctx)
		cancel()
		if err == nil {
			got++
			if len(msg) != len(parts) {
				t.Fatalf("a message of %d parts came, want %d", len(msg), len(parts))
			}
		}
		select {
		case sent = <-done:
		default:
		}
		if sent >= 0 && got > sent {
			t.Fatalf("%d messages came, %d were sent", got, sent)
		}
	}
}

// TestInprocRefused makes the calls that make libzmq abort the process, there and then or when somebody binds or
// terminates, over inproc or by an option. All must be refused, and what is allowed must end well.
func TestInprocRefused(t *testing.T) {
	router := func(t *testing.T) (*Context, *Socket) {
		c := newTestContext(t)
		return c, newTestSocket(t, c, Router)
	}
	t.Run("a pair binds what routers wait for", func(t *testing.T) {
		needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
		c, first := router(t)
		connectTo(t, first, "inproc://x")
		connectTo(t, newTestSocket(t, c, Rep), "inproc://x")
		err := newTestSocket(t, c, Pair).Bind("inproc://x")
		wantError(t, err, []error{EINVAL}, "inproc://x", "pair")
		if err := newTestSocket(t, c, Dealer).Bind("inproc://x"); err != nil {
			t.Error(err)
		}
	})
	t.Run("terminate while routers wait", func(t *testing.T) {
		needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
		c, s := router(t)
		for range 3 {
			connectTo(t, s, "inproc://x")
			connectTo(t, newTestSocket(t, c, Rep), "inproc://x")
		}
	})
	t.Run("a socket with Conflate waits", func(t *testing.T) {
		if !apiVersion().AtLeast(Version{4, 0, 0}) {
			t.Skip("there is no Conflate")
		}
		c := newTestContext(t)
		s := newTestSocket(t, c, Dealer, Conflate(true))
		wantError(t, s.Connect("inproc://x"), []error{ECONNREFUSED}, "inproc://x", "Conflate")
		if err := newTestSocket(t, c, Dealer).Bind("inproc://x"); err != nil {
			t.Fatal(err)
		}
		connectTo(t, s, "inproc://x")
	})
	t.Run("a welcome message for one who has left", func(t *testing.T) {
		if !apiVersion().AtLeast(Version{4, 2, 0}) {
			t.Skip("there is no XPubWelcomeMsg")
		}
		c := newTestContext(t)
		for _, leave := range []func(*Socket, string) error{
			func(s *Socket, _ string) error { return s.Close() },
			(*Socket).Disconnect,
			(*Socket).Unbind,
		} {
			name := freeEndpoint(t, "inproc")
			gone := newTestSocket(t, c, XSub, Linger(0))
			connectTo(t, gone, name)
			if err := leave(gone, name); err != nil {
				t.Fatal(err)
			}
			_, _ = gone.Events()
			s := newTestSocket(t, c, XPub)
			if err := s.SetsockoptInt(72, 1); err != nil {
				t.Fatal(err)
			}
			wantError(t, s.Bind(name), []error{EINVAL}, name, "after that")
			if err := s.Bind(freeEndpoint(t, "inproc")); err != nil {
				t.Error(err)
			}
			if err := s.Set(XPubWelcomeMsg("")); err != nil {
				t.Fatal(err)
			}
			if err := s.Bind(name); err != nil {
				t.Error(err)
			}
		}
		name := freeEndpoint(t, "inproc")
		pair := newTestSocket(t, c, Pair)
		connectTo(t, pair, name)
		wantError(t, newTestSocket(t, c, Pub, XPubWelcomeMsg("welcome")).Bind(name), []error{EINVAL}, name, "pair")
	})
	t.Run("a router no longer waits", func(t *testing.T) {
		needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
		if atFloor() {
			t.Skip("there is no Disconnect")
		}
		c, s := router(t)
		connectTo(t, s, "inproc://x")
		wantError(t, s.Disconnect("inproc://x"), []error{EINVAL}, "inproc://x", "close the socket")
		wantError(t, s.Unbind("inproc://x"), []error{EINVAL}, "inproc://x", "close the socket")
		d := newTestSocket(t, c, Dealer)
		connectTo(t, d, "inproc://x")
		if err := d.Disconnect("inproc://x"); err != nil {
			t.Error(err)
		}
		if err := newTestSocket(t, c, Dealer).Bind("inproc://x"); err != nil {
			t.Fatal(err)
		}
		if err := s.Disconnect("inproc://x"); err != nil {
			t.Error(err)
		}
	})
	t.Run("a binder disconnects", func(t *testing.T) {
		needsEngine(t, Version{4, 1, 0}, "before, an inproc name stays bound")
		if atFloor() {
			t.Skip("there is no Disconnect")
		}
		c, s := router(t)
		if err := s.Bind("inproc://x"); err != nil {
			t.Fatal(err)
		}
		if err := s.Disconnect("inproc://x"); err != nil {
			t.Fatal(err)
		}
		s = newTestSocket(t, c, Dealer)
		if apiVersion().AtLeast(Version{4, 0, 0}) {
			if err := s.Set(Conflate(true)); err != nil {
				t.Fatal(err)
			}
			wantError(t, s.Connect("inproc://x"), []error{ECONNREFUSED})
		}
	})
	t.Run("a stream", func(t *testing.T) {
		if !apiVersion().AtLeast(Version{4, 0, 0}) {
			t.Skip("there is no Stream")
		}
		s := newTestSocket(t, newTestContext(t), Stream)
		wantError(t, s.Bind("inproc://x"), []error{ENOCOMPATPROTO}, "inproc://x")
		wantError(t, s.Connect("inproc://x"), []error{ENOCOMPATPROTO}, "inproc://x")
	})
	t.Run("RouterMandatory on a rep", func(t *testing.T) {
		s := newTestSocket(t, newTestContext(t), Rep)
		if err := s.SetsockoptInt(optRouterMandatory, 1); !errors.Is(err, EINVAL) {
			t.Errorf("by number: %v, want EINVAL", err)
		}
	})
}

// TestDisconnectAmidMessage: libzmq aborts when it looks for the rest of a message whose connection was taken away.
func TestDisconnectAmidMessage(t *testing.T) {
	if atFloor() {
		t.Skip("there is no Disconnect")
	}
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		out, in := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
		endpoint := bindTo(t, out, transport)
		connectTo(t, in, endpoint)
		sendText(t, out, "first", "last")
		if _, err := in.Recv(nil, 0); err != nil {
			t.Fatal(err)
		}
		wantError(t, in.Disconnect(endpoint), []error{EFSM}, endpoint, "receive it first")
		if _, err := in.Recv(nil, 0); err != nil {
			t.Fatal(err)
		}
		if err := in.Disconnect(endpoint); err != nil {
			t.Error(err)
		}
		expectNothing(t, in)
	})
}
