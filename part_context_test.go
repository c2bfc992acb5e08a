package zmq

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// partTexts turns parts into strings.
func partTexts(parts [][]byte) []string {
	var all []string
	for _, p := range parts {
		all = append(all, string(p))
	}
	return all
}

// TestPartsByHandAndTogether mixes parts that are sent or taken by hand with the rest of their message.
func TestPartsByHandAndTogether(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		ctx := patient(t)
		a, b := newPair(t, Dealer, Dealer, transport)
		large := strings.Repeat("x", 100_000)
		for _, c := range []struct{ byHand, rest []string }{
			{nil, []string{"whole"}},
			{nil, []string{"a", "whole", "one"}},
			{[]string{"first"}, []string{"rest"}},
			{[]string{"1", "2", ""}, []string{"3", "", "5", large, "6"}},
			{[]string{large, "2"}, []string{strings.Repeat("y", 2048)}},
			{[]string{"1"}, strings.Split(strings.Repeat("many,", 40), ",")},
		} {
			whole := append(append([]string{}, c.byHand...), c.rest...)
			send := func() {
				t.Helper()
				for _, p := range c.byHand {
					if err := a.SendPart(ctx, []byte(p), SndMore); err != nil {
						t.Fatal(err)
					}
				}
				var rest [][]byte
				for _, p := range c.rest {
					rest = append(rest, []byte(p))
				}
				if err := a.SendRest(ctx, 0, rest...); err != nil {
					t.Fatal(err)
				}
			}
			send()
			expectText(t, b, whole...)
			send()
			for i, want := range whole[:len(c.byHand)] {
				p, more, err := b.RecvPart(ctx, 0)
				if err != nil || !more || string(p) != want {
					t.Fatalf("part %d is %.20q, more %v, %v, want %.20q", i, p, more, err, want)
				}
			}
			rest, err := b.RecvRest(ctx, 0)
			if diff := cmp.Diff(c.rest, partTexts(rest)); err != nil || diff != "" {
				t.Fatalf("the rest: %v (-want +got)\n%s", err, diff)
			}
			// What is complete is complete: whole messages pass again.
			sendText(t, a, "next")
			expectText(t, b, "next")
		}
		if got, want := a.Stats().Sent.Messages, b.Stats().Received.Messages; got != want || got != 18 {
			t.Errorf("%d messages sent, %d received, want 18", got, want)
		}
		if got, want := a.Stats().Sent.Parts, b.Stats().Received.Parts; got != want {
			t.Errorf("%d parts sent, %d received", got, want)
		}
	})
}

// TestRecvPartOne takes a message of one part: nothing follows, and a new message may be begun by either call.
func TestRecvPartOne(t *testing.T) {
	ctx := patient(t)
	a, b := newPair(t, Push, Pull, "inproc")
	for _, size := range []int{0, 1, 33, 2048, 2049, 1 << 20} {
		want := bytes.Repeat([]byte{7}, size)
		if err := a.SendPart(ctx, want, 0); err != nil {
			t.Fatal(err)
		}
		p, more, err := b.RecvPart(ctx, 0)
		if err != nil || more || p == nil || !bytes.Equal(p, want) {
			t.Fatalf("%d bytes: got %d, more %v, %v", size, len(p), more, err)
		}
	}
}

// TestPartsEnd ends each of the calls by its context, by its flag and by the timeout, and finds that nothing was lost.
func TestPartsEnd(t *testing.T) {
	zc := newTestContext(t)
	lone, empty := newTestSocket(t, zc, Push), newTestSocket(t, zc, Pull)
	calls := map[string]func(ctx context.Context, flags Flag) error{
		"RecvPart": func(ctx context.Context, flags Flag) error { _, _, err := empty.RecvPart(ctx, flags); return err },
		"RecvRest": func(ctx context.Context, flags Flag) error { _, err := empty.RecvRest(ctx, flags); return err },
		"SendPart": func(ctx context.Context, flags Flag) error { return lone.SendPart(ctx, nil, flags) },
		"SendRest": func(ctx context.Context, flags Flag) error { return lone.SendRest(ctx, flags, nil, nil) },
	}
	for name, call := range calls {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := call(ended, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that has ended: %v", name, err)
		}
		if err := call(patient(t), DontWait); !errors.Is(err, ErrWouldBlock) {
			t.Errorf("%s with DontWait: %v", name, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		s := lone
		if strings.HasPrefix(name, "Recv") {
			s = empty
		}
		done := make(chan error, 1)
		go func() { done <- call(ctx, 0) }()
		parkedOn(t, s, 1)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s cancelled while it waits: %v", name, err)
		}
	}
	if err := errors.Join(lone.Set(SendTimeout(time.Millisecond)), empty.Set(RecvTimeout(time.Millisecond))); err != nil {
		t.Fatal(err)
	}
	for name, call := range calls {
		if err := call(patient(t), 0); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.Is(err, EAGAIN) {
			t.Errorf("%s after the timeout: %v", name, err)
		}
	}
	if err := lone.SendRest(patient(t), 0); !errors.Is(err, EINVAL) {
		t.Errorf("SendRest without parts: %v", err)
	}
}

// TestSendRestOfLostMessage drops the rest of a message whose first part went to a peer of a Pair that is gone: it neither
// waits for another peer nor goes there, as a message of its own.
func TestSendRestOfLostMessage(t *testing.T) {
	needsEngine(t, Version{3, 2, 0}, "a pair's second peer ends the process before")
	for _, byHand := range []int{0, 1} {
		ctx := patient(t)
		zc := newTestContext(t)
		a := newTestSocket(t, zc, Pair)
		endpoint := bindTo(t, a, "inproc")
		first := newTestSocket(t, zc, Pair)
		connectTo(t, first, endpoint)
		if err := a.SendPart(ctx, []byte("1"), SndMore); err != nil {
			t.Fatal(err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the peer to be gone", func() bool { ev, err := a.Events(); return err == nil && ev&PollOut == 0 })
		for range byHand {
			if err := a.SendPart(ctx, []byte("by hand"), SndMore); err != nil {
				t.Fatal(err)
			}
		}
		var second *Socket
		next := func() {
			// The engine turns a newcomer away until it has heard that the first one is gone.
			eventually(t, "the next peer to be taken", func() bool {
				second = newTestSocket(t, zc, Pair)
				connectTo(t, second, endpoint)
				ev, err := a.Events()
				return err == nil && ev&PollOut != 0
			})
		}
		if byHand > 0 {
			next()
		}
		if err := a.SendRest(ctx, 0, []byte("2"), []byte("3")); err != nil {
			t.Fatal(err)
		}
		if byHand == 0 {
			next()
		}
		sendText(t, a, "whole", "again")
		expectText(t, second, "whole", "again")
	}
}

// TestSendRestStaysTogether sends messages from many goroutines, each in one call: their parts do not mix.
func TestSendRestStaysTogether(t *testing.T) {
	ctx := patient(t)
	a, b := newPair(t, Push, Pull, "tcp")
	const senders, each = 8, 200
	var all sync.WaitGroup
	for i := range senders {
		all.Add(1)
		go func() {
			defer all.Done()
			p := []byte{byte(i)}
			for range each {
				if err := a.SendRest(ctx, 0, p, p, p); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for range senders * each {
		parts, err := b.RecvRest(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(parts) != 3 || parts[0][0] != parts[1][0] || parts[1][0] != parts[2][0] {
			t.Fatalf("parts of several messages came as one: %v", parts)
		}
	}
	all.Wait()
}
