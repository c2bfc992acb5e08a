package zmq

import (
	"sync"
	"time"
)

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

	refused    bool // libzmq refused op since it is parked
	falseReady bool // libzmq called the socket ready and refused op all the same
	backoff    pollBackoff

	poll *notifier  // not nil for a poller's interest
	want PollEvents // what the poller is interested in
	own  bool       // the poller watches the descriptor itself

	timer *time.Timer
	once  bool // not to be used again
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
