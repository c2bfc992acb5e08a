// Package clitest runs the programs in process, for their tests.
package clitest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// Patience is how long a test waits for what has to come.
const Patience = 30 * time.Second

// Buffer is a stream that a program writes and a test reads.
type Buffer struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

// NewBuffer returns an empty Buffer.
func NewBuffer() *Buffer { return &Buffer{changed: make(chan struct{})} }

func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.changed)
	b.changed = make(chan struct{})
	return b.text.Write(p)
}

func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// WaitFor waits until the text is there.
func (b *Buffer) WaitFor(t testing.TB, text string) {
	t.Helper()
	late := time.After(Patience)
	for {
		b.mu.Lock()
		is, changed := strings.Contains(b.text.String(), text), b.changed
		b.mu.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%q did not come; what came:\n%s", text, b)
		}
	}
}

// Main is a program.
type Main func(ctx context.Context, args []string, s cli.Streams) int

// Proc is a program that runs.
type Proc struct {
	Out, Err *Buffer
	signals  chan os.Signal
	done     chan struct{}
	code     int
}

// Start runs a program beside the test, which may not end before it.
func Start(t testing.TB, main Main, in io.Reader, args ...string) *Proc {
	p := &Proc{Out: NewBuffer(), Err: NewBuffer(), signals: make(chan os.Signal, 4), done: make(chan struct{})}
	if in == nil {
		in = strings.NewReader("")
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(p.done)
		p.code = main(ctx, args, cli.Streams{In: in, Out: p.Out, Err: p.Err, Signals: p.signals})
	}()
	t.Cleanup(func() {
		cancel()
		<-p.done
	})
	return p
}

// Signal sends the program a signal.
func (p *Proc) Signal(s syscall.Signal) { p.signals <- s }

// Wait waits for the end and returns the exit code.
func (p *Proc) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-p.done:
		return p.code
	case <-time.After(Patience):
		t.Fatalf("the program does not end; it wrote:\n%s%s", p.Out, p.Err)
	}
	return -1
}

// Run runs a program to its end.
func Run(t testing.TB, main Main, in string, args ...string) (code int, out, err string) {
	t.Helper()
	p := Start(t, main, strings.NewReader(in), args...)
	code = p.Wait(t)
	return code, p.Out.String(), p.Err.String()
}

// Endpoint returns an ipc endpoint of the test's own; the path is short enough for a socket.
func Endpoint(t testing.TB, name string) string {
	if runtime.GOOS == "windows" {
		t.Skip("no ipc here")
	}
	dir, err := os.MkdirTemp("", "z")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return "ipc://" + filepath.Join(dir, name)
}

// Context returns a context of zmq that is closed with the test.
func Context(t testing.TB) *zmq.Context {
	t.Helper()
	z, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	})
	return z
}

// The collector closes a socket that a test has forgotten, at any moment, and its connections and what it has to send are gone.
func init() {
	zmq.ReportLeaks(func(l zmq.Leak) {
		panic("a test, or the program, has forgotten a " + l.Kind + " that was opened here:\n" + l.Stack)
	})
}

// NewSocket returns a socket that stays open until the test ends.
func NewSocket(t testing.TB, z *zmq.Context, typ zmq.SocketType, opts ...zmq.SocketOption) *zmq.Socket {
	t.Helper()
	s, err := z.NewSocket(typ, append([]zmq.SocketOption{zmq.Linger(0), zmq.RecvTimeout(Patience), zmq.SendTimeout(Patience)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Socket returns a socket that is connected, and stays open until the test ends.
func Socket(t testing.TB, z *zmq.Context, typ zmq.SocketType, endpoint string, opts ...zmq.SocketOption) *zmq.Socket {
	t.Helper()
	s := NewSocket(t, z, typ, opts...)
	if err := s.Connect(endpoint); err != nil {
		t.Fatal(err)
	}
	return s
}

// Bound returns a socket that is bound, and stays open until the test ends.
func Bound(t testing.TB, z *zmq.Context, typ zmq.SocketType, endpoint string, opts ...zmq.SocketOption) *zmq.Socket {
	t.Helper()
	s := NewSocket(t, z, typ, opts...)
	if err := s.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	return s
}

// Beside runs f beside the test. Its context ends with the test; the sockets that were opened before stay open until f has returned.
func Beside(t testing.TB, f func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	t.Cleanup(done.Wait)
	t.Cleanup(cancel)
	done.Add(1)
	go func() {
		defer done.Done()
		f(ctx)
	}()
}

// Send sends a message of these parts.
func Send(t testing.TB, s *zmq.Socket, parts ...string) {
	t.Helper()
	raw := make([][]byte, len(parts))
	for i, p := range parts {
		raw[i] = []byte(p)
	}
	if err := s.SendParts(context.Background(), raw...); err != nil {
		t.Fatal(err)
	}
}

// Recv receives a message.
func Recv(t testing.TB, s *zmq.Socket) []string {
	t.Helper()
	raw, err := s.RecvParts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]string, len(raw))
	for i, p := range raw {
		parts[i] = string(p)
	}
	return parts
}

// Write writes a file of the test's own and returns its path.
func Write(t testing.TB, name, format string, args ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
