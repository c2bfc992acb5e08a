//go:build unix

package examples

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

// The server dies and comes back under requests, stands still for a while, and dies for good.
func TestLazypirate(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	server := run.Start(t, "lazypirate", run.Args("-endpoint %s server", at)...)
	client := run.Start(t, "lazypirate", run.Args("-endpoint %s -n 1000000 -interval 1ms -timeout 300ms -retries 100 client", at)...)
	client.Line("3: World")
	server.Kill()
	client.Line("asking again")
	server = run.Start(t, "lazypirate", run.Args("-endpoint %s server", at)...)
	client.Line("World")
	server.Stop()
	client.Line("asking again: 2 of")
	server.Continue()
	client.Line("World")
	client.Interrupt()
	client.Ends()
	server.Kill()
	alone := run.Start(t, "lazypirate", run.Args("-endpoint %s -timeout 10ms -retries 1 client", at)...)
	alone.Line("asking again: 1 of 1")
	alone.Line("seems to be away")
	if code := alone.Wait(); code != 1 {
		t.Errorf("without a server the client ends with %d", code)
	}
}

// Of two workers one dies; the client, which asks again, is served by the other one.
func TestSimplepirate(t *testing.T) {
	t.Parallel()
	front, back := run.Endpoint(t), run.Endpoint(t)
	ends := run.Args("-frontend %s -backend %s", front, back)
	run.Start(t, "simplepirate", append(ends, "queue")...)
	client := run.Start(t, "lazypirate", run.Args("-endpoint %s -n 1000000 -interval 1ms -timeout 300ms -retries 100 client", front)...)
	a := run.Start(t, "simplepirate", append(ends, "-name", "A", "worker")...)
	client.Line("World from A")
	run.Start(t, "simplepirate", append(ends, "-name", "B", "worker")...)
	client.Line("World from B")
	client.Line("World from A")
	a.Kill()
	client.Line("asking again")
	client.Line("World from B")
	client.Line("World from B")
}

// A worker dies, one stands still, and the queue is started anew: workers come back to it by themselves.
func TestParanoidpirate(t *testing.T) {
	t.Parallel()
	front, back := run.Endpoint(t), run.Endpoint(t)
	ends := run.Args("-frontend %s -backend %s -interval 50ms -liveness 10", front, back)
	queue := run.Start(t, "paranoidpirate", append(ends, "queue")...)
	client := run.Start(t, "lazypirate", run.Args("-endpoint %s -n 1000000 -interval 1ms -timeout 300ms -retries 100 client", front)...)
	a := run.Start(t, "paranoidpirate", append(ends, "-name", "A", "worker")...)
	b := run.Start(t, "paranoidpirate", append(ends, "-name", "B", "worker")...)
	client.Line("World from A")
	client.Line("World from B")
	a.Stop()
	client.Line("World from B")
	client.Line("World from B")
	a.Continue()
	client.Line("World from A")
	a.Kill()
	client.Line("World from B")
	queue.Kill()
	b.Line("the queue is silent")
	client.Line("asking again")
	run.Start(t, "paranoidpirate", append(ends, "queue")...)
	client.Line("World from B")
}

// The server stands still with its connections open, and goes on.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	args := run.Args("-endpoint %s -publisher %s -interval 50ms -silence 500ms", run.Endpoint(t), run.Endpoint(t))
	client := run.Start(t, "heartbeats", append(args, "client")...)
	subscriber := run.Start(t, "heartbeats", append(args, "subscriber")...)
	server := run.Start(t, "heartbeats", append(args, "server")...)
	client.Line("the server is there")
	subscriber.Line("the server is there")
	server.Stop()
	client.Line("the server is gone")
	subscriber.Line("the server is silent")
	server.Continue()
	client.Line("the server is there")
	subscriber.Line("the server is there")
	server.Kill()
	client.Line("the server is gone")
	subscriber.Line("the server is silent")
}
