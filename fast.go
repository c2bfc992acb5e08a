package zmq

// Most operations find their socket ready and nobody parked on it. They take the short way through
// this file. It leaves everything else, failures of any kind included, to the general one (sock.do), which
// then tries anew: a failure has changed nothing.

// quiet reports whether the socket is open and nobody has to be told what a call changed. s.mu is held.
func (s *sock) quiet() bool { return !s.closed && !s.terminated && s.parked == 0 }

// sendNow sends p, or the message m if p is nil, as one part; whole says that it is all of
// a message, which must not come between the parts of another.
func (s *sock) sendNow(p []byte, m msgHandle, size int, more, whole bool) bool {
	s.mu.Lock()
	// The later parts of a PAIR's message may be lost, see op.drop.
	if !s.quiet() || s.sendOpen && (whole || s.typ == Pair) || s.conflate && more || s.gathers(more) || s.typ == XSub {
		s.mu.Unlock()
		return false
	}
	if s.drains {
		s.drain()
	}
	mode := 0
	if more {
		mode = modeMore
	}
	if s.sendOpen {
		mode |= modeLater
	}
	s.crossings++
	var err Errno
	if m == (msgHandle{}) {
		err = cSendNow(s.h, p, mode)
	} else {
		err = cSendMsgNow(s.h, m, mode)
	}
	if err == 0 {
		s.sendOpen = more
		s.out.part(!more, size)
	}
	s.mu.Unlock()
	return err == 0
}

// worthTrying reports whether a receive should look before it waits. A socket whose last receive
// had to wait is likely to be empty again, and waiting begins with a look anyway. s.mu is held.
func (s *sock) worthTrying() bool {
	s.drains = false
	return s.quiet() && !s.waits
}

// received notes how a receive ended that went the short way. s.mu is held.
func (s *sock) received(err Errno, more bool, size int) {
	s.crossings++
	switch err {
	case 0:
		s.recvOpen = more
		s.in.part(!more, size)
	case EAGAIN:
		s.waits = true
	}
}

func (s *sock) recvNow(p []byte) (int, bool) {
	s.mu.Lock()
	if !s.worthTrying() {
		s.mu.Unlock()
		return 0, false
	}
	n, more, err := cRecvNow(s.h, p)
	s.received(err, more, n)
	s.mu.Unlock()
	return n, err == 0
}

func (s *sock) recvMsgNow(m *Message) bool {
	s.mu.Lock()
	if !s.worthTrying() {
		s.mu.Unlock()
		return false
	}
	data, empty, more, err := cRecvMsgNow(s.h, m.handle())
	s.received(err, more, len(data))
	s.mu.Unlock()
	if err == 0 || empty {
		m.data, m.more = data, more
	}
	return err == 0
}

// recvRoomNow receives whole messages until max rows of the room are in use, and returns how many. If
// the room is nil, one is taken from the pool on success. It returns the only failure that has changed something: a
// message was lost for want of memory.
func (s *sock) recvRoomNow(rm *room, max int) (*room, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.worthTrying() || s.recvOpen {
		return rm, 0, nil
	}
	into := rm
	if into == nil {
		if into = getRoom(); into == nil {
			return nil, 0, nil
		}
	}
	before := into.h.rows()
	n, size, err := cRecvRoomNow(s.h, into.h, max, 0)
	s.crossings++
	switch err {
	case 0:
		s.in.add(n, into.h.rows()-before, size)
		return into, n, nil
	case EAGAIN:
		s.waits = true
	}
	var lost error
	if into.h.lost() {
		lost = err
	}
	if rm == nil {
		putRoom(into)
	}
	return rm, 0, lost
}
