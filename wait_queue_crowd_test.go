//go:build unix

package zmq

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// TestWaitQueueNeedsEvents: a call need not bring the events back where the first that waits in each direction was woken
// and has not looked yet, and has to wherever there is another one to wake.
func TestWaitQueueNeedsEvents(t *testing.T) {
	s := newFakeSource(t)
	want := func(needs bool, when string) {
		t.Helper()
		if s.needsEvents() != needs {
			t.Errorf("%s: it needs events: %v", when, !needs)
		}
	}
	want(false, "nobody is parked")
	receiver, second := s.begin(t, opRecv, -1), s.begin(t, opRecv, -1)
	s.mu.Lock()
	want(true, "receivers are parked")
	s.arrived = 1
	s.wake(second.w)
	want(true, "the second was woken, and the first may have to be")
	s.wake(receiver.w)
	want(false, "the first was woken too")
	sender := &waiter{op: &op{kind: opSend}}
	s.park(sender, &s.senders)
	want(true, "a sender waits, too")
	sender.woken = true
	want(false, "and was woken")
	poller := &waiter{poll: newNotifier(), want: PollIn}
	s.park(poller, &s.pollers)
	want(true, "a poller is told at once")
	s.unpark(poller)
	s.unpark(sender)
	s.mu.Unlock()
	eventually(t, "one of the receivers has the message", func() bool {
		return isClosedNow(receiver.done) || isClosedNow(second.done)
	})
	eventually(t, "the other one waits", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		w := s.receivers.first
		return s.parked == 1 && w != nil && !w.woken && s.watcher == w
	})
	s.mu.Lock()
	want(true, "who was woken has looked")
	s.mu.Unlock()
	s.stop(ErrClosed)
	receiver.ended(t, "the source has stopped")
	second.ended(t, "the source has stopped")
	s.nobodyParked(t)
}

// TestWaitQueueWokenLooksForAll: what comes while the first is woken and has not looked yet is nobody else's to tell. It wakes the
// others when it does look, also one that leaves instead, since its context has ended. There is no edge.
func TestWaitQueueWokenLooksForAll(t *testing.T) {
	for _, cancels := range []bool{false, true} {
		s := newFakeSource(t)
		first, second, third := s.begin(t, opRecv, -1), s.begin(t, opRecv, -1), s.begin(t, opRecv, -1)
		s.mu.Lock()
		s.wake(first.w)
		s.arrived = 3
		if cancels {
			s.arrived = 2
			first.cancel()
		}
		if s.needsEvents() {
			t.Error("a call has to read the events, though a goroutine was woken that will")
		}
		s.mu.Unlock()
		for _, c := range []*fakeCall{first, second, third} {
			c.ended(t, "the first was woken, and wakes the others")
			if c.err != nil && !(cancels && c == first && errors.Is(c.err, context.Canceled)) {
				t.Error(c.err)
			}
		}
		s.nobodyParked(t)
	}
}

// TestWaitBesideRunning has one receiver parked while another takes messages without waiting, and goes away. That one has spent
// the edge, and must see to it that the parked one gets what is left.
func TestWaitBesideRunning(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		in, out := newPair(t, Pull, Push, transport)
		got := make(chan error, 1)
		for range 200 {
			go func() {
				_, err := in.Recv(nil, 0)
				got <- err
			}()
			parkedOn(t, in, 1)
			sendText(t, out, "x")
			sendText(t, out, "x")
			eventually(t, "one of two messages is there", func() bool {
				_, err := in.Recv(nil, DontWait)
				return err == nil
			})
			if err := taken(t, "the receive that was parked", got); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestWaitCrowd lets goroutines share both ends of a connection, where those that run take what others were woken for. The messages
// come in bursts, and the next one when all are taken: a goroutine that is not woken is missed.
func TestWaitCrowd(t *testing.T) {
	for _, types := range [][2]SocketType{{Pull, Push}, {Dealer, Dealer}} {
		t.Run(types[0].String(), func(t *testing.T) {
			overTransports(t, func(t *testing.T, transport string) {
				a, b := newPair(t, types[0], types[1], transport, SendHWM(3), RecvHWM(3))
				var both sync.WaitGroup
				for _, way := range [][2]*Socket{{a, b}, {b, a}} {
					if way[0].st.typ.sends() {
						both.Add(1)
						go func() {
							defer both.Done()
							crowd(t, way[0], way[1])
						}()
					}
				}
				both.Wait()
			})
		})
	}
}

// crowd sends bursts from many goroutines to many, and returns when all have come, or one is missed.
func crowd(t *testing.T, from, to *Socket) {
	const goroutines, rounds, limit = 8, 60, 40
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	orders, got := make(chan struct{}), make(chan struct{}, limit)
	defer close(orders)
	for range goroutines {
		all.Add(2)
		go func() {
			defer all.Done()
			for range orders {
				if err := from.SendParts(ctx, []byte("x")); err != nil {
					t.Errorf("send: %v", err)
				}
			}
		}()
		go func() {
			defer all.Done()
			for {
				if _, err := to.RecvParts(ctx); err != nil {
					return
				}
				got <- struct{}{}
			}
		}()
	}
	late := time.After(patience)
	for round := range rounds {
		n := 1 + round*7%limit
		for range n {
			select {
			case orders <- struct{}{}:
			case <-late:
				t.Errorf("burst %d, of %d messages: the senders are stuck", round, n)
				return
			}
		}
		for i := range n {
			select {
			case <-got:
			case <-late:
				t.Errorf("burst %d: of %d messages %d have found a receiver", round, n, i)
				return
			}
		}
	}
}
