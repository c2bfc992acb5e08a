package zmq

import (
	"cmp"
	"time"
)

// When an endpoint is disconnected that libzmq has abandoned, libzmq may end another connection of the socket instead, see
// socket_shed.go. It says nothing then: neither that a connection that was made has ended, nor that it will not make one for which
// it was waiting. So the other connections are looked at a while after each such disconnect, and what has ended in silence
// is connected anew. Where another connection has got a descriptor, that alone says it.

// silentAfter is how long the engine may take to begin an attempt to connect once its pause is over: it may look up a name.
const silentAfter = 15 * time.Second

// conn is a connection of a link.
type conn struct {
	link *link
	file int64 // what the descriptor was when the connection was made, see fileOf
}

// looks is how often the connections are looked at after a disconnect, lossDoubt apart: the engine ends a connection after its socket was
// called, and looking calls it.
const looks = 2

// suspect has the socket's connections looked at soon: an endpoint was disconnected that the engine may have abandoned. w.mu is held.
func (w *connWatch) suspect() { w.lookAgain(looks) }

// lookAgain has the connections looked at n times more, at least. w.mu is held.
func (w *connWatch) lookAgain(n int) {
	w.looks = max(w.looks, n)
	if w.look == nil && w.looks > 0 {
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
	for fd, c := range ended {
		if w.linkOf[fd] == c && !late {
			w.endedSilently(fd)
		}
	}
	w.look = nil
	if w.lookAtPauses() || late {
		w.lookAgain(1)
	} else {
		w.lookAgain(0)
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
		w.loseSilently(l)
	}
	return more
}

// noteReuse finds out from an event whether a connection has ended in silence: another one has its descriptor. w.mu is held.
func (w *connWatch) noteReuse(e MonitorEvent) {
	if e.Type != EventConnected && e.Type != EventAccepted {
		return
	}
	if c, taken := w.linkOf[e.FD]; taken && c.link != w.linkAt(e.Endpoint) {
		w.endedSilently(e.FD)
	}
}

// endedSilently notes that a connection has ended, of which no event has said so, and tells the monitors. w.mu is held.
func (w *connWatch) endedSilently(fd int) {
	l := w.linkOf[fd].link
	delete(w.linkOf, fd)
	if w.links[l.endpoint] != l {
		return // the socket has left the endpoint
	}
	w.tell(MonitorEvent{Type: EventDisconnected, Endpoint: cmp.Or(l.address, l.endpoint), FD: fd})
	l.open--
	l.carried = true
	w.loseSilently(l)
}

// loseSilently has a link connected anew of which the engine has ended a connection, or an attempt, in silence. w.mu is held.
func (w *connWatch) loseSilently(l *link) {
	l.next = time.Time{}
	if l.lost == l.times {
		return
	}
	l.oneLost()
	l.reason, l.dead = errEndedSilently, l.lost == l.times
	if !w.leaves(l) {
		w.after(l, w.nextPause(l))
	}
}
