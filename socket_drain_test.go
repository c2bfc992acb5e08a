package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestDrain: what has come is received, what was sent is delivered, then the socket is closed.
func TestDrain(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		z := newTestContext(t)
		in, out := newTestSocket(t, z, Pull), newTestSocket(t, newTestContext(t), Push, Linger(Infinite))
		if transport == "inproc" {
			out = newTestSocket(t, z, Push, Linger(Infinite))
		}
		connectTo(t, out, bindTo(t, in, transport))
		const n = 500
		for i := range n {
			sendText(t, out, fmt.Sprint(i), "more")
		}
		ended := make(chan error, 2)
		go func() { ended <- out.Drain(patient(t)) }()
		var got atomic.Int64
		var receiver sync.WaitGroup
		receiver.Add(1)
		go func() {
			defer receiver.Done()
			for parts, err := range in.Messages(context.Background()) {
				if err != nil {
					return
				}
				if string(parts[0]) != fmt.Sprint(got.Load()) {
					panic(fmt.Sprintf("%q, want number %d", parts, got.Load()))
				}
				got.Add(1)
			}
		}()
		if err := taken(t, "the sender's Drain", ended); err != nil {
			t.Error(err)
		}
		if atFloor() || !engineFrom(4, 0, 0) { // it does not wait for delivery
			eventually(t, "all have arrived", func() bool { return got.Load() == n })
		}
		if err := in.Drain(patient(t)); err != nil {
			t.Error(err)
		}
		receiver.Wait()
		if got.Load() != n {
			t.Errorf("%d messages of %d", got.Load(), n)
		}
		for _, s := range []*Socket{in, out} {
			if err := s.Drain(forever); err != nil {
				t.Errorf("again: %v", err)
			}
			_, err := s.Events()
			wantError(t, err, []error{ErrClosed})
		}
	})
}

// TestDrainRep: a request that was taken is answered.
func TestDrainRep(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		rep, req := newPair(t, Rep, Req, transport)
		sendText(t, req, "question")
		expectText(t, rep, "question")
		must(rep.Set(Linger(Infinite)))
		ended := make(chan error, 1)
		go func() { ended <- rep.Drain(patient(t)) }()
		eventually(t, "Drain has begun", func() bool { rep.st.mu.Lock(); defer rep.st.mu.Unlock(); return rep.st.drained != nil })
		sendText(t, rep, "answer")
		expectText(t, req, "answer")
		if err := taken(t, "Drain", ended); err != nil {
			t.Error(err)
		}
	})
}

// TestDrainLeft: the error says what was left, and the socket is closed.
func TestDrainLeft(t *testing.T) {
	short := func() context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	z := newTestContext(t)
	in, out := newTestSocket(t, z, Pull), newTestSocket(t, z, Push)
	connectTo(t, out, bindTo(t, in, "inproc"))
	for range 3 {
		sendText(t, out, "x", "y")
	}
	inHand(t, in)
	err := in.Drain(short())
	wantError(t, err, []error{context.DeadlineExceeded}, "drain (pull)", "3 messages that nobody has received")

	rep, req := newPair(t, Rep, Req, "inproc")
	sendText(t, req, "question")
	expectText(t, rep, "question")
	wantError(t, rep.Drain(short()), []error{context.DeadlineExceeded}, "drain (rep)", "1 requests without a reply")

	nobody := newTestSocket(t, z, Push, Linger(Infinite))
	connectTo(t, nobody, freeEndpoint(t, "tcp"))
	sendText(t, nobody, "x")
	err = nobody.Drain(short())
	if apiVersion().AtLeast(from40) {
		wantError(t, err, []error{context.DeadlineExceeded}, "drain (push)", "messages that were sent")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	late := newTestSocket(t, z, Push)
	wantError(t, late.Drain(ctx), []error{context.Canceled})
	for _, s := range []*Socket{in, rep, nobody, late} {
		if _, err := s.Events(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v is still open: %v", s, err)
		}
	}
}

// TestDrainContext drains all sockets of a context and ends it.
func TestDrainContext(t *testing.T) {
	z, other := newTestContext(t), newTestContext(t)
	in := newTestSocket(t, other, Pull)
	at := bindTo(t, in, "tcp")
	for range 3 {
		out, err := z.NewSocket(Push)
		must(err)
		connectTo(t, out, at)
		sendText(t, out, "x")
	}
	got := make(chan error, 1)
	go func() { got <- z.Drain(patient(t)) }()
	for range 3 {
		expectText(t, in, "x")
	}
	if err := taken(t, "Drain", got); err != nil {
		t.Error(err)
	}
	_, err := z.NewSocket(Pull)
	wantError(t, err, []error{ErrTerminated})

	z = newTestContext(t)
	s := newTestSocket(t, z, Pull)
	out := newTestSocket(t, z, Push)
	connectTo(t, out, bindTo(t, s, "inproc"))
	sendText(t, out, "x")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	wantError(t, z.Drain(ctx), []error{context.DeadlineExceeded}, "drain (pull)", "1 messages that nobody has received")
}

// TestDrainRelaxed: a request that a Req has given up is not waited for.
func TestDrainRelaxed(t *testing.T) {
	needsAPI(t, from40, "it brought ReqRelaxed")
	rep, req := newPair(t, Rep, Req, "inproc")
	must(req.Set(ReqRelaxed(true), ReqCorrelate(true)))
	for _, text := range []string{"given up", "sent again"} {
		sendText(t, req, text)
		expectText(t, rep, text)
		sendText(t, rep, text)
	}
	expectText(t, req, "sent again")
	if err := req.Drain(patient(t)); err != nil {
		t.Error(err)
	}
}

// TestDrainTwice: a second Drain, of the socket or of its context, waits for the first and takes nothing from it.
func TestDrainTwice(t *testing.T) {
	for name, again := range map[string]func(*Socket) error{
		"socket":  func(s *Socket) error { return s.Drain(context.Background()) },
		"context": func(s *Socket) error { return s.ctx.Drain(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			z := newTestContext(t)
			in, out := newTestSocket(t, z, Pull), newTestSocket(t, newTestContext(t), Push)
			connectTo(t, out, bindTo(t, in, "tcp"))
			sendText(t, out, "x")
			eventually(t, "the message is there", func() bool { ev, err := in.Events(); return err != nil || ev&PollIn != 0 })
			ended := make(chan error, 2)
			go func() { ended <- in.Drain(context.Background()) }()
			eventually(t, "Drain has begun", func() bool { in.st.mu.Lock(); defer in.st.mu.Unlock(); return in.st.drained != nil })
			go func() { ended <- again(in) }()
			select {
			case err := <-ended:
				t.Errorf("a Drain was through with a message left: %v", err)
			case <-time.After(20 * time.Millisecond): // as long as one that waits for nothing would take, and more
			}
			expectText(t, in, "x")
			for range 2 {
				if err := taken(t, "Drain", ended); err != nil {
					t.Error(err)
				}
			}
		})
	}
	t.Run("not as long", func(t *testing.T) {
		in, out := newPair(t, Pull, Push, "inproc")
		sendText(t, out, "x")
		ended := make(chan error, 1)
		go func() { ended <- in.Drain(context.Background()) }()
		eventually(t, "Drain has begun", func() bool { in.st.mu.Lock(); defer in.st.mu.Unlock(); return in.st.drained != nil })
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		wantError(t, in.Drain(ctx), []error{context.DeadlineExceeded}, "drain (pull)")
		if err := taken(t, "the first Drain", ended); err != nil {
			t.Error(err)
		}
		_, err := in.Events()
		wantError(t, err, []error{ErrClosed})
	})
}
