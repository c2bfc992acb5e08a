package zmq

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
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

// numbered sends messages of one to three parts that say who sent them and in which order, until n are sent or ctx
// ends, and adds them to sent.
func numbered(ctx context.Context, s *Socket, who, n int, sent *atomic.Int64) error {
	for i := 0; i < n; i++ {
		parts := [][]byte{fmt.Appendf(nil, "%d %d", who, i), fmt.Append(nil, i), nil}
		if err := s.SendParts(ctx, parts[:1+i%3]...); err != nil {
			return err
		}
		sent.Add(1)
	}
	return nil
}

// inOrder checks what numbered sent: nothing torn, and for each sender nothing missing or out of order.
type inOrder struct{ next map[int]int }

func (o *inOrder) check(msg [][]byte) error {
	var who, i int
	if _, err := fmt.Sscanf(string(msg[0]), "%d %d", &who, &i); err != nil {
		return fmt.Errorf("%q: %w", msg, err)
	}
	if o.next == nil {
		o.next = map[int]int{}
	}
	if want := o.next[who]; i != want {
		return fmt.Errorf("message %d of sender %d comes where %d is due", i, who, want)
	}
	o.next[who]++
	parts := [][]byte{fmt.Appendf(nil, "%d %d", who, i), fmt.Append(nil, i), {}}
	if diff := cmp.Diff(parts[:1+i%3], msg); diff != "" {
		return fmt.Errorf("torn (-want +got):\n%s", diff)
	}
	return nil
}

// expectTurn has a device that does not run take a turn in which it cannot move anything.
func expectTurn(t *testing.T, d *Device, busy, falseReady bool) {
	t.Helper()
	before := d.Stats()
	w, err := d.watch()
	if err != nil {
		t.Fatal(err)
	}
	defer w.end()
	for range 3 {
		if err := d.turn(w); err != nil {
			t.Fatal(err)
		}
		if w.busy != busy || w.falseReady != falseReady {
			t.Errorf("busy %v, false readiness %v, want %v and %v", w.busy, w.falseReady, busy, falseReady)
		}
	}
	if diff := cmp.Diff(before, d.Stats()); diff != "" {
		t.Errorf("it moves something:\n%s", diff)
	}
}

// behindQueues puts so many queues in front of a service, one before the other, and returns the endpoint of the outermost.
func behindQueues(t *testing.T, c *Context, at, transport string, queues int) string {
	t.Helper()
	for range queues {
		front, back := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
		connectTo(t, back, at)
		at = bindTo(t, front, transport)
		d, err := NewQueue(front, back)
		start(t, d, err)
	}
	return at
}
