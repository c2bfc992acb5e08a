package zmq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAllowListAddr holds addresses against networks in all their forms: with zones, mapped into IPv6 and not, and
// networks that are none.
func TestAllowListAddr(t *testing.T) {
	for _, c := range []struct {
		allow, deny string // networks, separated by blanks; "bad" is a prefix that is not valid
		from        string
		in          bool
	}{
		{"", "fe80::/10", "fe80::1%eth0", false},
		{"", "::/0", "fe80::1%eth0", false},
		{"", "fe80::1/128", "fe80::1%2", false},
		{"fe80::/10", "", "fe80::1%eth0", true},
		{"fe80::/10", "", "fec0::1%eth0", false},
		{"", "10.0.0.0/8", "::ffff:10.1.2.3", false},
		{"10.0.0.0/8", "", "::ffff:10.1.2.3", true},
		{"", "::ffff:10.0.0.0/104", "10.1.2.3", false},
		{"", "::ffff:10.0.0.0/104", "::ffff:10.1.2.3", false},
		{"::ffff:10.0.0.0/104", "", "10.1.2.3", true},
		{"::ffff:10.0.0.0/104", "", "11.1.2.3", false},
		{"", "::ffff:10.1.2.3/128", "10.1.2.3", false},
		{"", "::ffff:0.0.0.0/96", "10.1.2.3", false},
		{"", "::ffff:0.0.0.0/96", "2001:db8::1", true},
		{"", "::/0", "10.1.2.3", false},
		{"", "::/64", "10.1.2.3", false},
		{"", "::/0", "2001:db8::1", false},
		{"", "0.0.0.0/0", "2001:db8::1", true},
		{"", "0.0.0.0/0", "10.1.2.3", false},
		{"::/0", "", "10.1.2.3", false},
		{"::/0", "", "2001:db8::1", true},
		{"0.0.0.0/0", "", "2001:db8::1", false},
		{"", "10.1.2.3/8", "10.200.0.1", false}, // bits beyond the mask say nothing
		{"10.1.2.3/8", "", "10.200.0.1", true},
		{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", false}, // denied, though allowed
		{"10.1.2.3/32", "10.0.0.0/8", "10.1.2.3", false},
		{"10.0.0.0/8", "10.1.0.0/16", "10.2.2.3", true},
		{"", "bad", "10.1.2.3", false},
		{"bad", "", "10.1.2.3", false},
		{"10.0.0.0/8", "bad", "10.1.2.3", false},
		{"", "10.0.0.0/8", "", true}, // no IP address, as over ipc
		{"10.0.0.0/8", "", "", false},
		{"", "", "10.1.2.3", true},
	} {
		prefixes := func(text string) (all []netip.Prefix) {
			for _, f := range strings.Fields(text) {
				p, _ := netip.ParsePrefix(f)
				all = append(all, p)
			}
			return all
		}
		key, _ := newKeys(t)
		l := &AllowList{}
		l.AllowKey(key, "ann")
		l.AllowAddr(prefixes(c.allow)...)
		l.DenyAddr(prefixes(c.deny)...)
		addr, _ := netip.ParseAddr(c.from)
		asked, ok := parseAuth([][]byte{[]byte("1.0"), []byte("1"), nil, []byte(c.from), nil, []byte("CURVE"), key[:]})
		if !ok {
			t.Fatal("the request is not understood")
		}
		if asked.Addr.Zone() != "" || asked.Addr.Is4In6() {
			t.Errorf("an Authenticator is told %v, which no Prefix contains", asked.Addr)
		}
		for what, r := range map[string]AuthRequest{"the engine's": asked, "a program's": {Mechanism: "CURVE", Key: key, Addr: addr}} {
			if _, err := l.Authenticate(context.Background(), r); (err == nil) != c.in {
				t.Errorf("allowed %q, denied %q: %s request from %q: %v", c.allow, c.deny, what, c.from, err)
			}
		}
		l.RemoveAddr(prefixes(c.allow + " " + c.deny)...)
		if _, err := l.Authenticate(context.Background(), asked); err != nil || !strings.Contains(l.String(), "(0 networks allowed, 0 denied,") {
			t.Errorf("allowed %q, denied %q, and taken back: %v, %v", c.allow, c.deny, l, err)
		}
	}
}

// TestAllowListEmptyPassword lets nobody in with an empty password, which over the network clients of other libraries
// can send.
func TestAllowListEmptyPassword(t *testing.T) {
	l := &AllowList{}
	l.AllowUser("ann", "password")
	l.AllowUser("bob", "")
	for _, c := range []struct {
		user, password string
		in             bool
	}{
		{"ann", "password", true}, {"ann", "", false}, {"ann", "password\x00", false}, {"ann", "passwor", false},
		{"bob", "", false}, {"bob", "password", false}, {"eve", "", false}, {"", "", false}, {"", "password", false},
	} {
		if _, err := l.Authenticate(context.Background(), AuthRequest{Mechanism: "PLAIN", Username: c.user, Password: c.password}); (err == nil) != c.in {
			t.Errorf("%q with the password %q: %v", c.user, c.password, err)
		}
	}
	if !handshakesHere(t) {
		return
	}
	c := newTestContext(t)
	if err := c.ServeAuth(patient(t), l); err != nil {
		t.Fatal(err)
	}
	server := newTestSocket(t, c, Pull, PlainServer())
	ms := newTestMonitor(t, server, EventHandshakeSucceeded|EventHandshakeFailed)
	endpoint := bindTo(t, server, "tcp")
	for _, user := range []string{"\x03ann", "\x03bob", "\x00"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(greeting("PLAIN", 0) + command("HELLO", user+"\x00"))); err != nil {
			t.Fatal(err)
		}
		if e := awaitEvent(t, ms, EventAll); !errors.Is(e.Err, &AuthError{400}) {
			t.Errorf("%q with an empty password: %v", user, e)
		}
	}
}

// TestAllowListZeroKey lets nobody in with the key that is none.
func TestAllowListZeroKey(t *testing.T) {
	l := &AllowList{}
	l.AllowKey(CurveKey{}, "nobody")
	if user, err := l.Authenticate(context.Background(), AuthRequest{Mechanism: "CURVE"}); err == nil || user != "" {
		t.Errorf("the zero key gets in as %q", user)
	}
}

// TestAuthEnded has an Authenticator say yes though its context has ended meanwhile, or had before: nobody gets in.
func TestAuthEnded(t *testing.T) {
	const tries = 100 // a select that could go either way has to go the wrong one once
	for range tries {
		ctx, end := context.WithCancel(context.Background())
		yes := AuthenticatorFunc(func(context.Context, AuthRequest) (string, error) { end(); return "ann", nil })
		h := newAuthHandler(&Socket{}, authService{ctx: ctx, a: yes, log: log.Default()})
		if v := h.judge(context.Background(), AuthRequest{}); v.err != context.Canceled || v.user != "" {
			t.Fatalf("whose context ends meanwhile lets a client in: %+v", v)
		}
		h.service.a = AuthenticatorFunc(func(context.Context, AuthRequest) (string, error) {
			t.Error("an Authenticator whose context has ended is asked")
			return "ann", nil
		})
		if v := h.judge(context.Background(), AuthRequest{}); v.err != context.Canceled {
			t.Fatalf("whose context has ended lets a client in: %+v", v)
		}
		if status, _ := authStatus(context.Canceled); status != "300" {
			t.Fatalf("status %s", status)
		}
	}
}

// TestAuthEndedDenies is what TestAuthEnded says, for CURVE clients that the engine would accept if nobody answered.
func TestAuthEndedDenies(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	c := newTestContext(t)
	server := newTestSocket(t, c, Pull, CurveServer(serverSecret))
	endpoint := bindTo(t, server, "tcp")
	for range 5 {
		ctx, end := context.WithCancel(context.Background())
		yes := AuthenticatorFunc(func(context.Context, AuthRequest) (string, error) { end(); return "ann", nil })
		if err := c.ServeAuth(ctx, yes); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			ms := newTestMonitor(t, server, EventHandshakeSucceeded|EventHandshakeFailed)
			client := newTestSocket(t, newTestContext(t), Push, CurveClient(serverKey, public, secret))
			connectTo(t, client, endpoint)
			if e := awaitEvent(t, ms, EventAll); !errors.Is(e.Err, &AuthError{300}) {
				t.Errorf("after the Authenticator's context has ended: %v", e)
			}
			client.Close()
			ms.Close()
		}
	}
	expectNothing(t, server)
}

// TestAuthReceiveFails makes the handler's receives fail in ways that pass: it goes on, and accepts nobody but those whom
// the Authenticator does.
func TestAuthReceiveFails(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	other, otherSecret := newKeys(t)
	c := newTestContext(t)
	l := &AllowList{}
	l.AllowKey(public, "ann")
	s, err := c.st.authSocket()
	if err != nil {
		t.Fatal(err)
	}
	h := newAuthHandler(s, authService{ctx: patient(t), a: l, log: log.Default()})
	var failed atomic.Int64
	h.recv = func(ctx context.Context) ([][]byte, error) {
		if n := failed.Add(1); n%2 == 0 {
			return nil, &OpError{Op: "recv", Type: Router, Err: []error{ENOMEM, EINTR, EAGAIN}[n/2%3]}
		}
		return s.RecvParts(ctx)
	}
	c.st.auth = h
	go h.run()
	server := newTestSocket(t, c, Pull, CurveServer(serverSecret))
	endpoint := bindTo(t, server, "tcp")
	for range 3 {
		mc, ms := outcome(t, server, endpoint, CurveClient(serverKey, other, otherSecret))
		expectOutcome(t, "another key, after receives failed", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, &AuthError{400})
		mc, ms = outcome(t, server, endpoint, CurveClient(serverKey, public, secret))
		expectOutcome(t, "the right key, after receives failed", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	}
	if n := failed.Load(); n < 6 {
		t.Errorf("only %d receives", n)
	}
	wantError(t, c.ServeAuth(patient(t), l), []error{EADDRINUSE})
}

// TestAuthOutlives shuts the context down while a CURVE server is open: as long as the engine takes connections nobody
// gets in unasked, and the end waits for nothing else.
func TestAuthOutlives(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	allow(t, c, nil)
	server := newTestSocket(t, c, XPub, CurveServer(serverSecret), XPubWelcomeMsg("welcome"))
	endpoint := bindTo(t, server, "tcp")
	if err := c.Shutdown(); err != nil {
		t.Fatal(err)
	}
	wantError(t, c.ServeAuth(patient(t), &AllowList{}), []error{ErrTerminated})
	client := newTestSocket(t, newTestContext(t), Sub, CurveClient(serverKey, public, secret), HandshakeInterval(100*time.Millisecond), Subscribe(""))
	mc := newTestMonitor(t, client, EventHandshakeSucceeded|EventHandshakeFailed|EventDisconnected)
	connectTo(t, client, endpoint)
	for range 3 {
		if e := awaitEvent(t, mc, EventAll); e.Type == EventHandshakeSucceeded {
			t.Fatal("a client got in after the context was shut down")
		}
	}
	expectNothing(t, client)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Term(ctx); err == nil || !strings.Contains(err.Error(), ": 1 open: xpub tcp://127.0.0.1:") {
		t.Errorf("what is open: %v", err)
	}
	server.Close()
	if err := c.Term(patient(t)); err != nil {
		t.Error(err)
	}
}

// TestAuthPanicLogged has an Authenticator panic, and give answers that cannot be sent: the log has the stack and the
// client, no password, and does not grow with each client.
func TestAuthPanicLogged(t *testing.T) {
	for _, c := range []struct {
		what string
		a    AuthenticatorFunc
		says []string
	}{
		{"a panic", func(context.Context, AuthRequest) (string, error) { panic("on purpose") }, []string{"panic in the Authenticator", "on purpose", "auth_guard_test.go"}},
		{"a nil panic", func(context.Context, AuthRequest) (string, error) { panic(nil) }, []string{"panic in the Authenticator", "nil"}},
		{"runtime.Goexit", func(context.Context, AuthRequest) (string, error) { runtime.Goexit(); return "", nil }, []string{"Goexit", "auth_guard_test.go"}},
		{"a nil pointer", func(context.Context, AuthRequest) (string, error) { var p *AuthRequest; return p.Domain, nil }, []string{"nil pointer"}},
		{"a long user id", func(context.Context, AuthRequest) (string, error) { return strings.Repeat("x", 256), nil }, []string{"user id"}},
	} {
		var text bytes.Buffer
		authFaults.mu.Lock()
		authFaults.last, authFaults.passed = time.Time{}, 0
		authFaults.mu.Unlock()
		h := newAuthHandler(&Socket{}, authService{ctx: patient(t), a: c.a, log: log.New(&text, "", 0)})
		ask := func() {
			t.Helper()
			out := make(chan verdict, 1)
			done := make(chan struct{})
			go func() { // which Goexit may end
				defer close(done)
				h.service.ask(context.Background(), AuthRequest{Mechanism: "PLAIN", Username: "ann", Password: "hunter2", Address: "10.1.2.3"}, out)
			}()
			<-done
			if status, _ := authStatus((<-out).err); status != "500" {
				t.Errorf("%s: status %s", c.what, status)
			}
		}
		ask()
		got := text.String()
		for _, want := range append(c.says, `PLAIN from 10.1.2.3 as "ann"`) {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the log does not say %q:\n%s", c.what, want, got)
			}
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: the log has the password:\n%s", c.what, got)
		}
		for range 10 {
			ask()
		}
		if text.String() != got {
			t.Errorf("%s: the log grows with each client:\n%s", c.what, &text)
		}
		authFaults.mu.Lock()
		authFaults.last = time.Time{}
		authFaults.mu.Unlock()
		ask()
		if !strings.Contains(text.String(), "and 10 more") {
			t.Errorf("%s: the log does not say how many there were:\n%s", c.what, &text)
		}
	}

	// By default it is the standard logger.
	if !handshakesHere(t) {
		return
	}
	authFaults.mu.Lock()
	authFaults.last = time.Time{}
	authFaults.mu.Unlock()
	text := newLogText()
	old := log.Writer()
	log.SetOutput(text)
	defer log.SetOutput(old)
	c := newTestContext(t)
	if err := c.ServeAuth(patient(t), AuthenticatorFunc(func(context.Context, AuthRequest) (string, error) { panic("on purpose") }), AuthErrorLog(nil)); err != nil {
		t.Fatal(err)
	}
	server := newTestSocket(t, c, Pull, PlainServer())
	mc, ms := outcome(t, server, bindTo(t, server, "tcp"), PlainClient("ann", "hunter2"))
	expectOutcome(t, "an Authenticator that panics", mc, ms, EventHandshakeFailed, EventHandshakeFailedAuth, &AuthError{500})
	select {
	case got := <-text.lines:
		if !strings.Contains(got, "on purpose") || strings.Contains(got, "hunter2") {
			t.Errorf("the log: %s", got)
		}
	case <-patient(t).Done():
		t.Error("the standard logger hears nothing of a panic")
	}
}

// logText is where a logger writes.
type logText struct{ lines chan string }

func newLogText() *logText { return &logText{make(chan string, 10)} }

func (l *logText) Write(p []byte) (int, error) {
	l.lines <- string(p)
	return len(p), nil
}

// TestAuthRequestInLogs prints a request in the ways that logs do: none shows the password.
func TestAuthRequestInLogs(t *testing.T) {
	r := AuthRequest{Mechanism: "PLAIN", Username: "ann", Password: "hunter2", Address: "10.1.2.3"}
	var text bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&text, nil), slog.NewTextHandler(&text, nil)} {
		slog.New(h).Info("asked", "request", r, "pointer", &r, slog.Group("group", "request", r), "list", []AuthRequest{r})
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&text, "%s %v %+v %#v %q %s %v", raw, r, r, r, r, r, &r)
	if got := text.String(); strings.Contains(got, "hunter2") || strings.Count(got, "ann") < 10 {
		t.Errorf("the logs have the password, or no user:\n%s", got)
	}
}
