//go:build unix

package clone

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

const peer = "testdata/peer.py"

// TestPythonClient has Python's client at a server of this package.
func TestPythonClient(t *testing.T) {
	b := newBench(t)
	first, second := b.pair()
	_, endPrimary := b.server(first)
	b.server(second)
	c := b.client(ClientConfig{Model: 6, Servers: []Endpoints{first.At, second.At}})
	b.set(c, "/go/1", "x", 0)
	b.shows(c, map[string]string{"/go/1": "x"})
	at := first.At
	p := run.Python(t, peer, "client", at.Snapshot, at.Publisher, at.Collector)
	p.Line("snapshot {'/go/1': 'x'}")
	p.Line("has set /python/1") // for a second, which the server ends
	p.Line("published /python/1=y")
	p.Line("published /python/1=")
	p.Ends()
	endPrimary()
	b.set(c, "/go/2", "z", 0)
	b.shows(c, map[string]string{"/go/1": "x", "/go/2": "z"})
}

// TestPythonServer has clients of this package at Python's server, which is killed and started again: it has forgotten everything.
func TestPythonServer(t *testing.T) {
	b := newBench(t)
	at := b.at("1")
	p := run.Python(t, peer, "server", at.Snapshot, at.Publisher, at.Collector)
	servers := []Endpoints{at}
	one, two := b.client(ClientConfig{Model: 6, Servers: servers}), b.client(ClientConfig{Model: 6, Servers: servers, Subtree: "/a/"})
	b.set(one, "/a/1", "x", 0)
	b.set(one, "/b/1", "y", 0)
	b.shows(one, map[string]string{"/a/1": "x", "/b/1": "y"})
	b.shows(two, map[string]string{"/a/1": "x"})
	b.set(two, "/a/1", "", 0)
	b.shows(one, map[string]string{"/b/1": "y"})
	p.Kill()
	run.Python(t, peer, "server", at.Snapshot, at.Publisher, at.Collector)
	b.shows(one, map[string]string{})
	b.set(two, "/a/2", "again", 0)
	b.shows(one, map[string]string{"/a/2": "again"})
}
