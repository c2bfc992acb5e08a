package zmq

// Traffic counts what went through a socket in one direction.
type Traffic struct {
	Messages uint64 // whole messages
	Parts    uint64
	Bytes    uint64 // without the protocol's own
}

// Stats holds the counters of a socket. Counters only grow.
type Stats struct {
	Sent     Traffic // what the engine took
	Received Traffic // what was fetched from the engine

	WouldBlock uint64 // tries that the engine refused because they would have blocked
	Waited     uint64 // operations that were waited for
	Calls      uint64 // calls into C for sending and receiving

	// What follows is counted while the socket is watched: from the first Connect over a network on, with WatchPeers(true), or
	// while it has a Monitor. It starts anew with each watch, and never counts inproc peers, nor peers that speak ZMTP
	// 1.0 or 2.0 (ØMQ 2.x, 3.1 and 3.2) on an engine that sends no event when their handshake is complete. libzmq sends no
	// event when Disconnect ends a connection: a socket that reconnects to the same endpoint at once may count the peer twice.
	Watched           bool
	Handshakes        bool   // the engine reports handshakes, which it does from 4.2.3 on
	Peers             int    // peers whose handshake is complete, where that is reported, and from whom the socket was not disconnected
	Connections       uint64 // connections made and accepted, before their handshake
	Disconnects       uint64 // connections lost
	Reconnects        uint64 // attempts to make a connection again
	HandshakeFailures uint64 // connections whose handshake failed, denials included, as far as libzmq says so: 0 without Handshakes
	ProtocolErrors    uint64 // connections made here that a protocol error ended; each is made again, see Connect
}

// Stats returns the counters of the socket. It also works on a closed socket, where it leaves out what is counted only
// while the socket is watched.
func (s *Socket) Stats() Stats {
	k := s.inner()
	k.mu.Lock()
	defer k.mu.Unlock()
	st := Stats{
		Sent: k.out.public(), Received: k.in.public(),
		WouldBlock: k.refused, Waited: k.blocked, Calls: k.crossings,
	}
	if w := k.connWatch; w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		st.Watched, st.Handshakes = true, reportsHandshakes()
		st.Peers, st.Connections, st.Disconnects = w.peers.now, w.peers.made, w.peers.lost
		st.Reconnects, st.HandshakeFailures, st.ProtocolErrors = w.peers.retries, w.peers.failures, w.peers.givenUp
	}
	return st
}

func (f trafficCount) public() Traffic {
	return Traffic{Messages: f.messages, Parts: f.parts, Bytes: f.bytes}
}

// trafficCount counts what went one way through a socket.
type trafficCount struct{ messages, parts, bytes uint64 }

func (f *trafficCount) part(last bool, size int) {
	if last {
		f.messages++
	}
	f.parts++
	f.bytes += uint64(size)
}

// inPart counts a part that came in, and inAdd whole messages.
func (c *counters) inPart(last bool, size int) {
	c.in.part(last, size)
	if last {
		c.answered = c.out.messages
	}
}

func (c *counters) inAdd(messages, parts, size int) {
	c.in.add(messages, parts, size)
	c.answered = c.out.messages
}

func (f *trafficCount) add(messages, parts, size int) {
	f.messages += uint64(messages)
	f.parts += uint64(parts)
	f.bytes += uint64(size)
}
