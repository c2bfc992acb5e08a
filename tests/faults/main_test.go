package faults

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"example.org/zmq"
	"example.org/zmq/zmqtest"
)

var (
	write = flag.Bool("write", false, "write docs/faults.md")
	count = flag.Int("messages", 400, "how many messages each fault is tried with")
)

// patience is how long anything may take that has to happen.
const patience = 20 * time.Second

// childVariable makes the test binary a child: it holds the name of what it does, and arguments.
const childVariable = "FAULTS_CHILD"

// children are what child processes do.
var children = map[string]func(ctx context.Context, args []string) error{}

func TestMain(m *testing.M) {
	if spec := strings.Fields(os.Getenv(childVariable)); len(spec) > 0 {
		if err := children[spec[0]](context.Background(), spec[1:]); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	zerolog.SetGlobalLevel(zerolog.Disabled) // the proxy's
	code := m.Run()
	if *write && code == 0 {
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "faults.md"), []byte(document()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// child prepares a process that does what it is told.
func child(args ...any) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+strings.TrimSpace(fmt.Sprintln(args...)))
	cmd.Stderr = os.Stderr
	return cmd
}

// patient returns a context that ends when patience does.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func newContext(t *testing.T) *zmq.Context {
	t.Helper()
	return zmqtest.NewContext(t)
}

func newSocket(t *testing.T, c *zmq.Context, kind zmq.SocketType, opts ...zmq.SocketOption) *zmq.Socket {
	t.Helper()
	return zmqtest.NewSocket(t, c, kind, append(options(kind), opts...)...)
}

// options are those that every socket of this package has: it tries again soon, and stays with nothing for long.
func options(kind zmq.SocketType) []zmq.SocketOption {
	opts := []zmq.SocketOption{
		zmq.Linger(100 * time.Millisecond), zmq.ReconnectInterval(10 * time.Millisecond), zmq.HandshakeInterval(500 * time.Millisecond),
	}
	switch kind {
	case zmq.Sub:
		opts = append(opts, zmq.Subscribe(""))
	case zmq.Req:
		opts = append(opts, zmq.ReqRelaxed(true), zmq.ReqCorrelate(true), zmq.RecvTimeout(answerTime))
	}
	return opts
}

// heartbeat makes a socket notice within half a second that the other end is gone.
var heartbeat = []zmq.SocketOption{zmq.HeartbeatInterval(50 * time.Millisecond), zmq.HeartbeatTimeout(250 * time.Millisecond)}

// bind binds a socket to a free port and returns its address without the scheme.
func bind(t *testing.T, s *zmq.Socket) string {
	t.Helper()
	at, err := bindAnywhere(s)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(at, "tcp://")
}

// bindAnywhere binds a socket to a free port and returns its endpoint.
func bindAnywhere(s *zmq.Socket) (string, error) {
	if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
		return "", err
	}
	return s.LastEndpoint()
}

func monitor(t *testing.T, s *zmq.Socket) *zmq.Monitor {
	t.Helper()
	m, err := s.Monitor(zmq.EventHandshakeSucceeded | zmq.EventDisconnected | zmq.EventConnectRetried)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// await takes events until one of a kind comes.
func await(ctx context.Context, m *zmq.Monitor, kind zmq.MonitorEventType) error {
	for {
		e, err := m.Next(ctx)
		if err != nil {
			return fmt.Errorf("waiting for %v: %w", kind, err)
		}
		if e.Type&kind != 0 {
			return nil
		}
	}
}
