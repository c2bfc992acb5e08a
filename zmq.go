package zmq

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// NewContext returns a context (zmq_ctx_new, zmq_init before 3.2). Without options it has one
// I/O thread and room for as many sockets as the engine allows.
//
// Errors: EINVAL for an option out of its range; EPERM and others for threads that the system does not allow;
// ErrTooManyFiles; ErrTooManyThreads; a *VersionError for an engine or an option that is not supported.
func NewContext(opts ...ContextOption) (*Context, error) {
	if err := checkEngine(); err != nil {
		return nil, err
	}
	z := newContextState(true)
	for _, o := range opts {
		if err := o.prepare(z); err != nil {
			return nil, o.error(err)
		}
	}
	descriptors.Lock()
	defer descriptors.Unlock()
	if !cSpare(headroomNewContext(z.ioThreads)) {
		return nil, &OpError{Op: "new context", Type: noSocket, Err: ErrTooManyFiles}
	}
	h, errno := cCtxNew(z.ioThreads)
	if errno != 0 {
		return nil, &OpError{Op: "new context", Type: noSocket, Err: errno}
	}
	z.h = h
	if err := z.setUp(opts); err != nil {
		cCtxTerm(h)
		return nil, err
	}
	return newContext(z), nil
}

// NewSocket opens a socket of the given type in the context (zmq_socket) and applies the options in their order; if one
// fails it leaves no socket behind. Close the socket when done. A Socket that has become unreachable is closed some time
// after the garbage collector has found it, and lingers no longer than the context's CloseTimeout.
//
// Errors: EINVAL for an unknown type; ErrTerminated; ErrTooManyFiles; ErrTooManyThreads; ErrMaxSockets; a *VersionError for
// a type that the engine lacks; those of the options.
func (c *Context) NewSocket(t SocketType, opts ...SocketOption) (*Socket, error) {
	defer runtime.KeepAlive(c)
	if err := c.inner().checkType(t); err != nil {
		return nil, &OpError{Op: "open socket", Type: t, Err: err}
	}
	s, err := c.openSocket(socketSpec{typ: t, kind: "socket"})
	if err != nil {
		return nil, &OpError{Op: "open socket", Type: t, Err: err}
	}
	if err := s.Set(opts...); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (z *contextState) checkType(t SocketType) error {
	err := z.live()
	switch {
	case err != nil:
		return err
	case t == Stream:
		return need("Stream", Version{4, 0, 0})
	case t >= Server && t <= Channel:
		if err := need("the socket type "+t.String(), Version{4, 3, 4}); err != nil {
			return err
		}
		if !Has("draft") {
			return withReason(ErrNotSupported, "this engine was built without the draft socket types")
		}
	case t < Pair || t > Channel:
		return withReason(EINVAL, "unknown socket type "+strconv.Itoa(int(t)))
	}
	return nil
}

// Has reports whether the engine was built with a capability: "ipc", "pgm",
// "tipc", "norm", "curve", "gssapi", "draft", "ws" (zmq_has). Before 4.1, where engines
// cannot be asked, it knows "ipc" on Unix and nothing else. Of the staged
// engine "gssapi" is false, because there the Kerberos library is absent.
func Has(capability string) bool {
	capability = strings.ToLower(capability)
	if capability == "gssapi" && !cGSSAPI() {
		return false
	}
	return cHas(capability) || cHas(strings.ToUpper(capability))
}

// LinkInfo returns which libzmq the program has and how it was linked, for example "libzmq 4.3.4, vendored static,
// hardened" or "libzmq 4.3.5, system shared". A hardened libzmq is one that scripts/vendor has staged, with gates: C
// functions around some of its files that prevent it from ending the process or losing messages in many situations
// (vendor_libzmq/README.md).
func LinkInfo() string {
	if errNoCgo != nil {
		return "no libzmq: built without cgo"
	}
	origin, kind := "system", "static"
	if cVendored {
		origin = "vendored"
	}
	if cShared() {
		kind = "shared"
	}
	info := fmt.Sprintf("libzmq %v, %s %s", LibraryVersion(), origin, kind)
	if cGates != "" {
		info += ", hardened"
	}
	return info
}
