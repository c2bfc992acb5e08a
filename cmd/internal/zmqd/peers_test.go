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
