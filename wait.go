package zmq

import (
	"context"
	"os"
	"sync"
	"syscall"
	"time"
)

// Waiting. C only ever sees non-blocking calls; a goroutine that has to wait is
// parked here. libzmq gives each socket one descriptor for both directions, edge
// triggered, and drained by any call that processes commands. So of all goroutines
// parked on a socket one, the watcher, waits for the descriptor in Go's poller, and
// a goroutine that makes a call into C while another goroutine is parked reads ZMQ_EVENTS in
// the same crossing and wakes those who can go on (dispatch): the edge that they
// wait for may be spent. It need not where all that dispatch could wake have been woken
// (needsEvents). When the watcher leaves, another one takes over (handOver).
//
// A waitQueue knows its socket as a waitSource only, so that all of this can be tested
// without an engine, in an order that the test decides. Everything here is guarded by
// waitQueue.mu, except where a comment says otherwise.

// waitSource is what goroutines wait on: for a socket, the engine. Its methods are called with the lock of its
// waitQueue held.
type waitSource interface {
	// stopped returns why no operation is possible any more, nil while it is.
	stopped() error
	// tryOp performs o if that is possible now, and says in o.res how it went. EAGAIN says that it is not; with
	// modeConfirmRefusal only if the events say so too, or libzmq goes on contradicting itself.
	tryOp(o *op, mode int)
	// heldUp reports whether o has to wait for the end of another goroutine's message, whatever the events say.
	heldUp(o *op) bool
	// readEvents returns what the source is ready for. ETERM says that its end has come.
	readEvents() (PollEvents, Errno)
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
	watcher *waiter // who waits for the descriptor; background for a goroutine that is no waiter's
	epoch   uint64  // counts the occasions on which a refused waiter may try again

	file           *os.File // a duplicate of ZMQ_FD, opened when the first goroutine parks
	raw            syscall.RawConn
	alarm          alarm // what the deadline of file is for
	armed          bool  // file has a deadline, other than one that interrupt has set
	lastRecvParked bool  // the last receive had to wait: the next one does not try first
	noFD           bool  // there is no descriptor to wait for: look every few milliseconds

	shared bool // the shared epoll set watches, for good
	inC    bool // the watcher waits in C
	ownFD  int  // the source's own descriptor, once it waits in the shared set or has waited in C

	brief briefWaits

	// Made once.
	onReadable func(uintptr) bool
	onCancel   func()
}

// alarm guards which file is watched and its deadline, and knows whether that is the end of the watcher's time. The
// clock cannot tell: in a synctest bubble it stands still while a goroutine waits for a file.
type alarm struct {
	mu     sync.Mutex
	timeUp bool
}

// setAlarm sets the deadline of file and returns whether the last one was the end of the watcher's time.
func (q *waitQueue) setAlarm(at time.Time, timeUp bool) bool {
	q.alarm.mu.Lock()
	defer q.alarm.mu.Unlock()
	last := q.alarm.timeUp
	q.alarm.timeUp = timeUp
	if q.file != nil {
		q.file.SetReadDeadline(at)
	}
	return last
}

// aMomentAgo is a deadline that makes the watcher return at once.
var aMomentAgo = time.Unix(1, 0)

// How often a waiter looks for itself where no event can be relied upon: where
// the descriptor cannot be watched, and where libzmq says that the socket is ready
// but refuses the operation (one full peer of a ROUTER with RouterMandatory).
const (
	pollMin = time.Millisecond
	pollMax = 10 * time.Millisecond
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

// background is the watcher when only pollers are parked, and in the shared epoll set.
var background = new(waiter)

// await parks the goroutine until w's operation is done or may not be waited for any longer. The methods of w's context, which
// are the caller's, are called without q.mu, and one that panics leaves nothing parked.
func (q *waitQueue) await(w *waiter) error {
	q.enter(w)
	parked := true
	defer func() {
		if parked {
			q.mu.Lock()
			q.leave(w)
			q.mu.Unlock()
		}
	}()
	err := q.src.stopped()
	for err == nil && !w.done {
		if q.watcher == background && q.pollers.first == nil && !q.shared {
			q.watcher = nil
			q.interrupt()
		}
		// All ways try once more before they wait: an edge that came before w was
		// in its list woke no goroutine.
		if q.watcher == nil && q.takeBrief(w) {
			err = q.waitBriefly(w)
		} else if q.watcher == nil && q.openFile() {
			err = q.watch(w)
		} else if !q.attempt(w) {
			err = q.sleep(w)
		}
		if stopped := q.src.stopped(); stopped != nil {
			err = stopped
		}
	}
	parked = false
	return q.exit(w, err)
}

// enter locks q and parks w.
func (q *waitQueue) enter(w *waiter) {
	q.mu.Lock()
	q.park(w, q.listOf(w.op))
	if !w.once {
		w.began = q.brief.begin()
	}
}

// exit ends what enter began, and returns what has come of w's operation.
func (q *waitQueue) exit(w *waiter, err error) error {
	if w.done {
		err = errnoError(w.op.res.err)
	}
	q.brief.end(w.began, w.done)
	if w.op.dir() == PollIn {
		q.lastRecvParked = w.refused
	}
	q.leave(w)
	q.mu.Unlock()
	w.free()
	return err
}

// attempt tries w's operation on the socket, which is open, and wakes the others
// that can go on. It reports whether the operation is over.
func (q *waitQueue) attempt(w *waiter) bool {
	w.woken = false
	mode := modeConfirmRefusal
	if q.parked > 1 {
		mode |= modeReportEvents
	}
	q.src.tryOp(w.op, mode)
	r := &w.op.res
	if r.err != EAGAIN {
		w.done = true
		q.unpark(w)
		q.afterCall(r.ev)
		return true
	}
	w.refused = true
	// A refusal is no new occasion for those who were refused in this epoch by a socket
	// that was ready: two senders would go on waking each other.
	w.tried = q.epoch
	w.falseReady = r.ev&w.op.dir() != 0 && !q.src.heldUp(w.op)
	q.dispatch(r.ev)
	return false
}

// afterCall wakes those who can go on after a call into C that left the
// socket with these events.
func (q *waitQueue) afterCall(ev PollEvents) {
	if q.parked > 0 {
		q.epoch++
		q.dispatch(ev)
	}
}

// needsEvents reports whether a call into C has to bring the events back: whether there may be something for dispatch to do.
// There is not where the first that is parked in a direction was woken and has not looked yet. It reads the events when it does.
// They take two system calls, more time than a small message.
func (q *waitQueue) needsEvents() bool {
	return q.parked > 0 && (q.receivers.wants() || q.senders.wants() || q.pollers.first != nil)
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
// A goroutine that is woken and goes on passes the rest to the next.
func (q *waitQueue) dispatch(ev PollEvents) {
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
		if (w.tried != q.epoch || !w.falseReady) && !q.src.heldUp(w.op) {
			q.wake(w)
			return
		}
	}
}

func (q *waitQueue) wake(w *waiter) {
	w.woken = true
	if q.watcher == w {
		if q.inC {
			ringBell()
		} else {
			q.interrupt()
		}
		return
	}
	select {
	case w.sig <- struct{}{}:
	default:
	}
}

// wakeAll wakes all who are parked, when the source has stopped.
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
	if q.watcher == background {
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

// unparkPoller takes out a poller's waiter, and ends the watch that was only for such as this one.
func (q *waitQueue) unparkPoller(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unpark(w)
	if q.watcher == background && !q.serves() {
		q.interrupt()
	}
}

// sleep waits until w is woken. Where there is no descriptor to watch it also looks
// for itself now and then. It releases q.mu while it waits.
func (q *waitQueue) sleep(w *waiter) error {
	if w.sig == nil {
		w.sig = make(chan struct{}, 1)
	}
	pause := time.Duration(-1)
	if q.watcher == nil || w.falseReady {
		pause = w.backoff.next()
	}
	q.mu.Unlock()
	if !w.deadline.IsZero() {
		if left := max(time.Until(w.deadline), 0); pause < 0 || left < pause {
			pause = left
		}
	}
	if done := w.ctxDone(); done != nil || pause >= 0 {
		w.sleepUntil(done, pause)
	} else {
		<-w.sig // takes a third of the stack that a select takes
	}
	err := ended(w.ctx)
	q.mu.Lock()
	if expired(w.deadline) && !w.woken {
		return w.timedOut()
	}
	return err
}

// sleepUntil waits until w is woken, done is closed, or pause is over, which -1 never is.
func (w *waiter) sleepUntil(done <-chan struct{}, pause time.Duration) {
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
}

// ended returns why ctx has ended. A nil ctx never ends.
func ended(ctx context.Context) error {
	if ctx == nil {
		return nil
	}
	return ctx.Err()
}

func expired(deadline time.Time) bool {
	return !deadline.IsZero() && !time.Now().Before(deadline)
}

func (w *waiter) timedOut() error {
	if w.op.dir() == PollIn {
		return errRecvTimeout
	}
	return errSendTimeout
}
