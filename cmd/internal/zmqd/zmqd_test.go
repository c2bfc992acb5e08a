package zmqd

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/clitest"
)

// twoParts and threeParts are messages that have to stay whole.
var (
	twoParts   = []string{"a", "bb"}
	threeParts = []string{"", "b", "ccc"}
)

func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

// talk moves messages of two and three parts through a device, each way that it has.
func talk(t *testing.T, device, front, back string) {
	t.Helper()
	z := clitest.Context(t)
	switch device {
	case "queue":
		rep, req := clitest.Socket(t, z, zmq.Rep, back), clitest.Socket(t, z, zmq.Req, front)
		for _, msg := range [][]string{twoParts, threeParts} {
			clitest.Send(t, req, msg...)
			same(t, "request", msg, clitest.Recv(t, rep))
			clitest.Send(t, rep, append([]string{"re"}, msg...)...)
			same(t, "reply", append([]string{"re"}, msg...), clitest.Recv(t, req))
		}
	case "forwarder":
		pub, sub := clitest.Socket(t, z, zmq.XPub, front), clitest.Socket(t, z, zmq.Sub, back, zmq.Subscribe(""))
		ctx, cancel := context.WithTimeout(context.Background(), clitest.Patience)
		defer cancel()
		if err := pub.WaitSubscriber(ctx, ""); err != nil {
			t.Fatal(err)
		}
		// A classic forwarder subscribes by itself, before the subscriber is there.
		sub.Set(zmq.RecvTimeout(20 * time.Millisecond))
		for {
			clitest.Send(t, pub, "sync")
			if _, err := sub.RecvParts(ctx); err == nil {
				break
			}
			if ctx.Err() != nil {
				t.Fatal("nothing comes through")
			}
		}
		sub.Set(zmq.RecvTimeout(clitest.Patience))
		for _, msg := range [][]string{twoParts, threeParts} {
			clitest.Send(t, pub, msg...)
			got := clitest.Recv(t, sub)
			for cmp.Equal(got, []string{"sync"}) {
				got = clitest.Recv(t, sub)
			}
			same(t, "publication", msg, got)
		}
	case "streamer":
		push, pull := clitest.Socket(t, z, zmq.Push, front), clitest.Socket(t, z, zmq.Pull, back)
		for _, msg := range [][]string{twoParts, threeParts} {
			clitest.Send(t, push, msg...)
			same(t, "job", msg, clitest.Recv(t, pull))
		}
	}
}

// TestOldPrograms runs the programs of 2.x by their names and with their files.
func TestOldPrograms(t *testing.T) {
	for _, device := range []string{"queue", "forwarder", "streamer"} {
		t.Run(device, func(t *testing.T) {
			front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
			file := clitest.Write(t, "old.xml", "<%[1]s><in><bind addr=\"%[2]s\"/></in><out><bind addr=\"%[3]s\"/></out></%[1]s>", device, front, back)
			p := clitest.Start(t, Main, nil, "/usr/bin/zmq_"+device, file)
			p.Err.WaitFor(t, "msg=running")
			talk(t, device, front, back)
			p.Signal(syscall.SIGTERM)
			if code := p.Wait(t); code != 0 || !strings.Contains(p.Err.String(), "msg=totals") {
				t.Errorf("exit code %d\n%s", code, p.Err)
			}
		})
	}
}

func TestOldProgramsRefuse(t *testing.T) {
	xml := clitest.Write(t, "bad.xml", "<streamer><in/></streamer>")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "usage: zmq_streamer <config-file>\n"},
		{[]string{xml, xml}, "usage: zmq_streamer <config-file>\n"},
		{[]string{"--help"}, "usage: zmq_streamer <config-file>\n"},
		{[]string{xml}, "zmq_streamer: " + xml + ":1:1: <streamer> has no <out>\n"},
		{[]string{"/no/such/file"}, "zmq_streamer: open /no/such/file: no such file or directory\n"},
	} {
		code, out, err := clitest.Run(t, Main, "", append([]string{"zmq_streamer"}, c.args...)...)
		if code != 1 || out != "" || err != c.want {
			t.Errorf("%q: exit %d, %q, %q", c.args, code, out, err)
		}
	}
}

// TestOldProgramEndpoint asserts that an endpoint that cannot be had is exit code 1, as other failures to begin.
func TestOldProgramEndpoint(t *testing.T) {
	file := clitest.Write(t, "q.xml", "<queue><in><bind addr='tcp://127.0.0.1'/></in><out/></queue>")
	if code, _, err := clitest.Run(t, Main, "", "zmq_queue", file); code != 1 || !strings.Contains(err, "tcp://127.0.0.1") {
		t.Errorf("exit %d, %s", code, err)
	}
}

func TestDevices(t *testing.T) {
	for _, device := range []string{"queue", "forwarder", "streamer"} {
		t.Run(device, func(t *testing.T) {
			front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
			p := clitest.Start(t, Main, nil, "zmqd", device, "--frontend-bind", front, "--backend-bind="+back)
			p.Err.WaitFor(t, "msg=running")
			talk(t, device, front, back)
			p.Signal(syscall.SIGINT)
			if code := p.Wait(t); code != 0 {
				t.Errorf("exit code %d\n%s", code, p.Err)
			}
		})
	}
}

// TestClassicForwarder asserts that a sub side passes on only what it was told to subscribe to.
func TestClassicForwarder(t *testing.T) {
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "forwarder", "--frontend-type", "sub", "--frontend-subscribe", "sync", "--frontend-subscribe", "a", "--frontend-bind", front, "--backend-type=pub", "--backend-bind", back)
	p.Err.WaitFor(t, "msg=running")
	z := clitest.Context(t)
	pub := clitest.Socket(t, z, zmq.XPub, front)
	ctx, cancel := context.WithTimeout(context.Background(), clitest.Patience)
	defer cancel()
	if err := pub.WaitSubscriber(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if err := pub.WaitSubscriber(ctx, "sync"); err != nil {
		t.Fatal(err)
	}
}

// TestCaptureAndControl asserts that a capture gets a copy of what goes through, and that the control socket ends it.
func TestCaptureAndControl(t *testing.T) {
	front, back, capture, control := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b"), clitest.Endpoint(t, "c"), clitest.Endpoint(t, "o")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--backend-bind", back,
		"--capture-type", "push", "--capture-bind", capture, "--control-bind", control)
	p.Err.WaitFor(t, "msg=running")
	z := clitest.Context(t)
	copies, req := clitest.Socket(t, z, zmq.Pull, capture), clitest.Socket(t, z, zmq.Req, control)
	talk(t, "streamer", front, back)
	same(t, "copy", twoParts, clitest.Recv(t, copies))
	same(t, "copy", threeParts, clitest.Recv(t, copies))
	// The messages are on their way before they are counted.
	for limit := time.Now().Add(clitest.Patience); ; {
		clitest.Send(t, req, "STATISTICS")
		got := clitest.Recv(t, req)
		if len(got) == 8 && (got[0][0] == 2 || got[0][7] == 2) {
			break
		}
		if len(got) != 8 || time.Now().After(limit) {
			t.Fatalf("statistics: %q", got)
		}
	}
	clitest.Send(t, req, "TERMINATE")
	same(t, "answer", []string{""}, clitest.Recv(t, req))
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.Err)
	}
}

func certificate(t *testing.T, dir, name string) *zmq.Certificate {
	t.Helper()
	c, err := zmq.NewCertificate(map[string]string{"name": name})
	if err == nil {
		err = c.SaveSecret(filepath.Join(dir, name+".key_secret"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// digits is a time of the service manager's clock.
var digits = regexp.MustCompile(`USEC=\d+\n$`)

// TestNotify asserts what the service manager is told.
func TestNotify(t *testing.T) {
	path := strings.TrimPrefix(clitest.Endpoint(t, "n"), "ipc://")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "20000")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-bind", clitest.Endpoint(t, "b"))
	conn.SetReadDeadline(time.Now().Add(clitest.Patience))
	for i, want := range []string{"READY=1\nSTATUS=running", "WATCHDOG=1", "RELOADING=1\nSTATUS=reloading\nMONOTONIC_USEC=*", "READY=1\nSTATUS=running", "STOPPING=1\nSTATUS=draining"} {
		switch i {
		case 2:
			p.Signal(syscall.SIGHUP)
		case 4:
			p.Signal(syscall.SIGTERM)
		}
		for got := ""; got != want; {
			buf := make([]byte, 256)
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("%q did not come: %v", want, err)
			}
			if got = digits.ReplaceAllString(string(buf[:n]), "USEC=*"); got != want && got != "WATCHDOG=1" {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	}
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestHTTP(t *testing.T) {
	const token = "a token of the test"
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "queue", "--frontend-bind", front, "--backend-bind", back,
		"--http", "127.0.0.1:0", "--token-file", clitest.Write(t, "token", "%s\n", token))
	p.Err.WaitFor(t, "msg=running")
	url := httpAddress(t, p)
	talk(t, "queue", front, back)
	for _, metric := range []string{
		`zmqd_messages_total{direction="in",side="frontend"} 2`, `zmqd_messages_total{direction="out",side="frontend"} 2`,
		`zmqd_parts_total{direction="out",side="backend"} 9`, `zmqd_paused 0`, `zmqd_running 1`, `zmqd_connections_total{side="backend"} ` + connections(t),
	} {
		awaitMetric(t, url, metric)
	}
	if code, text := get(t, url+"/readyz"); code != 200 || text != "ok\n" {
		t.Errorf("readyz: %d %q", code, text)
	}
	for _, c := range []struct {
		path, token string
		want        int
		ready       int
	}{
		{"/api/pause", "", 401, 200}, {"/api/pause", "wrong token, of length", 401, 200},
		{"/api/pause", token, 200, 503}, {"/api/resume", "wrong", 401, 503}, {"/api/resume", token, 200, 200},
	} {
		if code, _ := post(t, url+c.path, c.token); code != c.want {
			t.Errorf("%s with %q: %d", c.path, c.token, code)
		}
		if code, _ := get(t, url+"/readyz"); code != c.ready {
			t.Errorf("readyz after %s with %q: %d", c.path, c.token, code)
		}
	}
	if code, _ := get(t, url+"/api/pause"); code != 405 {
		t.Errorf("GET of a button: %d", code)
	}
	code, text := get(t, url+"/api/status")
	var st status
	if err := json.Unmarshal([]byte(text), &st); err != nil || code != 200 {
		t.Fatal(code, err)
	}
	if st.Device != "queue" || !st.Buttons || len(st.Sides) != 2 || st.Sides[0].In.Messages != 2 || len(st.Samples) == 0 {
		t.Errorf("status: %s", text)
	}
	p.Signal(syscall.SIGTERM)
	p.Wait(t)
}

// connections is how many connections are counted when there is one: none if the engine cannot tell.
func connections(t *testing.T) string {
	t.Helper()
	s := clitest.NewSocket(t, clitest.Context(t), zmq.Pull)
	if errors.Is(s.Set(zmq.WatchPeers(true)), zmq.ErrNotSupported) {
		return "0"
	}
	return "1"
}

// TestPage asserts that the page is one piece, asks nobody else for anything, and is let run by its own policy.
func TestPage(t *testing.T) {
	text, policy := page()
	if foreign := regexp.MustCompile(`(?i)(src|href)="(https?:)?//`).FindString(text); foreign != "" || strings.Contains(text, "{{") {
		t.Errorf("the page is not in one piece: %q", foreign)
	}
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy: %s", policy)
	}
	for _, old := range []string{"innerHTML", "eval(", "document.write"} {
		if strings.Contains(text, old) {
			t.Errorf("the page uses %s", old)
		}
	}
}

func TestNoButtonsWithoutToken(t *testing.T) {
	p := clitest.Start(t, Main, nil, "zmqd", "queue", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-bind", clitest.Endpoint(t, "b"), "--http", "127.0.0.1:0")
	p.Err.WaitFor(t, "msg=running")
	if code, text := post(t, httpAddress(t, p)+"/api/pause", ""); code != 403 || !strings.Contains(text, "--token-file") {
		t.Errorf("a button without a token: %d %q", code, text)
	}
}

var addressInLog = regexp.MustCompile(`msg=http address=(\S+)`)

func httpAddress(t *testing.T, p *clitest.Proc) string {
	t.Helper()
	return "http://" + addressInLog.FindStringSubmatch(p.Err.String())[1]
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	return do(t, "GET", url, "")
}

func post(t *testing.T, url, token string) (int, string) {
	t.Helper()
	return do(t, "POST", url, token)
}

func do(t *testing.T, method, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: clitest.Patience}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// awaitMetric waits until a line of the metrics is as wanted, a regular expression after the blank.
func awaitMetric(t *testing.T, url, want string) {
	t.Helper()
	name, value, _ := strings.Cut(want, "} ")
	if !strings.Contains(want, "}") {
		name, value, _ = strings.Cut(want, " ")
		name += " "
	} else {
		name += "} "
	}
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + value)
	text := ""
	for began := time.Now(); time.Since(began) < clitest.Patience; {
		if _, text = get(t, url+"/metrics"); line.MatchString(text) {
			return
		}
	}
	t.Fatalf("no %s in:\n%s", want, text)
}

// TestSettings asserts that bad settings are refused with one line, before anything is opened.
func TestSettings(t *testing.T) {
	ok := []string{"--frontend-bind", "ipc:///run/unused-f", "--backend-bind", "ipc:///run/unused-b", "--check"}
	yaml := func(text string) string { return clitest.Write(t, "c.yaml", "%s", text) }
	for _, c := range []struct {
		name, device string
		args         []string
		want         string // what the line contains; "" if it is fine
	}{
		{"fine", "queue", ok, ""},
		{"no frontend", "queue", ok[2:], "frontend has no endpoint"},
		{"unknown flag", "queue", append(ok, "--frontend-bnd=x"), "unknown flag: --frontend-bnd (see zmqd queue --help)"},
		{"proxy without types", "proxy", ok, "frontend: the socket type is missing"},
		{"unknown type", "proxy", append(ok, "--frontend-type", "queue"), `unknown socket type "queue"`},
		{"number", "queue", append(ok, "--frontend-send-hwm", "many"), `--frontend-send-hwm: "many" is not a number`},
		{"duration", "queue", append(ok, "--drain", "10"), `--drain: "10" is not a duration`},
		{"endless drain", "queue", append(ok, "--drain", "none"), "drain: has to end"},
		{"size", "queue", append(ok, "--backend-max-msg-size", "big"), `"big" is not a size`},
		{"certificate alone", "queue", append(ok, "--frontend-curve-cert", "x"), "--frontend-curve-allow"},
		{"allow list alone", "queue", append(ok, "--frontend-curve-allow", "x"), "needs its own certificate"},
		{"client and server", "queue", append(ok, "--frontend-curve-cert", "x", "--frontend-curve-allow", "x", "--frontend-curve-server-key", "x"), "not both"},
		{"no such certificate", "queue", append(ok, "--frontend-curve-cert", "/no/file", "--frontend-curve-allow", "any"), "/no/file"},
		{"bad addresses", "queue", append(ok, "--frontend-allow-addresses", clitest.Write(t, "a", "10.0.0.0/8\nhost # no\n")), `a:2: "host" is no address`},
		{"token without page", "queue", append(ok, "--token-file", "x"), "--http"},
		{"names without page", "queue", append(ok, "--http-host", "x"), "--http"},
		{"a URL for a name", "queue", append(ok, "--http", "127.0.0.1:0", "--http-host", "http://x"), "not the name of a host"},
		{"a zone among addresses", "queue", append(ok, "--frontend-allow-addresses", clitest.Write(t, "z", "fe80::1%%eth0\n")), "z:1: \"fe80::1%eth0\" has a zone"},
		{"subscribing queue", "queue", append(ok, "--frontend-subscribe", "x"), "only a sub or xsub subscribes"},
		{"log level", "queue", append(ok, "--log-level", "loud"), "--log-level"},
		{"yaml", "queue", []string{"--check", "-c", yaml("frontend: {bind: ['ipc:///run/x'], max_msg_size: 1MiB}\nbackend: {connect: ['tcp://h:1']}\ndrain: 3s\n")}, ""},
		{"yaml: unknown key", "queue", []string{"--check", "-c", yaml("frontend: {bnd: []}\n")}, `c.yaml:1:12: unknown key "bnd" of frontend; did you mean "bind"? The keys are: type, bind, connect`},
		{"yaml: other device", "queue", []string{"--check", "-c", yaml("device: streamer\n")}, "the file is for a streamer, the command says queue"},
		{"yaml: duration", "queue", []string{"--check", "-c", yaml("drain: 3\n")}, `c.yaml:1:8: drain: "3" is not a duration`},
		{"yaml: list", "queue", []string{"--check", "-c", yaml("\nfrontend:\n  bind: tcp://*:5559\n")}, "c.yaml:3:9: frontend.bind is a list, such as [tcp://*:5559]"},
		{"yaml: number", "queue", []string{"--check", "-c", yaml("io_threads: many\n")}, `c.yaml:1:13: io_threads is a whole number, not "many"`},
		{"yaml: truth", "queue", []string{"--check", "-c", yaml("capture: {lossy: 1}\n")}, `c.yaml:1:18: capture.lossy is true or false, not "1"`},
		{"yaml: keys", "queue", []string{"--check", "-c", yaml("frontend: tcp://*:5559\n")}, "c.yaml:1:11: frontend has keys, each with a value: type, bind"},
		{"yaml: twice", "queue", []string{"--check", "-c", yaml("drain: 3s\ndrain: 4s\n")}, "c.yaml:2:1: "},
		{"yaml: syntax", "queue", []string{"--check", "-c", yaml("frontend: {bind: [\n")}, "c.yaml:1:"},
		{"yaml: documents", "queue", []string{"--check", "-c", yaml("drain: 3s\n---\ndrain: 4s\n")}, "a second document"},
		{"yaml: alias", "queue", []string{"--check", "-c", yaml("drain: *x\n")}, "*x refers to nothing"},
		{"endpoint", "queue", append(ok, "--backend-connect", "tcp://host"), "the port is missing"},
		{"transport", "queue", append(ok, "--backend-connect", "tpc://host:1"), "tpc"},
		{"inproc", "queue", append(ok, "--backend-bind", "inproc://x"), "within this process"},
		{"types of a queue", "queue", append(ok, "--frontend-type", "pull"), "router"},
		{"types of a proxy", "proxy", append(ok, "--frontend-type", "pub", "--backend-type", "push"), "proxy"},
		{"capture", "queue", append(ok, "--capture-bind", "ipc:///run/c", "--capture-type", "sub"), "a capture is"},
		{"control", "queue", append(ok, "--control-bind", "ipc:///run/c", "--control-type", "push"), "a control is"},
		{"token", "queue", append(ok, "--http", "127.0.0.1:0", "--token-file", clitest.Write(t, "t", "short")), "shorter than 16"},
		{"no token", "queue", append(ok, "--http", "127.0.0.1:0", "--token-file", "/no/token"), "/no/token"},
		{"page's address", "queue", append(ok, "--http", "9600"), "host and port are wanted"},
		{"page's port", "queue", append(ok, "--http", "127.0.0.1:http"), "the port is a number"},
		{"bound twice", "queue", append(ok, "--frontend-bind", "tcp://*:5559", "--backend-bind", "tcp://0.0.0.0:5559"), "tcp://0.0.0.0:5559 is taken by frontend"},
		{"page at a side's port", "queue", append(ok, "--frontend-bind", "tcp://*:5559", "--http", ":5559"), "taken by http"},
		{"connected twice", "queue", append(ok, "--backend-connect", "tcp://h:1", "--backend-connect", "tcp://h:1"), "connected to twice"},
		{"IPv6", "queue", append(ok, "--frontend-bind", "tcp://[::1]:5559"), "--frontend-ipv6"},
		{"yaml: no file", "queue", []string{"--check", "-c", "/no/file"}, "/no/file"},
		{"xml and yaml", "queue", []string{"x.xml", "-c", "y.yaml"}, "one of the two"},
		{"xml for a proxy", "proxy", []string{"x.xml"}, "2.x had no proxy"},
		{"xml", "queue", []string{"--check", clitest.Write(t, "q.xml", "<queue><in/><out/></queue>")}, ""},
	} {
		code, out, err := clitest.Run(t, Main, "", append([]string{"zmqd", c.device}, c.args...)...)
		switch {
		case c.want == "" && (code != 0 || err != ""):
			t.Errorf("%s: exit %d, %s", c.name, code, err)
		case c.want != "" && (code != 1 || !strings.Contains(err, c.want) || strings.Count(err, "\n") != 1 || !strings.HasPrefix(err, "zmqd: ")):
			t.Errorf("%s: exit %d, %q, want %q", c.name, code, err, c.want)
		}
		if prints := strings.HasPrefix(out, "# These settings hold; nothing was opened.\n"); prints != (c.want == "") {
			t.Errorf("%s: output %q", c.name, out)
		}
	}
}

// TestCheckMachine asserts that --check finds what the machine lacks, with the exit code of the start.
func TestCheckMachine(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"--frontend-bind", "tcp://192.0.2.1:*", "does not have the address 192.0.2.1"},
		{"--frontend-bind", "tcp://noeth7:5559", `no network interface "noeth7"`},
		{"--frontend-bind", "ipc:///no/such/folder/socket", "/no/such/folder"},
		{"--http", "192.0.2.1:9600", "192.0.2.1"},
	} {
		args := []string{"zmqd", "queue", "--check", "--frontend-bind", "tcp://127.0.0.1:*", "--backend-bind", "tcp://127.0.0.1:*", c.flag, c.value}
		if code, out, err := clitest.Run(t, Main, "", args...); code != exitStart || out != "" || !strings.Contains(err, c.want) {
			t.Errorf("%s: exit %d, %q %q", c.value, code, out, err)
		}
	}
}

// TestCheckSettings asserts that what --check prints is a file that has the same effect.
func TestCheckSettings(t *testing.T) {
	args := []string{"zmqd", "streamer", "--check", "--frontend-bind", "tcp://127.0.0.1:*", "--frontend-linger", "none",
		"--backend-connect", "tcp://h:1", "--backend-send-hwm", "0", "--capture-bind", "tcp://127.0.0.1:*", "--capture-lossy", "--drain", "7s", "--name", "jobs: all"}
	code, out, err := clitest.Run(t, Main, "", args...)
	if code != 0 {
		t.Fatal(err)
	}
	code, again, err := clitest.Run(t, Main, "", "zmqd", "streamer", "--check", "--config", clitest.Write(t, "c.yaml", "%s", out))
	if code != 0 || again != out {
		t.Errorf("exit %d, %s\n%s", code, err, cmp.Diff(out, again))
	}
	for _, want := range []string{"send_hwm: 0", "recv_hwm: 1000", "max_msg_size: 16777216", "linger: none", "linger: 7s", "lossy: true", `name: "jobs: all"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, args := range [][]string{
		{"--frontend-bind", "tcp://" + l.Addr().String(), "--backend-bind", clitest.Endpoint(t, "b")},
		{"--frontend-bind", clitest.Endpoint(t, "f"), "--backend-bind", clitest.Endpoint(t, "b"), "--http", l.Addr().String()},
	} {
		code, _, text := clitest.Run(t, Main, "", append([]string{"zmqd", "queue"}, args...)...)
		// Not the reason: with a monitor the engine may lose it, and say that the operation would block.
		if code != exitStart || !strings.Contains(text, l.Addr().String()) {
			t.Errorf("exit %d: %s", code, text)
		}
	}
}

// TestFlagsOverFile asserts that a flag wins over the file, and the file over the defaults.
func TestFlagsOverFile(t *testing.T) {
	file := clitest.Write(t, "c.yaml", `
device: streamer
io_threads: 3
drain: 7s
frontend: {bind: ['ipc:///run/a', 'ipc:///run/b'], recv_hwm: 5, linger: none, max_msg_size: none}
backend: {connect: ['tcp://h:1'], send_hwm: 0}
capture: {type: push, bind: ['ipc:///run/c'], lossy: true}
`)
	all := settings("streamer")
	cmd := deviceCommand("streamer", cli.Streams{Err: io.Discard})
	if err := cmd.ParseFlags([]string{"--frontend-bind", "ipc:///run/z", "--drain=8s", "--capture-lossy=false"}); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := configure(cmd, "streamer", file, nil, all)
	if err != nil {
		t.Fatal(err)
	}
	five, zero, none, endless := 5, 0, Size(-1), Duration(-1)
	want := defaults("streamer")
	want.IOThreads, want.Drain = 3, Duration(8*time.Second)
	want.Frontend.Bind, want.Frontend.RecvHWM, want.Frontend.Linger, want.Frontend.MaxMsgSize = []string{"ipc:///run/z"}, &five, &endless, &none
	want.Backend.Connect, want.Backend.SendHWM = []string{"tcp://h:1"}, &zero
	want.Capture = Capture{Side: Side{Type: "push", Bind: []string{"ipc:///run/c"}}}
	if d := cmp.Diff(want, cfg, cmpopts.IgnoreUnexported(Config{})); d != "" {
		t.Error(d)
	}
}

// TestSafeDefaults asserts the limits that --help promises for a port that is open to all.
func TestSafeDefaults(t *testing.T) {
	for _, c := range []struct {
		side Side
		want int64
	}{
		{Side{Type: "router", Bind: []string{"tcp://127.0.0.1:*"}}, 16 << 20},
		{Side{Type: "dealer", Connect: []string{"tcp://127.0.0.1:9"}}, -1},
		{Side{Type: "xpub", Bind: []string{"tcp://127.0.0.1:*"}}, 4*1024 + 64},
		{Side{Type: "pub", Bind: []string{"tcp://127.0.0.1:*"}}, 4*1024 + 64},
		{Side{Type: "xpub", Connect: []string{"tcp://127.0.0.1:9"}}, -1},
	} {
		opts, err := c.side.options(false, defaultMaxTopic)
		if err != nil {
			t.Fatal(err)
		}
		typ, _ := cli.ParseType(c.side.Type)
		s := clitest.NewSocket(t, clitest.Context(t), typ, opts...)
		if got, err := zmq.MaxMsgSize.Get(s); got != c.want || err != nil {
			t.Errorf("%s: MaxMsgSize %d, %v", c.side.Type, got, err)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--help"}, []string{"queue", "forwarder", "zmq_queue", "completion"}},
		{[]string{"queue", "--help"}, []string{"EXIT CODES", "SIGHUP", "16 MiB", "HEARTBEATS", "421", "--frontend-bind", "--http", "Examples:"}},
		{[]string{"completion", "bash"}, []string{"zmqd"}},
		{[]string{"__complete", "queue", "--frontend-type", ""}, []string{"router", "dealer"}},
		{[]string{"--version"}, []string{"zmqd ", "commit ", "engine: libzmq ", "engine is "}},
	} {
		code, out, err := clitest.Run(t, Main, "", append([]string{"zmqd"}, c.args...)...)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%q: no %q", c.args, want)
			}
		}
		if code != 0 || err != "" && !strings.HasPrefix(c.args[0], "__") {
			t.Errorf("%q: exit %d, %s", c.args, code, err)
		}
	}
}
