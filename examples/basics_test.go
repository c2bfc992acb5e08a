//go:build unix

package examples

import (
	"fmt"
	"strings"
	"testing"

	"example.org/zmq"
	"example.org/zmq/examples/internal/run"
)

// The server dies and comes back while a client is on.
func TestWeather(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	client := run.Start(t, "weather", "-endpoint", at, "-place", "10003", "-n", "20", "client")
	server := run.Start(t, "weather", "-endpoint", at, "server")
	client.Line("5: ")
	server.Kill()
	run.Start(t, "weather", "-endpoint", at, "server")
	client.Line("20: ")
	client.Line("at 10003")
	client.Ends()
}

// One worker stands still with tasks in its queue, and goes on when the other has done its share.
func TestPipeline(t *testing.T) {
	t.Parallel()
	const n = 20
	flags := []string{"-tasks", run.Endpoint(t), "-results", run.Endpoint(t), "-control", run.Endpoint(t),
		"-n", fmt.Sprint(n), "-longest", "2ms"}
	start := func(role string) *run.Proc {
		t.Helper()
		return run.Start(t, "pipeline", append(flags, role)...)
	}
	sink, slow, other := start("sink"), start("worker"), start("worker")
	ventilator := start("ventilator")
	slow.Line("task done")
	slow.Stop()
	for range n / 2 {
		other.Line("task done")
	}
	slow.Continue()
	ventilator.Ends()
	sink.Line(fmt.Sprintf("%d results", n))
	sink.Line("of work done in")
	sink.Ends()
	slow.Ends()
	other.Ends()
}

// There is nobody who could fail.
func TestVersion(t *testing.T) {
	t.Parallel()
	version := run.Start(t, "version")
	version.Line("library: " + zmq.LibraryVersion().String())
	version.Line("linked: ")
	version.Ends()
}

// One of the two sources dies and comes back; the other does not notice.
func TestPoller(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"poller", "goroutines"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			tasks, updates := run.Endpoint(t), run.Endpoint(t)
			reader := run.Start(t, "poller", "-tasks", tasks, "-updates", updates, way)
			weather := run.Start(t, "weather", "-endpoint", updates, "server")
			reader.Line("update: 10001")
			weather.Kill()
			ventilator := run.Start(t, "pipeline", "-tasks", tasks, "-workers", "1", "-n", "3", "ventilator")
			for range 3 {
				reader.Line("task: ")
			}
			ventilator.Ends()
			run.Start(t, "weather", "-endpoint", updates, "server")
			reader.Line("update: 10001")
			reader.Interrupt()
			reader.Ends()
		})
	}
}

// A worker stands still with a request that waits for it, and goes on; later the broker dies and comes back.
func TestBroker(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"broker", "byhand"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			flags := []string{"-frontend", run.Endpoint(t), "-backend", run.Endpoint(t)}
			start := func(args ...string) *run.Proc {
				t.Helper()
				return run.Start(t, "broker", append(flags, args...)...)
			}
			clients := []*run.Proc{start("-n", "100", "client"), start("-n", "100", "client")}
			slow := start("worker")
			broker := start(way)
			slow.Line("Hello 2")
			slow.Stop()
			start("worker")
			slow.Continue()
			for _, c := range clients {
				c.Line("100: World")
				c.Ends()
			}
			broker.Kill()
			client := start("-n", "2", "client")
			start(way)
			client.Line("2: World")
			client.Ends()
		})
	}
}

// The proxy dies and comes back: publishers and subscribers find it again.
func TestProxy(t *testing.T) {
	t.Parallel()
	flags := []string{"-publishers", run.Endpoint(t), "-subscribers", run.Endpoint(t), "-interval", "1ms"}
	start := func(args ...string) *run.Proc {
		t.Helper()
		return run.Start(t, "proxy", append(flags, args...)...)
	}
	all, some := start("subscriber"), start("-topic", "rome", "subscriber")
	start("-name", "oslo", "publisher")
	start("-name", "rome", "publisher")
	proxy := start("proxy")
	all.Line("oslo: message")
	all.Line("rome: message")
	some.Line("rome: message")
	proxy.Kill()
	proxy = start("proxy")
	start("-name", "paris", "publisher")
	all.Line("paris: message") // who was there has found the new proxy
	late := start("subscriber")
	late.Line("oslo: message")
	late.Line("rome: message")
	proxy.Interrupt()
	proxy.Line("messages passed on")
	proxy.Ends()
	if strings.Contains(some.Output(), "oslo") {
		t.Error("who subscribed to rome gets oslo")
	}
}

// The server dies and comes back behind the bridge, which asks it anew for what its subscribers want.
func TestBridge(t *testing.T) {
	t.Parallel()
	inside, outside := run.Endpoint(t), run.Endpoint(t)
	run.Start(t, "bridge", "-inside", inside, "-outside", outside)
	client := run.Start(t, "weather", "-endpoint", outside, "-n", "20", "client")
	server := run.Start(t, "weather", "-endpoint", inside, "server")
	client.Line("5: ")
	server.Kill()
	run.Start(t, "weather", "-endpoint", inside, "server")
	client.Line("at 10001")
	client.Ends()
}

// A signal comes while a request is worked on.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	server := run.Start(t, "interrupt", "-endpoint", at, "-work", "100ms", "server")
	client := run.Start(t, "interrupt", "-endpoint", at, "client")
	server.Line("working on a task")
	server.Interrupt()
	client.Line("done")
	client.Ends()
	server.Ends()
}

// A second signal does not wait for the work.
func TestInterruptTwice(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	server := run.Start(t, "interrupt", "-endpoint", at, "-work", "1h", "server")
	client := run.Start(t, "interrupt", "-endpoint", at, "client")
	server.Line("working on a task")
	server.Interrupt()
	server.Line("ending")
	server.Interrupt()
	if code := server.Wait(); code != -1 {
		t.Errorf("the server has ended with %d, and was to be ended by the signal", code)
	}
	client.Terminate()
	client.Ends()
}
