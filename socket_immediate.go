package zmq

// delay makes connections join the others when their handshake is complete, and reports whether it did. Otherwise all that
// is sent would be queued for a peer that may refuse it again, and be lost with each refusal. The engine keeps the option:
// it aborts the process if it is taken back under a connection that was made with it. s.mu is held.
func (s *socketState) delay() bool {
	return s.typ.is(Push, Dealer, Req, Pair) && cSetInt(s.h, optImmediate, 1) == 0
}

// delayRefused is delay for connections that are made again after a peer has refused them. Connections that the program makes
// later have the option as the program has set it, see connectAsSet. s.mu is held.
func (s *socketState) delayRefused() bool {
	on, errno := cGetInt(s.h, optImmediate)
	delayed := s.delay()
	if delayed && errno == 0 && on == 0 {
		s.delaysRefused, s.delayStays = true, true
	}
	return delayed
}

// connectAsSet connects the socket over a network, with Immediate as the program has set it: what the program sends is queued for a
// peer that is still to come, even after another peer has refused the socket. The engine must not find the option off when it
// learns, in a call, that a connection that was made with it is lost. So the events are read right before, which makes the
// engine learn what has happened until then. s.mu is held.
func (s *socketState) connectAsSet(endpoint string) Errno {
	if !s.delaysRefused {
		return cEndpoint(s.h, endpointConnect, endpoint)
	}
	ev, _ := cEvents(s.h)
	s.afterCall(ev)
	cSetInt(s.h, optImmediate, 0)
	defer cSetInt(s.h, optImmediate, 1)
	return cEndpoint(s.h, endpointConnect, endpoint)
}

// guardImmediate keeps the option from changing under connections: the engine looks at it when one that was made with it is
// lost, and aborts the process; and a subscriber's connections that were made without it would be lost for good.
func (s *socketState) guardImmediate(on int64) (done bool, err error) {
	if s.delayStays && (on == 0 || on == 1) {
		s.delaysRefused = on == 0
		return true, nil // the engine has it on
	}
	if v, errno := cGetInt(s.h, optImmediate); s.linksWatched && s.connected && errno == 0 && int64(v) != on {
		return false, withReason(EINVAL, "the socket has connections: set it before the first Connect")
	}
	return false, nil
}
