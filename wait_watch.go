package zmq

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

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
func (q *waitQueue) watch(w *waiter) error {
	q.watcher = w
	raw, limited := q.raw, !w.deadline.IsZero()
	if q.armed || limited {
		q.armed = limited
		q.setAlarm(w.deadline, limited)
	}
	q.mu.Unlock()
	var stop func() bool
	if w.ctxDone() != nil {
		stop = context.AfterFunc(w.ctx, q.onCancel)
	}
	readErr := raw.Read(q.onReadable)
	if stop != nil {
		stop()
	}
	return q.unwatch(w, readErr)
}

// unwatch ends w's watch, which has ended with readErr if that was not by an edge. It returns with q.mu locked.
func (q *waitQueue) unwatch(w *waiter, readErr error) (err error) {
	timeUp := false
	if readErr != nil {
		// Before anything is checked: what interrupted this wait is then either
		// seen below or interrupts the next one.
		timeUp = q.setAlarm(w.deadline, !w.deadline.IsZero())
	}
	if !w.done {
		err = ended(w.ctx)
	}
	q.mu.Lock()
	if q.watcher == w {
		q.watcher = nil
	}
	switch {
	case w.done || readErr == nil || q.src.stopped() != nil:
	case !errors.Is(readErr, os.ErrDeadlineExceeded):
		q.noFD = true // not a descriptor that Go's poller takes
	case timeUp || expired(w.deadline):
		return w.timedOut()
	default:
		q.epoch++
	}
	return err
}

// readable is called in the watcher's goroutine, once when it begins to watch, after
// Go's poller has forgotten older edges, and again at every edge.
func (q *waitQueue) readable() bool {
	q.mu.Lock()
	w := q.watcher
	over := w == nil || w == background || q.src.stopped() != nil
	if !over {
		q.epoch++
		over = q.attempt(w)
		if w.falseReady && !over {
			q.armed = true
			q.setAlarm(time.Now().Add(w.backoff.next()), false)
		}
	}
	q.mu.Unlock()
	return over
}

// pollBackoff counts how often in a row a goroutine has looked for itself.
type pollBackoff uint8

// next returns how long to wait before the next look.
func (l *pollBackoff) next() time.Duration {
	pause := min(pollMin<<*l, pollMax)
	if pause < pollMax {
		*l++
	}
	return pause
}

// interrupt makes the watcher return from Go's poller. It may be called without q.mu
// by a goroutine that knows that there was a watcher; one that comes too late costs the
// next watcher a turn.
func (q *waitQueue) interrupt() {
	q.setAlarm(aMomentAgo, false)
}

// watchBackground starts a goroutine that watches for pollers: they are parked on many
// sockets and can watch none.
func (q *waitQueue) watchBackground() {
	hasFile := q.openFile()
	if q.shared {
		return
	}
	q.watcher = background
	go q.watchForPollers(hasFile, q.raw)
}

// watchForPollers watches raw, if there is a file. Until it looks the file may be another one, and another goroutine's turn.
func (q *waitQueue) watchForPollers(hasFile bool, raw syscall.RawConn) {
	pause, readable := pollMin, q.backgroundReadable
	for {
		var err error
		if hasFile {
			err = raw.Read(readable)
		} else {
			time.Sleep(pause)
			pause = min(pause*2, pollMax)
		}
		q.mu.Lock()
		if q.watcher != background || q.raw != raw || q.shared || q.src.stopped() != nil {
			q.mu.Unlock()
			return
		}
		interrupted := errors.Is(err, os.ErrDeadlineExceeded)
		if interrupted {
			q.setAlarm(time.Time{}, false)
		} else if err != nil {
			q.noFD = true
		}
		if hasFile && !interrupted || !q.serves() {
			q.watcher = nil
			q.handOver()
			q.mu.Unlock()
			return
		}
		q.kick()
		q.mu.Unlock()
	}
}

// backgroundReadable is readable for the background watcher, which stays until an
// edge finds no goroutine parked.
func (q *waitQueue) backgroundReadable(uintptr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.watcher != background || q.parked == 0 || q.src.stopped() != nil {
		return true
	}
	q.kick()
	return q.receivers.first == nil && q.senders.first == nil && !q.serves()
}

// openFile reports whether the socket has a descriptor that can be watched, and opens
// it on first use: a socket on which no goroutine ever waited costs no second one.
func (q *waitQueue) openFile() bool {
	if q.file != nil || q.noFD || q.shared {
		return !q.noFD && !q.shared
	}
	fd, err := q.src.waitFD()
	if err != 0 {
		q.noFD = true
		return false
	}
	file, ok := watchable(fd)
	if !ok {
		// Descriptors are scarce. If the shared epoll set cannot be had either, perhaps later.
		if q.shared = joinShared(q, fd); q.shared {
			q.ownFD, q.watcher = fd, background
		}
		return false
	}
	raw, rawErr := file.SyscallConn()
	if rawErr != nil {
		file.Close()
		q.noFD = true
		return false
	}
	q.setFile(file)
	q.raw = raw
	if q.onReadable == nil { // they are read without the lock
		q.onReadable, q.onCancel = func(uintptr) bool { return q.readable() }, q.interrupt
	}
	return true
}

// setFile changes what is watched, while no goroutine watches.
func (q *waitQueue) setFile(file *os.File) {
	q.alarm.mu.Lock()
	defer q.alarm.mu.Unlock()
	q.file, q.alarm.timeUp = file, false
}

// dropFile takes the duplicate away, if there is one and no goroutine watches it. It is to be closed without q.mu: a goroutine
// that has watched it may be about to take that, and is waited for.
func (q *waitQueue) dropFile() *os.File {
	file := q.file
	if file != nil {
		q.setFile(nil)
		q.raw, q.armed = nil, false
	}
	return file
}

// closeFile ends the wait of the goroutine that watches, and waits for its end. The socket is
// stopped and q.mu is not held, since the watcher may be about to take it.
func (q *waitQueue) closeFile() {
	if q.file != nil {
		q.file.Close()
	}
}
