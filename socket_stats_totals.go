package zmq

// What a context's Stats are made of. Counters of a socket outlive its watches here, and those of a context its sockets.

// linkCounts counts what became of a socket's connections.
type linkCounts struct{ made, lost, retries, failures, givenUp uint64 }

func (c *linkCounts) add(d linkCounts) {
	c.made += d.made
	c.lost += d.lost
	c.retries += d.retries
	c.failures += d.failures
	c.givenUp += d.givenUp
}

// counts returns what the watch has counted, and how many peers there are.
func (w *connWatch) counts() (linkCounts, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &w.peers
	return linkCounts{p.made, p.lost, p.retries, p.failures, p.givenUp}, p.now
}

// keepCounts keeps what a watch has counted that is about to end. s.mu is held.
func (s *socketState) keepCounts() {
	if s.connWatch != nil {
		counts, _ := s.connWatch.counts()
		if s.pastLinks == nil {
			s.pastLinks = new(linkCounts)
		}
		s.pastLinks.add(counts)
	}
}

// addTo adds what the socket has done to the statistics of its type. s.mu is held.
func (s *socketState) addTo(t *TypeStats) {
	t.Sent.add(s.out)
	t.Received.add(s.in)
	t.WouldBlock += s.refused
	t.Waited += s.blocked
	t.Calls += s.crossings
	var links linkCounts
	if s.pastLinks != nil {
		links = *s.pastLinks
	}
	if w := s.connWatch; w != nil {
		now, peers := w.counts()
		links.add(now)
		t.Watched++
		t.Peers += peers
	}
	t.Connections += links.made
	t.Disconnects += links.lost
	t.Reconnects += links.retries
	t.HandshakeFailures += links.failures
	t.ProtocolErrors += links.givenUp
}

func (t *Traffic) add(c trafficCount) {
	t.Messages += c.messages
	t.Parts += c.parts
	t.Bytes += c.bytes
}

// retire adds what a socket has done to what its context keeps of those that are closed. s.mu is held, the socket is not
// watched any more, and nothing is counted any more.
func (z *contextState) retire(s *socketState) {
	done := TypeStats{Opened: 1}
	s.addTo(&done)
	z.mu.Lock()
	defer z.mu.Unlock()
	if s.internal || s == z.last {
		return
	}
	s.retired = true
	if z.closed == nil {
		z.closed = map[SocketType]TypeStats{}
	}
	t := z.closed[s.typ]
	t.add(done)
	z.closed[s.typ] = t
}
