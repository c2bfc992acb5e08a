package zmq

import (
	"runtime"
	"unsafe"
)

// Handles shared with C code of the same process: the void pointers that zmq_ctx_new and zmq_socket return, and the
// address of a zmq_msg_t. Both sides must use the same copy of libzmq: C code that is linked into the program uses
// the program's own, a shared library that brings another copy of libzmq does not, and its handles must not be
// passed here.

// pointerOf returns C's pointer in a handle, nil in a program without cgo, whose handles are empty.
func pointerOf[H ctxHandle | sockHandle | msgHandle](h H) unsafe.Pointer {
	if unsafe.Sizeof(h) != unsafe.Sizeof(uintptr(0)) {
		return nil
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&h))
}

// handleOf makes a handle of C's pointer.
func handleOf[H ctxHandle | sockHandle | msgHandle](p unsafe.Pointer) (h H) {
	if unsafe.Sizeof(h) == unsafe.Sizeof(uintptr(0)) {
		*(*unsafe.Pointer)(unsafe.Pointer(&h)) = p
	}
	return h
}

var errNilHandle = withReason(EFAULT, "a nil pointer")

// Raw calls f with the context's handle, as zmq_ctx_new returned it. It is not terminated before f returns; C code
// that keeps it, or opens sockets in it, closes those before the context can end: Shutdown ends their
// calls with ETERM from then on, and Term waits for them.
//
// f may use the Context, but must not wait for its termination. Errors: what f returns; ErrClosed; ErrTerminated.
func (c *Context) Raw(f func(ctx unsafe.Pointer) error) error {
	defer runtime.KeepAlive(c)
	z := c.inner()
	if err := z.lend(f != nil); err != nil {
		return &OpError{Op: "raw context", Type: noSocket, Err: err}
	}
	defer z.takeBack()
	return f(pointerOf(z.h))
}

// lend keeps the context from being terminated until takeBack, if there is a function to lend it to.
func (z *contextState) lend(called bool) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	err := z.usable()
	if err == nil && !called {
		err = errNilFunc
	}
	if err == nil {
		z.usedByC = true
		z.held++
	}
	return err
}

func (z *contextState) takeBack() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.held--
	z.touch()
}

// share notes that C code may have sockets in the context.
func (z *contextState) share() {
	z.mu.Lock()
	z.usedByC = true
	z.mu.Unlock()
}

// AdoptContext returns a Context for a handle of zmq_ctx_new or zmq_init, and takes the handle over: the Context terminates
// it, and C code must not. MaxSockets is what the engine has. Errors: EFAULT for nil.
func AdoptContext(p unsafe.Pointer) (*Context, error) { return foreignContext(p, true) }

// BorrowContext returns a Context for a handle that stays C code's: Term and Close end the sockets that were opened through
// this Context, and leave the handle alone. C code must not terminate the context before. If it does, calls end with
// ErrTerminated, and its zmq_ctx_term waits until the sockets are closed here. Errors: EFAULT for nil.
func BorrowContext(p unsafe.Pointer) (*Context, error) { return foreignContext(p, false) }

func foreignContext(p unsafe.Pointer, owned bool) (*Context, error) {
	if err := checkEngine(); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, &OpError{Op: "adopt context", Type: noSocket, Err: errNilHandle}
	}
	z := newContextState(owned)
	z.h, z.usedByC = handleOf[ctxHandle](p), true
	if n, errno := cCtxGet(z.h, ctxIOThreads); errno == 0 {
		z.ioThreads = n
	}
	if n, errno := cCtxGet(z.h, ctxMaxSockets); errno == 0 {
		z.maxSockets = n
	}
	return newContext(z), nil
}

// Disown gives the context away: it returns the handle, and C code has to terminate it. Open sockets go on working, and
// have to be closed before that; no more can be opened through this Context. Errors: ErrClosed; ErrTerminated.
func (c *Context) Disown() (unsafe.Pointer, error) {
	defer runtime.KeepAlive(c)
	z := c.inner()
	if err := z.lose(); err != nil {
		return nil, &OpError{Op: "disown context", Type: noSocket, Err: err}
	}
	// C code may terminate it at once: calls that are about to open a socket in it must be through.
	z.await(func() bool { return z.opening == 0 })
	c.cleanup.Stop()
	z.rec.closed()
	return pointerOf(z.h), nil
}

func (z *contextState) lose() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	err := z.usable()
	if err == nil {
		z.usedByC, z.disowned = true, true
	}
	return err
}

// Raw calls f with the socket's handle, as zmq_socket returned it, and with the socket locked: other goroutines'
// operations wait until f returns, and f must not call methods of the same Socket, which would wait for ever, nor
// close the handle. f leaves no message half sent or half received.
//
// Errors: what f returns; ErrClosed; ErrTerminated.
func (s *Socket) Raw(f func(sock unsafe.Pointer) error) error {
	defer runtime.KeepAlive(s)
	if err := s.inner().lock(); err != nil {
		return s.opError("raw socket", err)
	}
	defer s.inner().unlock()
	if f == nil {
		return &OpError{Op: "raw socket", Type: s.inner().typ, Err: errNilFunc}
	}
	defer s.inner().readTimeouts()
	return f(pointerOf(s.inner().h))
}

// AdoptSocket returns a Socket for a handle of zmq_socket, of this context, and takes the handle over: C code must neither
// use nor close it. The socket must not be in the middle of a message that it sends or receives.
//
// Errors: EFAULT for nil; ENOTSOCK for what is no socket, as far as the engine can tell; ErrClosed; ErrTerminated.
func (c *Context) AdoptSocket(p unsafe.Pointer) (*Socket, error) { return c.foreignSocket(p, false) }

// BorrowSocket returns a Socket for a handle of zmq_socket, of this context, that stays C code's: Close gives it back.
// Until then C code must not use it. Errors: those of AdoptSocket.
func (c *Context) BorrowSocket(p unsafe.Pointer) (*Socket, error) { return c.foreignSocket(p, true) }

func (c *Context) foreignSocket(p unsafe.Pointer, borrowed bool) (*Socket, error) {
	defer runtime.KeepAlive(c)
	fail := func(err error) (*Socket, error) {
		return nil, &OpError{Op: "adopt socket", Type: noSocket, Err: err}
	}
	if p == nil {
		return fail(errNilHandle)
	}
	h := handleOf[sockHandle](p)
	typ, errno := cGetInt(h, optType)
	if errno == ETERM {
		return fail(ErrTerminated)
	}
	if errno != 0 {
		return fail(errno)
	}
	s, err := c.openSocket(socketSpec{typ: SocketType(typ), kind: "socket", foreign: h, borrowed: borrowed})
	if err != nil {
		return fail(err)
	}
	return s, nil
}

// Disown gives the socket away: it returns the handle, and C code has to close it. This Socket is closed then: calls that
// are running on it end with ErrClosed. Errors: ErrClosed; EFSM in the middle of a message.
func (s *Socket) Disown() (unsafe.Pointer, error) {
	defer runtime.KeepAlive(s)
	k := s.inner()
	if k == nilSocket {
		return nil, s.opError("disown socket", errNilSocket)
	}
	if err := k.holdsHanded(); err != nil {
		return nil, s.opError("disown socket", err)
	}
	k.mu.Lock()
	half := !k.closed && (k.sendOpen || k.recvOpen)
	k.mu.Unlock()
	if half {
		return nil, s.opError("disown socket", withReason(EFSM, "a message is half sent or half received"))
	}
	k.z.share()
	h, _ := k.leaveC(false)
	if h == (sockHandle{}) {
		return nil, s.opError("disown socket", ErrClosed)
	}
	s.cleanup.Stop()
	k.rec.closed()
	return pointerOf(h), nil
}

// Raw calls f with the address of the message's zmq_msg_t, which is initialised and must be so when f returns. f may
// fill it, send it or receive into it; Bytes and More tell afterwards what is in it. The address is valid until f
// returns. A message that was sent is empty. Errors: what f returns; ErrClosed; ErrInUse.
func (m *Message) Raw(f func(msg unsafe.Pointer) error) error {
	if err := m.holdInC(true); err != nil {
		return msgError("raw message", err)
	}
	defer m.release()
	if f == nil {
		return msgError("raw message", errNilFunc)
	}
	defer func() { m.data, m.more = cMsgSee(m.handle()) }()
	return f(pointerOf(m.handle()))
}

// AdoptMessage returns a Message with the content of the initialised zmq_msg_t at p (zmq_msg_move), which is empty
// afterwards and still C code's. Errors: EFAULT for nil; ENOMEM.
func AdoptMessage(p unsafe.Pointer) (*Message, error) {
	if p == nil {
		return nil, msgError("adopt message", errNilHandle)
	}
	more := false
	m, err := makeMessage("adopt message", slabBytes+1, func(h msgHandle) ([]byte, Errno) {
		if _, errno := cMsgMove(h, handleOf[msgHandle](p)); errno != 0 {
			return nil, errno
		}
		data, hasMore := cMsgSee(h)
		more = hasMore
		return data, 0
	})
	if err == nil {
		m.more = more
	}
	return m, err
}

// Disown moves the message's content to the initialised zmq_msg_t at p (zmq_msg_move), whose own is freed; C code
// closes it. This Message is empty afterwards and can be received into. Errors: EFAULT for nil; ErrMessageSent;
// ErrClosed; ErrInUse.
func (m *Message) Disown(p unsafe.Pointer) error {
	if p == nil {
		return msgError("disown message", errNilHandle)
	}
	if err := m.holdInC(false); err != nil {
		return msgError("disown message", err)
	}
	if _, errno := cMsgMove(handleOf[msgHandle](p), m.handle()); errno != 0 {
		m.release()
		return msgError("disown message", errno)
	}
	m.sent()
	return nil
}
