package zmq

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"time"
	"unsafe"
)

// TestConflateRefusesParts: every call that sends more than one part is refused by a socket with Conflate, as
// libzmq aborts the process over half a message in such a queue; nothing of it is sent, and the Messages are as they were.
func TestConflateRefusesParts(t *testing.T) {
	if !engineFrom(4, 0, 0) || atFloor() {
		t.Skip("the engine has no Conflate")
	}
	pull, push := newPair(t, Pull, Push, "inproc", Conflate(true))
	msgs := make([]*Message, 2)
	for i := range msgs {
		m, err := CopyMessage([]byte("part"))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		msgs[i] = m
	}
	b := newTestBatch(t, 4)
	if err := b.Add([]byte("one"), []byte("two")); err != nil {
		t.Fatal(err)
	}
	ctx := patient(t)
	for name, call := range map[string]func() error{
		"SendMsgs":  func() error { return push.SendMsgs(ctx, msgs...) },
		"SendMsg":   func() error { return push.SendMsg(msgs[0], SndMore) },
		"SendParts": func() error { return push.SendParts(ctx, []byte("one"), []byte("two")) },
		"Send":      func() error { _, err := push.Send([]byte("one"), SndMore); return err },
		"SendBatch": func() error { _, err := push.SendBatch(ctx, b); return err },
	} {
		t.Run(name, func(t *testing.T) { wantError(t, call(), []error{EINVAL}) })
	}
	expectNothing(t, pull)
	for _, m := range msgs {
		if m.String() != "part" {
			t.Errorf("a message that was refused is %q", m)
		}
	}
	if n := push.Stats().Sent; n != (Flow{}) {
		t.Errorf("%+v were sent", n)
	}
	sendText(t, push, "whole")
	expectText(t, pull, "whole")
}

// TestRawTimeouts: timeouts that C code sets inside Raw are obeyed afterwards.
func TestRawTimeouts(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	setTimeouts := func(recv, send int32) {
		t.Helper()
		err := s.Raw(func(p unsafe.Pointer) error {
			h := handleOf[sockHandle](p)
			if errno := cSetInt(h, optRecvTimeout, recv); errno != 0 {
				return errno
			}
			if errno := cSetInt(h, optSendTimeout, send); errno != 0 {
				return errno
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	setTimeouts(0, 0)
	within(t, "calls whose timeout C code has set to zero", func() {
		_, err := s.Recv(nil, 0)
		wantError(t, err, isWouldBlock)
		_, err = s.Send(nil, 0)
		wantError(t, err, isWouldBlock)
	})
	setTimeouts(3600_000, -1)
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	if s.s.recvTimeout != time.Hour || s.s.sendTimeout != Infinite {
		t.Errorf("the timeouts are %v and %v", s.s.recvTimeout, s.s.sendTimeout)
	}
}

// TestDeviceSocketStats: what a device moves counts as received where it came in, and as sent where it went out.
func TestDeviceSocketStats(t *testing.T) {
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
	want := Flow{Messages: 3, Parts: 6, Bytes: 24}
	if st := front.Stats(); st.Received != want || st.Sent != (Flow{}) {
		t.Errorf("the frontend has received %+v and sent %+v", st.Received, st.Sent)
	}
	if st := back.Stats(); st.Sent != want || st.Received != (Flow{}) {
		t.Errorf("the backend has sent %+v and received %+v", st.Sent, st.Received)
	}
}

// TestLentPartsArePinned: parts that are too large to be copied at first are pinned for as long as C may read them, and
// no longer.
func TestLentPartsArePinned(t *testing.T) {
	rm := getRoom()
	if rm == nil {
		t.Fatal(ENOMEM)
	}
	defer putRoom(rm)
	freed := make(chan struct{})
	pin := new(runtime.Pinner)
	want := bytes.Repeat([]byte("x"), roomArena)
	lendForgotten(rm, pin, freed, want)
	for range 3 {
		runtime.GC()
		select {
		case <-freed:
			t.Fatal("memory that C may read was given back to the collector")
		default:
		}
	}
	if got, _ := rm.h.part(0); !bytes.Equal(got, want) {
		t.Error("the part has other bytes")
	}
	pin.Unpin()
	eventually(t, "the part is free when it is not lent any more", func() bool {
		select {
		case <-freed:
			return true
		default:
			return false
		}
	})
}

// lendForgotten lends a copy of p, which nobody remembers afterwards.
func lendForgotten(rm *room, pin *runtime.Pinner, freed chan struct{}, p []byte) {
	lent := bytes.Clone(p)
	runtime.AddCleanup(&lent[0], func(c chan struct{}) { close(c) }, freed)
	rm.h.lend(pin, lent, false)
}
