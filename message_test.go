package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

func newMessage(t testing.TB, text string) *Message {
	t.Helper()
	m, err := CopyMessage([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("closing a message at the end: %v", err)
		}
	})
	return m
}

// sizes are those at which libzmq, or this package, does something else from there on.
var sizes = []int{0, 1, 29, 30, 33, 34, 64, 254, 255, 256, 2048, 2049, 4096, 4097, 8192, 16 << 10, 16<<10 + 1, 65536, 1 << 20}

func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}

func TestMessageContent(t *testing.T) {
	for _, n := range sizes {
		want := pattern(n)
		m, err := NewMessage(n)
		if err != nil {
			t.Fatal(err)
		}
		if m.Len() != n || len(m.Bytes()) != n || m.More() {
			t.Errorf("a new message of %d bytes has %d, %d; more is %v", n, m.Len(), len(m.Bytes()), m.More())
		}
		copy(m.Bytes(), want)
		copied, err := CopyMessage(want)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Bytes(), want) || !bytes.Equal(copied.Bytes(), want) || copied.String() != string(want) {
			t.Errorf("%d bytes are others in a message", n)
		}
		if n > 0 && &copied.Bytes()[0] == &want[0] {
			t.Errorf("%d bytes were not copied", n)
		}
		for range 2 {
			if err := errors.Join(m.Close(), copied.Close()); err != nil {
				t.Error(err)
			}
		}
		if m.Len() != 0 || m.Bytes() != nil {
			t.Errorf("a closed message has %d bytes", m.Len())
		}
	}
}

// TestMessageZero: it is empty and ready for everything.
func TestMessageZero(t *testing.T) {
	var m, n Message
	if m.Len() != 0 || m.More() || m.String() != "" {
		t.Errorf("%d bytes, more is %v", m.Len(), m.More())
	}
	c, err := m.Copy()
	if err != nil || c.Len() != 0 {
		t.Errorf("a copy of nothing: %v, %v", c, err)
	}
	c.Close()
	if err := m.Move(&n); err != nil {
		t.Error(err)
	}
	pull, push := newPair(t, Pull, Push, "inproc")
	if err := push.SendMsg(&m, 0); err != nil {
		t.Fatal(err)
	}
	expectText(t, pull, "")
	sendText(t, push, "x")
	if err := pull.RecvMsg(&n, 0); err != nil || n.String() != "x" {
		t.Errorf("received %v, %v", &n, err)
	}
	for range 2 {
		if err := errors.Join(m.Close(), n.Close(), new(Message).Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestMessageCopy: copies share their bytes, and outlive each other.
func TestMessageCopy(t *testing.T) {
	for _, n := range sizes {
		m := newMessage(t, string(pattern(n)))
		c, err := m.Copy()
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.Copy()
		if err != nil {
			t.Fatal(err)
		}
		if n > 64 && &m.Bytes()[0] != &d.Bytes()[0] {
			t.Errorf("%d bytes were copied", n)
		}
		if err := errors.Join(m.Close(), c.Close()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.Bytes(), pattern(n)) {
			t.Errorf("%d bytes changed when another copy was closed", n)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMessageMove(t *testing.T) {
	a, b := newMessage(t, strings.Repeat("a", 1000)), newMessage(t, "b")
	if err := a.Move(a); err != nil || a.Len() != 1000 {
		t.Errorf("a message moved to itself has %d bytes, %v", a.Len(), err)
	}
	before := &a.Bytes()[0]
	if err := b.Move(a); err != nil {
		t.Fatal(err)
	}
	if a.Len() != 0 || b.Len() != 1000 || &b.Bytes()[0] != before {
		t.Errorf("%d bytes stayed, %d came", a.Len(), b.Len())
	}
	if err := b.Move(a); err != nil || b.Len() != 0 {
		t.Errorf("moving an empty one: %d bytes, %v", b.Len(), err)
	}
	// What was sent can be moved to.
	if err := newTestSocket(t, newTestContext(t), Pub).SendMsg(a, 0); err != nil {
		t.Fatal(err)
	}
	c := newMessage(t, "c")
	if err := a.Move(c); err != nil || a.String() != "c" {
		t.Errorf("moved to a message that was sent: %q, %v", a, err)
	}
}

// TestMessageWithoutCopy: what goes by inproc is the same memory from end to end.
func TestMessageWithoutCopy(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	m := newMessage(t, strings.Repeat("x", 10_000))
	sent := &m.Bytes()[0]
	if err := push.SendMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	if m.Len() != 0 || m.Bytes() != nil || m.More() {
		t.Errorf("a message that was sent has %d bytes", m.Len())
	}
	// The one that was sent is the one that receives: a loop needs no other.
	if err := pull.RecvMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	if m.Len() != 10_000 || &m.Bytes()[0] != sent {
		t.Error("the bytes were copied on their way")
	}
	for i := range 100 {
		copy(m.Bytes(), fmt.Sprint(i))
		if err := push.SendMsg(m, 0); err != nil {
			t.Fatal(err)
		}
		if err := pull.RecvMsg(m, 0); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(m.String(), fmt.Sprint(i)) {
			t.Fatalf("turn %d brought %q", i, m.Bytes()[:10])
		}
	}
}

// TestMessageParts: More says what follows.
func TestMessageParts(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		for i, text := range []string{"a", "", strings.Repeat("c", 5000)} {
			flags := SndMore
			if i == 2 {
				flags = 0
			}
			if err := push.SendMsg(newMessage(t, text), flags); err != nil {
				t.Fatal(err)
			}
		}
		m := newMessage(t, "what was there before")
		for i, want := range []string{"a", "", strings.Repeat("c", 5000)} {
			if err := pull.RecvMsg(m, 0); err != nil {
				t.Fatal(err)
			}
			more, err := RecvMore.Get(pull)
			if m.String() != want || m.More() != (i < 2) || more != (i < 2) || err != nil {
				t.Errorf("part %d has %d bytes, more is %v, RecvMore %v (%v)", i, m.Len(), m.More(), more, err)
			}
		}
		wantError(t, pull.RecvMsg(m, DontWait), isWouldBlock)
		if m.state.Load() != msgReady {
			t.Error("a failed receive leaves the message unusable")
		}
	})
}

func TestMessageGets(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "tcp")
	sendText(t, push, "x")
	var m Message
	defer m.Close()
	if err := pull.RecvMsg(&m, 0); err != nil {
		t.Fatal(err)
	}
	kind, err := m.Gets("Socket-Type")
	if !needs(t, Version{4, 1, 0}, err) {
		return
	}
	if kind != "PUSH" || err != nil {
		t.Errorf("the sender is a %q, %v", kind, err)
	}
	if peer, err := m.Gets("Peer-Address"); peer != "127.0.0.1" || err != nil {
		t.Errorf("the sender is at %q, %v", peer, err)
	}
	_, err = m.Gets("No-Such")
	wantError(t, err, []error{EINVAL}, "get property No-Such")
	_, err = newMessage(t, "x").Gets("Socket-Type")
	wantError(t, err, []error{EINVAL}, "Socket-Type")
}

// TestMessageInUse: one goroutine holds a message in a send that waits, and nobody else can have it.
func TestMessageInUse(t *testing.T) {
	c := newTestContext(t)
	push, pull := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
	m, other := newMessage(t, "x"), newMessage(t, "other")
	done := make(chan error)
	go func() { done <- push.SendMsg(m, 0) }()
	parkedOn(t, push, 1)
	_, copyErr := m.Copy()
	_, getErr := m.Gets("Socket-Type")
	for what, err := range map[string]error{
		"send": push.SendMsg(m, DontWait), "recv": pull.RecvMsg(m, DontWait), "send ": push.SendMsgs(patient(t), other, m),
		"copy message": copyErr, "move message": other.Move(m), "move message ": m.Move(other), "close message": m.Close(), "get property": getErr,
	} {
		var version *VersionError
		if errors.As(err, &version) {
			continue
		}
		wantError(t, err, []error{ErrInUse}, strings.TrimSpace(what), "in use by another goroutine")
	}
	if other.String() != "other" || other.state.Load() != msgReady {
		t.Errorf("the other message is %q now", other)
	}
	connectTo(t, push, bindTo(t, pull, "inproc"))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	expectText(t, pull, "x")
	_, err := m.Copy()
	wantError(t, err, []error{ErrMessageSent})
}

// TestMessageRace: goroutines that fight over one message get it, or an error, and never a crash.
func TestMessageRace(t *testing.T) {
	pub := newTestSocket(t, newTestContext(t), Pub)
	m := newMessage(t, strings.Repeat("x", 500))
	var all sync.WaitGroup
	for g := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 300 {
				var err error
				switch (g + i) % 4 {
				case 0:
					err = pub.SendMsg(m, 0)
				case 1:
					var c *Message
					if c, err = m.Copy(); err == nil {
						err = c.Close()
					}
				case 2:
					fresh, freshErr := CopyMessage([]byte("fresh"))
					if freshErr != nil {
						t.Error(freshErr)
						return
					}
					err = m.Move(fresh)
					fresh.Close()
				case 3:
					_, err = m.Gets("Socket-Type")
				}
				var version *VersionError
				if err != nil && !errors.Is(err, ErrInUse) && !errors.Is(err, ErrMessageSent) && !errors.Is(err, EINVAL) && !errors.As(err, &version) {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
}

// TestMessageForgottenMemory forgets far more of C's memory than it would keep, in messages and in frame buffers.
func TestMessageForgottenMemory(t *testing.T) {
	if addressSpace(t) == 0 {
		t.Skip("this system does not tell how much memory a process has")
	}
	const count, size = 16, 40 << 20 // so large that the C library gives it back to the system at once
	for what, forget := range map[string]func(){
		"messages": func() { forgetMessages(t, count, size) },
		"received": func() { forgetReceived(t, count, size) },
		"rooms":    func() { forgetFrames(t, count, size) },
	} {
		before := addressSpace(t)
		forget()
		if got := addressSpace(t); got < before+count*size/2 {
			t.Logf("%s: %d MiB while in use: the collector was faster", what, (got-before)>>20)
		}
		eventually(t, what+" that were forgotten are freed", func() bool { return addressSpace(t) < before+count*size/4 })
	}
}

func forgetMessages(t *testing.T, count, size int) {
	for range count {
		if _, err := NewMessage(size); err != nil {
			t.Fatal(err)
		}
	}
}

func forgetReceived(t *testing.T, count, size int) {
	pull, push := newPair(t, Pull, Push, "inproc")
	for range count {
		m, err := NewMessage(size)
		if err != nil {
			t.Fatal(err)
		}
		if err := push.SendMsg(m, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := pull.RecvMsgs(patient(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func forgetFrames(t *testing.T, count, size int) {
	for range count {
		if newFrameBuf(1, size) == nil {
			t.Fatal("no memory")
		}
	}
}

// addressSpace returns how much memory the process has mapped, 0 where the system does not say.
func addressSpace(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var pages int
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
