package zmq

import (
	"context"
	"sync"
	"time"
)

// waiter is one goroutine that is parked on a socket, or one poller's interest
// in it.
type waiter struct {
	prev, next *waiter
	list       *waitList

	op       *op             // what it wants done, if it is not a poller's
	ctx      context.Context // nil if it never ends
	began    time.Duration   // see briefWaits.begin
	deadline time.Time       // zero if there is none
	sig      chan struct{}   // wakes it, unless it is the watcher; made when it first sleeps
	timer    *time.Timer
	tried    uint64 // the epoch in which its last try failed

	woken      bool // it was told to try again and has not done so yet
	done       bool // op was performed
	refused    bool // libzmq refused op since it is parked
	falseReady bool // libzmq called the socket ready and refused op all the same
	once       bool // not to be used again
	own        bool // the poller watches the descriptor itself
	backoff    pollBackoff

	poll *notifier  // not nil for a poller's interest
	want PollEvents // what the poller is interested in
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

// wants reports whether the first in the list may have to be woken.
func (l *waitList) wants() bool { return l.first != nil && !l.first.woken }

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

var waiters = sync.Pool{New: func() any { return new(waiter) }}

// newWaiter returns a waiter for o that waits until ctx ends or, if that is positive, timeout is over.
func newWaiter(ctx context.Context, o *op, timeout time.Duration) (w *waiter) {
	if bubbled() {
		w = &waiter{once: true}
	} else {
		w = waiters.Get().(*waiter)
	}
	w.op, w.ctx = o, ctx
	if timeout > 0 {
		w.deadline = time.Now().Add(timeout)
	}
	return w
}

// ctxDone returns a channel that is closed when w's context ends, nil if it never does. It calls the context's Done, which is the
// caller's code.
func (w *waiter) ctxDone() <-chan struct{} {
	if w.ctx == nil {
		return nil
	}
	return w.ctx.Done()
}

// free gives w back to the pool, with its channel and its timer.
func (w *waiter) free() {
	if w.once {
		return
	}
	select {
	case <-w.sig:
	default:
	}
	*w = waiter{sig: w.sig, timer: w.timer}
	waiters.Put(w)
}

// bubbled reports whether the goroutine is in a bubble of testing/synctest. Channels and timers that are made there are
// of no use outside, nor is what holds them. The clock of a bubble is the only one without a monotonic reading.
func bubbled() bool {
	now := time.Now()
	return now == now.Round(0)
}
