package zmqd

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.org/zmq/cmd/internal/clitest"
)

// startWeb runs a queue with a status page until the test ends, and returns the page's address.
func startWeb(t *testing.T, args ...string) string {
	t.Helper()
	p := clitest.Start(t, Main, nil, append([]string{"zmqd", "queue", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-bind", clitest.Endpoint(t, "b"), "--http", "127.0.0.1:0"}, args...)...)
	p.Err.WaitFor(t, "msg=running")
	return strings.TrimPrefix(httpAddress(t, p), "http://")
}

// ask makes a request with these header lines, as they are, and returns the answer.
func ask(t *testing.T, address, request string, lines ...string) (code int, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(clitest.Patience))
	fmt.Fprintf(conn, "%s\r\n%s\r\n\r\n", request, strings.Join(append(lines, "Connection: close"), "\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := make([]byte, 300)
	n, _ := resp.Body.Read(body)
	return resp.StatusCode, string(body[:n])
}

// TestHostHeader asserts that the server answers to addresses, to localhost and to the names that it was given, and to no
// others: a page of another site, whose name leads here all of a sudden, reads nothing.
func TestHostHeader(t *testing.T) {
	address := startWeb(t, "--http-host", "zmqd.example.com", "--http-host", "Queue")
	for host, want := range map[string]int{
		address: 200, "127.0.0.1": 200, "10.1.2.3:80": 200, "[::1]": 200, "[::1]:9600": 200, "[fe80::1%25eth0]:9600": 200,
		"localhost": 200, "localhost:9600": 200, "LocalHost.": 200, "zmqd.example.com": 200, "ZMQD.example.com:443": 200, "queue:80": 200,
		"evil.example": 421, "evil.example:9600": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "zmqd.example.com.evil.example": 421,
		"notlocalhost": 421, "sub.zmqd.example.com": 421, "2130706433": 421, "0x7f.1": 421, "127.1": 421,
	} {
		for _, path := range []string{"/", "/api/status", "/metrics", "/healthz", "/readyz", "/nothing"} {
			code, text := ask(t, address, "GET "+path+" HTTP/1.1", "Host: "+host)
			if want == 200 && path == "/nothing" {
				if code != 404 {
					t.Errorf("%s of %s: %d", path, host, code)
				}
			} else if code != want {
				t.Errorf("%s of %s: %d, want %d", path, host, code, want)
			}
			if code == 421 && !strings.Contains(text, "--http-host") {
				t.Errorf("%s of %s: %s", path, host, text)
			}
		}
	}
	if code, _ := ask(t, address, "GET /healthz HTTP/1.0"); code != 200 {
		t.Errorf("without a host, as probes of HTTP/1.0 ask: %d", code)
	}
	if code, _ := ask(t, address, "GET http://evil.example/api/status HTTP/1.1", "Host: localhost"); code != 421 {
		t.Errorf("a whole URL: %d", code)
	}
}

// TestOrigin asserts that buttons cannot be pressed by the page of another site, whatever it knows.
func TestOrigin(t *testing.T) {
	const token = "a token of the test"
	address := startWeb(t, "--http-host", "zmqd.example.com", "--token-file", clitest.Write(t, "token", "%s", token))
	for origin, want := range map[string]int{
		"": 200, "http://" + address: 200, "https://zmqd.example.com": 200, "https://zmqd.example.com:8443": 200,
		"http://evil.example": 403, "null": 403, "http://" + address + ".evil.example": 403, "http://127.0.0.1:1": 403, "%%%": 403,
	} {
		lines := []string{"Host: " + address, "Authorization: Bearer " + token}
		if origin != "" {
			lines = append(lines, "Origin: "+origin)
		}
		if code, text := ask(t, address, "POST /api/resume HTTP/1.1", lines...); code != want {
			t.Errorf("from %q: %d, want %d: %s", origin, code, want, text)
		}
	}
	// No leave for what a browser asks first, before it sends a token to another site.
	code, _ := ask(t, address, "OPTIONS /api/resume HTTP/1.1", "Host: "+address, "Origin: http://evil.example", "Access-Control-Request-Method: POST")
	if code == 200 || code == 204 {
		t.Errorf("a browser's question is answered by %d", code)
	}
}

// TestHTTPCrowd opens far more connections than the server keeps: the oldest are closed, and a probe is answered.
func TestHTTPCrowd(t *testing.T) {
	address := startWeb(t)
	var crowd []net.Conn
	for range 3 * httpConns {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(clitest.Patience))
		fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: ") // and no more
		crowd = append(crowd, conn)
		if len(crowd)%httpConns == 0 {
			if code, text := ask(t, address, "GET /healthz HTTP/1.1", "Host: "+address); code != 200 {
				t.Errorf("in a crowd of %d: %d %s", len(crowd), code, text)
			}
		}
	}
	for i, conn := range crowd[:2*httpConns] {
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || strings.Contains(err.Error(), "timeout") {
			t.Fatalf("connection %d of %d is kept: %v", i, len(crowd), err)
		}
	}
}

// TestConnLimit asserts which connection goes when there is one too many.
func TestConnLimit(t *testing.T) {
	l := newConnLimit()
	conns := make([]net.Conn, httpConns+4)
	for i := range conns {
		conns[i], _ = net.Pipe()
	}
	expect := func(what string, got, want net.Conn) {
		t.Helper()
		if got != want {
			t.Errorf("%s: another connection goes", what)
		}
	}
	for _, c := range conns[:httpConns] {
		expect("there is room", l.change(c, http.StateNew), nil)
	}
	l.change(conns[0], http.StateActive)
	expect("the oldest is busy", l.change(conns[httpConns], http.StateNew), conns[1])
	l.change(conns[0], http.StateIdle)
	expect("the oldest has its answer", l.change(conns[httpConns+1], http.StateNew), conns[0])
	l.change(conns[2], http.StateClosed)
	expect("one has left", l.change(conns[httpConns+2], http.StateNew), nil)
	for _, c := range conns[3 : httpConns+3] {
		l.change(c, http.StateActive)
	}
	expect("all are busy but the newest", l.change(conns[httpConns+3], http.StateNew), conns[3])
}
