package zmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// These tests go the ways of old engines on the one that is there: what the package refuses, keeps back or says there.

// TestOldOrder: first it counts that the handle is closed, then that the engine is too old, and then that the value is out
// of its range.
func TestOldOrder(t *testing.T) {
	pretend(t, 3, 1, 0)
	c := newTestContext(t)
	s := newTestSocket(t, c, Router)
	calls := func(s *Socket) map[string]error {
		_, monitor := s.Monitor(EventAll)
		_, last := s.LastEndpoint()
		_, reading := Immediate.Get(s)
		return map[string]error{
			"Monitor": monitor, "LastEndpoint": last, "Set": s.Set(RouterMandatory(true)), "Get": reading, "out of range": s.Set(TCPKeepalive(77)),
			"WatchPeers": s.Set(WatchPeers(true)), "Unbind": s.Unbind("tcp://127.0.0.1:1"), "Disconnect": s.Disconnect("inproc://x"),
			"WaitConnected": s.WaitConnected(patient(t), 1),
		}
	}
	contextCalls := func(c *Context) map[string]error {
		_, stream := c.NewSocket(Stream)
		_, got := ContextMaxMsgSize.Get(c)
		return map[string]error{
			"Stream": stream, "Context.Set": c.Set(Blocky(true)), "Context.Get": got, "Context, out of range": c.Set(ContextMaxMsgSize(-1)),
			"ServeAuth": c.ServeAuth(patient(t), &AllowList{}),
		}
	}
	isVersion := func(what string, err error) {
		t.Helper()
		var version *VersionError
		if !errors.As(err, &version) || version.Have != (Version{3, 1, 0}) {
			t.Errorf("%s on 3.1.0: %v, want a *VersionError", what, err)
		}
	}
	for what, err := range calls(s) {
		isVersion(what, err)
	}
	for what, err := range contextCalls(c) {
		isVersion(what, err)
	}
	var m Message
	if _, err := m.Gets("Identity"); err == nil {
		t.Error("Message.Gets on 3.1.0 succeeds")
	}
	s.Close()
	for what, err := range calls(s) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s of a closed socket on 3.1.0: %v, want ErrClosed", what, err)
		}
	}
	if err := c.Shutdown(); err != nil {
		t.Fatal(err)
	}
	for what, err := range contextCalls(c) {
		if !errors.Is(err, ErrTerminated) {
			t.Errorf("%s of a context that was shut down on 3.1.0: %v, want ErrTerminated", what, err)
		}
	}
}

// TestOldPair: before 3.2 a PAIR's second peer ends the process, so within a context it is refused.
func TestOldPair(t *testing.T) {
	pretend(t, 3, 1, 0)
	for _, transport := range transports {
		c := newTestContext(t)
		bound, first, second := newTestSocket(t, c, Pair), newTestSocket(t, c, Pair), newTestSocket(t, c, Pair)
		to := bindTo(t, bound, transport)
		connectTo(t, first, to)
		want := []string{to, "one peer", "3.2"}
		wantError(t, first.Connect(to), []error{EINVAL}, want...)
		wantError(t, bound.Connect(to), []error{EINVAL}, want...)
		wantError(t, first.Bind(freeEndpoint(t, transport)), []error{EINVAL}, "one peer")
		if transport == "inproc" {
			wantError(t, second.Connect(to), []error{EINVAL}, want...)
			wantError(t, newTestSocket(t, c, Push).Connect(to), []error{EINVAL}, want...)
		}
		sendText(t, first, "x")
		expectText(t, bound, "x")
	}
	if !LibraryVersion().AtLeast(Version{3, 2, 0}) {
		return // this engine would end the process
	}
	pretend(t, 3, 2, 0)
	c := newTestContext(t)
	bound := newTestSocket(t, c, Pair)
	to := bindTo(t, bound, "inproc")
	for range 2 {
		connectTo(t, newTestSocket(t, c, Pair), to)
	}
}

// TestOldXSub: before 4.0 an xsub sends subscriptions only, and what else is given to it does not reach the engine.
func TestOldXSub(t *testing.T) {
	for _, v := range []Version{{3, 1, 0}, {3, 2, 5}, {4, 0, 0}} {
		if !LibraryVersion().AtLeast(v) {
			continue
		}
		pretend(t, v.Major, v.Minor, v.Patch)
		s, pub := newPair(t, XSub, XPub, "inproc")
		set(t, s, MaxTopic(2*frameArena))
		ctx := patient(t)
		for what, send := range map[string]func(p []byte) error{
			"Send":      func(p []byte) error { _, err := s.Send(p, 0); return err },
			"SendParts": func(p []byte) error { return s.SendParts(ctx, p) },
			"two parts": func(p []byte) error { return s.SendParts(ctx, []byte("\x01a"), p) },
			"large": func(p []byte) error {
				return s.SendParts(ctx, []byte("\x01"+strings.Repeat("a", frameArena)), p)
			},
			"SendMsg": func(p []byte) error {
				m := mustGet(CopyMessage(p))
				defer m.Close()
				return s.SendMsg(m, 0)
			},
			"SendMsgs": func(p []byte) error {
				m := mustGet(CopyMessage(p))
				defer m.Close()
				return s.SendMsgs(ctx, m)
			},
		} {
			for _, p := range []string{"", "x", "\x02a"} {
				err := send([]byte(p))
				if v.AtLeast(Version{4, 0, 0}) && err != nil || !v.AtLeast(Version{4, 0, 0}) && !errors.Is(err, EINVAL) {
					t.Errorf("%s of %q by an xsub of %v: %v", what, p, v, err)
				}
			}
			if err := send([]byte("\x01topic")); err != nil {
				t.Errorf("%s of a subscription by an xsub of %v: %v", what, v, err)
			}
		}
		awaitSubscriptionTo(t, pub, "topic")
	}
}

// awaitSubscriptionTo waits until the subscription has arrived.
func awaitSubscriptionTo(t *testing.T, pub *Socket, topic string) {
	t.Helper()
	if err := pub.WaitSubscriber(patient(t), topic); err != nil {
		t.Fatalf("waiting for the subscription to %q: %v", topic, err)
	}
}

// TestOldMaxSockets: a context whose size is fixed says so, and does not ask for what there is not.
func TestOldMaxSockets(t *testing.T) {
	pretend(t, 3, 1, 0)
	c := newTestContext(t)
	c.st.mu.Lock()
	c.st.maxSockets = 3
	c.st.mu.Unlock()
	for range 2 {
		newTestSocket(t, c, Push)
	}
	_, err := c.NewSocket(Push)
	wantError(t, err, []error{ErrMaxSockets, EMFILE}, "2 is all", "another context")
	if strings.Contains(err.Error(), "raise") {
		t.Errorf("%v asks for what cannot be done", err)
	}
}

// TestOldHeadroom: engines before 3.2 take more descriptors for a thread, and take them with the context.
func TestOldHeadroom(t *testing.T) {
	now := headroomThreads(4)
	if got := headroomNewContext(4); engineFrom(3, 2, 0) && got != headroomContext {
		t.Errorf("a context of this engine takes %d descriptors, want %d", got, headroomContext)
	}
	pretend(t, 3, 1, 0)
	if old := headroomThreads(4); old < 3*5+2 || engineVersion().AtLeast(Version{3, 2, 0}) && old <= now {
		t.Errorf("the threads of 3.1.0 get %d descriptors, others %d", old, now)
	}
	if got := headroomNewContext(4); got < headroomContext+3*5 {
		t.Errorf("a context of 3.1.0 has %d descriptors at hand", got)
	}
}

// TestOldUnbind: engines before 4.0 know an endpoint by what was given to Bind.
func TestOldUnbind(t *testing.T) {
	needsAPI(t, Version{3, 2, 0}, "Unbind came with it")
	pretend(t, 3, 2, 5)
	c := newTestContext(t)
	s := newTestSocket(t, c, Pull)
	name := func(endpoint string) (string, error) {
		s.st.mu.Lock()
		defer s.st.mu.Unlock()
		return s.st.engineName(endpoint)
	}
	bound := func(endpoint string) string {
		t.Helper()
		if err := s.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
		last, err := s.LastEndpoint()
		if err != nil {
			t.Fatal(err)
		}
		return last
	}
	first := bound("tcp://127.0.0.1:*")
	for _, endpoint := range []string{first, "tcp://127.0.0.1:*"} {
		if got, err := name(endpoint); got != "tcp://127.0.0.1:*" || err != nil {
			t.Errorf("the engine calls %s %q (%v), want what it was bound by", endpoint, got, err)
		}
	}
	bound("tcp://127.0.0.1:*")
	_, err := name(first)
	wantError(t, err, []error{EINVAL}, "more than once", "close the socket")
	if got, err := name("tcp://127.0.0.1:1"); got != "tcp://127.0.0.1:1" || err != nil {
		t.Errorf("what was not bound is called %q (%v)", got, err)
	}
	plain := freeEndpoint(t, "ipc")
	last := bound(plain)
	if err := s.Unbind(last); err != nil {
		t.Errorf("an endpoint that was bound by its own name: %v", err)
	}
	wantError(t, s.Unbind(last), []error{ENOENT})
}

// TestOldInproc: an engine that cannot leave an inproc endpoint says so by its version.
func TestOldInproc(t *testing.T) {
	needsEngine(t, Version{4, 1, 0}, "it can leave them")
	s := newTestSocket(t, newTestContext(t), Pull)
	to := bindTo(t, s, "inproc")
	pretend(t, 3, 2, 5)
	needsError := func(err error, v Version) {
		t.Helper()
		var version *VersionError
		if !errors.As(err, &version) || version.Need != v {
			t.Errorf("%v, want a *VersionError that asks for %v", err, v)
		}
	}
	needsError(s.st.inprocStays(endpointUnbind, to, ENOENT), Version{4, 1, 0})
	needsError(s.st.inprocStays(endpointDisconnect, "inproc://elsewhere", ENOENT), Version{4, 0, 0})
	pretend(t, 4, 1, 0)
	if err := s.st.inprocStays(endpointUnbind, "inproc://elsewhere", ENOENT); !errors.Is(err, ENOENT) {
		t.Error(err)
	}
}

// TestOldEndpoints: what is said of endpoints that an old engine does not know, and how it wants a wildcard.
func TestOldEndpoints(t *testing.T) {
	pretend(t, 3, 1, 0)
	s := newTestSocket(t, newTestContext(t), Pull)
	err := s.Connect("nosuch://x")
	wantError(t, err, []error{EPROTONOSUPPORT, ErrNotSupported}, "nosuch", "not supported", "if it was built with OpenPGM")
	wantError(t, s.st.explain(endpointConnect, "pgm://lo;239.1.1.1:1", EPROTONOSUPPORT), []error{EPROTONOSUPPORT}, "not supported", "without OpenPGM")
	pretend(t, 4, 1, 8)
	for given, want := range map[string]string{
		"tcp://127.0.0.1:*;127.0.0.1:5": "tcp://127.0.0.1:0;127.0.0.1:5", "tcp://127.0.0.1:7;127.0.0.1:5": "tcp://127.0.0.1:7;127.0.0.1:5",
		"ipc://a:*;b": "ipc://a:*;b", "tcp://127.0.0.1:*": "tcp://127.0.0.1:*",
	} {
		if got := plainSource(given); got != want {
			t.Errorf("4.1 is given %q for %q, want %q", got, given, want)
		}
	}
	needsAPI(t, Version{4, 1, 0}, "it brought source addresses, and Disconnect came before")
	if err := s.Connect("tcp://127.0.0.1:*;127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Disconnect("tcp://127.0.0.1:*;127.0.0.1:1"); err != nil {
		t.Error(err)
	}
}

// TestOldGather: before 4.2 the parts of a message that is sent part by part reach the engine together.
func TestOldGather(t *testing.T) {
	pretend(t, 4, 1, 8)
	t.Run("whole", func(t *testing.T) {
		for _, types := range [][2]SocketType{{Pull, Push}, {Dealer, Dealer}, {Rep, Req}} {
			in, out := newPair(t, types[0], types[1], "inproc")
			for round := range 3 {
				want := []string{"one", strings.Repeat("x", frameArena), "", fmt.Sprint(round)}
				for i, part := range want {
					flags := SndMore
					if i == len(want)-1 {
						flags = 0
					}
					if i%2 == 1 {
						m := mustGet(CopyMessage([]byte(part)))
						if err := out.SendMsg(m, flags); err != nil {
							t.Fatal(err)
						}
					} else if n, err := out.Send([]byte(part), flags); n != len(part) || err != nil {
						t.Fatalf("%d, %v", n, err)
					}
				}
				expectText(t, in, want...)
				if types[1] == Req {
					_, err := out.Send([]byte("out of turn"), SndMore)
					wantError(t, err, []error{EFSM})
					sendText(t, in, "reply")
					expectText(t, out, "reply")
				}
			}
			if sent := out.Stats().Sent; sent.Messages != 3 || sent.Parts != 12 {
				t.Errorf("%v: %+v was sent, want 3 messages of 4 parts", types[1], sent)
			}
		}
	})
	t.Run("nobody is there", func(t *testing.T) {
		out := newTestSocket(t, newTestContext(t), Push)
		_, err := out.Send([]byte("x"), SndMore|DontWait)
		wantError(t, err, []error{ErrWouldBlock})
	})
	t.Run("the peer leaves in the middle of it", func(t *testing.T) {
		c := newTestContext(t)
		out := newTestSocket(t, c, Push)
		to := bindTo(t, out, "inproc")
		first := newTestSocket(t, c, Pull)
		connectTo(t, first, to)
		if _, err := out.Send([]byte("a"), SndMore); err != nil {
			t.Fatal(err)
		}
		first.Close()
		eventually(t, "the sender has no peer", func() bool {
			ev, err := out.Events()
			return err == nil && ev&PollOut == 0
		})
		if _, err := out.Send([]byte("b"), SndMore|DontWait); err != nil {
			t.Fatalf("a part before the last: %v", err)
		}
		_, err := out.Send([]byte("c"), DontWait)
		wantError(t, err, []error{ErrWouldBlock})
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		wantError(t, out.SendParts(ctx, []byte("another")), []error{context.DeadlineExceeded})
		sent := make(chan error, 1)
		go func() {
			_, err := out.Send([]byte("c"), 0)
			sent <- err
		}()
		parkedOn(t, out, 1)
		second := newTestSocket(t, c, Pull)
		connectTo(t, second, to)
		expectText(t, second, "a", "b", "c")
		if err := taken(t, "the last part to be sent", sent); err != nil {
			t.Error(err)
		}
		sendText(t, out, "another")
		expectText(t, second, "another")
	})
	t.Run("closed in the middle of it", func(t *testing.T) {
		in, out := newPair(t, Pull, Dealer, "inproc")
		if _, err := out.Send([]byte("half"), SndMore); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		expectNothing(t, in)
	})
}

// TestOldHandshakes: where handshakes are not reported, Stats says so, and the end of a connection counts by what there is.
func TestOldHandshakes(t *testing.T) {
	needsAPI(t, from40, "it can be monitored")
	pretend(t, 4, 1, 8)
	p := newPeers()
	const to = "tcp://127.0.0.1:1"
	for i, step := range []struct {
		event MonitorEventType
		fd    int
		want  int
	}{{EventAccepted, 5, 1}, {EventClosed, 7, 1}, {EventClosed, 5, 0}, {EventClosed, 5, 0}, {EventConnected, 6, 1}, {EventDisconnected, 6, 0}} {
		if p.note(MonitorEvent{Type: step.event, Endpoint: to, FD: step.fd}); p.now != step.want {
			t.Errorf("after step %d, %v of %d, there are %d peers, want %d", i, step.event, step.fd, p.now, step.want)
		}
	}
	s := newTestSocket(t, newTestContext(t), Pull, WatchPeers(true))
	if st := s.Stats(); !st.Watched || st.Handshakes {
		t.Errorf("on 4.1.8 it is %+v: no handshakes are reported there", st)
	}
	pretend(t, 4, 2, 3)
	if st := s.Stats(); !st.Watched || !st.Handshakes {
		t.Errorf("on 4.2.3 it is %+v: handshakes are reported there", st)
	}
}

// TestOldReconnectSeveral: where no event says that a handshake failed, endpoints that were abandoned are found by what is missing.
func TestOldReconnectSeveral(t *testing.T) {
	needsAPI(t, from40, "it can be monitored")
	pretend(t, 4, 1, 8)
	TestReconnectSeveral(t)
}

// TestOldReading: what an engine can be told and not asked is a *VersionError.
func TestOldReading(t *testing.T) {
	needsAPI(t, Version{4, 3, 0}, "it lets ThreadSchedPolicy be read")
	pretend(t, 4, 1, 8)
	_, err := ThreadSchedPolicy.Get(newTestContext(t))
	var version *VersionError
	if !errors.As(err, &version) || version.Need != (Version{4, 3, 0}) || !strings.Contains(err.Error(), "reading ThreadSchedPolicy") {
		t.Errorf("%v, want a *VersionError that asks for 4.3.0", err)
	}
}
