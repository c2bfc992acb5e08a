//go:build unix

package freelance

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

// TestPythonPeers has Python's client at servers of this package, and this client at Python's server, which is killed and started again.
func TestPythonPeers(t *testing.T) {
	const peer = "testdata/peer.py"
	b := newBench(t)
	ours, theirs := run.Endpoint(t), run.Endpoint(t)
	stop := b.server(ours, says("go"))
	client := run.Python(t, peer, "client", ours, "hello")
	client.Line("go hello")
	client.Ends()
	stop()
	server := run.Python(t, peer, "server", theirs)
	c := b.client(quick, theirs)
	got, err := c.Request(b.ctx, []byte("hello"))
	b.expect(got, err, "python hello")
	server.Kill()
	run.Python(t, peer, "server", theirs)
	got, err = c.Request(b.ctx, []byte("again"))
	b.expect(got, err, "python again")
}
