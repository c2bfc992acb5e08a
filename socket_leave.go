package zmq

// The engine ends what Disconnect and Unbind concern on its I/O threads, a moment after the call. Until the socket has heard of it, a
// connection that was made with Immediate, or that came in at a bound endpoint, is one of those among which messages are dealt
// out, and what it gets is lost or goes to a peer that was to get no more. So the two calls return only when the socket has heard of it,
// and keep the lock, so that no goroutine sends meanwhile.

// leaveTurns is for how many milliseconds the two calls wait at most, for I/O threads that look up a name or get no processor.
const leaveTurns = 100

// dealsOut reports whether messages may go to connections that the engine was told to end. s.mu is held.
func (s *socketState) dealsOut(action endpointOp) bool {
	if !s.typ.is(Push, Dealer, Req, Pair) {
		return false
	}
	on, errno := cGetInt(s.h, optImmediate)
	return action == endpointUnbind || errno == 0 && on != 0
}

// awaitLeft lets the socket hear that connections have ended. The I/O threads always say something: that a connection's queue
// ends, or, where there was none, that nothing is left of the endpoint. What they say may be about something else, so it
// ends when they have said nothing for a millisecond. s.mu is held.
func (s *socketState) awaitLeft() {
	fd, errno := s.waitFD()
	if errno != 0 {
		return
	}
	heard := false
	for range leaveTurns {
		cWaitBriefly(fd, -1, 1)
		f := []pollFD{{fd: int32(fd), events: int16(PollIn)}}
		cPollNow(f)
		ev, errno := cEvents(s.h) // takes in what was said, and has the descriptor tell of what follows
		s.afterCall(ev)
		told := f[0].revents != 0
		if errno != 0 || heard && !told {
			return
		}
		heard = heard || told
	}
}
