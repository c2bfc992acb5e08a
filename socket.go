package zmq

import (
	"runtime"
	"slices"
	"sync/atomic"
)

// Socket is one end of a messaging pattern (zmq_socket).
//
// A Socket is safe for concurrent use by multiple goroutines. A goroutine that waits in one of its methods holds no thread;
// Close and the context's Shutdown end the wait.
//
// A Socket to which the program has no reference left is closed by the garbage collector, even if peers are connected to
// it. Keep a reference, in a variable that is used later, for as long as the socket is needed.
type Socket struct {
	_        noCopy
	st       *socketState
	ctx      *Context // kept alive
	cleanup  runtime.Cleanup
	requests *requests   // of a Dealer
	serving  atomic.Bool // a Rep, by Serve
}

// socketState is the part of a Socket that waiting goroutines and cleanups refer to. Its fields stand in groups, by what they are
// about; the lock of the waitQueue guards all of them, except where a comment says otherwise.
type socketState struct {
	// What openSocket gives it before another goroutine knows it, and what does not change after that, but for h, which
	// leaveC takes away.
	seq      uint64 // the order in which several are locked
	typ      SocketType
	z        *contextState
	rec      *record
	h        sockHandle
	borrowed bool  // C code closes it
	internal bool  // the package's own, for watches
	pump     *pump // whose receiving end this socket is, if it is one

	waitQueue
	lifecycle
	optionValues
	partialMessages
	attachment
	inprocUse
	contextUse
	watching
	subscriptions
	handing
	counters

	wouldSend, wouldRecv *OpError // made once, see opError
}

// nilSocket is the state of a Socket that is nil, or that NewSocket has not made: its calls end as those on a closed one, with
// an error that says why.
var nilSocket = &socketState{typ: noSocket, z: nilContext, lifecycle: lifecycle{closed: true}}

func (s *Socket) inner() *socketState {
	if s == nil || s.st == nil {
		return nilSocket
	}
	return s.st
}

var socketSeq atomic.Uint64

// stopped returns why the socket cannot be used any more. s.mu is held.
func (s *socketState) stopped() error {
	switch {
	case s == nilSocket:
		return errNilSocket
	case s.closed:
		return ErrClosed
	case s.terminated:
		return ErrTerminated
	}
	return nil
}

// lock locks an open socket for a call into C; unlock lets others see what it changed.
func (s *socketState) lock() error {
	s.mu.Lock()
	err := s.stopped()
	if err != nil {
		s.mu.Unlock()
	}
	return err
}

// open returns why the socket cannot be used any more. It comes before the question what the engine at hand can.
func (s *socketState) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped()
}

// why returns why the socket cannot be used any more.
func (s *socketState) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stopped(); err != nil {
		return err
	}
	return ErrTerminated
}

// atEnd returns a channel that is closed when the socket is closed or its context is shut down, until forget is called.
func (s *socketState) atEnd() (end chan struct{}, forget func()) {
	end = make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped() != nil {
		close(end)
		return end, func() {}
	}
	s.ends = append(s.ends, end)
	return end, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ends = slices.DeleteFunc(s.ends, func(c chan struct{}) bool { return c == end })
	}
}

// tellEnd tells those who asked by atEnd, and drops what was handed back. s.mu is held.
func (s *socketState) tellEnd() {
	s.dropHanded()
	for _, end := range s.ends {
		close(end)
	}
	s.ends = nil
}

func (s *socketState) unlock() {
	s.kick()
	s.mu.Unlock()
}

func (s *socketState) describe() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.endpoint == "" {
		return s.typ.String()
	}
	return s.typ.String() + " " + printable(s.endpoint)
}

// close closes the C socket once, unless it is C code's. No call into C is running: each holds s.mu.
func (s *socketState) close() error {
	_, err := s.leaveC(!s.borrowed)
	return err
}

// leaveC ends the use of the C socket, which it returns unless it closes it or had left it before.
func (s *socketState) leaveC(closing bool) (sockHandle, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return sockHandle{}, nil
	}
	s.lastWatch(closing)
	if closing {
		s.stretchLinger()
	}
	s.closed = true
	s.z.retire(s)
	s.wakeAll()
	s.dropLent()
	if s.shared {
		leaveShared(s.ownFD)
	}
	s.z.forgetNames(s, closing)
	h, errno := s.h, Errno(0)
	s.h = sockHandle{}
	s.letGoAll()
	if closing {
		errno = cClose(h)
		h = sockHandle{}
	}
	s.mu.Unlock()
	s.closeFile()
	s.z.forget(s)
	if errno != 0 {
		return h, errno
	}
	return h, nil
}

// abandon closes a socket that was forgotten. Its linger is bounded, or the termination of its context, which
// may be forgotten too, would hold a thread for ever.
func (s *socketState) abandon() {
	s.mu.Lock()
	if !s.borrowed {
		s.boundLinger(s.z.closeTimeout)
	}
	s.mu.Unlock()
	s.close()
}

// Close closes the socket (zmq_close). Calls that are running on it end with ErrClosed. Messages that
// were received and not fetched are dropped; what was sent and is not delivered yet
// lingers as its Linger option says. Close does not wait; a second Close does nothing.
//
// Where messages of several parts are left when the linger period ends, and the peer is lost at that moment, an engine that
// LinkInfo does not call hardened can abort the process: let such sockets linger until all is delivered (Linger(Infinite)), or
// close them when nothing is left to send.
func (s *Socket) Close() error {
	defer runtime.KeepAlive(s)
	if s.inner() == nilSocket {
		return s.opError("close", errNilSocket)
	}
	if err := s.inner().close(); err != nil {
		return s.opError("close", err)
	}
	s.cleanup.Stop()
	s.inner().rec.closed()
	return nil
}

// Type returns the socket's type (ZMQ_TYPE).
func (s *Socket) Type() SocketType { return s.inner().typ }

// Context returns the context that the socket belongs to.
func (s *Socket) Context() *Context {
	if s == nil {
		return nil
	}
	return s.ctx
}

// Events returns what the socket is ready for now (ZMQ_EVENTS): PollIn, PollOut or both.
// Errors: ErrClosed; ErrTerminated.
func (s *Socket) Events() (PollEvents, error) {
	ev, err := s.inner().events()
	runtime.KeepAlive(s)
	if err != nil {
		return 0, s.opError("events", err)
	}
	return ev, nil
}

func (s *socketState) events() (PollEvents, error) {
	s.settle()
	if err := s.lock(); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	ev, errno := s.readEvents()
	s.afterCall(ev)
	return ev, errnoError(errno)
}

// String returns the socket's type and first endpoint, for logs.
func (s *Socket) String() string { return s.inner().describe() }

// opError wraps the error of an operation without endpoint or option.
func (s *Socket) opError(op string, err error) error {
	if err != ErrWouldBlock {
		return &OpError{Op: op, Type: s.inner().typ, Err: s.inner().sentence(op, err)}
	}
	s.inner().mu.Lock()
	defer s.inner().mu.Unlock()
	cached := &s.inner().wouldSend
	if op == "recv" {
		cached = &s.inner().wouldRecv
	}
	if *cached == nil {
		*cached = &OpError{Op: op, Type: s.inner().typ, Err: err}
	}
	return *cached
}
