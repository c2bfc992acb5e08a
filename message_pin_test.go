package zmq

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// pinned makes a pinned message and a count of its releases.
func pinnedMessage(t testing.TB, p []byte) (*Message, *atomic.Int32) {
	t.Helper()
	released := new(atomic.Int32)
	m, err := PinMessage(p, func() { released.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	return m, released
}

// releasedOnce waits for the release and sees that no second one follows.
func releasedOnce(t testing.TB, what string, released *atomic.Int32) {
	t.Helper()
	eventually(t, what+" is released", func() bool { return released.Load() > 0 })
	// Whatever else was on its way arrives before this one.
	m, last := pinnedMessage(t, []byte("last"))
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the last one is released", func() bool { return last.Load() > 0 })
	if n := released.Load(); n != 1 {
		t.Errorf("%s is released %d times", what, n)
	}
}

// TestPinHolds: the release comes after the last hold on the bytes is gone, and no sooner.
func TestPinHolds(t *testing.T) {
	p := bytes.Repeat([]byte("x"), 100_000)
	m, released := pinnedMessage(t, p)
	if &m.Bytes()[0] != &p[0] || m.Len() != len(p) {
		t.Error("the bytes were copied")
	}
	copied, err := m.Copy()
	if err != nil {
		t.Fatal(err)
	}
	push := newTestSocket(t, newTestContext(t), Push)
	wantError(t, push.SendMsg(m, DontWait), isWouldBlock) // nobody is there: it stays ours
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	other, gone := pinnedMessage(t, []byte("other"))
	other.Close()
	eventually(t, "another one is released", func() bool { return gone.Load() > 0 })
	if n := released.Load(); n != 0 {
		t.Fatalf("released %d times while a copy holds it", n)
	}
	if !bytes.Equal(copied.Bytes(), p) {
		t.Error("the copy has other bytes")
	}
	if err := copied.Close(); err != nil {
		t.Fatal(err)
	}
	releasedOnce(t, "a copied message", released)
}

// TestPinSent: what was sent is released when the peer has it, over every transport.
func TestPinSent(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		for _, size := range []int{1, 100, 70_000, 1 << 20} {
			p := bytes.Repeat([]byte{7}, size)
			m, released := pinnedMessage(t, p)
			if err := push.SendMsg(m, 0); err != nil {
				t.Fatal(err)
			}
			var got Message
			if err := pull.RecvMsg(&got, 0); err != nil {
				t.Fatal(err)
			}
			if transport == "inproc" {
				if &got.Bytes()[0] != &p[0] {
					t.Errorf("%d bytes were copied on their way", size)
				}
				if n := released.Load(); n != 0 {
					t.Errorf("released %d times while the receiver holds it", n)
				}
			}
			if !bytes.Equal(got.Bytes(), p) {
				t.Errorf("%d bytes arrived as others", size)
			}
			got.Close()
			releasedOnce(t, fmt.Sprint(size, " bytes by ", transport), released)
		}
	})
}

// TestPinNoSubscriber: a publisher without subscribers lets go at once, and a socket that is closed when it is closed.
func TestPinNoSubscriber(t *testing.T) {
	c := newTestContext(t)
	m, released := pinnedMessage(t, []byte("to nobody"))
	if err := newTestSocket(t, c, Pub).SendMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	releasedOnce(t, "a message for nobody", released)

	push := newTestSocket(t, c, Push)
	connectTo(t, push, freeEndpoint(t, "tcp"))
	m, released = pinnedMessage(t, []byte("to nobody yet"))
	if err := push.SendMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	if released.Load() != 0 {
		t.Error("released while it is queued")
	}
	push.Close()
	releasedOnce(t, "a message that was never delivered", released)
}

// TestPinFanOut: many receivers share the bytes, and the last of them lets go.
func TestPinFanOut(t *testing.T) {
	c := newTestContext(t)
	pub := newTestSocket(t, c, Pub)
	endpoint := bindTo(t, pub, "inproc")
	var subs []*Socket
	for range 5 {
		sub := newTestSocket(t, c, Sub, Subscribe(""))
		connectTo(t, sub, endpoint)
		awaitSubscription(t, pub, sub, "")
		subs = append(subs, sub)
	}
	for _, sub := range subs {
		for { // the probes for those who came later
			if _, err := sub.Recv(nil, DontWait); err != nil {
				break
			}
		}
	}
	m, released := pinnedMessage(t, bytes.Repeat([]byte("y"), 10_000))
	if err := pub.SendMsgs(patient(t), m); err != nil {
		t.Fatal(err)
	}
	for _, sub := range subs {
		if n := released.Load(); n != 0 {
			t.Errorf("released %d times before all have read it", n)
		}
		if got := recvText(t, sub); len(got[0]) != 10_000 {
			t.Errorf("%d bytes arrived", len(got[0]))
		}
	}
	releasedOnce(t, "a published message", released)
}

// TestPinEmpty: nothing to pin, and a release all the same; no release is no obstacle.
func TestPinEmpty(t *testing.T) {
	for _, p := range [][]byte{nil, {}} {
		m, released := pinnedMessage(t, p)
		eventually(t, "it is released", func() bool { return released.Load() == 1 })
		if m.Len() != 0 {
			t.Errorf("%d bytes", m.Len())
		}
		m.Close()
	}
	for _, p := range [][]byte{nil, []byte("x")} {
		m, err := PinMessage(p, nil)
		if err != nil {
			t.Fatal(err)
		}
		m.Close()
	}
}

// TestPinForgotten: the collector finds it.
func TestPinForgotten(t *testing.T) {
	released := forgetPinned(t)
	eventually(t, "a forgotten message is released", func() bool { return released.Load() > 0 })
}

func forgetPinned(t *testing.T) *atomic.Int32 {
	_, released := pinnedMessage(t, make([]byte, 100))
	return released
}

// TestPinFromRelease: a release may use this package, pinning included.
func TestPinFromRelease(t *testing.T) {
	push := newTestSocket(t, newTestContext(t), Pub)
	done := make(chan error, 1)
	m, err := PinMessage([]byte("first"), func() {
		second, err := PinMessage([]byte("second"), func() { done <- nil })
		if err == nil {
			err = push.SendMsg(second, 0)
		}
		if err != nil {
			done <- err
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-patient(t).Done():
		t.Error("the second release does not come")
	}
}

// TestPinMany pins from many goroutines, with the collector moving about, and counts.
func TestPinMany(t *testing.T) {
	const senders, each = 8, 200
	pull, push := newPair(t, Pull, Push, "tcp")
	var released atomic.Int32
	var all sync.WaitGroup
	for g := range senders {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range each {
				p := bytes.Repeat([]byte{byte(g)}, 1+i*17)
				m, err := PinMessage(p, func() {
					if p[0] != byte(g) || p[len(p)-1] != byte(g) {
						t.Error("the bytes changed while they were lent")
					}
					released.Add(1)
				})
				if err != nil {
					t.Error(err)
					return
				}
				if err := push.SendMsgs(context.Background(), m); err != nil {
					t.Error(err)
				}
			}
			runtime.GC()
		}()
	}
	for range senders * each {
		msg, err := pull.RecvParts(patient(t))
		if err != nil {
			t.Fatal(err)
		}
		if p := msg[0]; !bytes.Equal(p, bytes.Repeat(p[:1], len(p))) {
			t.Errorf("%d bytes of %d arrived mixed", len(p), p[0])
		}
	}
	all.Wait()
	eventually(t, "all are released", func() bool { return released.Load() >= senders*each })
	if n := released.Load(); n != senders*each {
		t.Errorf("%d releases of %d", n, senders*each)
	}
	pins.mu.Lock()
	defer pins.mu.Unlock()
	if len(pins.lent) != 0 {
		t.Errorf("%d are lent still", len(pins.lent))
	}
}

// TestPinWithoutRelease: what is lent without a release function comes back all the same, soon after libzmq has let go of it,
// and together with what is lent with one.
func TestPinWithoutRelease(t *testing.T) {
	lent := func() int {
		pins.mu.Lock()
		defer pins.mu.Unlock()
		return len(pins.lent)
	}
	eventually(t, "nothing is lent by earlier tests", func() bool { return lent() == 0 })
	for round := range 3 {
		var last *atomic.Int32
		for i := range 200 {
			var m *Message
			var err error
			if m, err = PinMessage([]byte("quiet"), nil); err != nil {
				t.Fatal(err)
			}
			if i == 100 && round > 0 {
				var loud *Message
				loud, last = pinnedMessage(t, []byte("loud"))
				loud.Close()
			}
			m.Close()
			if n := lent(); n > 70 {
				t.Fatalf("%d are lent, of which at most the last one is in use", n)
			}
		}
		if last != nil {
			releasedOnce(t, "the one that is to be told of", last)
		}
		eventually(t, "all are taken back", func() bool { return lent() == 0 })
	}
}

// TestPinReleaseBlocks: a release function that does not return keeps no other from being called.
func TestPinReleaseBlocks(t *testing.T) {
	hold, began := make(chan struct{}), make(chan struct{})
	blocks, err := PinMessage([]byte("blocks"), func() {
		close(began)
		<-hold
	})
	if err != nil {
		t.Fatal(err)
	}
	defer close(hold)
	blocks.Close()
	within(t, "a release function has not been called: the wait for it", func() { <-began })
	for range 3 {
		m, released := pinnedMessage(t, []byte("another"))
		m.Close()
		releasedOnce(t, "a message, while another's release function blocks,", released)
	}
}

// TestPinKeepsMemory: what is lent stays what it is, though the program forgets it, until libzmq has sent it: it is pinned
// and kept. Were it not, what is made meanwhile would take its place.
func TestPinKeepsMemory(t *testing.T) {
	const size, count = 1 << 10, 300
	pull, push := newPair(t, Pull, Push, "inproc")
	for i := range count {
		lendFresh(t, push, size, byte(i))
	}
	runtime.GC()
	runtime.GC()
	var other [][]byte
	for range 4 * count { // what the collector has freed is given out again
		other = append(other, bytes.Repeat([]byte{0xEE}, size))
	}
	for i := range count {
		got := recvText(t, pull)
		if got[0] != string(bytes.Repeat([]byte{byte(i)}, size)) {
			t.Fatalf("message %d begins with %q", i, got[0][:8])
		}
	}
	runtime.KeepAlive(other)
}

// lendFresh sends memory that nobody but libzmq remembers afterwards.
func lendFresh(t *testing.T, s *Socket, size int, fill byte) {
	t.Helper()
	m, err := PinMessage(bytes.Repeat([]byte{fill}, size), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendMsg(m, 0); err != nil {
		t.Fatal(err)
	}
}
