package zmq

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Socket is one end of a messaging pattern (zmq_socket).
//
// A Socket is safe for concurrent use by multiple goroutines. A goroutine that waits in one of its
// methods holds no thread; Close and the context's Shutdown end the wait.
//
// A Socket to which the program keeps no reference is closed by the garbage collector, also one that others are connected
// to: keep it, in a variable that is used later, for as long as it is to work.
type Socket struct {
	s        *sock
	ctx      *Context // kept alive
	cleanup  runtime.Cleanup
	requests requests
}

// sock is the part of a Socket that waiting goroutines and cleanups refer to.
type sock struct {
	seq uint64 // the order in which several are locked
	typ SocketType
	z   *zctx
	rec *record

	h           sockHandle
	closed      bool
	borrowed    bool // C code closes it
	internal    bool // the package's own, for watches
	terminated  bool // the context was shut down
	sendOpen    bool // Send has begun a message with SndMore
	sendLost    bool // and the peer that had its first part is gone
	recvOpen    bool // Recv has left parts of a message
	conflate    bool // Conflate was set
	welcomes    bool // XPubWelcomeMsg was set
	speaksRaw   bool // RouterRaw was set
	probes      bool // ProbeRouter was set
	wired       bool // has or had an endpoint that is not inproc's
	connected   bool // Connect has succeeded
	taken       bool // of a PAIR: a socket of this context has connected to its inproc name; guarded by z.mu
	watches     bool // its links are watched, or cannot be
	relays      bool // sends what is not counted in out
	inDevice    bool // belongs, or belonged, to a device
	sendTimeout time.Duration
	recvTimeout time.Duration
	sendHWM     int64 // of a Sub, as it was set: the engine has none
	unlimited   bool  // the engine has no SendHWM unless one was set
	topicMax    int
	endpoint    string          // the first one bound or connected
	boundBy     []boundAs       // what it has bound, on engines that need it to unbind
	gathered    *room           // the parts of the message that Send has begun, on engines that get them at once
	lookout     *lookout        // who is told what happens to the connections, if anybody
	pump        *pump           // whose receiving end this socket is, if it is one
	keeps       *keep           // of WatchPeers
	subscribed  map[string]int  // seen by WaitSubscriber
	everyEnd    bool            // XPubVerboser: the engine passes on the end of each subscription, not only of the last
	drains      bool            // nobody but drain receives
	sends       uint            // counted by drain
	listening   []string        // what it has bound
	nextName    string          // ConnectRoutingID, for the next Connect
	named       map[string]bool // the names that it has given
	pending     []string        // inproc names connected to before they were bound; guarded by z.mu
	waitQueue

	in, out   flow
	refused   uint64 // operations that could not be done at once
	blocked   uint64 // operations that were waited for
	crossings uint64

	wouldSend, wouldRecv error // made once, see opError
}

var sockSeq atomic.Uint64

// stopped returns why the socket cannot be used any more. s.mu is held.
func (s *sock) stopped() error {
	switch {
	case s.closed:
		return ErrClosed
	case s.terminated:
		return ErrTerminated
	}
	return nil
}

// lock locks an open socket for a call into C; unlock lets others see what it changed.
func (s *sock) lock() error {
	s.mu.Lock()
	err := s.stopped()
	if err != nil {
		s.mu.Unlock()
	}
	return err
}

// open returns why the socket cannot be used any more. It comes before the question what the engine at hand can.
func (s *sock) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped()
}

func (s *sock) unlock() {
	s.kick()
	s.mu.Unlock()
}

func (s *sock) describe() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.endpoint == "" {
		return s.typ.String()
	}
	return s.typ.String() + " " + printable(s.endpoint)
}

// close closes the C socket once, unless it is C code's. No call into C is running: each holds s.mu.
func (s *sock) close() error {
	_, err := s.leaveC(!s.borrowed)
	return err
}

// leaveC ends the use of the C socket, which it returns unless it closes it or had left it before.
func (s *sock) leaveC(closing bool) (sockHandle, error) {
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
	s.wakeAll()
	if s.hubbed {
		leaveHub(s.hubFD)
	}
	s.z.unbind(s)
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
func (s *sock) abandon() {
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
	if err := s.s.close(); err != nil {
		return s.opError("close", err)
	}
	s.cleanup.Stop()
	s.s.rec.closed()
	return nil
}

// Type returns the socket's type (ZMQ_TYPE).
func (s *Socket) Type() SocketType { return s.s.typ }

// Context returns the context that the socket belongs to.
func (s *Socket) Context() *Context { return s.ctx }

// Events returns what the socket is ready for now (ZMQ_EVENTS): PollIn, PollOut or both.
// Errors: ErrClosed; ErrTerminated.
func (s *Socket) Events() (Events, error) {
	ev, err := s.s.events()
	runtime.KeepAlive(s)
	if err != nil {
		return 0, s.opError("events", err)
	}
	return ev, nil
}

func (s *sock) events() (Events, error) {
	if err := s.lock(); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	ev, errno := cEvents(s.h)
	s.afterCall(ev)
	return ev, callError(errno)
}

// String returns the socket's type and first endpoint, for logs.
func (s *Socket) String() string { return s.s.describe() }

// opError wraps the error of an operation without endpoint or option.
func (s *Socket) opError(op string, err error) error {
	if err != ErrWouldBlock {
		return &OpError{Op: op, Type: s.s.typ, Err: s.s.sentence(op, err)}
	}
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	cached := &s.s.wouldSend
	if op == "recv" {
		cached = &s.s.wouldRecv
	}
	if *cached == nil {
		*cached = &OpError{Op: op, Type: s.s.typ, Err: err}
	}
	return *cached
}
