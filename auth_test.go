package zmq

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// handshakesHere is authHere for tests that watch handshakes, which engines report from 4.3 on.
func handshakesHere(t *testing.T) bool {
	t.Helper()
	if !authHere(t) {
		return false
	}
	if !engineFrom(4, 3, 0) {
		t.Skip("this engine does not report handshakes, by which the test sees who gets in")
	}
	return true
}

// authHere reports whether the engine has authentication and CURVE, after checking the error if not.
func authHere(t *testing.T) bool {
	t.Helper()
	if !apiVersion().AtLeast(from40) {
		needs(t, from40, newTestContext(t).ServeAuth(patient(t), &AllowList{}))
		return false
	}
	if !Has("curve") {
		t.Skip("this engine was built without CURVE")
	}
	return true
}

// allow serves an AllowList in a context until the test ends.
func allow(t *testing.T, c *Context, fill func(*AllowList)) *AllowList {
	t.Helper()
	l := &AllowList{}
	if fill != nil {
		fill(l)
	}
	if err := c.ServeAuth(patient(t), l); err != nil {
		t.Fatal(err)
	}
	return l
}

// outcome connects a client to a server and returns what becomes of the handshake at both ends. On success a
// message goes through.
func outcome(t *testing.T, server *Socket, endpoint string, opts ...SocketOption) (atClient, atServer MonitorEvent) {
	t.Helper()
	const decided = EventHandshakeSucceeded | EventHandshakeFailed
	c := newTestContext(t)
	client, err := c.NewSocket(Push, append([]SocketOption{Linger(0)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if !engineFrom(4, 2, 3) {
		e := unreportedOutcome(t, client, server, endpoint)
		return e, e
	}
	mc, ms := newTestMonitor(t, client, decided), newTestMonitor(t, server, decided)
	defer mc.Close()
	defer ms.Close()
	connectTo(t, client, endpoint)
	atServer = awaitEvent(t, ms, decided)
	atClient = awaitEvent(t, mc, decided)
	if atServer.Type == EventHandshakeSucceeded {
		sendText(t, client, "let in")
		expectText(t, server, "let in")
	}
	return atClient, atServer
}

// unreportedOutcome is outcome where the engine does not report handshakes: a message comes through, or the client loses its
// connection.
func unreportedOutcome(t *testing.T, client, server *Socket, endpoint string) MonitorEvent {
	t.Helper()
	lost := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m := newTestMonitor(t, client, EventDisconnected)
	defer m.Close()
	go func() {
		_, err := m.Next(ctx)
		lost <- err
	}()
	connectTo(t, client, endpoint)
	sendText(t, client, "let in")
	in := make(chan error, 1)
	receiving, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, err := server.RecvParts(receiving)
		in <- err
	}()
	select {
	case err := <-in:
		if err != nil {
			t.Fatalf("waiting for a message or the end of the connection: %v", err)
		}
		return MonitorEvent{Type: EventHandshakeSucceeded}
	case err := <-lost:
		if err != nil {
			t.Fatalf("waiting for the end of the connection: %v", err)
		}
		stop()
		<-in
		return MonitorEvent{Type: EventHandshakeFailed}
	}
}

// expectOutcome fails unless the handshake ended so at both ends.
func expectOutcome(t *testing.T, what string, gotClient, gotServer MonitorEvent, client, server MonitorEventType, is error) {
	t.Helper()
	if gotClient.Type&client == 0 || gotServer.Type&server == 0 {
		t.Errorf("%s: the client saw %v and the server %v, want %v and %v", what, gotClient, gotServer, client, server)
	}
	if is != nil && engineFrom(4, 2, 3) && !errors.Is(gotServer.Err, is) {
		t.Errorf("%s: the server's error is %v, want %v", what, gotServer.Err, is)
	}
}

// unreported returns the event on engines that do not report handshakes, and none on others.
func unreported(e MonitorEventType) MonitorEventType {
	if engineFrom(4, 2, 3) {
		return 0
	}
	return e
}

// TestAuthNoAuthenticator states what the engine does where nobody judges, which ServeAuth's comment says.
func TestAuthNoAuthenticator(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	c := newTestContext(t)
	curve := newTestSocket(t, c, Pull, CurveServer(serverSecret))
	mc, ms := outcome(t, curve, bindTo(t, curve, "tcp"), CurveClient(serverKey, public, secret))
	expectOutcome(t, "an untrusted peer at a CURVE server", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	curve2 := newTestSocket(t, c, Pull, CurveServer(serverSecret), ZAPDomain("x"))
	mc, ms = outcome(t, curve2, bindTo(t, curve2, "tcp"), CurveClient(serverKey, public, secret))
	expectOutcome(t, "an untrusted peer at a CURVE server with a domain", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	// An engine without the gate that is for this holds such a client for that long, see docs/limits.md.
	plain := newTestSocket(t, c, Pull, PlainServer(), HandshakeInterval(refusalTime()))
	mc, ms = outcome(t, plain, bindTo(t, plain, "tcp"), PlainClient("ann", "password"))
	expectOutcome(t, "anybody at a PLAIN server", mc, ms, EventHandshakeFailed, EventHandshakeFailed, nil)
	open := newTestSocket(t, c, Pull)
	mc, ms = outcome(t, open, bindTo(t, open, "tcp"))
	expectOutcome(t, "anybody at an open server", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	domain := newTestSocket(t, c, Pull, ZAPDomain("x"))
	mc, ms = outcome(t, domain, bindTo(t, domain, "tcp"))
	expectOutcome(t, "anybody at an open server with a domain", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
}

func refusalTime() time.Duration {
	if hardened("refusal") {
		return patience
	}
	return 300 * time.Millisecond
}

// TestAuthCurve lets the right key in and no other, nor another mechanism.
func TestAuthCurve(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	other, otherSecret := newKeys(t)
	c := newTestContext(t)
	list := allow(t, c, func(l *AllowList) { l.AllowKey(public, "ann"); l.AllowUser("ann", "password") })
	server := newTestSocket(t, c, Pull, CurveServer(serverSecret))
	endpoint := bindTo(t, server, "tcp")

	right := CurveClient(serverKey, public, secret)
	mc, ms := outcome(t, server, endpoint, right)
	expectOutcome(t, "the right key", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	mc, ms = outcome(t, server, endpoint, CurveClient(serverKey, other, otherSecret))
	expectOutcome(t, "another key", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, &AuthError{400})
	if engineFrom(4, 2, 3) && !errors.Is(mc.Err, fs.ErrPermission) {
		t.Errorf("the client's error is %v", mc.Err)
	}
	mc, ms = outcome(t, server, endpoint, CurveClient(other, public, secret))
	expectOutcome(t, "another server's key", mc, ms, EventHandshakeFailed, EventHandshakeFailedProtocol, &ProtocolError{ProtocolZMTPCryptographic})
	mc, ms = outcome(t, server, endpoint)
	expectOutcome(t, "no security", mc, ms, EventHandshakeFailed, EventHandshakeFailed, nil)
	mc, ms = outcome(t, server, endpoint, PlainClient("ann", "password"))
	expectOutcome(t, "PLAIN at a CURVE server", mc, ms, EventHandshakeFailed, EventHandshakeFailed, nil)

	list.RemoveKey(public)
	mc, ms = outcome(t, server, endpoint, right)
	expectOutcome(t, "a key that was taken back", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, nil)
	list.AllowKey(public, "")
	list.DenyAddr(netip.MustParsePrefix("127.0.0.0/8"))
	mc, ms = outcome(t, server, endpoint, right)
	expectOutcome(t, "a denied address", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, nil)
	list.RemoveAddr(netip.MustParsePrefix("127.0.0.0/8"))
	list.AllowAddr(netip.MustParsePrefix("127.0.0.1/32"))
	mc, ms = outcome(t, server, endpoint, right)
	expectOutcome(t, "everything right again", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	expectNothing(t, server)
}

func TestAuthPlainAndNull(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	c := newTestContext(t)
	list := allow(t, c, func(l *AllowList) { l.AllowUser("ann", "password") })
	plain := newTestSocket(t, c, Pull, PlainServer(), ZAPDomain("here"))
	endpoint := bindTo(t, plain, "tcp")
	mc, ms := outcome(t, plain, endpoint, PlainClient("ann", "password"))
	expectOutcome(t, "the right password", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	for _, o := range []SocketOption{PlainClient("ann", "Password"), PlainClient("bob", "password"), PlainClient("bob", "x")} {
		mc, ms = outcome(t, plain, endpoint, o)
		expectOutcome(t, "a wrong user or password", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, &AuthError{400})
	}
	mc, ms = outcome(t, plain, endpoint)
	expectOutcome(t, "no security", mc, ms, EventHandshakeFailed, EventHandshakeFailed, nil)
	list.RemoveUser("ann")
	mc, ms = outcome(t, plain, endpoint, PlainClient("ann", "password"))
	expectOutcome(t, "a user who was removed", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, nil)

	// Without security only servers with a domain ask.
	null := newTestSocket(t, c, Pull, ZAPDomain("here"))
	endpoint = bindTo(t, null, "tcp")
	mc, ms = outcome(t, null, endpoint)
	expectOutcome(t, "nobody is on the list", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, nil)
	list.AllowAddr(netip.MustParsePrefix("127.0.0.1/32"))
	mc, ms = outcome(t, null, endpoint)
	expectOutcome(t, "the address is on the list", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	list.RemoveAddr(netip.MustParsePrefix("127.0.0.1/32"))
	list.AllowAddr(netip.MustParsePrefix("10.0.0.0/8"))
	mc, ms = outcome(t, null, endpoint)
	expectOutcome(t, "another address is on the list", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, nil)
}

// TestAuthRequest looks at what an Authenticator is told, and what messages say about their sender.
func TestAuthRequest(t *testing.T) {
	if !authHere(t) {
		return
	}
	c := newTestContext(t)
	got := make(chan AuthRequest, 1)
	judge := AuthenticatorFunc(func(ctx context.Context, r AuthRequest) (string, error) {
		got <- r
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the Authenticator has no deadline")
		}
		return "user " + r.Username, nil
	})
	if err := c.ServeAuth(patient(t), judge); err != nil {
		t.Fatal(err)
	}
	server := newTestSocket(t, c, Pull, PlainServer(), ZAPDomain("here"), Identity("server"))
	client := newTestSocket(t, c, Push, PlainClient("ann", "hunter2"))
	connectTo(t, client, bindTo(t, server, "tcp"))
	sendText(t, client, "x")
	r := taken(t, "the request for authentication", got)
	want := AuthRequest{Domain: "here", Address: "127.0.0.1", Addr: netip.MustParseAddr("127.0.0.1"), RoutingID: []byte("server"), Mechanism: "PLAIN", Username: "ann", Password: "hunter2"}
	if fmt.Sprintf("%q", r) != `PLAIN from 127.0.0.1 as "ann" in "here"` || r.Password != want.Password || r.Addr != want.Addr || string(r.RoutingID) != "server" {
		t.Errorf("asked about %v", r)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", r, r), "hunter2") {
		t.Error("a request shows the password")
	}
	m := new(Message)
	defer m.Close()
	if err := server.RecvMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	if user, err := m.Gets("User-Id"); needs(t, from41, err) && (user != "user ann" || err != nil) {
		t.Errorf("the message is from %q, %v", user, err)
	}
}

// TestAllowListStorm changes a list while it serves.
func TestAllowListStorm(t *testing.T) {
	l := &AllowList{}
	key, _ := newKeys(t)
	network := netip.MustParsePrefix("10.1.2.3/8")
	var all sync.WaitGroup
	for range 4 {
		all.Add(2)
		go func() {
			defer all.Done()
			for range 200 {
				l.AllowKey(key, "")
				l.AllowUser("ann", "x")
				l.AllowAddr(network)
				l.DenyAddr(network)
				l.AllowPrincipal("p")
				l.RemoveAddr(network)
				l.RemovePrincipal("p")
				l.RemoveUser("ann")
				l.RemoveKey(key)
			}
		}()
		go func() {
			defer all.Done()
			for range 200 {
				l.Authenticate(context.Background(), AuthRequest{Mechanism: "CURVE", Key: key})
				l.Authenticate(context.Background(), AuthRequest{Mechanism: "PLAIN", Username: "ann", Password: "x"})
				_ = l.String()
			}
		}()
	}
	all.Wait()
	if got := fmt.Sprintf("%+v", l); got != "AllowList(0 networks allowed, 0 denied, 0 users, 0 keys, 0 principals)" {
		t.Error(got)
	}
	for _, r := range []AuthRequest{{}, {Mechanism: "NULL"}, {Mechanism: "PLAIN"}, {Mechanism: "CURVE"}, {Mechanism: "GSSAPI"}, {Mechanism: "?"}} {
		if user, err := l.Authenticate(context.Background(), r); err == nil || user != "" {
			t.Errorf("an empty list lets %v in as %q", r, user)
		}
	}
}

// FuzzAuthRequest feeds what no engine would send.
func FuzzAuthRequest(f *testing.F) {
	f.Add("1.0", "1", "d", "127.0.0.1", "PLAIN", "u", "p", 8)
	f.Add("1.0", "1", "d", "127.0.0.1", "CURVE", strings.Repeat("k", 32), "", 7)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h string, n int) {
		parts := [][]byte{[]byte(a), []byte(b), []byte(c), []byte(d), nil, []byte(e), []byte(g), []byte(h)}
		r, ok := parseAuth(parts[:min(max(n, 0), len(parts))])
		if ok && (n < 6 || a != "1.0") {
			t.Errorf("%d parts made %v", n, r)
		}
		_ = r.String()
	})
}

// TestAuthDomains has a server of each mechanism in each of two domains: the policy learns which one is asked for, and
// lets clients into one of them only.
func TestAuthDomains(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	c := newTestContext(t)
	var mu sync.Mutex
	asked := map[string]int{}
	judge := AuthenticatorFunc(func(_ context.Context, r AuthRequest) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.Mechanism+" "+r.Domain]++
		if r.Domain != "inside" || r.Mechanism == "CURVE" && r.Key != public || r.Mechanism == "PLAIN" && r.Username != "ann" {
			return "", errors.New("not here")
		}
		return "ann", nil
	})
	if err := c.ServeAuth(patient(t), judge); err != nil {
		t.Fatal(err)
	}
	for mechanism, opts := range map[string]struct{ server, client []SocketOption }{
		"NULL":  {nil, nil},
		"PLAIN": {[]SocketOption{PlainServer()}, []SocketOption{PlainClient("ann", "password")}},
		"CURVE": {[]SocketOption{CurveServer(serverSecret)}, []SocketOption{CurveClient(serverKey, public, secret)}},
	} {
		for domain, want := range map[string]MonitorEventType{"inside": EventHandshakeSucceeded, "outside": EventHandshakeFailedAuth, "": EventHandshakeFailedAuth} {
			name, times := mechanism+" "+domain, 1
			if name == "NULL " {
				want, times = EventHandshakeSucceeded, 0 // without security only servers with a domain ask
			}
			server := newTestSocket(t, c, Pull, opts.server...)
			if domain != "" {
				if err := server.Set(ZAPDomain(domain)); err != nil {
					t.Fatal(err)
				}
			}
			mc, ms := outcome(t, server, bindTo(t, server, "tcp"), opts.client...)
			expectOutcome(t, name, mc, ms, want, want, nil)
			mu.Lock()
			if asked[name] != times {
				t.Errorf("%s was asked about %d times, want %d", name, asked[name], times)
			}
			mu.Unlock()
		}
	}
}
