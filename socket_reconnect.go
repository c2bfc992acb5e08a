package zmq

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// libzmq makes a connection again that was lost, but not one that ended by a protocol error: a socket of the wrong type
// at the other end, a peer that denied access, a message larger than MaxMsgSize, anything that is not ZMTP. It then forgets the
// connection for good, and no event says so: what is missing is the event that it tries again, which follows at once
// otherwise. So a socket that connects over a network is watched, and an endpoint that the engine has abandoned is
// disconnected and connected anew, with the pauses that the engine makes itself.

// rest stops the link's timer.
func (l *link) rest() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer, l.doubted = nil, false
	}
}

// linkAt returns the link that an event is about. Names are looked up for the first connection; from then on events have
// the address. w.mu is held.
func (w *connWatch) linkAt(endpoint string) *link {
	if l := w.links[endpoint]; l != nil {
		return l
	}
	var found *link
	for _, l := range w.links {
		if l.address == endpoint {
			return l
		}
		if _, port, named := hostName(l.endpoint); named && l.address == "" && strings.HasSuffix(endpoint, ":"+strconv.Itoa(int(port))) {
			if found != nil {
				return nil
			}
			found = l
		}
	}
	return found
}

// follow notes what an event says of the links, and returns a further event for the monitors. w.mu is held.
func (w *connWatch) follow(e MonitorEvent) (more MonitorEvent) {
	if e.Type == EventDisconnected {
		l := w.linkOf[e.FD].link
		delete(w.linkOf, e.FD)
		if l != nil && w.links[l.endpoint] == l {
			return w.lose(l)
		}
		return MonitorEvent{}
	}
	l := w.linkAt(e.Endpoint)
	if l == nil {
		return MonitorEvent{}
	}
	failed := l.closed
	l.closed = e.Type == EventClosed
	l.next = time.Time{}
	if l.doubted {
		l.rest()
	}
	switch e.Type {
	case EventClosed:
		w.awaitRetry(l)
	case EventConnected:
		w.made(l, e.FD)
	case EventConnectDelayed:
		if !l.trying() {
			w.found(l)
		}
	case EventConnectRetried:
		// After an attempt that failed it is about that one, and not about a connection that was lost.
		if !failed || !l.trying() {
			w.found(l)
		}
		l.next = time.Now().Add(e.Retry)
	case EventHandshakeSucceeded:
		l.state, l.pause = handshakeDone, 0
		if l.delayed {
			w.attend()
		}
	case EventHandshakeFailedNoDetail:
		l.state = handshakeBroken
	case EventHandshakeFailedProtocol, EventHandshakeFailedAuth:
		l.state, l.reason = handshakeFailed, e.Err
	}
	return MonitorEvent{}
}

// made notes a connection of a link that was just made. w.mu is held.
func (w *connWatch) made(l *link, fd int) {
	w.supersede(l, fd)
	l.said = false
	if !l.trying() {
		w.found(l)
	}
	l.state, l.reason = handshakeUnknown, nil
	l.open++
	c := conn{l, fileOf(fd)}
	if w.linkOf[fd] = c; c.file == noFile {
		w.suspect() // it has ended, and no event may follow
	}
	if _, port, named := hostName(l.endpoint); named {
		if addr := peerAddr(fd); addr.Port() == port {
			l.address = "tcp://" + addr.String()
		}
	}
}

// awaitRetry sees to it that a link is connected anew if the engine does not say at once that it tries again. It ends an attempt
// in silence when what had the same memory before is disconnected, which cannot always be prevented, see socket_shed.go: it
// forgets a connection while the socket is called, also by the call that makes the next one. The end of an attempt
// that was disconnected may come when the next one has begun, and says nothing of that. w.mu is held.
func (w *connWatch) awaitRetry(l *link) {
	if l.late > 0 {
		l.late--
		return
	}
	if l.timer != nil || !l.trying() || w.interval < 0 || w.stopsRefused {
		return
	}
	w.timed(l, lossDoubt, func() {
		l.rest()
		l.lostSilently(errAttemptEndedSilently)
	})
	l.doubted = true
}

// supersede forgets the connection before one that has just been made. A link of one connection has no second one, so that it was
// of the link that was disconnected, and its event late: none says that it has ended. w.mu is held.
func (w *connWatch) supersede(l *link, fd int) {
	if w.linkOf[fd].link == l {
		l.open--
		return
	}
	if l.times != 1 || l.open == 0 {
		return
	}
	for _, other := range w.links {
		if other != l && l.address != "" && (other.address == l.address || other.endpoint == l.address) {
			return // events do not say which of the two they are about
		}
	}
	for old, of := range w.linkOf {
		if of.link == l {
			delete(w.linkOf, old)
			l.open--
			w.peers.gone(old)
		}
	}
}

// trying reports whether the engine is known to be making one of the link's connections, of which an event may be.
func (l *link) trying() bool { return l.times > l.open+l.lost }

// found notes that the engine is at work for a link. w.mu is held.
func (w *connWatch) found(l *link) {
	if l.shed {
		return // the event is late: the engine was at work for it
	}
	l.dead = false
	if l.lost > 0 {
		l.lost--
	}
	if l.lost == 0 {
		l.rest()
	}
	w.touch()
}

// oneLost counts a connection that the engine has not said that it makes again. w.mu is held.
func (l *link) oneLost() {
	l.last = time.Now()
	if l.lost++; l.lost == 1 {
		l.since, l.said = l.last, false
	}
}

// lose notes that a link's connection has ended, and sees to it that it is made again. w.mu is held.
func (w *connWatch) lose(l *link) (more MonitorEvent) {
	l.open--
	l.oneLost()
	// Since 4.2.3 the engine has said why a handshake ended, where that is not a protocol error.
	sure := l.state == handshakeFailed || l.state == handshakeUnknown && reportsHandshakes()
	if l.reason == nil {
		l.reason = whyGivenUp(sure)
	}
	l.lost = min(l.lost, l.times)
	l.carried = l.carried || !sure
	l.dead = sure && l.lost == l.times
	l.ends = l.ends || w.stops && l.state != handshakeDone
	pause := lossDoubt
	if sure {
		pause = w.nextPause(l)
	}
	w.after(l, pause)
	if sure && w.interval > 0 && !w.leaves(l) {
		l.said = true
		return w.given(l, pause)
	}
	return MonitorEvent{}
}

// given is the event that says that an endpoint was abandoned by the engine, and will be tried again. w.mu is held.
func (w *connWatch) given(l *link, pause time.Duration) MonitorEvent {
	w.peers.givenUp++
	return MonitorEvent{Type: EventConnectRetried, Endpoint: l.endpoint, Value: int(pause.Milliseconds()), FD: -1, Retry: pause, Err: l.reason}
}

// nextPause returns how long to wait before a link is connected anew: as the engine does, the interval and up to as much
// again at random, and twice as long each time up to the greatest.
func (w *connWatch) nextPause(l *link) time.Duration {
	least, most := w.interval, w.intervalMax
	switch {
	case l.pause == 0:
		l.pause = least
	case most > least:
		l.pause = min(2*l.pause, most)
	}
	pause := l.pause
	if pause > 0 {
		pause += rand.N(pause)
	}
	if most > least {
		pause = min(pause, most)
	}
	return max(pause, time.Millisecond)
}

// after has the link connected anew after a pause, unless the engine is found to be at work for it. w.mu is held.
func (w *connWatch) after(l *link, pause time.Duration) {
	w.timed(l, pause, func() {})
}

// timed has the link connected anew after a pause, unless it rests or is timed anew meanwhile. f is called before, with w.mu held,
// which the caller holds, too.
func (w *connWatch) timed(l *link, pause time.Duration, f func()) {
	l.rest()
	var timer *time.Timer
	timer = time.AfterFunc(pause, func() {
		w.mu.Lock()
		due := w.links[l.endpoint] == l && l.timer == timer
		if due {
			f()
		}
		w.mu.Unlock()
		if due {
			w.renew(l)
		}
	})
	l.timer = timer
}

// attend makes the socket notice a connection that was made for it with Immediate: it joins the others when the socket
// is called, and the program may not call it for a while.
func (w *connWatch) attend() { go w.s.attend() }

// renew connects an endpoint anew that the engine has abandoned.
func (w *connWatch) renew(l *link) {
	s := w.s
	if s.lock() != nil {
		return
	}
	defer s.unlock()
	left := s.shedDead()
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.connWatch != w || w.links[l.endpoint] != l || l.lost == 0 {
		return
	}
	if left > 0 {
		w.after(l, min(left, unreadPause))
		return
	}
	w.readIntervals()
	if w.leaves(l) {
		return
	}
	if s.unread(l) {
		w.after(l, unreadPause)
		return
	}
	if !l.said {
		l.said = true
		w.tell(w.given(l, 0))
	}
	if !s.connectAnew(l) {
		w.after(l, w.nextPause(l))
		return
	}
	l.lost, l.said = 0, false
	l.rest()
}

// leaves reports whether a link is not to be made again, or cannot be. w.mu is held.
func (w *connWatch) leaves(l *link) bool { return w.interval < 0 || l.named || l.ends }

// readIntervals asks the socket how to reconnect. The socket and w.mu are locked.
func (w *connWatch) readIntervals() {
	if v, errno := cGetInt(w.s.h, optReconnectInterval); errno == 0 {
		w.interval = fromMillis(int64(v))
	}
	if v, errno := cGetInt(w.s.h, optReconnectIntervalMax); errno == 0 {
		w.intervalMax = fromMillis(int64(v))
	}
	v, errno := cGetInt(w.s.h, optReconnectStop)
	w.stops = errno == 0 && v&stopHandshakeFailed != 0
	w.stopsRefused = errno == 0 && v&stopConnRefused != 0
}

// unread reports whether to leave messages to be received that disconnecting would drop. Those of other connections look the
// same, so there is an end to it, unless a message is received part by part. s.mu is held.
func (s *socketState) unread(l *link) bool {
	if s.recvOpen {
		return true
	}
	if l.delayed || !l.carried || l.lost < l.times || time.Since(l.since) > unreadPatience {
		return false // nothing is disconnected, nothing came, or it has waited long enough
	}
	ev, errno := cEvents(s.h)
	s.afterCall(ev)
	return errno == 0 && ev&PollIn != 0
}

// connectAnew makes a link's lost connections again, and reports whether it did. The engine ignores a second Connect of some
// types, so the endpoint is disconnected first, if nothing is connected there. s.mu and the connWatch's mutex are held.
func (s *socketState) connectAnew(l *link) bool {
	descriptors.Lock()
	defer descriptors.Unlock()
	if !cSpare(headroomConnect) {
		return false
	}
	if l.lost >= l.times {
		l.lost = l.times
		if errno := cEndpoint(s.h, endpointDisconnect, l.endpoint); errno != 0 && errno != ENOENT {
			return false
		}
		l.dead, l.carried = false, false
		s.connWatch.suspect()
	}
	l.shed = false
	l.delayed = s.delayRefused()
	return s.during(l.old, func() bool {
		for ; l.lost > 0; l.lost-- {
			if cEndpoint(s.h, endpointConnect, l.endpoint) != 0 {
				return false
			}
		}
		return true
	})
}
