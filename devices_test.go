package zmq

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// running is a device under test and its Run.
type running struct {
	*Device
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// start runs a device until the test ends.
func start(t testing.TB, d *Device, err error) *running {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Device: d, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = d.Run(ctx)
	}()
	t.Cleanup(func() { r.stop(t) })
	return r
}

// wait returns what Run returned.
func (r *running) wait(t testing.TB) error {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		t.Fatal("Run does not end")
	}
	return r.err
}

func (r *running) stop(t testing.TB) error {
	t.Helper()
	r.cancel()
	return r.wait(t)
}

// awaitStats waits until the device's numbers satisfy ok.
func (r *running) awaitStats(t testing.TB, what string, ok func(DeviceStats) bool) DeviceStats {
	t.Helper()
	limit := time.Now().Add(patience)
	for {
		s := r.Stats()
		if ok(s) {
			return s
		}
		if time.Now().After(limit) {
			t.Fatalf("it did not come about that %s: %+v", what, s)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

type newDeviceFunc func(front, back *Socket, opts ...DeviceOption) (*Device, error)

// bench is a device with a peer on each side.
type bench struct {
	*running
	c           *Context
	front, back *Socket
	a, b        *Socket // the peers of front and back
	at, bt      string  // their endpoints
}

// newBench starts a device of that kind; it and its peers have no more room than the options say.
func newBench(t testing.TB, make newDeviceFunc, a, front, back, b SocketType, transport string, opts []DeviceOption, socks ...SocketOption) *bench {
	t.Helper()
	r := &bench{c: newTestContext(t)}
	r.front, r.back = newTestSocket(t, r.c, front, socks...), newTestSocket(t, r.c, back, socks...)
	r.at, r.bt = bindTo(t, r.front, transport), bindTo(t, r.back, transport)
	for _, s := range []*Socket{r.front, r.back} {
		if s.Type() == Sub {
			if err := s.Set(Subscribe("")); err != nil {
				t.Fatal(err)
			}
		}
	}
	d, err := make(r.front, r.back, opts...)
	r.running = start(t, d, err)
	r.a, r.b = newTestSocket(t, r.c, a, socks...), newTestSocket(t, r.c, b, socks...)
	connectTo(t, r.a, r.at)
	connectTo(t, r.b, r.bt)
	if b == Sub {
		if err := r.b.Set(Subscribe("")); err != nil {
			t.Fatal(err)
		}
		awaitSubscription(t, r.a, r.b, "probe")
	}
	return r
}

var messagesOfManyShapes = [][]string{
	{"one"}, {""}, {"one", "two"}, {"", ""}, {"one", "", "three"},
	{strings.Repeat("x", 100_000), "y", strings.Repeat("z", 5000)}, strings.Split(strings.Repeat("p,", 40), ","),
}

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
