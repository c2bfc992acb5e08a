package zmqcat

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// run runs zmqcat to its end and expects success.
func run(t *testing.T, in string, args ...string) string {
	t.Helper()
	code, out, err := clitest.Run(t, Main, in, append([]string{"zmqcat"}, args...)...)
	if code != 0 || err != "" {
		t.Fatalf("zmqcat %q: exit %d, %s", args, code, err)
	}
	return out
}

func start(t *testing.T, in io.Reader, args ...string) *clitest.Proc {
	return clitest.Start(t, Main, in, append([]string{"zmqcat"}, args...)...)
}

func finished(t *testing.T, p *clitest.Proc, want string) {
	t.Helper()
	if code := p.Wait(t); code != 0 || p.Out.String() != want {
		t.Errorf("exit %d, %q, want %q; %s", code, p.Out, want, p.Err)
	}
}

func TestPushPull(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	pull := start(t, nil, "pull", "@"+e, "--count", "3")
	run(t, "1\n2\n3\n", "push", e)
	finished(t, pull, "1\n2\n3\n")
}

// TestMany asserts that a burst arrives whole and in order, up to the last message asked for. There is no limit on the
// receiver's queue: where there is one and it is full, the engine drops what the kernel still has of an ipc
// connection whose other end is closed.
func TestMany(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintln(&text, i)
	}
	pull := start(t, nil, "pull", "--connect", e, "-n", "3000", "--recv-hwm", "0")
	run(t, text.String(), "push", "-b", e)
	finished(t, pull, text.String())
}

func TestWhole(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	pull := start(t, nil, "pull", "@"+e, "-n1", "--format", "whole")
	text := strings.Repeat("\x00\xff\n", 100000)
	run(t, text, "push", e, "--in", "whole")
	finished(t, pull, text)
}

func TestPubSub(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	sub := start(t, nil, "sub", e, "-s", "a", "-s", "b", "--count=2", "--out=json")
	run(t, `["a","1"] ["c"] ["b","2"]`, "pub", "@"+e, "--subscribers", "2", "-f", "json")
	finished(t, sub, "[\"a\",\"1\"]\n[\"b\",\"2\"]\n")
}

func TestReqRep(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	rep := start(t, strings.NewReader("x\ty\nz\n"), "rep", "@"+e, "--separator", "\t")
	if out := run(t, "1\n2\n", "req", e); out != "x\ty\nz\n" {
		t.Errorf("replies: %q", out)
	}
	rep.Signal(syscall.SIGTERM)
	finished(t, rep, "1\n2\n")
	echo := start(t, nil, "rep", "@"+e, "--echo", "-n", "1")
	if out := run(t, "hello\n", "req", e); out != "hello\n" {
		t.Errorf("echo: %q", out)
	}
	finished(t, echo, "hello\n")
}

func TestBothWays(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	router := start(t, nil, "router", "@"+e, "-n", "1", "-f", "json")
	run(t, "hi\n", "dealer", e, "--identity", "me", "--eof")
	finished(t, router, "[\"me\",\"hi\"]\n")
	z := clitest.Context(t)
	pair := start(t, strings.NewReader("to you\n"), "pair", "@"+e, "-n", "1")
	peer := clitest.Socket(t, z, zmq.Pair, e)
	if got := clitest.Recv(t, peer); got[0] != "to you" {
		t.Errorf("got %q", got)
	}
	clitest.Send(t, peer, "to me")
	finished(t, pair, "to me\n")
	xpub := start(t, nil, "xpub", "@"+e, "-n", "1", "-f", "json")
	xsub := start(t, nil, "xsub", e, "-s", "topic")
	finished(t, xpub, "[\"\\u0001topic\"]\n")
	xsub.Signal(syscall.SIGTERM)
	finished(t, xsub, "")
}

func TestTimeout(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	for _, args := range [][]string{{"pull", "@" + e}, {"push", "@" + e}, {"req", e}, {"pair", e}, {"pub", "@" + e, "--subscribers", "1"}} {
		code, _, err := clitest.Run(t, Main, "x\n", append(append([]string{"zmqcat"}, args...), "--timeout", "50ms")...)
		if code != exitTimeout || !strings.HasPrefix(err, "zmqcat: n") {
			t.Errorf("%q: exit %d, %s", args, code, err)
		}
	}
}

func TestBadUse(t *testing.T) {
	for _, c := range []struct {
		code int
		args []string
		want string
	}{
		{1, nil, "requires at least 1 arg(s), only received 0 (usage: zmqcat [flags] TYPE [@]ENDPOINT...; see zmqcat --help)"},
		{1, []string{"queue", "tcp://h:1"}, "unknown socket type"},
		{1, []string{"pull"}, "no endpoint"},
		{1, []string{"pull", "tcp://h:1", "-s", "x"}, "only a sub"},
		{1, []string{"pull", "tcp://h:1", "--format", "xml"}, "unknown format"},
		{1, []string{"pull", "tcp://h:1", "--echo"}, "only a rep"},
		{1, []string{"sub", "tcp://h:1", "--subscribers", "1"}, "only a pub"},
		{1, []string{"pull", "tcp://h:1", "--progress", "loud"}, "--progress"},
		{1, []string{"pull", "tcp://h:1", "--max-msg-size", "x"}, "--max-msg-size"},
		{1, []string{"pull", "tcp://h:1", "--curve-server-key", "x"}, "--curve-cert"},
		{1, []string{"pull", "tcp://h"}, "the port is missing"},
		{1, []string{"pull", "@tcp://*"}, "the port is missing"},
		{1, []string{"pull", "h:1"}, "transport://address"},
		{1, []string{"pull", "tpc://h:1"}, "there is no such transport"},
		{2, []string{"pull", "@tcp://192.0.2.1:1"}, "no network interface"},
	} {
		code, _, err := clitest.Run(t, Main, "", append([]string{"zmqcat"}, c.args...)...)
		if code != c.code || !strings.Contains(err, c.want) || strings.Count(err, "\n") != 1 {
			t.Errorf("%q: exit %d, %q", c.args, code, err)
		}
	}
}

func TestBadJSON(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	pull := start(t, nil, "pull", "@"+e, "-n", "1")
	code, _, err := clitest.Run(t, Main, `"fine" [1]`, "zmqcat", "push", e, "-f", "json")
	if code != exitFailed || !strings.Contains(err, "input: message 2, part 1") {
		t.Errorf("exit %d, %s", code, err)
	}
	finished(t, pull, "fine\n")
}

func TestCurve(t *testing.T) {
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	dir, e := t.TempDir(), clitest.Endpoint(t, "e")
	save := func(name string) (secret, public string) {
		c, err := zmq.NewCertificate(nil)
		secret, public = filepath.Join(dir, name+"_secret"), filepath.Join(dir, name)
		if err == nil {
			err = c.SaveSecret(secret)
		}
		if err == nil {
			err = c.SavePublic(public)
		}
		if err != nil {
			t.Fatal(err)
		}
		return secret, public
	}
	serverSecret, server := save("server")
	aliceSecret, alice := save("alice")
	bobSecret, _ := save("bob")
	pull := start(t, nil, "pull", "@"+e, "--count", "1", "--curve-cert", serverSecret, "--curve-allow", alice)
	code, _, text := clitest.Run(t, Main, "bob\n", "zmqcat", "push", e, "--curve-cert", bobSecret, "--curve-server-key", server)
	if code != exitFailed || !strings.Contains(text, "refused the connection, for good") || !strings.Contains(text, "denied") {
		t.Errorf("bob: exit %d, %s", code, text)
	}
	run(t, "alice\n", "push", e, "--curve-cert", aliceSecret, "--curve-server-key", server)
	finished(t, pull, "alice\n")
}

// TestProgress asserts that the counts are shown where they are asked for.
func TestProgress(t *testing.T) {
	p := &progress{}
	p.count(&p.sent, &p.sentBytes, message{parts: [][]byte{make([]byte, 1024), make([]byte, 512)}}.size())
	if line := p.line(); !strings.HasPrefix(line, "sent 1 messages, 1.5 KiB (") {
		t.Error(line)
	}
}

func TestHelp(t *testing.T) {
	out := run(t, "", "--help")
	for _, want := range []string{"FORMATS", "EXIT CODES", "--curve-cert", "Examples:"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
}

// TestNotDelivered asserts that it is said once that nobody is there, and that what was not delivered when the time was over shows
// in the exit code.
func TestNotDelivered(t *testing.T) {
	if !zmq.LibraryVersion().AtLeast(handshakesFrom) {
		t.Skip("the engine does not say whether there is a peer")
	}
	for _, typ := range []string{"push", "dealer"} {
		e := clitest.Endpoint(t, "nobody")
		p := clitest.Start(t, Main, strings.NewReader("hello\n"), "zmqcat", typ, e, "--linger", "2500ms", "--eof")
		p.Err.WaitFor(t, "zmqcat: waiting for a peer at "+e+"\n")
		if code := p.Wait(t); code != exitLeft || strings.Count(p.Err.String(), "waiting") != 1 || !strings.Contains(p.Err.String(), "--linger") {
			t.Errorf("%s: exit %d, %s", typ, code, p.Err)
		}
	}
}

// TestNotDeliveredToPeer asserts the same where there is a peer that takes nothing.
func TestNotDeliveredToPeer(t *testing.T) {
	z := clitest.Context(t)
	e := clitest.Endpoint(t, "p")
	clitest.Bound(t, z, zmq.Pull, e, zmq.RecvHWM(1))
	in := strings.Repeat(strings.Repeat("x", 1<<16)+"\n", 500)
	if code, _, text := clitest.Run(t, Main, in, "zmqcat", "push", e, "--linger", "200ms"); code != exitLeft || !strings.Contains(text, "--linger") {
		t.Errorf("exit %d, %s", code, text)
	}
}
