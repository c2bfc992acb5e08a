package zmqd

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/clitest"
)

var deployed = []string{"systemd/orders.yaml", "kubernetes/queue.yaml"}

// TestDeploy asserts that the configurations that are handed out are read without complaint.
func TestDeploy(t *testing.T) {
	for _, file := range deployed {
		path := filepath.Join("../../../deploy", file)
		// The keys are somewhere else here, and no service manager has made a folder to run in.
		args := append([]string{"zmqd", "queue", "--check", "--config", path, "--control-bind", "ipc:///tmp/control"}, keysHere(t, path)...)
		if code, _, err := clitest.Run(t, Main, "", args...); code != 0 {
			t.Errorf("%s: exit %d, %s", file, code, err)
		}
	}
}

// keysHere returns flags that put a test's keys in the place of those that a configuration has, if it has some.
func keysHere(t *testing.T, path string) []string {
	t.Helper()
	cfg := defaults("queue")
	if err := readYAML(path, cfg); err != nil {
		t.Fatal(err)
	}
	if cfg.Frontend.Curve.Certificate == "" || !zmq.Has("curve") {
		return []string{"--frontend-curve-cert=", "--frontend-curve-allow="}
	}
	dir := t.TempDir()
	certificate(t, dir, "queue")
	return []string{"--frontend-curve-cert", filepath.Join(dir, "queue.key_secret"), "--frontend-curve-allow", "any"}
}

// TestDeployKeepsRequests asserts that the configurations that are handed out lose nothing when the workers are away: they
// have no heartbeats, by which clients that wait would be cut off, and all requests are answered when a worker comes.
func TestDeployKeepsRequests(t *testing.T) {
	const requests = 3000
	for _, file := range deployed {
		path := filepath.Join("../../../deploy", file)
		cfg := defaults("queue")
		if err := readYAML(path, cfg); err != nil {
			t.Fatal(err)
		}
		for _, s := range cfg.sides() {
			if s.side.Heartbeat != 0 {
				t.Errorf("%s: the %s has heartbeats", file, s.name)
			}
		}
		front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
		p := clitest.Start(t, Main, nil, "zmqd", "queue", "--config", path, "--log-format", "text", "--frontend-curve-cert=", "--frontend-curve-allow=", "--frontend-bind", front, "--backend-bind", back,
			"--control-bind", clitest.Endpoint(t, "c"), "--http", "127.0.0.1:0")
		p.Err.WaitFor(t, "msg=running")
		z := clitest.Context(t)
		client := clitest.Socket(t, z, zmq.Dealer, front, zmq.SendHWM(0))
		for n := range requests {
			clitest.Send(t, client, "", fmt.Sprint(n))
		}
		awaitMetric(t, httpAddress(t, p), `zmqd_peers{side="frontend"} 1`)
		rep := clitest.Socket(t, z, zmq.Rep, back)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		replies := make(chan struct{}, 100) // on their way: more than its queue holds a ROUTER drops
		go func() {
			defer close(done)
			for msg, err := range rep.Messages(ctx) {
				replies <- struct{}{}
				if err != nil || rep.SendParts(ctx, msg...) != nil {
					return
				}
			}
		}()
		seen := map[string]bool{}
		for range requests {
			seen[strings.Join(clitest.Recv(t, client), "|")] = true
			<-replies
		}
		if len(seen) != requests {
			t.Errorf("%s: %d of %d requests were answered", file, len(seen), requests)
		}
		cancel()
		<-done
		p.Signal(syscall.SIGTERM)
		if code := p.Wait(t); code != 0 {
			t.Errorf("%s: exit code %d\n%s", file, code, p.Err)
		}
	}
}

// TestHeartbeatWarning asserts that zmqd warns of heartbeats where a queue can fill up, and only there.
func TestHeartbeatWarning(t *testing.T) {
	zero := 0
	for _, c := range []struct {
		side Side
		want bool
	}{
		{Side{Type: "router", Heartbeat: 1}, true}, {Side{Type: "pull", Heartbeat: 1}, true}, {Side{Type: "dealer", Heartbeat: 1}, true},
		{Side{Type: "router"}, false}, {Side{Type: "router", Heartbeat: 1, RecvHWM: &zero}, false},
		{Side{Type: "push", Heartbeat: 1}, false}, {Side{Type: "xpub", Heartbeat: 1}, false},
	} {
		typ, err := cli.ParseType(c.side.Type)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.side.cutsFullQueues(typ); got != c.want {
			t.Errorf("%+v: %t", c.side, got)
		}
	}
	p := clitest.Start(t, Main, nil, "zmqd", "queue", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-bind", clitest.Endpoint(t, "b"), "--frontend-heartbeat", "30s")
	p.Err.WaitFor(t, "msg=running")
	if text := p.Err.String(); strings.Count(text, "HEARTBEATS") != 1 || !strings.Contains(text, "level=WARN") {
		t.Errorf("no warning, or more than one:\n%s", text)
	}
}
