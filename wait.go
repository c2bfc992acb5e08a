package zmq

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// Waiting. C only ever sees non-blocking calls; a goroutine that has to wait is
// parked here. libzmq gives each socket one descriptor for both directions, edge
// triggered, and drained by any call that processes commands. So of all goroutines
// parked on a socket one, the watcher, waits for the descriptor in Go's poller, and
// whoever makes a call into C while somebody is parked reads ZMQ_EVENTS in
// the same crossing and wakes those who can go on (dispatch): the edge that they
// wait for may be spent. When the watcher leaves, another one takes over (handOver).
//
// Everything here is guarded by sock.mu, except where a comment says otherwise.

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

// waiting is the part of a sock that parks goroutines.
type waiting struct {
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

// aMomentAgo is a deadline that makes the watcher return at once.
var aMomentAgo = time.Unix(1, 0)

// How often a waiter looks for itself where no event can be relied upon: where
// the descriptor cannot be watched, and where libzmq says that the socket is ready
// but refuses the operation (one full peer of a ROUTER with RouterMandatory).
const (
	lookFirst = time.Millisecond
	lookLast  = 10 * time.Millisecond
)

func (s *sock) listOf(o *op) *waitList {
	if o.dir() == PollIn {
		return &s.receivers
	}
	return &s.senders
}

// park puts w in one of the socket's lists.
func (s *sock) park(w *waiter, l *waitList) {
	l.push(w)
	s.parked++
}

// unpark takes w out of its list, if it is in one.
func (s *sock) unpark(w *waiter) {
	if w.list != nil {
		w.remove()
		s.parked--
	}
}

// do performs o, waiting as long as its flags, the socket's timeouts and ctx
// allow. A nil ctx never ends.
func (s *sock) do(ctx context.Context, o *op) (result, error) {
	if ctx != nil {
		if err := ctx.Err(); err != nil {
			return result{}, err
		}
	}
	s.mu.Lock()
	if err := s.stopped(); err != nil {
		s.mu.Unlock()
		return result{}, err
	}
	timeout := s.timeout(o)
	mode := 0
	if timeout == 0 {
		mode = modeSure
	}
	if s.parked > 0 {
		mode |= modeWant
	}
	// Not with a timeout: it might be over before the first look.
	if o.dir() == PollIn && s.waits && timeout < 0 {
		return s.await(ctx, o, timeout)
	}
	r := o.try(s, mode)
	s.afterCall(r.ev)
	if r.err == EAGAIN && timeout != 0 {
		return s.await(ctx, o, timeout)
	}
	s.mu.Unlock()
	return r, s.outcome(r.err)
}

// outcome turns the errno of an operation into the error that callers test for.
func (s *sock) outcome(err Errno) error {
	switch err {
	case 0:
		return nil
	case EAGAIN:
		return ErrWouldBlock
	case ETERM:
		return ErrTerminated
	}
	return err
}

// await parks the goroutine until o is done or may not be waited for any longer.
// It releases s.mu.
func (s *sock) await(ctx context.Context, o *op, timeout time.Duration) (result, error) {
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
	s.park(w, s.listOf(o))
	s.blocked++

	var err error
	for err == nil && !w.done {
		if s.watcher == &s.background && s.pollers.first == nil && !s.hubbed {
			s.watcher = nil
			s.interrupt()
		}
		// Both ways try once more before they wait: an edge that came before w was
		// in its list woke nobody.
		if s.watcher == nil && s.openFile() {
			err = s.watch(ctx, w, deadline)
		} else if !s.attempt(w) {
			err = s.sleep(done, w, deadline)
		}
		if w.done {
			break
		}
		if stopped := s.stopped(); stopped != nil {
			err = stopped
		} else if err == nil && ctx != nil {
			err = ctx.Err()
		}
	}
	if w.done {
		err = nil
	}
	if o.dir() == PollIn {
		s.waits = w.refused
	}
	r := w.res
	*o = w.op
	s.leave(w)
	s.mu.Unlock()
	w.op, w.res = op{}, result{}
	select {
	case <-w.sig:
	default:
	}
	waiters.Put(w)
	if err == nil {
		err = s.outcome(r.err)
	}
	return r, err
}

// attempt tries w's operation on the socket, which is open, and wakes whoever else
// can go on. It reports whether the operation is over.
func (s *sock) attempt(w *waiter) bool {
	w.woken = false
	mode := modeSure
	if s.parked > 1 {
		mode |= modeWant
	}
	r := w.op.try(s, mode)
	if r.err != EAGAIN {
		w.res, w.done = r, true
		s.unpark(w)
		s.afterCall(r.ev)
		return true
	}
	w.refused = true
	// A refusal is no new occasion for those who were refused in this epoch by a socket
	// that was ready: two senders would go on waking each other.
	w.tried = s.epoch
	w.uneasy = r.ev&w.op.dir() != 0 && !w.op.heldUp(s)
	s.dispatch(r.ev)
	return false
}

// afterCall wakes those who can go on after a call into C that left the
// socket with these events.
func (s *sock) afterCall(ev Events) {
	if s.parked > 0 {
		s.epoch++
		s.dispatch(ev)
	}
}

// kick reads the events and wakes those who can go on. It follows calls that
// do not bring the events back themselves.
func (s *sock) kick() {
	if s.parked == 0 || s.stopped() != nil {
		return
	}
	ev, errno := cEvents(s.h)
	if errno == ETERM {
		// C code has shut the context down. Only this call learns of it: the edge is spent.
		s.terminated = true
		s.wakeAll()
		return
	}
	s.afterCall(ev)
}

// dispatch wakes one receiver, one sender and all pollers that these events concern.
// Whoever is woken and goes on passes the rest to the next.
func (s *sock) dispatch(ev Events) {
	if ev&PollIn != 0 {
		s.wakeOne(s.receivers.first)
	}
	if ev&PollOut != 0 {
		s.wakeOne(s.senders.first)
	}
	for w := s.pollers.first; w != nil; w = w.next {
		if w.want&ev != 0 {
			w.woken = true
			w.poll.notify()
		}
	}
}

func (s *sock) wakeOne(w *waiter) {
	for ; w != nil; w = w.next {
		if w.woken {
			return
		}
		// One that was refused while the socket called itself ready looks for itself; waking
		// it for the same readiness would go on for ever. Every other one has reason to try.
		if (w.tried != s.epoch || !w.uneasy) && !w.op.heldUp(s) {
			s.wake(w)
			return
		}
	}
}

func (s *sock) wake(w *waiter) {
	w.woken = true
	if s.watcher == w {
		s.interrupt()
		return
	}
	select {
	case w.sig <- struct{}{}:
	default:
	}
}

// wakeAll wakes everybody, for a socket that is stopped.
func (s *sock) wakeAll() {
	for _, l := range []*waitList{&s.receivers, &s.senders} {
		for w := l.first; w != nil; w = w.next {
			s.wake(w)
		}
	}
	for w := s.pollers.first; w != nil; w = w.next {
		w.woken = true
		w.poll.notify()
	}
	if s.watcher == &s.background {
		s.interrupt()
	}
}

// leave takes w out of the lists and passes on what was meant for it.
func (s *sock) leave(w *waiter) {
	s.unpark(w)
	if s.watcher == w {
		s.watcher = nil
	}
	if w.woken {
		w.woken = false
		s.kick()
	}
	s.handOver()
}

// handOver finds a watcher for those who stay parked.
func (s *sock) handOver() {
	if s.parked == 0 || s.watcher != nil || s.stopped() != nil {
		return
	}
	var next *waiter
	for _, first := range []*waiter{s.receivers.first, s.senders.first} {
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
		s.wake(next)
		return
	}
	if s.serves() {
		s.watchBackground()
	}
}

// serves reports whether a poller is parked that does not watch the descriptor itself.
func (s *sock) serves() bool {
	for w := s.pollers.first; w != nil; w = w.next {
		if !w.own {
			return true
		}
	}
	return false
}

// watch waits, as the watcher, until w's operation is over or err says that it may
// no longer be waited for. It releases s.mu while it waits.
func (s *sock) watch(ctx context.Context, w *waiter, deadline time.Time) error {
	s.watcher = w
	file, raw := s.file, s.raw
	if s.armed || !deadline.IsZero() {
		s.armed = !deadline.IsZero()
		file.SetReadDeadline(deadline)
	}
	s.mu.Unlock()
	var stop func() bool
	if ctx != nil && ctx.Done() != nil {
		stop = context.AfterFunc(ctx, s.onCancel)
	}
	readErr := raw.Read(s.onReadable)
	if readErr != nil {
		// Before anything is checked: what interrupted this wait is then either
		// seen below or interrupts the next one.
		file.SetReadDeadline(deadline)
	}
	if stop != nil {
		stop()
	}
	s.mu.Lock()
	if s.watcher == w {
		s.watcher = nil
	}
	switch {
	case w.done || readErr == nil || s.stopped() != nil:
		return nil
	case !errors.Is(readErr, os.ErrDeadlineExceeded):
		s.blind = true // not a descriptor that Go's poller takes
		return nil
	case expired(deadline):
		return s.timedOut(w)
	}
	s.epoch++
	return nil
}

// readable is called in the watcher's goroutine, once when it begins to watch, after
// Go's poller has forgotten older edges, and again at every edge.
func (s *sock) readable(uintptr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watcher
	if w == nil || w == &s.background || s.stopped() != nil {
		return true
	}
	s.epoch++
	if s.attempt(w) {
		return true
	}
	if w.uneasy {
		s.armed = true
		s.file.SetReadDeadline(time.Now().Add(w.looks.next()))
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

// interrupt makes the watcher return from Go's poller. It may be called without s.mu
// by whoever knows that there was a watcher; one that comes too late costs the
// next watcher a turn.
func (s *sock) interrupt() {
	if s.file != nil {
		s.file.SetReadDeadline(aMomentAgo)
	}
}

// watchBackground starts a goroutine that watches for pollers: they are parked on many
// sockets and can watch none.
func (s *sock) watchBackground() {
	hasFile := s.openFile()
	if s.hubbed {
		return
	}
	s.watcher = &s.background
	go s.watchForPollers(hasFile)
}

func (s *sock) watchForPollers(hasFile bool) {
	pause := lookFirst
	for {
		var err error
		if hasFile {
			err = s.raw.Read(s.onBackground)
		} else {
			time.Sleep(pause)
			pause = min(pause*2, lookLast)
		}
		s.mu.Lock()
		if s.watcher != &s.background || s.hubbed || s.stopped() != nil {
			s.mu.Unlock()
			return
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.file.SetReadDeadline(time.Time{})
		case hasFile:
			if err != nil {
				s.blind = true
			}
			s.watcher = nil
			s.handOver()
			s.mu.Unlock()
			return
		}
		if s.parked == 0 {
			s.watcher = nil
			s.mu.Unlock()
			return
		}
		s.kick()
		s.mu.Unlock()
	}
}

// backgroundReadable is readable for the background watcher, which stays until an
// edge finds nobody parked.
func (s *sock) backgroundReadable(uintptr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watcher != &s.background || s.parked == 0 || s.stopped() != nil {
		return true
	}
	s.kick()
	return s.receivers.first == nil && s.senders.first == nil && !s.serves()
}

// sleep waits until w is woken. Where there is no descriptor to watch it also looks
// for itself now and then. It releases s.mu while it waits.
func (s *sock) sleep(done <-chan struct{}, w *waiter, deadline time.Time) error {
	pause := time.Duration(-1)
	if s.watcher == nil || w.uneasy {
		pause = w.looks.next()
	}
	if !deadline.IsZero() {
		if left := max(time.Until(deadline), 0); pause < 0 || left < pause {
			pause = left
		}
	}
	s.mu.Unlock()
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
	s.mu.Lock()
	if expired(deadline) && !w.woken {
		return s.timedOut(w)
	}
	return nil
}

func expired(deadline time.Time) bool {
	return !deadline.IsZero() && !time.Now().Before(deadline)
}

func (s *sock) timedOut(w *waiter) error {
	if w.op.dir() == PollIn {
		return errRecvTimeout
	}
	return errSendTimeout
}

// openFile reports whether the socket has a descriptor that can be watched, and opens
// it on first use: a socket on which nobody ever waited costs no second one.
func (s *sock) openFile() bool {
	if s.file != nil || s.blind || s.hubbed {
		return !s.blind && !s.hubbed
	}
	fd, err := cFD(s.h)
	if err != 0 {
		s.blind = true
		return false
	}
	file, ok := watchable(fd)
	if !ok {
		// Descriptors are scarce. If the hub cannot be had either, perhaps later.
		if s.hubbed = joinHub(s, fd); s.hubbed {
			s.hubFD, s.watcher = fd, &s.background
		}
		return false
	}
	raw, rawErr := file.SyscallConn()
	if rawErr != nil {
		file.Close()
		s.blind = true
		return false
	}
	s.file, s.raw = file, raw
	s.onReadable, s.onBackground, s.onCancel = s.readable, s.backgroundReadable, s.interrupt
	return true
}

// closeFile ends the wait of whoever watches and waits for its end. The socket is
// stopped and s.mu is not held, since the watcher may be about to take it.
func (s *sock) closeFile() {
	if s.file != nil {
		s.file.Close()
	}
}
