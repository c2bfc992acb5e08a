package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
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
		got := 0
		var receiver sync.WaitGroup
		receiver.Add(1)
		go func() {
			defer receiver.Done()
			for parts, err := range in.Messages(context.Background()) {
				if err != nil {
					return
				}
				if string(parts[0]) != fmt.Sprint(got) {
					panic(fmt.Sprintf("%q, want number %d", parts, got))
				}
				got++
			}
		}()
		if err := taken(t, "the sender's Drain", ended); err != nil {
			t.Error(err)
		}
		if err := in.Drain(patient(t)); err != nil {
			t.Error(err)
		}
		receiver.Wait()
		if got != n {
			t.Errorf("%d messages of %d", got, n)
		}
		for _, s := range []*Socket{in, out} {
			if err := s.Drain(nil); err != nil {
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
		eventually(t, "Drain has begun", func() bool { rep.st.mu.Lock(); defer rep.st.mu.Unlock(); return rep.st.draining })
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
