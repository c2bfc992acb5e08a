package zmq

import (
	"context"
	"sync"
	"testing"
	"unsafe"
)

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
