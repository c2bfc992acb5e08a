package zmq

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// reconnectsHere reports whether a socket can learn that the engine has given a connection up.
func reconnectsHere() bool { return apiVersion().AtLeast(from40) }

// hasty are options with which nothing takes long. A server that is closed in the middle of a handshake may leave the client to wait for the
// handshake's time.
func hasty() []SocketOption {
	opts := []SocketOption{ReconnectInterval(10 * time.Millisecond)}
	if apiVersion().AtLeast(from41) {
		opts = append(opts, HandshakeInterval(time.Second))
	}
	return opts
}

// awaitText waits until s has received a message, which send sends again and again.
func awaitText(t *testing.T, s *Socket, send func()) string {
	t.Helper()
	for limit := time.Now().Add(patience); ; {
		send()
		ready, err := Poll([]PollItem{{Socket: s, Events: PollIn}}, 5*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if ready > 0 {
			return recvText(t, s)[0]
		}
		if time.Now().After(limit) {
			t.Fatal("no message came")
		}
	}
}

// trySend sends without waiting.
func trySend(s *Socket, text string) func() { return func() { s.Send([]byte(text), DontWait) } }

// wrongThenRight has a socket connect to an endpoint where one of another kind listens, and puts the right one there once it was
// abandoned.
func wrongThenRight(t *testing.T, wrong, right, typ SocketType, transport string, as func(string) string, opts ...SocketOption) (server, client *Socket) {
	t.Helper()
	c := newTestContext(t)
	other := newTestSocket(t, c, wrong)
	endpoint := bindTo(t, other, transport)
	client = newTestSocket(t, c, typ, opts...)
	m := newTestMonitor(t, client, EventConnectRetried)
	connectTo(t, client, as(endpoint))
	eventually(t, "the wrong peer is abandoned", func() bool { return client.Stats().ProtocolErrors >= 2 })
	if e := awaitEvent(t, m, EventConnectRetried); !errors.Is(e.Err, EPROTO) || e.Endpoint != as(endpoint) || e.Retry <= 0 && reportsHandshakes() {
		t.Errorf("%v after %v, want EPROTO at %s", e, e.Retry, as(endpoint))
	}
	m.Close()
	other.Close()
	server = newTestSocket(t, c, right)
	if err := server.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	return server, client
}

func same(endpoint string) string { return endpoint }

// TestReconnectAfterWrongPeer connects sockets of every type to one that does not fit, which leaves the endpoint to one that does.
func TestReconnectAfterWrongPeer(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	for _, c := range []struct {
		typ, wrong, right SocketType
		opts              []SocketOption
	}{
		{Sub, Rep, Pub, []SocketOption{Subscribe("x")}}, {XSub, Push, XPub, nil}, {Pull, Rep, Push, nil}, {Push, Rep, Pull, nil},
		{Dealer, Pub, Router, nil}, {Req, Pub, Rep, nil}, {Pair, Pub, Pair, nil}, {Pub, Rep, Sub, nil}, {XPub, Rep, XSub, nil},
		{Router, Pub, Dealer, nil}, {Rep, Pub, Req, nil},
	} {
		for _, by := range []struct {
			name, transport string
			as              func(string) string
		}{{"tcp", "tcp", same}, {"name", "tcp", byName}, {"ipc", "ipc", same}} {
			t.Run(c.typ.String()+" "+by.name, func(t *testing.T) {
				t.Parallel() // each waits for what takes its time
				opts := append(hasty(), c.opts...)
				server, client := wrongThenRight(t, c.wrong, c.right, c.typ, by.transport, by.as, opts...)
				exchange(t, server, client)
			})
		}
	}
}

// exchange sends a message one way.
func exchange(t *testing.T, server, client *Socket) {
	t.Helper()
	switch client.Type() {
	case Sub, Pull:
		awaitText(t, client, trySend(server, "x"))
	case Rep:
		sendText(t, server, "x")
		expectText(t, client, "x")
	case XSub:
		sendText(t, client, "\x01x")
		awaitText(t, client, trySend(server, "x"))
	case Pub, XPub:
		if server.Type() == XSub {
			sendText(t, server, "\x01x")
			eventually(t, "the subscription arrives", func() bool {
				server.Events() // the engine sends it while the socket is called
				ev, _ := client.Events()
				return ev&PollIn != 0
			})
		} else if err := server.Set(Subscribe("x")); err != nil {
			t.Fatal(err)
		}
		awaitText(t, server, trySend(client, "x"))
	case Router:
		sendText(t, server, "x")
		recvText(t, client)
	default:
		sendText(t, client, "x")
		if got := recvText(t, server); got[len(got)-1] != "x" {
			t.Errorf("%q", got)
		}
	}
}

// TestReconnectAfterLargeMessage: a message that is too large ends the connection, and neither those before it nor the connections
// after it are lost.
func TestReconnectAfterLargeMessage(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	for _, typ := range [][2]SocketType{{Push, Pull}, {XPub, Sub}, {Dealer, Dealer}} {
		t.Run(typ[1].String(), func(t *testing.T) {
			c := newTestContext(t)
			server := newTestSocket(t, c, typ[0])
			client := newTestSocket(t, c, typ[1], MaxMsgSize(100), ReconnectInterval(time.Millisecond))
			if typ[1] == Sub {
				if err := client.Set(Subscribe("")); err != nil {
					t.Fatal(err)
				}
			}
			endpoint := bindTo(t, server, "tcp")
			connectTo(t, client, endpoint)
			if typ[0] == XPub {
				recvText(t, server)
			}
			for n := range 50 {
				sendText(t, server, fmt.Sprint(n))
			}
			sendText(t, server, strings.Repeat("x", 101))
			eventually(t, "the connection ends", func() bool { return client.Stats().Disconnects == 1 })
			w := client.st.connWatch
			w.mu.Lock()
			l := w.links[endpoint]
			w.mu.Unlock()
			w.renew(l) // as its timer does
			for n := range 50 {
				expectText(t, client, fmt.Sprint(n))
			}
			if got := awaitText(t, client, trySend(server, "after")); got != "after" {
				t.Errorf("%q", got)
			}
			if st := client.Stats(); st.ProtocolErrors != 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestReconnectKeepsOptions connects a socket to two servers, each by its own key: whoever is connected anew is so by its own.
func TestReconnectKeepsOptions(t *testing.T) {
	if !apiVersion().AtLeast(from41) || !Has("curve") {
		return
	}
	c := newTestContext(t)
	clientPublic, clientSecret := newKeys(t)
	client := newTestSocket(t, c, Push, hasty()...)
	m := newTestMonitor(t, client, EventConnectRetried)
	var wrong, right [2]*Socket
	var at [2]string
	for i := range right {
		public, secret := newKeys(t)
		wrong[i] = newTestSocket(t, c, Pull) // without security
		at[i] = bindTo(t, wrong[i], "tcp")
		if err := client.Set(CurveClient(public, clientPublic, clientSecret)); err != nil {
			t.Fatal(err)
		}
		connectTo(t, client, at[i])
		right[i] = newTestSocket(t, c, Pull, CurveServer(secret))
	}
	// Both were connected anew when the key was the other one's.
	for tries := map[string]int{}; tries[at[0]] < 3 || tries[at[1]] < 3; {
		tries[awaitEvent(t, m, EventConnectRetried).Endpoint]++
	}
	for i, s := range right {
		wrong[i].Close()
		if err := s.Bind(at[i]); err != nil {
			t.Fatal(err)
		}
		awaitText(t, s, trySend(client, "x"))
		s.Close()
	}
}

// TestReconnectSeveral connects a socket to several wrong peers, which it is connected to anew again and again: each goes on, and
// comes to the right one. libzmq takes a new connection for one that it has abandoned where both had the same memory.
func TestReconnectSeveral(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	turns := 100
	if !reportsHandshakes() {
		turns = 3 // each takes lossDoubt
	}
	c := newTestContext(t)
	client := newTestSocket(t, c, Push, ReconnectInterval(time.Millisecond))
	m := newTestMonitor(t, client, EventConnectRetried)
	var wrong [3]*Socket
	var at [3]string
	for i := range wrong {
		wrong[i] = newTestSocket(t, c, Rep)
		at[i] = bindTo(t, wrong[i], "tcp")
		connectTo(t, client, at[i])
	}
	tries := map[string]int{}
	for limit := time.Now().Add(3 * patience); min(tries[at[0]], tries[at[1]], tries[at[2]]) < turns; {
		tries[awaitEvent(t, m, EventConnectRetried).Endpoint]++
		if time.Now().After(limit) {
			t.Fatalf("one is not tried again: %v", tries)
		}
	}
	m.Close()
	for i := range wrong {
		wrong[i].Close()
		right := newTestSocket(t, c, Pull)
		if err := right.Bind(at[i]); err != nil {
			t.Fatal(err)
		}
		awaitText(t, right, trySend(client, "x"))
		right.Close()
	}
}

// TestReconnectSeveralTimes connects a socket to one endpoint several times: each connection is made again.
func TestReconnectSeveralTimes(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	const times = 3
	c := newTestContext(t)
	client := newTestSocket(t, c, Push, hasty()...)
	wrong := newTestSocket(t, c, Rep)
	endpoint := bindTo(t, wrong, "tcp")
	for range times {
		connectTo(t, client, endpoint)
	}
	eventually(t, "each is abandoned", func() bool { return client.Stats().ProtocolErrors >= 2*times })
	wrong.Close()
	right := newTestSocket(t, c, Pull)
	if err := right.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all have come back", func() bool { return client.Stats().Peers == times })
	if err := client.Disconnect(endpoint); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all have gone", func() bool {
		client.Events() // the engine ends connections while the socket is called
		return right.Stats().Peers == 0 && client.Stats().Peers == 0
	})
}

// TestReconnectLosesNothing sends while a wrong peer has the endpoint: what is sent waits for the right one.
func TestReconnectLosesNothing(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 3, 0}) {
		return
	}
	server, client := wrongThenRight(t, Rep, Pull, Push, "tcp", same, hasty()...)
	for n := range 20 {
		sendText(t, client, fmt.Sprint(n))
		expectText(t, server, fmt.Sprint(n))
	}
	// It is lost in the ordinary way, too.
	endpoint, err := server.LastEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	eventually(t, "the client knows", func() bool { return client.Stats().Peers == 0 })
	again := newTestSocket(t, client.Context(), Pull)
	if err := again.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	awaitText(t, again, trySend(client, "again"))
}

// TestReconnectImmediate: Immediate reads and works as the program has set it, also after a peer has refused the socket.
func TestReconnectImmediate(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	c := newTestContext(t)
	wrong := newTestSocket(t, c, Sub)
	refusing := bindTo(t, wrong, "tcp")
	for _, typ := range []SocketType{Push, Dealer} {
		client := newTestSocket(t, c, typ, hasty()...)
		connectTo(t, client, refusing)
		eventually(t, "it is refused", func() bool { return client.Stats().ProtocolErrors > 2 })
		expectOption(t, Immediate, client, false)
		if err := client.TrySendParts([]byte("x")); !errors.Is(err, ErrWouldBlock) {
			t.Errorf("%v: sent to nobody: %v", typ, err)
		}

		other := freeEndpoint(t, "ipc") // where nobody is yet
		connectTo(t, client, other)
		if err := client.TrySendParts([]byte("queued")); err != nil {
			t.Errorf("%v: not queued for a peer that is to come: %v", typ, err)
		}
		right := newTestSocket(t, c, map[SocketType]SocketType{Push: Pull, Dealer: Dealer}[typ])
		if err := right.Bind(other); err != nil {
			t.Fatal(err)
		}
		expectText(t, right, "queued")

		if err := client.Disconnect(refusing); err != nil {
			t.Fatal(err)
		}
		if err := client.Set(Immediate(false)); err != nil {
			t.Errorf("%v: the option as it is: %v", typ, err)
		}
		if err := client.Set(Immediate(true)); err != nil {
			t.Errorf("%v: the option as the engine has it: %v", typ, err)
		}
		expectOption(t, Immediate, client, true)
		connectTo(t, client, "tcp://127.0.0.1:1")
		if err := client.Set(Immediate(false)); err != nil {
			t.Errorf("%v: taken back: %v", typ, err)
		}
		expectOption(t, Immediate, client, false)
		if err := client.Disconnect(other); err != nil {
			t.Fatal(err)
		}
		if err := client.TrySendParts([]byte("x")); !errors.Is(err, ErrWouldBlock) {
			t.Errorf("%v: sent to nobody, with Immediate: %v", typ, err)
		}
		connectTo(t, client, "tcp://127.0.0.1:2")
		if err := client.TrySendParts([]byte("queued")); err != nil {
			t.Errorf("%v: not queued for a peer that is to come, once it was taken back: %v", typ, err)
		}
		client.Set(Linger(0))
	}
}

func expectOption[T comparable](t *testing.T, o Option[T], s *Socket, want T) {
	t.Helper()
	if v, err := o.Get(s); err != nil || v != want {
		t.Errorf("it is %v, %v, want %v", v, err, want)
	}
}

// TestReconnectOnceDisconnected: what was disconnected, or was told not to reconnect, is not connected anew.
func TestReconnectOnceDisconnected(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	c := newTestContext(t)
	wrong := newTestSocket(t, c, Rep)
	endpoint := bindTo(t, wrong, "tcp")
	for _, s := range []struct {
		name string
		opts []SocketOption
		do   func(*Socket)
	}{
		{"disconnected", []SocketOption{ReconnectInterval(time.Hour)}, func(s *Socket) {
			if err := s.Disconnect(endpoint); err != nil {
				t.Error(err)
			}
		}},
		{"told not to", []SocketOption{ReconnectInterval(Infinite)}, func(*Socket) {}},
		{"told to stop", []SocketOption{ReconnectInterval(time.Millisecond), ReconnectStop(2)}, func(*Socket) {}},
		{"closed", []SocketOption{ReconnectInterval(time.Hour)}, func(s *Socket) { s.Close() }},
	} {
		t.Run(s.name, func(t *testing.T) {
			if s.name == "told to stop" && !apiVersion().AtLeast(from434) {
				return
			}
			sub := newTestSocket(t, c, Sub, s.opts...)
			connectTo(t, sub, endpoint)
			eventually(t, "it was lost", func() bool { return sub.Stats().Disconnects == 1 })
			w := sub.st.connWatch
			s.do(sub)
			link := func() *link {
				w.mu.Lock()
				defer w.mu.Unlock()
				return w.links[endpoint]
			}
			if !strings.HasPrefix(s.name, "told") {
				eventually(t, "the link is forgotten", func() bool { return link() == nil })
				return
			}
			w.renew(link())
			if st := sub.Stats(); st.Reconnects != 0 || st.ProtocolErrors != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestReconnectOrdinary: connections that the engine makes again by itself are left to it.
func TestReconnectOrdinary(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	c := newTestContext(t)
	client := newTestSocket(t, c, Push, ReconnectInterval(time.Millisecond))
	server := newTestSocket(t, c, Pull)
	endpoint := bindTo(t, server, "tcp")
	connectTo(t, client, byName(endpoint))
	for n := range 20 {
		awaitText(t, server, trySend(client, fmt.Sprint(n)))
		server.Close()
		server = newTestSocket(t, c, Pull)
		if err := server.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
	}
	if st := client.Stats(); st.ProtocolErrors != 0 {
		t.Errorf("%+v", st)
	}
	w := client.st.connWatch
	eventually(t, "nothing is due", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, l := range w.links {
			if l.lost != 0 || l.timer != nil {
				return false
			}
		}
		return true
	})
}

// TestReconnectLateEvent has an event of a connection that was disconnected come after that of the next one's beginning: there is one
// peer, and none when it has gone.
func TestReconnectLateEvent(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	s := newTestSocket(t, newTestContext(t), Dealer, WatchPeers(true))
	at := freeEndpoint(t, "ipc")
	connectTo(t, s, at)
	w := s.st.connWatch
	r, wr, err := os.Pipe() // what is open there, and stays so
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer wr.Close()
	old, next := int(r.Fd()), int(wr.Fd())
	for _, fd := range []int{old, next, next} {
		w.deliver(MonitorEvent{Type: EventConnected, Endpoint: at, FD: fd})
		if reportsHandshakes() {
			w.deliver(MonitorEvent{Type: EventHandshakeSucceeded, Endpoint: at, FD: -1})
		}
		if n := s.Stats().Peers; n != 1 {
			t.Errorf("there are %d peers", n)
		}
	}
	w.deliver(MonitorEvent{Type: EventDisconnected, Endpoint: at, FD: next})
	if n := s.Stats().Peers; n != 0 {
		t.Errorf("%d peers are left", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.links[at]; l.open != 0 || len(w.linkOf) != 0 {
		t.Errorf("%d connections are left, of %v", l.open, w.linkOf)
	}
}

// endedSilently has the engine end the client's connection, or its attempts, at an endpoint without an event, as it does when it takes
// it for another connection that had the same memory.
func endedSilently(t *testing.T, client *Socket, at string) {
	t.Helper()
	client.st.mu.Lock()
	errno := cEndpoint(client.st.h, endpointDisconnect, at)
	client.st.mu.Unlock()
	if errno != 0 {
		t.Fatal(errno)
	}
	eventually(t, "all events have come", client.st.connWatch.p.upToDate)
}

// TestReconnectAfterSilence has the engine end an attempt to connect, and no other one follow.
func TestReconnectAfterSilence(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	c := newTestContext(t)
	client := newTestSocket(t, c, Push, ReconnectInterval(time.Hour))
	m := newTestMonitor(t, client, EventConnectRetried)
	at := freeEndpoint(t, "ipc")
	connectTo(t, client, at)
	awaitEvent(t, m, EventConnectRetried)
	m.Close()
	endedSilently(t, client, at)
	right := newTestSocket(t, c, Pull)
	if err := right.Bind(at); err != nil {
		t.Fatal(err)
	}
	client.st.connWatch.deliver(MonitorEvent{Type: EventClosed, Endpoint: at, FD: -1})
	awaitText(t, right, trySend(client, "x"))
}

// TestReconnectAnnounced has the engine announce an attempt to connect, and not make it.
func TestReconnectAnnounced(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	c := newTestContext(t)
	client := newTestSocket(t, c, Push, ReconnectInterval(time.Millisecond))
	at := freeEndpoint(t, "ipc")
	connectTo(t, client, at)
	endedSilently(t, client, at)
	w := client.st.connWatch
	w.mu.Lock()
	w.links[at].rest()
	w.links[at].next = time.Now().Add(-silentAfter)
	w.suspect()
	w.mu.Unlock()
	right := newTestSocket(t, c, Pull)
	if err := right.Bind(at); err != nil {
		t.Fatal(err)
	}
	awaitText(t, right, trySend(client, "x"))
}

// TestReconnectConnectionEndedSilently has the engine end a connection. It is found out when the connections are looked at, and
// at once when another one has its descriptor.
func TestReconnectConnectionEndedSilently(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	for name, find := range map[string]func(w *connWatch, fd int){
		"looked at": func(w *connWatch, _ int) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.suspect()
		},
		"reused": func(w *connWatch, fd int) {
			w.deliver(MonitorEvent{Type: EventAccepted, Endpoint: "tcp://127.0.0.1:1", FD: fd})
		},
	} {
		for _, transport := range []string{"tcp", "ipc"} {
			t.Run(name+" "+transport, func(t *testing.T) {
				c := newTestContext(t)
				client := newTestSocket(t, c, Push, WatchPeers(true), ReconnectInterval(time.Millisecond))
				right := newTestSocket(t, c, Pull, WatchPeers(true))
				at := bindTo(t, right, transport)
				m := newTestMonitor(t, client, EventConnected|EventDisconnected|EventConnectRetried)
				connectTo(t, client, at)
				fd := awaitEvent(t, m, EventConnected).FD
				sendText(t, client, "before")
				expectText(t, right, "before")
				endedSilently(t, client, at)
				if name == "reused" {
					eventually(t, "the connection has ended", func() bool {
						client.Events() // the engine ends connections while the socket is called
						return right.Stats().Peers == 0
					})
				}
				find(client.st.connWatch, fd)
				awaitEvent(t, m, EventDisconnected)
				if e := awaitEvent(t, m, EventConnectRetried); !errors.Is(e.Err, ECONNABORTED) {
					t.Errorf("the reason is %v", e.Err)
				}
				awaitText(t, right, trySend(client, "after"))
				if st := client.Stats(); st.ProtocolErrors != 0 || st.Reconnects == 0 {
					t.Errorf("it is counted as a protocol error: %+v", st)
				}
			})
		}
	}
}

// TestReconnectNotWhenClosed has a connection end with its socket, whose monitor goes on: that is not taken for one that the engine
// has ended in silence.
func TestReconnectNotWhenClosed(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	c := newTestContext(t)
	client := newTestSocket(t, c, Push, Linger(0))
	at := bindTo(t, newTestSocket(t, c, Pull), "tcp")
	m := newTestMonitor(t, client, EventConnected|EventDisconnected)
	connectTo(t, client, at)
	fd := awaitEvent(t, m, EventConnected).FD
	w := client.st.connWatch
	w.mu.Lock()
	w.suspect()
	w.mu.Unlock()
	client.Close()
	w.deliver(MonitorEvent{Type: EventAccepted, Endpoint: "tcp://127.0.0.1:1", FD: fd})
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ending || w.peers.lost > 0 {
		t.Errorf("ending: %v; %d connections were lost", w.ending, w.peers.lost)
	}
}

// TestReconnectNoneMissing has the event of a connection come late, after its endpoint was disconnected and connected anew twice.
// When it is found to have ended, the two are there, and no third one is made.
func TestReconnectNoneMissing(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	c := newTestContext(t)
	client := newTestSocket(t, c, Push, WatchPeers(true), ReconnectInterval(time.Millisecond))
	right := newTestSocket(t, c, Pull, WatchPeers(true))
	at := bindTo(t, right, "tcp")
	for range 2 {
		connectTo(t, client, at)
	}
	expectPeers(t, "both are connected", client, 2)
	w := client.st.connWatch
	w.deliver(MonitorEvent{Type: EventConnected, Endpoint: at, FD: 1 << 20}) // no descriptor of this process: it is closed
	eventually(t, "the connections were looked at", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.looks == 0 && w.look == nil
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.links[at]; l.open != 2 || l.lost != 0 || l.timer != nil {
		t.Errorf("there are %d connections, %d are missing, to be made: %v", l.open, l.lost, l.timer != nil)
	}
}
