package zmqcat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/iotest"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/clitest"
)

// large is a message that nobody wants to have twice.
var large = func() []byte {
	p := make([]byte, 64<<20)
	for i := range p {
		p[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return p
}

// sink compares what is written with what has to come.
type sink struct {
	want []byte
	bad  bool
}

func (s *sink) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(s.want, p) {
		s.bad = true
		return 0, errors.New("something else was expected")
	}
	s.want = s.want[len(p):]
	return len(p), nil
}

// allocates runs zmqcat beside its peer, and returns how many bytes of Go's memory both took, which the peer does not need.
func allocates(t *testing.T, in io.Reader, out io.Writer, peer func(), args ...string) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	errs := clitest.NewBuffer()
	runtime.ReadMemStats(&before)
	done := make(chan int, 1)
	go func() {
		done <- Main(context.Background(), append([]string{"zmqcat", "--timeout", clitest.Patience.String()}, args...), cli.Streams{In: in, Out: out, Err: errs})
	}()
	peer()
	if code := <-done; code != 0 {
		t.Fatalf("%q: exit %d, %s", args, code, errs)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestWholeAllocates asserts that a large message is never copied beside libzmq's own: but for an input that does not say its size,
// which is kept until its end, once.
func TestWholeAllocates(t *testing.T) {
	data := large()
	size := uint64(len(data))
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, append([]byte("head"), data...), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Seek(4, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	z := clitest.Context(t)
	recv := func(s *zmq.Socket) {
		t.Helper()
		var m zmq.Message
		defer m.Close()
		if err := s.RecvMsg(&m, 0); err != nil || !bytes.Equal(m.Bytes(), data) {
			t.Errorf("%d bytes came, %v", m.Len(), err)
		}
	}
	send := func(s *zmq.Socket) {
		t.Helper()
		m, err := zmq.PinMessage(data, nil)
		if err == nil {
			err = s.SendMsg(m, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const little = 8 << 20 // of buffers, and of the rest of the program
	check := func(what string, got, most uint64) {
		t.Helper()
		if t.Logf("%s: %d KiB", what, got>>10); got > most {
			t.Errorf("%s: %d bytes of Go's memory were taken for a message of %d, want %d at most", what, got, size, most)
		}
	}
	// Each has an endpoint of its own, and each peer is connected before the count begins.
	with := func(typ zmq.SocketType) (string, *zmq.Socket) {
		e := clitest.Endpoint(t, "e")
		return e, clitest.Socket(t, z, typ, e)
	}
	e, s := with(zmq.Pull)
	check("push, of an empty input", allocates(t, bytes.NewReader(nil), io.Discard, func() {
		var m zmq.Message
		defer m.Close()
		if err := s.RecvMsg(&m, 0); err != nil || m.Len() != 0 {
			t.Errorf("an empty input came as %d bytes, %v", m.Len(), err)
		}
	}, "push", "@"+e, "--format", "whole"), little)
	e, s = with(zmq.Pull)
	check("push, of an input without a size", allocates(t, struct{ io.Reader }{bytes.NewReader(data)}, io.Discard, func() { recv(s) }, "push", "@"+e, "--format", "whole"), size+little)
	e, s = with(zmq.Pull)
	check("push, of a file", allocates(t, file, io.Discard, func() { recv(s) }, "push", "@"+e, "--format", "whole"), little)
	e, s = with(zmq.Push)
	out := &sink{want: data}
	check("pull, of one", allocates(t, nil, out, func() { send(s) }, "pull", "@"+e, "-n1", "--format", "whole"), little)
	if len(out.want) > 0 {
		t.Errorf("%d bytes were not written", len(out.want))
	}
	e, s = with(zmq.Push)
	out = &sink{want: append(bytes.Clone(data), data...)}
	check("pull, of several", allocates(t, nil, out, func() { send(s); send(s) }, "pull", "@"+e, "-n2", "--format", "whole"), little)
	if len(out.want) > 0 {
		t.Errorf("%d bytes were not written", len(out.want))
	}
	e, s = with(zmq.Req)
	out = &sink{want: data}
	check("rep, of an echo", allocates(t, nil, out, func() { send(s); recv(s) }, "rep", "@"+e, "-n1", "--echo", "--format", "whole"), little)
}

// TestWholeSizes asserts that an input comes whole, whatever it says of its size: a file may grow or shrink while it is read.
func TestWholeSizes(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 100_000) // some pieces
	for _, expected := range []int64{0, 1, 4, int64(len(text)) - 1, int64(len(text)), int64(len(text)) + 1, 2 * int64(len(text))} {
		for name, in := range map[string]io.Reader{"at once": bytes.NewReader(text), "in halves": iotest.HalfReader(bytes.NewReader(text)), "with its end": iotest.DataErrReader(bytes.NewReader(text))} {
			m, err := readMessage(in, expected)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(m.Bytes(), text) {
				t.Errorf("%s, %d expected: %d bytes, want %d", name, expected, m.Len(), len(text))
			}
			m.Close()
		}
		broken := errors.New("broken")
		for _, n := range []int{0, 3, len(text)} {
			if m, err := readMessage(io.MultiReader(bytes.NewReader(text[:n]), iotest.ErrReader(broken)), expected); !errors.Is(err, broken) {
				t.Errorf("%d expected, broken after %d: %v, %v", expected, n, m, err)
			}
		}
	}
}
