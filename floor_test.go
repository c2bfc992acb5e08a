package zmq

import (
	"context"
	"testing"
	"time"
)

// TestFloorRefuses asks for everything that came after 3.1: where the API is older than a feature, there is a *VersionError
// that names the version it needs, and where it is not, there is none.
func TestFloorRefuses(t *testing.T) {
	c := newTestContext(t)
	key, secret := newKeys(t)
	set := func(typ SocketType, o SocketOption) func() error {
		return func() error { return newTestSocket(t, c, typ).Set(o) }
	}
	for _, f := range []struct {
		name string
		need Version
		has  string
		call func() error
	}{
		{"Unbind", from32, "", func() error {
			s, to := newTestSocket(t, c, Pull), freeEndpoint(t, "ipc")
			if err := s.Bind(to); err != nil {
				t.Fatal(err)
			}
			return s.Unbind(to)
		}},
		{"Disconnect", from32, "", func() error {
			s, to := newTestSocket(t, c, Pull), freeEndpoint(t, "tcp")
			connectTo(t, s, to)
			return s.Disconnect(to)
		}},
		{"LastEndpoint", from32, "", func() error {
			_, err := newTestSocket(t, c, Pull).LastEndpoint()
			return err
		}},
		{"Stream", from40, "", func() error {
			s, err := c.NewSocket(Stream, Linger(0))
			if err == nil {
				s.Close()
			}
			return err
		}},
		{"Message.Gets", from41, "", func() error {
			pull, push := newPair(t, Pull, Push, "tcp")
			sendText(t, push, "x")
			var m Message
			defer m.Close()
			if err := pull.RecvMsg(&m, 0); err != nil {
				t.Fatal(err)
			}
			_, err := m.Gets("Socket-Type")
			return err
		}},
		{"Conflate", from40, "", set(Pull, Conflate(true))},
		{"RouterMandatory", from32, "", set(Router, RouterMandatory(true))},
		{"RouterHandover", from41, "", set(Router, RouterHandover(true))},
		{"XPubVerbose", from32, "", set(XPub, XPubVerbose(true))},
		{"XPubManual", from42, "", set(XPub, XPubManual(true))},
		{"Heartbeat", from42, "", set(Pull, Heartbeat(time.Second, time.Second))},
		{"Keepalive", from32, "", set(Pull, Keepalive(time.Second, time.Second, 3))},
		{"ThreadNamePrefix", from423, "", func() error {
			fresh := newTestContext(t)
			return fresh.Set(ThreadNamePrefix(1))
		}},
		{"Monitor", from40, "", func() error {
			m, err := newTestSocket(t, c, Pull).Monitor(EventAll)
			if err == nil {
				m.Close()
			}
			return err
		}},
		{"WatchPeers", from40, "", set(Pull, WatchPeers(true))},
		{"WaitConnected", from40, "", func() error {
			return newTestSocket(t, c, Pull).WaitConnected(patient(t), 0)
		}},
		{"ServeAuth", from40, "", func() error {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			return newTestContext(t).ServeAuth(ctx, &AllowList{})
		}},
		{"ZAPDomain", from40, "", set(Pull, ZAPDomain("x"))},
		{"PlainServer", from40, "", set(Pull, PlainServer())},
		{"PlainClient", from40, "", set(Pull, PlainClient("ann", "x"))},
		{"CurveServer", from40, "curve", set(Pull, CurveServer(secret))},
		{"CurveClient", from40, "curve", set(Pull, CurveClient(key, key, secret))},
		{"RouterNotify", from434, "draft", set(Router, RouterNotify(3))},
		{"Server", from434, "draft", func() error {
			s, err := c.NewSocket(Server, Linger(0))
			if err == nil {
				s.Close()
			}
			return err
		}},
	} {
		err := f.call()
		if needs(t, f.need, err) && (f.has == "" || Has(f.has)) && err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	// These need no engine, or work on each.
	public, err := secret.PublicKey()
	if err != nil || public != key {
		t.Error("the keys do not fit each other", err)
	}
	if err := newTestContext(t).Shutdown(); err != nil {
		t.Error(err)
	}
}
