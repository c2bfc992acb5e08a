package zmq

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestAppendPartsRoom: a message of one part goes where AppendParts has room for it, and every other one arrives all the
// same, whatever the room looks like.
func TestAppendPartsRoom(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		ctx := patient(t)
		messages := [][]string{
			{"fits"}, {"eightyyy"}, {""}, {"nine byte"}, {"a", "b"}, {"", ""}, {strings.Repeat("x", 2048)}, {strings.Repeat("y", 2049)},
			{strings.Repeat("z", 17<<10), "and", strings.Repeat("w", 5000)}, {strings.Repeat("v", 1<<20)},
		}
		var many []string
		for i := range 40 {
			many = append(many, fmt.Sprint("part ", i))
		}
		messages = append(messages, many)
		for _, want := range messages {
			kept := []byte("kept")
			for name, dst := range map[string][][]byte{
				"none":         nil,
				"one":          {make([]byte, 8)},
				"none yet":     make([][]byte, 0, 4),
				"one of some":  append(make([][]byte, 0, 4), make([]byte, 8)),
				"several":      {make([]byte, 8), make([]byte, 0, 8), make([]byte, 8)},
				"empty slices": {{}, {}},
			} {
				var parts [][]byte
				for _, p := range want {
					parts = append(parts, []byte(p))
				}
				if err := push.SendParts(ctx, parts...); err != nil {
					t.Fatal(err)
				}
				into := append([][]byte{kept}, dst...)
				into = append(into, make([][]byte, cap(dst)-len(dst))...)[:1]
				got, err := pull.AppendParts(ctx, into)
				if err != nil || len(got) != 1+len(want) || string(got[0]) != "kept" {
					t.Fatalf("%s, %d parts: %d arrived, %v", name, len(want), len(got), err)
				}
				for i, p := range want {
					if string(got[1+i]) != p {
						t.Errorf("%s: part %d of %d has %d bytes, not %d", name, i, len(want), len(got[1+i]), len(p))
					}
				}
				if name == "one" && len(want) == 1 && len(want[0]) > 0 && len(want[0]) <= 8 && &got[1][0] != &dst[0][:1][0] {
					t.Errorf("%q is not where there was room for it", want[0])
				}
			}
		}
		st := pull.Stats()
		if sent := push.Stats().Sent; st.Received != sent {
			t.Errorf("received %+v of %+v", st.Received, sent)
		}
	})
}

// TestAppendPartsCrossings: one crossing for a message of one part that there is room for, two for another one unless others came
// before.
func TestAppendPartsCrossings(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	ctx := patient(t)
	for _, turn := range []struct {
		parts     [][]byte
		crossings uint64
		room      [][]byte
	}{
		{[][]byte{pattern(8)}, 1, [][]byte{make([]byte, 8)}},
		{[][]byte{pattern(9)}, 2, [][]byte{make([]byte, 8)}},
		{[][]byte{nil, nil}, 2, [][]byte{make([]byte, 8)}},
		{[][]byte{nil, nil}, 1, [][]byte{make([]byte, 8), make([]byte, 8)}}, // as it is behind a message of two parts
	} {
		if err := push.SendParts(ctx, turn.parts...); err != nil {
			t.Fatal(err)
		}
		before := pull.Stats().Calls
		got, err := pull.AppendParts(ctx, turn.room[:0])
		if err != nil || len(got) != len(turn.parts) || !bytes.Equal(got[0], turn.parts[0]) {
			t.Fatalf("%q, %v", got, err)
		}
		if n := pull.Stats().Calls - before; n != turn.crossings {
			t.Errorf("%d parts, the first of %d bytes: %d calls into C, not %d", len(turn.parts), len(got[0]), n, turn.crossings)
		}
	}
}

// TestAppendPartsWaitsForRest: whoever has taken the first part of a message by hand gets the others.
func TestAppendPartsWaitsForRest(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	ctx := patient(t)
	for range 2 {
		if err := push.SendParts(ctx, []byte("first"), []byte("second")); err != nil {
			t.Fatal(err)
		}
	}
	expectPart(t, pull, "first")
	ended, cancel := context.WithCancel(ctx)
	done := make(chan error)
	go func() {
		_, err := pull.AppendParts(ended, [][]byte{make([]byte, 8)}[:0])
		done <- err
	}()
	parkedOn(t, pull, 1)
	cancel()
	wantError(t, <-done, []error{context.Canceled})
	expectPart(t, pull, "second")
	got, err := pull.AppendParts(ctx, [][]byte{make([]byte, 8)}[:0])
	if err != nil || len(got) != 2 || string(got[0]) != "first" || string(got[1]) != "second" {
		t.Errorf("%q, %v", got, err)
	}
}

func expectPart(t *testing.T, s *Socket, want string) {
	t.Helper()
	p := make([]byte, 32)
	n, err := s.Recv(p, 0)
	if err != nil || string(p[:n]) != want {
		t.Fatalf("received %q, %v, not %q", p[:n], err, want)
	}
}

// TestSendPartsShort: the short way of several parts keeps to what the long one does.
func TestSendPartsShort(t *testing.T) {
	c := newTestContext(t)
	push, pull := newTestSocket(t, c, Push, SendHWM(1)), newTestSocket(t, c, Pull, RecvHWM(1))
	ctx := patient(t)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	a, b := []byte("a"), []byte("b")
	connectTo(t, push, bindTo(t, pull, "inproc"))
	wantError(t, push.SendParts(ended, a, b), []error{context.Canceled})
	if n := push.Stats().Calls; n != 0 {
		t.Errorf("%d calls into C with a context that has ended", n)
	}
	if _, err := push.Send(a, SndMore); err != nil {
		t.Fatal(err)
	}
	wantError(t, push.SendRest(ended, DontWait, a, b), []error{context.Canceled})
	done := make(chan error)
	go func() { done <- push.SendParts(ctx, []byte("whole"), b) }()
	parkedOn(t, push, 1)
	if err := push.SendRest(ctx, 0, a, b); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a a b", "whole b"} {
		got, err := pull.RecvParts(ctx)
		if text := string(bytes.Join(got, []byte(" "))); err != nil || text != want {
			t.Fatalf("message %d is %q, %v, not %q", i, text, err, want)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// A queue that is full: what was refused is sent once there is room, once.
	for i := range 5 {
		text := fmt.Sprint("message ", i)
		sent := make(chan error, 1)
		go func() { sent <- push.SendParts(ctx, []byte(text), bytes.Repeat(b, 100*i)) }()
		if i < 2 {
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			continue
		}
		parkedOn(t, push, 1)
		if got, err := pull.RecvParts(ctx); err != nil || len(got) != 2 || string(got[0]) != fmt.Sprint("message ", i-2) {
			t.Fatalf("%q, %v", got, err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
	if sent := push.Stats().Sent; sent.Messages != 7 || sent.Parts != 15 {
		t.Errorf("counted %+v", sent)
	}
}
