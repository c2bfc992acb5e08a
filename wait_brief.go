package zmq

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Brief waits. A goroutine that parks and is woken through Go's poller pays for threads that go to sleep and wake up:
// about a third of a round trip over tcp. So a goroutine whose socket has answered quickly of late waits in C first, in
// poll(2), for about a millisecond at most, and parks after that. One goroutine of the process at a time does so: while
// it is in C its processor runs no other goroutine until the runtime's monitor takes it away, and it does not look into Go's
// poller.
//
// It is the watcher of its socket like any other. A goroutine that has to wake it rings the bell, a descriptor that it polls
// beside the socket's own. It looks at its context when it comes back by itself.

// briefLimit is how long a wait may be a brief one. Tests change it.
var briefLimit = time.Millisecond

const (
	briefShort = 500 * time.Microsecond // a wait that takes no longer is a reason to wait briefly next time
	briefAfter = 4                      // if so many in a row did
	briefYield = 5 * time.Millisecond   // how often a goroutine that waits briefly lets others run
)

var (
	briefTaken atomic.Bool // a goroutine waits in C, or is about to
	briefClock = time.Now()
)

// briefWaits is what a socket or a device that waits again and again knows of its waits. Its lock guards it.
type briefWaits struct {
	network bool          // it is a network that is waited for, not another goroutine of the process
	short   int           // so many waits in a row were short
	yielded time.Duration // when others were last let run
}

// begin returns the time at which a wait begins, 0 if it cannot be a brief one.
func (b *briefWaits) begin() time.Duration {
	if !b.network || bell < 0 {
		return 0
	}
	return time.Since(briefClock)
}

// end takes note of a wait that has reached what was waited for, or has not.
func (b *briefWaits) end(began time.Duration, reached bool) {
	switch {
	case began == 0:
	case reached && time.Since(briefClock)-began < briefShort:
		b.short = min(b.short+1, briefAfter)
	default:
		b.short = 0
	}
}

// take reports whether the wait that began then may go on in C, and takes the process's only place there: wait gives it
// back. With one processor no thread would look into Go's poller meanwhile.
func (b *briefWaits) take(began time.Duration) bool {
	return began != 0 && b.short >= briefAfter && time.Since(briefClock)-began < briefLimit &&
		runtime.GOMAXPROCS(0) > 1 && briefTaken.CompareAndSwap(false, true)
}

// wait waits in C until fd is readable, or the bell rings, or briefLimit is over.
func (b *briefWaits) wait(fd int) {
	b.yield()
	cWaitBriefly(fd, bell, int(briefLimit/time.Millisecond))
	briefTaken.Store(false)
}

// yield lets other goroutines run every few milliseconds. A goroutine that goes on without that, from one call into C to
// the next, has its processor taken away by the runtime's monitor at each of its ticks, and keeps the monitor ticking.
func (b *briefWaits) yield() {
	if now := time.Since(briefClock); now-b.yielded >= briefYield {
		b.yielded = now
		runtime.Gosched()
	}
}

// takeBrief reports whether w may wait in C, see briefWaits.take. It may not where others wait for the socket, where the
// end of its time is near, and with a burst, which is the larger the later one looks.
func (q *waitQueue) takeBrief(w *waiter) bool {
	if q.parked > 1 || q.noFD || q.shared || w.op.bursts() || !w.deadline.IsZero() && time.Until(w.deadline) < 2*briefLimit {
		return false
	}
	if q.ownFD == 0 && q.brief.short >= briefAfter {
		fd, errno := q.src.waitFD()
		if errno != 0 {
			q.brief.network = false
			return false
		}
		q.ownFD = fd
	}
	return q.brief.take(w.began)
}

// waitBriefly tries w's operation, and waits in C until it is worth another try, or returns why it may no longer be waited for.
// It releases q.mu while it waits. The descriptor is libzmq's own, which may be closed meanwhile: the bell has rung before that,
// and nothing is read from it.
func (q *waitQueue) waitBriefly(w *waiter) (err error) {
	q.watcher = w
	if q.attempt(w) {
		briefTaken.Store(false)
	} else {
		q.inC = true
		fd, file := q.ownFD, q.dropFile()
		q.mu.Unlock()
		if file != nil {
			file.Close() // or Go's poller would wake up at each message, too
		}
		q.brief.wait(fd)
		q.mu.Lock()
		q.inC = false
		q.epoch++
	}
	if q.watcher == w {
		q.watcher = nil
	}
	if !w.done && w.ctx != nil {
		q.mu.Unlock()
		err = ended(w.ctx)
		q.mu.Lock()
	}
	return err
}
