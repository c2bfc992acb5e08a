//go:build unix

package zmqd

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// mistakes are what operators do wrong: each makes the mistake, and returns all that can be seen of it.
var mistakes = map[string]func(t *testing.T) string{
	"a key of the file is misspelt": func(t *testing.T) string {
		return told(t, "queue", "--config", clitest.Write(t, "c.yaml", "frontend:\n  bnd: [tcp://*:5559]\n"))
	},
	"one endpoint where a list is wanted": func(t *testing.T) string {
		return told(t, "queue", "--config", clitest.Write(t, "c.yaml", "frontend:\n  bind: tcp://*:5559\n"))
	},
	"a duration without a unit": func(t *testing.T) string {
		return told(t, "queue", "--config", clitest.Write(t, "c.yaml", "drain: 10\n"))
	},
	"an endpoint without a port":      func(t *testing.T) string { return wrong(t, "--backend-connect", "tcp://host") },
	"a transport that does not exist": func(t *testing.T) string { return wrong(t, "--backend-connect", "tpc://host:5560") },
	"the same port for both sides": func(t *testing.T) string {
		return wrong(t, "--frontend-bind", "tcp://*:5559", "--backend-bind", "tcp://*:5559")
	},
	"an IPv6 address, and IPv6 off":         func(t *testing.T) string { return wrong(t, "--frontend-bind", "tcp://[::1]:5559") },
	"an interface that is not there":        func(t *testing.T) string { return wrong(t, "--check", "--frontend-bind", "tcp://eth7:5559") },
	"the port is taken":                     portTaken,
	"socket types that do not fit":          func(t *testing.T) string { return wrong(t, "--frontend-type", "pull") },
	"the backend's host is misspelt":        func(t *testing.T) string { return notConnected(t, "tcp://no-such-host.invalid:5560") },
	"nothing listens at the backend's port": func(t *testing.T) string { return notConnected(t, "tcp://"+closedPort(t)) },
	"the backend's port is another program's": func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return notConnected(t, "tcp://"+l.Addr().String())
	},
	"a secret key in place of the certificate's secret file": func(t *testing.T) string {
		dir := t.TempDir()
		if err := certificate(t, dir, "queue").SavePublic(filepath.Join(dir, "queue.key")); err != nil {
			t.Fatal(err)
		}
		return wrong(t, "--frontend-curve-cert", filepath.Join(dir, "queue.key"), "--frontend-curve-allow", "any")
	},
	"a key file that is not there, or cannot be read": func(t *testing.T) string {
		return wrong(t, "--frontend-curve-cert", "/no/file", "--frontend-curve-allow", "any")
	},
	"a client whose key is on no list":             func(t *testing.T) string { return unwelcome(t, true) },
	"a client without keys, where keys are wanted": func(t *testing.T) string { return unwelcome(t, false) },
	"a token that is too short": func(t *testing.T) string {
		return wrong(t, "--http", "127.0.0.1:0", "--token-file", clitest.Write(t, "token", "secret"))
	},
	"the page is asked for by a name that it does not know": func(t *testing.T) string {
		p := runs(t)
		r, err := http.NewRequest(http.MethodGet, httpAddress(t, p)+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "zmqd.example"
		return answer(t, r)
	},
	"heartbeats where a queue can fill up": func(t *testing.T) string {
		return runs(t, "--frontend-heartbeat", "30s").Err.String()
	},
	"a reload with a mistake in the file": func(t *testing.T) string {
		file := clitest.Write(t, "c.yaml", "drain: 0s\n")
		p := runs(t, "--config", file)
		if err := os.WriteFile(file, []byte("frontend: {bnd: []}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.Signal(syscall.SIGHUP)
		p.Err.WaitFor(t, "nothing was changed")
		return p.Err.String()
	},
	"a device that was paused and forgotten": func(t *testing.T) string {
		token := clitest.Write(t, "token", "a token of the test")
		p := runs(t, "--token-file", token)
		if code, _, err := clitest.Run(t, Main, "", "zmqd", "ctl", httpAddress(t, p), "pause", "--token-file", token); code != 0 {
			t.Fatal(err)
		}
		return seen(t, p)
	},
	"no worker comes for the requests": func(t *testing.T) string {
		// A backend that connects has room before there is a peer.
		p := runs(t, "--backend-connect", clitest.Endpoint(t, "b"))
		askOnce(t, p)
		return seen(t, p)
	},
	"the time for draining is too short": func(t *testing.T) string {
		p := runs(t, "--backend-connect", clitest.Endpoint(t, "b"), "--drain", "0s")
		askOnce(t, p)
		p.Signal(syscall.SIGTERM)
		return fmt.Sprintf("exit code %d\n%s", p.Wait(t), p.Err)
	},
}

// told runs zmqd, which has to end by itself.
func told(t *testing.T, args ...string) string {
	t.Helper()
	code, _, err := clitest.Run(t, Main, "", append([]string{"zmqd"}, args...)...)
	return fmt.Sprintf("exit code %d\n%s", code, err)
}

// wrong runs a queue with good endpoints and what is wrong.
func wrong(t *testing.T, args ...string) string {
	t.Helper()
	return told(t, append([]string{"queue", "--frontend-bind", "tcp://127.0.0.1:*", "--backend-bind", "tcp://127.0.0.1:*"}, args...)...)
}

func portTaken(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return wrong(t, "--frontend-bind", "tcp://"+l.Addr().String())
}

// runs starts a queue with a page.
func runs(t *testing.T, args ...string) *clitest.Proc {
	t.Helper()
	all := []string{"zmqd", "queue", "--frontend-bind", clitest.Endpoint(t, "f"), "--http", "127.0.0.1:0", "--drain", "0s"}
	if len(args) == 0 || args[0] != "--backend-connect" {
		all = append(all, "--backend-bind", clitest.Endpoint(t, "b"))
	}
	p := clitest.Start(t, Main, nil, append(all, args...)...)
	p.Err.WaitFor(t, "msg=running")
	return p
}

// askOnce sends a request that nobody answers.
func askOnce(t *testing.T, p *clitest.Proc) {
	t.Helper()
	front := regexp.MustCompile(`side=frontend .*bound=\[(\S+)\]`).FindStringSubmatch(p.Err.String())[1]
	clitest.Send(t, clitest.Socket(t, clitest.Context(t), zmq.Dealer, front), "", "?")
	awaitMetric(t, httpAddress(t, p), `zmqd_unanswered_messages 1`)
}

func answer(t *testing.T, r *http.Request) string {
	t.Helper()
	resp, err := http.DefaultTransport.(*http.Transport).Clone().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := make([]byte, 1<<16)
	n, _ := resp.Body.Read(body)
	return fmt.Sprintf("HTTP %d\n%d %s", resp.StatusCode, resp.StatusCode, body[:n])
}

// seen is all that a device shows.
func seen(t *testing.T, p *clitest.Proc) string {
	t.Helper()
	url := httpAddress(t, p)
	code, ready := get(t, url+"/readyz")
	_, metrics := get(t, url+"/metrics")
	return fmt.Sprintf("%d %s\n%s\n%s", code, ready, metrics, p.Err)
}

func notConnected(t *testing.T, endpoint string) string {
	p := runs(t, "--backend-connect", endpoint)
	p.Err.WaitFor(t, `msg="not connected"`)
	return seen(t, p)
}

// unwelcome comes to a CURVE server, with a key that is on no list or without one.
func unwelcome(t *testing.T, key bool) string {
	dir := t.TempDir()
	server, client := certificate(t, dir, "queue"), certificate(t, dir, "client")
	p := runs(t, "--frontend-bind", "tcp://127.0.0.1:*", "--frontend-curve-cert", filepath.Join(dir, "queue.key_secret"), "--frontend-curve-allow", clitest.Write(t, "allow", "%s queue\n", server.Public))
	front := regexp.MustCompile(`side=frontend .*(tcp://[^\]]+)\]`).FindStringSubmatch(p.Err.String())[1]
	// Without keys both ends see that they do not fit, and whoever sees it first says so: it takes some attempts.
	var opts []zmq.SocketOption
	wait := "a peer's handshake failed"
	if key {
		opts = []zmq.SocketOption{zmq.ReconnectInterval(zmq.Infinite), zmq.CurveClient(server.Public, client.Public, client.Secret)}
		wait = "msg=denied"
	}
	clitest.Socket(t, clitest.Context(t), zmq.Dealer, front, opts...)
	p.Err.WaitFor(t, wait)
	if key {
		awaitMetric(t, httpAddress(t, p), `zmqd_handshake_failures_total{reason="denied",side="frontend"} 1`)
	}
	return seen(t, p)
}

// TestMistakes makes each mistake of the table in docs/zmqd.md, and asserts that what the table says can be seen.
func TestMistakes(t *testing.T) {
	t.Parallel()
	if !zmq.Has("curve") || !reportsHandshakes {
		t.Skip("an engine without curve, or that does not report handshakes")
	}
	doc, err := os.ReadFile("../../../docs/zmqd.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "\n## Mistakes\n")
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \| (.*) \|$`).FindAllStringSubmatch(table, -1)
	done := 0
	for _, row := range rows {
		if row[1] == "mistake" || row[1] == "---" {
			continue
		}
		done++
		t.Run(row[1], func(t *testing.T) {
			t.Parallel()
			make := mistakes[row[1]]
			if make == nil {
				t.Fatal("no test makes this mistake")
			}
			shown := make(t)
			var wants []string
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[3], -1) {
				wants = append(wants, m[1])
			}
			if code := regexp.MustCompile(`exit code \d|HTTP \d+`).FindString(row[2]); code != "" {
				wants = append(wants, code)
			}
			for _, want := range wants {
				pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "…", "[^\n]*")
				if !regexp.MustCompile(pattern).MatchString(shown) {
					t.Errorf("the table says %s; this was seen:\n%s", want, shown)
				}
			}
		})
	}
	if done < 20 || done != len(mistakes) {
		t.Errorf("the table has %d mistakes, the test %d", done, len(mistakes))
	}
}
