package zmq

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWaitHoldsNoThread parks goroutines in a receive: Go would add a thread for each that
// waited in C.
func TestWaitHoldsNoThread(t *testing.T) {
	const waiting = 100
	c := newTestContext(t)
	before := pprof.Lookup("threadcreate").Count()
	var wg sync.WaitGroup
	for range waiting {
		s := newTestSocket(t, c, Pull)
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := s.Recv(nil, 0); !errors.Is(err, ErrTerminated) {
				t.Errorf("the receive ended with %v, want ErrTerminated", err)
			}
		}()
		parkedOn(t, s, 1)
	}
	if added := pprof.Lookup("threadcreate").Count() - before; added > waiting/4 {
		t.Errorf("%d threads were added by %d goroutines that wait", added, waiting)
	}
	c.Shutdown()
	within(t, "a receive on a context that was shut down", wg.Wait)
}

// TestWaitEveryMessage sends through queues of one message, so that both ends wait most of the time and every
// wake-up is needed.
func TestWaitEveryMessage(t *testing.T) {
	for _, pair := range [][2]SocketType{{Pull, Push}, {Pair, Pair}, {Dealer, Dealer}} {
		t.Run(pair[1].String(), func(t *testing.T) {
			overTransports(t, func(t *testing.T, transport string) {
				messages := 3000
				if transport != "inproc" {
					messages = 500
				}
				in, out := newPair(t, pair[0], pair[1], transport, SendHWM(1), RecvHWM(1))
				ctx := patient(t)
				go func() {
					for i := range messages {
						if err := out.SendParts(ctx, []byte(strconv.Itoa(i))); err != nil {
							t.Errorf("message %d: %v", i, err)
							return
						}
					}
				}()
				for i := range messages {
					msg, err := in.RecvParts(ctx)
					if err != nil {
						t.Fatalf("message %d: %v", i, err)
					}
					if string(msg[0]) != strconv.Itoa(i) {
						t.Fatalf("message %d is %q", i, msg[0])
					}
				}
			})
		})
	}
}

// TestWaitBothWays lets many goroutines wait on one socket in both directions at once, so that each of them drains
// edges that others wait for.
func TestWaitBothWays(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		const goroutines, rounds = 4, 500
		a, b := newPair(t, Dealer, Dealer, transport, SendHWM(2), RecvHWM(2))
		ctx := patient(t)
		var wg sync.WaitGroup
		for _, s := range []*Socket{a, b} {
			for range goroutines {
				wg.Add(2)
				go func() {
					defer wg.Done()
					for i := range rounds {
						if err := s.SendParts(ctx, []byte("x"), []byte("y")); err != nil {
							t.Errorf("send %d: %v", i, err)
							return
						}
					}
				}()
				go func() {
					defer wg.Done()
					for i := range rounds {
						if msg, err := s.RecvParts(ctx); err != nil || len(msg) != 2 {
							t.Errorf("receive %d: %q, %v", i, msg, err)
							return
						}
					}
				}()
			}
		}
		wg.Wait()
	})
}

// TestWaitWhileOthersCall has one receiver parked while another goroutine calls everything that processes
// libzmq's commands, and with them drains the receiver's edge.
func TestWaitWhileOthersCall(t *testing.T) {
	calls := map[string]func(s *Socket) error{
		"events": func(s *Socket) error { _, err := s.Events(); return err },
		"send":   func(s *Socket) error { _, err := s.Send(nil, DontWait); return err },
		"set":    func(s *Socket) error { return s.Set(Linger(0)) },
		"poll": func(s *Socket) error {
			_, err := Poll([]PollItem{{Socket: s, Events: PollOut}}, 0)
			return err
		},
		"cancelled": func(s *Socket) error {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Microsecond)
			defer cancel()
			return s.SendParts(ctx, nil)
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			const messages = 2000
			in, out := newPair(t, Dealer, Dealer, "inproc", SendHWM(1))
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Add(1)
			go func() {
				defer wg.Done()
				for {
					select {
					case <-stop:
						return
					default:
					}
					err := call(in)
					if err != nil && !errors.Is(err, ErrWouldBlock) && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v", err)
						return
					}
					runtime.Gosched()
				}
			}()
			defer wg.Wait()
			defer close(stop)
			for range messages {
				sendText(t, out, "x")
				recvText(t, in)
			}
		})
	}
}

// TestWaitHandOver cancels the goroutine that watches the descriptor for all that are parked: another one must
// take over, every time.
func TestWaitHandOver(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		const waiting = 8
		in, out := newPair(t, Pull, Push, transport)
		got := make(chan error, waiting)
		cancels := make([]context.CancelFunc, waiting)
		for i := range waiting {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			cancels[i] = cancel
			go func() {
				_, err := in.RecvParts(ctx)
				got <- err
			}()
			parkedOn(t, in, i+1)
		}
		for i, cancel := range cancels[:waiting-1] {
			cancel()
			if err := taken(t, "a receive that was cancelled", got); !errors.Is(err, context.Canceled) {
				t.Fatalf("receive %d ended with %v, want context.Canceled", i, err)
			}
		}
		sendText(t, out, "to the last one")
		if err := taken(t, "the receive that was not", got); err != nil {
			t.Error(err)
		}
		cancels[waiting-1]()
	})
}

// TestWaitSharedDescriptor has more receivers than a descriptor can have watchers and cancels none: each message must
// find one of them.
func TestWaitSharedDescriptor(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		const waiting = 50
		in, out := newPair(t, Pull, Push, transport)
		ctx := patient(t)
		got := make(chan error, waiting)
		for range waiting {
			go func() {
				_, err := in.RecvParts(ctx)
				got <- err
			}()
		}
		parkedOn(t, in, waiting)
		for i := range waiting {
			sendText(t, out, "x")
			if err := taken(t, "a receive", got); err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
		}
	})
}

// TestWaitRefusedThoughReady has senders to a full peer of a router that is ready for another peer: libzmq calls the
// socket ready and refuses them, so they look again and again. The receiver next to them must not
// lose its edges to their looks.
func TestWaitRefusedThoughReady(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "RouterMandatory of 3.2 drops what is for a full peer")
	if atFloor() {
		t.Skip("the 3.1 API has no RouterMandatory, and without it a router drops what it cannot send")
	}
	const senders, messages = 50, 1000
	c := newTestContext(t)
	r := newTestSocket(t, c, Router, SendHWM(1), RecvHWM(1), RouterMandatory(true))
	endpoint := bindTo(t, r, "inproc")
	full := newTestSocket(t, c, Dealer, Identity("full"), RecvHWM(1), SendHWM(1))
	other := newTestSocket(t, c, Dealer, Identity("other"))
	connectTo(t, full, endpoint)
	connectTo(t, other, endpoint)
	queued := 0
	for {
		_, err := r.Send([]byte("full"), DontWait|SndMore)
		if errors.Is(err, ErrWouldBlock) {
			break
		}
		if err == nil {
			_, err = r.Send([]byte("x"), 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		queued++
	}
	ctx := patient(t)
	var wg sync.WaitGroup
	wg.Add(senders)
	got := make(chan error)
	go func() {
		for range messages {
			_, err := r.RecvParts(ctx)
			got <- err
		}
	}()
	parkedOn(t, r, 1)
	for range senders {
		go func() {
			defer wg.Done()
			if err := r.SendParts(ctx, []byte("full"), []byte("x")); err != nil {
				t.Error(err)
			}
		}()
	}
	parkedOn(t, r, 1+senders)
	for i := range messages {
		sendText(t, other, "x")
		if err := taken(t, "a receive of the free peer", got); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	for range queued + senders {
		expectText(t, full, "x")
	}
	within(t, "a send that was held up", wg.Wait)
}

// TestWaitFalseReadiness has a REP receive requests that libzmq drops after it called the socket
// readable.
func TestWaitFalseReadiness(t *testing.T) {
	needsEngine(t, Version{3, 2, 0}, "a rep of 3.1 ends the process at a request without an empty part")
	rep, req := newPair(t, Rep, Dealer, "inproc")
	ctx := patient(t)
	got := make(chan []string)
	go func() {
		msg, err := rep.RecvParts(ctx)
		if err != nil {
			t.Error(err)
		}
		got <- []string{string(msg[0])}
	}()
	parkedOn(t, rep, 1)
	for range 200 {
		sendText(t, req, "no delimiter")
	}
	sendText(t, req, "", "request")
	if diff := cmp.Diff([]string{"request"}, <-got); diff != "" {
		t.Error(diff)
	}
}

// TestWaitCContextShutdown shuts the context down behind the package's back, as C code that shares it may.
func TestWaitCContextShutdown(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 0, 0}) {
		t.Skip("C code cannot shut a context down without zmq_ctx_shutdown")
	}
	calls := map[string]func(s *Socket) error{
		"receive": func(s *Socket) error { _, err := s.Recv(nil, 0); return err },
		"send":    func(s *Socket) error { return s.SendParts(context.Background(), nil) },
		"poll": func(s *Socket) error {
			_, err := Poll([]PollItem{{Socket: s, Events: PollIn}}, Infinite)
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			const waiting = 3
			c := newTestContext(t)
			s := newTestSocket(t, c, Dealer)
			got := make(chan error, waiting)
			for range waiting {
				go func() { got <- call(s) }()
			}
			parkedOn(t, s, waiting)
			if errno := cCtxShutdown(c.st.h); errno != 0 {
				t.Fatal(errno)
			}
			within(t, "a call on the context", func() {
				for range waiting {
					if err := taken(t, "a call of an ended context", got); !errors.Is(err, ErrTerminated) {
						t.Errorf("it ended with %v, want ErrTerminated", err)
					}
				}
			})
		})
	}
}

// TestWaitCancelLosesNothing cancels receives and sends at random: what was sent must arrive, once and whole, and
// what was not must not.
func TestWaitCancelLosesNothing(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		const goroutines, each = 4, 400
		in, out := newPair(t, Pull, Push, transport, SendHWM(2), RecvHWM(2))
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		briefly := func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Duration(rand.IntN(200))*time.Microsecond)
		}
		var sent, cancelled atomic.Int64
		var mu sync.Mutex
		seen := map[string]int{}
		var senders, receivers sync.WaitGroup
		for g := range goroutines {
			senders.Add(1)
			receivers.Add(1)
			go func() {
				defer senders.Done()
				for i := 0; i < each; {
					brief, cancel := briefly()
					id := []byte(fmt.Sprintf("%d.%d", g, i))
					err := out.SendParts(brief, id, []byte("middle"), id)
					cancel()
					switch {
					case err == nil:
						sent.Add(1)
						i++
					case brief.Err() == nil || !errors.Is(err, brief.Err()):
						t.Errorf("send: %v", err)
						return
					default:
						cancelled.Add(1)
					}
				}
			}()
			go func() {
				defer receivers.Done()
				for ctx.Err() == nil {
					brief, cancel := briefly()
					msg, err := in.RecvParts(brief)
					cancel()
					if err != nil {
						cancelled.Add(1)
						continue
					}
					if len(msg) != 3 || string(msg[0]) != string(msg[2]) {
						t.Errorf("a message came in pieces: %q", msg)
						return
					}
					mu.Lock()
					seen[string(msg[0])]++
					mu.Unlock()
				}
			}()
		}
		within(t, "sending", senders.Wait)
		eventually(t, "all messages have arrived", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(seen) == int(sent.Load())
		})
		stop()
		within(t, "receiving", receivers.Wait)
		expectNothing(t, in)
		for id, n := range seen {
			if n != 1 {
				t.Errorf("message %s arrived %d times", id, n)
			}
		}
		t.Logf("%d messages, %d calls cancelled", sent.Load(), cancelled.Load())
	})
}

// TestWaitCancelIsPrompt logs how long a receive that waited takes to return once it is cancelled.
func TestWaitCancelIsPrompt(t *testing.T) {
	in, _ := newPair(t, Pull, Push, "inproc")
	var took []time.Duration
	for range 101 {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan time.Time)
		go func() {
			if _, err := in.RecvParts(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("the receive ended with %v, want context.Canceled", err)
			}
			done <- time.Now()
		}()
		parkedOn(t, in, 1)
		start := time.Now()
		cancel()
		took = append(took, (<-done).Sub(start))
	}
	logMedian(t, "a cancelled receive returns after", took)
}

// TestWaitTimeouts lets the socket's timeouts end calls, which C never sees, and wants the error to be what C
// and what Go programs ask for.
func TestWaitTimeouts(t *testing.T) {
	c := newTestContext(t)
	s := newTestSocket(t, c, Dealer, RecvTimeout(2*time.Millisecond), SendTimeout(2*time.Millisecond))
	calls := map[string]func() error{
		"Recv":      func() error { _, err := s.Recv(nil, 0); return err },
		"Send":      func() error { _, err := s.Send(nil, 0); return err },
		"RecvParts": func() error { _, err := s.RecvParts(context.Background()); return err },
		"SendParts": func() error { return s.SendParts(context.Background(), nil, nil) },
	}
	for name, call := range calls {
		start := time.Now()
		var err error
		if !within(t, name, func() { err = call() }) {
			return // the context ends the call
		}
		wantError(t, err, []error{os.ErrDeadlineExceeded, EAGAIN}, "Timeout")
		if waited := time.Since(start); waited < 2*time.Millisecond {
			t.Errorf("%s returned after %v, before its time was over", name, waited)
		}
	}
	if err := s.Set(RecvTimeout(0), SendTimeout(0)); err != nil {
		t.Fatal(err)
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ErrWouldBlock) {
			t.Errorf("%s without a timeout to wait for: %v, want ErrWouldBlock", name, err)
		}
	}
	// While one goroutine waits with a timeout, another's is its own.
	if err := s.Set(RecvTimeout(Infinite)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { _, err := s.RecvParts(ctx); done <- err }()
	parkedOn(t, s, 1)
	if err := s.Set(RecvTimeout(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Recv(nil, 0)
	wantError(t, err, []error{os.ErrDeadlineExceeded})
	cancel()
	if err := taken(t, "a receive that was cancelled", done); !errors.Is(err, context.Canceled) {
		t.Errorf("the receive without a timeout ended with %v", err)
	}
}
