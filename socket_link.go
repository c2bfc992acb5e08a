package zmq

import (
	"slices"
	"strings"
	"time"
)

// link is an endpoint that a socket is connected to. The connWatch's mutex guards it.
type link struct {
	endpoint string
	address  string      // as events have it once the engine knows it, if it was seen
	times    int         // how many connections the socket has there
	named    bool        // by ConnectRoutingID, which serves once
	old      *oldOptions // by which it was connected, nil if they have not changed

	open    int       // connections that were made and have not ended
	lost    int       // connections that ended, and the engine has not said that it tries again
	since   time.Time // when the first of those ended
	last    time.Time // when the last did
	state   handshakeState
	reason  error // why the engine gave up, as far as it is known
	pause   time.Duration
	next    time.Time // when the engine tries again, if that is the last that it has said
	timer   *time.Timer
	doubted bool // timer is for an attempt that has ended, after which the engine has said nothing
	delayed bool // connected anew with Immediate
	closed  bool // the last event was that an attempt to connect has ended
	late    int  // attempts of a link that was disconnected, whose end may be reported as if they were of this one
	said    bool // monitors know that it will be tried again
	carried bool // messages may have come over those that ended
	dead    bool // the engine has abandoned all its connections, and keeps them by their addresses in memory
	shed    bool // it has forgotten them
	ends    bool // ReconnectStop says that it is not made again
}

// handshakeState is what events have said of the handshake that a link's last connection had.
type handshakeState uint8

const (
	handshakeUnknown handshakeState = iota
	handshakeBroken                 // by the network: the engine tries again
	handshakeFailed
	handshakeDone
)

const (
	// unreadPatience is how long messages that came over a lost connection are left to be received, before
	// disconnecting drops them.
	unreadPatience = 10 * time.Second

	unreadPause = 20 * time.Millisecond
)

var (
	errGivenUpEarly         = withReason(EPROTO, "the handshake ended by a protocol error: the peer is not a ØMQ socket, or of a type that does not fit, or denies access")
	errGivenUpLate          = withReason(EPROTO, "a protocol error ended the connection: a message larger than MaxMsgSize, or what is not a message")
	errEndedSilently        = withReason(ECONNABORTED, "libzmq ended the connection in place of another one")
	errAttemptEndedSilently = withReason(ECONNABORTED, "libzmq ended an attempt to connect, and made no other one")
	errGivenUp              = withReason(EPROTO, "a protocol error ended the connection: the peer is not a ØMQ socket, or of a type that does not fit, or denies access; or it sent a message larger than MaxMsgSize, or what is not a message")
)

// whyGivenUp says why the engine has abandoned a connection of which no event has said how its handshake ended, but for early
// ones: those that ended in it.
func whyGivenUp(early bool) error {
	switch {
	case early:
		return errGivenUpEarly
	case reportsHandshakes():
		return errGivenUpLate
	}
	return errGivenUp
}

// networked are the transports whose connections the engine makes again.
func networked(endpoint string) bool {
	proto, _, _ := strings.Cut(endpoint, "://")
	return slices.Contains([]string{"tcp", "ipc", "ws", "wss", "tipc"}, proto)
}

// linked notes that the socket is about to be connected to an endpoint. The socket is locked.
func (w *connWatch) linked(endpoint string, named, once bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.links[endpoint]
	if l == nil {
		l = &link{endpoint: endpoint, late: w.peers.attemptsLeft(endpoint)}
		w.links[endpoint] = l
	}
	if l.times++; once {
		l.times = 1
		if l.shed { // otherwise the engine ignores this one
			l.lost = 0
			l.rest()
		}
	}
	l.shed, l.ends = false, false
	l.named = l.named || named
	w.readIntervals()
}

// attempts returns how many attempts to connect the engine is making for the link, as far as is known.
func (l *link) attempts() int {
	n := l.times - l.open - l.lost
	if !l.next.IsZero() {
		n-- // this one pauses
	}
	return max(n, 0)
}

// unlinked forgets an endpoint that the socket has left. w.mu is held.
func (w *connWatch) unlinked(endpoint string) {
	if l := w.links[endpoint]; l != nil {
		delete(w.links, endpoint)
		l.rest()
	}
}

// watchLinks watches the socket from its first Connect over a network on. Where there is no slot or descriptor left for that,
// it does without.
func (s *socketState) watchLinks() {
	s.mu.Lock()
	watched := s.linksWatched || s.closed || s.internal
	s.linksWatched = true
	s.mu.Unlock()
	if !watched {
		s.addEventSink(new(nopSink))
	}
}

// expectLink notes that the socket, which is watched, is about to be connected to an endpoint. s.mu is held.
func (s *socketState) expectLink(endpoint string) {
	if networked(endpoint) {
		// The engine ignores a second Connect of these, where all would go to the same peer.
		s.connWatch.linked(endpoint, s.nextName != "", s.typ.is(Dealer, Sub, Pub, Req))
	}
}

// settleLink notes whether it was. s.mu is held.
func (s *socketState) settleLink(endpoint string, errno Errno) {
	if errno == 0 {
		return
	}
	if w := s.connWatch; w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if l := w.links[endpoint]; l != nil {
			if l.times--; l.times == 0 {
				w.unlinked(endpoint)
			}
		}
	}
}
