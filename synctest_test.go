//go:build go1.25

package zmq

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestSynctestBubbles uses sockets of outside in bubbles of testing/synctest, one after the other, and outside again: nothing
// that one leaves behind, in a pool or in the context, is of a bubble that the next one is not in.
func TestSynctestBubbles(t *testing.T) {
	needsAPI(t, from40, "the test watches peers")
	c := newTestContext(t)
	rep, dealer := newTestSocket(t, c, Rep), newTestSocket(t, c, Dealer)
	connectTo(t, dealer, bindTo(t, rep, "inproc"))
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	connectTo(t, push, bindTo(t, pull, "tcp"))
	use := func(t *testing.T) {
		bubbleTimeouts(t, pull)
		bubbleReceivers(t, pull, push)
		bubblePolls(t, pull, push)
		bubbleRequests(t, rep, dealer)
		s := newTestSocket(t, c, Pair) // and what a bubble opens, it closes
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		use(t)
		runtime.GC()
		runtime.GC() // which empty the pools, so that what is used next is made in the bubble
		synctest.Test(t, use)
	}
	use(t)
	own := func(t *testing.T) {
		c := newTestContext(t)
		a, b := newTestSocket(t, c, Dealer, WatchPeers(!atFloor() && engineFrom(4, 0, 0))), newTestSocket(t, c, Dealer)
		connectTo(t, b, bindTo(t, a, "tcp"))
		sendText(t, b, "x")
		expectText(t, a, "x")
	}
	synctest.Test(t, own)
	if bubbled() {
		t.Error("this is taken for a bubble")
	}
	synctest.Test(t, func(t *testing.T) {
		if !bubbled() {
			t.Error("this is not taken for a bubble")
		}
	})
}

// bubbleTimeouts waits until timeouts are over, of the goroutine that watches the descriptor and of another one.
func bubbleTimeouts(t *testing.T, s *Socket) {
	set := func(d time.Duration) {
		if err := s.Set(RecvTimeout(d)); err != nil {
			t.Fatal(err)
		}
	}
	set(2 * time.Millisecond)
	defer set(Infinite)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := s.RecvParts(context.Background()); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the receive ended with %v", err)
			}
		})
	}
	wg.Wait()
}

// bubbleReceivers has several goroutines wait for messages, one of which is cancelled.
func bubbleReceivers(t *testing.T, pull, push *Socket) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cancelled := make(chan error)
	go func() {
		_, err := pull.RecvParts(ctx)
		cancelled <- err
	}()
	parkedOn(t, pull, 1)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := pull.RecvParts(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	parkedOn(t, pull, 4)
	cancel()
	if err := <-cancelled; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for range 3 {
		sendText(t, push, "x")
	}
	wg.Wait()
}

// bubblePolls waits for a socket with Poll and with a Poller.
func bubblePolls(t *testing.T, pull, push *Socket) {
	p := newTestPoller(t)
	if err := p.Add(pull, PollIn); err != nil {
		t.Fatal(err)
	}
	for name, wait := range map[string]func() error{
		"Poll":        func() error { _, err := Poll([]PollItem{{Socket: pull, Events: PollIn}}, Infinite); return err },
		"Poller.Wait": func() error { _, err := p.Wait(context.Background()); return err },
	} {
		done := make(chan error)
		go func() { done <- wait() }()
		parkedOn(t, pull, 1)
		sendText(t, push, "x")
		if err := <-done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		expectText(t, pull, "x")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// bubbleRequests sends requests and answers them.
func bubbleRequests(t *testing.T, rep, dealer *Socket) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if got, err := dealer.Request(context.Background(), []byte("x")); err != nil || len(got) != 1 {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	for range 2 {
		sendText(t, rep, recvText(t, rep)...)
	}
	wg.Wait()
}
