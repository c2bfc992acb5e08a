package zmq

import (
	"io/fs"
	"math"
	"net"
	"os"
	"reflect"
	"strings"
	"syscall"
)

// UseListener lets the next Bind take what l listens on instead of opening its own: a *net.TCPListener for a tcp endpoint, a
// *net.UnixListener for an ipc one, whatever the endpoint says its address is. It is UseFD with an owner: when the option is
// set, the socket gets a duplicate of the descriptor. It closes the duplicate with the endpoint; if it was never bound, with
// the socket, or when UseFD is set. A Bind that fails leaves the option set: UseFD(-1) takes it back. l stays the caller's, who
// must not Accept from it any more and closes it when done. Closing one that net.Listen made removes the file of its path,
// unless SetUnlinkOnClose(false). From 4.2, on Unix.
//
// Errors of setting it: EINVAL for a listener without a descriptor; ErrClosed for one that is closed; ErrTooManyFiles. Errors
// of Bind: EINVAL if the descriptor is not listening or is of another family.
func UseListener(l net.Listener) SocketOption {
	if isNilPointer(l) {
		return lending("UseListener", "nil", nil)
	}
	conn, _ := l.(syscall.Conn)
	return lending("UseListener", shownBy(func() string { return l.Addr().String() }), conn)
}

// UseFile is UseListener for a file whose descriptor listens, such as one that a service manager passes to the program. f
// stays the caller's, who closes it when done. From 4.2, on Unix.
func UseFile(f *os.File) SocketOption {
	if f == nil || *f == (os.File{}) {
		return lending("UseFile", "nil", nil)
	}
	return lending("UseFile", f.Name(), f)
}

func isNilPointer(v any) bool {
	p := reflect.ValueOf(v)
	return !p.IsValid() || p.Kind() == reflect.Pointer && p.IsNil()
}

// shownBy returns what is shown of a listener, which need not be one that net has made: a zero value panics.
func shownBy(f func() string) (text string) {
	defer func() {
		if recover() != nil {
			text = "nameless"
		}
	}()
	return f()
}

func lending(name, shows string, c syscall.Conn) SocketOption {
	row := &optionRow{name: name, kind: kindBytes, max: math.MaxInt, since: from42}
	row.apply = func(s *socketState, _ *SocketOption) error {
		if c == nil {
			return withReason(EINVAL, "it has no descriptor: a *net.TCPListener or *net.UnixListener has, and a file that is open")
		}
		return s.lend(c)
	}
	return SocketOption{row: row, str: shows}
}

// lend gives the engine a duplicate of a listener's descriptor.
func (s *socketState) lend(c syscall.Conn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return withReason(ErrClosed, "it is closed: "+err.Error())
	}
	dup, errno := -1, Errno(0)
	if err := raw.Control(func(fd uintptr) { dup, errno = cDup(int(fd)) }); err != nil {
		return withReason(ErrClosed, "it is closed: "+err.Error())
	}
	switch {
	case errno == EMFILE || errno == enfile:
		return ErrTooManyFiles
	case errno != 0:
		return errno
	}
	forgetFD(dup)
	if err := unblock(dup); err != nil {
		closeFD(dup)
		return err
	}
	if err := s.lock(); err != nil {
		closeFD(dup)
		return err
	}
	defer s.unlock()
	s.dropLent()
	if errno := cSetInt(s.h, optUseFD, int32(dup)); errno != 0 {
		closeFD(dup)
		return errno
	}
	s.lentFD = dup + 1
	return nil
}

// dropLent closes the duplicate that no Bind has taken. s.mu is held.
func (s *socketState) dropLent() {
	if s.lentFD > 0 {
		closeFD(s.lentFD - 1)
		s.lentFD = 0
	}
}

// IPCMode gives the file of each ipc endpoint that is bound from now on this mode, 0 to 0o777; processes that may not write to
// it cannot connect. Unless set, the process's umask decides. It is an option of this package, not of libzmq, and does nothing
// to names that have no file ("ipc://@name"). Between the two steps of Bind, for a moment, the umask decides: to keep others
// out put the file into a folder that they cannot enter.
var IPCMode Setter[fs.FileMode]

func setIPCMode(s *socketState, o *SocketOption) error {
	if err := s.lock(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.ipcMode = uint32(o.num) + 1
	return nil
}

// applyIPCMode gives the file of an endpoint that was just bound its mode.
func (s *socketState) applyIPCMode(endpoint string) error {
	s.mu.Lock()
	mode := s.ipcMode
	path, ipc := strings.CutPrefix(endpoint, "ipc://")
	if mode > 0 && path == "*" {
		text := make([]byte, ipcPathMax+8)
		if n, errno := cGetBytes(s.h, optLastEndpoint, text); errno == 0 {
			path = strings.TrimRight(strings.TrimPrefix(string(text[:n]), "ipc://"), "\x00")
		}
	}
	s.mu.Unlock()
	if mode == 0 || !ipc || strings.HasPrefix(path, "@") && engineFrom(4, 0, 0) {
		return nil
	}
	if err := os.Chmod(path, fs.FileMode(mode-1)); err != nil {
		s.detach(endpointUnbind, "ipc://"+path)
		return withReason(err, "IPCMode: "+err.Error())
	}
	return nil
}
