package zmq

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// DefaultMonitorBuffer is how many events a Monitor keeps for those who are slow to fetch them.
const DefaultMonitorBuffer = 4096

// Monitor reports what happens to a socket's connections (zmq_socket_monitor). It keeps events until they are fetched, up
// to DefaultMonitorBuffer unless SetBuffer says otherwise; when there are more it drops the oldest ones, and Dropped counts
// them. A program that fetches slowly, or not at all, never holds up libzmq.
//
// A Monitor reports to the end of its socket: the events that closing the socket causes, such as EventClosed of its
// listeners, those while messages linger, and at last EventMonitorStopped. Then Next returns ErrClosed. When the context
// ends first, Next returns the events that the Monitor has, and then ErrTerminated.
//
// A Monitor is safe for concurrent use by multiple goroutines; each event goes to one of them.
type Monitor struct {
	_       noCopy
	m       *monitor
	sock    *Socket // kept alive
	rec     *record
	cleanup runtime.Cleanup
}

// monitor is the part of a Monitor that the watch refers to.
type monitor struct {
	mask MonitorEventType
	typ  SocketType
	w    *connWatch

	mu      sync.Mutex
	queue   []MonitorEvent // a ring, from first on
	first   int
	count   int
	limit   int
	dropped uint64
	ended   error         // why there will be no more
	more    chan struct{} // closed, and replaced, when there is something new
}

// Monitor starts to report the events of mask (zmq_socket_monitor). A socket may have several monitors; together they
// take one socket of the engine's, which does not count under MaxSockets as long as that is no more than half of what
// the engine can hold. inproc connections have no events. Close the monitor when done.
//
// Errors: EINVAL for an empty mask; ErrMaxSockets; ErrTooManyFiles; ErrClosed; ErrTerminated; a *VersionError before
// libzmq 4.0.
func (s *Socket) Monitor(mask MonitorEventType) (*Monitor, error) {
	defer runtime.KeepAlive(s)
	m, err := newMonitor(s.inner().typ, mask)
	if err == nil {
		m.w, err = s.inner().addEventSink(m)
	}
	if err != nil {
		return nil, s.opError("monitor", err)
	}
	out := &Monitor{m: m, sock: s, rec: opened("monitor")}
	out.cleanup = runtime.AddCleanup(out, func(rec *record) {
		rec.forgotten()
		go m.close()
	}, out.rec)
	return out, nil
}

func newMonitor(t SocketType, mask MonitorEventType) (*monitor, error) {
	if mask&EventAll == 0 || mask&^EventAll != 0 {
		return nil, withReason(EINVAL, "the mask is made of the Event constants; EventAll is all of them")
	}
	return &monitor{mask: mask, typ: t, limit: DefaultMonitorBuffer, more: make(chan struct{})}, nil
}

// take queues an event. It is called by the watch.
func (m *monitor) take(e MonitorEvent) {
	if e.Type&m.mask == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count == m.limit {
		m.first = (m.first + 1) % len(m.queue)
		m.count--
		m.dropped++
	}
	if m.count == len(m.queue) {
		m.resize(min(max(2*m.count, 16), m.limit))
	}
	m.queue[(m.first+m.count)%len(m.queue)] = e
	m.count++
	m.wake()
}

// resize gives the ring n places, no less than it has events.
func (m *monitor) resize(n int) {
	queue := make([]MonitorEvent, n)
	for i := range m.count {
		queue[i] = m.queue[(m.first+i)%len(m.queue)]
	}
	m.queue, m.first = queue, 0
}

func (m *monitor) end(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended == nil {
		m.ended = err
	}
	m.wake()
}

func (m *monitor) wake() {
	close(m.more)
	m.more = make(chan struct{})
}

func (m *monitor) next(ctx context.Context) (MonitorEvent, error) {
	if err := ctx.Err(); err != nil {
		return MonitorEvent{}, err
	}
	for {
		m.mu.Lock()
		if m.count > 0 {
			e := m.queue[m.first]
			m.queue[m.first] = MonitorEvent{}
			m.first = (m.first + 1) % len(m.queue)
			m.count--
			m.mu.Unlock()
			return e, nil
		}
		ended, more := m.ended, m.more
		m.mu.Unlock()
		if ended != nil {
			return MonitorEvent{}, ended
		}
		select {
		case <-more:
		case <-ctx.Done():
			return MonitorEvent{}, ctx.Err()
		}
	}
}

func (m *monitor) close() {
	m.w.remove(m)
	m.mu.Lock()
	m.queue, m.first, m.count = nil, 0, 0
	m.mu.Unlock()
	m.end(ErrClosed)
}

// isNil reports whether there is no Monitor, or none that a Socket has made.
func (m *Monitor) isNil() bool { return m == nil || m.m == nil }

// Next returns the oldest event that was not fetched yet. If there is none it waits for one until ctx ends. Errors:
// ctx.Err(); ErrClosed or ErrTerminated when no more events will come.
func (m *Monitor) Next(ctx context.Context) (MonitorEvent, error) {
	if m.isNil() {
		return MonitorEvent{}, &OpError{Op: "next event", Type: noSocket, Err: errNilMonitor}
	}
	defer runtime.KeepAlive(m)
	if ctx == nil {
		ctx = context.Background()
	}
	e, err := m.m.next(ctx)
	if err != nil {
		return e, &OpError{Op: "next event", Type: m.m.typ, Err: err}
	}
	return e, nil
}

// Events returns an iterator over the events, in their order, that waits for each. It yields the first error and then ends;
// errors are those of Next.
func (m *Monitor) Events(ctx context.Context) iter.Seq2[MonitorEvent, error] {
	return func(yield func(MonitorEvent, error) bool) {
		for {
			e, err := m.Next(ctx)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// SetBuffer makes the monitor keep up to n events, at least 1. When there are more it drops the oldest ones.
func (m *Monitor) SetBuffer(n int) {
	if m.isNil() {
		return
	}
	q := m.m
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = max(n, 1)
	if over := q.count - q.limit; over > 0 {
		q.first = (q.first + over) % len(q.queue)
		q.count -= over
		q.dropped += uint64(over)
	}
	if len(q.queue) > q.limit {
		q.resize(q.limit)
	}
}

// Dropped returns how many events were dropped because the program did not fetch them.
func (m *Monitor) Dropped() uint64 {
	if m.isNil() {
		return 0
	}
	m.m.mu.Lock()
	defer m.m.mu.Unlock()
	return m.m.dropped
}

// Close ends the monitor and drops the events that it has. Calls that wait in Next end with ErrClosed. A second
// Close does nothing.
func (m *Monitor) Close() error {
	if m.isNil() {
		return &OpError{Op: "close monitor", Type: noSocket, Err: errNilMonitor}
	}
	defer runtime.KeepAlive(m)
	m.cleanup.Stop()
	m.rec.closed()
	m.m.close()
	return nil
}

// WaitConnected waits until the socket has at least n peers whose handshake is complete, or ctx ends. The peers
// are counted by the socket's events, so it needs WatchPeers(true) or a Monitor from before the first Bind or Connect
// on; inproc peers, which have no events, are not counted.
//
// Errors: ctx.Err(); EINVAL when the socket has an endpoint and its peers were not counted from before that;
// ErrClosed; ErrTerminated; a *VersionError before libzmq 4.0.
func (s *Socket) WaitConnected(ctx context.Context, n int) error {
	defer runtime.KeepAlive(s)
	if ctx == nil {
		ctx = context.Background()
	}
	if err := s.inner().waitConnected(ctx, n); err != nil {
		return s.opError("wait for peers", err)
	}
	return nil
}

func (s *socketState) waitConnected(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.lock(); err != nil {
		return err
	}
	if err := need("WaitConnected", from40); err != nil {
		s.mu.Unlock()
		return err
	}
	w, used := s.connWatch, s.endpoint != ""
	s.mu.Unlock()
	if w == nil && used {
		return withReason(EINVAL, "the peers that came so far were not counted: give WatchPeers(true) to NewSocket")
	}
	k := new(nopSink)
	w, err := s.addEventSink(k)
	if err != nil {
		return err
	}
	defer w.remove(k)
	for {
		w.mu.Lock()
		now, over, changed := w.peers.now, len(w.sinks) == 0, w.changed
		w.mu.Unlock()
		if now >= n {
			return nil
		}
		if over {
			return s.why()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitSubscriber waits until a subscriber has subscribed to topic, or to a prefix of it, or ctx ends. To find out it
// receives subscriptions from the socket, an XPub: no other goroutine may receive meanwhile. It remembers the subscriptions
// that it has received, and later receives do not return them.
//
// From then on the package goes on receiving subscriptions when the socket sends, until the program itself receives from
// the socket or polls it for PollIn, since subscriptions that are not received pile up in libzmq. Errors: ENOTSUP for other
// types; those of RecvParts.
func (s *Socket) WaitSubscriber(ctx context.Context, topic string) error {
	defer runtime.KeepAlive(s)
	if s.inner() == nilSocket {
		return s.opError("wait for a subscriber", errNilSocket)
	}
	if s.inner().typ != XPub {
		return s.opError("wait for a subscriber", withReason(ENOTSUP, "only an xpub learns of its subscribers"))
	}
	if err := ended(ctx); err != nil {
		return s.opError("wait for a subscriber", err)
	}
	for {
		if s.inner().subscribedTo(topic) {
			return nil
		}
		parts, err := s.RecvParts(ctx)
		if err != nil {
			return err
		}
		s.inner().noteSubscription(parts[0])
	}
}
