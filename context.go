package zmq

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sort"
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
	_       noCopy
	st      *contextState
	cleanup runtime.Cleanup
}

// contextState is the part of a Context that its sockets and cleanups refer to.
type contextState struct {
	h     ctxHandle
	owned bool // terminated here, not by the C code that it was borrowed from
	rec   *record

	engineThreads
	pumps pumps // with a lock of their own

	mu sync.Mutex // guards the groups that follow
	socketTable
	inprocNames
	termination

	authMu sync.Mutex
	auth   *authHandler // once ServeAuth was called; guarded by authMu
}

// nilContext is the state of a Context that is nil, or that NewContext has not made.
var nilContext = newContextState(false)

func (c *Context) inner() *contextState {
	if c == nil || c.st == nil {
		return nilContext
	}
	return c.st
}

// engineThreads is what a context has asked of the engine, before the engine started its threads. Fields that are not
// atomic change in NewContext only.
type engineThreads struct {
	ioThreads    int
	maxSockets   int
	extra        int // how many sockets the engine holds beyond maxSockets, for those of the package and of the engine itself
	closeTimeout time.Duration
	started      atomic.Bool            // the engine's threads run
	manner       atomic.Pointer[manner] // of the engine's threads; nil is as the system has it
}

// socketTable is which sockets a context has, and how many slots of the engine's they take. contextState.mu guards it.
type socketTable struct {
	openSockets    map[*socketState]struct{}
	internal       int                      // sockets among socks that are the package's own
	monitorSockets int                      // sockets that the engine opened by itself, for monitors
	opening        int                      // how many calls are about to have a socket, for which a slot is taken
	closed         map[SocketType]TypeStats // what the sockets have done that are closed
	last           *socketState             // the authentication handler's, which is closed after all others: see authHandler.run
}

// inprocNames is which inproc names the sockets of a context have bound and wait for. contextState.mu guards it.
type inprocNames struct {
	bound   map[string]*socketState // who bound a name
	awaited map[string]*awaited     // names that were connected to and are not bound
	zombies map[*socketState]bool   // closed sockets that keep their slot until what they connected to is bound
}

// termination is how far a context is from its end, and who holds that up. contextState.mu guards it.
type termination struct {
	stopped    bool          // Shutdown, Term or Close was called
	usedByC    bool          // C code may have sockets in it
	disowned   bool          // Disown gave it away
	stoppedInC bool          // C code has been told, if there is any
	held       int           // how many calls use the handle and keep it from being terminated; none joins once stopped is set
	changed    chan struct{} // closed when a socket or a user of the handle leaves; nil while no goroutine waits for that
	termDone   chan struct{} // not nil once termination began, closed when it ended
	termErr    error
}

// defaultCloseTimeout bounds Context.Close.
const defaultCloseTimeout = 10 * time.Second

// newContextState returns a contextState with the defaults and without a handle.
func newContextState(owned bool) *contextState {
	return &contextState{
		owned:         owned,
		engineThreads: engineThreads{ioThreads: 1, closeTimeout: defaultCloseTimeout, maxSockets: defaultMaxSockets()},
		socketTable:   socketTable{openSockets: map[*socketState]struct{}{}},
		inprocNames:   inprocNames{bound: map[string]*socketState{}, awaited: map[string]*awaited{}},
	}
}

// startPoller makes Go open the descriptors of its own poller, while there are some: it does so when the first
// timer or file needs it, and ends the process if it cannot.
var startPoller = sync.OnceFunc(func() { time.AfterFunc(time.Hour, func() {}).Stop() })

func newContext(z *contextState) *Context {
	seedRand()
	if cSpare(headroomPoller) {
		startPoller()
		openBell()
	}
	c := &Context{st: z}
	z.rec = opened("context")
	c.cleanup = runtime.AddCleanup(c, (*contextState).abandon, z)
	return c
}

// setUp applies what the context was asked for.
func (z *contextState) setUp(opts []ContextOption) error {
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

func (z *contextState) usable() error {
	switch {
	case z == nilContext:
		return errNilContext
	case z.disowned:
		return ErrClosed
	case z.stopped:
		return ErrTerminated
	}
	return nil
}

// live is usable for those who do not hold z.mu.
func (z *contextState) live() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.usable()
}

// forget removes a socket that was closed.
func (z *contextState) forget(s *socketState) {
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.openSockets, s)
	z.countInternal(s.internal, -1)
	if s.awaits(z) {
		if z.zombies == nil {
			z.zombies = map[*socketState]bool{}
		}
		z.zombies[s] = true
	}
	z.touch()
}

// Shutdown ends every call on the context's sockets, running or to come, with ErrTerminated (zmq_ctx_shutdown). It does not
// wait. The sockets still have to be closed. To end the calls of C code it may need a socket and a descriptor; if there was
// none left, a second Shutdown tries that again, as do Term and Close. Otherwise a second Shutdown does nothing. It works
// on every engine.
func (c *Context) Shutdown() error {
	defer runtime.KeepAlive(c)
	z := c.inner()
	if z == nilContext {
		return &OpError{Op: "shut context down", Type: noSocket, Err: errNilContext}
	}
	z.stop()
	return nil
}

// stop marks the context and its sockets, and wakes the goroutines that wait on them.
func (z *contextState) stop() {
	z.mu.Lock()
	if z.usedByC && z.owned && !z.stopped {
		socks := z.sockets()
		z.mu.Unlock()
		stretchLingers(socks)
		z.mu.Lock()
	}
	z.stopped = true
	z.stopInC()
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
	z.mu.Lock()
	z.touch() // not before: a Dial that waits looks whether its socket is marked
	z.mu.Unlock()
}

// stopInC ends the calls of C code. Once that was done no socket can be opened any more, with which to bind what is waited for, and
// the context could never be terminated: so where there is none now a later stop does it, or the termination. z.mu is held.
func (z *contextState) stopInC() {
	if z.stoppedInC || z.termDone != nil {
		return
	}
	if z.bindAwaited(0) != nil {
		return
	}
	z.stoppedInC = true
	if z.usedByC && z.owned && !z.disowned {
		cCtxShutdown(z.h)
	}
}

func (z *contextState) sockets() []*socketState {
	socks := make([]*socketState, 0, len(z.openSockets))
	for s := range z.openSockets {
		socks = append(socks, s)
	}
	return socks
}

// Term terminates the context (zmq_ctx_term, zmq_term): it does what Shutdown does, waits until all its sockets are closed and
// their linger periods are over, and frees the context. It waits until ctx ends; the error names the sockets that are still
// open then, termination goes on, and a later Term joins it. Messages that were sent are kept until delivered for as long as
// each socket's Linger says, which by default is without end.
//
// Errors: ctx.Err() when ctx ended first; ErrTooManyFiles and ErrMaxSockets when the engine
// lacks the means to terminate safely: close something and call it again.
func (c *Context) Term(ctx context.Context) error {
	defer runtime.KeepAlive(c)
	z := c.inner()
	if z == nilContext {
		return &OpError{Op: "terminate context", Type: noSocket, Err: errNilContext}
	}
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
func (z *contextState) terminate() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.termDone != nil {
		return nil
	}
	if !z.owned || z.disowned {
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
func (z *contextState) awaitClosed() {
	z.await(func() bool { return len(z.openSockets) == 0 && z.held == 0 })
	close(z.termDone)
}

// awaitOthers waits until s is the only socket left that the user opened here.
func (z *contextState) awaitOthers(s *socketState) {
	z.await(func() bool {
		for other := range z.openSockets {
			if other != s && !other.internal {
				return false
			}
		}
		return true
	})
}

// stillOpen says what a termination waits for.
func (z *contextState) stillOpen(err error) error {
	z.mu.Lock()
	socks, last := slices.DeleteFunc(z.sockets(), func(s *socketState) bool { return s.internal }), z.last
	z.mu.Unlock()
	if len(socks) == 0 {
		return withReason(err, fmt.Sprintf("%v: all sockets are closed, but messages are still being delivered (see Linger)", err))
	}
	var open []string
	for _, s := range socks { // without z.mu, which is locked after a socketState's
		if s != last || len(socks) == 1 {
			open = append(open, s.describe())
		}
	}
	sort.Strings(open)
	return withReason(err, fmt.Sprintf("%v: %d open: %s", err, len(open), strings.Join(open, ", ")))
}

// closeGrace is what Close allows for, beyond CloseTimeout, for the end of linger periods to be noticed, and stretched.
const closeGrace = 250 * time.Millisecond

// Close shuts the context down, closes the sockets that are left, and terminates it, within a bounded time. Sockets that
// were left open linger for no longer than CloseTimeout (10 seconds unless set). If the termination takes longer than that
// in all, Close returns an error that is os.ErrDeadlineExceeded, and the termination goes on in the background. A second
// Close does the same again. Errors: those of Term.
func (c *Context) Close() error {
	defer runtime.KeepAlive(c)
	z := c.inner()
	if z == nilContext {
		return &OpError{Op: "close context", Type: noSocket, Err: errNilContext}
	}
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
func (z *contextState) closeAll() []*socketState {
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
func (z *contextState) abandon() {
	z.rec.forgotten()
	go func() {
		z.closeAll()
		z.terminate()
	}()
}

// await waits until something is so, of which touch tells. z.mu is held around so, and not by the caller. The channel
// lives no longer than the wait, so that goroutines of different synctest bubbles have none in common.
func (z *contextState) await(so func() bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for !so() {
		changed := z.nextChange()
		z.mu.Unlock()
		<-changed
		z.mu.Lock()
	}
}

// touch wakes those who wait in await. z.mu is held.
func (z *contextState) touch() {
	if z.changed != nil {
		close(z.changed)
		z.changed = nil
	}
}

// nextChange returns a channel that is closed when touch is called next. z.mu is held.
func (z *contextState) nextChange() <-chan struct{} {
	if z.changed == nil {
		z.changed = make(chan struct{})
	}
	return z.changed
}
