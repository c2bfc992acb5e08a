//go:build unix

package zmq

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUseListener: the engine takes a duplicate, which lives when the caller's own is closed, and is closed by the socket.
func TestUseListener(t *testing.T) {
	z := newTestContext(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, way := range []string{"listener", "file"} {
			t.Run(network+" "+way, func(t *testing.T) {
				address, at := "127.0.0.1:0", "tcp://"
				if network == "unix" {
					address, at = filepath.Join(shortDir(t), "s"), "ipc://"
				}
				l, err := net.Listen(network, address)
				must(err)
				at += l.Addr().String()
				o := UseListener(l)
				if way == "file" {
					f := mustGet(l.(interface{ File() (*os.File, error) }).File())
					defer f.Close()
					o = UseFile(f)
				}
				if !strings.HasPrefix(o.String(), "Use") {
					t.Error(o)
				}
				in := newTestSocket(t, z, Pull)
				if err := in.Set(o); !needs(t, from42, err) {
					l.Close()
					return
				} else if err != nil {
					t.Fatal(err)
				}
				must(in.Set(o)) // instead of the one before, which is closed
				must(in.Bind(at))
				if in.st.lentFD != 0 {
					t.Error("the socket still thinks that it has to close the descriptor")
				}
				if u, unix := l.(*net.UnixListener); unix {
					u.SetUnlinkOnClose(false)
				}
				must(l.Close())
				out := newTestSocket(t, z, Push)
				connectTo(t, out, at)
				sendText(t, out, "x")
				expectText(t, in, "x")
				must(in.Unbind(at))
			})
		}
	}
}

// TestUseListenerUnused: a duplicate that no Bind took goes with the socket.
func TestUseListenerUnused(t *testing.T) {
	needsAPI(t, from42, "it brought UseFD")
	z := newTestContext(t)
	l := mustGet(net.Listen("tcp", "127.0.0.1:0"))
	s := newTestSocket(t, z, Pull, UseListener(l))
	must(l.Close())
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatalf("the duplicate does not listen: %v", err)
	}
	conn.Close()
	must(s.Close())
	eventually(t, "the duplicate is closed", func() bool {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	for name, o := range map[string]SocketOption{"a closed listener": UseListener(l), "no listener": UseListener(nil), "no file": UseFile(nil)} {
		if err := newTestSocket(t, z, Pull).Set(o); err == nil || !strings.HasPrefix(err.Error(), "zmq: set Use") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUseListenerAgain: Bind takes a duplicate with the number of an earlier one, which the engine has closed.
func TestUseListenerAgain(t *testing.T) {
	needsAPI(t, from42, "it brought UseFD")
	z := newTestContext(t)
	l := mustGet(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	at := "tcp://" + l.Addr().String()
	had := map[int]bool{}
	for range 100 {
		s := newTestSocket(t, z, Pull, UseListener(l))
		fd := s.st.lentFD - 1
		again := had[fd]
		had[fd] = true
		must(s.Bind(at))
		out := newTestSocket(t, z, Push)
		connectTo(t, out, at)
		sendText(t, out, "x")
		expectText(t, s, "x")
		must(out.Close())
		must(s.Close())
		if again {
			return
		}
		eventually(t, "the engine has closed the duplicate", func() bool {
			_, _, errno := cListener(fd)
			return errno != 0
		})
	}
	t.Errorf("no number came again: %v", had)
}

// TestUseListenerTakenBack: setting UseFD closes the duplicate that no Bind took, and a Bind opens its own again.
func TestUseListenerTakenBack(t *testing.T) {
	needsAPI(t, from42, "it brought UseFD")
	z := newTestContext(t)
	l := mustGet(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	s := newTestSocket(t, z, Pull, UseListener(l))
	fd := s.st.lentFD - 1
	if err := s.Bind("ipc://" + filepath.Join(shortDir(t), "s")); !errors.Is(err, EINVAL) {
		t.Errorf("a tcp socket was taken for ipc: %v", err)
	}
	must(s.Set(UseFD(fd))) // which it is already
	if _, _, errno := cListener(fd); errno != 0 || s.st.lentFD != fd+1 {
		t.Fatalf("the duplicate was closed: %v", errno)
	}
	must(s.Set(UseFD(-1)))
	if _, _, errno := cListener(fd); errno == 0 || s.st.lentFD != 0 {
		t.Errorf("the duplicate is open still: %d", s.st.lentFD)
	}
	must(s.Bind("tcp://127.0.0.1:*"))
	if own := mustGet(s.LastEndpoint()); own == "tcp://"+l.Addr().String() {
		t.Errorf("bound to %s", own)
	}
}

// TestIPCMode: the file has the mode, and a mode that cannot be had leaves nothing bound.
func TestIPCMode(t *testing.T) {
	z := newTestContext(t)
	for _, mode := range []fs.FileMode{0, 0o600, 0o660, 0o777} {
		at := freeEndpoint(t, "ipc")
		s := newTestSocket(t, z, Pull, IPCMode(mode))
		must(s.Bind(at))
		info, err := os.Stat(strings.TrimPrefix(at, "ipc://"))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v, %v, want %v", info.Mode(), err, mode)
		}
	}
	err := newTestSocket(t, z, Pull).Set(IPCMode(0o1777))
	wantError(t, err, []error{EINVAL}, "set IPCMode (pull)", "out of range")
	if o, err := ParseOption("ipc_mode=0660"); err != nil || o.String() != "IPCMode(0660)" {
		t.Errorf("%v, %v", o, err)
	}
	_, err = ParseOption("ipcmode=rw")
	wantError(t, err, []error{EINVAL}, "octal")
	if engineFrom(4, 0, 0) {
		must(newTestSocket(t, z, Pull, IPCMode(0o600)).Bind("ipc://@zmq-test-" + filepath.Base(shortDir(t))))
	}
	if apiVersion().AtLeast(from42) {
		t.Setenv("TMPDIR", shortDir(t))
		s := newTestSocket(t, z, Pull, IPCMode(0o640))
		must(s.Bind("ipc://*"))
		at := mustGet(s.LastEndpoint())
		if info, err := os.Stat(strings.TrimPrefix(at, "ipc://")); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v, %v", at, info, err)
		}
	}
}

// strangeListener is a listener of the program's own making.
type strangeListener struct{ net.Listener }

func (strangeListener) Addr() net.Addr { return nil }

// TestUseListenerNone: what is no listener is refused when it is set, and leaves nothing.
func TestUseListenerNone(t *testing.T) {
	needsAPI(t, from42, "it brought UseFD")
	z := newTestContext(t)
	closed := mustGet(net.Listen("tcp", "127.0.0.1:0"))
	must(closed.Close())
	for name, option := range map[string]func() SocketOption{
		"no listener":    func() SocketOption { return UseListener(nil) },
		"a nil TCP one":  func() SocketOption { return UseListener((*net.TCPListener)(nil)) },
		"a nil Unix one": func() SocketOption { return UseListener((*net.UnixListener)(nil)) },
		"a zero one":     func() SocketOption { return UseListener(new(net.TCPListener)) },
		"one of a kind":  func() SocketOption { return UseListener(strangeListener{}) },
		"one on nothing": func() SocketOption { return UseListener(strangeListener{closed}) },
		"a closed one":   func() SocketOption { return UseListener(closed) },
		"no file":        func() SocketOption { return UseFile(nil) },
		"a zero file":    func() SocketOption { return UseFile(new(os.File)) },
	} {
		s, err := z.Listen(Pull, "tcp://127.0.0.1:*", option())
		if err == nil {
			s.Close()
		}
		if !t.Run(name, func(t *testing.T) { wantError(t, err, nil, "zmq: set Use", "(pull)") }) {
			continue
		}
		if n := len(z.Sockets()); n != 0 {
			t.Errorf("%s: %d sockets are left", name, n)
		}
	}
}
