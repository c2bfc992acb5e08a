//go:build unix

package zmqd

import (
	"errors"
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// closedPort returns an address of the loopback where nothing listens: the port is held by a socket that does not.
func closedPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		t.Cleanup(func() { syscall.Close(fd) })
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var at syscall.Sockaddr
	if err == nil {
		at, err = syscall.Getsockname(fd)
	}
	if err != nil {
		t.Fatal(err)
	}
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.(*syscall.SockaddrInet4).Port}).String()
}

// TestNotConnected asserts that each connect that does not come about is in the log, once, with the reason, that /readyz and
// the page know of it, and that the log says when it works.
func TestNotConnected(t *testing.T) {
	t.Parallel()
	if !reportsHandshakes {
		t.Skip("the engine does not say whether there is a peer")
	}
	refusing := "tcp://" + closedPort(t)
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts, since the kernel does, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	late := clitest.Endpoint(t, "late")
	front := clitest.Endpoint(t, "f")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--http", "127.0.0.1:0", "--drain", "0s",
		"--backend-connect", refusing, "--backend-connect", "tcp://no-such-host.invalid:5560", "--backend-connect", "tcp://"+mute.Addr().String(), "--backend-connect", late)
	p.Err.WaitFor(t, "msg=running")
	url := httpAddress(t, p)
	for _, want := range []string{
		`msg="not connected" side=backend endpoint=` + refusing + ` reason="refused: .*refused"`,
		`endpoint=tcp://no-such-host.invalid:5560 reason="(name: no-such-host.invalid: |no answer)`,
		`endpoint=tcp://` + mute.Addr().String() + ` reason="handshake: `,
		`endpoint=` + late + ` reason="refused: .*no such file`,
	} {
		awaitLine(t, p, want)
	}
	if code, text := get(t, url+"/readyz"); code != 503 || !strings.Contains(text, "the backend connects to "+refusing) {
		t.Errorf("readyz: %d %s", code, text)
	}
	if _, text := get(t, url+"/api/status"); !strings.Contains(text, `"up":false`) || !strings.Contains(text, "refused") {
		t.Errorf("status: %s", text)
	}
	awaitMetric(t, url, `zmqd_endpoint_connected{endpoint="`+regexp.QuoteMeta(late)+`",side="backend"} 0`)

	z := clitest.Context(t)
	clitest.Bound(t, z, zmq.Pull, late)
	awaitLine(t, p, `msg=connected side=backend endpoint=`+late+` after=`)
	awaitMetric(t, url, `zmqd_endpoint_connected{endpoint="`+regexp.QuoteMeta(late)+`",side="backend"} 1`)
	if code, text := get(t, url+"/readyz"); code != 200 {
		t.Errorf("readyz: %d %s", code, text)
	}
	if n := strings.Count(p.Err.String(), "endpoint="+refusing+" reason"); n != 1 {
		t.Errorf("said %d times:\n%s", n, p.Err)
	}
}

// awaitLine waits until the log matches.
func awaitLine(t *testing.T, p *clitest.Proc, pattern string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for limit := time.Now().Add(clitest.Patience); !re.MatchString(p.Err.String()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("the log has no %s:\n%s", pattern, p.Err)
		}
	}
}

// TestReadyWithoutPeers asserts that a flag makes /readyz true without a peer to connect to.
func TestReadyWithoutPeers(t *testing.T) {
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-connect", clitest.Endpoint(t, "b"),
		"--http", "127.0.0.1:0", "--drain", "0s", "--ready-without-peers")
	p.Err.WaitFor(t, "msg=running")
	if code, text := get(t, httpAddress(t, p)+"/readyz"); code != 200 {
		t.Errorf("readyz: %d %s", code, text)
	}
}

// TestDenied asserts that a client that is denied is in the log with its address, mechanism and key, and that our own side says
// that it was denied.
func TestDenied(t *testing.T) {
	t.Parallel()
	if !zmq.Has("curve") || !reportsHandshakes {
		t.Skip("an engine without curve, or that does not report handshakes")
	}
	dir := t.TempDir()
	server, mallory := certificate(t, dir, "server"), certificate(t, dir, "mallory")
	if err := server.SavePublic(dir + "/server.key"); err != nil {
		t.Fatal(err)
	}
	allow := clitest.Write(t, "allow", "%s alice\n", server.Public)
	front := "tcp://127.0.0.1:*"
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--backend-bind", clitest.Endpoint(t, "b"), "--drain", "0s",
		"--frontend-curve-cert", dir+"/server.key_secret", "--frontend-curve-allow", allow)
	p.Err.WaitFor(t, "msg=running")
	front = regexp.MustCompile(`side=frontend .*bound=\[(\S+)\]`).FindStringSubmatch(p.Err.String())[1]
	q := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-connect", front, "--drain", "0s",
		"--backend-curve-cert", dir+"/mallory.key_secret", "--backend-curve-server-key", dir+"/server.key")
	awaitLine(t, p, `msg=denied side=frontend address=127.0.0.1 mechanism=CURVE key="?`+regexp.QuoteMeta(strings.ReplaceAll(mallory.Public.String(), `"`, `\"`)))
	awaitLine(t, q, `msg="not connected" side=backend endpoint=`+front+` reason="denied: `)
	if n := strings.Count(p.Err.String(), "msg=denied"); n != 1 {
		t.Errorf("said %d times:\n%s", n, p.Err)
	}
}

// TestSparing asserts that a line is written once in a while, and how many are remembered.
func TestSparing(t *testing.T) {
	s := newSparing()
	for i, want := range []bool{true, false, false} {
		if _, ok := s.allow("a"); ok != want {
			t.Errorf("%d: %t", i, ok)
		}
	}
	s.last["a"].at = time.Now().Add(-2 * sparingEvery)
	if before, ok := s.allow("a"); !ok || before != 2 {
		t.Errorf("after a while: %d, %t", before, ok)
	}
	for i := range 2 * sparingMost {
		s.allow(strings.Repeat("b", i+1))
	}
	if len(s.last) > sparingMost {
		t.Errorf("%d lines are remembered", len(s.last))
	}
}

// TestLinkNames asserts that events of an address are the name's that has the port, unless several have.
func TestLinkNames(t *testing.T) {
	ls := newLinks(nil)
	for _, e := range []string{"tcp://a:1", "tcp://b:1", "tcp://c:2", "tcp://127.0.0.1:3"} {
		ls.all = append(ls.all, &link{endpoint: e})
	}
	for e, want := range map[string]string{"tcp://10.0.0.1:1": "", "tcp://10.0.0.1:2": "tcp://c:2", "tcp://127.0.0.1:3": "tcp://127.0.0.1:3", "tcp://10.0.0.1:3": ""} {
		got := ""
		if l := ls.at(e); l != nil {
			got = l.endpoint
		}
		if got != want {
			t.Errorf("%s: %q, want %q", e, got, want)
		}
	}
}

// TestReasons asserts what is said of failures that the engine reports.
func TestReasons(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{{&zmq.AuthError{}, "denied: "}, {&zmq.ProtocolError{Code: zmq.ProtocolZMTPMechanismMismatch}, "handshake: "}, {errors.New("x"), "handshake: x"}} {
		if got := diagnose(t.Context(), "tcp://127.0.0.1:1", c.err); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v: %q", c.err, got)
		}
	}
}
