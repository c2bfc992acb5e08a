package zmq

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var stressFor = flag.Duration("stress", 500*time.Millisecond, "how long TestStress hammers sockets")

// stressPattern is two socket types and whether what goes from one to the other may be dropped on the way.
type stressPattern struct {
	a, b         SocketType
	toA, toB     bool // messages go there
	lossA, lossB bool // and may get lost
}

var stressPatterns = []stressPattern{
	{a: Pull, b: Push, toA: true},
	{a: Pair, b: Pair, toA: true, toB: true},
	{a: Dealer, b: Dealer, toA: true, toB: true},
	{a: Rep, b: Req, toA: true, toB: true},
	{a: Router, b: Dealer, toA: true, toB: true, lossB: true},
	{a: Pub, b: Sub, toB: true, lossB: true},
	{a: XPub, b: XSub, toA: true, toB: true, lossA: true, lossB: true},
}

// TestStress lets many goroutines make all kinds of calls on the two sockets of each pattern over each
// transport, with contexts that end at random. What was sent must arrive, unless the pattern drops. In three rounds
// of four the sockets are closed, or the context ended, under the calls.
func TestStress(t *testing.T) {
	limit := time.Now().Add(*stressFor)
	var sum stressCount
	rounds := 0
	for ; rounds == 0 || time.Now().Before(limit); rounds++ {
		// 7 patterns, 3 transports and 4 ends: each meets each.
		p := stressPatterns[rounds%len(stressPatterns)]
		transport := transports[rounds%len(transports)]
		end := rounds % 4
		name := p.a.String() + "-" + p.b.String() + "-" + transport + "-" + strconv.Itoa(end)
		if !t.Run(name, func(t *testing.T) { stressRound(t, p, transport, end, 25*time.Millisecond, &sum) }) {
			break
		}
	}
	t.Logf("%d rounds: %d operations, %d of them cancelled or refused; %d messages sent, %d received",
		rounds, sum.calls.Load(), sum.refused.Load(), sum.sent.Load(), sum.received.Load())
}

type stressCount struct{ calls, refused, sent, received atomic.Int64 }

// How a round ends.
const (
	endsDrained = iota // everything is received
	endsClose
	endsShutdown
	endsContext
)

// stressEnd is one socket of a round and what has gone in and out of it.
type stressEnd struct {
	s              *Socket
	sent, received atomic.Int64
	address        []byte // of the peer, which a router needs
}

func stressRound(t *testing.T, p stressPattern, transport string, end int, slice time.Duration, sum *stressCount) {
	c := newTestContext(t)
	hwm := 1 + rand.IntN(20)
	a := &stressEnd{s: newTestSocket(t, c, p.a, SendHWM(hwm), RecvHWM(hwm))}
	b := &stressEnd{s: newTestSocket(t, c, p.b, SendHWM(hwm), RecvHWM(hwm))}
	switch p.a {
	case Router:
		a.address = []byte("peer")
		if err := b.s.Set(Identity("peer")); err != nil {
			t.Fatal(err)
		}
	case Pub:
		if err := b.s.Set(Subscribe("")); err != nil {
			t.Fatal(err)
		}
	case XPub:
		set(t, b.s, MaxTopic(20_000)) // what it sends looks like the end of subscriptions
	}
	connectTo(t, b.s, bindTo(t, a.s, transport))
	running, stop := context.WithCancel(context.Background())
	receiving, enough := context.WithCancel(context.Background())
	defer enough()
	defer stop()
	var senders, receivers sync.WaitGroup
	loop := func(wg *sync.WaitGroup, ctx context.Context, calls ...func(ctx context.Context) error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for ctx.Err() == nil {
				brief, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(300))*time.Microsecond)
				err := calls[rand.IntN(len(calls))](brief)
				cancel()
				sum.calls.Add(1)
				if err != nil {
					sum.refused.Add(1)
				}
				if !stressMay(err) {
					t.Errorf("%v", err)
					return
				}
			}
		}()
	}
	for i, e := range []*stressEnd{a, b} {
		in, out := p.toA, p.toB
		if i == 1 {
			in, out = out, in
		}
		for range 2 {
			if out {
				loop(&senders, running, stressSends(e)...)
			}
			if in {
				loop(&receivers, receiving, stressReceives(e)...)
			}
		}
		loop(&senders, running, stressOthers(e)...)
	}
	time.Sleep(slice) // the length of the round, not a wait for anything
	switch end {
	case endsClose:
		a.s.Close()
		b.s.Close()
	case endsShutdown:
		c.Shutdown()
	case endsContext:
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	within(t, "a call that sends", senders.Wait)
	check := func(from, to *stressEnd, lossy bool) {
		if end == endsDrained && !lossy {
			eventually(t, "all messages arrive", func() bool { return to.received.Load() >= from.sent.Load() })
		}
		if sent, received := from.sent.Load(), to.received.Load(); received > sent {
			t.Errorf("%d messages came, %d were sent", received, sent)
		}
	}
	check(b, a, p.lossA || !p.toA)
	check(a, b, p.lossB || !p.toB)
	enough()
	within(t, "a call that receives", receivers.Wait)
	for _, e := range []*stressEnd{a, b} {
		sum.sent.Add(e.sent.Load())
		sum.received.Add(e.received.Load())
	}
}

// stressMay reports whether a call may end so.
func stressMay(err error) bool {
	for _, ok := range []error{
		context.DeadlineExceeded, context.Canceled, ErrWouldBlock, ErrClosed, ErrTerminated, EFSM, ErrNotSupported,
	} {
		if err == nil || errors.Is(err, ok) {
			return true
		}
	}
	// Before 4.0 an xsub sends subscriptions only.
	var op *OpError
	return errors.As(err, &op) && op.Type == XSub && op.Op == "send" && errors.Is(err, EINVAL) && !engineFrom(4, 0, 0)
}

func stressSends(e *stressEnd) []func(ctx context.Context) error {
	parts := func() [][]byte {
		var parts [][]byte
		if e.address != nil {
			parts = append(parts, e.address)
		}
		for range 1 + rand.IntN(3) {
			parts = append(parts, make([]byte, []int{0, 20, 3000, 20_000}[rand.IntN(4)]))
		}
		return parts
	}
	count := func(n int, err error) error {
		e.sent.Add(int64(n))
		return err
	}
	one := func(err error) error {
		if err == nil {
			e.sent.Add(1)
		}
		return err
	}
	calls := []func(ctx context.Context) error{
		func(ctx context.Context) error { return one(e.s.SendParts(ctx, parts()...)) },
		func(ctx context.Context) error {
			var msgs []*Message
			for _, p := range parts() {
				m, err := CopyMessage(p)
				if err != nil {
					return err
				}
				defer m.Close()
				msgs = append(msgs, m)
			}
			return one(e.s.SendMsgs(ctx, msgs...))
		},
		func(ctx context.Context) error {
			batch, err := NewBatch(12)
			if err != nil {
				return err
			}
			defer batch.Close()
			for range 3 {
				if err := batch.Add(parts()...); err != nil {
					return err
				}
			}
			return count(e.s.SendBatch(ctx, batch))
		},
	}
	if e.address == nil {
		calls = append(calls, func(context.Context) error {
			_, err := e.s.Send(make([]byte, 10), DontWait)
			return one(err)
		}, func(context.Context) error {
			m, err := CopyMessage(make([]byte, 5000))
			if err != nil {
				return err
			}
			defer m.Close()
			return one(e.s.SendMsg(m, DontWait))
		})
	}
	return calls
}

func stressReceives(e *stressEnd) []func(ctx context.Context) error {
	one := func(err error) error {
		if err == nil {
			e.received.Add(1)
		}
		return err
	}
	return []func(ctx context.Context) error{
		func(ctx context.Context) error { _, err := e.s.RecvParts(ctx); return one(err) },
		func(ctx context.Context) error { _, err := e.s.AppendParts(ctx, nil); return one(err) },
		func(ctx context.Context) error {
			msgs, err := e.s.RecvMsgs(ctx)
			for _, m := range msgs {
				m.Close()
			}
			return one(err)
		},
		func(ctx context.Context) error {
			batch, err := NewBatch(5)
			if err != nil {
				return err
			}
			defer batch.Close()
			n, err := e.s.RecvBatch(ctx, batch)
			e.received.Add(int64(n))
			return err
		},
		func(ctx context.Context) error {
			var last error
			n := 0
			for _, err := range e.s.Messages(ctx) {
				if last = one(err); n > 3 || err != nil {
					break
				}
				n++
			}
			return last
		},
	}
}

func stressOthers(e *stressEnd) []func(ctx context.Context) error {
	return []func(ctx context.Context) error{
		func(context.Context) error { _, err := e.s.Events(); return err },
		func(context.Context) error { return e.s.Set(Linger(0)) },
		func(context.Context) error { _, err := RecvHWM.Get(e.s); return err },
		func(context.Context) error { _, err := e.s.LastEndpoint(); return err },
		func(context.Context) error { _ = e.s.String(); e.s.Stats(); e.s.Type(); return nil },
		func(context.Context) error {
			_, err := Poll([]PollItem{{Socket: e.s, Events: PollIn | PollOut}}, 100*time.Microsecond)
			return err
		},
		func(ctx context.Context) error {
			p, err := NewPoller()
			if err != nil {
				return err
			}
			defer p.Close()
			if err := p.Add(e.s, PollIn); err != nil {
				return err
			}
			_, err = p.Wait(ctx)
			return err
		},
	}
}
