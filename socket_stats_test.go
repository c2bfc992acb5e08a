package zmq

import (
	"context"
	"testing"
)

func TestStats(t *testing.T) {
	push, pull := newPair(t, Push, Pull, "inproc")
	sendText(t, push, "ab", "cde")
	sendText(t, push, "f")
	expectText(t, pull, "ab", "cde")
	if n, err := pull.Recv(make([]byte, 1), 0); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	expectNothing(t, pull)
	want := Traffic{Messages: 2, Parts: 3, Bytes: 6}
	if st := push.Stats(); st.Sent != want || st.Received != (Traffic{}) || st.Calls == 0 || st.Watched {
		t.Errorf("the sender has %+v", st)
	}
	if st := pull.Stats(); st.Received != want || st.Sent != (Traffic{}) || st.WouldBlock == 0 || st.Waited != 0 {
		t.Errorf("the receiver has %+v", st)
	}
	done := make(chan error)
	go func() {
		_, err := pull.RecvParts(context.Background())
		done <- err
	}()
	parkedOn(t, pull, 1)
	sendText(t, push, "g")
	if err := taken(t, "the waiting to end", done); err != nil {
		t.Fatal(err)
	}
	pull.Close()
	if st := pull.Stats(); st.Waited != 1 || st.Received.Messages != 3 {
		t.Errorf("the receiver has %+v after it was closed", st)
	}
}

// TestStatsDeviceSockets: what a device moves counts as received where it came in, and as sent where it went out.
func TestStatsDeviceSockets(t *testing.T) {
	c := newTestContext(t)
	front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	push, pull := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
	connectTo(t, push, bindTo(t, front, "inproc"))
	connectTo(t, pull, bindTo(t, back, "inproc"))
	d, err := NewStreamer(front, back)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	for range 3 {
		sendText(t, push, "one", "three")
		expectText(t, pull, "one", "three")
	}
	cancel()
	within(t, "a device whose context has ended", func() { <-ended })
	want := Traffic{Messages: 3, Parts: 6, Bytes: 24}
	if st := front.Stats(); st.Received != want || st.Sent != (Traffic{}) {
		t.Errorf("the frontend has received %+v and sent %+v", st.Received, st.Sent)
	}
	if st := back.Stats(); st.Sent != want || st.Received != (Traffic{}) {
		t.Errorf("the backend has sent %+v and received %+v", st.Sent, st.Received)
	}
}
