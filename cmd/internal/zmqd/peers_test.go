package zmqd

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/zmq"
)

// TestPeerTable has connections come and go, in all states.
func TestPeerTable(t *testing.T) {
	if !reportsHandshakes {
		t.Skip("the engine does not report handshakes")
	}
	table := newPeerTable()
	event := func(typ zmq.MonitorEventType, fd int, endpoint string) {
		table.take(zmq.MonitorEvent{Type: typ, FD: fd, Endpoint: endpoint})
	}
	const a, b = "tcp://127.0.0.1:1", "tcp://127.0.0.1:2"
	// Descriptors that are not open: the address is the endpoint then.
	event(zmq.EventAccepted, 1_000_001, a)
	event(zmq.EventAccepted, 1_000_002, a)
	event(zmq.EventAccepted, 1_000_003, b)
	event(zmq.EventHandshakeSucceeded, 0, a) // of the second
	event(zmq.EventHandshakeSucceeded, 0, "tcp://127.0.0.1:3")
	event(zmq.EventHandshakeFailedAuth, 0, b)
	event(zmq.EventHandshakeFailedProtocol, 0, b)
	event(zmq.EventDisconnected, 1_000_003, b)
	ready := map[int]bool{}
	for fd, p := range table.peers {
		ready[fd] = p.Ready
		if p.Address != a || p.Via != a {
			t.Errorf("%+v", p)
		}
	}
	if d := cmp.Diff(map[int]bool{1_000_001: false, 1_000_002: true}, ready); d != "" {
		t.Error(d)
	}
	made, denied, failed := table.handshakes()
	if made != 2 || denied != 1 || failed != 1 {
		t.Errorf("%d made, %d denied, %d failed", made, denied, failed)
	}
}

// TestPeerTableDenied asserts that one that is denied, and was taken for the one that came to terms, takes nothing with it.
func TestPeerTableDenied(t *testing.T) {
	if !reportsHandshakes {
		t.Skip("the engine does not report handshakes")
	}
	table := newPeerTable()
	event := func(typ zmq.MonitorEventType, fd int) {
		table.take(zmq.MonitorEvent{Type: typ, FD: fd, Endpoint: "tcp://127.0.0.1:1"})
	}
	for range 3 {
		event(zmq.EventAccepted, 1_000_001)
		event(zmq.EventAccepted, 1_000_002)
		event(zmq.EventHandshakeSucceeded, 0) // of the first
		event(zmq.EventHandshakeFailedAuth, 0)
		event(zmq.EventHandshakeFailedNoDetail, 0) // of the same
		event(zmq.EventDisconnected, 1_000_002)
		if p := table.peers[1_000_001]; len(table.peers) != 1 || !p.Ready {
			t.Errorf("%+v", table.peers)
		}
		event(zmq.EventDisconnected, 1_000_001)
	}
	if len(table.peers)+len(table.failing) != 0 {
		t.Errorf("%v, %v", table.peers, table.failing)
	}
}
