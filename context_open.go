package zmq

import (
	"runtime"
	"time"
)

// socketSpec is what a Socket is from its first moment on. Once it is in its context's table other goroutines may use it:
// Context.Close may close it at once.
type socketSpec struct {
	typ   SocketType
	kind  string // what the leak record calls it
	label string // what describe says before it has an endpoint

	foreign  sockHandle // C code's own socket; if there is none, one is opened
	borrowed bool       // which C code closes

	internal bool // the package's own, for watches
	pump     *pump
}

// openSocket makes a Socket, the only way there is.
func (c *Context) openSocket(spec socketSpec) (*Socket, error) {
	z := c.inner()
	if err := z.enter(spec); err != nil {
		return nil, err
	}
	s, err := z.newSocketState(spec)
	if err == nil {
		s.rec = opened(spec.kind)
	}
	if err := z.settle(spec, s, err); err != nil {
		return nil, err
	}
	out := &Socket{st: s, ctx: c}
	if spec.typ == Dealer {
		out.requests = &requests{token: make(chan struct{}, 1)}
	}
	z.knownAs(out)
	out.cleanup = runtime.AddCleanup(out, func(s *socketState) {
		s.rec.forgotten()
		go s.abandon()
	}, s)
	return out, nil
}

func (spec socketSpec) opens() bool { return spec.foreign == (sockHandle{}) }

// enter keeps the context from being terminated until settle. It takes a slot for a socket that is to be opened: a
// termination that finds none for what it has to do aborts the process.
func (z *contextState) enter(spec socketSpec) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := z.usable(); err != nil {
		return err
	}
	if spec.opens() {
		if z.full(spec.internal) {
			return z.tooManySockets()
		}
		z.opening++
		z.countInternal(spec.internal, 1)
	}
	z.held++
	return nil
}

// newSocketState makes a socketState that no other goroutine knows.
func (z *contextState) newSocketState(spec socketSpec) (*socketState, error) {
	s := &socketState{
		seq: socketSeq.Add(1), h: spec.foreign, typ: spec.typ, z: z, borrowed: spec.borrowed,
		internal: spec.internal, pump: spec.pump,
		optionValues: optionValues{sendTimeout: Infinite, recvTimeout: Infinite, topicMax: defaultTopicMax},
		attachment:   attachment{endpoint: spec.label},
	}
	s.src = s
	if !spec.opens() {
		s.hasNetEndpoint, s.connected, s.sendsUncounted = true, true, true // for all that is known
		s.readTimeouts()
		return s, nil
	}
	var err error
	if s.h, err = z.socket(spec.typ); err == nil {
		s.unlimitFilters()
	}
	return s, err
}

// settle ends what enter began: it puts the socket into the context's table, in place of the slot that was taken, unless
// there is none or the context was stopped meanwhile.
func (z *contextState) settle(spec socketSpec, s *socketState, err error) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.held--
	if spec.opens() {
		z.opening--
	}
	z.touch()
	if err != nil {
		z.countInternal(spec.internal, -1)
		return err
	}
	if err := z.usable(); err != nil {
		z.countInternal(spec.internal, -1)
		s.rec.closed()
		if spec.opens() {
			cClose(s.h)
		}
		return err
	}
	z.openSockets[s] = struct{}{}
	return nil
}

// socket opens a C socket. The slot of one that was closed comes back when the engine's reaper has run: that is waited
// for, a moment.
func (z *contextState) socket(t SocketType) (sockHandle, error) {
	h, err := z.trySocket(t)
	for patience := 0; err == ErrMaxSockets && patience < 100; patience++ {
		time.Sleep(time.Millisecond)
		h, err = z.trySocket(t)
	}
	return h, err
}

// trySocket calls zmq_socket. Want of descriptors would abort the process inside libzmq.
func (z *contextState) trySocket(t SocketType) (sockHandle, error) {
	descriptors.Lock()
	defer descriptors.Unlock()
	if err := z.tryThreads(); err != nil {
		return sockHandle{}, err
	}
	spare := headroomSocket
	if !z.started.Load() {
		spare += headroomThreads(z.ioThreads) // the first one starts the threads
	}
	if !cSpare(spare) {
		return sockHandle{}, ErrTooManyFiles
	}
	h, errno := cSocket(z.h, t)
	switch errno {
	case 0:
		z.started.Store(true)
		return h, nil
	case EMFILE:
		return h, z.tooManySockets() // there are descriptors: it must be the other limit
	case ETERM:
		return h, ErrTerminated
	case EINVAL:
		return h, withReason(EINVAL, "the engine does not know this socket type")
	}
	return h, errno
}

// full reports whether there is no slot left for one more socket, with one kept back: a termination that finds none for
// what it has to do aborts the process. Sockets of the package's own, for watches, do not count as the user's. z.mu is held.
func (z *contextState) full(internal bool) bool {
	users := len(z.openSockets) + z.opening - z.internal + len(z.zombies) + 1
	all := users + z.internal + z.monitorSockets
	return z.owned && (!internal && users >= z.maxSockets || all >= z.maxSockets+z.extra)
}

// countInternal keeps count of the package's own sockets. z.mu is held.
func (z *contextState) countInternal(internal bool, n int) {
	if internal {
		z.internal += n
	}
}
