//go:build unix

package majordomo

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

const peer = "testdata/peer.py"

// TestPythonPeers has Python's client and worker at this broker, and this client and worker at Python's broker.
func TestPythonPeers(t *testing.T) {
	t.Run("broker", func(t *testing.T) {
		b := newBench(t)
		at, _ := b.broker("tcp://127.0.0.1:*")
		worker := run.Python(t, peer, "worker", at)
		client := run.Python(t, peer, "client", at, "reverse", "hello")
		client.Line("olleh")
		client.Ends()
		b.ask(b.client(at), "reverse", "hello", "olleh")
		worker.Kill()
		again := run.Python(t, peer, "worker", at)
		again.Line("ready")
		b.ask(b.client(at), "reverse", "again", "niaga")
		b.worker(at, upper)
		other := run.Python(t, peer, "client", at, "upper", "python")
		other.Line("PYTHON")
		other.Ends()
		found := run.Python(t, peer, "client", at, "mmi.service", "upper")
		found.Line("200")
		found.Ends()
	})
	t.Run("client and worker", func(t *testing.T) {
		b := newBench(t)
		at := run.Endpoint(t)
		broker := run.Python(t, peer, "broker", at)
		b.worker(at, upper)
		b.ask(b.client(at), "upper", "hello", "HELLO")
		broker.Kill()
		run.Python(t, peer, "broker", at)
		b.ask(b.client(at), "upper", "again", "AGAIN")
	})
}
