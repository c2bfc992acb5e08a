package zmqd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// TestReloadEndpoints asserts that SIGHUP opens endpoints that are new in the file, leaves those that are gone, says what it did and
// what takes a restart; and that a mistake in the file changes nothing.
func TestReloadEndpoints(t *testing.T) {
	front, second, back, third := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "s"), clitest.Endpoint(t, "b"), clitest.Endpoint(t, "t")
	file := clitest.Write(t, "c.yaml", "frontend: {bind: [%s]}\nbackend: {connect: [%s]}\ndrain: 0s\n", front, back)
	z := clitest.Context(t)
	old, fresh := clitest.Bound(t, z, zmq.Pull, back), clitest.Bound(t, z, zmq.Pull, third)
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--config", file)
	p.Err.WaitFor(t, "msg=running")
	push := clitest.Socket(t, z, zmq.Push, front)
	clitest.Send(t, push, "one")
	same(t, "job", []string{"one"}, clitest.Recv(t, old))

	reload := func(text, wait string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p.Signal(syscall.SIGHUP)
		p.Err.WaitFor(t, wait)
	}
	reload("frontend: {bnd: []}\n", "nothing was changed")
	reload("frontend: {bind: ['tcp://x']}\nbackend: {connect: ['"+back+"']}\ndrain: 0s\n", "the port is missing")
	clitest.Send(t, push, "two")
	same(t, "job", []string{"two"}, clitest.Recv(t, old))

	reload("frontend: {bind: ['"+front+"', '"+second+"'], recv_hwm: 7}\nbackend: {connect: ['"+third+"']}\ndrain: 0s\n", "msg=reloaded")
	if text := p.Err.String(); !strings.Contains(text, "settings=[frontend.recv_hwm]") || !strings.Contains(text, `opened="[frontend `+second+" backend "+third+`]"`) {
		t.Errorf("the log does not say what was done:\n%s", text)
	}
	if sends(zmq.Push) && !survivesCuts() {
		return // the old endpoint stays
	}
	if text := p.Err.String(); !strings.Contains(text, `left="[backend `+back+`]"`) {
		t.Errorf("the log does not say what was left:\n%s", text)
	}
	clitest.Send(t, clitest.Socket(t, z, zmq.Push, second), "three")
	same(t, "job", []string{"three"}, clitest.Recv(t, fresh))
	reload("frontend: {bind: ['"+second+"']}\nbackend: {connect: ['"+third+"']}\ndrain: 0s\n", `left="[frontend `+front+`]"`)
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(t); code != 0 || strings.Contains(p.Err.String(), `msg="stop taking"`) {
		t.Errorf("it does not know what it has left: exit %d\n%s", code, p.Err)
	}
}

// TestReload asserts that SIGHUP accepts who was added to the list, and that a broken list changes nothing.
func TestReload(t *testing.T) {
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	dir := t.TempDir()
	clients := filepath.Join(dir, "clients")
	if err := os.Mkdir(clients, 0o700); err != nil {
		t.Fatal(err)
	}
	server, alice := certificate(t, dir, "server"), certificate(t, dir, "alice")
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--backend-bind", back,
		"--frontend-curve-cert", filepath.Join(dir, "server.key_secret"), "--frontend-curve-allow", clients, "--drain", "0s", "--http", "127.0.0.1:0")
	p.Err.WaitFor(t, "msg=running")
	url := httpAddress(t, p)
	z := clitest.Context(t)
	client := func(key zmq.CurveKey) *zmq.Socket {
		return clitest.Socket(t, z, zmq.Push, front, zmq.CurveClient(key, alice.Public, alice.Secret))
	}
	pull := clitest.Socket(t, z, zmq.Pull, back)
	clitest.Send(t, client(server.Public), "let me in")
	awaitMetric(t, url, `zmqd_handshake_failures_total{reason="denied",side="frontend"} [1-9]`)

	junk := filepath.Join(clients, "junk")
	os.WriteFile(junk, []byte("junk"), 0o600)
	p.Signal(syscall.SIGHUP)
	p.Err.WaitFor(t, "nothing was changed")
	os.Remove(junk)
	if err := alice.SavePublic(filepath.Join(clients, "alice.key")); err != nil {
		t.Fatal(err)
	}
	p.Signal(syscall.SIGHUP)
	p.Err.WaitFor(t, "msg=reloaded")
	// Another socket: the engine does not try again after it was denied.
	clitest.Send(t, client(server.Public), "and now?")
	same(t, "job", []string{"and now?"}, clitest.Recv(t, pull))

	// A new key of the server's own: whoever knows it gets in, after the old connections were cut.
	next := certificate(t, dir, "server")
	p.Signal(syscall.SIGHUP)
	p.Err.WaitFor(t, "new_keys=[frontend]")
	clitest.Send(t, client(next.Public), "again")
	same(t, "job", []string{"again"}, clitest.Recv(t, pull))
}
