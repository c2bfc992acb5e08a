package zmq

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// libzmq aborts the process when a connection is lost while its queue is being dropped, with a message in it of which
// the peer had some parts and not the others. Two ends that give up together make that happen. So a queue that may hold
// such messages is not dropped at once, nor when another one is: its linger period is a little longer than it was set.
// Most often the queue is empty before that.
//
// An engine with the gate clean_pipes needs none of this. On others it is for two ends that give up together; a peer that dies
// at the very moment still ends the process (docs/limits.md): from when the queue is dropped until the engine's threads have agreed on
// it, which takes a turn of each, every loss of the connection does, and no order of calls keeps it away.
const (
	lingerLeast = 10 * time.Millisecond  // more than a connection takes to end
	lingerMost  = 100 * time.Millisecond // where many end at once
)

// lingerEnds are the moments at which the linger periods end that were stretched.
var lingerEnds struct {
	sync.Mutex
	at []time.Time
}

// reserveEnd returns how much longer than set a linger period takes which ends when no other of this process does. Other
// processes may have begun at the same moment.
func reserveEnd(set time.Duration) time.Duration {
	lingerEnds.Lock()
	defer lingerEnds.Unlock()
	now := time.Now()
	lingerEnds.at = slices.DeleteFunc(lingerEnds.at, func(at time.Time) bool { return now.Sub(at) > lingerLeast })
	wait := lingerLeast + rand.N(lingerLeast)
	for wait < lingerMost && slices.ContainsFunc(lingerEnds.at, func(at time.Time) bool {
		return at.Sub(now.Add(set+wait)).Abs() < lingerLeast
	}) {
		wait += lingerLeast / 2
	}
	lingerEnds.at = append(lingerEnds.at, now.Add(set+wait))
	return wait
}

// mayTearMessage reports whether the engine may be in the middle of a message of several parts, over a transport that it may lose
// connections of, and aborts the process over it. s.mu is held.
func (s *socketState) mayTearMessage() bool {
	return !hardened("clean_pipes") && s.hasNetEndpoint && !s.borrowed && (s.sendsUncounted || s.out.parts > s.out.messages || s.typ.is(Req, Rep))
}

// stretchLinger makes the linger period that is about to begin end at a time of its own, and returns the one that was
// set and the one that is. It does nothing, and says so, where the period is endless or not needed. s.mu is held.
func (s *socketState) stretchLinger() (set, now int32, stretched bool) {
	if !s.mayTearMessage() {
		return 0, 0, false
	}
	set, errno := cGetInt(s.h, optLinger)
	if errno != 0 || set < 0 {
		return 0, 0, false
	}
	more := reserveEnd(time.Duration(set) * time.Millisecond)
	now = int32(min(int64(set)+more.Milliseconds(), 1<<31-1))
	return set, now, cSetInt(s.h, optLinger, now) == 0
}

// stretchLingers is for sockets that will take no option any more when they are closed.
func stretchLingers(socks []*socketState) {
	for _, s := range socks {
		if s.lock() == nil {
			s.stretchLinger()
			s.mu.Unlock()
		}
	}
}

// detachSlowly is cEndpoint for Unbind and Disconnect, which drop queues as Close does. s.mu is held.
func (s *socketState) detachSlowly(action endpointOp, endpoint string) Errno {
	set, now, stretched := s.stretchLinger()
	errno := cEndpoint(s.h, action, endpoint)
	if stretched {
		cSetInt(s.h, optLinger, set)
	}
	if errno == 0 {
		// Messages of several parts to those who came in by a bound endpoint stop at once, whatever the linger period.
		s.serviceUntil(0)
	}
	if errno == 0 && stretched {
		s.serviceUntil(time.Duration(now) * time.Millisecond)
	}
	return errno
}

// serviceUntil looks after the socket when a linger period ends that began before the socket's end: the connection is not gone
// before the socket has processed what the engine tells it, and no other goroutine might call it. s.mu is held.
func (s *socketState) serviceUntil(after time.Duration) {
	w := &waiter{poll: &notifier{sig: make(chan struct{}, 1)}}
	time.AfterFunc(after-lingerLeast, func() {
		if s.lock() != nil {
			return
		}
		defer s.mu.Unlock()
		s.park(w, &s.pollers)
		s.handOver()
		time.AfterFunc(lingerLeast+lingerMost, func() { s.unparkPoller(w) })
	})
}

// boundLinger lowers the linger period to limit. s.mu is held.
func (s *socketState) boundLinger(limit time.Duration) {
	if s.closed || s.borrowed {
		return
	}
	ms, errno := cGetInt(s.h, optLinger)
	if bound := limit.Milliseconds(); errno == 0 && (ms < 0 || int64(ms) > bound) {
		cSetInt(s.h, optLinger, int32(min(bound, 1<<31-1)))
	}
}

// lockUnfetched locks the socket for Unbind or Disconnect. To say that there is something to receive, sockets of some types
// take the first part of a message out of its queue; Disconnect takes the queue away, and libzmq would wait for the rest for
// ever, or abort the process. So a message that is waiting has to be received first, for which there is a moment.
func (s *socketState) lockUnfetched(action endpointOp) error {
	for limit := time.Now().Add(lingerMost); ; time.Sleep(time.Millisecond) {
		if err := s.lock(); err != nil {
			return err
		}
		if action != endpointDisconnect || !s.connected || s.recvOpen || !s.mayFetch() {
			return nil
		}
		ev, errno := cEvents(s.h)
		s.afterCall(ev)
		if errno != 0 || ev&PollIn == 0 {
			return nil
		}
		s.mu.Unlock()
		if time.Now().After(limit) {
			return withReason(EFSM, "a message of several parts may be waiting, of which libzmq would lose the rest: receive what is waiting first, or close the socket")
		}
	}
}

// mayFetch reports whether the socket fetches parts of messages before they are received, and may get messages of several
// parts: where those that came had one each, so will the next. s.mu is held.
func (s *socketState) mayFetch() bool {
	switch s.typ {
	case Rep:
		return true // a request has an envelope
	case Router:
		return s.in.messages == 0 || s.in.parts != 2*s.in.messages
	case Sub, XSub:
		return s.in.messages == 0 || s.in.parts != s.in.messages
	}
	return false
}
