package zmqd

import (
	"context"
	"log/slog"
	"sort"
	"strings"
	"sync"
	"time"

	"example.org/zmq"
)

// peerTable is who is connected to a socket, by what its monitor says.
type peerTable struct {
	mu      sync.Mutex
	peers   map[int]peer // by descriptor
	denied  uint64       // handshakes refused for who the peer is
	failed  uint64       // handshakes that failed for other reasons, as far as the engine says so
	made    uint64       // handshakes that succeeded
	done    chan struct{}
	monitor *zmq.Monitor

	accepted map[string]bool // endpoints at which connections have come in
	failing  map[string]int  // by endpoint: how many connections have failed their handshake and have not ended yet
	said     *sparing
}

// peer is a connection.
type peer struct {
	Address string    `json:"address"`
	Via     string    `json:"via"` // our endpoint
	Since   time.Time `json:"since"`
	Ready   bool      `json:"ready"` // its handshake is complete, as far as can be told
}

const peersShown = 500

func newPeerTable() *peerTable {
	return &peerTable{peers: map[int]peer{}, accepted: map[string]bool{}, failing: map[string]int{}, said: newSparing()}
}

// watch follows the socket's connections until it is closed. Without monitor, before engine 4.0, the table stays empty.
func (t *peerTable) watch(s *zmq.Socket, ls *links, log *slog.Logger) {
	m, err := s.Monitor(zmq.EventAccepted | zmq.EventConnected | zmq.EventDisconnected | zmq.EventHandshakeFailed | zmq.EventHandshakeSucceeded | zmq.EventAcceptFailed)
	if err != nil {
		log.Info("peers are not watched", "error", err)
		return
	}
	t.monitor, t.done = m, make(chan struct{})
	go func() {
		defer close(t.done)
		for e, err := range m.Events(context.Background()) {
			if err != nil {
				return
			}
			t.take(e)
			ls.take(e)
			t.complain(e, log)
			log.Debug("peer", "event", e.String())
		}
	}()
}

// wait ends the watch.
func (t *peerTable) wait() {
	if t.monitor != nil {
		t.monitor.Close()
		<-t.done
	}
}

func (t *peerTable) take(e zmq.MonitorEvent) {
	address := ""
	if e.Type&(zmq.EventAccepted|zmq.EventConnected) != 0 {
		address = peerAddress(e.FD)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e.Type {
	case zmq.EventAccepted, zmq.EventConnected:
		if e.Type == zmq.EventAccepted {
			t.accepted[e.Endpoint] = true
		}
		if address == "" {
			address = e.Endpoint
		}
		t.peers[e.FD] = peer{address, e.Endpoint, time.Now(), !reportsHandshakes}
	case zmq.EventDisconnected:
		t.gone(e.FD)
	case zmq.EventHandshakeSucceeded:
		t.made++
		t.ready(e.Endpoint)
	case zmq.EventHandshakeFailedAuth:
		t.denied++
		t.failing[e.Endpoint]++
	case zmq.EventHandshakeFailedNoDetail, zmq.EventHandshakeFailedProtocol:
		t.failed++
		t.failing[e.Endpoint]++
	}
}

// gone removes a connection that has ended. If its handshake failed and it was taken for ready all the same, another connection
// of its endpoint is the one that is ready.
func (t *peerTable) gone(fd int) {
	p, ok := t.peers[fd]
	if !ok {
		return
	}
	delete(t.peers, fd)
	failing := t.failing[p.Via]
	if failing == 0 {
		return
	}
	left := 0
	for _, other := range t.peers {
		if other.Via == p.Via {
			left++
		}
	}
	// One connection can fail twice, when it breaks off while it is told why it is denied.
	if failing = min(failing-1, left); failing == 0 {
		delete(t.failing, p.Via)
	} else {
		t.failing[p.Via] = failing
	}
	if p.Ready {
		t.ready(p.Via)
	}
}

// complain says that a peer's handshake failed at an endpoint that is bound. Who was denied is said where that was
// decided; why a connection of our own fails is said by its link. Who just leaves is none of it.
func (t *peerTable) complain(e zmq.MonitorEvent, log *slog.Logger) {
	if e.Type != zmq.EventHandshakeFailedProtocol || !t.accepts(e.Endpoint) {
		return
	}
	reason := strings.TrimPrefix(e.Err.Error(), "zmq: ")
	if again, ok := t.said.allow(e.Endpoint + " " + reason); ok {
		log.Warn("a peer's handshake failed", "endpoint", e.Endpoint, "reason", reason, "before", again)
	}
}

// accepts reports whether connections have come in at an endpoint.
func (t *peerTable) accepts(endpoint string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.accepted[endpoint]
}

// reportsHandshakes says whether the engine tells how handshakes go.
var reportsHandshakes = zmq.LibraryVersion().AtLeast(zmq.Version{Major: 4, Minor: 2, Patch: 3})

// ready notes that one of the endpoint's connections has completed its handshake. The event does not say which: the one
// that came last is the likely one, since who says nothing has been there for longer.
func (t *peerTable) ready(endpoint string) {
	last, found := 0, false
	for fd, p := range t.peers {
		if !p.Ready && p.Via == endpoint && (!found || p.Since.After(t.peers[last].Since)) {
			last, found = fd, true
		}
	}
	if found {
		p := t.peers[last]
		p.Ready = true
		t.peers[last] = p
	}
}

// list returns the oldest peers, at most peersShown of them.
func (t *peerTable) list() []peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]peer, 0, len(t.peers))
	for _, p := range t.peers {
		all = append(all, p)
	}
	sort.Slice(all, func(i, j int) bool {
		if !all[i].Since.Equal(all[j].Since) {
			return all[i].Since.Before(all[j].Since)
		}
		return all[i].Address < all[j].Address
	})
	return all[:min(len(all), peersShown)]
}

func (t *peerTable) handshakes() (made, denied, failed uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.made, t.denied, t.failed
}
