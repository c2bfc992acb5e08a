package zmq

import (
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// TestAuthMetadata has an Authenticator give clients properties, which their messages carry, each client's its own. The
// Authenticator's win over what the client says of itself, and the client's own show where it gives none.
func TestAuthMetadata(t *testing.T) {
	if !handshakesHere(t) || !apiVersion().AtLeast(from41) {
		return
	}
	c := newTestContext(t)
	given := map[string]map[string]string{
		"ann": {"Role": "admin", "Tenant": "one", "Empty": "", strings.Repeat("n", 255): strings.Repeat("v", 70_000)},
		"bob": {"Role": "guest", "Tenant": "two"},
		"eve": {"Role": ""},
		"joe": nil,
	}
	judge := MetadataAuthenticatorFunc(func(_ context.Context, r AuthRequest) (string, map[string]string, error) {
		m, ok := given[r.Username]
		if !ok {
			return "", map[string]string{"Role": "admin"}, errors.New("not known")
		}
		return r.Username, m, nil
	})
	if user, err := judge.Authenticate(patient(t), AuthRequest{Username: "bob"}); user != "bob" || err != nil {
		t.Errorf("without metadata: %q, %v", user, err)
	}
	if err := c.ServeAuth(patient(t), judge); err != nil {
		t.Fatal(err)
	}
	server := newTestSocket(t, c, Pull, PlainServer())
	endpoint := bindTo(t, server, "tcp")
	for _, user := range []string{"ann", "bob", "joe"} {
		client := newTestSocket(t, newTestContext(t), Push, PlainClient(user, "x"))
		connectTo(t, client, endpoint)
		sendText(t, client, "from "+user)
		expectProperties(t, server, "from "+user, user, given[user], "Role", "Tenant", "Empty", strings.Repeat("n", 255))
	}

	// A client that says things of itself.
	for user, want := range map[string]map[string]string{
		"bob": {"Role": "guest", "Tenant": "two"},
		"eve": {"Role": "", "Tenant": "mine"},
		"joe": {"Role": "root", "Tenant": "mine"},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		own := property("Socket-Type", "PUSH") + property("Role", "root") + property("Tenant", "mine") + property("User-Id", "root")
		conn.SetDeadline(time.Now().Add(patience))
		for _, step := range []struct {
			say  string
			hear int64
		}{
			{greeting("PLAIN", 0) + command("HELLO", string(rune(len(user)))+user+"\x01x"), int64(len(greeting("PLAIN", 1) + command("WELCOME", "")))},
			{command("INITIATE", own) + "\x00\x04mine", 0},
		} {
			if _, err := io.WriteString(conn, step.say); err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, conn, step.hear); err != nil {
				t.Fatal(err)
			}
		}
		expectProperties(t, server, "mine", user, want, "Role", "Tenant")
	}
	mc, ms := outcome(t, server, endpoint, PlainClient("mallory", "x"))
	expectOutcome(t, "metadata with an error", mc, ms, EventHandshakeFailedAuth, EventHandshakeFailedAuth, &AuthError{400})
}

// property is a property as a handshake has it.
func property(name, value string) string {
	n := len(value)
	return string(rune(len(name))) + name + string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + value
}

// expectProperties receives a message and compares those of its properties that have the names.
func expectProperties(t *testing.T, s *Socket, text, user string, want map[string]string, names ...string) {
	t.Helper()
	msgs, err := s.RecvMsgs(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	defer msgs[0].Close()
	got := map[string]string{}
	for _, name := range append(names, "User-Id") {
		if v, err := msgs[0].Gets(name); err == nil {
			got[name] = v
		} else if !errors.Is(err, EINVAL) {
			t.Error(err)
		}
	}
	want = maps.Clone(want)
	if want == nil {
		want = map[string]string{}
	}
	want["User-Id"] = user
	if msgs[0].String() != text || !maps.Equal(got, want) {
		t.Errorf("%q has the properties %.300q, want %.300q of %q", msgs[0].String(), got, want, text)
	}
}

// TestAuthMetadataRefused has an Authenticator give what the protocol, or the engine, would take for something else: the
// client does not get in.
func TestAuthMetadataRefused(t *testing.T) {
	long := strings.Repeat("x", 256)
	for name, v := range map[string]verdict{
		"an empty name":               {metadata: map[string]string{"": "x"}},
		"a long name":                 {metadata: map[string]string{long: "x"}},
		"a zero byte in a name":       {metadata: map[string]string{"a\x00b": "x"}},
		"a zero byte in a value":      {metadata: map[string]string{"a": "admin\x00"}},
		"too much":                    {metadata: map[string]string{"a": strings.Repeat("x", authMetadataMax), "b": "x"}},
		"an identity":                 {metadata: map[string]string{"Identity": "x"}},
		"an identity in another case": {metadata: map[string]string{"identity": "x"}},
		"a socket type":               {metadata: map[string]string{"Socket-Type": "PUB"}},
		"a second user id":            {metadata: map[string]string{"User-Id": "x"}},
		"an address":                  {metadata: map[string]string{"Peer-Address": "x"}},
		"a descriptor":                {metadata: map[string]string{"__fd": "1"}},
		"a long user id":              {user: long},
		"a zero byte in the user id":  {user: "admin\x00ann"},
	} {
		if out, err := v.encode(); err == nil || out != nil {
			t.Errorf("%s: %.50q, %v", name, out, err)
		} else if status, _ := authStatus(err); status != "500" {
			t.Errorf("%s: status %s", name, status)
		}
	}
	if !handshakesHere(t) {
		return
	}
	c := newTestContext(t)
	judge := MetadataAuthenticatorFunc(func(_ context.Context, r AuthRequest) (string, map[string]string, error) {
		return r.Username, map[string]string{"Identity": "taken"}, nil
	})
	if err := c.ServeAuth(patient(t), judge, AuthErrorLog(log.New(io.Discard, "", 0))); err != nil {
		t.Fatal(err)
	}
	server := newTestSocket(t, c, Pull, PlainServer())
	mc, ms := outcome(t, server, bindTo(t, server, "tcp"), PlainClient("ann", "x"))
	expectOutcome(t, "a name of the engine's own", mc, ms, EventHandshakeFailedAuth|EventHandshakeFailed, EventHandshakeFailedAuth, &AuthError{500})
}

// TestAuthUserIDUnasked states what ServeAuth's comment says: where nobody is asked about a client its user id is what it says
// itself. Where somebody is, it is not, even if the Authenticator gives it none.
func TestAuthUserIDUnasked(t *testing.T) {
	if !authHere(t) || !apiVersion().AtLeast(from41) {
		return
	}
	c := newTestContext(t)
	allow(t, c, func(l *AllowList) { l.AllowAddr(netip.MustParsePrefix("127.0.0.0/8")) })
	for domain, want := range map[string]string{"": "root", "asked": ""} {
		server := newTestSocket(t, c, Pull)
		if domain != "" {
			if err := server.Set(ZAPDomain(domain)); err != nil {
				t.Fatal(err)
			}
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(bindTo(t, server, "tcp"), "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		io.WriteString(conn, greeting("NULL", 0))
		head := make([]byte, 64+2) // and the beginning of READY
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Fatalf("domain %q: %v", domain, err)
		}
		io.CopyN(io.Discard, conn, int64(head[65]))
		io.WriteString(conn, command("READY", property("Socket-Type", "PUSH")+property("User-Id", "root"))+"\x00\x04mine")
		expectProperties(t, server, "mine", want, nil)
	}
}

// TestAuthPlainRefusedLeaves has a client come to a PLAIN server that nobody judges for and that is monitored: the engine
// forgets to turn it away, and does so when the time for handshakes is over.
func TestAuthPlainRefusedLeaves(t *testing.T) {
	if !authHere(t) || !apiVersion().AtLeast(from41) {
		return
	}
	server := newTestSocket(t, newTestContext(t), Pull, PlainServer(), WatchPeers(true), HandshakeInterval(50*time.Millisecond))
	conn, err := net.Dial("tcp", strings.TrimPrefix(bindTo(t, server, "tcp"), "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, greeting("PLAIN", 0))
	io.CopyN(io.Discard, conn, 64)
	io.WriteString(conn, command("HELLO", "\x03ann\x01x"))
	if n, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("who was refused is connected still: %d bytes, %v", n, err)
	}
	expectNothing(t, server)
}
