package zmq

import (
	"context"
	"time"
)

// do performs o, waiting as long as its flags, the socket's timeouts and ctx
// allow. A nil ctx never ends.
func (s *socketState) do(ctx context.Context, o *op) (result, error) {
	if err := ended(ctx); err != nil {
		return result{}, err
	}
	if o.dir() == PollIn && !o.turn {
		s.settle()
	}
	s.mu.Lock()
	if err := s.stopped(); err != nil {
		s.mu.Unlock()
		return result{}, err
	}
	if o.dir() == PollIn {
		s.drains = false
	} else if s.drains {
		s.drain()
	}
	timeout := s.timeout(o)
	mode := 0
	if timeout == 0 {
		mode = modeConfirmRefusal
	}
	if s.parked > 0 {
		mode |= modeReportEvents
	}
	// Waiting begins with a try. Not with a timeout, which might be over before that.
	if o.dir() == PollOut || !s.lastRecvParked || timeout >= 0 {
		r := s.tryOp(o, mode)
		s.afterCall(r.ev)
		if r.err != EAGAIN || timeout == 0 {
			s.mu.Unlock()
			return r, errnoError(r.err)
		}
	}
	s.blocked++
	s.mu.Unlock()
	return s.await(ctx, o, timeout)
}

// timeout returns how long o may be waited for: 0 not at all, -1 without end.
func (s *socketState) timeout(o *op) time.Duration {
	if o.dontWait {
		return 0
	}
	if o.dir() == PollIn {
		return s.recvTimeout
	}
	return s.sendTimeout
}

// readTimeouts asks the engine for the timeouts, which Go obeys. s.mu is held.
func (s *socketState) readTimeouts() {
	for _, id := range [...]int{optRecvTimeout, optSendTimeout} {
		if ms, errno := cGetInt(s.h, id); errno == 0 {
			s.cacheOption(id, int64(ms))
		}
	}
}

// heldUp reports whether o must wait because another goroutine is in the middle of a message, sent
// or received part by part.
func (s *socketState) heldUp(o *op) bool {
	if o.dir() == PollIn {
		return o.whole && s.recvOpen
	}
	return o.whole && s.sendOpen
}

// tryOp performs o if that is possible now; EAGAIN says that it is not. s.mu is held
// and the socket is open.
func (s *socketState) tryOp(o *op, mode int) result {
	if s.handed != nil {
		return s.tryHanded(o, mode)
	}
	return s.tryEngine(o, mode)
}

// tryEngine is tryOp for what is in the engine.
func (s *socketState) tryEngine(o *op, mode int) (r result) {
	s.crossings++
	if s.heldUp(o) {
		r.ev, r.err = cEvents(s.h)
		if r.err == 0 {
			r.err = EAGAIN
		}
		return r
	}
	if s.conflate && o.manyParts() {
		r.err = EINVAL
		r.ev, _ = cEvents(s.h)
		return r
	}
	if s.typ == XSub && s.refusesFilters(o) {
		r.err = errnoFilter
		r.ev, _ = cEvents(s.h)
		return r
	}
	if o.dir() == PollOut && !o.sendable(s) {
		r.err = EINVAL
		r.ev, _ = cEvents(s.h)
		return r
	}
	switch o.kind {
	case opSend, opSendMsg:
		if s.gathers(o.mode&modeMore != 0) {
			r = o.gather(s, mode)
		} else {
			r = o.sendPart(s, mode)
		}
	case opSendMsgs:
		if r = cSendMsgs(s.h, o.msgs, mode); r.n == len(o.msgs) {
			s.out.add(1, len(o.msgs), o.size)
		}
	case opSendFrames:
		r = o.sendFrames(s, mode)
	case opRecv, opRecvMsg:
		if o.kind == opRecv {
			r = cRecv(s.h, o.p, mode)
		} else {
			r, o.data = cRecvMsg(s.h, o.msg, mode)
		}
		if r.err == 0 {
			s.recvOpen = r.more
			s.inPart(!r.more, r.n)
		}
	case opRecvFrames:
		r = o.recvFrames(s, mode)
	case opRecvPart:
		r = o.recvFrames(s, mode|modePart)
	}
	if r.err == EAGAIN {
		s.refused++
	}
	return r
}

// sendPart sends one part.
func (o *op) sendPart(s *socketState, mode int) (r result) {
	mode |= o.mode
	if s.sendOpen {
		mode |= modeContinuation
	}
	if s.sendOpen && s.sendLost {
		r = o.drop(s, mode)
	} else if o.kind == opSend {
		r = cSend(s.h, o.p, mode)
	} else {
		r = cSendMsg(s.h, o.msg, mode)
	}
	if r.err == 0 {
		s.sendOpen = o.mode&modeMore != 0
		s.sendLost = s.sendOpen && r.lost
		s.out.part(!s.sendOpen, r.n)
	}
	return r
}

// sendFrames sends the messages of a frame buffer. The first may be the rest of one that was begun part by part.
func (o *op) sendFrames(s *socketState, mode int) (r result) {
	if s.gathered != nil {
		return o.gatherRest(s, mode)
	}
	if s.sendOpen {
		mode |= modeContinuation
	}
	if s.sendOpen && s.sendLost {
		r = o.dropRest(s, mode)
	} else {
		r = cSendFrames(s.h, o.frames.h, o.next, mode)
	}
	if r.err == 0 {
		s.sendOpen = false
	}
	s.out.add(r.sent, r.n-o.next, r.size)
	o.next = r.n
	o.sent += r.sent
	return r
}

// manyParts reports whether o sends a part that others follow. A queue with Conflate keeps one part; libzmq aborts the
// process when a connection is lost for which it has half a message.
func (o *op) manyParts() bool {
	switch o.kind {
	case opSend, opSendMsg:
		return o.mode&modeMore != 0
	case opSendMsgs:
		return len(o.msgs) > 1
	case opSendFrames:
		for i := o.next; i < o.frames.h.count(); i++ {
			if _, more := o.frames.h.part(i); more {
				return true
			}
		}
	}
	return false
}

// drop takes a part as if it were sent: the peer that has the first part of its message is gone, and another must
// not get the rest.
func (o *op) drop(s *socketState, mode int) result {
	r := result{n: len(o.p), lost: true}
	if o.kind == opSendMsg {
		cMsgReset(o.msg)
	}
	if mode&modeReportEvents != 0 {
		r.ev, _ = cEvents(s.h)
	}
	return r
}

// recvFrames keeps a frame buffer only while it holds something: thousands of goroutines may be
// parked with an operation like this one.
func (o *op) recvFrames(s *socketState, mode int) result {
	fb := o.frames
	if fb == nil {
		if fb = getFrames(); fb == nil {
			return result{err: ENOMEM}
		}
		if o.wantMsgs {
			fb.h.disableArena()
		}
	}
	before := fb.h.count()
	r := cRecvFrames(s.h, fb.h, o.limit, mode)
	if r.n > 0 {
		s.tookIn(fb, before, r.n, r.size, mode)
		o.frames = fb
	} else if o.frames == nil {
		putFrames(fb)
	}
	return r
}

// What a waitQueue asks of its source, besides tryOp, heldUp and stopped.

func (s *socketState) readEvents() (PollEvents, Errno) {
	ev, errno := cEvents(s.h)
	return ev | s.handedEvents(), errno
}

func (s *socketState) waitFD() (int, Errno) { return cFD(s.h) }

func (s *socketState) noteTerminated() {
	s.terminated = true
	s.tellEnd()
}
