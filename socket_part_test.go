package zmq

import (
	"bytes"
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

// TestPartsRecvOne takes a message of one part: nothing follows, and a new message may be begun by either call.
func TestPartsRecvOne(t *testing.T) {
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

// TestPartsRestOfLostMessage drops the rest of a message whose first part went to a peer of a Pair that is gone: it neither
// waits for another peer nor goes there, as a message of its own.
func TestPartsRestOfLostMessage(t *testing.T) {
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

// TestPartsRestStaysTogether sends messages from many goroutines, each in one call: their parts do not mix.
func TestPartsRestStaysTogether(t *testing.T) {
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

// TestPartsPairLosesPeer takes a PAIR's peer away between two parts. The rest of the message must not
// wait inside C, nor become a message for the next peer.
func TestPartsPairLosesPeer(t *testing.T) {
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

// TestPartsConflate: every call that sends more than one part is refused by a socket with Conflate, as
// libzmq aborts the process over half a message in such a queue; nothing of it is sent, and the Messages are as they were.
func TestPartsConflate(t *testing.T) {
	if !engineFrom(4, 0, 0) || atFloor() {
		t.Skip("the engine has no Conflate")
	}
	pull, push := newPair(t, Pull, Push, "inproc", Conflate(true))
	msgs := make([]*Message, 2)
	for i := range msgs {
		m, err := CopyMessage([]byte("part"))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		msgs[i] = m
	}
	b := newTestBatch(t, 4)
	if err := b.Add([]byte("one"), []byte("two")); err != nil {
		t.Fatal(err)
	}
	ctx := patient(t)
	for name, call := range map[string]func() error{
		"SendMsgs":  func() error { return push.SendMsgs(ctx, msgs...) },
		"SendMsg":   func() error { return push.SendMsg(msgs[0], SndMore) },
		"SendParts": func() error { return push.SendParts(ctx, []byte("one"), []byte("two")) },
		"Send":      func() error { _, err := push.Send([]byte("one"), SndMore); return err },
		"SendBatch": func() error { _, err := push.SendBatch(ctx, b); return err },
	} {
		t.Run(name, func(t *testing.T) { wantError(t, call(), []error{EINVAL}) })
	}
	expectNothing(t, pull)
	for _, m := range msgs {
		if m.String() != "part" {
			t.Errorf("a message that was refused is %q", m)
		}
	}
	if n := push.Stats().Sent; n != (Traffic{}) {
		t.Errorf("%+v were sent", n)
	}
	sendText(t, push, "whole")
	expectText(t, pull, "whole")
}

// TestPartsLentPinned: parts that are too large to be copied at first are pinned for as long as C may read them, and
// no longer.
func TestPartsLentPinned(t *testing.T) {
	fb := getFrames()
	if fb == nil {
		t.Fatal(ENOMEM)
	}
	defer putFrames(fb)
	freed := make(chan struct{})
	pin := new(runtime.Pinner)
	want := bytes.Repeat([]byte("x"), frameArena)
	lendForgotten(fb, pin, freed, want)
	for range 3 {
		runtime.GC()
		select {
		case <-freed:
			t.Fatal("memory that C may read was given back to the collector")
		default:
		}
	}
	if got, _ := fb.h.part(0); !bytes.Equal(got, want) {
		t.Error("the part has other bytes")
	}
	pin.Unpin()
	eventually(t, "the part is free when it is not lent any more", func() bool {
		select {
		case <-freed:
			return true
		default:
			return false
		}
	})
}

// TestPartsOfOneMessage: a whole message waits for the one that is sent or received part by part.
func TestPartsOfOneMessage(t *testing.T) {
	a, b := newPair(t, Pair, Pair, "inproc")
	if _, err := a.Send([]byte("1"), SndMore); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- a.SendParts(context.Background(), []byte("whole"), []byte("message")) }()
	parkedOn(t, a, 1)
	expectNothing(t, b) // not before it is complete
	if _, err := a.Send([]byte("2"), SndMore|DontWait); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send([]byte("3"), 0); err != nil {
		t.Fatal(err)
	}
	if err := taken(t, "the whole message to be sent", done); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1)
	if n, err := b.Recv(buf, 0); n != 1 || buf[0] != '1' || err != nil {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	received := make(chan [][]byte)
	go func() {
		msg, err := b.RecvParts(context.Background())
		if err != nil {
			t.Error(err)
		}
		received <- msg
	}()
	parkedOn(t, b, 1)
	for _, want := range "23" {
		if n, err := b.Recv(buf, 0); n != 1 || buf[0] != byte(want) || err != nil {
			t.Fatalf("%q, %v, want %q", buf[:n], err, want)
		}
	}
	if diff := cmp.Diff([][]byte{[]byte("whole"), []byte("message")}, <-received); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var lentChild = child("lent", func([]string) {
	go func() {
		for {
			runtime.GC()
		}
	}()
	rooms := make([]*frameBuf, 64)
	for i := range rooms {
		rooms[i] = newFrameBuf(frameSlots, frameArena)
	}
	for i := range 20_000 {
		fb := rooms[i%len(rooms)]
		var pin runtime.Pinner
		for row := range frameSlots {
			fb.h.lend(&pin, make([]byte, 48<<(row%10)), row < frameSlots-1)
		}
		pin.Unpin()
		fb.h.clear()
	}
})

// lendForgotten lends a copy of p, which nobody remembers afterwards.
func lendForgotten(fb *frameBuf, pin *runtime.Pinner, freed chan struct{}, p []byte) {
	lent := bytes.Clone(p)
	runtime.AddCleanup(&lent[0], func(c chan struct{}) { close(c) }, freed)
	fb.h.lend(pin, lent, false)
}

// TestRecvPartCancelled receives parts in several goroutines, of which many give up at any moment: each part is received once,
// whether it came while a goroutine looked, or was told to look again.
func TestRecvPartCancelled(t *testing.T) {
	c := newTestContext(t)
	in := newTestSocket(t, c, Pull)
	out := newTestSocket(t, c, Push)
	connectTo(t, out, bindTo(t, in, "tcp"))
	const parts = 8000
	all, over := context.WithCancel(patient(t))
	defer over()
	var got atomic.Int64
	var receivers sync.WaitGroup
	for range 6 {
		receivers.Add(1)
		go func() {
			defer receivers.Done()
			for i := 0; all.Err() == nil; i++ {
				ctx, cancel := context.WithTimeout(all, time.Duration(i%50)*10*time.Microsecond)
				if _, _, err := in.RecvPart(ctx, 0); err == nil {
					got.Add(1)
				}
				cancel()
			}
		}()
	}
	sent := int64(0)
	// Fewer are enough on a machine that is too busy for all.
	for limit := time.Now().Add(patience / 2); sent < parts && all.Err() == nil && time.Now().Before(limit); {
		if _, err := out.Send([]byte("x"), 0); err != nil {
			t.Fatal(err)
		}
		// A part is lost where it comes while a goroutine looks: the socket is to be empty most of the time.
		for sent++; sent-got.Load() > 2 && all.Err() == nil; {
			runtime.Gosched()
		}
	}
	for got.Load() < sent && all.Err() == nil {
		runtime.Gosched()
	}
	over()
	receivers.Wait()
	if n := got.Load(); n != sent {
		t.Errorf("%d of %d parts were received", n, sent)
	}
}
