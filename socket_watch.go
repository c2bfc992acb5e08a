package zmq

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// connWatch is a socket's watch: it keeps what the engine reports about the socket's connections, and passes it on to
// monitors and counters. Each socket has one watch at most, for any number of monitors. A pump brings the events.
//
// Locks are taken in this order: socketState.mu of the watched socket, that of the pump's socket, pump.mu, connWatch.mu, Monitor.mu.
type connWatch struct {
	s    *socketState // who is watched
	p    *pump
	name string // by which the pump's socket knows the engine's end
	done chan struct{}

	mu      sync.Mutex
	sinks   map[eventSink]struct{}
	peers   peers
	changed chan struct{} // closed, and replaced, when peers changed

	links                 map[string]*link // by endpoint, of those that are connected over a network
	linkOf                map[int]conn     // by descriptor
	interval, intervalMax time.Duration    // ReconnectInterval, ReconnectIntervalMax
	stops                 bool             // ReconnectStop: not after a handshake that failed
	stopsRefused          bool             // nor after an attempt that was refused

	look  *time.Timer // until the connections are looked at
	looks int         // how often they still are

	ending bool // the watch is over, or its socket is closed: connections end with it, and of that there is no event
}

// eventSink is where a watch's events go.
type eventSink interface {
	take(MonitorEvent)
	end(error) // no more events; nil when the sink itself has ended it
}

// nopSink is the sink of those who are interested in the counters only. It has a size, so that each has an address of its own.
type nopSink struct{ _ byte }

func (*nopSink) take(MonitorEvent) {}
func (*nopSink) end(error)         {}

// addEventSink adds an event sink to the socket's watch, which it starts if need be.
func (s *socketState) addEventSink(t eventSink) (*connWatch, error) {
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
	w := &connWatch{
		s: s, p: p, name: p.nextName(), done: make(chan struct{}),
		sinks: map[eventSink]struct{}{}, changed: make(chan struct{}), peers: newPeers(),
		links: map[string]*link{}, linkOf: map[int]conn{},
	}
	joined, err := s.startWatch(w, t)
	if joined != w && p.alone {
		p.stop()
	}
	return joined, err
}

// joinWatch adds an event sink to the watch that runs already, if one does.
func (s *socketState) joinWatch(t eventSink) (*connWatch, error) {
	if err := s.lock(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if s.connWatch != nil {
		s.connWatch.add(t)
	}
	return s.connWatch, nil
}

// startWatch makes w the socket's watch, unless another one came first.
func (s *socketState) startWatch(w *connWatch, t eventSink) (*connWatch, error) {
	if err := s.lock(); err != nil {
		return nil, err
	}
	defer s.unlock()
	if s.connWatch != nil {
		s.connWatch.add(t)
		return s.connWatch, nil
	}
	r := w.p.router.st
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
	if errno := s.startEvents(w); errno != 0 {
		w.p.remove(w)
		s.z.unreserve()
		if errno == EMFILE {
			return nil, s.z.tooManySockets()
		}
		return nil, errnoError(errno)
	}
	w.add(t)
	s.connWatch = w
	return w, nil
}

// startEvents makes the engine send the events to the pump. Both sockets are locked, so that nothing comes between: an
// event for which there is no receiver blocks the engine.
func (s *socketState) startEvents(w *connWatch) Errno {
	r := w.p.router.st.h
	endpoint := "inproc://zmq.monitor." + w.name
	errno := cMonitor(s.h, endpoint, int(reportedEvents()))
	for patience := 0; errno == EMFILE && patience < 100; patience++ {
		time.Sleep(time.Millisecond) // slots come back when the engine's reaper has run
		errno = cMonitor(s.h, endpoint, int(reportedEvents()))
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

func (w *connWatch) deliver(e MonitorEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noteReuse(e)
	w.tell(e)
	if more := w.follow(e); more.Type != 0 {
		w.tell(more)
	}
}

// tell counts an event and passes it on. w.mu is held.
func (w *connWatch) tell(e MonitorEvent) {
	if w.peers.note(e) {
		w.touch()
	}
	for t := range w.sinks {
		t.take(e)
	}
}

// finish ends the sinks that are left.
func (w *connWatch) finish(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := range w.sinks {
		t.end(err)
	}
	clear(w.sinks)
	for endpoint := range w.links {
		w.unlinked(endpoint)
	}
	w.stopLooking()
	w.touch()
}

// touch wakes those who wait for the counters. w.mu is held.
func (w *connWatch) touch() {
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *connWatch) add(t eventSink) {
	w.mu.Lock()
	w.sinks[t] = struct{}{}
	w.mu.Unlock()
}

// remove takes an event sink back, and ends the watch with the last one. What a watch reports whose socket was closed meanwhile
// goes nowhere then.
func (w *connWatch) remove(t eventSink) {
	w.s.mu.Lock()
	w.mu.Lock()
	delete(w.sinks, t)
	last := len(w.sinks) == 0
	w.mu.Unlock()
	last = last && w.s.connWatch == w
	if last {
		w.s.stopWatch()
	}
	w.s.mu.Unlock()
	if last {
		<-w.done
	}
}

// stop tells the engine to report nothing more.
func (w *connWatch) stop() {
	w.s.mu.Lock()
	if w.s.connWatch == w {
		w.s.stopWatch()
	}
	w.s.mu.Unlock()
}

// stopWatch stops the socket's watch, if it has one: the last event that the watch gets says so. s.mu is held and
// the C socket is open.
func (s *socketState) stopWatch() {
	if s.connWatch == nil {
		return
	}
	s.dropWatch()
	cMonitor(s.h, "", 0)
}

// lastWatch is stopWatch for a socket that is about to be closed in C. A monitor is told what happens until the engine is
// done with the socket, and the engine then ends the watch by itself. Where the context is C code's that would be too
// late: the pump may be gone by then, and the engine would block on its next event. s.mu is held.
func (s *socketState) lastWatch(closing bool) {
	w := s.connWatch
	if w == nil {
		return
	}
	z := s.z
	z.mu.Lock()
	stays := closing && z.owned && !z.stopped && !z.disowned
	z.mu.Unlock()
	if !stays || !w.lingers() {
		s.stopWatch()
		return
	}
	s.dropWatch()
}

// dropWatch makes the socket's watch, which it has, its watch no longer: it is about to be closed, or no monitor watches it any more.
// s.mu is held.
func (s *socketState) dropWatch() {
	s.keepCounts()
	w := s.connWatch
	s.connWatch = nil
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopLooking()
}

// lingers reports whether a sink wants to know what happens to a socket that is closed, and ends the sinks that do
// not.
func (w *connWatch) lingers() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := range w.sinks {
		if _, counts := t.(*nopSink); counts {
			delete(w.sinks, t)
		}
	}
	w.touch()
	return len(w.sinks) > 0
}

// connected notes that the socket is about to be connected to an endpoint.
func (w *connWatch) connected(endpoint string) {
	w.mu.Lock()
	w.peers.connected(endpoint)
	w.mu.Unlock()
}

// left notes that the socket has left an endpoint, for which there is no event, and reports whether its
// connections may have another name by now: then leftName does the rest.
func (w *connWatch) left(endpoint string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.touch()
	delete(w.peers.given, endpoint)
	attempts := 0
	if l := w.links[endpoint]; l != nil {
		attempts = l.late + l.attempts()
		if l.open < l.times {
			w.suspect()
		}
	}
	w.unlinked(endpoint)
	w.peers.left(endpoint, endpoint, attempts)
	_, port, named := hostName(endpoint)
	return named && w.peers.others(port)
}

// leftName does for the addresses of an endpoint's host what left does for the endpoint. It asks for them, so no lock
// is held.
func (w *connWatch) leftName(endpoint string) {
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
		w.peers.left("tcp://"+netip.AddrPortFrom(a.Unmap(), port).String(), endpoint, 0)
	}
}
