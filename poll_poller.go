package zmq

import (
	"context"
	"reflect"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Poller waits for many sockets, descriptors and Go connections at once. It is level triggered: the next Wait reports again
// what is ready and was not dealt with. Other goroutines may use its sockets directly, and may change the Poller while one
// waits.
//
// A Poller is safe for concurrent use by multiple goroutines; of several calls of Wait one at a time waits, and the others
// wait for their turn. Close it when done; a Poller that has become unreachable releases what it holds some time after the
// garbage collector has found it.
type Poller struct {
	_       noCopy
	p       *poller
	cleanup runtime.Cleanup
}

// poller is the part of a Poller that its cleanup refers to. Sockets and goroutines refer to wait alone, so that a Poller
// that was forgotten is found.
type poller struct {
	wait *notifier
	turn chan struct{} // held by the goroutine that waits
	end  chan struct{} // closed by Close
	rec  *record

	mu     sync.Mutex
	items  []*polled
	fds    *fdSet // made anew when the descriptors change
	closed bool
	woken  bool        // Wake was called, and has ended no Wait yet
	tick   *time.Timer // of Ready, while the poller holds connections
}

// polled is one thing that a Poller waits for.
type polled struct {
	is   PollReady // what is reported, with Events being what is wanted
	sock *interest
	raw  syscall.RawConn
	fd   int // position in fds
}

// PollReady is something that was added to a Poller, with the conditions that hold for it. One of Socket and Conn is set,
// or neither for a descriptor.
type PollReady struct {
	Socket *Socket
	FD     int
	Conn   syscall.Conn
	Events PollEvents
}

// NewPoller returns a Poller that waits for nothing yet. Errors: that of a build without libzmq.
func NewPoller() (*Poller, error) {
	if err := checkEngine(); err != nil {
		return nil, err
	}
	p := &poller{wait: newNotifier(), turn: make(chan struct{}, 1), end: make(chan struct{}), rec: opened("poller")}
	out := &Poller{p: p}
	out.cleanup = runtime.AddCleanup(out, func(p *poller) {
		p.rec.forgotten()
		go p.close()
	}, p)
	return out, nil
}

// isNil reports whether there is no Poller, or none that NewPoller has made.
func (p *Poller) isNil() bool { return p == nil || p.p == nil }

func pollerError(op string, t SocketType, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Type: t, Err: err}
}

// Add makes the poller wait for events of a socket: PollIn, PollOut or both. Errors: EINVAL for no
// events, others than these, or a socket that was added before; ErrClosed.
func (p *Poller) Add(s *Socket, events PollEvents) error {
	if p.isNil() {
		return pollerError("add to poller", noSocket, errNilPoller)
	}
	if s.inner() == nilSocket {
		return pollerError("add to poller", noSocket, errNilSocket)
	}
	defer runtime.KeepAlive(p)
	it := &polled{is: PollReady{Socket: s, FD: -1, Events: events}, sock: newInterest(s.st, p.p.wait, events)}
	return pollerError("add to poller", s.st.typ, p.p.add(it))
}

// AddFD makes the poller wait for events of a descriptor of any kind that poll(2) takes. It stays
// the caller's, who removes it before closing it. PollErr is reported asked for or not. Errors: those
// of Add.
func (p *Poller) AddFD(fd int, events PollEvents) error {
	if p.isNil() {
		return pollerError("add to poller", noSocket, errNilPoller)
	}
	if fd < 0 {
		return pollerError("add to poller", noSocket, withReason(EINVAL, "not a descriptor: "+strconv.Itoa(fd)))
	}
	defer runtime.KeepAlive(p)
	return pollerError("add to poller", noSocket, p.p.add(&polled{is: PollReady{FD: fd, Events: events}}))
}

// AddConn makes the poller wait for events of a Go connection or file, such as a *net.TCPConn. It stays the
// caller's, who may go on using it. After it was closed Wait returns it with PollErr; a Wait that is running
// notices within a tenth of a second, since the system does not report it. Errors: those of Add.
func (p *Poller) AddConn(c syscall.Conn, events PollEvents) error {
	if p.isNil() {
		return pollerError("add to poller", noSocket, errNilPoller)
	}
	if c == nil || !reflect.TypeOf(c).Comparable() {
		return pollerError("add to poller", noSocket, withReason(EINVAL, "not a connection that can be told from others"))
	}
	defer runtime.KeepAlive(p)
	raw, err := c.SyscallConn()
	fd := -1
	if err == nil {
		err = raw.Control(func(n uintptr) { fd = int(n) })
	}
	if err == nil {
		err = p.p.add(&polled{is: PollReady{Conn: c, FD: fd, Events: events}, raw: raw})
	}
	return pollerError("add to poller", noSocket, err)
}

func checkEvents(it *polled, events PollEvents) error {
	allowed := PollIn | PollOut
	if it.sock == nil {
		allowed |= PollErr | PollPri
	}
	if events == 0 || events&^allowed != 0 {
		return withReason(EINVAL, "events are "+allowed.String()+", not "+events.String())
	}
	return nil
}

func (p *poller) add(it *polled) error {
	if err := checkEvents(it, it.is.Events); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if p.find(it.is) >= 0 {
		return withReason(EINVAL, "it was added before: use Modify")
	}
	p.items = append(p.items, it)
	p.changed(it)
	return nil
}

// find returns the position of what is the same thing as this, -1 if there is none.
func (p *poller) find(is PollReady) int {
	for i, it := range p.items {
		switch {
		case is.Socket != nil || it.is.Socket != nil:
			if it.is.Socket == is.Socket {
				return i
			}
		case is.Conn != nil || it.is.Conn != nil:
			if it.is.Conn == is.Conn {
				return i
			}
		case it.is.FD == is.FD:
			return i
		}
	}
	return -1
}

// changed makes a running Wait look anew.
func (p *poller) changed(it *polled) {
	if it.sock == nil && p.fds != nil {
		p.fds.close()
		p.fds = nil
	}
	p.wait.notify()
}

// pollKey makes a PollReady of what Modify and Remove are given.
func pollKey(thing any) (PollReady, error) {
	switch v := thing.(type) {
	case *Socket:
		return PollReady{Socket: v, FD: -1}, nil
	case int:
		return PollReady{FD: v}, nil
	case syscall.Conn:
		if reflect.TypeOf(v).Comparable() {
			return PollReady{Conn: v, FD: -1}, nil
		}
	}
	return PollReady{}, withReason(EINVAL, "a *Socket, a descriptor (int) or a syscall.Conn is what a poller holds")
}

// Modify changes the events that are waited for. thing is what was added: a *Socket, an int for a
// descriptor, or a syscall.Conn. Errors: ENOENT if it was not added; those of Add.
func (p *Poller) Modify(thing any, events PollEvents) error {
	if p.isNil() {
		return pollerError("modify poller", noSocket, errNilPoller)
	}
	defer runtime.KeepAlive(p)
	return pollerError("modify poller", noSocket, p.p.modify(thing, events))
}

func (p *poller) modify(thing any, events PollEvents) error {
	return p.change(thing, func(i int) error {
		it := p.items[i]
		if err := checkEvents(it, events); err != nil {
			return err
		}
		it.is.Events = events
		if it.sock != nil {
			it.sock.end()
			it.sock = newInterest(it.is.Socket.st, p.wait, events)
		}
		return nil
	})
}

// change lets f change the item of a thing that was added, by its index.
func (p *poller) change(thing any, f func(i int) error) error {
	is, err := pollKey(thing)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.find(is)
	if i < 0 {
		return withReason(ENOENT, "it was not added")
	}
	it := p.items[i]
	if err := f(i); err != nil {
		return err
	}
	p.changed(it)
	return nil
}

// Remove makes the poller forget a *Socket, a descriptor (int) or a syscall.Conn. Errors: ENOENT if it was
// not added.
func (p *Poller) Remove(thing any) error {
	if p.isNil() {
		return pollerError("remove from poller", noSocket, errNilPoller)
	}
	defer runtime.KeepAlive(p)
	return pollerError("remove from poller", noSocket, p.p.remove(thing))
}

func (p *poller) remove(thing any) error {
	return p.change(thing, func(i int) error {
		it := p.items[i]
		p.items = append(p.items[:i:i], p.items[i+1:]...)
		if it.sock != nil {
			it.sock.end()
		}
		return nil
	})
}

// Wait waits until something is ready and returns all that is ready, in the order in which it was added. It holds no thread
// while it waits. A Poller without anything added waits until ctx ends or something is added. When Wake was called, Wait
// returns nothing and no error.
//
// Errors: ctx.Err() when ctx ended; ErrClosed when the Poller was closed; ErrTooManyFiles; an OpError with ErrClosed or
// ErrTerminated when one of the sockets was closed or its context terminated. This last error comes with a PollReady that
// holds the socket and PollErr: Remove it.
func (p *Poller) Wait(ctx context.Context) ([]PollReady, error) {
	if p.isNil() {
		return nil, pollerError("wait", noSocket, errNilPoller)
	}
	defer runtime.KeepAlive(p)
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return nil, pollerError("wait", noSocket, err)
	}
	return p.p.await(ctx)
}

// await is Wait, with a context that has not ended.
func (p *poller) await(ctx context.Context) ([]PollReady, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-p.end:
		return nil, pollerError("wait", noSocket, ErrClosed)
	case <-ctx.Done():
		return nil, pollerError("wait", noSocket, ctx.Err())
	}
	for {
		ready, woken, err := p.look()
		if err != nil || len(ready) > 0 || woken {
			return ready, err
		}
		if err := p.park(ctx); err != nil {
			return nil, pollerError("wait", noSocket, err)
		}
	}
}

// connLook is how often the connections are asked whether they are closed.
const connLook = 100 * time.Millisecond

// park waits for a reason to look again, or for the end of ctx.
func (p *poller) park(ctx context.Context) error {
	var tick <-chan time.Time
	if p.holdsConn() {
		timer := time.NewTimer(connLook)
		defer timer.Stop()
		tick = timer.C
	}
	select {
	case <-p.wait.sig:
	case <-p.end:
	case <-tick:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (p *poller) holdsConn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, it := range p.items {
		if it.raw != nil {
			return true
		}
	}
	return false
}

// look returns what is ready, and whether Wake was called. If there is neither it leaves everything watched.
func (p *poller) look() (ready []PollReady, woken bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false, pollerError("wait", noSocket, ErrClosed)
	}
	ready, err = p.lookAtAll()
	woken = p.woken
	if err == nil {
		p.woken = false
	}
	return ready, woken, err
}

// lookAtAll is look with p.mu held.
func (p *poller) lookAtAll() (ready []PollReady, err error) {
	if err := p.lookAtFDs(); err != nil {
		return nil, pollerError("wait", noSocket, err)
	}
	for _, it := range p.items {
		var ev PollEvents
		if it.sock != nil {
			var err error
			if ev, err = it.sock.look(true); err != nil {
				failed := PollReady{Socket: it.is.Socket, FD: -1, Events: PollErr}
				return []PollReady{failed}, pollerError("wait", it.is.Socket.st.typ, err)
			}
		} else {
			ev = p.fds.ready(it.fd)
		}
		if it.raw != nil && it.raw.Control(func(uintptr) {}) != nil {
			ev = PollErr // closed: the number may be another's by now
		}
		if ev != 0 {
			is := it.is
			is.Events = ev
			ready = append(ready, is)
		}
	}
	if len(ready) == 0 && p.fds != nil {
		return nil, pollerError("wait", noSocket, p.fds.start(p.wait))
	}
	return ready, nil
}

func (p *poller) lookAtFDs() error {
	if p.fds == nil {
		p.fds = new(fdSet)
		for _, it := range p.items {
			if it.sock == nil {
				it.fd = len(p.fds.fds)
				p.fds.add(it.is.FD, it.is.Events)
			}
		}
	}
	return p.fds.look()
}

// Close ends every Wait with ErrClosed and forgets what was added. The sockets and descriptors stay open. A second Close
// does nothing.
func (p *Poller) Close() error {
	if p.isNil() {
		return pollerError("close poller", noSocket, errNilPoller)
	}
	defer runtime.KeepAlive(p)
	p.cleanup.Stop()
	p.p.close()
	p.p.rec.closed()
	return nil
}

func (p *poller) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	close(p.end)
	p.wait.notify() // for who has the channel of Ready
	for _, it := range p.items {
		if it.sock != nil {
			it.sock.end()
		}
	}
	p.items = nil
	if p.tick != nil {
		p.tick.Stop()
	}
	if p.fds != nil {
		p.fds.close()
		p.fds = nil
	}
}

// Ready is a former name.
//
// Deprecated: use PollReady.
type Ready = PollReady
