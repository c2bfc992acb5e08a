package zmq

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestShedDecides: what the engine has abandoned is known at once where a link is not to be made again, else after lossDoubt, and no
// sooner or later because of another connection of the same endpoint.
func TestShedDecides(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name       string
		l          link
		reconnects bool
		left, dead bool
	}{
		{"nothing was lost", link{times: 1, open: 1, last: now}, true, false, false},
		{"one of two was lost", link{times: 2, open: 1, lost: 1, last: now.Add(-lossDoubt)}, true, false, false},
		{"lost now", link{times: 1, lost: 1, last: now}, true, true, false},
		{"lost long ago", link{times: 1, lost: 1, last: now.Add(-lossDoubt)}, true, false, true},
		{"one long ago, one now", link{times: 2, lost: 2, since: now.Add(-lossDoubt), last: now}, true, true, false},
		{"not to be made again", link{times: 1, lost: 1, last: now}, false, false, true},
		{"known to be abandoned", link{times: 1, lost: 1, last: now, dead: true}, true, false, true},
		{"shed", link{times: 1, lost: 1, last: now.Add(-lossDoubt), shed: true}, true, false, false},
	} {
		l := c.l
		left := l.decide(c.reconnects)
		if left > 0 != c.left || left > lossDoubt || l.dead != c.dead {
			t.Errorf("%s: %v left, dead: %v; want left: %v, dead: %v", c.name, left, l.dead, c.left, c.dead)
		}
	}
}

// TestShedEngineIsLate: an engine that says after lossDoubt that it makes a connection again has not abandoned it.
func TestShedEngineIsLate(t *testing.T) {
	const endpoint = "tcp://127.0.0.1:1"
	l := &link{endpoint: endpoint, times: 1, lost: 1, last: time.Now().Add(-lossDoubt)}
	w := &connWatch{links: map[string]*link{endpoint: l}, changed: make(chan struct{}), peers: newPeers()}
	changed := w.change()
	if l.decide(true); !l.dead {
		t.Fatal("it is not taken for abandoned")
	}
	w.deliver(MonitorEvent{Type: EventConnectDelayed, Endpoint: endpoint})
	if l.dead || l.lost != 0 {
		t.Errorf("dead: %v, %d lost", l.dead, l.lost)
	}
	select {
	case <-changed:
	default:
		t.Error("those who wait for that are not told")
	}
}

// lostLink returns the link of a socket to an endpoint once the connection there was lost, and keeps its timer from connecting it
// anew.
func lostLink(t *testing.T, s *Socket, endpoint string) (w *connWatch, l *link) {
	t.Helper()
	w = s.st.connWatch
	eventually(t, "the connection ends", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		l = w.links[endpoint]
		return l.lost > 0
	})
	w.mu.Lock()
	l.rest()
	w.mu.Unlock()
	return w, l
}

// TestShedBeforeRenewed: while it is not known whether the engine has abandoned one connection, no other is made anew, and before
// one is, all that were abandoned are disconnected.
func TestShedBeforeRenewed(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	const peers = 3
	c := newTestContext(t)
	client := newTestSocket(t, c, Pull, MaxMsgSize(100), ReconnectInterval(time.Millisecond))
	var servers [peers]*Socket
	var links [peers]*link
	var w *connWatch
	var at [peers]string
	for i := range servers {
		servers[i] = newTestSocket(t, c, Push)
		at[i] = bindTo(t, servers[i], "tcp")
		connectTo(t, client, at[i])
	}
	expectPeers(t, "all are connected", client, peers)
	for i, s := range servers {
		sendText(t, s, strings.Repeat("x", 101))
		w, links[i] = lostLink(t, client, at[i])
	}
	set := func(last time.Time) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, l := range links {
			l.rest()
		}
		links[0].last, links[1].last, links[2].last = time.Now().Add(-lossDoubt), time.Now().Add(-lossDoubt), last
	}
	lost := func() (lost, shed int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, l := range links {
			lost += l.lost
			if l.shed {
				shed++
			}
		}
		return lost, shed
	}
	set(time.Now().Add(time.Hour))
	w.renew(links[0])
	if n, _ := lost(); n != peers {
		t.Fatal("a connection was made anew while another one was in doubt")
	}
	set(time.Now().Add(-lossDoubt))
	w.renew(links[0])
	if n, shed := lost(); n != peers-1 || shed != peers-1 {
		t.Fatalf("%d are lost and %d were disconnected after one of %d was made anew", n, shed, peers)
	}
	for _, l := range links[1:] {
		w.renew(l)
	}
	for _, s := range servers {
		if got := awaitText(t, client, trySend(s, "fits")); got != "fits" {
			t.Errorf("%q", got)
		}
	}
}

// TestShedBesideUnread: messages of others that were not received yet keep nothing that was abandoned in its handshake.
func TestShedBesideUnread(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 3, 0}) {
		return
	}
	c := newTestContext(t)
	busy := newTestSocket(t, c, Push)
	client := newTestSocket(t, c, Pull, ReconnectInterval(time.Hour))
	connectTo(t, client, bindTo(t, busy, "tcp"))
	sendText(t, busy, "unread")
	eventually(t, "it has come", func() bool {
		ev, _ := client.Events()
		return ev&PollIn != 0
	})
	endpoint := unfit(t)
	connectTo(t, client, endpoint)
	lostLink(t, client, endpoint)
	connectTo(t, client, bindTo(t, newTestSocket(t, c, Push), "tcp"))
	client.st.mu.Lock()
	shed := client.st.isShed(endpoint)
	client.st.mu.Unlock()
	if !shed {
		t.Error("the engine still has what it has abandoned when it gets the next")
	}
	expectText(t, client, "unread")
}

// unfit returns the endpoint of a Pub that lets its peers end the connection: a socket may be the first to do so, and its peer then
// not know why.
func unfit(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.WriteString(conn, greeting("NULL", 0)+command("READY", property("Socket-Type", "PUB")))
				io.Copy(io.Discard, conn)
			}()
		}
	}()
	return "tcp://" + l.Addr().String()
}

// TestShedAtOnce: what was abandoned, and that the engine has forgotten since, can be disconnected, or connected again at once.
func TestShedAtOnce(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 3, 0}) {
		return
	}
	c := newTestContext(t)
	endpoint := unfit(t)
	other := bindTo(t, newTestSocket(t, c, Pull), "tcp")
	for _, by := range []struct {
		typ  SocketType
		opts []SocketOption
	}{
		{Push, []SocketOption{ReconnectInterval(time.Hour)}}, {Dealer, []SocketOption{ReconnectInterval(time.Hour)}},
		{Push, []SocketOption{ReconnectInterval(Infinite)}}, {Dealer, []SocketOption{ReconnectInterval(Infinite)}},
		{Router, []SocketOption{ReconnectInterval(time.Hour), ConnectRoutingID("named")}},
	} {
		typ := by.typ
		client := newTestSocket(t, c, typ, by.opts...)
		lose := func() {
			t.Helper()
			before := client.Stats().Disconnects
			connectTo(t, client, endpoint)
			eventually(t, "the wrong peer is abandoned", func() bool { return client.Stats().Disconnects > before })
		}
		lose()
		connectTo(t, client, other)
		client.st.mu.Lock()
		shed := client.st.isShed(endpoint)
		client.st.mu.Unlock()
		if !shed {
			t.Errorf("%v: the engine still has what it has abandoned when it gets the next", typ)
		}
		if err := client.Disconnect(endpoint); err != nil {
			t.Errorf("%v: %v", typ, err)
		}
		wantError(t, client.Disconnect(endpoint), []error{ENOENT}, "is not connected to it")
		lose()
		lose() // connected again at once
		client.Close()
	}
}

// TestShedLater: of a connection that ends after its handshake no event says whether the engine makes it again. What comes
// next waits until that is known.
func TestShedLater(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 3, 0}) {
		return
	}
	c := newTestContext(t)
	other := bindTo(t, newTestSocket(t, c, Push), "tcp")
	for _, interval := range []time.Duration{time.Hour, Infinite} {
		server := newTestSocket(t, c, Push)
		endpoint := bindTo(t, server, "tcp")
		client := newTestSocket(t, c, Pull, MaxMsgSize(100), ReconnectInterval(interval))
		connectTo(t, client, endpoint)
		sendText(t, server, strings.Repeat("x", 101))
		eventually(t, "the connection ends", func() bool { return client.Stats().Disconnects == 1 })
		connectTo(t, client, other)
		w := client.st.connWatch
		w.mu.Lock()
		if l := w.links[endpoint]; l.lost > 0 && !l.shed {
			t.Errorf("%v: the engine still has what it has abandoned when it gets the next", interval)
		}
		w.mu.Unlock()
		if err := client.Disconnect(endpoint); err != nil {
			t.Error(err)
		}
		client.Close()
		server.Close()
	}
}
