package zmq

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
type pastEnd struct {
	event, given string
	attempts     int // to connect that were being made, and whose end may be reported later
}

// pastEnds is for how many endpoints events may be on their way when they are left.
const pastEnds = 64

func newPeers() peers {
	return peers{conns: map[int]*peerConn{}, ends: map[string]*peerEnd{}, given: map[string]bool{}}
}

// note counts an event and reports whether anything changed.
func (p *peers) note(e MonitorEvent) bool {
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
		if reportsHandshakes() || p.conns[e.FD] == nil {
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
func (p *peers) opened(e MonitorEvent) {
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
	if !reportsHandshakes() {
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
		return // it was made before the watch began
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
func (p *peers) over(e MonitorEvent) bool {
	return e.Type == EventConnected && slices.ContainsFunc(p.past, func(past pastEnd) bool { return past.event == e.Endpoint })
}

// attemptsLeft returns how many attempts to connect to an endpoint were being made when the socket left it.
func (p *peers) attemptsLeft(given string) (n int) {
	for _, e := range p.past {
		if e.given == given {
			n += e.attempts
		}
	}
	return n
}

// left forgets the connections whose events have this endpoint, unless the socket was connected to it besides the
// given one, to which so many attempts to connect were being made.
func (p *peers) left(endpoint, given string, attempts int) {
	if p.given[endpoint] {
		return
	}
	if len(p.past) == pastEnds {
		p.past = slices.Delete(p.past, 0, 1)
	}
	p.past = append(p.past, pastEnd{endpoint, given, attempts})
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
