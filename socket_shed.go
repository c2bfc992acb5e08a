package zmq

import "time"

// libzmq knows a connection of a socket by its address in memory, which it keeps when it has abandoned the connection. What is
// connected or bound next may get the same memory, and would be ended, in silence, with the endpoint that was abandoned. So the
// abandoned endpoints are disconnected before the socket is connected or bound anywhere. What libzmq has abandoned is what it
// does not say that it connects again; how long it has for saying so is decided here, and nowhere else.
//
// One that may have brought messages that were not received yet keeps them, for unreadPatience at most. In that time Connect
// goes on without disconnecting it: libzmq frees the connection when its messages were received, and those that are waiting
// may be of other connections, so that the memory can be free. Where a connection is ended in silence all the same, awaitRetry and
// socket_silence.go make it again.

// lossDoubt is how long the engine has to say that it makes a lost connection again. It does so at once, unless its I/O thread is
// looking up a name, or gets no processor.
const lossDoubt = time.Second

// shedLimit is how long Bind and Connect wait for that, while more connections may be lost.
const shedLimit = 2 * lossDoubt

// doubtful reports whether the engine may have abandoned all of a link's connections: it has not said that it tries again.
func (l *link) doubtful() bool { return !l.dead && !l.shed && l.lost > 0 && l.lost == l.times }

// decide finds out whether the engine has abandoned a link, and returns how long it takes until that is known. An engine that is told
// not to reconnect has. The connWatch's mutex is held.
func (l *link) decide(reconnects bool) (left time.Duration) {
	if !l.doubtful() {
		return 0
	}
	if left = lossDoubt - time.Since(l.last); left > 0 && reconnects {
		return left
	}
	l.dead = true
	return 0
}

// lockShed locks the socket for Bind or Connect, once the engine has forgotten what it has abandoned.
func (s *socketState) lockShed() error {
	for limit := time.Now().Add(shedLimit); ; {
		if err := s.lock(); err != nil {
			return err
		}
		changed := s.connWatch.change() // before the look, so that nothing comes between
		left := s.shedDead()
		if left = min(left, time.Until(limit)); left <= 0 {
			return nil
		}
		s.unlock()
		timer := time.NewTimer(left)
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// change returns a channel that is closed when the counters or a link change, nil without a watch.
func (w *connWatch) change() <-chan struct{} {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// shedDead disconnects the endpoints that the engine has abandoned, and returns how long it takes until it is known whether there
// are others. s.mu is held.
func (s *socketState) shedDead() (left time.Duration) {
	w := s.connWatch
	if w == nil || s.recvOpen || !w.hasLinks() {
		return 0
	}
	for range 3 {
		// The engine frees a connection while its socket is called, and has sent the event before that.
		ev, _ := cEvents(s.h)
		s.afterCall(ev)
		if !w.p.upToDate() {
			return unreadPause
		}
		some, left := s.shedKnown(w)
		if left > 0 || !some {
			return left
		}
	}
	return 0
}

func (w *connWatch) hasLinks() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.links) > 0
}

// shedKnown disconnects the endpoints that are known to be abandoned, and reports whether there were any, and how long it takes
// until it is known of all. s.mu is held.
func (s *socketState) shedKnown(w *connWatch) (some bool, left time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readIntervals()
	for _, l := range w.links {
		left = max(left, l.decide(w.interval >= 0))
		if !l.dead || s.unread(l) {
			continue
		}
		errno := cEndpoint(s.h, endpointDisconnect, l.endpoint)
		if errno != 0 && errno != ENOENT {
			continue
		}
		w.suspect()
		if some = true; errno == ENOENT && w.interval < 0 {
			w.unlinked(l.endpoint) // the engine has disconnected it by itself
			continue
		}
		l.dead, l.shed, l.carried = false, true, false
	}
	return some, left
}

// isShed reports whether the socket is connected to an endpoint of which the engine knows no longer. s.mu is held.
func (s *socketState) isShed(endpoint string) bool {
	w := s.connWatch
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.links[endpoint]
	return l != nil && l.shed
}
