package zmq

import (
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newTestMonitor returns a monitor that is closed when the test ends.
func newTestMonitor(t testing.TB, s *Socket, mask MonitorEventType) *Monitor {
	t.Helper()
	m, err := s.Monitor(mask)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// awaitEvent returns the next event of these types.
func awaitEvent(t testing.TB, m *Monitor, types MonitorEventType) MonitorEvent {
	t.Helper()
	for e, err := range m.Events(patient(t)) {
		if err != nil {
			t.Fatalf("waiting for %v: %v", types, err)
		}
		if e.Type&types != 0 {
			return e
		}
	}
	panic("not reached")
}

// monitorsHere reports whether the engine can be monitored, after checking the error if not.
func monitorsHere(t *testing.T) bool {
	t.Helper()
	if apiVersion().AtLeast(from40) {
		return true
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	_, err := s.Monitor(EventAll)
	needs(t, from40, err)
	needs(t, from40, s.Set(WatchPeers(true)))
	needs(t, from40, s.WaitConnected(patient(t), 1))
	return false
}

func TestMonitorEventNumbers(t *testing.T) {
	macros := headerMacros(t)
	for c, want := range map[string]MonitorEventType{
		"CONNECTED": EventConnected, "CONNECT_DELAYED": EventConnectDelayed, "CONNECT_RETRIED": EventConnectRetried,
		"LISTENING": EventListening, "BIND_FAILED": EventBindFailed, "ACCEPTED": EventAccepted, "ACCEPT_FAILED": EventAcceptFailed,
		"CLOSED": EventClosed, "CLOSE_FAILED": EventCloseFailed, "DISCONNECTED": EventDisconnected,
		"MONITOR_STOPPED": EventMonitorStopped, "ALL": EventAll, "HANDSHAKE_FAILED_NO_DETAIL": EventHandshakeFailedNoDetail,
		"HANDSHAKE_SUCCEEDED": EventHandshakeSucceeded, "HANDSHAKE_FAILED_PROTOCOL": EventHandshakeFailedProtocol,
		"HANDSHAKE_FAILED_AUTH": EventHandshakeFailedAuth,
	} {
		if got, ok := macros["ZMQ_EVENT_"+c]; !ok || MonitorEventType(got) != want {
			t.Errorf("%v is %#x, ZMQ_EVENT_%s is %#x", want, int(want), c, got)
		}
	}
	known := 0
	for c, code := range macros {
		if strings.HasPrefix(c, "ZMQ_PROTOCOL_ERROR_") {
			known++
			if protocolTexts[code] == "" {
				t.Errorf("%s (%#x) has no name here", c, code)
			}
		}
	}
	if known != len(protocolTexts) {
		t.Errorf("%d protocol errors are known, the header has %d", len(protocolTexts), known)
	}
}

func TestMonitorParseEvent(t *testing.T) {
	frame := func(typ MonitorEventType, value uint32) []byte {
		return []byte{byte(typ), byte(typ >> 8), byte(value), byte(value >> 8), byte(value >> 16), byte(value >> 24)}
	}
	if runtime.GOARCH == "s390x" || runtime.GOARCH == "ppc64" {
		t.Skip("the frames below are little-endian")
	}
	for _, c := range []struct {
		parts [][]byte
		want  string
		is    error
	}{
		{[][]byte{frame(EventBindFailed, uint32(EADDRINUSE)), []byte("tcp://*:1")}, "EventBindFailed tcp://*:1: address already in use", EADDRINUSE},
		{[][]byte{frame(EventHandshakeFailedAuth, 400), nil}, "EventHandshakeFailedAuth: handshake: authentication status 400 denied", fs.ErrPermission},
		{[][]byte{frame(EventHandshakeFailedAuth, 999), nil}, "EventHandshakeFailedAuth: handshake: authentication status 999", &AuthError{999}},
		{[][]byte{frame(EventHandshakeFailedProtocol, 0x11000002), nil}, "EventHandshakeFailedProtocol: handshake: the peer uses another security mechanism", EPROTO},
		{[][]byte{frame(EventHandshakeFailedProtocol, 7), nil}, "EventHandshakeFailedProtocol: handshake: protocol error 0x7", &ProtocolError{7}},
		{[][]byte{frame(EventMonitorStopped, 0), nil}, "EventMonitorStopped", nil},
		{[][]byte{frame(0x8000, 0), []byte("a\n")}, `0x8000 "a\n"`, nil},
	} {
		e, ok := parseEvent(c.parts)
		if !ok || e.String() != c.want {
			t.Errorf("%v is %v, %v, want %s", c.parts, e, ok, c.want)
		}
		if c.is != nil && !errors.Is(e.Err, c.is) {
			t.Errorf("%v is not %v", e.Err, c.is)
		}
	}
	for _, parts := range [][][]byte{nil, {nil, nil}, {frame(1, 1)}, {frame(1, 1)[:5], nil}, {frame(1, 1), nil, nil}} {
		if e, ok := parseEvent(parts); ok {
			t.Errorf("%v was taken for %v", parts, e)
		}
	}
}

// TestMonitorReconnects makes and loses 1,000 connections; each event of each is seen, in its order.
func TestMonitorReconnects(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	const rounds = 1000
	s := newTestSocket(t, newTestContext(t), Pull)
	endpoint := bindTo(t, s, "tcp")
	m := newTestMonitor(t, s, EventAccepted|EventDisconnected|EventHandshakeFailed)
	all := newTestMonitor(t, s, EventAll)
	var want, got []string
	for range rounds {
		conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		awaitEvent(t, all, EventAccepted)
		conn.Close()
		awaitEvent(t, all, EventDisconnected)
		want = append(want, "EventAccepted")
		if engineFrom(4, 2, 3) {
			want = append(want, "EventHandshakeFailedNoDetail")
		}
		want = append(want, "EventDisconnected")
	}
	for range want {
		e, err := m.Next(patient(t))
		if err != nil {
			t.Fatal(err)
		}
		if e.Endpoint != endpoint && engineFrom(4, 2, 0) { // 4.1 names the wildcard port that was given to Bind
			t.Fatalf("%v is not of %s", e, endpoint)
		}
		got = append(got, e.Type.String())
	}
	if diff := cmp.Diff(want, got); diff != "" || m.Dropped() != 0 {
		t.Errorf("%d dropped (-want +got):\n%s", m.Dropped(), diff)
	}
	if st := s.Stats(); st.Peers != 0 || st.Connections != rounds || st.Disconnects != rounds || st.Handshakes && st.HandshakeFailures != rounds {
		t.Errorf("after %d failed connections the counters are %+v", rounds, st)
	}
}

// greeting is how a peer of ZMTP 3.0 begins.
func greeting(mechanism string, server byte) string {
	return "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00" + mechanism + strings.Repeat("\x00", 20-len(mechanism)) + string([]byte{server}) + strings.Repeat("\x00", 31)
}

// command is a command of ZMTP 3.0, of up to 255 bytes.
func command(name, body string) string {
	return "\x04" + string([]byte{byte(1 + len(name) + len(body)), byte(len(name))}) + name + body
}

var reconnects = flag.Int("reconnects", 200, "how often each socket of TestMonitorOrder is reconnected")

// hangUp accepts n connections of peers of ZMTP 3, and ends each when its handshake without security is complete. Before
// it ends the last one it closes the listener, so that there is no other.
func hangUp(l net.Listener, typ string, n int) error {
	for i := range n {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		_, err = io.WriteString(conn, greeting("NULL", 0)+command("READY", "\x0bSocket-Type\x00\x00\x00"+string([]byte{byte(len(typ))})+typ))
		head := make([]byte, 64+2) // the greeting, and the length of a command
		if err == nil {
			_, err = io.ReadFull(conn, head)
		}
		if err == nil {
			_, err = io.CopyN(io.Discard, conn, int64(head[65]))
		}
		if i == n-1 {
			l.Close()
		}
		if err = errors.Join(err, conn.Close()); err != nil {
			return err
		}
	}
	return nil
}

// TestMonitorOrder has sockets of several types reconnect: each connection's events come in their order and none is missing
// that fits the buffer; what does not fit another monitor's is counted.
func TestMonitorOrder(t *testing.T) {
	if !monitorsHere(t) || !apiVersion().AtLeast(from423) {
		return
	}
	for typ, peer := range map[SocketType]string{Pair: "PAIR", Dealer: "ROUTER", Sub: "PUB", Push: "PULL", Req: "REP", Router: "DEALER"} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s := newTestSocket(t, newTestContext(t), typ, ReconnectInterval(time.Millisecond))
			const mask = EventConnected | EventHandshakeSucceeded | EventHandshakeFailed | EventDisconnected
			m, small := newTestMonitor(t, s, mask), newTestMonitor(t, s, mask)
			m.SetBuffer(3 * *reconnects)
			small.SetBuffer(7)
			ended := make(chan error, 1)
			go func() { ended <- hangUp(l, peer, *reconnects) }()
			connectTo(t, s, "tcp://"+l.Addr().String())
			if err := taken(t, "a peer to be through", ended); err != nil {
				t.Fatal(err)
			}
			events := uint64(3 * *reconnects)
			eventually(t, "the last connection has ended", func() bool { return s.Stats().Disconnects == events/3 && small.Dropped() == events-7 })
			want := []MonitorEventType{EventConnected, EventHandshakeSucceeded, EventDisconnected}
			for n := range int(events) {
				e, err := m.Next(patient(t))
				if err != nil || e.Type != want[n%3] || e.Endpoint != "tcp://"+l.Addr().String() {
					t.Fatalf("event %d is %v, %v, want %v", n, e, err, want[n%3])
				}
			}
			for n := range 7 {
				if e, err := small.Next(patient(t)); err != nil || e.Type != want[(int(events)-7+n)%3] {
					t.Errorf("of the last seven, event %d is %v, %v", n, e, err)
				}
			}
			st := s.Stats()
			if m.Dropped() != 0 || st.Peers != 0 || st.Connections != events/3 || st.Reconnects < events/3-1 || st.HandshakeFailures != 0 {
				t.Errorf("%d dropped, %+v", m.Dropped(), st)
			}
		})
	}
}

// TestMonitorSlow leaves events where they are: the engine goes on, the oldest are dropped and counted.
func TestMonitorSlow(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	m, all := newTestMonitor(t, s, EventAccepted|EventDisconnected), newTestMonitor(t, s, EventAll)
	m.SetBuffer(5)
	endpoint := bindTo(t, s, "tcp")
	for range 50 {
		if conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://")); err == nil {
			conn.Close()
		}
		awaitEvent(t, all, EventDisconnected)
	}
	if m.Dropped() != 95 {
		t.Errorf("%d events were dropped of 100 that were to fit a buffer of 5", m.Dropped())
	}
	m.SetBuffer(2)
	if m.Dropped() != 98 {
		t.Errorf("%d events were dropped after the buffer shrank to 2", m.Dropped())
	}
	if a, b := awaitEvent(t, m, EventAll), awaitEvent(t, m, EventAll); a.Type != EventAccepted || b.Type != EventDisconnected {
		t.Errorf("the last events are %v and %v", a, b)
	}
}

// TestMonitorStorm opens and closes monitors from many goroutines while connections come and go and the socket
// and the context are closed under them.
func TestMonitorStorm(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	c := newTestContext(t)
	s := newTestSocket(t, c, Router, WatchPeers(true))
	endpoint := bindTo(t, s, "tcp")
	var all sync.WaitGroup
	for range 4 {
		all.Add(2)
		go func() {
			defer all.Done()
			for range 50 {
				m, err := s.Monitor(EventAll)
				if err != nil {
					if !errors.Is(err, net.ErrClosed) {
						t.Error(err)
					}
					return
				}
				ctx, cancel := context.WithCancel(context.Background())
				context.AfterFunc(ctx, func() {})
				go cancel()
				m.Next(ctx)
				m.Close()
			}
		}()
		go func() {
			defer all.Done()
			for range 10 {
				d, err := c.NewSocket(Dealer, Linger(0), WatchPeers(true))
				if err != nil {
					if !errors.Is(err, net.ErrClosed) {
						t.Error(err)
					}
					return
				}
				if d.Connect(endpoint) == nil {
					d.WaitConnected(patient(t), 1)
				}
				d.Close()
			}
		}()
	}
	all.Wait()
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				m, err := s.Monitor(EventAll)
				if err != nil {
					return
				}
				m.Close()
			}
		}()
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
}

// TestMonitorSlots keeps the context's limit for the program although the engine opens sockets by itself.
func TestMonitorSlots(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	c := newTestContext(t, MaxSockets(4))
	for range 4 {
		newTestMonitor(t, newTestSocket(t, c, Pull), EventAll)
	}
	_, err := c.NewSocket(Pull)
	wantError(t, err, []error{ErrMaxSockets})
}
