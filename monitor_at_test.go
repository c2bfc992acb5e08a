package zmq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// eventsToTheEnd returns the types of the events that m has until it ends, which must be with ErrClosed.
func eventsToTheEnd(t *testing.T, m *Monitor) (types []string) {
	t.Helper()
	for e, err := range m.Events(patient(t)) {
		if err != nil {
			wantError(t, err, []error{ErrClosed})
			break
		}
		types = append(types, e.Type.String())
	}
	return types
}

// TestMonitorAtReportsEnd closes sockets under their monitors: what closing causes is reported, and then nothing more.
func TestMonitorAtReportsEnd(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			s := newTestSocket(t, newTestContext(t), Pull)
			m := newTestMonitor(t, s, EventListening|EventClosed|EventMonitorStopped)
			for range 3 {
				bindTo(t, s, transport)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			want := strings.Repeat("EventListening ", 3) + strings.Repeat("EventClosed ", 3) + "EventMonitorStopped"
			if got := strings.Join(eventsToTheEnd(t, m), " "); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
	t.Run("messages linger", func(t *testing.T) {
		// The socket is closed while nobody listens; who comes later has its message, and the monitor sees that.
		c := newTestContext(t)
		s := newTestSocket(t, c, Push, Linger(patience))
		endpoint := freeEndpoint(t, "ipc")
		m := newTestMonitor(t, s, EventConnected|EventMonitorStopped)
		connectTo(t, s, endpoint)
		sendText(t, s, "late")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		pull := newTestSocket(t, c, Pull)
		if err := pull.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
		expectText(t, pull, "late")
		if got := strings.Join(eventsToTheEnd(t, m), " "); got != "EventConnected EventMonitorStopped" {
			t.Error(got)
		}
	})
	t.Run("the context ends first", func(t *testing.T) {
		c := newTestContext(t, CloseTimeout(0))
		s := newTestSocket(t, c, Push, Linger(Infinite))
		m := newTestMonitor(t, s, EventMonitorStopped)
		connectTo(t, s, freeEndpoint(t, "ipc"))
		sendText(t, s, "never")
		s.Close()
		c.Shutdown()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := c.Term(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "all sockets are closed") {
			t.Errorf("terminating while a message lingers: %v", err)
		}
		for _, err := range m.Events(patient(t)) {
			if err != nil {
				wantError(t, err, []error{ErrClosed})
				break
			}
		}
		// Whoever takes the message lets the context end.
		endpoint := s.st.endpoint
		pull := newTestSocket(t, newTestContext(t), Pull)
		if err := pull.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
		expectText(t, pull, "never")
		if err := c.Term(patient(t)); err != nil {
			t.Error(err)
		}
	})
}

// recvEvent receives an event as libzmq sends it.
func recvEvent(t *testing.T, s *Socket) MonitorEvent {
	t.Helper()
	parts, err := s.RecvParts(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	e, ok := parseEvent(parts)
	if !ok {
		t.Fatalf("no event: %q", parts)
	}
	return e
}

// recvEvents receives events to the last one.
func recvEvents(t *testing.T, s *Socket) (all []string) {
	t.Helper()
	for {
		e := recvEvent(t, s)
		all = append(all, e.String())
		if e.Type == EventMonitorStopped {
			return all
		}
	}
}

// TestMonitorAt has events sent to a name, before and after a socket connects to it.
func TestMonitorAt(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	c := newTestContext(t, MaxSockets(3)) // feeds take none of them
	s, pair := newTestSocket(t, c, Pull), newTestSocket(t, c, Pair)
	stop, err := s.MonitorAt("inproc://events", EventListening|EventClosed|EventMonitorStopped)
	if err != nil {
		t.Fatal(err)
	}
	first := bindTo(t, s, "tcp")
	connectTo(t, pair, "inproc://events")
	second := bindTo(t, s, "ipc")
	for _, endpoint := range []string{first, second} {
		if e := recvEvent(t, pair); e.Type != EventListening || e.Endpoint != endpoint || e.FD < 0 {
			t.Errorf("%v, want EventListening %s", e, endpoint)
		}
	}
	if _, err := s.MonitorAt("inproc://events", EventAll); !errors.Is(err, EADDRINUSE) {
		t.Errorf("a name that is taken: %v", err)
	}
	other, err := s.MonitorAt("inproc://more", EventClosed|EventMonitorStopped)
	if err != nil {
		t.Fatal(err)
	}
	more := newTestSocket(t, c, Pair)
	connectTo(t, more, "inproc://more")
	other()
	if got := recvEvents(t, more); len(got) != 1 {
		t.Errorf("after stop: %v", got)
	}
	more.Close()
	s.Close()
	got := recvEvents(t, pair)
	slices.Sort(got)
	want := []string{"EventClosed " + first, "EventClosed " + second, "EventMonitorStopped"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	stop()
	stop()
	// The name is free.
	again := newTestSocket(t, c, Pair)
	if err := again.Bind("inproc://events"); err != nil {
		t.Error(err)
	}
}

// TestMonitorAtUnheard reports to names that no socket connects to: the end of the socket is the end, and no call hangs.
func TestMonitorAtUnheard(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	c := newTestContext(t)
	s := newTestSocket(t, c, Pull)
	var stops []func()
	for i := range 3 {
		stop, err := s.MonitorAt(fmt.Sprintf("inproc://unheard%d", i), EventAll)
		if err != nil {
			t.Fatal(err)
		}
		stops = append(stops, stop)
	}
	bindTo(t, s, "tcp")
	within(t, "stop", stops[0])
	s.Close()
	within(t, "stop after Close", stops[1])
	if err := c.Term(patient(t)); err != nil { // the third was forgotten
		t.Error(err)
	}
	within(t, "stop after Term", stops[2])
	c = newTestContext(t)
	s = newTestSocket(t, c, Pull)
	if _, err := s.MonitorAt("inproc://unheard", EventAll); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestMonitorAtErrors(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	for _, c := range []struct {
		endpoint string
		mask     MonitorEventType
		want     error
		word     string
	}{
		{"events", EventAll, EINVAL, "inproc://name"},
		{"", EventAll, EINVAL, "inproc://name"},
		{"tcp://127.0.0.1:*", EventAll, EPROTONOSUPPORT, "inproc only"},
		{"inproc://", EventAll, EINVAL, "monitor"},
		{"inproc://x", 0, EINVAL, "mask"},
	} {
		_, err := s.MonitorAt(c.endpoint, c.mask)
		wantError(t, err, []error{c.want}, "monitor", c.word)
	}
	s.Close()
	_, err := s.MonitorAt("inproc://x", EventAll)
	wantError(t, err, []error{ErrClosed})
}
