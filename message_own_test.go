package zmq

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"unsafe"
)

// ownSizes are those at which a message that Go makes lies elsewhere, or in memory of another size.
var ownSizes = []int{0, 1, 16, 17, 48, 49, 64, 65, 112, 113, 208, 209, ownMax, ownMax + 1, 4096, 4097}

// TestMessageOwn: small messages have no C message until they need one, which nobody can tell.
func TestMessageOwn(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	for _, n := range ownSizes {
		want := pattern(n)
		m, err := NewMessage(n)
		if err != nil {
			t.Fatal(err)
		}
		c := newMessage(t, string(want))
		if n > 0 && cap(m.Bytes()) != n || (m.slab == nil) != (n <= ownMax) || (c.slab == nil) != (n <= ownMax) {
			t.Errorf("a message of %d bytes has room for %d, and slabs %v and %v", n, cap(m.Bytes()), m.slab, c.slab)
		}
		copy(m.Bytes(), want)
		for i, m := range []*Message{m, c} {
			if err := push.SendMsg(m, 0); err != nil {
				t.Fatal(err)
			}
			got, err := pull.RecvParts(patient(t))
			if err != nil || len(got) != 1 || !bytes.Equal(got[0], want) || m.Len() != 0 || m.Bytes() != nil {
				t.Errorf("message %d of %d bytes arrived as %d parts, %v; %d bytes stayed", i, n, len(got), err, m.Len())
			}
			wantError(t, push.SendMsg(m, 0), []error{ErrMessageSent})
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if st := push.Stats(); st.Sent.Messages != uint64(2*len(ownSizes)) || st.Sent.Bytes != st.Received.Bytes && st.Sent.Bytes == 0 {
		t.Errorf("the socket has counted %+v", st.Sent)
	}
}

// TestMessageOwnMoves: moving and copying, with and without C messages on either side.
func TestMessageOwnMoves(t *testing.T) {
	inC := func(text string) *Message {
		m := newMessage(t, text)
		if err := m.Raw(func(unsafe.Pointer) error { return nil }); err != nil || m.slab == nil {
			t.Fatalf("in C: %v, %v", m.slab, err)
		}
		return m
	}
	inGo := func(text string) *Message { return newMessage(t, text) }
	for from, first := range map[string]func(string) *Message{"Go": inGo, "C": inC} {
		for to, second := range map[string]func(string) *Message{"Go": inGo, "C": inC} {
			a, b := first("from"), second(strings.Repeat("to", 30))
			c, err := a.Copy()
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Move(a); err != nil {
				t.Fatal(err)
			}
			if b.String() != "from" || a.Len() != 0 || c.String() != "from" {
				t.Errorf("%s to %s: %q came, %q stayed, the copy is %q", from, to, b, a, c)
			}
			if err := errors.Join(b.Move(a), a.Move(c)); err != nil || a.String() != "from" || b.Len() != 0 || c.Len() != 0 {
				t.Errorf("%s to %s, and on: %v, %q, %q, %q", from, to, err, a, b, c)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestMessageOwnStays: what fails leaves the message as it was, and its bytes where they were.
func TestMessageOwnStays(t *testing.T) {
	c := newTestContext(t)
	push, pull := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
	m, large := newMessage(t, "before"), newMessage(t, strings.Repeat("x", ownMax+1))
	at := m.Bytes()
	wantError(t, push.SendMsg(m, DontWait), isWouldBlock)
	wantError(t, pull.RecvMsg(m, DontWait), isWouldBlock)
	ended, cancel := context.WithCancel(patient(t))
	done := make(chan error)
	go func() { done <- push.SendMsgs(ended, m, large, third(t)) }()
	parkedOn(t, push, 1)
	cancel()
	wantError(t, <-done, []error{context.Canceled})
	if m.String() != "before" || large.Len() != ownMax+1 {
		t.Fatalf("after failures the messages are %q and of %d bytes", m, large.Len())
	}
	copy(at, "behind")
	connectTo(t, push, bindTo(t, pull, "inproc"))
	if err := push.SendMsgs(patient(t), m, large, third(t)); err != nil {
		t.Fatal(err)
	}
	got, err := pull.RecvParts(patient(t))
	if err != nil || len(got) != 3 || string(got[0]) != "behind" || len(got[1]) != ownMax+1 || string(got[2]) != "third" {
		t.Errorf("%q arrived, %v", got, err)
	}
}

func third(t *testing.T) *Message { return newMessage(t, "third") }

// TestMessageOwnParked: a small message waits like any other.
func TestMessageOwnParked(t *testing.T) {
	c := newTestContext(t)
	push, pull := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
	m := newMessage(t, "waits")
	done := make(chan error)
	go func() { done <- push.SendMsg(m, SndMore) }()
	parkedOn(t, push, 1)
	wantError(t, m.Close(), []error{ErrInUse})
	connectTo(t, push, bindTo(t, pull, "inproc"))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := m.Move(newMessage(t, "again")); err != nil {
		t.Fatal(err)
	}
	if err := push.SendMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	got, err := pull.RecvParts(patient(t))
	if err != nil || len(got) != 2 || string(got[0]) != "waits" || string(got[1]) != "again" {
		t.Errorf("%q arrived, %v", got, err)
	}
}

// TestMessageSingles: the C messages of those that are received into and closed are used again, and are empty then.
func TestMessageSingles(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	for i := range 50 {
		sendText(t, push, strings.Repeat("x", 100*i))
		m := new(Message)
		if err := pull.RecvMsg(m, 0); err != nil || m.Len() != 100*i {
			t.Fatalf("%d bytes, %v", m.Len(), err)
		}
		if i%2 == 0 {
			sendBack(t, push, pull, m)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		var n Message
		if err := n.toC(); err != nil {
			t.Fatal(err)
		}
		if p, more := cMsgSee(n.handle()); len(p) != 0 || more {
			t.Fatalf("a C message that was used before has %d bytes, more is %v", len(p), more)
		}
		n.Close()
	}
}

func sendBack(t *testing.T, push, pull *Socket, m *Message) {
	t.Helper()
	if err := push.SendMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := pull.RecvParts(patient(t)); err != nil {
		t.Fatal(err)
	}
}
