package zmq

import (
	"cmp"
	"time"
)

// When an endpoint is disconnected that libzmq has abandoned, libzmq may end another connection of the socket instead, see
// socket_shed.go. It sends no event then: neither that a complete connection has ended, nor that it will not make an attempt that
// it has announced. So the package looks at the socket's other connections some time after each such disconnect, and connects
// anew what has ended in silence. An event that another connection has the same descriptor also shows that one has ended.

// silentAfter is how long the engine may take to begin an attempt to connect once its pause is over: it may look up a name.
const silentAfter = 15 * time.Second

// conn is a connection of a link.
type conn struct {
	link *link
	file int64 // what was open at the descriptor when the connection was made, see fileOf
}

// noFile is what fileOf returns for a descriptor that is not open.
const noFile = -1

// looks is how often the connections are looked at after a disconnect, lossDoubt apart. One look is not enough: the engine ends a
// connection after a call on its socket, and a look is such a call.
const looks = 2

// suspect has the socket's connections looked at soon: an endpoint was disconnected that the engine may have abandoned. w.mu is held.
func (w *connWatch) suspect() { w.lookAgain(looks) }

// lookAgain has the connections looked at n times more, at least. w.mu is held.
func (w *connWatch) lookAgain(n int) {
	w.looks = max(w.looks, n)
	if w.look == nil && w.looks > 0 && !w.ending {
		w.look = time.AfterFunc(lossDoubt, w.lookForEnded)
	}
}

// lookForEnded connects anew what the engine has ended in silence.
func (w *connWatch) lookForEnded() {
	w.s.attend()
	w.mu.Lock()
	w.looks--
	ended := map[int]conn{}
	for fd, c := range w.linkOf {
		if file := fileOf(fd); file != c.file || file == noFile {
			ended[fd] = c
		}
	}
	w.mu.Unlock()
	// The engine sends the event of a connection that has ended before it closes the descriptor.
	late := len(ended) > 0 && !w.p.upToDate()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending {
		return
	}
	for fd, c := range ended {
		if w.linkOf[fd] == c && !late {
			w.endedSilently(fd)
		}
	}
	more := 0
	if w.lookAtPauses() || late {
		more = 1
	}
	w.look = nil
	w.lookAgain(more)
}

// stopLooking ends all looks, and takes no end of a connection for a silent one from now on. w.mu is held.
func (w *connWatch) stopLooking() {
	w.ending = true
	if w.look != nil {
		w.look.Stop()
	}
}

// lookAtPauses connects those links anew for which the engine has announced an attempt that it did not make. It reports whether
// there are others that may turn out to be such. w.mu is held.
func (w *connWatch) lookAtPauses() (more bool) {
	for _, l := range w.links {
		if l.next.IsZero() || !l.trying() {
			continue
		}
		if time.Since(l.next) < silentAfter {
			more = true
			continue
		}
		w.loseSilently(l, errAttemptEndedSilently)
	}
	return more
}

// noteReuse looks whether an event is of a connection with the descriptor of another one, which has ended in silence then. w.mu is held.
func (w *connWatch) noteReuse(e MonitorEvent) {
	if w.ending || e.Type != EventConnected && e.Type != EventAccepted {
		return
	}
	if c, taken := w.linkOf[e.FD]; taken && c.link != w.linkAt(e.Endpoint) {
		w.endedSilently(e.FD)
	}
}

// endedSilently notes that a connection has ended without an event, and tells the monitors. w.mu is held.
func (w *connWatch) endedSilently(fd int) {
	l := w.linkOf[fd].link
	delete(w.linkOf, fd)
	if w.links[l.endpoint] != l {
		return // the socket has left the endpoint
	}
	w.tell(MonitorEvent{Type: EventDisconnected, Endpoint: cmp.Or(l.address, l.endpoint), FD: fd})
	l.open--
	l.carried = true
	w.loseSilently(l, errEndedSilently)
}

// loseSilently has a link connected anew after the engine has ended one of its connections, or an attempt, in silence, for which reason
// is the error. w.mu is held.
func (w *connWatch) loseSilently(l *link, reason error) {
	l.next = time.Time{}
	if !l.trying() {
		return // none is missing: it was of a link that was disconnected, and its event late
	}
	l.lostSilently(reason)
	if !w.leaves(l) {
		w.after(l, w.nextPause(l))
	}
}

// lostSilently counts a connection, or an attempt, that the engine has ended, and keeps by its address in memory. w.mu is held.
func (l *link) lostSilently(reason error) {
	l.oneLost()
	l.reason, l.dead = reason, l.lost == l.times
}
