//go:build !race

package zmq

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"testing"
)

// TestAllocsSteadyState: with a context that can be cancelled, too, as long as nothing has to
// be waited for. (The race detector makes sync.Pool forget things.)
func TestAllocsSteadyState(t *testing.T) {
	const turns = 200
	pull, push := newPair(t, Pull, Push, "inproc")
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	small, buf := make([]byte, 64), make([]byte, 64)
	out := make([]*Message, 0, turns+1)
	for range turns + 1 {
		m, err := CopyMessage(small)
		must(err)
		out = append(out, m)
	}
	in := new(Message)
	defer in.Close()
	outBatch, inBatch := newTestBatch(t, 32), newTestBatch(t, 32)
	var parts [][]byte
	seen := 0
	poller := mustGet(NewPoller())
	defer poller.Close()
	must(poller.Add(pull, PollIn))
	ready := func() <-chan struct{} {
		poller.Ready()
		poller.Wake()
		return poller.Ready()
	}
	for name, turn := range map[string]func(){
		"Send and Recv": func() {
			_, err := push.Send(small, 0)
			must(err)
			_, err = pull.Recv(buf, 0)
			must(err)
		},
		"SendMsg and RecvMsg": func() {
			must(push.SendMsg(out[len(out)-1], 0))
			out = out[:len(out)-1]
			must(pull.RecvMsg(in, 0))
		},
		"SendParts and AppendParts": func() {
			must(push.SendParts(ctx, small, small, small))
			var err error
			parts, err = pull.AppendParts(ctx, parts[:0])
			must(err)
		},
		"SendBatch and RecvBatch": func() {
			for range 16 {
				must(outBatch.Add(small, small))
			}
			_, err := push.SendBatch(ctx, outBatch)
			must(err)
			_, err = pull.RecvBatch(ctx, inBatch)
			must(err)
			for _, parts := range inBatch.All() {
				seen += len(parts)
			}
		},
		"TrySendParts and TryAppendParts": func() {
			must(push.TrySendParts(small, small))
			var err error
			parts, err = pull.TryAppendParts(parts[:0])
			must(err)
		},
		"TrySendBatch and TryRecvBatch": func() {
			must(outBatch.Add(small))
			_, err := push.TrySendBatch(outBatch)
			must(err)
			_, err = pull.TryRecvBatch(inBatch)
			must(err)
		},
		"TryRecvParts in vain": func() {
			if _, err := pull.TryRecvParts(); err == nil {
				t.Fatal("a message out of nowhere")
			}
		},
		"Poller.Ready and TryWait in vain": func() {
			<-ready()
			if got, err := poller.TryWait(); len(got) > 0 || err != nil {
				t.Fatal(got, err)
			}
		},
		"DontWait in vain": func() {
			_, err := pull.Recv(buf, DontWait)
			if err == nil {
				t.Fatal("a message out of nowhere")
			}
		},
	} {
		if n := testing.AllocsPerRun(turns, turn); n != 0 && !raced {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if seen != 2*16*(turns+1) {
		t.Errorf("%d parts were seen", seen)
	}
}

// TestAllocsMessage: a small message and its bytes are one allocation, until it is sent and after.
func TestAllocsMessage(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	in := new(Message)
	defer in.Close()
	for _, size := range ownSizes {
		p := make([]byte, size)
		n := testing.AllocsPerRun(100, func() {
			m, err := CopyMessage(p)
			if err == nil {
				err = errors.Join(push.SendMsg(m, 0), m.Close(), pull.RecvMsg(in, 0))
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if n != 1 && !raced {
			t.Errorf("%d bytes: %v allocations", size, n)
		}
	}
}

// TestAllocsReceivedParts: a message of one part is one allocation, and its part can be appended to without harm to others.
func TestAllocsReceivedParts(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	ctx := patient(t)
	for _, size := range []int{0, 1, 40, 41, 104, 105, 232, 233, 1000, 1001, 100_000} {
		sent := bytes.Repeat([]byte{'x'}, size)
		var got [][]byte
		n := testing.AllocsPerRun(100, func() {
			_, err := push.Send(sent, 0)
			if err == nil {
				got, err = pull.RecvParts(ctx)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if len(got) != 1 || cap(got) != 1 || !bytes.Equal(got[0], sent) || cap(got[0]) != size && size <= 1000 {
			t.Errorf("a part of %d bytes arrived as %d parts, the first of %d bytes and a capacity of %d", size, len(got), len(got[0]), cap(got[0]))
		}
		if want := 1.; size <= 1000 && n != want && !raced {
			t.Errorf("%d bytes in one part: %v allocations", size, n)
		}
	}
}

// TestAllocsChan: a message that comes over a Chan is at most one allocation, as with RecvParts; one of a Latest that replaces another is none.
// The Chan's goroutine receives ahead: whether it has the next message yet when the counting ends is open, so there can be one allocation less than messages.
func TestAllocsChan(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	small := make([]byte, 64)
	for range 300 { // waiting for a message costs more, as it does without a Chan
		must(push.SendParts(ctx, small))
	}
	c := pull.Chan(ctx)
	n := testing.AllocsPerRun(200, func() {
		if len(<-c.C) != 1 {
			t.Fatal("no message")
		}
	})
	if n > 1 && !raced {
		t.Errorf("%v allocations for a message over a Chan", n)
	}
	l := &Latest{limit: 2, topics: map[string]*list.Element{}, more: make(chan struct{}, 1)}
	topic := []byte("topic")
	spare := [][]byte{topic, small}
	if n := testing.AllocsPerRun(200, func() {
		if spare = l.put(spare); spare == nil {
			spare = [][]byte{topic, small}
		}
	}); n > 0 && !raced {
		t.Errorf("%v allocations for a message that replaces another", n)
	}
}
