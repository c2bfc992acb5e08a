package zmq

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// What the 3.1 manual promises, in small cases: docs/manual-3.1.md names them beside the calls that they show.

// TestManualOptions sets every option of 3.1 that can be set to a value, and reads it back.
func TestManualOptions(t *testing.T) {
	c := newTestContext(t, IOThreads(2))
	s := newTestSocket(t, c, Dealer)
	for name, try := range map[string]func() (any, any, error){
		"Affinity":          func() (any, any, error) { return readBack(s, Affinity, 2, Affinity.Get) },
		"Identity":          func() (any, any, error) { return readBack(s, Identity, "me", Identity.Get) },
		"Rate":              func() (any, any, error) { return readBack(s, Rate, 200, Rate.Get) },
		"RecoveryInterval":  func() (any, any, error) { return readBack(s, RecoveryInterval, time.Second, RecoveryInterval.Get) },
		"SendBuf":           func() (any, any, error) { return readBack(s, SendBuf, 64<<10, SendBuf.Get) },
		"SendBuf 0":         func() (any, any, error) { return readBack(s, SendBuf, 0, SendBuf.Get) },
		"RecvBuf":           func() (any, any, error) { return readBack(s, RecvBuf, 64<<10, RecvBuf.Get) },
		"RecvBuf 0":         func() (any, any, error) { return readBack(s, RecvBuf, 0, RecvBuf.Get) },
		"Linger":            func() (any, any, error) { return readBack(s, Linger, 2*time.Second, Linger.Get) },
		"Linger, endless":   func() (any, any, error) { return readBack(s, Linger, Infinite, Linger.Get) },
		"ReconnectInterval": func() (any, any, error) { return readBack(s, ReconnectInterval, time.Second, ReconnectInterval.Get) },
		"ReconnectIntervalMax": func() (any, any, error) {
			return readBack(s, ReconnectIntervalMax, time.Minute, ReconnectIntervalMax.Get)
		},
		"Backlog":       func() (any, any, error) { return readBack(s, Backlog, 7, Backlog.Get) },
		"MaxMsgSize":    func() (any, any, error) { return readBack(s, MaxMsgSize, 1<<40, MaxMsgSize.Get) },
		"SendHWM":       func() (any, any, error) { return readBack(s, SendHWM, 5, SendHWM.Get) },
		"RecvHWM":       func() (any, any, error) { return readBack(s, RecvHWM, 5, RecvHWM.Get) },
		"MulticastHops": func() (any, any, error) { return readBack(s, MulticastHops, 3, MulticastHops.Get) },
		"RecvTimeout":   func() (any, any, error) { return readBack(s, RecvTimeout, time.Second, RecvTimeout.Get) },
		"SendTimeout":   func() (any, any, error) { return readBack(s, SendTimeout, time.Second, SendTimeout.Get) },
		"IPv4Only":      func() (any, any, error) { return readBack(s, IPv4Only, false, IPv4Only.Get) },
	} {
		if want, got, err := try(); err != nil || got != want {
			t.Errorf("%s: %v (%v), was set to %v", name, got, err, want)
		}
	}
}

func readBack[V comparable, O ~func(V) SocketOption](s *Socket, o O, v V, get func(*Socket) (V, error)) (want, got any, err error) {
	if err := s.Set(o(v)); err != nil {
		return v, nil, err
	}
	is, err := get(s)
	return v, is, err
}

// TestManualSocketTypes opens each type, under each of its names, and tries the direction that it lacks.
func TestManualSocketTypes(t *testing.T) {
	c := newTestContext(t)
	for name, typ := range map[string]SocketType{
		"pair": Pair, "pub": Pub, "sub": Sub, "req": Req, "rep": Rep, "dealer": XReq, "router": XRep,
		"pull": Pull, "push": Push, "xpub": XPub, "xsub": XSub,
	} {
		s := newTestSocket(t, c, typ)
		if s.Type() != typ || typ.String() != name {
			t.Errorf("a %s is a %v", name, s.Type())
		}
		if n, err := s.GetsockoptInt(16); err != nil || SocketType(n) != typ { // ZMQ_TYPE
			t.Errorf("the engine calls a %s number %d, %v", name, n, err)
		}
		_, err := s.Recv(nil, DontWait)
		if no := typ.is(Pub, Push); no != errors.Is(err, ENOTSUP) {
			t.Errorf("receiving on a %s: %v", name, err)
		}
		_, err = s.Send(nil, DontWait)
		if no := typ.is(Sub, Pull); no != errors.Is(err, ENOTSUP) {
			t.Errorf("sending on a %s: %v", name, err)
		}
	}
}

// TestManualTransports sends a message over each transport that works on one machine.
func TestManualTransports(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		sendText(t, push, "a", "", "b")
		expectText(t, pull, "a", "", "b")
	})
}

// TestManualMulticast: what pgm and epgm say to what they cannot do. Two processes on one machine cannot exchange
// messages by them.
func TestManualMulticast(t *testing.T) {
	if emulated() && !listsInterfaces() {
		t.Skip("this emulator lists no interfaces")
	}
	c := newTestContext(t)
	push, pub := newTestSocket(t, c, Push), newTestSocket(t, c, Pub, Rate(1000), RecoveryInterval(time.Second), MulticastHops(2))
	for _, transport := range []string{"pgm", "epgm"} {
		wantError(t, push.Connect(transport+"://lo;239.192.1.1:5555"), []error{ENOCOMPATPROTO}, transport, "push")
		wantError(t, pub.Connect(transport+"://nosuch0;239.192.1.1:5555"), []error{ENODEV}, "nosuch0")
		wantError(t, pub.Connect(transport+"://lo;10.0.0.1:5555"), []error{EINVAL}, "10.0.0.1", "multicast")
		wantError(t, pub.Connect(transport+"://lo;239.192.1.1"), []error{EINVAL}, "port")
	}
}

// TestManualIPv4Only: IPv6 addresses are refused until they are asked for.
func TestManualIPv4Only(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	endpoint := "tcp://" + l.Addr().String()
	l.Close()
	c := newTestContext(t)
	bound, connected := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	wantError(t, bound.Bind(endpoint), []error{ENODEV}, "IPv4Only(false)")
	wantError(t, connected.Connect(endpoint), []error{EINVAL}, "IPv4Only(false)")
	set(t, bound, IPv4Only(false))
	set(t, connected, IPv4Only(false))
	if err := bound.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	connectTo(t, connected, endpoint)
	sendText(t, connected, "over IPv6")
	expectText(t, bound, "over IPv6")
}

// TestManualHWM: a socket without peers queues as many messages as its SendHWM says, whole ones whatever their
// parts; inproc adds the receiver's RecvHWM.
func TestManualHWM(t *testing.T) {
	fill := func(s *Socket) (n int) {
		for n < 1000 {
			if _, err := s.Send(nil, DontWait|SndMore); err != nil {
				if !errors.Is(err, ErrWouldBlock) {
					t.Fatal(err)
				}
				return n
			}
			if _, err := s.Send(nil, DontWait); err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	c := newTestContext(t)
	push := newTestSocket(t, c, Push, SendHWM(7))
	connectTo(t, push, freeEndpoint(t, "tcp"))
	if n := fill(push); n != 7 {
		t.Errorf("%d messages found room, want 7", n)
	}
	pull := newTestSocket(t, c, Pull, RecvHWM(3))
	push = newTestSocket(t, c, Push, SendHWM(2))
	connectTo(t, push, bindTo(t, pull, "inproc"))
	if n := fill(push); n != 5 {
		t.Errorf("%d messages found room, want 2 and 3", n)
	}
}

// TestManualMaxMsgSize: a peer that sends a larger part is disconnected, and comes back.
func TestManualMaxMsgSize(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "tcp", MaxMsgSize(64), ReconnectInterval(time.Millisecond))
	sendText(t, push, "small")
	expectText(t, pull, "small")
	sendText(t, push, strings.Repeat("x", 65))
	for ctx := patient(t); ; {
		// What is sent on the connection that is being cut goes with it.
		sendText(t, push, "small again")
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		parts, err := pull.RecvParts(short)
		cancel()
		if err == nil {
			if len(parts) != 1 || string(parts[0]) != "small again" {
				t.Errorf("%q arrived", parts)
			}
			return
		}
		if ctx.Err() != nil {
			t.Fatal("the peer did not come back")
		}
	}
}

// TestManualSubscriptions: filters count, and take effect at once.
func TestManualSubscriptions(t *testing.T) {
	c := newTestContext(t)
	pub, sub := newTestSocket(t, c, XPub), newTestSocket(t, c, Sub, Subscribe("a"), Subscribe("a"))
	connectTo(t, sub, bindTo(t, pub, "inproc"))
	expectText(t, pub, "\x01a")
	set(t, sub, Unsubscribe("never subscribed"), Unsubscribe("a"))
	sendText(t, pub, "b")
	sendText(t, pub, "ab")
	expectText(t, sub, "ab")
	set(t, sub, Unsubscribe("a"))
	expectText(t, pub, "\x00a")
	for _, typ := range []SocketType{Pub, Push, XSub} {
		err := newTestSocket(t, c, typ).Set(Subscribe(""))
		wantError(t, err, []error{EINVAL}, "Subscribe", typ.String())
	}
}

// TestManualLinger: without linger a message for nobody is dropped and termination is quick; with some it takes
// that long.
func TestManualLinger(t *testing.T) {
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s := newTestSocket(t, c, Push, Linger(0))
	connectTo(t, s, freeEndpoint(t, "tcp"))
	sendText(t, s, "for nobody")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Term(patient(t)); err != nil {
		t.Fatal(err)
	}

	if c, err = NewContext(); err != nil {
		t.Fatal(err)
	}
	s = newTestSocket(t, c, Push, Linger(Infinite))
	connectTo(t, s, freeEndpoint(t, "tcp"))
	sendText(t, s, "for nobody yet")
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	wantError(t, c.Term(ctx), []error{context.DeadlineExceeded}, "push")
	set := func() error { return s.Set(Linger(0)) } // refused now: the context is terminating
	wantError(t, set(), []error{ErrTerminated})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	wantError(t, c.Term(ctx), []error{context.DeadlineExceeded}, "messages are still being delivered")

	// A later Term joins: somebody takes the message, and that is the end of it.
	other := newTestContext(t)
	pull := newTestSocket(t, other, Pull)
	if err := pull.Bind(s.String()[len("push "):]); err != nil {
		t.Fatal(err)
	}
	expectText(t, pull, "for nobody yet")
	if err := c.Term(patient(t)); err != nil {
		t.Fatal(err)
	}
}

// TestManualFD: the descriptor of a socket is one, and stays the same.
func TestManualFD(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	fd, err := FD.Get(pull)
	if err != nil || fd < 0 {
		t.Fatalf("descriptor %d, %v", fd, err)
	}
	sendText(t, push, "x")
	n, err := Poll([]PollItem{{FD: fd, Events: PollIn}}, patience)
	if err != nil || n != 1 {
		t.Errorf("%d descriptors are ready (%v) although a message came", n, err)
	}
	expectText(t, pull, "x")
	if again, err := FD.Get(pull); err != nil || again != fd {
		t.Errorf("descriptor %d (%v), was %d", again, err, fd)
	}
}

// TestManualPoll: sockets, descriptors, and neither.
func TestManualPoll(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rfd := int(r.Fd())
	items := []PollItem{
		{Socket: pull, Events: PollIn}, {Socket: push, Events: PollOut}, {FD: rfd, Events: PollIn}, {FD: -1, Events: PollIn},
	}
	check := func(want ...PollEvents) {
		t.Helper()
		ready := 0
		for _, e := range want {
			if e != 0 {
				ready++
			}
		}
		n, err := Poll(items, 0)
		if err != nil || n != ready {
			t.Errorf("%d are ready (%v), want %d", n, err, ready)
		}
		for i, e := range want {
			if items[i].REvents != e {
				t.Errorf("item %d is ready for %v, want %v", i, items[i].REvents, e)
			}
		}
	}
	check(0, PollOut, 0, 0)
	sendText(t, push, "x")
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	check(PollIn, PollOut, PollIn, 0)
	expectText(t, pull, "x")
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	check(0, PollOut, PollErr, 0)
	if n, err := Poll(nil, time.Millisecond); n != 0 || err != nil {
		t.Errorf("nothing to wait for: %d, %v", n, err)
	}
}

// TestManualVersion: the versions of header and library, and the texts of its numbers.
func TestManualVersion(t *testing.T) {
	v := LibraryVersion()
	if !v.AtLeast(floor) || HeaderVersion().Major != v.Major {
		t.Errorf("library %v, header %v", v, HeaderVersion())
	}
	if want := "libzmq " + v.String() + ", "; !strings.HasPrefix(LinkInfo(), want) {
		t.Errorf("the engine is called %q", LinkInfo())
	}
	for e, want := range map[Errno]string{EFSM: "current state", ETERM: "terminated", EMTHREAD: "thread", EINVAL: "nvalid"} {
		if got := StrError(e); !strings.Contains(got, want) {
			t.Errorf("%s is called %q", e.Name(), got)
		}
	}
}

// TestManualNoIOThreads: inproc needs none.
func TestManualNoIOThreads(t *testing.T) {
	c := newTestContext(t, IOThreads(0))
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	connectTo(t, push, bindTo(t, pull, "inproc"))
	sendText(t, push, "x")
	expectText(t, pull, "x")
}

// A socket that Context.Close closes is neither left open nor forgotten.
func TestManualContextClose(t *testing.T) {
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.NewSocket(Pair)
	if err != nil {
		t.Fatal(err)
	}
	if s.st.rec == nil {
		t.Fatal("handles are not on record")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, leak := range OpenHandles() {
		if leak == s.st.rec.leak {
			t.Errorf("on record as open: a %s, opened at\n%s", leak.Kind, leak.Stack)
		}
	}
	wantError(t, s.Bind("inproc://x"), []error{ErrClosed})
}

// Messages keep their properties whether they were received by RecvMsg or RecvMsgs.
func TestManualProperties(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "tcp")
	sendText(t, push, "a", "", strings.Repeat("x", 5000))
	parts, err := pull.RecvMsgs(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 3 || parts[0].String() != "a" || parts[1].Len() != 0 || parts[2].Len() != 5000 {
		t.Errorf("%d parts arrived: %.10v", len(parts), parts)
	}
	for i, m := range parts {
		if kind, err := m.Gets("Socket-Type"); needs(t, from41, err) && (kind != "PUSH" || err != nil) {
			t.Errorf("part %d comes from a %q, %v", i, kind, err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
