package zmqd

import (
	"context"
	"flag"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

var rekeys = flag.Int("rekeys", 4, "how often the keys of a device under traffic are changed")

// TestRekeyUnderTraffic changes a queue's key again and again, under messages of several parts in both directions from clients
// that come and go. The process must not end; on an engine that might, it keeps its old key and says so.
func TestRekeyUnderTraffic(t *testing.T) {
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	dir := t.TempDir()
	certificate(t, dir, "server")
	p := startProcess(t, "proxy", 0, "--frontend-type", "dealer", "--backend-type", "dealer",
		"--frontend-curve-cert", filepath.Join(dir, "server.key_secret"), "--frontend-curve-allow", "any")
	z := clitest.Context(t)
	echo := clitest.Socket(t, z, zmq.Dealer, p.back, zmq.RecvTimeout(zmq.Infinite))
	ctx, cancel := context.WithCancel(context.Background())
	var users sync.WaitGroup
	defer users.Wait()
	defer cancel()
	users.Add(1)
	go func() {
		defer users.Done()
		for msg, err := range echo.Messages(ctx) {
			if err != nil || echo.SendParts(ctx, msg...) != nil {
				return
			}
		}
	}()
	parts := make([][]byte, 7)
	for i := range parts {
		parts[i] = make([]byte, 8000)
	}
	var clients []*zmq.Socket
	round := func(server zmq.CurveKey) {
		t.Helper()
		public, secret, err := zmq.NewCurveKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range clients {
			s.Close()
		}
		clients = nil
		for range 4 {
			s := clitest.Socket(t, z, zmq.Dealer, p.front, zmq.Linger(0), zmq.CurveClient(server, public, secret))
			clients = append(clients, s)
			users.Add(1)
			go func() {
				defer users.Done()
				for s.SendParts(ctx, parts...) == nil {
				}
			}()
		}
		for _, s := range clients[1:] {
			limit, cancel := context.WithTimeout(ctx, clitest.Patience)
			if _, err := s.RecvParts(limit); err != nil {
				t.Fatalf("no message comes back: %v\n%s", err, p.log)
			}
			cancel()
		}
		// Half of them are gone when the others are cut off.
		clients[0].Close()
		clients[1].Close()
	}
	cert := certificate(t, dir, "server")
	for n := range *rekeys {
		p.cmd.Process.Signal(syscall.SIGHUP)
		awaitTimes(t, p.log, "msg=reloaded", n+1)
		if !survivesCuts() {
			p.log.WaitFor(t, "the old keys stay until zmqd is started anew")
			break
		}
		round(cert.Public)
		cert = certificate(t, dir, "server")
	}
	if strings.Contains(p.log.String(), "Assertion") {
		t.Error(p.log)
	}
}

// awaitTimes waits until a text was logged so often.
func awaitTimes(t *testing.T, log *clitest.Buffer, text string, times int) {
	t.Helper()
	for limit := time.Now().Add(clitest.Patience); strings.Count(log.String(), text) < times; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%q has not come %d times:\n%s", text, times, log)
		}
	}
}
