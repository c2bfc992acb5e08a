package zmq

import (
	"context"
	"net"
	"testing"
	"time"
)

// TestPollerWake: it ends the Wait that runs, or else the next one, once.
func TestPollerWake(t *testing.T) {
	p := mustGet(NewPoller())
	defer p.Close()
	s := newTestSocket(t, newTestContext(t), Pull)
	must(p.Add(s, PollIn))
	got := make(chan error, 1)
	wait := func() {
		ready, err := p.Wait(patient(t))
		if len(ready) > 0 {
			t.Errorf("%v although nothing is ready", ready)
		}
		got <- err
	}
	go wait()
	parkedOn(t, s, 1)
	p.Wake()
	if err := taken(t, "the Wait that runs", got); err != nil {
		t.Error(err)
	}
	p.Wake()
	p.Wake()
	go wait()
	if err := taken(t, "the next Wait", got); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	_, err := p.Wait(ctx)
	wantError(t, err, []error{context.DeadlineExceeded})
	if ready, err := p.TryWait(); len(ready) > 0 || err != nil {
		t.Errorf("TryWait: %v, %v", ready, err)
	}
}

// TestPollerReady: sockets, a connection and Wake are noticed in a select, and nothing is missed between two.
func TestPollerReady(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		p := mustGet(NewPoller())
		defer p.Close()
		in, out := newPair(t, Pull, Push, transport)
		must(p.Add(in, PollIn))
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		l := mustGet(net.Listen("tcp", "127.0.0.1:0"))
		defer l.Close()
		conn := mustGet(net.Dial("tcp", l.Addr().String()))
		defer conn.Close()
		peer := mustGet(l.Accept())
		defer peer.Close()
		must(p.AddConn(peer.(*net.TCPConn), PollIn))
		const n = 200
		other := make(chan int)
		go func() {
			for i := range n {
				switch i % 4 {
				case 0, 1:
					sendText(t, out, "x")
				case 2:
					conn.Write([]byte("x"))
				case 3:
					other <- i
				}
			}
			p.Wake()
		}()
		messages, bytes, others, end := 0, 0, 0, time.After(patience)
		for messages+bytes+others < n {
			select {
			case <-p.Ready():
				ready, err := p.TryWait()
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range ready {
					if r.Socket == in {
						if _, err := in.TryRecvParts(); err == nil {
							messages++
						}
					} else {
						k, err := peer.Read(make([]byte, 1000))
						if err != nil {
							t.Fatal(err)
						}
						bytes += k
					}
				}
			case <-other:
				others++
			case <-end:
				t.Fatalf("%d messages, %d bytes, %d others", messages, bytes, others)
			}
		}
	})
}

// TestPollerReadyEnds: what Wait would fail with can be received, too.
func TestPollerReadyEnds(t *testing.T) {
	p := mustGet(NewPoller())
	s := newTestSocket(t, newTestContext(t), Pull)
	must(p.Add(s, PollIn))
	select {
	case <-p.Ready():
		t.Fatal("ready with nothing there")
	default:
	}
	got := make(chan error, 1)
	go func() {
		<-p.Ready()
		_, err := p.TryWait()
		got <- err
	}()
	s.Close()
	wantError(t, taken(t, "the end of the socket", got), []error{ErrClosed}, "(pull)")
	must(p.Remove(s))
	select {
	case <-p.Ready(): // of Remove
	default:
	}
	waiting := p.Ready()
	select {
	case <-waiting:
		t.Fatal("ready with nothing there")
	default:
	}
	p.Close()
	taken(t, "the end of the poller", waiting)
	<-p.Ready()
	_, err := p.TryWait()
	wantError(t, err, []error{ErrClosed})
	p.Wake()
}
