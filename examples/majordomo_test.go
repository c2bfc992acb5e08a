//go:build unix

package examples

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

// A worker dies over a request, which another one gets; the broker dies, and everybody comes back to it.
func TestMajordomo(t *testing.T) {
	t.Parallel()
	args := run.Args("-endpoint %s -heartbeat 100ms -timeout 1s -retries 25", run.Endpoint(t))
	mdp := func(more ...string) *run.Proc { return run.Start(t, "majordomo/mdp", append(args, more...)...) }
	broker := mdp("broker")
	broker.Line("bound to")
	none := mdp("discover")
	none.Line("nobody offers")
	none.Ends()
	victim := mdp("-work", "1h", "worker")
	client := mdp("-timeout", "30s", "client", "hello")
	victim.Line("working on hello")
	victim.Kill()
	worker := mdp("worker")
	client.Line("hello: HELLO")
	client.Ends()
	found := mdp("discover")
	found.Line("is offered")
	found.Ends()

	going := mdp("-interval", "50ms", "client", "a", "b", "c", "d", "e")
	going.Line("a: A")
	broker.Kill()
	mdp("broker").Line("bound to")
	going.Line("e: E")
	going.Ends()
	worker.Line("working on e")

	all := mdp("async", "x", "y", "z")
	all.Line("X")
	all.Line("Y")
	all.Line("Z")
	all.Ends()
}
