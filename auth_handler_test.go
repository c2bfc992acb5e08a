package zmq

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestAuthFlood lets good clients in while bad ones, and what is no client at all, beat against the server.
func TestAuthFlood(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	c := newTestContext(t)
	allow(t, c, func(l *AllowList) { l.AllowKey(public, "ann") })
	server := newTestSocket(t, c, Pull, CurveServer(serverSecret), WatchPeers(true))
	endpoint := bindTo(t, server, "tcp")
	good := newTestSocket(t, newTestContext(t), Push, CurveClient(serverKey, public, secret))
	connectTo(t, good, endpoint)
	sendText(t, good, "before")
	expectText(t, server, "before")

	bad := newTestContext(t)
	var opts [][]SocketOption
	for range 4 {
		k, s := newKeys(t)
		opts = append(opts, []SocketOption{CurveClient(serverKey, k, s)}, []SocketOption{CurveClient(k, public, secret)}, []SocketOption{PlainClient("a", "b")}, nil)
	}
	for _, o := range opts {
		s := newTestSocket(t, bad, Push, append(o, ReconnectInterval(time.Millisecond))...)
		connectTo(t, s, endpoint)
		s.Send([]byte("let me in"), DontWait)
	}
	greeting := "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00CURVE" + strings.Repeat("\x00", 48)
	for n, garbage := range []string{"", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("\xff", 100), greeting, greeting + "\x04\xc8\x05HELLO" + strings.Repeat("x", 194), greeting + "\x04\x05\x04PING"} {
		for range 20 {
			conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
			if err != nil {
				t.Fatal(n, err)
			}
			conn.Write([]byte(garbage))
			conn.Close()
		}
	}
	eventually(t, "many handshakes have failed", func() bool {
		st := server.Stats()
		return st.HandshakeFailures > 200 || !st.Handshakes && st.Disconnects > 200
	})
	for range 10 {
		late := newTestSocket(t, newTestContext(t), Push, CurveClient(serverKey, public, secret))
		connectTo(t, late, endpoint)
		sendText(t, late, "late")
		sendText(t, good, "good")
		a, b := recvText(t, server)[0], recvText(t, server)[0]
		if a+b != "lategood" && a+b != "goodlate" {
			t.Fatalf("%q and %q came through", a, b)
		}
	}
	bad.Close()
	expectNothing(t, server)
}

// TestAuthMisbehaves asks an Authenticator that panics, one that is slow, and one that fails.
func TestAuthMisbehaves(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	c := newTestContext(t)
	stuck := make(chan struct{})
	var slow atomic.Bool
	judge := AuthenticatorFunc(func(ctx context.Context, r AuthRequest) (string, error) {
		switch r.Username {
		case "panic":
			panic("on purpose")
		case "later":
			return "", fmt.Errorf("busy: %w", ErrTryLater)
		case "long":
			return strings.Repeat("x", 256), nil
		case "slow":
			if slow.CompareAndSwap(false, true) {
				<-stuck // without looking at ctx
			}
			return "", ErrTryLater
		}
		return r.Username, nil
	})
	office, leave := context.WithCancel(context.Background())
	defer leave()
	if err := c.ServeAuth(office, judge, AuthErrorLog(log.New(io.Discard, "", 0))); err != nil {
		t.Fatal(err)
	}
	wantError(t, c.ServeAuth(office, judge), []error{EADDRINUSE}, "serve authentication")
	server := newTestSocket(t, c, Pull, PlainServer())
	endpoint := bindTo(t, server, "tcp")
	slowClient := newTestSocket(t, newTestContext(t), Push, PlainClient("slow", "x"))
	connectTo(t, slowClient, endpoint)
	eventually(t, "the Authenticator is stuck", slow.Load)
	for user, status := range map[string]int{"panic": 500, "later": 300, "long": 500} {
		ms := newTestMonitor(t, server, EventHandshakeFailedAuth|EventDisconnected)
		client := newTestSocket(t, newTestContext(t), Push, PlainClient(user, "x"))
		connectTo(t, client, endpoint)
		for {
			e := awaitEvent(t, ms, EventHandshakeFailedAuth|EventDisconnected)
			if errors.Is(e.Err, &AuthError{status}) || !engineFrom(4, 2, 3) && e.Type == EventDisconnected {
				break
			}
		}
		client.Close()
	}
	mc, ms := outcome(t, server, endpoint, PlainClient("good", "x"))
	if ms.Type != EventHandshakeSucceeded && mc.Type != EventHandshakeSucceeded {
		t.Errorf("a good client saw %v, the server %v", mc, ms)
	}

	// Out of office: nobody gets in, until there is a successor.
	leave()
	slowClient.Close()
	ms2 := newTestMonitor(t, server, EventHandshakeSucceeded|EventHandshakeFailed|unreported(EventDisconnected))
	client := newTestSocket(t, newTestContext(t), Push, PlainClient("good", "x"), HandshakeInterval(50*time.Millisecond))
	connectTo(t, client, endpoint)
	if e := awaitEvent(t, ms2, EventAll); e.Type&(EventHandshakeFailed|unreported(EventDisconnected)) == 0 {
		t.Errorf("without an Authenticator in office: %v", e)
	}
	allow(t, c, func(l *AllowList) { l.AllowUser("good", "x") })
	sendText(t, client, "x")
	expectText(t, server, "x")
	close(stuck)
}

// TestAuthContexts gives two contexts an Authenticator each.
func TestAuthContexts(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	var all sync.WaitGroup
	for n := range 4 {
		c := newTestContext(t)
		allow(t, c, func(l *AllowList) { l.AllowUser("user", fmt.Sprint(n)) })
		server := newTestSocket(t, c, Pull, PlainServer())
		endpoint := bindTo(t, server, "tcp")
		for m := range 2 {
			mc, ms := outcome(t, server, endpoint, PlainClient("user", fmt.Sprint(n+m)))
			want := []MonitorEventType{EventHandshakeSucceeded, EventHandshakeFailedAuth}[m]
			expectOutcome(t, fmt.Sprint("context ", n, " password ", n+m), mc, ms, want, want, nil)
		}
	}
	all.Wait()
	c := newTestContext(t)
	wantError(t, c.ServeAuth(patient(t), nil), []error{EINVAL})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	wantError(t, c.ServeAuth(ended, &AllowList{}), []error{context.Canceled})
	c.Close()
	wantError(t, c.ServeAuth(patient(t), &AllowList{}), []error{ErrTerminated})
}

// TestAuthTerm ends a context with Term while an Authenticator serves.
func TestAuthTerm(t *testing.T) {
	if !authHere(t) {
		return
	}
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	allow(t, c, nil)
	if err := c.Term(patient(t)); err != nil {
		t.Error(err)
	}
}

var slowAuth = flag.Bool("slowauth", false, "let TestAuthSlow wait until an Authenticator has had its time, which is some seconds")

// TestAuthSlow keeps an Authenticator from answering more clients than are judged at a time: all of them are denied, and
// the engine goes on.
func TestAuthSlow(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	c := newTestContext(t)
	stuck := make(chan struct{})
	var waiting atomic.Int64
	judge := AuthenticatorFunc(func(_ context.Context, r AuthRequest) (string, error) {
		if r.Username == "slow" {
			waiting.Add(1)
			<-stuck // whatever ctx says
		}
		return r.Username, nil
	})
	office, leave := context.WithCancel(context.Background())
	defer leave()
	if err := c.ServeAuth(office, judge); err != nil {
		t.Fatal(err)
	}
	server, open := newTestSocket(t, c, Pull, PlainServer(), WatchPeers(true)), newTestSocket(t, c, Pull)
	ms := newTestMonitor(t, server, EventHandshakeFailedAuth|EventHandshakeSucceeded)
	endpoint := bindTo(t, server, "tcp")
	const clients = authSlots + 10
	for range clients {
		conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(greeting("PLAIN", 0) + command("HELLO", "\x04slow\x01x"))); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all are busy", func() bool { return waiting.Load() == authSlots })
	// Who need not be judged is served meanwhile.
	client := newTestSocket(t, newTestContext(t), Push)
	connectTo(t, client, bindTo(t, open, "tcp"))
	sendText(t, client, "x")
	expectText(t, open, "x")
	if !*slowAuth {
		leave() // which is as good as the end of their time
	}
	for range clients {
		if e := awaitEvent(t, ms, EventAll); !errors.Is(e.Err, &AuthError{300}) {
			t.Errorf("whom the Authenticator keeps waiting: %v", e)
		}
	}
	if n := waiting.Load(); n != authSlots {
		t.Errorf("%d are judged at a time, want %d", n, authSlots)
	}
	// When it answers at last, nobody gets in by that; who comes then does.
	close(stuck)
	if !*slowAuth {
		if err := c.ServeAuth(patient(t), judge); err != nil {
			t.Fatal(err)
		}
	}
	good := newTestSocket(t, newTestContext(t), Push, PlainClient("good", "x"), HandshakeInterval(100*time.Millisecond))
	connectTo(t, good, endpoint)
	sendText(t, good, "x")
	expectText(t, server, "x")
	eventually(t, "it is the only peer", func() bool {
		st := server.Stats()
		return st.Peers == 1 && st.HandshakeFailures >= clients
	})
}

// TestAuthCallsBack has an Authenticator that uses the context that asks it, and closes it in the end.
func TestAuthCallsBack(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	c := newTestContext(t)
	server := newTestSocket(t, c, Pull, PlainServer())
	closed := make(chan error, 1)
	list := &AllowList{}
	judge := AuthenticatorFunc(func(ctx context.Context, r AuthRequest) (string, error) {
		switch r.Username {
		case "last":
			closed <- c.Close()
		case "ann":
			list.AllowUser("ann", "x")
			wantError(t, c.ServeAuth(ctx, list), []error{EADDRINUSE})
			if s, err := c.NewSocket(Pull); err != nil || s.Close() != nil {
				t.Error(err)
			}
			if err := server.Set(Linger(0)); err != nil {
				t.Error(err)
			}
			server.Stats()
		}
		return list.Authenticate(ctx, r)
	})
	if err := c.ServeAuth(context.Background(), judge); err != nil {
		t.Fatal(err)
	}
	endpoint := bindTo(t, server, "tcp")
	mc, ms := outcome(t, server, endpoint, PlainClient("ann", "x"))
	expectOutcome(t, "who is put on the list just then", mc, ms, EventHandshakeSucceeded, EventHandshakeSucceeded, nil)
	last := newTestSocket(t, newTestContext(t), Push, PlainClient("last", "x"))
	connectTo(t, last, endpoint)
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-patient(t).Done():
		t.Fatal("an Authenticator that closes the context waits for itself")
	}
}
