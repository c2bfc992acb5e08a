package zmq

import (
	"maps"
	"slices"
	"time"
)

// forgetNames forgets the inproc names that a socket has bound, and notes that it no longer waits for others. It comes before
// the socket is closed in C: who connects in between is taken for one who waits, which does no harm; the other way round
// nothing would bind what it waits for. A socket that is about to be closed is unbound, where the engine can: otherwise it keeps
// the name until libzmq's reaper closes it, and a socket that connects until then has a peer that is gone. s.mu is held.
func (z *contextState) forgetNames(s *socketState, closing bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, name := range s.pending {
		if a := z.awaited[name]; a != nil {
			a.left = true
		}
	}
	for name, by := range z.bound {
		if by == s {
			delete(z.bound, name)
			if closing && engineFrom(4, 1, 0) {
				cEndpoint(s.h, endpointUnbind, name)
			}
		}
	}
}

// awaited is what is known of those who have connected to an inproc name that is not bound.
type awaited struct {
	router bool // a Router or Rep is among them
	left   bool // a socket may have left, and cannot be sent a message
}

// awaits reports whether the socket has connected to an inproc name that is not bound yet. z.mu is held.
func (s *socketState) awaits(z *contextState) bool {
	return slices.ContainsFunc(s.pending, z.isAwaited)
}

// awaitsAt is awaits for one name.
func (s *socketState) awaitsAt(z *contextState, name string) bool {
	return z.isAwaited(name) && slices.Contains(s.pending, name)
}

func (z *contextState) isAwaited(name string) bool { return z.awaited[name] != nil }

// isBound reports whether a socket of the context has bound an inproc name.
func (z *contextState) isBound(name string) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.bound[name] != nil
}

// found takes a name off those that are waited for, and with it the closed sockets that waited. z.mu is held.
func (z *contextState) found(name string) {
	delete(z.awaited, name)
	maps.DeleteFunc(z.zombies, func(s *socketState, _ bool) bool { return !s.awaits(z) })
}

// bindAwaited binds the inproc names that sockets wait for in vain. Terminating does the
// same, and aborts the process if it finds no socket left to do it with, or if a Router or Rep waits that is not
// the first: it binds a PAIR, which turns all but one away; a DEALER takes them all.
//
// Descriptors come back when the engine's reaper has run: patience is how many milliseconds to wait for them.
func (z *contextState) bindAwaited(patience int) error {
	if !z.owned || z.disowned {
		return nil
	}
	for name := range z.awaited {
		h, err := z.socket(Dealer)
		for ; err == ErrTooManyFiles && patience > 0; patience-- {
			time.Sleep(time.Millisecond)
			h, err = z.socket(Dealer)
		}
		if err == ErrTooManyFiles {
			return err
		}
		if err != nil {
			return ErrMaxSockets
		}
		cEndpoint(h, endpointBind, name)
		cClose(h)
		z.found(name)
	}
	return nil
}

// callInproc keeps account of inproc names that are waited for, see bindAwaited. One call at a time: libzmq joins a
// bound and a connected socket in two steps, between which a PAIR might find that it has a peer already and
// turn this one away. s.mu is held.
func (s *socketState) callInproc(action endpointOp, name string) (Errno, error) {
	z := s.z
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := s.refuseInproc(action, name); err != nil {
		return 0, err
	}
	if err := s.secondPeer(action, name); err != nil {
		return 0, err
	}
	errno := cEndpoint(s.h, action, name)
	switch {
	case errno != 0:
	case action == endpointConnect && z.bound[name] != nil:
		z.bound[name].taken = true
	case action == endpointBind:
		z.bound[name] = s
		z.found(name)
		z.touch()
	case action == endpointConnect && z.bound[name] == nil:
		a := z.awaited[name]
		if a == nil {
			a = &awaited{}
			z.awaited[name] = a
		}
		a.router = a.router || s.typ.is(Router, Rep)
		a.left = a.left || s.typ == Pair // it may have a peer, and then wants no other
		if !slices.Contains(s.pending, name) {
			s.pending = append(slices.DeleteFunc(s.pending, func(n string) bool { return !z.isAwaited(n) }), name)
		}
	case action != endpointConnect && z.bound[name] == s: // Disconnect does the same as Unbind
		delete(z.bound, name)
	case action != endpointConnect && s.awaitsAt(z, name):
		z.awaited[name].left = true
	}
	return errno, nil
}

// refuseInproc refuses what makes libzmq abort the process, there and then or when the name is bound. z.mu is held.
func (s *socketState) refuseInproc(action endpointOp, name string) error {
	z := s.z
	waiting := z.awaited[name]
	switch {
	case action == endpointUnbind || action == endpointDisconnect:
		if s.typ.is(Router, Rep) && s.awaitsAt(z, name) {
			return withReason(EINVAL, "nobody has bound the name yet: libzmq cannot take back that a router or rep waits for it; close the socket instead")
		}
	case s.typ == Stream:
		return withReason(ENOCOMPATPROTO, "a stream socket's peers are not ØMQ's: it has none over inproc")
	case action == endpointBind && s.typ == Pair && waiting != nil && waiting.router:
		return withReason(EINVAL, "a router or rep has connected to this name before: a pair cannot be its peer")
	case action == endpointBind && s.hasWelcomeMsg && waiting != nil && waiting.left:
		return withReason(EINVAL, "a socket that had connected to this name has left, or is a pair: it cannot be sent the welcome message; bind first, or set XPubWelcomeMsg after that")
	case action == endpointConnect && z.bound[name] == nil:
		// Its queue has room for one message, where both what libzmq leaves there for the peer to come and the
		// end of the queue have to go.
		if on, errno := cGetInt(s.h, optConflate); errno == 0 && on != 0 {
			return withReason(ECONNREFUSED, "nobody has bound the name yet: a socket with Conflate connects to those that are bound")
		}
	}
	return nil
}

// inprocStays explains why an inproc endpoint cannot be left: before 4.0 no engine can, and before 4.1 none can unbind it.
// s.mu is held.
func (s *socketState) inprocStays(action endpointOp, name string, errno Errno) error {
	s.z.mu.Lock()
	bound := s.z.bound[name] == s
	s.z.mu.Unlock()
	need := Version{4, 1, 0}
	if !bound {
		need = Version{4, 0, 0}
	}
	if errno != ENOENT || engineVersion().AtLeast(need) {
		return errnoError(errno)
	}
	verb := "Unbind"
	if action == endpointDisconnect {
		verb = "Disconnect"
	}
	return &VersionError{Feature: verb + " of an inproc endpoint", Need: need, Have: engineVersion()}
}
