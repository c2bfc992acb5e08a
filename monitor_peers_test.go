package zmq

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

func TestWaitConnected(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			c := newTestContext(t)
			s := newTestSocket(t, c, Push, WatchPeers(true))
			endpoint := bindTo(t, s, transport)
			var peers []*Socket
			for n := range 3 {
				peers = append(peers, newTestSocket(t, c, Pull, WatchPeers(true)))
				connectTo(t, peers[n], endpoint)
				if err := s.WaitConnected(patient(t), n+1); err != nil {
					t.Fatal(err)
				}
				if err := peers[n].WaitConnected(patient(t), 1); err != nil {
					t.Fatal(err)
				}
			}
			if err := peers[0].Close(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the peer that left is counted no more", func() bool { return s.Stats().Peers == 2 })
			if err := peers[1].Disconnect(endpoint); err != nil {
				t.Fatal(err)
			}
			if st := peers[1].Stats(); st.Peers != 0 {
				t.Errorf("after Disconnect: %+v", st)
			}
			connectTo(t, peers[1], endpoint)
			if err := peers[1].WaitConnected(patient(t), 1); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			wantError(t, s.WaitConnected(ctx, 9), []error{context.Canceled}, "wait for peers")
			if err := s.Set(WatchPeers(false)); err != nil {
				t.Fatal(err)
			}
			wantError(t, s.WaitConnected(patient(t), 1), []error{EINVAL}, "WatchPeers(true)")
		})
	}
}

func TestWaitConnectedEnds(t *testing.T) {
	if !monitorsHere(t) {
		return
	}
	s := newTestSocket(t, newTestContext(t), Push)
	m := newTestMonitor(t, s, EventMonitorStopped)
	ended := make(chan error)
	go func() { ended <- s.WaitConnected(context.Background(), 1) }()
	eventually(t, "it waits", func() bool {
		s.st.mu.Lock()
		defer s.st.mu.Unlock()
		s.st.connWatch.mu.Lock()
		defer s.st.connWatch.mu.Unlock()
		return len(s.st.connWatch.sinks) == 2
	})
	s.Close()
	wantError(t, <-ended, []error{ErrClosed}, "push")
	m.Close()
	wantError(t, s.WaitConnected(patient(t), 1), []error{ErrClosed})
}

// TestHeartbeat loses a peer that neither closes its connection nor answers any more.
func TestHeartbeat(t *testing.T) {
	if !monitorsHere(t) || !apiVersion().AtLeast(from42) {
		return
	}
	c := newTestContext(t)
	server := newTestSocket(t, c, Pull)
	target := strings.TrimPrefix(bindTo(t, server, "tcp"), "tcp://")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cut := make(chan struct{})
	relayed := make(chan error)
	go func() { relayed <- relayUntil(l, target, cut) }()
	client := newTestSocket(t, c, Push, Heartbeat(20*time.Millisecond, 100*time.Millisecond), WatchPeers(true), ReconnectInterval(Infinite))
	m := newTestMonitor(t, client, EventDisconnected)
	connectTo(t, client, "tcp://"+l.Addr().String())
	if err := client.WaitConnected(patient(t), 1); err != nil {
		t.Fatal(err)
	}
	sendText(t, client, "x")
	expectText(t, server, "x")
	close(cut)
	awaitEvent(t, m, EventDisconnected)
	eventually(t, "nobody is connected", func() bool { return client.Stats().Peers == 0 })
	if err := taken(t, "the relay to end", relayed); err != nil {
		t.Error(err)
	}
}

// relayUntil passes one connection's bytes to target and back, until cut: then it holds both ends and passes nothing,
// until the client has gone.
func relayUntil(l net.Listener, target string, cut chan struct{}) error {
	in, err := l.Accept()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := net.Dial("tcp", target)
	if err != nil {
		return err
	}
	defer out.Close()
	pass := func(from, to net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			select {
			case <-cut:
			default:
				to.Write(buf[:n])
			}
		}
	}
	go pass(out, in)
	pass(in, out)
	return nil
}
