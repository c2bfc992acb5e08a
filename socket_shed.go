package zmq

import "time"

// shedDead disconnects the endpoints that the engine has abandoned, before the socket is connected or bound anywhere. libzmq knows
// a connection of a socket by its address in memory, which it keeps when it has given the connection up. What is
// connected next may get the same memory, and would be ended, in silence, with the endpoint that was abandoned. shedDead reports
// false if it cannot know yet which those are. Where no event says so, it takes some time without one. s.mu is held.
func (s *socketState) shedDead() bool {
	w := s.connWatch
	if w == nil || s.recvOpen || !w.hasLinks() {
		return true
	}
	for range 3 {
		// The engine frees a connection while its socket is called, and has sent the event before that.
		ev, _ := cEvents(s.h)
		s.afterCall(ev)
		if !w.p.upToDate() {
			return false
		}
		some, doubt := s.shedKnown(w)
		if doubt {
			return false
		}
		if !some {
			break
		}
	}
	return true
}

func (w *connWatch) hasLinks() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.links) > 0
}

// doubtful reports whether the engine may have abandoned all of a link's connections: it has not said that it tries again.
func (l *link) doubtful() bool { return !l.dead && !l.shed && l.lost > 0 && l.lost == l.times }

// shedKnown disconnects the endpoints that were abandoned, and reports whether there were any, and whether there may be others.
// s.mu is held.
func (s *socketState) shedKnown(w *connWatch) (some, doubt bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readIntervals()
	for _, l := range w.links {
		if !l.dead && !l.doubtful() || s.unread(l) {
			continue
		}
		if !l.dead && w.interval >= 0 && time.Since(l.last) < shedDoubt {
			doubt = true
			continue
		}
		errno := cEndpoint(s.h, endpointDisconnect, l.endpoint)
		if errno != 0 && errno != ENOENT {
			continue
		}
		if some = true; errno == ENOENT && w.interval < 0 {
			w.unlinked(l.endpoint) // the engine has disconnected it by itself
			continue
		}
		l.dead, l.shed = false, true
	}
	return some, doubt
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
