package zmq

import (
	"context"
	"errors"
	"strings"
	"sync"
)

// dialing is a Dial under way: what the engine reports about the socket's connections, and what Dial finds out by itself.
type dialing struct {
	s      *Socket
	ends   []*dialEnd
	news   chan struct{}
	probes sync.WaitGroup

	mu sync.Mutex // guards what follows and what changes in ends; a leaf
	w  *connWatch // nil where nothing goes over a network
	up bool       // there is a peer
}

// dialEnd is one of the endpoints.
type dialEnd struct {
	endpoint  string
	attached  bool          // the socket is connected to it
	connected bool          // there is a connection, whose handshake is not complete
	reason    error         // why the last connection had no peer
	final     bool          // and it is of no use to wait
	found     error         // why there is no connection, as a probe found out
	failed    chan struct{} // an attempt to connect has failed
}

func newDialing(s *Socket, endpoints []string) *dialing {
	d := &dialing{s: s, news: make(chan struct{}, 1)}
	for _, e := range endpoints {
		d.ends = append(d.ends, &dialEnd{endpoint: e, failed: make(chan struct{}, 1)})
	}
	return d
}

// connect connects the socket to one of the endpoints. To an inproc name that is not bound it connects once it is: a
// socket that has done so before takes a descriptor and a slot of the context until then, even if it is closed.
func (d *dialing) connect(e *dialEnd) error {
	if e.attached || d.waitsForName(e) {
		return nil
	}
	err := d.s.Connect(e.endpoint)
	if errors.Is(err, ECONNREFUSED) && strings.HasPrefix(e.endpoint, "inproc://") {
		return nil // unbound meanwhile
	}
	e.attached = err == nil
	return err
}

// waitsForName reports whether an inproc name has to be bound first. What will be refused anyway does not wait for that.
func (d *dialing) waitsForName(e *dialEnd) bool {
	return strings.HasPrefix(e.endpoint, "inproc://") && d.s.st.typ != Stream && CheckConnect(e.endpoint) == nil &&
		!d.s.st.z.isBound(e.endpoint)
}

// connectRest connects the socket, which has a peer, to the inproc names that are still to be bound.
func (d *dialing) connectRest() error {
	for _, e := range d.ends {
		if e.attached {
			continue
		}
		if err := d.s.Connect(e.endpoint); err != nil {
			return err
		}
		e.attached = true
	}
	return nil
}

// take is told of an event by the watch, whose lock is held.
func (d *dialing) take(ev MonitorEvent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.endOf(ev.Endpoint)
	switch ev.Type {
	case EventConnected:
		if e != nil {
			e.connected, e.reason = true, nil
		}
		d.up = d.up || e != nil && (!reportsHandshakes() || d.s.st.typ == Stream)
	case EventHandshakeSucceeded:
		d.up = d.up || e != nil
	case EventHandshakeFailedNoDetail, EventHandshakeFailedProtocol, EventHandshakeFailedAuth:
		if e != nil {
			e.connected, e.reason, e.final = false, handshakeReason(ev.Err), finally(ev.Err)
		}
	case EventDisconnected, EventClosed, EventConnectRetried:
		if e != nil {
			if e.connected && e.reason == nil {
				e.reason = errConnLost
			}
			if ev.Err != nil && e.reason == errConnLost {
				e.reason = handshakeReason(ev.Err)
			} else if ev.Err != nil && e.reason == nil {
				e.reason = ev.Err // what the watch knows of it, see socket_reconnect.go
			}
			e.connected = false
			select {
			case e.failed <- struct{}{}:
			default:
			}
		}
	default:
		return
	}
	d.tell()
}

const connLost = "the connection ended before the handshake was complete: the peer is not a ØMQ socket, is not ready, or has other keys (CURVE)"

var errConnLost = withReason(ECONNRESET, connLost)

// handshakeReason says more of a connection that the peer has ended than its errno does: a peer for whom this end has other keys
// says nothing else.
func handshakeReason(err error) error {
	if number, bare := err.(Errno); bare {
		return withReason(number, number.Error()+": "+connLost)
	}
	return err
}

// finally reports whether the same peer will say the same again.
func finally(err error) bool {
	var denied *AuthError
	var protocol *ProtocolError
	switch {
	case errors.As(err, &denied):
		return denied.Status == 400
	case errors.As(err, &protocol):
		return protocol.Code == ProtocolZMTPMechanismMismatch || protocol.Code == ProtocolZMTPCryptographic
	}
	return false
}

func (d *dialing) tell() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

func (d *dialing) end(error) { d.tell() }

// endOf returns the endpoint that an event is about: events may have its address. nil if it is another one, such as one that the
// socket is bound to. The watch's lock and d.mu are held.
func (d *dialing) endOf(name string) *dialEnd {
	if d.w != nil {
		if l := d.w.linkAt(name); l != nil {
			name = l.endpoint
		}
	}
	for _, e := range d.ends {
		if e.endpoint == name {
			return e
		}
	}
	if len(d.ends) == 1 && strings.Contains(d.ends[0].endpoint, ";") {
		return d.ends[0] // with a source address, which events leave out
	}
	return nil
}

// wait waits until there is a peer.
func (d *dialing) wait(ctx context.Context) error {
	z := d.s.st.z
	defer func() { // no channel is left for others: see contextState.await
		z.mu.Lock()
		z.touch()
		z.mu.Unlock()
	}()
	for {
		z.mu.Lock()
		changed := z.nextChange()
		z.mu.Unlock()
		if err := d.s.st.open(); err != nil {
			return err
		}
		for _, e := range d.ends {
			if err := d.connect(e); err != nil {
				return err
			}
		}
		if done, err := d.done(); done && err == nil {
			return d.connectRest()
		} else if done {
			return err
		}
		select {
		case <-d.news:
		case <-changed:
		case <-ctx.Done():
			if done, err := d.done(); done && err == nil {
				return d.connectRest()
			}
			return d.why(ctx.Err())
		}
	}
}

// done reports whether there is a peer, or it is of no use to wait for one.
func (d *dialing) done() (bool, error) {
	waits, useless := 0, 0
	for _, e := range d.ends {
		switch {
		case strings.HasPrefix(e.endpoint, "inproc://"):
			if e.attached && d.s.st.z.isBound(e.endpoint) {
				return true, nil
			}
			waits++
		case networked(e.endpoint):
			waits++
		}
	}
	d.mu.Lock()
	for _, e := range d.ends {
		if e.final {
			useless++
		}
	}
	up := d.up
	d.mu.Unlock()
	switch {
	case up || waits == 0:
		return true, nil
	case useless == waits:
		return true, d.why(nil)
	}
	return false, nil
}

// dialError says why there is no peer.
type dialError struct {
	text   string
	causes []error
}

func (e *dialError) Error() string   { return e.text }
func (e *dialError) Unwrap() []error { return e.causes }

// why returns the error of a Dial whose context has ended, or that is of no use.
func (d *dialing) why(ended error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := &dialError{}
	if ended != nil {
		out.text = ended.Error() + ": "
		out.causes = append(out.causes, ended)
	}
	for i, e := range d.ends {
		if i > 0 {
			out.text += "; " + printable(e.endpoint) + ": "
		}
		reason := e.why()
		out.text += trimPrefix(reason.Error())
		out.causes = append(out.causes, reason)
	}
	return out
}

// why returns why there is no peer at the endpoint.
func (e *dialEnd) why() error {
	switch {
	case strings.HasPrefix(e.endpoint, "inproc://"):
		return withReason(ECONNREFUSED, "nobody has bound the name")
	case e.reason != nil:
		return e.reason
	case e.connected:
		return withReason(EPROTO, "there is a connection, and the peer has not done its part of the handshake: it is not a ØMQ socket, or does not answer")
	case e.found != nil:
		return e.found
	}
	return withReason(EHOSTUNREACH, "there was no connection yet, and nothing has said why")
}
