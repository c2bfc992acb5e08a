package zmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDeviceStalledConsumer counts what fits between a producer and a consumer that does not consume: what the water
// marks allow, and one message in the device. Then the consumer goes on, and nothing is missing.
func TestDeviceStalledConsumer(t *testing.T) {
	const mark, total = 10, 500
	overTransports(t, func(t *testing.T, transport string) {
		r := newBench(t, NewStreamer, Push, Pull, Push, Pull, transport, nil, SendHWM(mark), RecvHWM(mark))
		var sent atomic.Int64
		failed := make(chan error, 1)
		go func() { failed <- numbered(patient(t), r.a, 1, total, &sent) }()
		if transport == "inproc" {
			// A pipe holds the marks of both its ends. Credit comes back for half a mark at a time.
			const pipe = 2 * mark
			s := r.awaitStats(t, "the device is full", func(s DeviceStats) bool { return s.Back.MessagesOut == pipe })
			if kept := s.Front.MessagesIn - s.Back.MessagesOut; kept > 1 {
				t.Errorf("the device keeps %d messages", kept)
			}
			eventually(t, "the producer is held", func() bool { return sent.Load() > 2*pipe-pipe/2-1 })
			parkedOn(t, r.a, 1)
			if n := sent.Load(); n > 2*pipe+1 {
				t.Errorf("%d messages went where %d have room", n, 2*pipe+1)
			}
		} // elsewhere the system's buffers have room of their own
		var order inOrder
		for i := 0; i < total; i++ {
			msg, err := r.b.RecvParts(patient(t))
			if err == nil {
				err = order.check(msg)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		expectNothing(t, r.b)
		if err := taken(t, "the other side to be through", failed); err != nil {
			t.Error(err)
		}
	})
}

// TestDeviceUnderLoad has many producers and consumers, small high-water marks, pauses, and Run ended and begun
// again. Each message arrives once, whole, and in its sender's order where one consumer gets them all.
func TestDeviceUnderLoad(t *testing.T) {
	const producers, each = 8, 300
	for _, consumers := range []int{1, 4} {
		t.Run(fmt.Sprint(consumers), func(t *testing.T) {
			overTransports(t, func(t *testing.T, transport string) {
				c := newTestContext(t)
				small := []SocketOption{SendHWM(3), RecvHWM(3)}
				front, back := newTestSocket(t, c, Pull, small...), newTestSocket(t, c, Push, small...)
				at, bt := bindTo(t, front, transport), bindTo(t, back, transport)
				d, err := NewStreamer(front, back)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(patient(t))
				defer cancel()
				var sent, got atomic.Int64
				var sending, taking sync.WaitGroup
				for p := 0; p < producers; p++ {
					s := newTestSocket(t, c, Push, small...)
					connectTo(t, s, at)
					sending.Add(1)
					go func() {
						defer sending.Done()
						if err := numbered(ctx, s, p, each, &sent); err != nil {
							t.Error(err)
						}
					}()
				}
				for n := 0; n < consumers; n++ {
					s := newTestSocket(t, c, Pull, small...)
					connectTo(t, s, bt)
					taking.Add(1)
					go func() {
						defer taking.Done()
						var order inOrder
						for msg, err := range s.Messages(ctx) {
							if err == nil && consumers == 1 {
								err = order.check(msg)
							}
							if err != nil {
								if !errors.Is(err, context.Canceled) {
									t.Error(err)
								}
								return
							}
							if got.Add(1) == producers*each {
								cancel()
							}
						}
					}()
				}
				for round := 0; ctx.Err() == nil; round++ {
					r := start(t, d, nil)
					n := got.Load()
					for limit := time.Now().Add(patience); got.Load() < min(n+40, producers*each) && time.Now().Before(limit); {
						d.Pause()
						before := d.Stats()
						if diff := cmp.Diff(before, d.Stats()); diff != "" {
							t.Errorf("a paused device moves messages:\n%s", diff)
						}
						d.Resume()
						time.Sleep(100 * time.Microsecond)
					}
					if err := r.stop(t); !errors.Is(err, context.Canceled) {
						t.Fatal(err)
					}
				}
				sending.Wait()
				taking.Wait()
				if got.Load() != producers*each || sent.Load() != producers*each {
					t.Errorf("%d sent, %d arrived, want %d", sent.Load(), got.Load(), producers*each)
				}
				s := d.Stats()
				if s.Front.MessagesIn != producers*each || s.Back.MessagesOut != producers*each || s.Front.PartsIn != s.Back.PartsOut || s.Front.BytesIn != s.Back.BytesOut {
					t.Errorf("other numbers: %+v", s)
				}
			})
		})
	}
}

// TestDeviceKeepsMessage ends Run while the device keeps a message that has no room: a later Run sends it, first.
func TestDeviceKeepsMessage(t *testing.T) {
	small := []SocketOption{SendHWM(1), RecvHWM(1)}
	r := newBench(t, NewStreamer, Push, Pull, Push, Pull, "inproc", nil, small...)
	other := newTestSocket(t, r.c, Push, SendHWM(100))
	connectTo(t, other, r.at)
	r.Pause()
	var sent atomic.Int64
	if err := numbered(patient(t), other, 1, 30, &sent); err != nil {
		t.Fatal(err)
	}
	r.Resume()
	r.awaitStats(t, "a message is kept", func(s DeviceStats) bool { return s.Front.MessagesIn == s.Back.MessagesOut+1 })
	if err := r.stop(t); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	expectTurn(t, r.Device, false, false) // it waits for room, without spinning
	again := start(t, r.Device, nil)
	var order inOrder
	for i := 0; i < 30; i++ {
		msg, err := r.b.RecvParts(patient(t))
		if err == nil {
			err = order.check(msg)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	again.awaitStats(t, "nothing is kept", func(s DeviceStats) bool { return s.Back.MessagesOut == 30 })
}

// TestDeviceFair lets both directions of a device with more to do than it can move a burst each in one turn.
func TestDeviceFair(t *testing.T) {
	const waiting = 3 * burst
	room := []SocketOption{SendHWM(waiting), RecvHWM(waiting)}
	r := newBench(t, NewProxy, Dealer, Dealer, Dealer, Dealer, "inproc", nil, room...)
	if err := r.stop(t); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for i := 0; i < waiting; i++ {
		sendText(t, r.a, "forth")
		sendText(t, r.b, "back")
	}
	w, err := r.watch()
	if err != nil {
		t.Fatal(err)
	}
	defer w.end()
	for i := uint64(1); i <= 3; i++ {
		if err := r.turn(w); err != nil {
			t.Fatal(err)
		}
		if s := r.Stats(); s.Front.MessagesIn != i*burst || s.Back.MessagesIn != i*burst {
			t.Fatalf("after %d turns: %+v", i, s)
		}
	}
	if w.busy {
		t.Error("a device without work calls itself busy")
	}
}

// TestDeviceFalseReady waits for one full peer of a socket that calls itself ready, without loss.
func TestDeviceFalseReady(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "RouterMandatory of 3.2 drops what is for a full peer")
	const total = 100
	small := []SocketOption{SendHWM(1), RecvHWM(1)}
	t.Run("router", func(t *testing.T) {
		c := newTestContext(t)
		front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, Router, small...)
		if err := back.Set(RouterMandatory(true)); !needs(t, Version{3, 2, 0}, err) {
			return
		}
		feed := newTestSocket(t, c, Push)
		connectTo(t, feed, bindTo(t, front, "inproc"))
		at := bindTo(t, back, "inproc")
		full, free := newTestSocket(t, c, Dealer, append(small, Identity("full"))...), newTestSocket(t, c, Dealer, append(small, Identity("free"))...)
		connectTo(t, full, at)
		connectTo(t, free, at)
		d, err := NewProxy(front, back)
		r := start(t, d, err)
		for i := 0; i < total; i++ {
			sendText(t, feed, "full", fmt.Sprint(i))
		}
		r.awaitStats(t, "the peer is full", func(s DeviceStats) bool { return s.Front.MessagesIn == 3 })
		r.stop(t)
		expectTurn(t, r.Device, false, true)
		start(t, d, nil)
		for i := 0; i < total; i++ {
			expectText(t, full, fmt.Sprint(i))
		}
		if s := r.Stats(); s.Refused != 0 {
			t.Errorf("other numbers: %+v", s)
		}
	})
	t.Run("xpub", func(t *testing.T) {
		c := newTestContext(t)
		front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, XPub, small...)
		if err := back.Set(XPubNoDrop(true)); !needs(t, Version{4, 1, 0}, err) {
			return
		}
		feed, sub := newTestSocket(t, c, Push), newTestSocket(t, c, Sub, append(small, Subscribe(""))...)
		connectTo(t, feed, bindTo(t, front, "inproc"))
		connectTo(t, sub, bindTo(t, back, "inproc"))
		awaitSubscription(t, back, sub, "probe")
		d, err := NewProxy(front, back)
		start(t, d, err)
		for i := 0; i < total; i++ {
			sendText(t, feed, fmt.Sprint(i))
		}
		for i := 0; i < total; i++ {
			expectText(t, sub, fmt.Sprint(i))
		}
	})
}

// TestDeviceHalfMessage keeps a device from adding to a message that the program is in the middle of.
func TestDeviceHalfMessage(t *testing.T) {
	c := newTestContext(t)
	front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	feed, taker := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
	connectTo(t, feed, bindTo(t, front, "inproc"))
	connectTo(t, taker, bindTo(t, back, "inproc"))
	if _, err := back.Send([]byte("first"), SndMore); err != nil {
		t.Fatal(err)
	}
	d, err := NewStreamer(front, back)
	if err != nil {
		t.Fatal(err)
	}
	w, err := d.watch()
	if err != nil {
		t.Fatal(err)
	}
	defer w.end()
	sendText(t, feed, "other")
	for range 3 {
		if err := d.turn(w); err != nil || w.busy || !w.falseReady {
			t.Fatalf("in the middle of a message: busy %v, insists %v, %v", w.busy, w.falseReady, err)
		}
	}
	if _, err := back.Send([]byte("second"), 0); err != nil {
		t.Fatal(err)
	}
	if err := d.turn(w); err != nil {
		t.Fatal(err)
	}
	expectText(t, taker, "first", "second")
	expectText(t, taker, "other")
}

// TestDeviceFullDoesNotSpin waits for room where none was from the beginning, and takes nothing in meanwhile.
func TestDeviceFullDoesNotSpin(t *testing.T) {
	c := newTestContext(t)
	front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	feed := newTestSocket(t, c, Push)
	connectTo(t, feed, bindTo(t, front, "inproc"))
	at := bindTo(t, back, "inproc")
	d, err := NewStreamer(front, back)
	if err != nil {
		t.Fatal(err)
	}
	sendText(t, feed, "x")
	expectTurn(t, d, false, false)
	start(t, d, nil)
	taker := newTestSocket(t, c, Pull)
	connectTo(t, taker, at)
	expectText(t, taker, "x")
}
