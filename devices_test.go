package zmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// TestDeviceTable carries messages of one part and of many through every kind of device.
func TestDeviceTable(t *testing.T) {
	for _, kind := range []struct {
		name           string
		make           newDeviceFunc
		a, front, back SocketType
		b              SocketType
		answers        bool
	}{
		{"queue", NewQueue, Req, Router, Dealer, Rep, true},
		{"forwarder", NewForwarder, Pub, Sub, Pub, Sub, false},
		{"forwarder of subscriptions", NewForwarder, Pub, XSub, XPub, Sub, false},
		{"forwarder to xpub", NewForwarder, Pub, Sub, XPub, Sub, false},
		{"streamer", NewStreamer, Push, Pull, Push, Pull, false},
		{"proxy of pairs", NewProxy, Pair, Pair, Pair, Pair, true},
		{"proxy of dealers", NewProxy, Dealer, Dealer, Dealer, Dealer, true},
		{"proxy of a queue", NewProxy, Req, Router, Dealer, Rep, true},
		{"proxy of rep and req", NewProxy, Req, Rep, Req, Rep, true},
		{"proxy of pull and push", NewProxy, Push, Pull, Push, Pull, false},
	} {
		t.Run(kind.name, func(t *testing.T) {
			overTransports(t, func(t *testing.T, transport string) {
				r := newBench(t, kind.make, kind.a, kind.front, kind.back, kind.b, transport, nil)
				var parts, size uint64
				for round := 0; round < 3; round++ {
					for _, msg := range messagesOfManyShapes {
						sendText(t, r.a, msg...)
						expectText(t, r.b, msg...)
						if kind.answers {
							sendText(t, r.b, append(msg, "reply")...)
							expectText(t, r.a, append(msg, "reply")...)
						}
						parts += uint64(len(msg))
						size += uint64(len(strings.Join(msg, "")))
					}
				}
				n := uint64(3 * len(messagesOfManyShapes))
				got := r.awaitStats(t, "all is counted", func(s DeviceStats) bool {
					return s.Back.MessagesOut >= n && (!kind.answers || s.Front.MessagesOut == n)
				})
				if kind.front == Router || kind.b == Sub {
					return // envelopes and probes count too
				}
				want := DeviceStats{}
				want.Front.MessagesIn, want.Front.PartsIn, want.Front.BytesIn = n, parts, size
				if kind.answers {
					want.Front.MessagesOut, want.Front.PartsOut, want.Front.BytesOut = n, parts+n, size+n*5
				}
				want.Back = DeviceSide{want.Front.MessagesOut, want.Front.PartsOut, want.Front.BytesOut, n, parts, size}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("other numbers (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDeviceQueueManyClients lets each client have its own replies, whichever worker makes them.
func TestDeviceQueueManyClients(t *testing.T) {
	const clients, workers, requests = 20, 4, 30
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		front, back := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
		at, bt := bindTo(t, front, transport), bindTo(t, back, transport)
		d, err := NewQueue(front, back)
		r := start(t, d, err)
		ctx, cancel := context.WithCancel(patient(t))
		var serving, asking sync.WaitGroup
		for w := 0; w < workers; w++ {
			s := newTestSocket(t, c, Rep)
			connectTo(t, s, bt)
			serving.Add(1)
			go func() {
				defer serving.Done()
				for msg, err := range s.Messages(ctx) {
					if err == nil {
						err = s.SendParts(ctx, append(msg, []byte("reply"))...)
					}
					if err != nil {
						if !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
						return
					}
				}
			}()
		}
		for n := 0; n < clients; n++ {
			s := newTestSocket(t, c, Req)
			connectTo(t, s, at)
			asking.Add(1)
			go func() {
				defer asking.Done()
				for i := 0; i < requests; i++ {
					want := [][]byte{[]byte(fmt.Sprint(n)), []byte(fmt.Sprint(i)), make([]byte, i*5), []byte("reply")}
					if err := s.SendParts(ctx, want[:1+i%3]...); err != nil {
						t.Error(err)
						return
					}
					got, err := s.RecvParts(ctx)
					if diff := cmp.Diff(append(want[:1+i%3:1+i%3], want[3]), got); err != nil || diff != "" {
						t.Errorf("another reply: %v\n%s", err, diff)
						return
					}
				}
			}()
		}
		asking.Wait()
		got := r.awaitStats(t, "all replies are counted", func(s DeviceStats) bool { return s.Front.MessagesOut == clients*requests })
		for _, n := range []uint64{got.Front.MessagesIn, got.Back.MessagesIn, got.Back.MessagesOut} {
			if n != clients*requests {
				t.Errorf("%d messages are counted, want %d: %+v", n, clients*requests, got)
			}
		}
		cancel()
		serving.Wait()
	})
}

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

// TestDeviceRunEnds ends Run in every way, whatever the device is doing.
func TestDeviceRunEnds(t *testing.T) {
	states := map[string]func(t *testing.T, r *bench){
		"idle":   func(*testing.T, *bench) {},
		"paused": func(_ *testing.T, r *bench) { r.Pause() },
		"full": func(t *testing.T, r *bench) {
			for s := r.Stats(); s.Back.MessagesOut < 4; s = r.Stats() {
				r.a.Send([]byte("x"), DontWait)
			}
		},
		"busy": func(t *testing.T, r *bench) {
			ctx, cancel := context.WithCancel(context.Background())
			var both sync.WaitGroup
			t.Cleanup(both.Wait)
			t.Cleanup(cancel)
			both.Add(2)
			go func() {
				defer both.Done()
				for r.a.SendParts(ctx, []byte("x"), []byte("y")) == nil {
				}
			}()
			go func() {
				defer both.Done()
				for _, err := range r.b.Messages(ctx) {
					if err != nil {
						return
					}
				}
			}()
			r.awaitStats(t, "it is busy", func(s DeviceStats) bool { return s.Back.MessagesOut > 100 })
		},
	}
	ends := map[string]struct {
		end  func(t *testing.T, r *bench, boss *Socket)
		want []error
		word string
	}{
		"context":    {func(_ *testing.T, r *bench, _ *Socket) { r.cancel() }, []error{context.Canceled}, "zmq: streamer: context canceled"},
		"TERMINATE":  {func(t *testing.T, _ *bench, boss *Socket) { sendText(t, boss, "TERMINATE") }, nil, ""},
		"frontend":   {func(_ *testing.T, r *bench, _ *Socket) { r.front.Close() }, []error{ErrClosed}, "zmq: streamer (pull): use of closed"},
		"backend":    {func(_ *testing.T, r *bench, _ *Socket) { r.back.Close() }, []error{ErrClosed}, "zmq: streamer (push): use of closed"},
		"control":    {func(_ *testing.T, r *bench, _ *Socket) { r.control.Close() }, []error{ErrClosed}, "zmq: streamer (pair): use of closed"},
		"terminated": {func(_ *testing.T, r *bench, _ *Socket) { r.c.Shutdown() }, []error{ErrTerminated}, "zmq: streamer ("},
	}
	for state, reach := range states {
		for how, e := range ends {
			t.Run(state+" "+how, func(t *testing.T) {
				c := newTestContext(t)
				boss, control := newTestSocket(t, c, Pair), newTestSocket(t, c, Pair)
				connectTo(t, boss, bindTo(t, control, "inproc"))
				r := newBench(t, NewStreamer, Push, Pull, Push, Pull, "inproc", []DeviceOption{WithControl(control)}, SendHWM(2), RecvHWM(2))
				reach(t, r)
				e.end(t, r, boss)
				err := r.wait(t)
				if e.want == nil {
					if err != nil {
						t.Errorf("after %s: %v", how, err)
					}
					return
				}
				wantError(t, err, e.want, e.word)
			})
		}
	}
}

// TestDeviceRunTwice refuses a second Run, and does not mistake another's error for its own.
func TestDeviceRunTwice(t *testing.T) {
	c := newTestContext(t)
	d, err := NewStreamer(newTestSocket(t, c, Pull), newTestSocket(t, c, Push))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	eventually(t, "it runs", d.running.Load)
	wantError(t, d.Run(context.Background()), []error{ErrInUse}, "streamer")
	cancel(&OpError{Op: "other", Err: errTerminate})
	wantError(t, <-ended, []error{context.Canceled}, "zmq: streamer: context canceled")
	wantError(t, d.Run(ctx), []error{context.Canceled})
}

// TestDeviceOneSocket sends what comes in back where it came from.
func TestDeviceOneSocket(t *testing.T) {
	c := newTestContext(t)
	s, peer := newTestSocket(t, c, Router), newTestSocket(t, c, Req)
	connectTo(t, peer, bindTo(t, s, "tcp"))
	d, err := NewProxy(s, s)
	r := start(t, d, err)
	for _, msg := range messagesOfManyShapes {
		sendText(t, peer, msg...)
		expectText(t, peer, msg...)
	}
	n := uint64(len(messagesOfManyShapes))
	r.awaitStats(t, "all is counted", func(s DeviceStats) bool { return s.Front.MessagesIn == n && s.Back.MessagesOut == n })
}

// TestDeviceChain passes requests through several queues of one process and back.
func TestDeviceChain(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		worker := newTestSocket(t, c, Rep)
		at := bindTo(t, worker, transport)
		for i := 0; i < 5; i++ {
			front, back := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
			connectTo(t, back, at)
			at = bindTo(t, front, transport)
			d, err := NewQueue(front, back)
			start(t, d, err)
		}
		client := newTestSocket(t, c, Req)
		connectTo(t, client, at)
		for _, msg := range messagesOfManyShapes {
			sendText(t, client, msg...)
			expectText(t, worker, msg...)
			sendText(t, worker, append(msg, "reply")...)
			expectText(t, client, append(msg, "reply")...)
		}
	})
}

// TestDeviceUnknownPeer sends to a peer that the router does not know: the whole message goes, and no part of it is taken
// for the address of another.
func TestDeviceUnknownPeer(t *testing.T) {
	c := newTestContext(t)
	front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, Router)
	if err := back.Set(RouterMandatory(true)); !needs(t, Version{3, 2, 0}, err) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	feed, known := newTestSocket(t, c, Push), newTestSocket(t, c, Dealer, Identity("known"))
	connectTo(t, feed, bindTo(t, front, "tcp"))
	connectTo(t, known, bindTo(t, back, "tcp"))
	sendText(t, known, "hello")
	if got := recvText(t, back); got[0] != "known" {
		t.Fatalf("%q says hello", got)
	}
	d, err := NewProxy(front, back)
	r := start(t, d, err)
	for i := 0; i < 10; i++ {
		sendText(t, feed, "ghost", "known", "torn")
		sendText(t, feed, "known", "whole", fmt.Sprint(i))
		expectText(t, known, "whole", fmt.Sprint(i))
	}
	s := r.awaitStats(t, "all is counted", func(s DeviceStats) bool { return s.Back.MessagesOut == 10 })
	if s.Refused != 10 || s.Front.MessagesIn != 20 {
		t.Errorf("other numbers: %+v", s)
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

// TestDeviceHalfMessage keeps a device from adding to a message that somebody else is in the middle of.
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

// TestDeviceErrors refuses what cannot work, and says why.
func TestDeviceErrors(t *testing.T) {
	c := newTestContext(t)
	s := map[SocketType]*Socket{}
	for typ := Pair; typ <= XSub; typ++ {
		s[typ] = newTestSocket(t, c, typ)
	}
	for _, tt := range []struct {
		make        newDeviceFunc
		front, back *Socket
		opts        []DeviceOption
		words       []string
	}{
		{NewQueue, s[Dealer], s[Router], nil, []string{"new queue", "frontend is a router, not a dealer"}},
		{NewQueue, s[Router], s[Rep], nil, []string{"new queue", "backend is a dealer, not a rep"}},
		{NewForwarder, s[Pub], s[Sub], nil, []string{"new forwarder", "frontend is a sub or xsub, not a pub"}},
		{NewForwarder, s[Sub], s[Push], nil, []string{"backend is a pub or xpub, not a push"}},
		{NewStreamer, s[Push], s[Pull], nil, []string{"new streamer", "frontend is a pull, not a push"}},
		{NewProxy, s[Pub], s[Push], nil, []string{"new proxy", "nothing can pass between a pub and a push"}},
		{NewProxy, nil, s[Push], nil, []string{"a device has two sockets"}},
		{NewProxy, s[Pull], nil, nil, []string{"a device has two sockets"}},
		{NewStreamer, s[Pull], s[Push], []DeviceOption{WithCapture(s[Sub])}, []string{"a capture is a pub, xpub, push, dealer or pair, not a sub"}},
		{NewStreamer, s[Pull], s[Push], []DeviceOption{WithCapture(s[Push])}, []string{"sockets of their own"}},
		{NewStreamer, s[Pull], s[Push], []DeviceOption{WithControl(s[Pull])}, []string{"sockets of their own"}},
		{NewStreamer, s[Pull], s[Push], []DeviceOption{WithControl(s[Pair]), WithCapture(s[Pair])}, []string{"two sockets"}},
		{NewStreamer, s[Pull], s[Push], []DeviceOption{WithControl(s[Pub])}, []string{"a control is a pair, rep, router, dealer, sub or pull, not a pub"}},
		{NewStreamer, s[Pull], s[Push], []DeviceOption{WithMaxTopic(-1)}, []string{"negative length"}},
	} {
		d, err := tt.make(tt.front, tt.back, tt.opts...)
		if d != nil {
			t.Errorf("%v: there is a device all the same", tt.words)
		}
		wantError(t, err, []error{EINVAL}, tt.words...)
	}
	if _, err := NewStreamer(s[Pull], s[Push], WithCapture(nil), WithControl(nil)); err != nil {
		t.Errorf("no capture and no control: %v", err)
	}
}

// TestDeviceConflate: a socket with Conflate keeps one part of a message, and the engine ends the process when another
// comes from a peer.
func TestDeviceConflate(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 0, 0}) {
		t.Skip("there is no Conflate")
	}
	c := newTestContext(t)
	make := map[string]func(s *Socket) (*Device, error){
		"frontend": func(s *Socket) (*Device, error) { return NewStreamer(s, newTestSocket(t, c, Push)) },
		"backend":  func(s *Socket) (*Device, error) { return NewQueue(newTestSocket(t, c, Router), s) },
		"capture": func(s *Socket) (*Device, error) {
			return NewStreamer(newTestSocket(t, c, Pull), newTestSocket(t, c, Push), WithLossyCapture(s))
		},
		"control": func(s *Socket) (*Device, error) {
			return NewStreamer(newTestSocket(t, c, Pull), newTestSocket(t, c, Push), WithControl(s))
		},
	}
	types := map[string]SocketType{"frontend": Pull, "backend": Dealer, "capture": Pub, "control": Sub}
	for name, make := range make {
		for how, open := range map[string]func(opts ...SocketOption) *Socket{
			"own": func(opts ...SocketOption) *Socket { return newTestSocket(t, c, types[name], opts...) },
			"adopted": func(opts ...SocketOption) *Socket {
				p, err := newTestSocket(t, c, types[name], opts...).Disown()
				if err != nil {
					t.Fatal(err)
				}
				s, err := c.AdoptSocket(p)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s
			},
			"borrowed": func(opts ...SocketOption) *Socket {
				s, err := c.BorrowSocket(rawOf(t, newTestSocket(t, c, types[name], opts...).Raw))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s
			},
			"once bound with it": func(opts ...SocketOption) *Socket {
				s := newTestSocket(t, c, types[name], opts...)
				bindTo(t, s, "inproc")
				if err := s.Set(Conflate(false)); err != nil {
					t.Fatal(err)
				}
				return s
			},
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				_, err := make(open(Conflate(true)))
				wantError(t, err, []error{EINVAL}, "the "+name+" has Conflate")
				s := open()
				d, err := make(s)
				if err != nil {
					t.Fatal(err)
				}
				wantError(t, s.Set(Conflate(true)), []error{EINVAL}, "Conflate", "in a device")
				wantError(t, s.SetsockoptInt(optConflate, 1), []error{EINVAL}, "in a device")
				wantError(t, s.SetsockoptBytes(optConflate, []byte{1, 0, 0, 0}), []error{EINVAL}, "in a device")
				if err := s.Set(Conflate(false)); err != nil {
					t.Error(err)
				}
				// What C code sets inside Raw is seen when the device is run.
				if err := s.Raw(func(unsafe.Pointer) error { cSetInt(s.st.h, optConflate, 1); return nil }); err != nil {
					t.Fatal(err)
				}
				ended, end := context.WithCancel(t.Context())
				end()
				wantError(t, d.Run(ended), []error{EINVAL}, d.name, "the "+name+" has Conflate")
			})
		}
	}
	// The engine takes no notice of the option on other types; who is turned away leaves the other socket as it was.
	push := newTestSocket(t, c, Push)
	if _, err := NewStreamer(newTestSocket(t, c, Pull, Conflate(true)), push); err == nil {
		t.Error("there is a device with Conflate")
	}
	if err := push.Set(Conflate(true)); err != nil {
		t.Errorf("a socket that no device has: %v", err)
	}
	if _, err := NewQueue(newTestSocket(t, c, Router, Conflate(true)), newTestSocket(t, c, Dealer)); err != nil {
		t.Errorf("a router with Conflate, which has no effect: %v", err)
	}
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
