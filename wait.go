package zmq

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.org/zmq/internal/epoll"
)

// Waiting. C only ever sees non-blocking calls; a goroutine that has to wait is
// parked here. libzmq gives each socket one descriptor for both directions, edge
// triggered, and drained by any call that processes commands. So of all goroutines
// parked on a socket one, the watcher, waits for the descriptor in Go's poller, and
// whoever makes a call into C while another goroutine is parked reads ZMQ_EVENTS in
// the same crossing and wakes those who can go on (dispatch): the edge that they
// wait for may be spent. When the watcher leaves, another one takes over (handOver).
//
// A waitQueue knows its socket as a waitSource only, so that all of this can be tested
// without an engine, in an order that the test decides. Everything here is guarded by
// waitQueue.mu, except where a comment says otherwise.

// waiter is one goroutine that is parked on a socket, or one poller's interest
// in it.
type waiter struct {
	prev, next *waiter
	list       *waitList

	op    op            // what it wants done, if it is not a poller's
	sig   chan struct{} // wakes it, unless it is the watcher
	woken bool          // it was told to try again and has not done so yet
	done  bool          // op was performed; res is the outcome
	res   result
	tried uint64 // the epoch in which its last try failed

	refused bool // libzmq refused op since it is parked
	uneasy  bool // libzmq called the socket ready and refused op all the same
	looks   looks

	poll *pollWait // not nil for a poller's interest
	want Events    // what the poller is interested in
	own  bool      // the poller watches the descriptor itself

	timer *time.Timer
}

// waitList is a list of waiters, in the order of their arrival.
type waitList struct{ first, last *waiter }

func (l *waitList) push(w *waiter) {
	w.list, w.prev, w.next = l, l.last, nil
	if l.last != nil {
		l.last.next = w
	} else {
		l.first = w
	}
	l.last = w
}

func (w *waiter) remove() {
	l := w.list
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		l.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		l.last = w.prev
	}
	w.list, w.prev, w.next = nil, nil, nil
}

var waiters = sync.Pool{New: func() any { return &waiter{sig: make(chan struct{}, 1)} }}

// waitSource is what goroutines wait on: for a socket, the engine. Its methods are called with the lock of its
// waitQueue held.
type waitSource interface {
	// stopped returns why no operation is possible any more, nil while it is.
	stopped() error
	// tryOp performs o if that is possible now. EAGAIN says that it is not; with modeSure only if the events say so
	// too, or libzmq goes on contradicting itself.
	tryOp(o *op, mode int) result
	// heldUp reports whether o has to wait for the end of another goroutine's message, whatever the events say.
	heldUp(o *op) bool
	// readEvents returns what the source is ready for. ETERM says that its end has come.
	readEvents() (Events, Errno)
	// waitFD returns the descriptor that becomes readable when the events may have changed.
	waitFD() (int, Errno)
	// noteTerminated is told of an ETERM: stopped reports it from then on.
	noteTerminated()
}

// waitQueue parks the goroutines that wait for one source. It is embedded in what it serves.
type waitQueue struct {
	mu  sync.Mutex // held around every call into C that concerns the source
	src waitSource // set before the first use

	receivers, senders, pollers waitList

	parked  int     // waiters in the three lists
	watcher *waiter // who waits for the descriptor; &background for a goroutine that is no waiter's
	epoch   uint64  // counts the occasions on which a refused waiter may try again

	background waiter // the watcher when only pollers are parked, and in the hub

	file  *os.File // a duplicate of ZMQ_FD, opened when somebody parks first
	raw   syscall.RawConn
	armed bool // file has a deadline, other than one that interrupt has set
	waits bool // the last receive had to wait: the next one does not try first
	blind bool // there is no descriptor to wait for: look every few milliseconds

	hubbed bool // the hub watches, for good
	hubFD  int

	// Method values, made once.
	onReadable   func(uintptr) bool
	onBackground func(uintptr) bool
	onCancel     func()
}

// pollWait is a goroutine that waits for several sockets at once.
type pollWait struct {
	sig   chan struct{}
	edges atomic.Pointer[epoll.Set] // interrupted too, if there are any
}

func newPollWait() *pollWait { return &pollWait{sig: make(chan struct{}, 1)} }

func (p *pollWait) notify() {
	select {
	case p.sig <- struct{}{}:
		if e := p.edges.Load(); e != nil {
			e.SetDeadline(aMomentAgo)
		}
	default:
	}
}

// aMomentAgo is a deadline that makes the watcher return at once.
var aMomentAgo = time.Unix(1, 0)

// How often a waiter looks for itself where no event can be relied upon: where
// the descriptor cannot be watched, and where libzmq says that the socket is ready
// but refuses the operation (one full peer of a ROUTER with RouterMandatory).
const (
	lookFirst = time.Millisecond
	lookLast  = 10 * time.Millisecond
)

func (q *waitQueue) listOf(o *op) *waitList {
	if o.dir() == PollIn {
		return &q.receivers
	}
	return &q.senders
}

// park puts w in one of the lists.
func (q *waitQueue) park(w *waiter, l *waitList) {
	l.push(w)
	q.parked++
}

// unpark takes w out of its list, if it is in one.
func (q *waitQueue) unpark(w *waiter) {
	if w.list != nil {
		w.remove()
		q.parked--
	}
}

// await parks the goroutine until o is done or may not be waited for any longer.
// It releases q.mu.
func (q *waitQueue) await(ctx context.Context, o *op, timeout time.Duration) (result, error) {
	var done <-chan struct{}
	if ctx != nil {
		done = ctx.Done()
	}
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	w := waiters.Get().(*waiter)
	w.op, w.woken, w.done, w.tried, w.refused, w.uneasy, w.looks = *o, false, false, 0, false, false, 0
	q.park(w, q.listOf(o))
	var err error
	for err == nil && !w.done {
		if q.watcher == &q.background && q.pollers.first == nil && !q.hubbed {
			q.watcher = nil
			q.interrupt()
		}
		// Both ways try once more before they wait: an edge that came before w was
		// in its list woke nobody.
		if q.watcher == nil && q.openFile() {
			err = q.watch(ctx, w, deadline)
		} else if !q.attempt(w) {
			err = q.sleep(done, w, deadline)
		}
		if w.done {
			break
		}
		if stopped := q.src.stopped(); stopped != nil {
			err = stopped
		} else if err == nil && ctx != nil {
			err = ctx.Err()
		}
	}
	if w.done {
		err = nil
	}
	if o.dir() == PollIn {
		q.waits = w.refused
	}
	r := w.res
	*o = w.op
	q.leave(w)
	q.mu.Unlock()
	w.op, w.res = op{}, result{}
	select {
	case <-w.sig:
	default:
	}
	waiters.Put(w)
	if err == nil {
		err = callError(r.err)
	}
	return r, err
}

// attempt tries w's operation on the socket, which is open, and wakes whoever else
// can go on. It reports whether the operation is over.
func (q *waitQueue) attempt(w *waiter) bool {
	w.woken = false
	mode := modeSure
	if q.parked > 1 {
		mode |= modeWant
	}
	r := q.src.tryOp(&w.op, mode)
	if r.err != EAGAIN {
		w.res, w.done = r, true
		q.unpark(w)
		q.afterCall(r.ev)
		return true
	}
	w.refused = true
	// A refusal is no new occasion for those who were refused in this epoch by a socket
	// that was ready: two senders would go on waking each other.
	w.tried = q.epoch
	w.uneasy = r.ev&w.op.dir() != 0 && !q.src.heldUp(&w.op)
	q.dispatch(r.ev)
	return false
}

// afterCall wakes those who can go on after a call into C that left the
// socket with these events.
func (q *waitQueue) afterCall(ev Events) {
	if q.parked > 0 {
		q.epoch++
		q.dispatch(ev)
	}
}

// kick reads the events and wakes those who can go on. It follows calls that
// do not bring the events back themselves.
func (q *waitQueue) kick() {
	if q.parked == 0 || q.src.stopped() != nil {
		return
	}
	ev, errno := q.src.readEvents()
	if errno == ETERM {
		// C code has shut the context down. Only this call learns of it: the edge is spent.
		q.src.noteTerminated()
		q.wakeAll()
		return
	}
	q.afterCall(ev)
}

// dispatch wakes one receiver, one sender and all pollers that these events concern.
// Whoever is woken and goes on passes the rest to the next.
func (q *waitQueue) dispatch(ev Events) {
	if ev&PollIn != 0 {
		q.wakeOne(q.receivers.first)
	}
	if ev&PollOut != 0 {
		q.wakeOne(q.senders.first)
	}
	for w := q.pollers.first; w != nil; w = w.next {
		if w.want&ev != 0 {
			w.woken = true
			w.poll.notify()
		}
	}
}

func (q *waitQueue) wakeOne(w *waiter) {
	for ; w != nil; w = w.next {
		if w.woken {
			return
		}
		// One that was refused while the socket called itself ready looks for itself; waking
		// it for the same readiness would go on for ever. Every other one has reason to try.
		if (w.tried != q.epoch || !w.uneasy) && !q.src.heldUp(&w.op) {
			q.wake(w)
			return
		}
	}
}

func (q *waitQueue) wake(w *waiter) {
	w.woken = true
	if q.watcher == w {
		q.interrupt()
		return
	}
	select {
	case w.sig <- struct{}{}:
	default:
	}
}

// wakeAll wakes everybody, when the source has stopped.
func (q *waitQueue) wakeAll() {
	for _, l := range []*waitList{&q.receivers, &q.senders} {
		for w := l.first; w != nil; w = w.next {
			q.wake(w)
		}
	}
	for w := q.pollers.first; w != nil; w = w.next {
		w.woken = true
		w.poll.notify()
	}
	if q.watcher == &q.background {
		q.interrupt()
	}
}

// leave takes w out of the lists and passes on what was meant for it.
func (q *waitQueue) leave(w *waiter) {
	q.unpark(w)
	if q.watcher == w {
		q.watcher = nil
	}
	if w.woken {
		w.woken = false
		q.kick()
	}
	q.handOver()
}

// handOver finds a watcher for those who stay parked.
func (q *waitQueue) handOver() {
	if q.parked == 0 || q.watcher != nil || q.src.stopped() != nil {
		return
	}
	var next *waiter
	for _, first := range []*waiter{q.receivers.first, q.senders.first} {
		for w := first; w != nil; w = w.next {
			if w.woken {
				return // it looks for itself and stays to watch if need be
			}
			if next == nil {
				next = w
			}
		}
	}
	if next != nil {
		q.wake(next)
		return
	}
	if q.serves() {
		q.watchBackground()
	}
}

// serves reports whether a poller is parked that does not watch the descriptor itself.
func (q *waitQueue) serves() bool {
	for w := q.pollers.first; w != nil; w = w.next {
		if !w.own {
			return true
		}
	}
	return false
}

// watch waits, as the watcher, until w's operation is over or err says that it may
// no longer be waited for. It releases q.mu while it waits.
func (q *waitQueue) watch(ctx context.Context, w *waiter, deadline time.Time) error {
	q.watcher = w
	file, raw := q.file, q.raw
	if q.armed || !deadline.IsZero() {
		q.armed = !deadline.IsZero()
		file.SetReadDeadline(deadline)
	}
	q.mu.Unlock()
	var stop func() bool
	if ctx != nil && ctx.Done() != nil {
		stop = context.AfterFunc(ctx, q.onCancel)
	}
	readErr := raw.Read(q.onReadable)
	if readErr != nil {
		// Before anything is checked: what interrupted this wait is then either
		// seen below or interrupts the next one.
		file.SetReadDeadline(deadline)
	}
	if stop != nil {
		stop()
	}
	q.mu.Lock()
	if q.watcher == w {
		q.watcher = nil
	}
	switch {
	case w.done || readErr == nil || q.src.stopped() != nil:
		return nil
	case !errors.Is(readErr, os.ErrDeadlineExceeded):
		q.blind = true // not a descriptor that Go's poller takes
		return nil
	case expired(deadline):
		return q.timedOut(w)
	}
	q.epoch++
	return nil
}

// readable is called in the watcher's goroutine, once when it begins to watch, after
// Go's poller has forgotten older edges, and again at every edge.
func (q *waitQueue) readable(uintptr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.watcher
	if w == nil || w == &q.background || q.src.stopped() != nil {
		return true
	}
	q.epoch++
	if q.attempt(w) {
		return true
	}
	if w.uneasy {
		q.armed = true
		q.file.SetReadDeadline(time.Now().Add(w.looks.next()))
	}
	return false
}

// looks counts how often in a row somebody has looked for himself.
type looks int

// next returns how long to wait before the next look.
func (l *looks) next() time.Duration {
	pause := min(lookFirst<<*l, lookLast)
	if pause < lookLast {
		*l++
	}
	return pause
}

// interrupt makes the watcher return from Go's poller. It may be called without q.mu
// by whoever knows that there was a watcher; one that comes too late costs the
// next watcher a turn.
func (q *waitQueue) interrupt() {
	if q.file != nil {
		q.file.SetReadDeadline(aMomentAgo)
	}
}

// watchBackground starts a goroutine that watches for pollers: they are parked on many
// sockets and can watch none.
func (q *waitQueue) watchBackground() {
	hasFile := q.openFile()
	if q.hubbed {
		return
	}
	q.watcher = &q.background
	go q.watchForPollers(hasFile)
}

func (q *waitQueue) watchForPollers(hasFile bool) {
	pause := lookFirst
	for {
		var err error
		if hasFile {
			err = q.raw.Read(q.onBackground)
		} else {
			time.Sleep(pause)
			pause = min(pause*2, lookLast)
		}
		q.mu.Lock()
		if q.watcher != &q.background || q.hubbed || q.src.stopped() != nil {
			q.mu.Unlock()
			return
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			q.file.SetReadDeadline(time.Time{})
		case hasFile:
			if err != nil {
				q.blind = true
			}
			q.watcher = nil
			q.handOver()
			q.mu.Unlock()
			return
		}
		if q.parked == 0 {
			q.watcher = nil
			q.mu.Unlock()
			return
		}
		q.kick()
		q.mu.Unlock()
	}
}

// backgroundReadable is readable for the background watcher, which stays until an
// edge finds nobody parked.
func (q *waitQueue) backgroundReadable(uintptr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.watcher != &q.background || q.parked == 0 || q.src.stopped() != nil {
		return true
	}
	q.kick()
	return q.receivers.first == nil && q.senders.first == nil && !q.serves()
}

// sleep waits until w is woken. Where there is no descriptor to watch it also looks
// for itself now and then. It releases q.mu while it waits.
func (q *waitQueue) sleep(done <-chan struct{}, w *waiter, deadline time.Time) error {
	pause := time.Duration(-1)
	if q.watcher == nil || w.uneasy {
		pause = w.looks.next()
	}
	if !deadline.IsZero() {
		if left := max(time.Until(deadline), 0); pause < 0 || left < pause {
			pause = left
		}
	}
	q.mu.Unlock()
	var tick <-chan time.Time
	if pause >= 0 {
		if w.timer == nil {
			w.timer = time.NewTimer(pause)
		} else {
			w.timer.Reset(pause)
		}
		tick = w.timer.C
	}
	select {
	case <-w.sig:
	case <-done:
	case <-tick:
	}
	if pause >= 0 {
		w.timer.Stop()
	}
	q.mu.Lock()
	if expired(deadline) && !w.woken {
		return q.timedOut(w)
	}
	return nil
}

func expired(deadline time.Time) bool {
	return !deadline.IsZero() && !time.Now().Before(deadline)
}

func (q *waitQueue) timedOut(w *waiter) error {
	if w.op.dir() == PollIn {
		return errRecvTimeout
	}
	return errSendTimeout
}

// openFile reports whether the socket has a descriptor that can be watched, and opens
// it on first use: a socket on which nobody ever waited costs no second one.
func (q *waitQueue) openFile() bool {
	if q.file != nil || q.blind || q.hubbed {
		return !q.blind && !q.hubbed
	}
	fd, err := q.src.waitFD()
	if err != 0 {
		q.blind = true
		return false
	}
	file, ok := watchable(fd)
	if !ok {
		// Descriptors are scarce. If the hub cannot be had either, perhaps later.
		if q.hubbed = joinHub(q, fd); q.hubbed {
			q.hubFD, q.watcher = fd, &q.background
		}
		return false
	}
	raw, rawErr := file.SyscallConn()
	if rawErr != nil {
		file.Close()
		q.blind = true
		return false
	}
	q.file, q.raw = file, raw
	q.onReadable, q.onBackground, q.onCancel = q.readable, q.backgroundReadable, q.interrupt
	return true
}

// closeFile ends the wait of whoever watches and waits for its end. The socket is
// stopped and q.mu is not held, since the watcher may be about to take it.
func (q *waitQueue) closeFile() {
	if q.file != nil {
		q.file.Close()
	}
}
