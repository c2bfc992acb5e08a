package zmq

import (
	"context"
	"errors"
	"testing"
)

// TestAuthMakesWay binds a socket of the program's own to zapEndpoint. An Authenticator that serves keeps the endpoint. One whose
// context has ended makes way; until then, and after a Bind that fails, no client gets in.
func TestAuthMakesWay(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	serverKey, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	as := CurveClient(serverKey, public, secret)
	c := newTestContext(t)
	server := newTestSocket(t, c, Pull, CurveServer(serverSecret))
	endpoint := bindTo(t, server, "tcp")
	judge := AuthenticatorFunc(func(context.Context, AuthRequest) (string, error) { return "ann", nil })
	for range 3 {
		ctx, end := context.WithCancel(context.Background())
		defer end()
		if err := c.ServeAuth(ctx, judge); err != nil {
			t.Fatal(err)
		}
		own := newTestSocket(t, c, Rep)
		wantError(t, own.Bind(zapEndpoint), []error{EADDRINUSE})
		end()

		closed := newTestSocket(t, c, Rep)
		closed.Close()
		for _, s := range []*Socket{closed, newTestSocket(t, c, Stream), newTestSocket(t, newTestContext(t), Stream)} {
			if err := s.Bind(zapEndpoint); err == nil {
				t.Error("a socket that cannot be bound is bound")
			}
		}
		m := newTestMonitor(t, server, EventHandshakeSucceeded|EventHandshakeFailed)
		client := newTestSocket(t, newTestContext(t), Push, as)
		connectTo(t, client, endpoint)
		if e := awaitEvent(t, m, EventAll); !errors.Is(e.Err, &AuthError{300}) {
			t.Errorf("after the end: %v", e)
		}
		client.Close()
		m.Close()

		if err := own.Bind(zapEndpoint); err != nil {
			t.Fatal(err)
		}
		wantError(t, c.ServeAuth(ctx, judge), []error{context.Canceled})
		wantError(t, c.ServeAuth(patient(t), judge), []error{EADDRINUSE})
		answered := make(chan error, 1)
		go func() {
			parts, err := own.RecvParts(patient(t))
			if err == nil {
				err = own.SendParts(patient(t), parts[0], parts[1], []byte("400"), []byte("no"), nil, nil)
			}
			answered <- err
		}()
		mc, ms := outcome(t, server, endpoint, as)
		expectOutcome(t, "by a socket of the program's", mc, ms, EventHandshakeFailed, EventHandshakeFailedAuth, &AuthError{400})
		if err := <-answered; err != nil {
			t.Error(err)
		}
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestAuthAnswersAfterMakingWay asks a handler that has made way, as a server does that was connected to it before: it answers, and
// stays a socket of the package's own, which counts nowhere.
func TestAuthAnswersAfterMakingWay(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	c := newTestContext(t)
	ctx, end := context.WithCancel(context.Background())
	defer end()
	judge := AuthenticatorFunc(func(context.Context, AuthRequest) (string, error) { return "ann", nil })
	if err := c.ServeAuth(ctx, judge); err != nil {
		t.Fatal(err)
	}
	server := newTestSocket(t, c, Dealer)
	connectTo(t, server, zapEndpoint)
	end()
	own := newTestSocket(t, c, Rep)
	if err := own.Bind(zapEndpoint); err != nil {
		t.Fatal(err)
	}
	ask := func(id, want string) {
		t.Helper()
		if err := server.SendParts(patient(t), nil, []byte("1.0"), []byte(id), nil, []byte("127.0.0.1"), nil, []byte("NULL")); err != nil {
			t.Fatal(err)
		}
		parts, err := server.RecvParts(patient(t))
		if err != nil || len(parts) != 7 || string(parts[2]) != id || string(parts[3]) != want {
			t.Errorf("answered %q, %v, want %s", parts, err, want)
		}
	}
	ask("1", "300")
	if st := c.Stats(); st.Types[Router].Opened != 0 {
		t.Errorf("the handler counts as the program's: %+v", st.Types[Router])
	}
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.ServeAuth(patient(t), judge); err != nil {
		t.Fatal(err)
	}
	ask("2", "200")
}
