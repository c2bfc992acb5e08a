package zmq

import "testing"

// TestOptionNull takes back what was set, where an empty value would be refused.
func TestOptionNull(t *testing.T) {
	if !canDo(PlainUsername("x").row) {
		t.Skip("the engine has no options that a null value takes back")
	}
	zc := newTestContext(t)
	s := newTestSocket(t, zc, Dealer, PlainClient("user", "secret"))
	mechanism := func(want int) {
		t.Helper()
		if got, err := Mechanism.Get(s); err != nil || got != want {
			t.Errorf("the mechanism is %d, %v, want %d", got, err, want)
		}
	}
	mechanism(MechanismPlain)
	const username, password = 45, 46
	wantError(t, s.SetsockoptBytes(username, nil), []error{EINVAL})
	for _, id := range []int{username, password} {
		if err := s.Set(PlainClient("user", "secret")); err != nil {
			t.Fatal(err)
		}
		if err := s.SetsockoptNull(id); err != nil {
			t.Fatal(err)
		}
		mechanism(MechanismNull)
	}
	wantError(t, s.SetsockoptNull(5), []error{EINVAL}, "option 5")
	s.Close()
	wantError(t, s.SetsockoptNull(username), []error{ErrClosed})
}

// TestOptionNullWelcome takes the welcome message back: a subscriber that comes later gets none.
func TestOptionNullWelcome(t *testing.T) {
	if !canDo(XPubWelcomeMsg("").row) {
		t.Skip("the engine has no welcome messages")
	}
	zc := newTestContext(t)
	pub := newTestSocket(t, zc, XPub, XPubWelcomeMsg("hello"))
	if err := pub.SetsockoptNull(optWelcome); err != nil {
		t.Fatal(err)
	}
	sub := newTestSocket(t, zc, Sub, Subscribe(""))
	connectTo(t, sub, bindTo(t, pub, "inproc"))
	expectText(t, pub, "\x01")
	sendText(t, pub, "first")
	expectText(t, sub, "first")
}
