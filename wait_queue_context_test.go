//go:build unix

package zmq

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

// trickyContext is a caller's context whose methods do what the caller likes.
type trickyContext struct {
	context.Context
	call func(method string)
}

func (c trickyContext) Done() <-chan struct{} { c.call("Done"); return c.Context.Done() }

func (c trickyContext) Err() error { c.call("Err"); return c.Context.Err() }

func (c trickyContext) Value(key any) any { c.call("Value"); return c.Context.Value(key) }

// waitingCalls are those that wait with a context.
var waitingCalls = map[string]func(s *Socket, ctx context.Context) error{
	"RecvParts":   func(s *Socket, ctx context.Context) error { _, err := s.RecvParts(ctx); return err },
	"RecvMsgs":    func(s *Socket, ctx context.Context) error { _, err := s.RecvMsgs(ctx); return err },
	"AppendParts": func(s *Socket, ctx context.Context) error { _, err := s.AppendParts(ctx, nil); return err },
	"SendParts":   func(s *Socket, ctx context.Context) error { return s.SendParts(ctx, []byte("x"), nil) },
}

// lockedUp returns a socket for a test that may lock it for ever, which the test's end survives.
func lockedUp(t *testing.T) *Socket {
	t.Helper()
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.NewSocket(Dealer, Linger(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		within(t, "closing the context", func() {
			s.Close()
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	})
	return s
}

// TestWaitQueueContextUsesSocket: the methods of a caller's context may use the socket that the call waits on.
func TestWaitQueueContextUsesSocket(t *testing.T) {
	for name, call := range waitingCalls {
		s := lockedUp(t)
		inner, cancel := context.WithCancel(context.Background())
		ctx := trickyContext{inner, func(string) { s.Stats() }}
		const calls = 2 // one watches the descriptor, the other does not
		done := make(chan error, calls)
		for range calls {
			go func() { done <- call(s, ctx) }()
		}
		inTime := within(t, name+" with a context whose methods use the socket", func() {
			parkedOn(t, s, calls)
			cancel()
			for range calls {
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
		cancel()
		if !inTime {
			return
		}
	}
}

// TestWaitQueueContextPanics: a context that panics, in any of its calls, leaves the socket as it was.
func TestWaitQueueContextPanics(t *testing.T) {
	for name, call := range waitingCalls {
		for _, others := range []bool{false, true} {
			for nth := 1; panicIn(t, call, nth, others); nth++ {
				if nth == 20 {
					t.Fatalf("%s asks its context again and again", name)
				}
			}
		}
	}
}

// panicIn lets the nth call of a method of the context panic and reports whether there was one. The others wait on the
// same socket, before it and after it.
func panicIn(t *testing.T, call func(*Socket, context.Context) error, nth int, others bool) (panicked bool) {
	s := lockedUp(t)
	inner, cancel := context.WithCancel(context.Background())
	defer cancel()
	got := make(chan error, 1)
	receive := func() { _, err := s.RecvParts(patient(t)); got <- err }
	waiting := 0
	if others {
		go receive()
		parkedOn(t, s, 1)
		waiting = 1
	}
	calls := 0
	ctx := trickyContext{inner, func(string) {
		if calls++; calls == nth {
			panic("as the caller likes")
		}
	}}
	ended := make(chan bool)
	go func() {
		defer func() { ended <- recover() != nil }()
		call(s, ctx)
	}()
	parked := func() bool {
		if !s.st.mu.TryLock() {
			return false
		}
		defer s.st.mu.Unlock()
		return s.st.parked > waiting
	}
	for limit := time.Now().Add(patience); ; runtime.Gosched() {
		select {
		case panicked = <-ended:
		default:
			if parked() {
				cancel()
			}
			if time.Now().After(limit) {
				t.Fatal("a call whose context was cancelled has not ended")
			}
			continue
		}
		break
	}
	eventually(t, "the socket is not locked", func() bool {
		free := s.st.mu.TryLock()
		if free {
			s.st.mu.Unlock()
		}
		return free
	})
	if !others {
		go receive()
	}
	parkedOn(t, s, 1)
	peer := newTestSocket(t, s.Context(), Dealer)
	connectTo(t, peer, bindTo(t, s, "inproc"))
	sendText(t, peer, "x")
	if err := <-got; err != nil {
		t.Fatalf("after a panic in call %d of a method of the context: %v", nth, err)
	}
	return panicked
}
