package zmq

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// TestContextStats: what sockets have done is kept when they are closed, and by type.
func TestContextStats(t *testing.T) {
	c := newTestContext(t)
	if st := c.Stats(); st.Opened != 0 || len(st.Types) != 0 {
		t.Errorf("a context without sockets has %+v", st)
	}
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	connectTo(t, push, bindTo(t, pull, "inproc"))
	sendText(t, push, "ab", "cde")
	expectText(t, pull, "ab", "cde")
	want := Traffic{Messages: 1, Parts: 2, Bytes: 5}
	check := func(open int) {
		t.Helper()
		st := c.Stats()
		if st.Open != open || st.Opened != 2 || st.Sent != want || st.Received != want || st.Calls < 2 {
			t.Errorf("with %d open the context has %+v", open, st.TypeStats)
		}
		if st.Types[Push].Sent != want || st.Types[Pull].Received != want || st.Types[Push].Received != (Traffic{}) || len(st.Types) != 2 {
			t.Errorf("by type it has %+v", st.Types)
		}
	}
	check(2)
	if got := c.Sockets(); !slices.Equal(got, []*Socket{pull, push}) {
		t.Errorf("the sockets are %v", got)
	}
	if err := push.Close(); err != nil {
		t.Fatal(err)
	}
	check(1)
	if got := c.Sockets(); !slices.Equal(got, []*Socket{pull}) {
		t.Errorf("after a close the sockets are %v", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	check(0)
	if got := c.Sockets(); len(got) != 0 {
		t.Errorf("after the end the sockets are %v", got)
	}
}

// TestContextStatsOfWatches: what a watch has counted is kept when it ends, and the sockets of watches are not among those that are
// told of.
func TestContextStatsOfWatches(t *testing.T) {
	needsAPI(t, from40, "the test watches peers")
	c := newTestContext(t)
	pull, push := newTestSocket(t, c, Pull, WatchPeers(true)), newTestSocket(t, c, Push)
	connectTo(t, push, bindTo(t, pull, "tcp"))
	if err := pull.WaitConnected(patient(t), 1); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	if st.Open != 2 || len(c.Sockets()) != 2 {
		t.Errorf("the package's own sockets are among %v: %+v", c.Sockets(), st)
	}
	if of := st.Types[Pull]; of.Watched != 1 || of.Peers != 1 || of.Connections != 1 {
		t.Errorf("while it is watched: %+v", of)
	}
	if err := pull.Set(WatchPeers(false)); err != nil {
		t.Fatal(err)
	}
	if of := c.Stats().Types[Pull]; of.Watched != 0 || of.Peers != 0 || of.Connections != 1 {
		t.Errorf("when the watch has ended: %+v", of)
	}
	if err := pull.Set(WatchPeers(true)); err != nil {
		t.Fatal(err)
	}
	pull.Close()
	if of := c.Stats().Types[Pull]; of.Watched != 0 || of.Peers != 0 || of.Connections != 1 {
		t.Errorf("when the socket was closed: %+v", of)
	}
}

// TestContextStatsGrow asks while sockets come and go: no counter is ever less than it was.
func TestContextStatsGrow(t *testing.T) {
	const goroutines, rounds = 4, 30
	c := newTestContext(t)
	var all sync.WaitGroup
	done := make(chan struct{})
	for g := range goroutines {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range rounds {
				at := fmt.Sprintf("inproc://grow-%d-%d", g, i)
				pull, push := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push, Linger(0)))
				must(pull.Bind(at))
				must(push.Connect(at))
				must(push.SendParts(context.Background(), []byte("x")))
				mustGet(pull.RecvParts(context.Background()))
				must(push.Close())
				must(pull.Close())
			}
		}()
	}
	go func() { all.Wait(); close(done) }()
	var before TypeStats
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		now := c.Stats().TypeStats
		if now.Sent.Messages < before.Sent.Messages || now.Received.Messages < before.Received.Messages || now.Calls < before.Calls || now.Opened < before.Opened {
			t.Fatalf("a counter went back: %+v, before that %+v", now, before)
		}
		before = now
		for _, s := range c.Sockets() {
			_ = s.String()
		}
	}
	if before.Sent.Messages != goroutines*rounds || before.Opened != 2*goroutines*rounds || before.Open != 0 {
		t.Errorf("at the end: %+v", before)
	}
}
