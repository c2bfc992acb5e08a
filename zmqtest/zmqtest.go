package zmqtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.org/zmq"
)

// Patience is how long the functions of this package wait. It is much longer than any wait should take, so that a test that
// hangs fails with a message before the test binary's own limit.
const Patience = 20 * time.Second

// Context returns a context that ends with the test, or after Patience.
func Context(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// NewContext returns a context that is closed when the test ends. The test fails if the context cannot be closed, or if a
// socket is still open that was opened in the context otherwise than by NewSocket: the program should have closed it. The
// test may close the context before.
func NewContext(t testing.TB, opts ...zmq.ContextOption) *zmq.Context {
	t.Helper()
	c, err := zmq.NewContext(opts...)
	if err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
	t.Cleanup(func() {
		for _, s := range c.Sockets() {
			t.Errorf("zmqtest: a socket was left open: %v", s)
		}
		if err := c.Close(); err != nil {
			t.Errorf("zmqtest: closing the context at the end of the test: %v", err)
		}
	})
	return c
}

// NewSocket returns a socket that is closed when the test ends. It does not linger unless the options say so.
func NewSocket(t testing.TB, c *zmq.Context, typ zmq.SocketType, opts ...zmq.SocketOption) *zmq.Socket {
	t.Helper()
	s, err := c.NewSocket(typ, append([]zmq.SocketOption{zmq.Linger(0)}, opts...)...)
	if err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("zmqtest: closing the %v at the end of the test: %v", typ, err)
		}
	})
	return s
}

// NewPair returns two sockets of one context that are connected over inproc, such as a Rep and a Req. The first one is
// bound. A Sub subscribes to everything, and receives what is published after NewPair has returned. The options are for
// both sockets.
func NewPair(t testing.TB, bound, connected zmq.SocketType, opts ...zmq.SocketOption) (*zmq.Socket, *zmq.Socket) {
	t.Helper()
	c := NewContext(t)
	a, b := NewSocket(t, c, bound, opts...), NewSocket(t, c, connected, opts...)
	Connect(t, b, Bind(t, a, "inproc"))
	switch {
	case connected == zmq.Sub:
		Subscribe(t, a, b, "")
	case bound == zmq.Sub:
		Subscribe(t, b, a, "")
	}
	return a, b
}

var endpoints atomic.Int64

// Endpoint returns a free endpoint of the transport, "inproc", "ipc" or "tcp", for a program that has to be given its
// endpoint. A tcp port was free a moment ago; where the test has the socket use Bind, which cannot lose it.
func Endpoint(t testing.TB, transport string) string {
	t.Helper()
	switch transport {
	case "inproc":
		return fmt.Sprintf("inproc://zmqtest-%d", endpoints.Add(1))
	case "ipc":
		return "ipc://" + filepath.Join(shortDir(t), "s")
	case "tcp":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("zmqtest: %v", err)
		}
		defer l.Close()
		return "tcp://" + l.Addr().String()
	}
	t.Fatalf("zmqtest: no transport %q here: inproc, ipc or tcp", transport)
	return ""
}

// shortDir returns a folder that goes with the test and whose name leaves room for a socket's: the system allows a hundred bytes.
func shortDir(t testing.TB) string {
	t.Helper()
	if dir := t.TempDir(); len(dir) < 80 {
		return dir
	}
	dir, err := os.MkdirTemp("", "zmq")
	if err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Bind binds s to a free endpoint of the transport, "inproc", "ipc" or "tcp", and returns the endpoint to connect to. A tcp
// endpoint is a port of the loopback interface.
func Bind(t testing.TB, s *zmq.Socket, transport string) string {
	t.Helper()
	if _, err := s.LastEndpoint(); transport == "tcp" && !errors.Is(err, zmq.ErrNotSupported) {
		if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
			t.Fatalf("zmqtest: %v", err)
		}
		endpoint, err := s.LastEndpoint()
		if err != nil {
			t.Fatalf("zmqtest: %v", err)
		}
		return endpoint
	}
	for try := 0; ; try++ {
		endpoint := Endpoint(t, transport)
		err := s.Bind(endpoint)
		if err == nil {
			return endpoint
		}
		if !errors.Is(err, zmq.EADDRINUSE) || try == 10 {
			t.Fatalf("zmqtest: %v", err)
		}
	}
}

// Connect connects s to the endpoint.
func Connect(t testing.TB, s *zmq.Socket, endpoint string) {
	t.Helper()
	if err := s.Connect(endpoint); err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
}

// Subscribe makes sub subscribe to the topic, and returns when messages that pub sends with this topic arrive. sub is a Sub
// that is connected to pub, or the other way round. Subscribe publishes messages until one arrives, and receives them from
// sub.
func Subscribe(t testing.TB, pub, sub *zmq.Socket, topic string) {
	t.Helper()
	if err := sub.Set(zmq.Subscribe(topic)); err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
	const mark = "zmqtest is waiting for the subscription"
	limit := time.Now().Add(Patience)
	for n := 1; ; n++ {
		if time.Now().After(limit) {
			t.Fatalf("zmqtest: no subscription to %q has arrived after %v", topic, Patience)
		}
		last := fmt.Sprint(n)
		Send(t, pub, topic, mark, last)
		items := []zmq.PollItem{{Socket: sub, Events: zmq.PollIn}}
		ready, err := zmq.Poll(items, 5*time.Millisecond)
		if err != nil {
			t.Fatalf("zmqtest: %v", err)
		}
		for ready > 0 {
			if got := Recv(t, sub); len(got) == 3 && got[1] == mark && got[2] == last {
				return
			}
		}
	}
}

// Send sends strings as the parts of one message.
func Send(t testing.TB, s zmq.Sender, parts ...string) {
	t.Helper()
	msg := make([][]byte, len(parts))
	for i, p := range parts {
		msg[i] = []byte(p)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := s.SendParts(ctx, msg...); err != nil {
		t.Fatalf("zmqtest: sending %q: %v", parts, err)
	}
}

// Recv receives a message and returns its parts as strings.
func Recv(t testing.TB, s zmq.Receiver) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	msg, err := s.RecvParts(ctx)
	if err != nil {
		t.Fatalf("zmqtest: receiving: %v", err)
	}
	parts := make([]string, len(msg))
	for i, p := range msg {
		parts[i] = string(p)
	}
	return parts
}

// Expect receives a message and fails the test unless its parts are these.
func Expect(t testing.TB, s zmq.Receiver, parts ...string) {
	t.Helper()
	if got := Recv(t, s); strings.Join(got, "\x00") != strings.Join(parts, "\x00") || len(got) != len(parts) {
		t.Fatalf("zmqtest: received %q, want %q", got, parts)
	}
}
