// Package interop_security has peers with pyzmq and its authenticator: both implementations must let the same clients
// in and keep the same clients out, and read each other's certificates. The script install gets pyzmq.
package interop_security

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/zmqtest"
)

const (
	python   = "/usr/bin/python3"
	patience = 60 * time.Second
)

// installed installs pyzmq where tests may do so, and must not be skipped.
var installed = sync.OnceValue(func() error {
	out, err := exec.Command("./install").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
})

// peer returns a command of peer.py that ends with the test.
func peer(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if os.Getenv("CI") == "true" {
		if err := installed(); err != nil {
			t.Fatalf("pyzmq cannot be installed: %v", err)
		}
	} else if err := exec.Command(python, "-c", "import zmq").Run(); err != nil {
		t.Skipf("pyzmq is not there: run tests/interop_security/install (%v)", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, python, append([]string{"peer.py"}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// run returns what peer.py prints.
func run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := peer(t, args...).Output()
	if err != nil {
		t.Fatalf("peer.py %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// needs skips where the engine has no authentication.
func needs(t *testing.T) {
	t.Helper()
	if _, err := zmq.Mechanism.Get(open(t, newContext(t), zmq.Pull)); err != nil || !zmq.Has("curve") {
		t.Skipf("this engine has no CURVE: %v", err)
	}
}

func newContext(t *testing.T) *zmq.Context {
	t.Helper()
	return zmqtest.NewContext(t)
}

func open(t *testing.T, c *zmq.Context, typ zmq.SocketType, opts ...zmq.SocketOption) *zmq.Socket {
	t.Helper()
	return zmqtest.NewSocket(t, c, typ, opts...)
}

// keys are those of the two ends and of an untrusted peer.
type keys struct {
	dir                      string
	server, client, stranger *zmq.Certificate
}

// newKeys makes certificates and files of them: the server's, and in clients those that may connect.
func newKeys(t *testing.T) keys {
	t.Helper()
	k := keys{dir: t.TempDir()}
	for _, c := range []**zmq.Certificate{&k.server, &k.client, &k.stranger} {
		made, err := zmq.NewCertificate(map[string]string{"name": "made by Go"})
		if err != nil {
			t.Fatal(err)
		}
		*c = made
	}
	if err := os.Mkdir(filepath.Join(k.dir, "clients"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := k.server.SaveSecret(filepath.Join(k.dir, "server.key_secret")); err != nil {
		t.Fatal(err)
	}
	if err := k.client.SavePublic(filepath.Join(k.dir, "clients", "client.key")); err != nil {
		t.Fatal(err)
	}
	return k
}

// visitor is a client that tries to get in.
type visitor struct {
	name string
	args []string           // for peer.py
	opts []zmq.SocketOption // for Go
	in   bool
}

func (k keys) visitors(mechanism string) []visitor {
	curve := func(name string, server, own *zmq.Certificate, in bool) visitor {
		return visitor{name, []string{"curve", server.Public.String(), own.Public.String(), own.Secret.Z85()},
			[]zmq.SocketOption{zmq.CurveClient(server.Public, own.Public, own.Secret)}, in && mechanism == "curve"}
	}
	plain := func(user, password string, in bool) visitor {
		return visitor{"plain " + user + " " + password, []string{"plain", user, password},
			[]zmq.SocketOption{zmq.PlainClient(user, password)}, in && mechanism == "plain"}
	}
	return []visitor{
		curve("right key", k.server, k.client, true),
		curve("stranger", k.server, k.stranger, false),
		curve("wrong server key", k.stranger, k.client, false),
		plain("ann", "password", true),
		plain("ann", "Password", false),
		plain("bob", "password", false),
		{"no key of its own", []string{"keyless", k.server.Public.String()}, []zmq.SocketOption{zmq.CurveServerKey(k.server.Public)}, false},
		{"no security", []string{"null"}, nil, false},
	}
}

var denials = map[string]string{"open": "", "denied": "127.0.0.1"}

// forEach runs f for both mechanisms, with and without a denied address.
func forEach(t *testing.T, f func(t *testing.T, k keys, mechanism, denied string)) {
	needs(t)
	for _, mechanism := range []string{"curve", "plain"} {
		for name, denied := range denials {
			t.Run(mechanism+" "+name, func(t *testing.T) { f(t, newKeys(t), mechanism, denied) })
		}
	}
}

// TestGoJudgesPython has a Go server, and clients with pyzmq.
func TestGoJudgesPython(t *testing.T) {
	forEach(t, func(t *testing.T, k keys, mechanism, denied string) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c := newContext(t)
		var list zmq.AllowList
		list.AllowKey(k.client.Public, "")
		list.AllowUser("ann", "password")
		if denied != "" {
			list.DenyAddr(netip.MustParsePrefix(denied + "/32"))
		}
		if err := c.ServeAuth(ctx, &list); err != nil {
			t.Fatal(err)
		}
		mode := zmq.PlainServer()
		if mechanism == "curve" {
			mode = zmq.CurveServer(k.server.Secret)
		}
		server := open(t, c, zmq.Pull, mode)
		if err := server.Bind("tcp://127.0.0.1:*"); err != nil {
			t.Fatal(err)
		}
		endpoint, err := server.LastEndpoint()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range k.visitors(mechanism) {
			in := v.in && denied == ""
			if got := run(t, append([]string{"client", endpoint}, v.args...)...); (got == "in") != in {
				t.Errorf("%s: %s, should get in: %v", v.name, got, in)
			} else if in {
				if msg, err := server.RecvParts(ctx); err != nil || string(msg[0]) != "from python" {
					t.Errorf("%s: received %q, %v", v.name, msg, err)
				}
			}
		}
		if _, err := server.Recv(nil, zmq.DontWait); err == nil {
			t.Error("somebody else's message came through")
		}
	})
}

// TestPythonJudgesGo has a server with pyzmq and its authenticator, and clients in Go.
func TestPythonJudgesGo(t *testing.T) {
	forEach(t, func(t *testing.T, k keys, mechanism, denied string) {
		cmd := peer(t, "server", mechanism, k.dir, denied)
		in, err1 := cmd.StdinPipe()
		out, err2 := cmd.StdoutPipe()
		if err := cmd.Start(); err != nil || err1 != nil || err2 != nil {
			t.Fatal(err, err1, err2)
		}
		lines := bufio.NewScanner(out)
		lines.Scan()
		endpoint := lines.Text()
		for _, v := range k.visitors(mechanism) {
			want := v.in && denied == ""
			if got := enters(t, endpoint, v, in, lines); got != want {
				t.Errorf("%s: got in: %v, want %v", v.name, got, want)
			}
		}
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// enters reports whether a Go client gets in, and sees its message through.
func enters(t *testing.T, endpoint string, v visitor, ask io.Writer, lines *bufio.Scanner) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s := open(t, newContext(t), zmq.Push, v.opts...)
	m, err := s.Monitor(zmq.EventHandshakeSucceeded | zmq.EventHandshakeFailed)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := s.Connect(endpoint); err != nil {
		t.Fatal(err)
	}
	e, err := m.Next(ctx)
	if err != nil {
		t.Fatalf("%s: %v", v.name, err)
	}
	if e.Type != zmq.EventHandshakeSucceeded {
		return false
	}
	if err := s.SendParts(ctx, []byte("from Go: "+v.name)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(ask, "next")
	if !lines.Scan() || lines.Text() != "from Go: "+v.name {
		t.Errorf("%s: the server received %q", v.name, lines.Text())
	}
	return true
}

// TestCertificates reads each other's files.
func TestCertificates(t *testing.T) {
	k := newKeys(t)
	want := k.server.Public.String() + "\n" + k.server.Secret.Z85()
	if got := run(t, "load", filepath.Join(k.dir, "server.key_secret")); got != want {
		t.Error("pyzmq reads another pair of keys")
	}
	if got := run(t, "load", filepath.Join(k.dir, "clients", "client.key")); got != k.client.Public.String() {
		t.Errorf("pyzmq reads %s, want %v", got, k.client.Public)
	}
	run(t, "create", k.dir, "theirs")
	secret, err := zmq.LoadCertificate(filepath.Join(k.dir, "theirs.key_secret"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := zmq.LoadCertificate(filepath.Join(k.dir, "theirs.key"))
	if err != nil {
		t.Fatal(err)
	}
	if secret.Public != public.Public {
		t.Errorf("%v and %v", secret, public)
	}
}
