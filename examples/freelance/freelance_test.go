package freelance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
)

// patience bounds every wait.
const patience = 20 * time.Second

// bench is a context for sockets, one for calls, and the servers that the test started.
type bench struct {
	*testing.T
	zc  *zmq.Context
	ctx context.Context
	dir string
}

func newBench(t *testing.T) *bench {
	t.Parallel()
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		cancel()
		if err := zc.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{t, zc, ctx, t.TempDir()}
}

// endpoint returns an endpoint that is known before anybody is bound to it.
func (b *bench) endpoint(name string) string { return "ipc://" + filepath.Join(b.dir, name) }

// start runs f until the returned function is called, or the test ends.
func (b *bench) start(f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(stop)
	return stop
}

func (b *bench) server(endpoint string, handle Handler) (stop func()) {
	return b.start(func(ctx context.Context) error { return Serve(ctx, b.zc, endpoint, handle, ServerOptions{Workers: 2}) })
}

func (b *bench) client(opts Options, endpoints ...string) *Client {
	b.Helper()
	c, err := NewClient(b.zc, opts)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	for _, endpoint := range endpoints {
		if err := c.Connect(endpoint); err != nil {
			b.Fatal(err)
		}
	}
	return c
}

// says returns a handler that answers with its name and the request.
func says(name string) Handler {
	return func(_ context.Context, request [][]byte) [][]byte {
		return append([][]byte{[]byte(name)}, request...)
	}
}

// stuck takes requests and answers none.
func stuck(ctx context.Context, _ [][]byte) [][]byte {
	<-ctx.Done()
	return nil
}

func (b *bench) expect(reply [][]byte, err error, want string) {
	b.Helper()
	if got := string(bytes.Join(reply, []byte(" "))); err != nil || got != want {
		b.Fatalf("%q, %v; want %q", got, err, want)
	}
}

var quick = Options{Ping: 20 * time.Millisecond, Silence: time.Second, Timeout: time.Second}

func TestClient(t *testing.T) {
	b := newBench(t)
	first, second := b.endpoint("1"), b.endpoint("2")
	stop := b.server(first, says("first"))
	c := b.client(quick, first, second)
	got, err := c.Request(b.ctx, []byte("a"), []byte("b"))
	b.expect(got, err, "first a b")
	stop()
	b.server(second, says("second"))
	got, err = c.Request(b.ctx, []byte("c"))
	b.expect(got, err, "second c")
}

// TestClientStuckServer has a first server that answers pings and nothing else.
func TestClientStuckServer(t *testing.T) {
	b := newBench(t)
	first, second := b.endpoint("1"), b.endpoint("2")
	b.server(first, stuck)
	b.server(second, says("second"))
	c := b.client(Options{Ping: 20 * time.Millisecond, Silence: patience, Timeout: 100 * time.Millisecond}, first, second)
	for range 3 {
		got, err := c.Request(b.ctx, []byte("a"))
		b.expect(got, err, "second a")
	}
}

func TestClientAtOnce(t *testing.T) {
	b := newBench(t)
	b.server(b.endpoint("1"), says("x"))
	c := b.client(quick, b.endpoint("1"))
	errs := make(chan error)
	const n = 50
	for i := range n {
		go func() {
			got, err := c.Request(b.ctx, fmt.Append(nil, i))
			if err == nil && string(got[1]) != fmt.Sprint(i) {
				err = fmt.Errorf("%q is the reply to %d", got, i)
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestClientEnds(t *testing.T) {
	b := newBench(t)
	c := b.client(quick, b.endpoint("nobody"))
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := c.Request(ctx, nil); !errors.Is(err, ErrNoReply) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want ErrNoReply", err)
	}
	if _, err := c.Request(b.ctx); err == nil {
		t.Error("no error for a request without a part")
	}
	ended := make(chan error)
	go func() {
		_, err := c.Request(b.ctx, nil)
		ended <- err
	}()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, zmq.ErrClosed) {
		t.Errorf("%v; want ErrClosed", err)
	}
}

func TestFailover(t *testing.T) {
	b := newBench(t)
	first, second := b.endpoint("1"), b.endpoint("2")
	serve := func(endpoint, name string) func() {
		return b.start(func(ctx context.Context) error { return ServeReplies(ctx, b.zc, endpoint, false, says(name)) })
	}
	serve(second, "second")
	both := []string{first, second, second, second, second, second} // the second one as often as a loaded machine may need
	got, err := Failover(b.ctx, b.zc, both, time.Second, []byte("a"))
	b.expect(got, err, "second a")
	serve(first, "first")
	got, err = Failover(b.ctx, b.zc, both, 5*time.Second, []byte("b"))
	b.expect(got, err, "first b")
	if _, err := Failover(b.ctx, b.zc, []string{b.endpoint("nobody")}, time.Millisecond, nil); !errors.Is(err, ErrNoReply) {
		t.Errorf("%v; want ErrNoReply", err)
	}
	if _, err := NewShotgun(b.zc, nil); err == nil {
		t.Error("no error without endpoints")
	}
}

func TestShotgun(t *testing.T) {
	b := newBench(t)
	first, second := b.endpoint("1"), b.endpoint("2")
	b.start(func(ctx context.Context) error { return ServeReplies(ctx, b.zc, first, true, stuck) })
	b.start(func(ctx context.Context) error { return ServeReplies(ctx, b.zc, second, true, says("second")) })
	s, err := NewShotgun(b.zc, []string{first, second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 20 {
		got, err := s.Request(b.ctx, fmt.Append(nil, i))
		b.expect(got, err, fmt.Sprint("second ", i))
	}
}
