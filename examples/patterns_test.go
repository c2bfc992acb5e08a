//go:build unix

package examples

import (
	"fmt"
	"strings"
	"testing"

	"example.org/zmq/examples/internal/run"
)

// A client stands still in the middle; the service goes on with others.
func TestService(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	service := run.Start(t, "service", "-endpoint", at, "-workers", "2", "-work", "1ms")
	slow := run.Start(t, "helloworld", "-endpoint", at, "-n", "1000000", "-interval", "0", "client")
	slow.Line("3: World")
	service.Line("worker 0: Hello")
	service.Line("worker 1: Hello")
	slow.Stop()
	client := run.Start(t, "helloworld", "-endpoint", at, "-n", "3", "-interval", "0", "client")
	client.Line("3: World")
	client.Ends()
	slow.Kill()
	service.Interrupt()
	service.Ends()
}

func TestPair(t *testing.T) {
	t.Parallel()
	pair := run.Start(t, "pair", "-work", "1ms")
	pair.Line("step 3: all are ready")
	pair.Ends()
	// The end comes in the middle.
	pair = run.Start(t, "pair", "-work", "1h")
	pair.Line("step 1: working")
	pair.Interrupt()
	pair.Ends()
}

// A subscriber dies before all are there: the publisher does not count it any more, and waits for another.
func TestNodesync(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	publisher := run.Start(t, "nodesync", "-endpoint", at, "-n", "5000", "-subscribers", "2", "publisher")
	dead := run.Start(t, "nodesync", "-endpoint", at, "subscriber")
	publisher.Line("1 subscribers")
	dead.Kill()
	publisher.Line("0 subscribers")
	subscribers := []*run.Proc{
		run.Start(t, "nodesync", "-endpoint", at, "subscriber"),
		run.Start(t, "nodesync", "-endpoint", at, "subscriber"),
	}
	for _, s := range subscribers {
		s.Line("the first is update 0")
		s.Line("5000 updates received")
		s.Ends()
	}
	publisher.Ends()
}

// The publisher dies and comes back.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	subscriber := run.Start(t, "envelope", "-endpoint", at, "subscriber")
	for range 2 {
		publisher := run.Start(t, "envelope", "-endpoint", at, "-interval", "1ms", "publisher")
		subscriber.Line("B: this is for B")
		subscriber.Line("B: this is for B")
		publisher.Kill()
	}
	if strings.Contains(subscriber.Output(), "A: ") {
		t.Error("who subscribed to B gets A")
	}
}

// A client with a name stands still, and one that comes back in its place with the same name is served.
func TestIdentity(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	router := run.Start(t, "identity", "-endpoint", at, "router")
	router.Line("for a peer that is not there: zmq: send")
	nameless := run.Start(t, "identity", "-endpoint", at, "client")
	nameless.Line(`you are "\x00`)
	first := run.Start(t, "identity", "-endpoint", at, "-name", "PEER2", "client")
	first.Line(`you are "PEER2"`)
	first.Stop()
	second := run.Start(t, "identity", "-endpoint", at, "-name", "PEER2", "client")
	second.Line(`you are "PEER2"`)
	first.Kill()
	router.Interrupt()
	router.Ends()
}

// A worker dies with a request: the client asks once more, and another worker has it.
func TestLoadbalancer(t *testing.T) {
	t.Parallel()
	flags := []string{"-frontend", run.Endpoint(t), "-backend", run.Endpoint(t)}
	start := func(args ...string) *run.Proc {
		t.Helper()
		return run.Start(t, "loadbalancer", append(flags, args...)...)
	}
	broker := start("broker")
	client := start("-n", "3", "-timeout", "1s", "client")
	dead := start("-work", "1h", "worker")
	dead.Line("working on task 1")
	dead.Kill()
	start("-work", "1ms", "worker")
	client.Line("1: no reply, once more")
	client.Line("3: done")
	client.Ends()
	broker.Interrupt()
	broker.Ends()
}

// A client dies in the middle of its replies; another gets all of its own.
func TestAsyncserver(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	server := run.Start(t, "asyncserver", "-endpoint", at, "-work", "1ms", "server")
	dead := run.Start(t, "asyncserver", "-endpoint", at, "-n", "1000000", "-interval", "0", "client")
	client := run.Start(t, "asyncserver", "-endpoint", at, "-n", "20", "-interval", "1ms", "client")
	dead.Line("step 3 of 3")
	dead.Kill()
	client.Ends()
	for i := range 20 {
		if last := fmt.Sprintf("request %d: step 3 of 3\n", i+1); !strings.Contains(client.Output(), last) {
			t.Errorf("the client has not got %q", last)
		}
	}
	server.Interrupt()
	server.Ends()
}

// The proxy's listener sees that a subscriber has died.
func TestEspresso(t *testing.T) {
	t.Parallel()
	flags := []string{"-publishers", run.Endpoint(t), "-subscribers", run.Endpoint(t)}
	espresso := run.Start(t, "espresso", flags...)
	flags = append(flags, "-interval", "1ms", "-topic", "oslo")
	run.Start(t, "proxy", append(flags, "publisher")...)
	subscriber := run.Start(t, "proxy", append(flags, "subscriber")...)
	espresso.Line(`["\x01oslo"]`)
	espresso.Line(`["oslo" "message `)
	subscriber.Line("oslo: message")
	subscriber.Kill()
	espresso.Line(`["\x00oslo"]`)
	espresso.Interrupt()
	espresso.Line("messages were not seen")
	espresso.Ends()
}

// A subscriber stands still, and finds out that it is too slow.
func TestSnail(t *testing.T) {
	t.Parallel()
	flags := []string{"-endpoint", run.Endpoint(t), "-late", "300ms"}
	publisher := run.Start(t, "snail", append(flags, "publisher")...)
	subscriber := run.Start(t, "snail", append(flags, "subscriber")...)
	subscriber.Line("receiving")
	subscriber.Stop()
	for range 3 {
		publisher.Line("published for another")
	}
	subscriber.Continue()
	subscriber.Line("too slow")
	if code := subscriber.Wait(); code != 1 {
		t.Errorf("the subscriber has ended with %d, not with 1", code)
	}
}

// A publisher has ended, and another died, before anybody has subscribed.
func TestLastvalue(t *testing.T) {
	t.Parallel()
	flags := []string{"-frontend", run.Endpoint(t), "-backend", run.Endpoint(t)}
	start := func(args ...string) *run.Proc {
		t.Helper()
		return run.Start(t, "lastvalue", append(flags, args...)...)
	}
	cache := start("cache")
	early := start("subscriber")
	cache.Line("somebody subscribes to oslo")
	start("-value", "rain", "publisher").Ends()
	early.Line("oslo: rain")
	early.Kill()
	start("-value", "snow", "publisher").Ends()
	cache.Line("oslo: snow")
	late := start("subscriber")
	late.Line("oslo: snow")
	late.Interrupt()
	late.Ends()
}
