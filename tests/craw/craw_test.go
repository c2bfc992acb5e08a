//go:build cgo

package craw_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
	"unsafe"

	"example.org/zmq"
	"example.org/zmq/tests/craw"
)

const patience = 30 * time.Second

func ask(t *testing.T, req *zmq.Socket, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := req.SendParts(ctx, []byte(text)); err != nil {
		t.Fatal(err)
	}
	got, err := req.RecvParts(ctx)
	if err != nil || len(got) != 1 || string(got[0]) != text {
		t.Fatalf("%q came back as %q, %v", text, got, err)
	}
}

// TestShared lends our context to C code, which serves in it until the context ends.
func TestShared(t *testing.T) {
	c, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	var server craw.Server
	if err := c.Raw(func(p unsafe.Pointer) error { server = craw.Start(p); return nil }); err != nil {
		t.Fatal(err)
	}
	req, err := c.NewSocket(zmq.Req, zmq.Linger(0))
	if err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(patience); ; {
		// Before engine 4.0 an inproc endpoint must be bound first.
		if err = req.Connect("inproc://craw"); err == nil || time.Now().After(limit) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		ask(t, req, fmt.Sprint("message ", n))
	}
	req.Close()
	// Termination shuts C's socket down and waits until C has closed it.
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if n, errno := server.Join(); n != 1000 || zmq.Errno(errno) != zmq.ETERM {
		t.Errorf("the server echoed %d messages and ended with %v", n, zmq.Errno(errno))
	}
}

// TestBorrowed uses C's context and sockets from Go and leaves them to C.
func TestBorrowed(t *testing.T) {
	p := craw.NewContext()
	a, b, err := craw.Pair(p)
	if err != nil {
		t.Fatal(err)
	}
	c, err := zmq.BorrowContext(p)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.BorrowSocket(a)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.SendParts(ctx, []byte("from Go")); err != nil {
		t.Fatal(err)
	}
	if got, errno := craw.Recv(b); got != "from Go" || errno != 0 {
		t.Errorf("C received %q, %v", got, zmq.Errno(errno))
	}
	received := make(chan error)
	go func() {
		got, err := s.RecvParts(ctx)
		if err == nil && string(got[0]) != "from C" {
			err = fmt.Errorf("received %q", got)
		}
		received <- err
	}()
	craw.Send(b, "from C")
	if err := <-received; err != nil {
		t.Error(err)
	}
	s.Close()
	if errno := craw.Send(a, "a is C's again"); errno != 0 {
		t.Errorf("using a socket that Go gave back: %v", zmq.Errno(errno))
	}
	craw.Close(a)
	craw.Close(b)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if rc := craw.Term(p); rc != 0 {
		t.Errorf("zmq_term returned %d", rc)
	}
}

// TestTerminatedByC ends a borrowed context under Go's hands.
func TestTerminatedByC(t *testing.T) {
	p := craw.NewContext()
	c, err := zmq.BorrowContext(p)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.NewSocket(zmq.Pull)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := s.RecvParts(context.Background())
		ended <- err
	}()
	done := make(chan int)
	go func() { done <- craw.Term(p) }()
	select {
	case err := <-ended:
		if !errors.Is(err, zmq.ErrTerminated) {
			t.Errorf("the receive ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the receive does not end")
	}
	s.Close()
	if rc := <-done; rc != 0 {
		t.Errorf("zmq_term returned %d", rc)
	}
	c.Close()
}

// TestGivenAway hands a Go context and socket to C for good.
func TestGivenAway(t *testing.T) {
	c, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.NewSocket(zmq.Pair)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.NewSocket(zmq.Pair)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Bind("inproc://given"), b.Connect("inproc://given")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send([]byte("last words"), 0); err != nil {
		t.Fatal(err)
	}
	pa, err1 := a.Disown()
	pb, err2 := b.Disown()
	pc, err3 := c.Disown()
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if got, errno := craw.Recv(pb); got != "last words" {
		t.Errorf("C received %q, %v", got, zmq.Errno(errno))
	}
	craw.Close(pa)
	craw.Close(pb)
	if rc := craw.Term(pc); rc != 0 {
		t.Errorf("zmq_term returned %d", rc)
	}
}

func TestMessages(t *testing.T) {
	p := craw.NewMsg("made in C")
	m, err := zmq.AdoptMessage(p)
	if err != nil {
		t.Fatal(err)
	}
	if m.String() != "made in C" || !craw.MsgIs(p, "") {
		t.Errorf("adopted %q", m)
	}
	craw.FreeMsg(p)
	q := craw.NewMsg("to be replaced")
	if err := m.Disown(q); err != nil {
		t.Fatal(err)
	}
	if !craw.MsgIs(q, "made in C") {
		t.Error("C got something else back")
	}
	craw.FreeMsg(q)
	m.Close()
	n, err := zmq.CopyMessage([]byte("made in Go"))
	if err != nil {
		t.Fatal(err)
	}
	n.Raw(func(p unsafe.Pointer) error {
		if !craw.MsgIs(p, "made in Go") {
			t.Error("C sees something else")
		}
		return nil
	})
	n.Close()
}
