package zmq

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Drain is the graceful way to close a socket: it takes no more new peers, lets the program receive what has come and the engine
// deliver what was sent, and closes the socket. It is called beside the goroutines that use the socket, which go on until
// they get ErrClosed.
//
//  1. A Pull, Sub or XSub that is bound receives until nothing has come for a tenth of a second, or for a second where peers go on
//     sending, and is unbound then (from libzmq 3.2). That cuts off its peers, with what is still on its way. Other types,
//     which answer over the same connections, and what the socket was connected to, stay as they are: peers that go on
//     sending hold Drain up.
//  2. Drain waits until nothing is left to be received, for a tenth of a second, and a Req or Rep has as many replies as requests.
//  3. The socket is closed, with a linger period to the deadline of ctx, or as Linger says if it has none, and Drain waits until
//     the engine has delivered what was sent over a network. Over inproc that is in the peer's queue already. Before libzmq 4.0,
//     which does not tell, it does not wait for that.
//
// When ctx ends first the socket is closed at once, and what is left is dropped: the error says what that is, and is the
// context's. The socket is closed in any case when Drain returns. A second Drain beside the first
// waits for it, and one of a closed socket does nothing.
//
// It costs the tenth of a second, for sockets that receive, twice where they are unbound, and a look every few milliseconds meanwhile.
//
// Errors: ctx.Err(); those of Close.
func (s *Socket) Drain(ctx context.Context) error {
	defer runtime.KeepAlive(s)
	if s.inner() == nilSocket {
		return s.opError("drain", errNilSocket)
	}
	err := s.inner().drainSocket(ctx)
	s.cleanup.Stop()
	s.inner().rec.closed()
	if err != nil {
		return s.opError("drain", err)
	}
	return nil
}

// Drain is the graceful way to end a context: it drains all its sockets at once, as Socket.Drain does, and then does what Term does.
// It ends when ctx does; the sockets are closed then.
//
// Errors: ctx.Err(), with what was left; those of Term.
func (c *Context) Drain(ctx context.Context) error {
	defer runtime.KeepAlive(c)
	z := c.inner()
	z.mu.Lock()
	socks, handler := z.sockets(), z.last
	z.mu.Unlock()
	var all sync.WaitGroup
	errs := make([]error, len(socks))
	for i, s := range socks {
		if s.internal || s == handler {
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			if err := s.drainSocket(ctx); err != nil {
				errs[i] = &OpError{Op: "drain", Type: s.typ, Err: err}
			}
			s.rec.closed()
		}()
	}
	all.Wait()
	return errors.Join(append(errs, c.Term(ctx))...)
}

// How often a drain looks, and how often in a row there must be nothing to receive: what comes from the engine's threads is not
// seen until it is here.
const (
	drainLook  = 10 * time.Millisecond
	drainLooks = 10
)

func (s *socketState) drainSocket(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	s.mu.Lock()
	closed, other, bound := s.closed, s.drained, slices.Clone(s.boundAt)
	if !closed && other == nil {
		s.drained = make(chan struct{})
		defer close(s.drained)
	}
	s.mu.Unlock()
	switch {
	case other != nil:
		return s.awaitDrained(ctx, other)
	case closed:
		return nil
	}
	if len(bound) > 0 && s.typ.is(Pull, Sub, XSub) && apiVersion().AtLeast(from32) {
		s.settleIncoming(ctx)
		for _, endpoint := range bound {
			s.detach(endpointUnbind, endpoint)
		}
	}
	var left []string
	err := s.awaitReceived(ctx)
	if err != nil {
		left = s.leftToReceive()
	}
	delivered, lingerErr := s.closeAndLinger(ctx)
	if err == nil {
		err = lingerErr
	}
	if !delivered {
		left = append(left, "messages that were sent, perhaps")
	}
	if err == nil || len(left) == 0 {
		return err
	}
	return withReason(err, err.Error()+": left undone: "+strings.Join(left, ", "))
}

// drainSettle bounds how long peers that go on sending keep a socket from being unbound.
const drainSettle = time.Second

// settleIncoming waits until what has come so far is received. Unbinding ends the connections of an endpoint, and drops what the
// engine has not read from them.
func (s *socketState) settleIncoming(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainSettle)
	defer cancel()
	s.awaitReceived(ctx)
}

// awaitDrained waits until another Drain is through. When ctx ends first it closes the socket, which ends the other.
func (s *socketState) awaitDrained(ctx context.Context, other <-chan struct{}) error {
	select {
	case <-other:
		return nil
	case <-ctx.Done():
		_, err := s.closeAndLinger(ctx)
		return err
	}
}

// awaitReceived waits until nothing is left to be received, or ctx ends.
func (s *socketState) awaitReceived(ctx context.Context) error {
	if !s.typ.receives() {
		return ctx.Err()
	}
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for quiet := 0; quiet < drainLooks; {
		if err := ctx.Err(); err != nil {
			return err
		}
		busy, err := s.unfinished()
		if err != nil {
			return nil // another goroutine has closed it
		}
		quiet++
		if busy {
			quiet = 0
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// unfinished reports whether there is something to receive or to answer.
func (s *socketState) unfinished() (bool, error) {
	if err := s.lock(); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	ev, errno := s.readEvents()
	s.afterCall(ev)
	return ev&PollIn != 0 || s.recvOpen || s.inHand() > 0 || s.owes() > 0, errnoError(errno)
}

// inHand returns how many messages Chans have in hand. s.mu is held.
func (s *socketState) inHand() int {
	if s.handed == nil {
		return 0
	}
	return s.handed.held
}

// owes returns how many replies a Req waits for or a Rep has not sent. s.mu is held.
func (s *socketState) owes() uint64 {
	switch s.typ {
	case Rep:
		return s.in.messages - min(s.in.messages, s.out.messages)
	case Req:
		return min(1, s.out.messages-s.answered) // with ReqRelaxed others may have been given up
	}
	return 0
}

// drainCount is how many messages that are left are counted.
const drainCount = 1 << 16

// leftToReceive says what was not received, and takes it out of the socket to count it.
func (s *socketState) leftToReceive() (left []string) {
	if s.lock() != nil {
		return nil
	}
	defer s.unlock()
	n := s.inHand()
	owed := s.owes()
	for n < drainCount {
		o := op{kind: opRecvFrames, limit: 1}
		if s.tryOp(&o, 0); o.res.err != 0 || o.frames == nil {
			break
		}
		putFrames(o.frames)
		n++
	}
	if n > 0 {
		left = append(left, fmt.Sprintf("%d messages that nobody has received", n))
	}
	if owed > 0 {
		left = append(left, fmt.Sprintf("%d requests without a reply", owed))
	}
	return left
}

// drainSink hears of the end of a socket.
type drainSink struct {
	ended chan struct{}
	once  sync.Once
}

func (k *drainSink) take(e MonitorEvent) {}
func (k *drainSink) end(error)           { k.once.Do(func() { close(k.ended) }) }

// closeAndLinger closes the socket, and waits until the engine is done with it or ctx ends.
func (s *socketState) closeAndLinger(ctx context.Context) (delivered bool, err error) {
	sink := &drainSink{ended: make(chan struct{})}
	_, watchErr := s.addEventSink(sink)
	s.mu.Lock()
	network := s.hasNetEndpoint
	if deadline, ok := ctx.Deadline(); ok || ctx.Err() != nil {
		// A little longer than is waited: what ends before was delivered.
		wait := max(time.Until(deadline), 0) + closeGrace
		if ctx.Err() != nil {
			wait = 0
		}
		if !s.closed && !s.borrowed {
			cSetInt(s.h, optLinger, int32(min(wait.Milliseconds(), 1<<31-1)))
		}
	}
	s.mu.Unlock()
	if err := s.close(); err != nil {
		return true, err
	}
	if watchErr != nil || !network || ctx.Err() != nil {
		return !s.typ.sends() || ctx.Err() == nil, ctx.Err()
	}
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for {
		select {
		case <-sink.ended:
			return true, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-tick.C:
			s.z.attendAll()
		}
	}
}

// attendAll makes the sockets of a context notice what others have told them: that one of their inproc peers is closing, which
// waits for their answer, and the program may not call them for a while.
func (z *contextState) attendAll() {
	z.mu.Lock()
	socks := z.sockets()
	z.mu.Unlock()
	for _, s := range socks {
		if !s.internal {
			s.attend()
		}
	}
}

// attend makes a socket notice what the engine's threads have told it. libzmq looks only when it is called.
func (s *socketState) attend() {
	if s.lock() != nil {
		return
	}
	defer s.mu.Unlock()
	if ev, errno := s.readEvents(); errno == 0 {
		s.afterCall(ev)
	}
}

func (t SocketType) receives() bool { return !t.is(Pub, Push, Radio, Scatter) }
func (t SocketType) sends() bool    { return !t.is(Sub, Pull, Dish, Gather) }
