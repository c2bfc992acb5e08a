//go:build unix

package zmq

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"
)

// fakeSource is what goroutines wait on in these tests: no engine, and nothing happens but what a test makes happen. Its
// fields are guarded by the queue's lock.
type fakeSource struct {
	waitQueue
	r, w *os.File // the descriptor: it becomes readable by edge

	arrived int  // messages that can be received
	space   int  // messages that can be sent
	refuse  bool // it calls itself ready to send and refuses
	end     error
	dead    bool // readEvents says ETERM
	tries   int
	trying  func(*op) // called before a try
}

func newFakeSource(t *testing.T) *fakeSource {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeSource{r: r, w: w}
	s.src = s
	t.Cleanup(func() {
		s.stop(ErrClosed)
		s.closeFile()
		r.Close()
		w.Close()
	})
	return s
}

func (s *fakeSource) stopped() error { return s.end }

func (s *fakeSource) heldUp(o *op) bool { return false }

func (s *fakeSource) noteTerminated() { s.end = ErrTerminated }

func (s *fakeSource) waitFD() (fd int, errno Errno) {
	raw, err := s.r.SyscallConn()
	if err != nil {
		return -1, EINVAL
	}
	raw.Control(func(p uintptr) { fd = int(p) }) // Fd would make it a blocking one
	return fd, 0
}

func (s *fakeSource) readEvents() (ev PollEvents, errno Errno) {
	if s.dead {
		return 0, ETERM
	}
	if s.arrived > 0 {
		ev |= PollIn
	}
	if s.space > 0 || s.refuse {
		ev |= PollOut
	}
	return ev, 0
}

func (s *fakeSource) tryOp(o *op, mode int) {
	s.tries++
	if s.trying != nil {
		s.trying(o)
	}
	have := &s.arrived
	if o.dir() == PollOut {
		have = &s.space
	}
	if *have > 0 {
		*have--
		o.res = result{n: 1}
	} else {
		o.res = result{err: EAGAIN}
	}
	o.res.ev, _ = s.readEvents()
}

// edge makes the descriptor readable anew.
func (s *fakeSource) edge(t *testing.T) {
	t.Helper()
	if _, err := s.w.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
}

func (s *fakeSource) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end = err
	s.wakeAll()
}

// fakeCall is an operation that waits on a fakeSource.
type fakeCall struct {
	cancel context.CancelFunc
	w      *waiter
	done   chan struct{}
	res    result
	err    error
}

func isClosedNow(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// begin makes a goroutine wait for the operation, and returns when it is parked and has been refused: from then on it
// moves only if it is told to.
func (s *fakeSource) begin(t *testing.T, kind opKind, timeout time.Duration) *fakeCall {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	c := &fakeCall{cancel: cancel, done: make(chan struct{})}
	s.mu.Lock()
	before := s.parked
	s.mu.Unlock()
	go func() {
		defer close(c.done)
		o := &op{kind: kind}
		c.err = s.await(newWaiter(ctx, o, timeout))
		c.res = o.res
	}()
	for limit := time.Now().Add(patience); c.w == nil; {
		if timeout > 0 && timeout < time.Second && isClosedNow(c.done) {
			return c // its time was over before anybody looked
		}
		if time.Now().After(limit) {
			t.Fatal("the call has not parked")
		}
		runtime.Gosched()
		s.mu.Lock()
		if w := s.listOf(&op{kind: kind}).last; s.parked == before+1 && w != nil && w.refused {
			c.w = w
		}
		s.mu.Unlock()
	}
	return c
}

// ended waits until the call has returned, which takes what the text says.
func (c *fakeCall) ended(t *testing.T, what string) {
	t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		t.Fatalf("a waiting call has not returned: %s", what)
	}
}

// nobodyParked fails if anything of the calls is left in the queue.
func (s *fakeSource) nobodyParked(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parked != 0 || s.receivers.first != nil || s.senders.first != nil || s.pollers.first != nil || s.watcher != nil {
		t.Errorf("%d are parked, the watcher is %p", s.parked, s.watcher)
	}
}

// TestWaitQueueLeave: who is woken and goes away without a try, since its context has ended, passes the wake-up on.
// There is no further edge.
func TestWaitQueueLeave(t *testing.T) {
	s := newFakeSource(t)
	watcher, woken, third := s.begin(t, opRecv, -1), s.begin(t, opRecv, -1), s.begin(t, opRecv, -1)
	s.mu.Lock()
	s.arrived = 1
	s.wake(woken.w)
	woken.cancel()
	s.mu.Unlock()
	woken.ended(t, "it was cancelled")
	if !errors.Is(woken.err, context.Canceled) {
		t.Errorf("the cancelled call ended with %v", woken.err)
	}
	watcher.ended(t, "another call was woken for a message, was cancelled, and left the message to this one")
	if watcher.err != nil || watcher.res.n != 1 {
		t.Errorf("the call ended with %v, %d", watcher.err, watcher.res.n)
	}
	s.stop(ErrClosed)
	third.ended(t, "the source has stopped")
	s.nobodyParked(t)
}

// TestWaitQueueHandOver: when the watcher leaves, one of the others waits for the descriptor.
func TestWaitQueueHandOver(t *testing.T) {
	s := newFakeSource(t)
	var calls []*fakeCall
	for _, kind := range []opKind{opRecv, opRecv, opSend, opRecv} {
		calls = append(calls, s.begin(t, kind, -1))
	}
	s.mu.Lock()
	if s.watcher != calls[0].w {
		t.Error("the first that has parked does not watch")
	}
	s.mu.Unlock()
	for _, c := range calls[:3] {
		c.cancel()
		c.ended(t, "it was cancelled")
	}
	s.mu.Lock()
	s.arrived = 1
	s.mu.Unlock()
	s.edge(t)
	calls[3].ended(t, "the descriptor is readable, and nobody else is left to watch it")
	if calls[3].err != nil {
		t.Error(calls[3].err)
	}
	s.nobodyParked(t)
}

// TestWaitQueueBothWays: an edge that brings room for a sender and a message for a receiver wakes both, whoever watches.
func TestWaitQueueBothWays(t *testing.T) {
	for _, kinds := range [][2]opKind{{opRecv, opSend}, {opSend, opRecv}} {
		s := newFakeSource(t)
		watcher, other := s.begin(t, kinds[0], -1), s.begin(t, kinds[1], -1)
		s.mu.Lock()
		s.arrived, s.space = 1, 1
		s.mu.Unlock()
		s.edge(t)
		watcher.ended(t, "there was an edge")
		other.ended(t, "the watcher has seen that this one can go on too")
		s.nobodyParked(t)
	}
}

// TestWaitQueuePassesOn: one edge for three messages serves three receivers.
func TestWaitQueuePassesOn(t *testing.T) {
	s := newFakeSource(t)
	calls := []*fakeCall{s.begin(t, opRecv, -1), s.begin(t, opRecv, -1), s.begin(t, opRecv, -1)}
	s.mu.Lock()
	s.arrived = 3
	s.mu.Unlock()
	s.edge(t)
	for _, c := range calls {
		c.ended(t, "there are messages for all")
	}
	s.nobodyParked(t)
}

// TestWaitQueueAfterCall: what another goroutine's call finds out wakes those whom it concerns, without an edge.
func TestWaitQueueAfterCall(t *testing.T) {
	s := newFakeSource(t)
	receiver, sender := s.begin(t, opRecv, -1), s.begin(t, opSend, -1)
	s.mu.Lock()
	s.space = 1
	s.afterCall(PollOut)
	if receiver.w.woken || !sender.w.woken {
		t.Errorf("room to send wakes the receiver: %v, the sender: %v", receiver.w.woken, sender.w.woken)
	}
	s.mu.Unlock()
	sender.ended(t, "there is room")
	s.mu.Lock()
	s.arrived = 1
	s.kick()
	s.mu.Unlock()
	receiver.ended(t, "there is a message")
	s.nobodyParked(t)
}

// TestWaitQueueRefusedThoughReady: a sender that is refused by a source that calls itself ready looks again by itself.
// For the same readiness it is not woken again, and others are.
func TestWaitQueueRefusedThoughReady(t *testing.T) {
	s := newFakeSource(t)
	s.mu.Lock()
	s.refuse = true
	s.mu.Unlock()
	first, second := s.begin(t, opSend, -1), s.begin(t, opSend, -1)
	s.mu.Lock()
	for _, c := range []*fakeCall{first, second} {
		if !c.w.falseReady {
			t.Error("a sender was refused by a source that is ready, and believes that it is not")
		}
		c.w.tried, c.w.woken = s.epoch, false
	}
	s.dispatch(PollOut)
	if first.w.woken || second.w.woken {
		t.Error("a sender was woken for the readiness that it was refused in")
	}
	second.w.falseReady = false
	s.dispatch(PollOut)
	if first.w.woken || !second.w.woken {
		t.Error("a sender that has reason to try was not woken, or another one was")
	}
	s.space = 2
	s.mu.Unlock()
	first.ended(t, "it looks by itself every few milliseconds")
	second.ended(t, "it was woken, or looks by itself")
	s.nobodyParked(t)
}

// TestWaitQueueCancelTooLate: an operation that was done is over, whatever its context says.
func TestWaitQueueCancelTooLate(t *testing.T) {
	s := newFakeSource(t)
	watcher, sleeper := s.begin(t, opRecv, -1), s.begin(t, opRecv, -1)
	cancels := []context.CancelFunc{watcher.cancel, sleeper.cancel}
	s.mu.Lock()
	s.trying = func(*op) { // the context ends while the operation is performed
		cancels[0]()
		cancels = cancels[1:]
	}
	s.arrived = 2
	s.mu.Unlock()
	s.edge(t)
	for _, c := range []*fakeCall{watcher, sleeper} {
		c.ended(t, "there are messages for both")
		if c.err != nil || c.res.n != 1 {
			t.Errorf("the call took a message and ended with %v", c.err)
		}
	}
	s.nobodyParked(t)
}

// TestWaitQueueTimeout: each call ends when its own time is over, the watcher's and the others'.
func TestWaitQueueTimeout(t *testing.T) {
	s := newFakeSource(t)
	for range 3 {
		endless := s.begin(t, opRecv, -1) // watches first, and afterwards takes over
		for kind, want := range map[opKind]error{opRecv: errRecvTimeout, opSend: errSendTimeout} {
			sleeper := s.begin(t, kind, 5*time.Millisecond)
			sleeper.ended(t, "its timeout was 5 ms")
			if sleeper.err != want {
				t.Errorf("a sleeper's timeout ended with %v", sleeper.err)
			}
		}
		endless.cancel()
		endless.ended(t, "it was cancelled")
		for kind, want := range map[opKind]error{opRecv: errRecvTimeout, opSend: errSendTimeout} {
			watcher := s.begin(t, kind, 5*time.Millisecond)
			s.mu.Lock()
			s.interrupt() // which is not the end of its time
			s.mu.Unlock()
			watcher.ended(t, "its timeout was 5 ms")
			if watcher.err != want {
				t.Errorf("the watcher's timeout ended with %v", watcher.err)
			}
		}
	}
	s.nobodyParked(t)
}

// TestWaitQueueInterruptedIsNotLate: a watcher that is interrupted a moment after it began has not used up its time.
func TestWaitQueueInterruptedIsNotLate(t *testing.T) {
	s := newFakeSource(t)
	watcher := s.begin(t, opRecv, time.Hour)
	for range 50 {
		s.mu.Lock()
		tries := s.tries
		s.interrupt()
		s.mu.Unlock()
		eventually(t, "the watcher looks again", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.tries > tries
		})
	}
	s.mu.Lock()
	s.arrived = 1
	s.mu.Unlock()
	s.edge(t)
	watcher.ended(t, "there is a message")
	if watcher.err != nil {
		t.Error(watcher.err)
	}
}

// TestWaitQueueStop: the end of the source ends every wait, and what began to wait at the same moment.
func TestWaitQueueStop(t *testing.T) {
	for _, end := range []error{ErrClosed, ErrTerminated} {
		s := newFakeSource(t)
		calls := []*fakeCall{s.begin(t, opRecv, -1), s.begin(t, opSend, time.Hour), s.begin(t, opRecv, -1)}
		s.stop(end)
		for _, c := range calls {
			c.ended(t, "the source has stopped")
			if c.err != end {
				t.Errorf("the call ended with %v, want %v", c.err, end)
			}
		}
		if err := s.await(newWaiter(context.Background(), &op{kind: opRecv}, -1)); err != end {
			t.Errorf("a later call ended with %v, want %v", err, end)
		}
		s.nobodyParked(t)
	}
}

// TestWaitQueueTerminated: an ETERM that only another call learns of ends every wait.
func TestWaitQueueTerminated(t *testing.T) {
	s := newFakeSource(t)
	calls := []*fakeCall{s.begin(t, opRecv, -1), s.begin(t, opSend, -1)}
	s.mu.Lock()
	s.dead = true
	s.kick()
	s.mu.Unlock()
	for _, c := range calls {
		c.ended(t, "the context was terminated")
		if c.err != ErrTerminated {
			t.Errorf("the call ended with %v", c.err)
		}
	}
}

// TestWaitQueuePollers: a poller's interest is watched for by a goroutine of its own, which is gone when the last
// interest is, and which leaves the descriptor to those who still wait.
func TestWaitQueuePollers(t *testing.T) {
	s := newFakeSource(t)
	p := newNotifier()
	interests := []*waiter{{poll: p, want: PollIn}, {poll: p, want: PollIn}}
	s.mu.Lock()
	for _, w := range interests {
		s.park(w, &s.pollers)
	}
	s.handOver()
	background := s.watcher == background
	s.mu.Unlock()
	if !background {
		t.Fatal("nobody watches for pollers")
	}
	receiver := s.begin(t, opRecv, -1)
	s.unparkPoller(interests[0])
	s.mu.Lock()
	s.space = 1
	s.mu.Unlock()
	s.edge(t)
	s.mu.Lock()
	s.arrived = 1
	s.mu.Unlock()
	s.edge(t)
	select {
	case <-p.sig:
	case <-time.After(patience):
		t.Fatal("the poller was not told of the message")
	}
	receiver.ended(t, "there is a message")
	receiver = s.begin(t, opRecv, -1)
	s.unparkPoller(interests[1])
	s.watcherIs(t, receiver.w)
	receiver.cancel()
	receiver.ended(t, "it was cancelled")
	s.watcherIs(t, nil)
	s.nobodyParked(t)
}

func (s *fakeSource) watcherIs(t *testing.T, w *waiter) {
	t.Helper()
	eventually(t, "the goroutine that watched for pollers has left the descriptor to others", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.watcher == w
	})
}
