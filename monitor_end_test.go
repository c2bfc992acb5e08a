package zmq

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMonitorEnds checks how monitors end, each way while a goroutine waits.
func TestMonitorEnds(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	for _, c := range []struct {
		name string
		end  func(*Context, *Socket, *Monitor)
		want error
	}{
		{"monitor", func(_ *Context, _ *Socket, m *Monitor) { m.Close() }, ErrClosed},
		{"socket", func(_ *Context, s *Socket, _ *Monitor) { s.Close() }, ErrClosed},
		{"shutdown", func(c *Context, _ *Socket, _ *Monitor) { c.Shutdown() }, ErrTerminated},
		{"close", func(c *Context, _ *Socket, _ *Monitor) { c.Close() }, net.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := newTestContext(t)
			s := newTestSocket(t, ctx, Pull)
			bindTo(t, s, "tcp")
			m := newTestMonitor(t, s, EventAccepted)
			ended := make(chan error)
			go func() {
				_, err := m.Next(context.Background())
				ended <- err
			}()
			c.end(ctx, s, m)
			select {
			case err := <-ended:
				wantError(t, err, []error{c.want, net.ErrClosed}, "next event", "pull")
			case <-patient(t).Done():
				t.Fatal("Next does not end")
			}
			if _, err := m.Next(patient(t)); !errors.Is(err, c.want) {
				t.Errorf("Next after the end: %v", err)
			}
			for range 2 {
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestMonitorDrains closes the socket while events are queued: they are still fetched.
func TestMonitorDrains(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	m := newTestMonitor(t, s, EventListening|EventMonitorStopped)
	for range 10 {
		bindTo(t, s, "tcp")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range m.Events(patient(t)) {
		if err != nil {
			wantError(t, err, []error{ErrClosed})
			break
		}
		got = append(got, e.Type.String())
	}
	if want := strings.Repeat("EventListening ", 10) + "EventMonitorStopped"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if _, err := s.Monitor(EventAll); !errors.Is(err, ErrClosed) {
		t.Errorf("monitoring a closed socket: %v", err)
	}
}

func TestMonitorCancel(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	m := newTestMonitor(t, s, EventAll)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := m.Next(ctx)
	wantError(t, err, []error{context.Canceled})
	_, err = s.Monitor(0)
	wantError(t, err, []error{EINVAL}, "mask")
	_, err = s.Monitor(1 << 20)
	wantError(t, err, []error{EINVAL}, "mask")
}

// TestMonitorForgotten leaves monitors to the garbage collector.
func TestMonitorForgotten(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	c := newTestContext(t)
	s := newTestSocket(t, c, Pull)
	forgetMonitor(t, s)
	if !s.Stats().Watched {
		t.Error("the socket is not watched")
	}
	eventually(t, "a forgotten monitor ends", func() bool { return !s.Stats().Watched })
	forgetWatched(t, c)
	eventually(t, "a forgotten socket ends with its monitor", func() bool {
		c.st.mu.Lock()
		defer c.st.mu.Unlock()
		return len(c.st.openSockets)-c.st.internal == 1 && c.st.monitorSockets == 0
	})
}

func forgetMonitor(t *testing.T, s *Socket) {
	if _, err := s.Monitor(EventAll); err != nil {
		t.Fatal(err)
	}
}

func forgetWatched(t *testing.T, c *Context) {
	s, err := c.NewSocket(Pull)
	if err != nil {
		t.Fatal(err)
	}
	forgetMonitor(t, s)
}

// TestMonitorHeldUp keeps the events from being read, more of them than a high-water mark would allow: the engine
// goes on all the same.
func TestMonitorHeldUp(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	const connections = 1500 // two events each, and 2,000 messages are what an inproc pair holds by default
	pull := newTestSocket(t, newTestContext(t), Pull, WatchPeers(true))
	endpoint := bindTo(t, pull, "tcp")
	l := pull.st.connWatch
	l.mu.Lock()
	var once sync.Once
	release := func() { once.Do(l.mu.Unlock) }
	defer release()
	for range connections {
		conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		// The engine speaks first: who hears it was accepted.
		conn.SetDeadline(time.Now().Add(patience))
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatalf("the engine does not answer any more: %v", err)
		}
		conn.Close()
	}
	push := newTestSocket(t, newTestContext(t), Push)
	connectTo(t, push, endpoint)
	sendText(t, push, "it lives")
	expectText(t, pull, "it lives")
	release()
	eventually(t, "all events were read", func() bool { return pull.Stats().Connections == connections+1 })
}

// TestMonitorDuringClose opens monitors while their contexts close. The race detector sees what both touch.
func TestMonitorDuringClose(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	for range 400 {
		c := newTestContext(t)
		s := newTestSocket(t, c, Dealer)
		var wg sync.WaitGroup
		for range 4 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if m, err := s.Monitor(EventAll); err == nil {
					m.Close()
				}
			}()
		}
		c.Close()
		wg.Wait()
	}
}
