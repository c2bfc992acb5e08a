package zmq

import (
	"context"
	"errors"
	"testing"
	"time"
	"unsafe"
)

// rawOf returns the handle that Raw gives, for tests that play the part of C code.
func rawOf(t *testing.T, raw func(func(unsafe.Pointer) error) error) (p unsafe.Pointer) {
	t.Helper()
	if err := raw(func(q unsafe.Pointer) error { p = q; return nil }); err != nil {
		t.Fatal(err)
	}
	if p == nil {
		t.Fatal("Raw gave a nil handle")
	}
	return p
}

func TestRawBorrow(t *testing.T) {
	owner := newTestContext(t, IOThreads(2))
	borrowed, err := BorrowContext(rawOf(t, owner.Raw))
	if err != nil {
		t.Fatal(err)
	}
	a, b := newTestSocket(t, owner, Pair), newTestSocket(t, borrowed, Pair)
	connectTo(t, b, bindTo(t, a, "inproc"))
	sendText(t, a, "over", "inproc")
	expectText(t, b, "over", "inproc")

	// A socket of one Context is used through the other, and given back.
	lent, err := owner.BorrowSocket(rawOf(t, b.Raw))
	if err != nil {
		t.Fatal(err)
	}
	if lent.Type() != Pair {
		t.Errorf("a pair became a %v", lent.Type())
	}
	sendText(t, lent, "x")
	expectText(t, a, "x")
	if err := lent.Close(); err != nil {
		t.Fatal(err)
	}
	sendText(t, b, "still open")
	expectText(t, a, "still open")

	// Ending the borrowed context leaves the other alone.
	b.Close()
	if err := borrowed.Close(); err != nil {
		t.Fatal(err)
	}
	newTestSocket(t, owner, Pair)
}

func TestRawDisown(t *testing.T) {
	first, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := first.NewSocket(Pull, RecvTimeout(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	go func() {
		_, err := s.RecvParts(context.Background())
		waiting <- err
	}()
	parkedOn(t, s, 1)
	sock, err := s.Disown()
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, <-waiting, []error{ErrClosed})
	_, err = s.Disown()
	wantError(t, err, []error{ErrClosed}, "disown socket")
	ctx, err := first.Disown()
	if err != nil {
		t.Fatal(err)
	}
	_, err = first.Disown()
	wantError(t, err, []error{ErrClosed}, "disown context")
	_, err = first.NewSocket(Pull)
	wantError(t, err, []error{ErrClosed})
	if err := first.Close(); err != nil {
		t.Errorf("closing a context that was given away: %v", err)
	}

	second, err := AdoptContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	pull, err := second.AdoptSocket(sock)
	if err != nil {
		t.Fatal(err)
	}
	if pull.Type() != Pull || pull.st.recvTimeout != time.Hour {
		t.Errorf("adopted a %v that waits for %v", pull.Type(), pull.st.recvTimeout)
	}
	push := newTestSocket(t, second, Push)
	connectTo(t, push, bindTo(t, pull, "inproc"))
	sendText(t, push, "x")
	expectText(t, pull, "x")
	push.Close()
	pull.Close()
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// TestRawHolds keeps the context until Raw is over, and the socket to one user.
func TestRawHolds(t *testing.T) {
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	inside, ended := make(chan struct{}), make(chan error)
	leave := make(chan struct{})
	go c.Raw(func(unsafe.Pointer) error {
		close(inside)
		<-leave
		return nil
	})
	<-inside
	go func() { ended <- c.Term(context.Background()) }()
	eventually(t, "termination has begun", func() bool {
		c.st.mu.Lock()
		defer c.st.mu.Unlock()
		return c.st.termDone != nil
	})
	select {
	case <-c.st.termDone:
		t.Fatal("the context was terminated under C code's hands")
	default:
	}
	close(leave)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	wantError(t, c.Raw(func(unsafe.Pointer) error { return nil }), []error{ErrTerminated}, "raw context")
}

func TestRawSocketErrors(t *testing.T) {
	c := newTestContext(t)
	s := newTestSocket(t, c, Push)
	mine := errors.New("mine")
	if err := s.Raw(func(unsafe.Pointer) error { return mine }); err != mine {
		t.Errorf("Raw returned %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		s.Raw(func(unsafe.Pointer) error { panic("mine") })
	}()
	if _, err := s.Events(); err != nil {
		t.Errorf("after a panic in Raw: %v", err)
	}
	_, err := c.AdoptSocket(nil)
	wantError(t, err, []error{EFAULT}, "nil")
	_, err = AdoptContext(nil)
	wantError(t, err, []error{EFAULT}, "nil")
	_, err = AdoptMessage(nil)
	wantError(t, err, []error{EFAULT}, "nil")
	pull := newTestSocket(t, c, Pull)
	connectTo(t, s, bindTo(t, pull, "inproc"))
	if _, err := s.Send([]byte("half"), SndMore); err != nil {
		t.Fatal(err)
	}
	_, err = s.Disown()
	wantError(t, err, []error{EFSM}, "half sent")
	s.Close()
	wantError(t, s.Raw(func(unsafe.Pointer) error { return nil }), []error{ErrClosed}, "raw socket")
}

func TestRawMessage(t *testing.T) {
	m, err := CopyMessage([]byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var other Message
	defer other.Close()
	if err := other.Raw(func(p unsafe.Pointer) error { return m.Disown(p) }); err != nil {
		t.Fatal(err)
	}
	if other.String() != "content" || m.Len() != 0 {
		t.Errorf("%q was moved, %q stayed", other.String(), m.String())
	}
	wantError(t, m.Disown(unsafe.Pointer(t)), []error{ErrMessageSent})
	var adopted *Message
	if err := other.Raw(func(p unsafe.Pointer) (err error) { adopted, err = AdoptMessage(p); return err }); err != nil {
		t.Fatal(err)
	}
	defer adopted.Close()
	if adopted.String() != "content" || other.Len() != 0 {
		t.Errorf("%q was adopted, %q stayed", adopted.String(), other.String())
	}
	if err := other.Raw(func(unsafe.Pointer) error {
		wantError(t, other.Raw(nil), []error{ErrInUse})
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := m.Disown(nil); !errors.Is(err, EFAULT) {
		t.Error(err)
	}
}

// TestRawBorrowWhole: a socket that stays C code's is known as that from the moment on at which Context.Close can find it.
func TestRawBorrowWhole(t *testing.T) {
	owner := newTestContext(t)
	for range 100 {
		lender, err := BorrowContext(rawOf(t, owner.Raw))
		if err != nil {
			t.Fatal(err)
		}
		h, err := owner.st.socket(Dealer)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s, err := lender.BorrowSocket(pointerOf(h))
			if err == nil {
				s.Close()
			} else if !errors.Is(err, ErrTerminated) {
				t.Error(err)
			}
		}()
		watchTable(t, lender.st, done)
		go lender.Shutdown()
		within(t, "borrowing a socket", func() { <-done })
		if err := lender.Close(); err != nil {
			t.Error(err)
		}
		if _, errno := cGetInt(h, optType); errno != 0 {
			t.Fatalf("C code's socket was closed: %v", errno)
		}
		cClose(h)
	}
}

// watchTable looks at the sockets of a context until the first one is there or done is closed: each is a borrowed one.
func watchTable(t *testing.T, z *contextState, done chan struct{}) {
	for {
		z.mu.Lock()
		socks := z.sockets()
		for _, s := range socks {
			if !s.borrowed || !s.hasNetEndpoint || !s.sendsUncounted {
				t.Errorf("a socket was published before it was known to be C code's")
			}
		}
		z.mu.Unlock()
		select {
		case <-done:
			return
		default:
		}
		if len(socks) > 0 {
			return
		}
	}
}
