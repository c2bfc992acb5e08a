package zmq

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"weak"
)

// TypeStats holds the counters of all sockets of one type, including those that are closed. Counters only grow, for as long
// as the context lives. See Stats for what they count.
type TypeStats struct {
	Open   int    // sockets that are open
	Opened uint64 // sockets that were opened

	Sent     Traffic
	Received Traffic

	WouldBlock uint64
	Waited     uint64
	Calls      uint64

	Watched           int // sockets that are open and watched, of which what follows is counted
	Peers             int
	Connections       uint64
	Disconnects       uint64
	Reconnects        uint64
	HandshakeFailures uint64
	ProtocolErrors    uint64
}

// ContextStats holds the counters of all sockets of a context.
type ContextStats struct {
	TypeStats                          // of all sockets together
	Types     map[SocketType]TypeStats // of the sockets of each type that the context has or had
}

// Stats returns what the context's sockets have done so far, those that are closed included, and those of the package's own
// left out. It works on a closed context too. It takes the lock of each open socket for a moment, and a few allocations in
// all: cheap enough for a collector that asks every second, and not for each message.
func (c *Context) Stats() ContextStats {
	defer runtime.KeepAlive(c)
	z := c.inner()
	z.mu.Lock()
	types := maps.Clone(z.closed)
	var open []*socketState
	for s := range z.openSockets {
		if !s.internal && s != z.last && !s.retired {
			open = append(open, s)
		}
	}
	z.mu.Unlock()
	if types == nil {
		types = map[SocketType]TypeStats{}
	}
	// A socket that is closed meanwhile keeps its counters: it is counted here, and by the next call among the closed.
	for _, s := range open {
		t := types[s.typ]
		t.Opened++
		s.mu.Lock()
		if !s.closed {
			t.Open++
		}
		s.addTo(&t)
		s.mu.Unlock()
		types[s.typ] = t
	}
	all := ContextStats{Types: types}
	for _, t := range types {
		all.add(t)
	}
	return all
}

func (t *TypeStats) add(u TypeStats) {
	t.Open += u.Open
	t.Opened += u.Opened
	for _, way := range [...]struct{ to, from *Traffic }{{&t.Sent, &u.Sent}, {&t.Received, &u.Received}} {
		way.to.Messages += way.from.Messages
		way.to.Parts += way.from.Parts
		way.to.Bytes += way.from.Bytes
	}
	t.WouldBlock += u.WouldBlock
	t.Waited += u.Waited
	t.Calls += u.Calls
	t.Watched += u.Watched
	t.Peers += u.Peers
	t.Connections += u.Connections
	t.Disconnects += u.Disconnects
	t.Reconnects += u.Reconnects
	t.HandshakeFailures += u.HandshakeFailures
	t.ProtocolErrors += u.ProtocolErrors
}

// Sockets returns the context's open sockets in the order in which they were opened, those of the package's own left out. They
// stay what they are: the caller may ask them, and close those that are its own. A socket may be closed by the time that it
// is looked at.
func (c *Context) Sockets() []*Socket {
	defer runtime.KeepAlive(c)
	z := c.inner()
	z.mu.Lock()
	defer z.mu.Unlock()
	var open []*Socket
	for s := range z.openSockets {
		if s.internal || s == z.last {
			continue
		}
		if out := s.outer.Value(); out != nil {
			open = append(open, out)
		}
	}
	slices.SortFunc(open, func(a, b *Socket) int { return cmp.Compare(a.st.seq, b.st.seq) })
	return open
}

// knownAs lets Sockets find a socket, which it does not keep from being forgotten.
func (z *contextState) knownAs(s *Socket) {
	z.mu.Lock()
	defer z.mu.Unlock()
	s.st.outer = weak.Make(s)
}
