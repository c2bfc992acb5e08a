package zmq4

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"example.org/zmq"
)

// Socket is one end of a messaging pattern. A copy is the same socket.
//
// A Socket may be used by several goroutines at a time, unlike that of the package which this one stands in for.
// Messages that SendMessage sends and RecvMessage receives never mix; parts that several goroutines send with SNDMORE, or
// take by Recv, do. Close ends the calls that wait, with ErrorSocketClosed.
type Socket struct {
	st *socket
}

// socket is what copies of a Socket share.
type socket struct {
	z   *zmq.Socket
	ctx *Context
	typ Type

	closed  atomic.Bool
	once    sync.Once
	err     error // what Close returns
	cleanup runtime.Cleanup
	monitor monitor
	marks   [2]atomic.Int64 // SNDHWM and RCVHWM that were set too late, plus one: 0 is none
}

func newSocket(ctx *Context, z *zmq.Socket, t Type) *Socket {
	s := &socket{z: z, ctx: ctx, typ: t}
	// One that is forgotten is closed by the library, and counted off here.
	s.cleanup = runtime.AddCleanup(s, (*contextState).forget, ctx.c)
	return &Socket{s}
}

// open returns the state of a socket that was opened, whether it is closed by now or not.
func (soc *Socket) open() (*socket, error) {
	if s := soc.st; s != nil && s.z != nil {
		return s, nil
	}
	return nil, ErrorSocketClosed
}

// isClosed reports whether the socket is closed, or never was open.
func (soc *Socket) isClosed() bool {
	_, err := soc.open()
	return err != nil || soc.st.closed.Load()
}

// failed returns what NewSocket returns with an error, a closed socket.
func failed(err error) (*Socket, error) {
	s := &socket{err: err}
	s.once.Do(func() {})
	s.closed.Store(true)
	return &Socket{s}, err
}

// Close closes the socket. A second Close returns what the first one did.
func (soc *Socket) Close() error {
	s := soc.st
	if s == nil {
		return nil
	}
	s.once.Do(func() {
		s.closed.Store(true)
		s.err = bare(s.z.Close())
		s.cleanup.Stop()
		s.ctx.c.forget()
	})
	return s.err
}

// Context returns the context in which the socket was made.
func (soc *Socket) Context() (*Context, error) {
	if soc.isClosed() {
		return nil, ErrorSocketClosed
	}
	return soc.st.ctx, nil
}

// Unwrap returns the socket of package zmq behind this one: what the library has and this package has not is reached
// through it, and a program can move over call by call. It is nil for a Socket that was never open.
func (soc *Socket) Unwrap() *zmq.Socket {
	if soc.st == nil {
		return nil
	}
	return soc.st.z
}

// Unwrap returns the context of package zmq behind this one, which it makes if there was no socket yet. It is nil for a
// context that was terminated before.
func (ctx *Context) Unwrap() *zmq.Context {
	z, err := ctx.library()
	if err != nil {
		return nil
	}
	return z
}

// String returns the socket's type and its identity, or else a number by which it can be told from others.
func (soc Socket) String() string {
	s := soc.st
	if soc.isClosed() {
		return "Socket(CLOSED)"
	}
	id, err := s.z.GetsockoptBytes(optIdentity)
	switch {
	case err != nil:
		return "Socket(" + bare(err).Error() + ")"
	case len(id) > 0:
		return "Socket(" + s.typ.String() + "," + strconv.Quote(string(id)) + ")"
	}
	return fmt.Sprintf("Socket(%v,%p)", s.typ, s)
}

// Bind lets peers connect to the socket at endpoint.
func (soc *Socket) Bind(endpoint string) error { return soc.attach((*zmq.Socket).Bind, endpoint) }

// Unbind ends what Bind began. Errno(syscall.ENOENT) for an endpoint that is not bound.
func (soc *Socket) Unbind(endpoint string) error { return soc.attach((*zmq.Socket).Unbind, endpoint) }

// Connect connects the socket to endpoint.
func (soc *Socket) Connect(endpoint string) error { return soc.attach((*zmq.Socket).Connect, endpoint) }

// Disconnect ends what Connect began. Errno(syscall.ENOENT) for an endpoint that is not connected.
func (soc *Socket) Disconnect(endpoint string) error {
	return soc.attach((*zmq.Socket).Disconnect, endpoint)
}

func (soc *Socket) attach(how func(*zmq.Socket, string) error, endpoint string) error {
	if soc.isClosed() {
		return ErrorSocketClosed // whatever the endpoint
	}
	return bare(how(soc.st.z, endpoint))
}
