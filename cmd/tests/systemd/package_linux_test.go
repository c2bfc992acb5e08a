// Package systemd installs zmqd's Debian package in a system whose first process is systemd, and runs it there.
package systemd

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

var deb = flag.String("deb", "", "the Debian package that is installed in a system that runs, which needs root")

const (
	service = "zmqd@queue:orders.service"
	front   = "tcp://127.0.0.1:5559"
	back    = "tcp://127.0.0.1:5560"
	shipped = "/usr/share/doc/zmqd/examples"
)

// TestPackage is what an operator does with the package: install it, give the unit settings and a key, start, use and reload it,
// have it held by sockets, restart, upgrade and stop it, and purge it.
func TestPackage(t *testing.T) {
	if *deb == "" {
		t.Log("go test -deb FILE boots a system and installs the package there; scripts/dist --check --systemd does so")
		return
	}
	for _, path := range []string{systemd, "/usr/bin/nsenter"} {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("%v: cmd/tests/tools/install installs what the test needs", err)
		}
	}
	s := boot(t, map[string]string{"zmqd.deb": *deb})
	// Without triggers, since the index of this machine's manual pages takes a minute, and has nothing to do with us.
	s.do("dpkg", "--no-triggers", "--install", "/zmqd.deb")
	configure(s)
	s.do("systemctl", "start", service)
	worker(s)

	for _, part := range []struct {
		name string
		do   func(*system)
	}{{"keys", keys}, {"its own user", confined}, {"killed", killed}, {"sockets", sockets}, {"upgraded", upgraded}, {"purged", purge}} {
		if !t.Run(part.name, func(t *testing.T) { part.do(s.of(t)) }) {
			return // each goes on from where the one before came to
		}
	}
}

// configure gives the unit the shipped settings, with a key that systemd passes on, and one client.
func configure(s *system) {
	s.t.Helper()
	s.do("mkdir", "/root/keys", "/etc/zmqd/clients")
	for _, name := range []string{"alice", "bob"} {
		s.do("zmqkeys", "new", "--dir", "/root/keys", name)
	}
	s.do("zmqkeys", "new", "--dir", "/etc/zmqd", "queue")
	s.do("cp", "/root/keys/alice.key", "/etc/zmqd/clients/")
	settings := s.do("cat", shipped+"/orders.yaml")
	with := strings.Replace(settings, "frontend:\n", "frontend:\n  curve: {certificate: \"credential:queue.key_secret\", allow: /etc/zmqd/clients}\n", 1)
	if with == settings {
		s.t.Fatalf("the shipped settings have no frontend:\n%s", settings)
	}
	s.write("/etc/zmqd/orders.yaml", with+"\n")
	s.do("mkdir", "-p", "/etc/systemd/system/"+service+".d")
	s.do("cp", shipped+"/keys.conf", "/etc/systemd/system/"+service+".d/")
	s.do("systemctl", "daemon-reload")
}

// worker starts a service behind the queue, which stays.
func worker(s *system) {
	s.t.Helper()
	s.do("systemd-run", "--unit=worker", "zmqcat", "rep", back, "--echo")
}

// client is somebody who asks once, with a key.
func client(s *system, ctx context.Context, name, timeout string) *exec.Cmd {
	cmd := s.inside(ctx, "zmqcat", "req", front, "--timeout", timeout, "--curve-cert", "/root/keys/"+name+".key_secret", "--curve-server-key", "/etc/zmqd/queue.key")
	cmd.Stdin = strings.NewReader("hello from " + name + "\n")
	return cmd
}

// asks asserts that a client gets its reply.
func asks(s *system, name string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := client(s, ctx, name, "30s").CombinedOutput()
	if err != nil || string(out) != "hello from "+name+"\n" {
		s.t.Fatalf("%s: %v\n%s\n%s", name, err, out, s.words())
	}
}

// keys asserts that those are let in that are on the list, and that a reload reads it again.
func keys(s *system) {
	s.t.Helper()
	asks(s, "alice")
	denied := client(s, context.Background(), "bob", "1s")
	if out, err := denied.CombinedOutput(); err == nil || strings.Contains(string(out), "hello") {
		s.t.Errorf("bob is not on the list, and got %s (%v)", out, err)
	}
	s.await("a word about bob in the journal", func() bool {
		return strings.Contains(s.do("journalctl", "--no-pager", "--unit", service), "msg=denied")
	})
	process := s.property(service, "MainPID")
	s.do("cp", "/root/keys/bob.key", "/etc/zmqd/clients/")
	s.do("systemctl", "reload", service)
	asks(s, "bob")
	if now := s.property(service, "MainPID"); now != process {
		s.t.Errorf("the reload has started another process: %s, then %s", process, now)
	}
}

// confined asserts that the queue runs as a user of its own, under a filter of system calls.
func confined(s *system) {
	status := s.do("cat", "/proc/"+s.property(service, "MainPID")+"/status")
	if strings.Contains(status, "\nUid:\t0\t") || !strings.Contains(status, "\nSeccomp:\t2\n") {
		s.t.Errorf("zmqd runs as root, or without a filter:\n%s", status)
	}
}

// killed asserts that a queue that was killed is started again.
func killed(s *system) {
	s.do("systemctl", "kill", "--signal=KILL", service)
	s.await("another start", func() bool { return s.property(service, "NRestarts") == "1" && s.active(service) })
	asks(s, "alice")
}

// upgraded asserts that a queue goes on with the program of a package that is installed over it.
func upgraded(s *system) {
	before := s.property(service, "MainPID")
	s.do("dpkg", "--no-triggers", "--install", "/zmqd.deb")
	if after := s.property(service, "MainPID"); after == before || !s.active(service) {
		s.t.Errorf("the old program runs after the package was installed again: process %s, then %s", before, after)
	}
	asks(s, "alice")
}

// sockets has systemd hold the ports, and asserts that the queue is started by who connects, and that restarts fail nobody.
func sockets(s *system) {
	s.t.Helper()
	s.do("systemctl", "stop", service)
	if result := s.property(service, "Result"); result != "success" {
		s.t.Errorf("the end of the unit: %s", result)
	}
	units := []string{"orders-frontend.socket", "orders-backend.socket"}
	for _, name := range units {
		s.do("cp", shipped+"/"+name, "/etc/systemd/system/")
	}
	s.do("systemctl", "daemon-reload")
	s.do("systemctl", append([]string{"enable", "--now"}, units...)...)
	asks(s, "alice") // there is no queue until then
	if !s.active(service) {
		s.t.Errorf("the sockets have not started the queue\n%s", s.words())
	}
	if log := s.do("journalctl", "--no-pager", "--unit", service, "--boot"); strings.Contains(log, "level=ERROR") {
		s.t.Errorf("errors:\n%s", log)
	}
	restarts(s)
}

// restarts starts the queue anew while clients ask, one after the other. None of them is refused, and each has its reply, if not at
// once then when it asks again: a request that is on its way to a queue that ends is lost.
func restarts(s *system) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var served, again atomic.Int32
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			// The end of the test is not the end of a client that asks.
			ask := func() ([]byte, error) { return client(s, context.Background(), "alice", "10s").CombinedOutput() }
			out, err := ask()
			for tries := 1; tries < 4 && timedOut(err); tries++ {
				again.Add(1)
				out, err = ask()
			}
			if err != nil {
				failed <- fmt.Errorf("after %d clients: %w: %s", served.Load(), err, out)
				return
			}
			served.Add(1)
		}
	}()
	for range 3 {
		before := served.Load()
		s.do("systemctl", "restart", service)
		s.await("clients after a restart", func() bool { return served.Load() >= before+5 || len(failed) > 0 })
	}
	cancel()
	if err := <-failed; err != nil {
		s.t.Errorf("under restarts: %v\n%s", err, s.words())
	}
	s.t.Logf("%d clients were served while the queue was started anew three times; they asked again %d times", served.Load(), again.Load())
	if n := again.Load(); n > 3 {
		s.t.Errorf("%d requests were lost in three restarts, of a client that has one under way at a time\n%s", n, s.words())
	}
}

// timedOut reports whether that is the error of a zmqcat that has waited in vain.
func timedOut(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 3
}

// purge removes the package, which ends the queue, and then its settings, but not the administrator's.
func purge(s *system) {
	s.t.Helper()
	s.do("systemctl", "disable", "--now", "orders-frontend.socket", "orders-backend.socket")
	s.do("dpkg", "--no-triggers", "--remove", "zmqd")
	if s.active(service) {
		s.t.Error("the queue runs after its package was removed")
	}
	s.do("dpkg", "--no-triggers", "--purge", "zmqd")
	for _, path := range []string{"/usr/bin/zmqd", "/usr/lib/systemd/system/zmqd@.service", "/usr/share/doc/zmqd"} {
		if out, err := s.try("ls", "-d", path); err == nil {
			s.t.Errorf("it is there after the purge: %s", out)
		}
	}
	s.do("ls", "/etc/zmqd/orders.yaml", "/etc/zmqd/queue.key_secret")
	if out, err := s.try("systemctl", "start", service); err == nil || !strings.Contains(out, "not found") {
		s.t.Errorf("the unit is there after the purge: %v %s", err, out)
	}
}
