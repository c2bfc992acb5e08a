package zmqd

import (
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/clitest"
)

// TestCtl says every word to a device, by its control socket and by its page, and asserts that the log says who it was.
func TestCtl(t *testing.T) {
	front, back, control := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b"), clitest.Endpoint(t, "c")
	token := clitest.Write(t, "token", "a token of the test\n")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--backend-bind", back, "--control-bind", control, "--http", "127.0.0.1:0", "--token-file", token)
	p.Err.WaitFor(t, "msg=running")
	talk(t, "streamer", front, back)
	page := httpAddress(t, p)
	ctl := func(want int, args ...string) string {
		t.Helper()
		code, out, err := clitest.Run(t, Main, "", append([]string{"zmqd", "ctl"}, args...)...)
		if code != want {
			t.Errorf("%q: exit %d, %s", args, code, err)
		}
		return out + err
	}
	for _, address := range []string{control, page} {
		awaitMetric(t, page, `zmqd_messages_total{direction="out",side="backend"} 2`)
		if out := ctl(0, address, "stats"); !strings.HasPrefix(out, "frontend  in 2 messages, 7 B; out 0 messages, 0 B\nbackend   in 0 messages, 0 B; out 2 messages, 7 B\n") {
			t.Errorf("%s: %s", address, out)
		}
		var stats ctlStats
		if err := json.Unmarshal([]byte(ctl(0, address, "stats", "--json")), &stats); err != nil || stats.Frontend != (sideNumbers{2, 7, 0, 0}) {
			t.Errorf("%s: %+v, %v", address, stats, err)
		}
		ctl(0, address, "pause", "--token-file", token)
		if code, _ := get(t, page+"/readyz"); code != 503 {
			t.Errorf("%s: not paused: %d", address, code)
		}
		ctl(0, address, "resume", "--token-file", token)
		if code, _ := get(t, page+"/readyz"); code != 200 {
			t.Errorf("%s: not resumed: %d", address, code)
		}
	}
	if out := ctl(exitRefused, page, "pause"); !strings.Contains(out, "token") {
		t.Error(out)
	}
	var text strings.Builder
	full := cli.Streams{In: strings.NewReader(""), Out: clitest.Full(), Err: &text}
	if code := Main(t.Context(), []string{"zmqd", "ctl", page, "stats"}, full); code == 0 || !strings.Contains(text.String(), "no space left") {
		t.Errorf("exit %d, %s", code, text.String())
	}
	ctl(1, page, "terminate")
	ctl(1, control, "stop")
	ctl(1, "tcp://nowhere", "stats")
	ctl(1, control, "stats", "--curve-cert", "/no/file", "--curve-server-key", strings.Repeat("0", 40))
	ctl(exitSilent, clitest.Endpoint(t, "nobody"), "stats", "--timeout", "50ms")
	ctl(0, control, "terminate")
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.Err)
	}
	for _, want := range []string{`msg=paused by="control socket, `, `msg=resumed by="control socket, `, `msg=paused by="status page, 127.0.0.1:`, `msg="told to terminate" by="control socket, `} {
		if !strings.Contains(p.Err.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, p.Err)
		}
	}
}

// TestCtlCurve asserts that a control socket with keys is reached with keys.
func TestCtlCurve(t *testing.T) {
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	dir := t.TempDir()
	server, operator := certificate(t, dir, "server"), certificate(t, dir, "operator")
	control := clitest.Endpoint(t, "c")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-bind", clitest.Endpoint(t, "b"), "--control-bind", control,
		"--control-curve-cert", filepath.Join(dir, "server.key_secret"), "--control-curve-allow", clitest.Write(t, "allow", "%s operator\n", operator.Public))
	p.Err.WaitFor(t, "msg=running")
	if code, _, err := clitest.Run(t, Main, "", "zmqd", "ctl", control, "pause", "--curve-cert", filepath.Join(dir, "operator.key_secret"), "--curve-server-key", server.Public.String()); code != 0 {
		t.Errorf("exit %d, %s", code, err)
	}
	if !strings.Contains(p.Err.String(), ", operator\"") {
		t.Errorf("the log does not say who paused it:\n%s", p.Err)
	}
}

// TestCtlOthers asserts that what is no device is told apart.
func TestCtlOthers(t *testing.T) {
	z := clitest.Context(t)
	e := clitest.Endpoint(t, "r")
	rep := clitest.Bound(t, z, zmq.Rep, e)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := rep.RecvParts(t.Context()); err == nil {
			rep.SendParts(t.Context(), []byte("hello"))
		}
	}()
	if code, _, text := clitest.Run(t, Main, "", "zmqd", "ctl", e, "stats"); code != exitRefused || !strings.Contains(text, "is this a device's control socket?") {
		t.Errorf("exit %d, %s", code, text)
	}
	<-done
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	if code, _, text := clitest.Run(t, Main, "", "zmqd", "ctl", "http://"+address, "stats"); code != exitRefused {
		t.Errorf("exit %d, %s", code, text)
	}
}
