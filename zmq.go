package zmq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Context holds sockets, their I/O threads, and the inproc endpoints by which they find
// each other (zmq_init, zmq_ctx_new). A program may have several; they share nothing.
//
// A Context is safe for concurrent use by multiple goroutines.
type Context struct {
	z       *zctx
	cleanup runtime.Cleanup
}

// zctx is the part of a Context that its sockets and cleanups refer to.
type zctx struct {
	h            ctxHandle
	owned        bool // terminated here, not by the C code that it was borrowed from
	ioThreads    int
	maxSockets   int
	started      atomic.Bool // the engine's threads run
	closeTimeout time.Duration
	rec          *record
	manner       atomic.Pointer[manner] // of the engine's threads; nil is as the system has it

	pumps    pumps
	internal int // sockets among socks that are the package's own
	extra    int // how many sockets the engine holds beyond maxSockets, for those of the package and of the engine itself

	mu       sync.Mutex
	hidden   int  // sockets that the engine opened by itself, for monitors
	stopped  bool // Shutdown, Term or Close was called
	shared   bool // C code may have sockets in it
	held     int  // how many calls use the handle and keep it from being terminated; none joins once stopped is set
	opening  int  // how many of them are about to have a socket, for which a slot is taken
	lost     bool // Disown gave it away
	socks    map[*sock]struct{}
	bound    map[string]*sock    // inproc names and who bound them
	awaited  map[string]*awaited // inproc names that were connected to and are not bound
	stuck    map[*sock]bool      // closed sockets that keep their slot until what they connected to is bound
	changed  chan struct{}       // closed when a socket or a user of the handle leaves; nil while nobody waits for that
	termDone chan struct{}       // not nil once termination began, closed when it ended
	termErr  error

	authMu sync.Mutex
	auth   any   // the *authHandler, once ServeAuth was called
	last   *sock // its socket, which is closed after all others: see authHandler.run
}

// defaultCloseTimeout bounds Context.Close.
const defaultCloseTimeout = 10 * time.Second

// newZctx returns a zctx with the defaults and without a handle.
func newZctx(owned bool) *zctx {
	return &zctx{
		owned: owned, ioThreads: 1, closeTimeout: defaultCloseTimeout, maxSockets: defaultMaxSockets(),
		socks: map[*sock]struct{}{}, bound: map[string]*sock{}, awaited: map[string]*awaited{},
	}
}

// NewContext returns a context (zmq_ctx_new, zmq_init before 3.2). Without options it has one
// I/O thread and room for as many sockets as the engine allows.
//
// Errors: EINVAL for an option out of its range; EPERM and others for threads that the system does not allow;
// ErrTooManyFiles; ErrTooManyThreads; a *VersionError for an engine or an option that is not supported.
func NewContext(opts ...ContextOption) (*Context, error) {
	if err := checkEngine(); err != nil {
		return nil, err
	}
	z := newZctx(true)
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

// startPoller makes Go open the descriptors of its own poller, while there are some: it does so when the first
// timer or file needs it, and ends the process if it cannot.
var startPoller = sync.OnceFunc(func() { time.AfterFunc(time.Hour, func() {}).Stop() })

func newContext(z *zctx) *Context {
	seedRand()
	if cSpare(headroomPoller) {
		startPoller()
	}
	c := &Context{z: z}
	z.rec = opened("context")
	c.cleanup = runtime.AddCleanup(c, (*zctx).abandon, z)
	return c
}

// setUp applies what the context was asked for.
func (z *zctx) setUp(opts []ContextOption) error {
	if apiVersion().AtLeast(Version{3, 2, 0}) {
		limit, errno := cCtxGet(z.h, ctxSocketLimit)
		if errno == 0 && limit > z.maxSockets && z.maxSockets == defaultMaxSockets() {
			z.maxSockets = limit
		}
		// One more than is promised, see NewSocket, and as many again for watches, where the engine has them.
		extra := min(z.maxSockets, max(limit-z.maxSockets, 0))
		if errno := cCtxSet(z.h, ctxMaxSockets, z.maxSockets+extra); errno != 0 {
			return MaxSockets(z.maxSockets).error(errno)
		}
		z.extra = extra
	}
	for _, o := range opts {
		if err := o.apply(z); err != nil {
			return o.error(err)
		}
	}
	// All options together, before there is a thread.
	if option, err := z.plan(nil); err != nil {
		return ContextOption{name: option}.error(err)
	}
	return nil
}

// defaultMaxSockets is what an engine gives that cannot be asked.
func defaultMaxSockets() int {
	if LibraryVersion().AtLeast(Version{3, 2, 0}) {
		return 1023
	}
	return 512
}

// NewSocket opens a socket of the given type in the context (zmq_socket) and applies the
// options in their order; if one fails no socket is left behind. Close it when done; a Socket
// that was forgotten is closed some time after the garbage collector found out, and lingers no longer than
// the context's CloseTimeout.
//
// Errors: EINVAL for an unknown type; ErrTerminated; ErrTooManyFiles; ErrTooManyThreads; ErrMaxSockets; a
// *VersionError for a type that the engine lacks; those of the options.
func (c *Context) NewSocket(t SocketType, opts ...SocketOption) (*Socket, error) {
	defer runtime.KeepAlive(c)
	if err := c.z.checkType(t); err != nil {
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

func (z *zctx) checkType(t SocketType) error {
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
			return because(ErrNotSupported, "this engine was built without the draft socket types")
		}
	case t < Pair || t > Channel:
		return because(EINVAL, "unknown socket type "+strconv.Itoa(int(t)))
	}
	return nil
}

// socketSpec is what a Socket is from its first moment on. Once it is in its context's table other goroutines may use it:
// Context.Close may close it at once.
type socketSpec struct {
	typ   SocketType
	kind  string // what the leak record calls it
	label string // what describe says before it has an endpoint

	foreign  sockHandle // C code's own socket; if there is none, one is opened
	borrowed bool       // which C code closes

	internal bool // the package's own, for watches
	pump     *pump
}

// openSocket makes a Socket, the only way there is.
func (c *Context) openSocket(spec socketSpec) (*Socket, error) {
	z := c.z
	if err := z.enter(spec); err != nil {
		return nil, err
	}
	s, err := z.newSock(spec)
	if err == nil {
		s.rec = opened(spec.kind)
	}
	if err := z.settle(spec, s, err); err != nil {
		return nil, err
	}
	out := &Socket{s: s, ctx: c}
	if spec.typ == Dealer {
		out.requests.token = make(chan struct{}, 1)
	}
	out.cleanup = runtime.AddCleanup(out, func(s *sock) {
		s.rec.forgotten()
		go s.abandon()
	}, s)
	return out, nil
}

func (spec socketSpec) opens() bool { return spec.foreign == (sockHandle{}) }

// enter keeps the context from being terminated until settle. It takes a slot for a socket that is to be opened: a
// termination that finds none for what it has to do aborts the process.
func (z *zctx) enter(spec socketSpec) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := z.usable(); err != nil {
		return err
	}
	if spec.opens() {
		if z.full(spec.internal) {
			return z.tooManySockets()
		}
		z.opening++
		z.countInternal(spec.internal, 1)
	}
	z.held++
	return nil
}

// newSock makes a sock that nobody else knows.
func (z *zctx) newSock(spec socketSpec) (*sock, error) {
	s := &sock{
		seq: sockSeq.Add(1), h: spec.foreign, typ: spec.typ, z: z, endpoint: spec.label, borrowed: spec.borrowed,
		internal: spec.internal, pump: spec.pump,
		sendTimeout: Infinite, recvTimeout: Infinite, topicMax: defaultTopicMax,
	}
	s.src = s
	if !spec.opens() {
		s.wired, s.connected, s.relays = true, true, true // for all that is known
		s.readTimeouts()
		return s, nil
	}
	var err error
	if s.h, err = z.socket(spec.typ); err == nil {
		s.unlimitFilters()
	}
	return s, err
}

// settle ends what enter began: it puts the socket into the context's table, in place of the slot that was taken, unless
// there is none or the context was stopped meanwhile.
func (z *zctx) settle(spec socketSpec, s *sock, err error) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.held--
	if spec.opens() {
		z.opening--
	}
	z.touch()
	if err != nil {
		z.countInternal(spec.internal, -1)
		return err
	}
	if err := z.usable(); err != nil {
		z.countInternal(spec.internal, -1)
		s.rec.closed()
		if spec.opens() {
			cClose(s.h)
		}
		return err
	}
	z.socks[s] = struct{}{}
	return nil
}

// socket opens a C socket. The slot of one that was closed comes back when the engine's reaper has run: that is waited
// for, a moment.
func (z *zctx) socket(t SocketType) (sockHandle, error) {
	h, err := z.trySocket(t)
	for patience := 0; err == ErrMaxSockets && patience < 100; patience++ {
		time.Sleep(time.Millisecond)
		h, err = z.trySocket(t)
	}
	return h, err
}

// trySocket calls zmq_socket. Want of descriptors would abort the process inside libzmq.
func (z *zctx) trySocket(t SocketType) (sockHandle, error) {
	descriptors.Lock()
	defer descriptors.Unlock()
	if err := z.tryThreads(); err != nil {
		return sockHandle{}, err
	}
	spare := headroomSocket
	if !z.started.Load() {
		spare += headroomThreads(z.ioThreads) // the first one starts the threads
	}
	if !cSpare(spare) {
		return sockHandle{}, ErrTooManyFiles
	}
	h, errno := cSocket(z.h, t)
	switch errno {
	case 0:
		z.started.Store(true)
		return h, nil
	case EMFILE:
		return h, z.tooManySockets() // there are descriptors: it must be the other limit
	case ETERM:
		return h, ErrTerminated
	case EINVAL:
		return h, because(EINVAL, "the engine does not know this socket type")
	}
	return h, errno
}

// full reports whether there is no slot left for one more socket, with one kept back: a termination that finds none for
// what it has to do aborts the process. Sockets of the package's own, for watches, do not count as the user's. z.mu is held.
func (z *zctx) full(internal bool) bool {
	users := len(z.socks) + z.opening - z.internal + len(z.stuck) + 1
	all := users + z.internal + z.hidden
	return z.owned && (!internal && users >= z.maxSockets || all >= z.maxSockets+z.extra)
}

// countInternal keeps count of the package's own sockets. z.mu is held.
func (z *zctx) countInternal(internal bool, n int) {
	if internal {
		z.internal += n
	}
}

// live is usable for those who do not hold z.mu.
func (z *zctx) live() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.usable()
}

func (z *zctx) usable() error {
	switch {
	case z.lost:
		return ErrClosed
	case z.stopped:
		return ErrTerminated
	}
	return nil
}

// touch wakes those who wait in await. z.mu is held.
func (z *zctx) touch() {
	if z.changed != nil {
		close(z.changed)
		z.changed = nil
	}
}

// await waits until something is so, of which touch tells. z.mu is held around so, and not by the caller. The channel
// lives no longer than the wait, so that goroutines of different synctest bubbles have none in common.
func (z *zctx) await(so func() bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for !so() {
		if z.changed == nil {
			z.changed = make(chan struct{})
		}
		changed := z.changed
		z.mu.Unlock()
		<-changed
		z.mu.Lock()
	}
}

// forget removes a socket that was closed.
func (z *zctx) forget(s *sock) {
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.socks, s)
	z.countInternal(s.internal, -1)
	if s.awaits(z) {
		if z.stuck == nil {
			z.stuck = map[*sock]bool{}
		}
		z.stuck[s] = true
	}
	z.touch()
}

// unbind forgets the inproc names that a socket has bound, and notes that it no longer waits for others. It comes before
// the socket is closed in C: who connects in between is taken for one who waits, which does no harm; the other way round
// nobody would bind what it waits for.
func (z *zctx) unbind(s *sock) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, name := range s.pending {
		if a := z.awaited[name]; a != nil {
			a.left = true
		}
	}
	for name, by := range z.bound {
		if by == s {
			delete(z.bound, name)
		}
	}
}

// awaited is what is known of those who have connected to an inproc name that is not bound.
type awaited struct {
	router bool // a Router or Rep is among them
	left   bool // somebody may have left, and cannot be sent a message
}

// awaits reports whether the socket has connected to an inproc name that is not bound yet. z.mu is held.
func (s *sock) awaits(z *zctx) bool {
	return slices.ContainsFunc(s.pending, z.isAwaited)
}

// awaitsAt is awaits for one name.
func (s *sock) awaitsAt(z *zctx, name string) bool {
	return z.isAwaited(name) && slices.Contains(s.pending, name)
}

func (z *zctx) isAwaited(name string) bool { return z.awaited[name] != nil }

// found takes a name off those that are waited for, and with it the closed sockets that waited. z.mu is held.
func (z *zctx) found(name string) {
	delete(z.awaited, name)
	maps.DeleteFunc(z.stuck, func(s *sock, _ bool) bool { return !s.awaits(z) })
}

// Shutdown ends every call on the context's sockets, running or to come, with ErrTerminated
// (zmq_ctx_shutdown). It does not wait. The sockets still have to be closed. A second
// Shutdown does nothing. It works on every engine.
func (c *Context) Shutdown() error {
	defer runtime.KeepAlive(c)
	c.z.stop()
	return nil
}

// stop marks the context and its sockets, and wakes whoever waits on them.
func (z *zctx) stop() {
	z.mu.Lock()
	if z.shared && z.owned && !z.stopped {
		socks := z.sockets()
		z.mu.Unlock()
		stretchLingers(socks)
		z.mu.Lock()
	}
	if !z.stopped {
		z.stopped = true
		z.bindAwaited(0)
		if z.shared && z.owned && !z.lost {
			cCtxShutdown(z.h)
		}
	}
	socks := z.sockets()
	z.mu.Unlock()
	// Even if another call has come first: it may not be through yet, and what follows counts on
	// no socket being in use.
	for _, s := range socks {
		s.mu.Lock()
		p := s.pump
		if p == nil {
			s.terminated = true
			s.wakeAll()
		}
		s.mu.Unlock()
		if p != nil {
			p.stop() // it ends by itself, when the engine sends it nothing any more
		}
	}
}

func (z *zctx) sockets() []*sock {
	socks := make([]*sock, 0, len(z.socks))
	for s := range z.socks {
		socks = append(socks, s)
	}
	return socks
}

// bindAwaited binds the inproc names that sockets wait for in vain. Terminating does the
// same, and aborts the process if it finds no socket left to do it with, or if a Router or Rep waits that is not
// the first: it binds a PAIR, which turns all but one away; a DEALER takes them all.
//
// Descriptors come back when the engine's reaper has run: patience is how many milliseconds to wait for them.
func (z *zctx) bindAwaited(patience int) error {
	if !z.owned || z.lost {
		return nil
	}
	for name := range z.awaited {
		h, err := z.socket(Dealer)
		for ; err == ErrTooManyFiles && patience > 0; patience-- {
			time.Sleep(time.Millisecond)
			h, err = z.socket(Dealer)
		}
		if err == ErrTooManyFiles {
			return err
		}
		if err != nil {
			return ErrMaxSockets
		}
		cEndpoint(h, endpointBind, name)
		cClose(h)
		z.found(name)
	}
	return nil
}

// Term terminates the context (zmq_ctx_term, zmq_term): it does what Shutdown does, waits until
// all its sockets are closed and their linger periods are over, and frees the context. It
// waits until ctx ends; the error names who is still open then, termination goes on, and a
// later Term joins it. Messages that were sent are kept until delivered for as long as each
// socket's Linger says, which by default is without end.
//
// Errors: ctx.Err() when ctx ended first; ErrTooManyFiles and ErrMaxSockets when the engine
// lacks the means to terminate safely: close something and call it again.
func (c *Context) Term(ctx context.Context) error {
	defer runtime.KeepAlive(c)
	z := c.z
	z.stop()
	if err := z.terminate(); err != nil {
		return &OpError{Op: "terminate context", Type: noSocket, Err: err}
	}
	if ctx == nil {
		ctx = context.Background()
	}
	select {
	case <-z.termDone:
	default:
		select {
		case <-z.termDone:
		case <-ctx.Done():
			return &OpError{Op: "terminate context", Type: noSocket, Err: z.stillOpen(ctx.Err())}
		}
	}
	c.cleanup.Stop()
	z.rec.closed()
	return z.termErr
}

// terminate begins the termination, once. It runs on a goroutine of its own, since
// zmq_term blocks its thread until it is over.
func (z *zctx) terminate() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.termDone != nil {
		return nil
	}
	if !z.owned || z.lost {
		z.termDone = make(chan struct{})
		go z.awaitClosed()
		return nil
	}
	if err := z.bindAwaited(100); err != nil {
		return err
	}
	done := make(chan struct{})
	z.termDone = done
	go func() {
		z.await(func() bool { return z.held == 0 })
		if errno := cCtxTerm(z.h); errno != 0 {
			z.termErr = &OpError{Op: "terminate context", Type: noSocket, Err: errno}
		}
		close(done)
	}()
	return nil
}

// awaitClosed ends the termination of a context that belongs to C code: when the sockets
// that were opened here are closed.
func (z *zctx) awaitClosed() {
	z.await(func() bool { return len(z.socks) == 0 && z.held == 0 })
	close(z.termDone)
}

// awaitOthers waits until s is the only socket left that the user opened here.
func (z *zctx) awaitOthers(s *sock) {
	z.await(func() bool {
		for other := range z.socks {
			if other != s && !other.internal {
				return false
			}
		}
		return true
	})
}

// stillOpen says what a termination waits for.
func (z *zctx) stillOpen(err error) error {
	z.mu.Lock()
	socks, last := slices.DeleteFunc(z.sockets(), func(s *sock) bool { return s.internal }), z.last
	z.mu.Unlock()
	if len(socks) == 0 {
		return because(err, fmt.Sprintf("%v: all sockets are closed, but messages are still being delivered (see Linger)", err))
	}
	var open []string
	for _, s := range socks { // without z.mu, which is locked after a sock's
		if s != last || len(socks) == 1 {
			open = append(open, s.describe())
		}
	}
	sort.Strings(open)
	return because(err, fmt.Sprintf("%v: %d open: %s", err, len(open), strings.Join(open, ", ")))
}

// closeGrace is what Close allows for, beyond CloseTimeout, for the end of linger periods to be noticed, and stretched.
const closeGrace = 250 * time.Millisecond

// Close shuts the context down, closes the sockets that are left, and terminates it. It is
// the bounded way out: sockets that were left open linger for no longer than CloseTimeout
// (10 seconds unless set), and if the termination takes longer than that in all Close returns an error
// that is os.ErrDeadlineExceeded while the rest goes on by itself. A second Close does the
// same again. Errors: those of Term.
func (c *Context) Close() error {
	defer runtime.KeepAlive(c)
	z := c.z
	for _, s := range z.closeAll() {
		s.rec.closed()
	}
	ctx, cancel := context.WithTimeout(context.Background(), z.closeTimeout+closeGrace)
	defer cancel()
	err := c.Term(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return &OpError{Op: "close context", Type: noSocket, Err: z.stillOpen(errCloseTimeout)}
	}
	return err
}

// closeAll stops the context and closes its sockets, which it returns, with a bounded linger.
func (z *zctx) closeAll() []*sock {
	z.stop()
	z.mu.Lock()
	socks, last := z.sockets(), z.last
	z.mu.Unlock()
	if i := slices.Index(socks, last); i >= 0 {
		socks = append(slices.Delete(socks, i, i+1), last)
	}
	for _, s := range socks {
		if s.internal {
			continue
		}
		s.mu.Lock()
		s.boundLinger(z.closeTimeout)
		s.mu.Unlock()
		s.close()
	}
	return socks
}

// abandon is the cleanup of a Context that was forgotten, and with it all its sockets.
func (z *zctx) abandon() {
	z.rec.forgotten()
	go func() {
		z.closeAll()
		z.terminate()
	}()
}

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

func (s *Socket) endpointError(op, endpoint string, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Type: s.s.typ, Endpoint: endpoint, Err: err}
}

// Bind makes the socket accept peers at endpoint (zmq_bind), for example "tcp://*:5555",
// "tcp://127.0.0.1:*" (any free port, see LastEndpoint), "ipc:///run/service" or "inproc://jobs". A socket may
// have many endpoints. Where a socket of this program that was just closed or unbound still has the endpoint, Bind waits until
// the engine has let go of it, for no longer than five seconds.
//
// "ipc://*" makes a new folder, with the socket in it, where TMPDIR, TEMPDIR or TMP says, and without them in
// the working directory: LastEndpoint is a relative path then, for those who work there. Engines before 4.2 always
// use the working directory.
//
// Errors: EINVAL for a malformed endpoint; EPROTONOSUPPORT; ENOCOMPATPROTO; EADDRINUSE, for ipc also when a
// live process has the path; EEXIST when an ordinary file has it; EADDRNOTAVAIL; ENODEV; EACCES;
// EMTHREAD without I/O threads; ErrTooManyFiles; ErrClosed; ErrTerminated.
func (s *Socket) Bind(endpoint string) error { return s.attach(endpointBind, endpoint) }

// Connect connects the socket to endpoint (zmq_connect). Except for inproc the connection is made in
// the background, and again when it is lost; success says nothing about the peer.
//
// Connecting again to the same tcp or ipc endpoint does nothing for Dealer, Req, Pub and Sub. For other types, and over
// inproc, it makes another connection, which counts as another peer: a Push sends it a second share. Disconnect ends all
// of them.
//
// libzmq does not make a connection again that a protocol error ended: a socket of the wrong type or with other security at
// the endpoint, a denial, a message larger than MaxMsgSize. This package does, over tcp, ipc and ws, after
// ReconnectInterval and up to ReconnectIntervalMax; a Monitor reports it as EventConnectRetried with the reason, Stats counts
// it as one of ProtocolErrors. What was queued for that peer is lost. From then on a Push, Dealer, Req or Pair has
// the option Immediate, so that nothing more is queued for a peer that may refuse it again. Connections that
// ConnectRoutingID named are not made again then, nor are those of a socket whose mechanism was changed since. For this
// such a socket is watched (libzmq 4.0), which takes one socket of the engine's and its descriptor; where there is none left, it does without.
//
// A host's name is looked up by the engine, in an I/O thread, each time that the connection is made, until it was found. A
// name server that does not answer holds up all sockets of that thread meanwhile: give an address, or IOThreads and an
// Affinity of its own to such a socket.
//
// Errors: EINVAL for a malformed endpoint; EPROTONOSUPPORT; ENOCOMPATPROTO; ECONNREFUSED for inproc
// endpoints that are not bound, before engine 4.0; EMTHREAD without I/O threads; ErrTooManyFiles;
// ErrClosed; ErrTerminated.
func (s *Socket) Connect(endpoint string) error { return s.attach(endpointConnect, endpoint) }

// Unbind ends what Bind began (zmq_unbind): no new peers come in, and the connections that came in there end; what they
// brought can still be received. An endpoint with a wildcard is named as LastEndpoint returned it.
//
// Where messages of several parts are on their way out to peers that may end at the same moment, close the socket
// instead, unless LinkInfo calls the engine hardened: another libzmq can abort the process when a connection is lost while
// it is being unbound.
//
// Errors: ENOENT for an endpoint that is not bound; EFSM amid a message that is received part by part; a *VersionError
// before libzmq 3.2; those of Bind.
func (s *Socket) Unbind(endpoint string) error { return s.detach(endpointUnbind, endpoint) }

// Disconnect ends what Connect began (zmq_disconnect). Messages that are waiting for that peer linger as after Close;
// those that came from it are dropped. Where that takes longer than a tenth of a second, the peer may notice only when
// the socket is used next: libzmq ends a connection while its socket is called. Errors: ENOENT for an endpoint that is
// not connected; EFSM amid a message that is received part by part, and for a Sub, XSub, Router or Rep that gets messages of
// several parts, of which one is waiting, and is not received within a tenth of a second: receive it, and try again; a
// *VersionError before libzmq 3.2; those of Connect.
func (s *Socket) Disconnect(endpoint string) error { return s.detach(endpointDisconnect, endpoint) }

var endpointOps = map[int]string{
	endpointBind: "bind", endpointConnect: "connect", endpointUnbind: "unbind", endpointDisconnect: "disconnect",
}

func (s *Socket) attach(what int, endpoint string) error {
	defer runtime.KeepAlive(s)
	return s.endpointError(endpointOps[what], endpoint, s.s.attach(what, endpoint))
}

func (s *sock) attach(what int, endpoint string) error {
	err := s.attachOnce(what, endpoint)
	if what == endpointBind && err != nil {
		err = s.bindAgain(endpoint, err, func() error { return s.attachOnce(what, endpoint) })
	}
	return err
}

func (s *sock) attachOnce(what int, endpoint string) error {
	// Outside the lock: looking at a path or a name may take its time.
	target, err := s.checkEndpoint(what, endpoint)
	if err != nil {
		return err
	}
	if what == endpointConnect && networked(target) {
		s.watchLinks()
	}
	if err := s.lock(); err != nil {
		return err
	}
	err = s.call(what, target, endpoint)
	s.unlock()
	if e, bare := err.(Errno); bare {
		return s.explain(what, endpoint, e)
	}
	return err
}

// call performs what with enough descriptors at hand. s.mu is held.
func (s *sock) call(what int, target, endpoint string) error {
	var errno Errno
	if strings.HasPrefix(target, "inproc://") {
		var err error
		if errno, err = s.callInproc(what, target); err != nil {
			return err
		}
	} else {
		spare := headroomConnect
		if what == endpointBind {
			spare = headroomBind
		}
		s.shedDead()
		descriptors.Lock()
		defer descriptors.Unlock()
		fd, id, err := s.beforeWire(what, target)
		if err != nil {
			return err
		}
		if !cSpare(spare) {
			return ErrTooManyFiles
		}
		if err := s.secondPeer(what, ""); err != nil {
			return err
		}
		if what == endpointConnect && s.lookout != nil {
			s.lookout.connected(target)
			s.expectLink(target)
		}
		errno = cEndpoint(s.h, what, target)
		if what == endpointConnect {
			s.settleLink(target, errno)
		}
		if errno == EMFILE {
			return ErrTooManyFiles
		}
		if errno == 0 {
			s.tookFD(fd, id)
		}
		s.wired = true
		if errno == 0 && what == endpointBind {
			s.noteBound(target)
		}
	}
	if errno == 0 {
		if what == endpointConnect {
			s.useName()
		}
		s.connected = s.connected || what == endpointConnect
		if what == endpointBind {
			s.listens(target)
		}
		if s.endpoint == "" {
			s.endpoint = endpoint
		}
	}
	return callError(errno)
}

// callInproc keeps account of inproc names that are waited for, see bindAwaited. One call at a time: libzmq joins a
// bound and a connected socket in two steps, between which a PAIR might find that it has a peer already and
// turn this one away. s.mu is held.
func (s *sock) callInproc(what int, name string) (Errno, error) {
	z := s.z
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := s.refuseInproc(what, name); err != nil {
		return 0, err
	}
	if err := s.secondPeer(what, name); err != nil {
		return 0, err
	}
	errno := cEndpoint(s.h, what, name)
	switch {
	case errno != 0:
	case what == endpointConnect && z.bound[name] != nil:
		z.bound[name].taken = true
	case what == endpointBind:
		z.bound[name] = s
		z.found(name)
	case what == endpointConnect && z.bound[name] == nil:
		a := z.awaited[name]
		if a == nil {
			a = &awaited{}
			z.awaited[name] = a
		}
		a.router = a.router || s.typ.is(Router, Rep)
		a.left = a.left || s.typ == Pair // it may have a peer, and then wants no other
		if !slices.Contains(s.pending, name) {
			s.pending = append(slices.DeleteFunc(s.pending, func(n string) bool { return !z.isAwaited(n) }), name)
		}
	case what != endpointConnect && z.bound[name] == s: // Disconnect does the same as Unbind
		delete(z.bound, name)
	case what != endpointConnect && s.awaitsAt(z, name):
		z.awaited[name].left = true
	}
	return errno, nil
}

// refuseInproc refuses what makes libzmq abort the process, there and then or when the name is bound. z.mu is held.
func (s *sock) refuseInproc(what int, name string) error {
	z := s.z
	waiting := z.awaited[name]
	switch {
	case what == endpointUnbind || what == endpointDisconnect:
		if s.typ.is(Router, Rep) && s.awaitsAt(z, name) {
			return because(EINVAL, "nobody has bound the name yet: libzmq cannot take back that a router or rep waits for it; close the socket instead")
		}
	case s.typ == Stream:
		return because(ENOCOMPATPROTO, "a stream socket's peers are not ØMQ's: it has none over inproc")
	case what == endpointBind && s.typ == Pair && waiting != nil && waiting.router:
		return because(EINVAL, "a router or rep has connected to this name before: a pair cannot be its peer")
	case what == endpointBind && s.welcomes && waiting != nil && waiting.left:
		return because(EINVAL, "a socket that had connected to this name has left, or is a pair: it cannot be sent the welcome message; bind first, or set XPubWelcomeMsg after that")
	case what == endpointConnect && z.bound[name] == nil:
		// Its queue has room for one message, where both what libzmq leaves there for the peer to come and the
		// end of the queue have to go.
		if on, errno := cGetInt(s.h, optConflate); errno == 0 && on != 0 {
			return because(ECONNREFUSED, "nobody has bound the name yet: a socket with Conflate connects to those that are bound")
		}
	}
	return nil
}

func (s *Socket) detach(what int, endpoint string) error {
	defer runtime.KeepAlive(s)
	name := endpointOps[what]
	err := s.s.open()
	if err == nil {
		err = need(strings.ToUpper(name[:1])+name[1:], Version{3, 2, 0})
	}
	if err == nil {
		_, _, err = splitEndpoint(endpoint)
	}
	if err == nil {
		err = s.s.detach(what, endpoint)
	}
	if e, bare := err.(Errno); bare {
		err = s.s.explain(what, endpoint, e)
	}
	return s.endpointError(name, endpoint, err)
}

func (s *sock) detach(what int, endpoint string) error {
	if err := s.lockUnfetched(what); err != nil {
		return err
	}
	if s.recvOpen && s.connected {
		// libzmq would miss the rest, and abort the process.
		s.unlock()
		return because(EFSM, "part of a message was received and the rest was not: receive it first")
	}
	var errno Errno
	if strings.HasPrefix(endpoint, "inproc://") {
		var err error
		if errno, err = s.callInproc(what, endpoint); err != nil {
			s.unlock()
			return err
		}
		if errno != 0 {
			s.unlock()
			return s.inprocStays(what, endpoint, errno)
		}
	} else {
		name, err := s.engineName(endpoint)
		if err != nil {
			s.unlock()
			return err
		}
		if errno = s.detachSlowly(what, name); errno == 0 {
			s.unbound(name)
		} else if errno == ENOENT && s.isShed(endpoint) {
			errno = 0
		}
	}
	if errno == 0 && what == endpointUnbind {
		s.letGo(endpoint)
	}
	w := s.lookout
	renamed := errno == 0 && w != nil && w.left(endpoint) // Unbind does the same as Disconnect
	s.unlock()
	if renamed {
		w.leftName(endpoint)
	}
	if errno == 0 {
		return nil
	}
	return s.explain(what, endpoint, errno)
}

// LastEndpoint returns the endpoint of the last Bind or Connect as the engine resolved it, which is where
// a wildcard port is found (ZMQ_LAST_ENDPOINT). Errors: a *VersionError before libzmq 3.2; ErrClosed;
// ErrTerminated.
func (s *Socket) LastEndpoint() (string, error) { return lastEndpoint.Get(s) }

// How many descriptors must be free before libzmq may be asked to do something: with less it
// aborts the process instead of failing, or leaves the program none to recover with.
const (
	headroomPoller  = 3
	headroomContext = 8
	headroomSocket  = 6
	headroomConnect = 8
	headroomBind    = 14
)

// descriptors is held while descriptors are counted and used up.
var descriptors sync.Mutex
