package majordomo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"example.org/zmq"
)

// patience bounds every wait.
const patience = 20 * time.Second

// quick are intervals for tests: short, and still far longer than a loaded machine stands still.
var quick = Options{Heartbeat: 50 * time.Millisecond, Liveness: 20, Timeout: time.Second, Retries: 15}

// bench is a context for sockets, one for calls, and the goroutines that the test started.
type bench struct {
	*testing.T
	zc  *zmq.Context
	ctx context.Context
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
	return &bench{t, zc, ctx}
}

// start runs f until the returned function is called, or the test ends.
func (b *bench) start(f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	called := false
	stop = func() {
		if called {
			return
		}
		called = true
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
	b.Cleanup(stop)
	return stop
}

func (b *bench) broker(endpoint string) (at string, stop func()) {
	b.Helper()
	broker, err := NewBroker(b.zc, quick, endpoint)
	if err != nil {
		b.Fatal(err)
	}
	if at, err = broker.Endpoint(); err != nil {
		b.Fatal(err)
	}
	return at, b.start(func(ctx context.Context) error {
		return errors.Join(broker.Run(ctx), broker.Close())
	})
}

func (b *bench) worker(at string, handle Handler) (stop func()) {
	return b.start(func(ctx context.Context) error { return Serve(ctx, b.zc, at, "upper", handle, quick) })
}

func (b *bench) client(at string) *Client {
	c := NewClient(b.zc, at, quick)
	b.Cleanup(func() { c.Close() })
	return c
}

func (b *bench) ask(c *Client, service, body, want string) {
	b.Helper()
	got, err := c.Request(b.ctx, service, []byte(body))
	if err != nil || string(bytes.Join(got, nil)) != want {
		b.Fatalf("%s to %s: %q, %v; want %q", body, service, got, err, want)
	}
}

func upper(_ context.Context, request [][]byte) [][]byte {
	return [][]byte{bytes.ToUpper(bytes.Join(request, []byte(" ")))}
}

func TestRequest(t *testing.T) {
	b := newBench(t)
	at, _ := b.broker("tcp://127.0.0.1:*")
	c := b.client(at)
	if there, err := c.Offered(b.ctx, "upper"); there || err != nil {
		t.Errorf("before there is a worker: %v, %v", there, err)
	}
	stop := b.worker(at, upper)
	b.ask(c, "upper", "hello", "HELLO")
	if there, err := c.Offered(b.ctx, "upper"); !there || err != nil {
		t.Errorf("there is a worker: %v, %v", there, err)
	}
	stop()
	for b.ctx.Err() == nil {
		if there, err := c.Offered(b.ctx, "upper"); !there && err == nil {
			return
		}
	}
	t.Error("the worker left, and the broker did not notice")
}

func TestBrokerRestarts(t *testing.T) {
	b := newBench(t)
	at, stop := b.broker("tcp://127.0.0.1:*")
	b.worker(at, upper)
	c := b.client(at)
	b.ask(c, "upper", "before", "BEFORE")
	stop()
	b.broker(at)
	b.ask(c, "upper", "after", "AFTER")
}

func TestWorkerIsStuck(t *testing.T) {
	b := newBench(t)
	at, _ := b.broker("tcp://127.0.0.1:*")
	given := make(chan struct{}, 1)
	// A dealer that takes a request and never says anything again.
	s, err := b.zc.NewSocket(zmq.Dealer, zmq.Linger(0))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := errors.Join(s.Connect(at), s.SendParts(b.ctx, workerCommand(commandReady, []byte("upper"))...)); err != nil {
		t.Fatal(err)
	}
	b.start(func(ctx context.Context) error {
		for {
			parts, err := s.RecvParts(ctx)
			if err != nil {
				return nil
			}
			if string(parts[2]) == commandRequest {
				given <- struct{}{}
				return nil
			}
		}
	})
	asked := make(chan error, 1)
	c := NewClient(b.zc, at, Options{Timeout: patience})
	defer c.Close()
	go func() {
		got, err := c.Request(b.ctx, "upper", []byte("x"))
		if err == nil && string(got[0]) != "X" {
			err = fmt.Errorf("got %q", got)
		}
		asked <- err
	}()
	select {
	case <-given:
	case <-b.ctx.Done():
		t.Fatal("the request has not reached the first worker")
	}
	b.worker(at, upper)
	if err := <-asked; err != nil {
		t.Error(err)
	}
}

// TestHeartbeatsWhileBusy has a handler that ends when its worker has sent three heartbeats meanwhile.
func TestHeartbeatsWhileBusy(t *testing.T) {
	b := newBench(t)
	broker, err := b.zc.NewSocket(zmq.Router, zmq.Linger(0))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	if err := broker.Bind("inproc://broker"); err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	b.worker("inproc://broker", func(ctx context.Context, request [][]byte) [][]byte {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return request
	})
	beats := 0
	for {
		frames, err := broker.RecvParts(b.ctx)
		if err != nil {
			t.Fatalf("after %d heartbeats: %v", beats, err)
		}
		switch command := string(frames[3]); command {
		case commandReady:
			out := workerCommand(commandRequest, []byte("client"), nil, []byte("x"))
			if err := broker.SendParts(b.ctx, addressed(string(frames[0]), out)...); err != nil {
				t.Fatal(err)
			}
		case commandHeartbeat:
			if beats++; beats == 3 {
				close(release)
			}
			if err := broker.SendParts(b.ctx, frames...); err != nil {
				t.Fatal(err)
			}
		case commandReply:
			if beats < 3 {
				t.Errorf("the reply came after %d heartbeats", beats)
			}
			return
		default:
			t.Fatalf("the worker sent %q", command)
		}
	}
}

func TestAsyncClient(t *testing.T) {
	b := newBench(t)
	at, _ := b.broker("tcp://127.0.0.1:*")
	for range 3 {
		b.worker(at, upper)
	}
	c, err := NewAsyncClient(b.zc, at, quick)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const n = 100
	for i := range n {
		if err := c.Send(b.ctx, "upper", fmt.Appendf(nil, "n%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for range n {
		service, reply, err := c.Recv(b.ctx)
		if err != nil || service != "upper" {
			t.Fatal(service, err)
		}
		seen[string(reply[0])] = true
	}
	if len(seen) != n {
		t.Errorf("%d different replies to %d requests", len(seen), n)
	}
}

func TestNobodyThere(t *testing.T) {
	b := newBench(t)
	c := NewClient(b.zc, "inproc://nobody", Options{Timeout: time.Millisecond, Retries: -1})
	defer c.Close()
	if _, err := c.Request(b.ctx, "upper", nil); !errors.Is(err, ErrNoReply) {
		t.Errorf("%v; want ErrNoReply", err)
	}
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := c.Request(ctx, "upper", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want Canceled", err)
	}
	if _, err := c.Request(b.ctx, "upper"); err == nil {
		t.Error("no error for a request without a part")
	}
	if err := Serve(b.ctx, b.zc, "inproc://nobody", "mmi.service", upper, quick); err == nil {
		t.Error("no error for a service with a name of the broker's")
	}
}
