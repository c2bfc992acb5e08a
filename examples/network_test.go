//go:build unix

package examples

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/zmq/examples/internal/run"
)

// folder returns a folder whose name is short enough for sockets in it.
func folder(t *testing.T) string {
	t.Helper()
	return filepath.Dir(strings.TrimPrefix(run.Endpoint(t), "ipc://"))
}

// A cluster dies and comes back; the others hear it again.
func TestPeering1(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	start := func(name string, peers ...string) *run.Proc {
		t.Helper()
		return run.Start(t, "peering1", append([]string{"-dir", dir, "-interval", "1ms", "-name", name}, peers...)...)
	}
	one, two := start("DC1", "DC2", "DC3"), start("DC2", "DC1", "DC3")
	start("DC3", "DC1", "DC2").Line("DC1 has")
	one.Line("DC3 has")
	one.Line("DC2 has")
	two.Kill()
	start("DC2", "DC1", "DC3").Line("DC1 has")
	one.Line("DC2 has")
}

// A cluster dies with tasks of another one, and comes back.
func TestPeering2(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	start := func(args ...string) *run.Proc {
		t.Helper()
		return run.Start(t, "peering2", append([]string{"-dir", dir, "-timeout", "500ms", "-work", "1ms"}, args...)...)
	}
	one := start("-name", "DC1", "-remote", "0.5", "-clients", "2", "DC2")
	two := start("-name", "DC2", "-work", "1h", "-clients", "0", "DC1")
	one.Line("of DC1")
	one.Line("no reply, once more")
	two.Kill()
	start("-name", "DC2", "-clients", "0", "DC1")
	one.Line("of DC2")
	one.Line("of DC1")
	one.Interrupt()
	one.Ends()
}

// The only cluster with workers dies; another one that comes has the tasks from then on.
func TestPeering3(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	start := func(args ...string) *run.Proc {
		t.Helper()
		return run.Start(t, "peering3", append([]string{"-dir", dir, "-timeout", "500ms", "-work", "1ms", "-state", "100ms"}, args...)...)
	}
	one := start("-name", "DC1", "-workers", "0", "-clients", "2", "DC2", "DC3")
	two := start("-name", "DC2", "-clients", "0", "DC1", "DC3")
	one.Line("of DC2")
	one.Line("of DC2")
	two.Kill()
	three := start("-name", "DC3", "-clients", "1", "DC1", "DC2")
	one.Line("of DC3")
	three.Line("of DC3") // its own clients are served as well
	one.Line("of DC3")
	one.Interrupt()
	one.Ends()
}

// The server dies in the middle of a transfer, and comes back.
func TestFiletransfer(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), run.Endpoint(t)
	file := make([]byte, 4_000_123)
	for i := range file {
		file[i] = byte(rand.Uint32())
	}
	source, target := filepath.Join(dir, "source"), filepath.Join(dir, "target")
	if err := os.WriteFile(source, file, 0o600); err != nil {
		t.Fatal(err)
	}
	client := run.Start(t, "filetransfer", "-endpoint", at, "-file", target, "-chunk", "1000", "-timeout", "500ms", "client")
	server := run.Start(t, "filetransfer", "-endpoint", at, "-file", source, "server")
	client.Line("bytes")
	server.Kill()
	run.Start(t, "filetransfer", "-endpoint", at, "-file", source, "server")
	client.Line(fmt.Sprintf("all there: %d bytes", len(file)))
	client.Ends()
	copied, err := os.ReadFile(target)
	if err != nil || !bytes.Equal(copied, file) {
		t.Errorf("what has arrived is not the file: %d bytes, %v", len(copied), err)
	}
}

// At each level one client gets in and one does not; the server dies and comes back, and who got in gets in again.
func TestSecurity(t *testing.T) {
	t.Parallel()
	keys, others := t.TempDir(), t.TempDir()
	for _, dir := range []string{keys, others} {
		run.Start(t, "security", "-keys", dir, "keys").Ends()
	}
	// The intruder has the server's public key, which is no secret, and keys of its own.
	public, err := os.ReadFile(filepath.Join(keys, "server.public"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(others, "server.public"), public, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		level, user string
		intruder    []string // what it does differently
		server      []string // what the server does differently while the intruder tries
	}{
		{level: "grasslands", user: "somebody"},
		{level: "strawhouse", user: "somebody", server: []string{"-allow", "192.0.2.0/24"}},
		{level: "woodhouse", user: "client", intruder: []string{"-password", "guess"}},
		{level: "stonehouse", user: "somebody"},
		{level: "ironhouse", user: "client", intruder: []string{"-keys", others}},
	} {
		t.Run(c.level, func(t *testing.T) {
			t.Parallel()
			start := func(at string, args ...string) *run.Proc {
				t.Helper()
				flags := []string{"-level", c.level, "-endpoint", at, "-keys", keys, "-n", "1000000", "-interval", "1ms"}
				return run.Start(t, "security", append(flags, args...)...)
			}
			const anyPort = "tcp://127.0.0.1:*"
			server := start(anyPort, "server")
			at := server.After("bound to ")
			client := start(at, "client")
			client.Line("let in")
			server.Line(c.user + " says hello")
			if c.intruder != nil {
				intruder := start(at, append(c.intruder, "client")...)
				intruder.Line("not let in")
				if code := intruder.Wait(); code != 1 {
					t.Errorf("the intruder has ended with %d, not with 1", code)
				}
			}
			server.Kill()
			start(at, "server").Line(c.user + " says hello")
			if c.server != nil {
				at := start(anyPort, append(c.server, "server")...).After("bound to ")
				intruder := start(at, "client")
				intruder.Line("not let in")
				intruder.Wait()
			}
			client.Interrupt()
			client.Ends()
		})
	}
}

// Of three nodes that have found each other one dies, one comes back elsewhere, and one leaves.
func TestBeacon(t *testing.T) {
	t.Parallel()
	free, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	group := fmt.Sprintf("239.255.10.77:%d", free.LocalAddr().(*net.UDPAddr).Port)
	free.Close()
	start := func(name string) *run.Proc {
		t.Helper()
		return run.Start(t, "beacon", "-group", group, "-interval", "20ms", "-expiry", "1s", "-name", name)
	}
	a, b, c := start("a"), start("b"), start("c")
	a.Line(`says ["hello"]`)
	a.Line(`says ["hello"]`)
	c.Line(`"b" is at tcp://127.0.0.1:`)
	b.Kill()
	c.Line(`"b" is gone`)
	b = start("b")
	c.Line(`"b" is at tcp://127.0.0.1:`)
	b.Line(`"c" is at tcp://127.0.0.1:`)
	b.Terminate()
	b.Ends()
	c.Line(`"b" has left`)
}
