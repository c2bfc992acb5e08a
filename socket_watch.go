package zmq

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lookout is a socket's watch: it keeps what the engine reports about the socket's connections, and passes it on to
// monitors and counters. Each socket has one watch at most, for any number of monitors. A pump brings the events.
//
// Locks are taken in this order: sock.mu of the watched socket, that of the pump's socket, pump.mu, lookout.mu, Monitor.mu.
type lookout struct {
	s    *sock // who is watched
	p    *pump
	name string // by which the pump's socket knows the engine's end
	done chan struct{}

	mu      sync.Mutex
	taps    map[tap]struct{}
	peers   peers
	changed chan struct{} // closed, and replaced, when peers changed

	links                 map[string]*link // by endpoint, of those that are connected over a network
	linkOf                map[int]*link    // by descriptor
	interval, intervalMax time.Duration    // ReconnectInterval, ReconnectIntervalMax
}

// tap is where a watch's events go.
type tap interface {
	take(Event)
	end(error) // no more events; nil when the tap itself has ended it
}

// keep is the tap of those who are interested in the counters only.
type keep struct{ _ byte }

func (*keep) take(Event) {}
func (*keep) end(error)  {}

// watchFor adds a tap to the socket's watch, which it starts if need be.
func (s *sock) watchFor(t tap) (*lookout, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	if err := need("Monitor", from40); err != nil {
		return nil, err
	}
	if w, err := s.joinWatch(t); w != nil || err != nil {
		return w, err
	}
	p, err := s.z.pumpForWatch()
	if err != nil {
		return nil, err
	}
	w := &lookout{
		s: s, p: p, name: p.nextName(), done: make(chan struct{}),
		taps: map[tap]struct{}{}, changed: make(chan struct{}), peers: newPeers(),
		links: map[string]*link{}, linkOf: map[int]*link{},
	}
	joined, err := s.startWatch(w, t)
	if joined != w && p.alone {
		p.stop()
	}
	return joined, err
}

// joinWatch adds a tap to the watch that runs already, if one does.
func (s *sock) joinWatch(t tap) (*lookout, error) {
	if err := s.lock(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if s.lookout != nil {
		s.lookout.add(t)
	}
	return s.lookout, nil
}

// startWatch makes w the socket's watch, unless another one came first.
func (s *sock) startWatch(w *lookout, t tap) (*lookout, error) {
	if err := s.lock(); err != nil {
		return nil, err
	}
	defer s.unlock()
	if s.lookout != nil {
		s.lookout.add(t)
		return s.lookout, nil
	}
	r := w.p.router.s
	if err := r.lock(); err != nil {
		return nil, ErrTerminated // the context is closing
	}
	defer r.unlock()
	if err := s.z.reserve(); err != nil {
		return nil, err
	}
	if !w.p.add(w) {
		s.z.unreserve()
		return nil, ErrTerminated
	}
	if errno := s.monitor(w); errno != 0 {
		w.p.remove(w)
		s.z.unreserve()
		if errno == EMFILE {
			return nil, s.z.tooManySockets()
		}
		return nil, callError(errno)
	}
	w.add(t)
	s.lookout = w
	return w, nil
}

// monitor makes the engine send the events to the pump. Both sockets are locked, so that nothing comes between: an
// event for which there is no receiver blocks the engine.
func (s *sock) monitor(w *lookout) Errno {
	r := w.p.router.s.h
	endpoint := "inproc://zmq.monitor." + w.name
	errno := cMonitor(s.h, endpoint, int(EventAll))
	for patience := 0; errno == EMFILE && patience < 100; patience++ {
		time.Sleep(time.Millisecond) // slots come back when the engine's reaper has run
		errno = cMonitor(s.h, endpoint, int(EventAll))
	}
	if errno != 0 {
		return errno
	}
	if !w.p.alone {
		errno = cSetBytes(r, optConnectRoutingID, []byte(w.name))
	}
	if errno == 0 {
		errno = cEndpoint(r, endpointConnect, endpoint)
	}
	if errno != 0 {
		cMonitor(s.h, "", 0)
	}
	return errno
}

func (w *lookout) deliver(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell(e)
	if more := w.follow(e); more.Type != 0 {
		w.tell(more)
	}
}

// tell counts an event and passes it on. w.mu is held.
func (w *lookout) tell(e Event) {
	if w.peers.note(e) {
		w.touch()
	}
	for t := range w.taps {
		t.take(e)
	}
}

// finish ends the taps that are left.
func (w *lookout) finish(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := range w.taps {
		t.end(err)
	}
	clear(w.taps)
	for endpoint := range w.links {
		w.unlinked(endpoint)
	}
	w.touch()
}

// touch wakes those who wait for the counters. w.mu is held.
func (w *lookout) touch() {
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *lookout) add(t tap) {
	w.mu.Lock()
	w.taps[t] = struct{}{}
	w.mu.Unlock()
}

// remove takes a tap back, and ends the watch with the last one. What a watch reports whose socket was closed meanwhile
// goes nowhere then.
func (w *lookout) remove(t tap) {
	w.s.mu.Lock()
	w.mu.Lock()
	delete(w.taps, t)
	last := len(w.taps) == 0
	w.mu.Unlock()
	last = last && w.s.lookout == w
	if last {
		w.s.stopWatch()
	}
	w.s.mu.Unlock()
	if last {
		<-w.done
	}
}

// stop tells the engine to report nothing more.
func (w *lookout) stop() {
	w.s.mu.Lock()
	if w.s.lookout == w {
		w.s.stopWatch()
	}
	w.s.mu.Unlock()
}

// stopWatch stops the socket's watch, if it has one: the last event that the watch gets says so. s.mu is held and
// the C socket is open.
func (s *sock) stopWatch() {
	if s.lookout == nil {
		return
	}
	s.lookout = nil
	cMonitor(s.h, "", 0)
}

// lastWatch is stopWatch for a socket that is about to be closed in C. A monitor is told what happens until the engine is
// done with the socket, and the engine then ends the watch by itself. Where the context is C code's that would be too
// late: the pump may be gone by then, and the engine would block on its next event. s.mu is held.
func (s *sock) lastWatch(closing bool) {
	w := s.lookout
	if w == nil {
		return
	}
	z := s.z
	z.mu.Lock()
	stays := closing && z.owned && !z.stopped && !z.lost
	z.mu.Unlock()
	if !stays || !w.lingers() {
		s.stopWatch()
		return
	}
	s.lookout = nil
}

// lingers reports whether somebody wants to know what happens to a socket that is closed, and ends the taps of those
// who do not.
func (w *lookout) lingers() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := range w.taps {
		if _, counts := t.(*keep); counts {
			delete(w.taps, t)
		}
	}
	w.touch()
	return len(w.taps) > 0
}

// connected notes that the socket is about to be connected to an endpoint.
func (w *lookout) connected(endpoint string) {
	w.mu.Lock()
	w.peers.connected(endpoint)
	w.mu.Unlock()
}

// left notes that the socket has left an endpoint, for which there is no event, and reports whether its
// connections may have another name by now: then leftName does the rest.
func (w *lookout) left(endpoint string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.touch()
	delete(w.peers.given, endpoint)
	w.unlinked(endpoint)
	w.peers.left(endpoint, endpoint)
	_, port, named := hostName(endpoint)
	return named && w.peers.others(port)
}

// leftName does for the addresses of an endpoint's host what left does for the endpoint. It asks for them, so no lock
// is held.
func (w *lookout) leftName(endpoint string) {
	host, port, _ := hostName(endpoint)
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	addrs, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.touch()
	if w.peers.given[endpoint] {
		return // connected again meanwhile
	}
	for _, a := range addrs {
		w.peers.left("tcp://"+netip.AddrPortFrom(a.Unmap(), port).String(), endpoint)
	}
}

// lookupTimeout is how long Disconnect may look for the addresses of a name.
const lookupTimeout = 5 * time.Second

// hostName takes a tcp endpoint apart, and reports whether its host is a name, or has a source address before
// it: after a first connection the engine's events have the bare address instead.
func hostName(endpoint string) (host string, port uint16, named bool) {
	address, tcp := strings.CutPrefix(endpoint, "tcp://")
	_, to, source := strings.Cut(address, ";")
	if source {
		address = to
	}
	host, digits, err := net.SplitHostPort(address)
	n, errPort := strconv.ParseUint(digits, 10, 16)
	return host, uint16(n), tcp && err == nil && errPort == nil && (source || !isLiteral(host))
}

// peers counts the peers of a socket by its events.
type peers struct {
	now      int // whose handshake succeeded and who have not gone
	made     uint64
	lost     uint64
	retries  uint64
	failures uint64
	givenUp  uint64
	events   uint64
	conns    map[int]*peerConn // by descriptor
	ends     map[string]*peerEnd
	given    map[string]bool // what the socket was connected to while it was watched, as it was told
	past     []pastEnd       // what it was disconnected from of late
}

// peerConn is a connection. The event of a handshake names the endpoint and not the connection: where several are
// in their handshake, the one that came last is taken for the peer, until it fails.
type peerConn struct {
	end      *peerEnd
	peer     bool
	made, in uint64 // which event brought it, and which one made it a peer
}

// peerEnd is an endpoint that has connections.
type peerEnd struct {
	waiting []*peerConn // in their handshake, the oldest first
	failed  int         // whose handshake failed and who have not gone
	open    int
}

// pastEnd is an endpoint that was left: as events have it, and as it was given.
type pastEnd struct{ event, given string }

// pastEnds is for how many endpoints events may be on their way when they are left.
const pastEnds = 64

func newPeers() peers {
	return peers{conns: map[int]*peerConn{}, ends: map[string]*peerEnd{}, given: map[string]bool{}}
}

// note counts an event and reports whether anything changed.
func (p *peers) note(e Event) bool {
	p.events++
	switch end := p.ends[e.Endpoint]; e.Type {
	case EventConnected, EventAccepted:
		p.made++
		if !p.over(e) {
			p.opened(e)
		}
	case EventHandshakeSucceeded:
		p.joined(end, p.events)
	case EventHandshakeFailedNoDetail, EventHandshakeFailedProtocol, EventHandshakeFailedAuth:
		p.failures++
		if end != nil && end.failed < end.open {
			end.failed++
		}
	case EventDisconnected:
		p.lost++
		p.gone(e.FD)
	case EventClosed:
		if engineFrom(4, 2, 3) || p.conns[e.FD] == nil {
			return false
		}
		p.gone(e.FD) // older engines may have no other word of its end
	case EventConnectRetried:
		p.retries++
	default:
		return false
	}
	return true
}

// opened notes a connection. If its descriptor belonged to another one, that was closed at this end, for which
// there is no event.
func (p *peers) opened(e Event) {
	p.gone(e.FD)
	end := p.ends[e.Endpoint]
	if end == nil {
		end = new(peerEnd)
		p.ends[e.Endpoint] = end
	}
	c := &peerConn{end: end, made: p.events}
	end.open++
	end.waiting = append(end.waiting, c)
	p.conns[e.FD] = c
	if !engineFrom(4, 2, 3) {
		p.joined(end, p.events) // the engine does not report how the handshake went
	}
}

// joined makes a peer of the last connection that was there when an event said that one is.
func (p *peers) joined(end *peerEnd, event uint64) {
	if end == nil {
		return
	}
	for i, c := range slices.Backward(end.waiting) {
		if c.made <= event {
			c.peer, c.in = true, event
			end.waiting = slices.Delete(end.waiting, i, i+1)
			p.now++
			return
		}
	}
}

// gone forgets a connection. Not every handshake that fails has an event that says so; but where one has, this was no
// peer, and what seemed to make it one was about another.
func (p *peers) gone(fd int) {
	c := p.conns[fd]
	if c == nil {
		return // it was made before anybody watched
	}
	delete(p.conns, fd)
	end := c.end
	end.open--
	failed := end.failed > 0
	if failed {
		end.failed--
	}
	if !c.peer {
		end.waiting = slices.DeleteFunc(end.waiting, func(w *peerConn) bool { return w == c })
		return
	}
	p.now--
	if failed {
		p.joined(end, c.in)
	}
}

// connected notes that the socket is connected to an endpoint, again maybe.
func (p *peers) connected(endpoint string) {
	p.given[endpoint] = true
	p.past = slices.DeleteFunc(p.past, func(e pastEnd) bool { return e.event == endpoint || e.given == endpoint })
}

// over reports whether an event is a rest of what was connected to an endpoint that was left since: no event
// tells how it ends.
func (p *peers) over(e Event) bool {
	return e.Type == EventConnected && slices.ContainsFunc(p.past, func(past pastEnd) bool { return past.event == e.Endpoint })
}

// left forgets the connections whose events have this endpoint, unless the socket was connected to it besides the
// given one.
func (p *peers) left(endpoint, given string) {
	if p.given[endpoint] {
		return
	}
	if len(p.past) == pastEnds {
		p.past = slices.Delete(p.past, 0, 1)
	}
	p.past = append(p.past, pastEnd{endpoint, given})
	end := p.ends[endpoint]
	if end == nil {
		return
	}
	for fd, c := range p.conns {
		if c.end == end {
			delete(p.conns, fd)
			if c.peer {
				p.now--
			}
		}
	}
	delete(p.ends, endpoint)
}

// others reports whether there are connections to the port by an endpoint that was not given.
func (p *peers) others(port uint16) bool {
	for endpoint := range p.ends {
		_, digits, err := net.SplitHostPort(strings.TrimPrefix(endpoint, "tcp://"))
		if err == nil && digits == strconv.Itoa(int(port)) && !p.given[endpoint] {
			return true
		}
	}
	return false
}
