package zmq

import (
	"context"
	"time"
)

// do performs o, waiting as long as its flags, the socket's timeouts and ctx
// allow. A nil ctx never ends.
func (s *socketState) do(ctx context.Context, o *op) error {
	if err := ended(ctx); err != nil {
		return err
	}
	timeout, wait, err := s.begin(o)
	if wait {
		return s.await(newWaiter(ctx, o, timeout))
	}
	return err
}

// begin tries o, if that is worth it, and reports whether it has to be waited for, and how long that may take.
func (s *socketState) begin(o *op) (timeout time.Duration, wait bool, err error) {
	if o.dir() == PollIn && !o.turn {
		s.settle()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stopped(); err != nil {
		return 0, false, err
	}
	if o.dir() == PollIn {
		s.drains = false
	} else if s.drains {
		s.drain()
	}
	timeout = s.timeout(o)
	mode := 0
	if timeout == 0 {
		mode = modeConfirmRefusal
	}
	if s.needsEvents() {
		mode |= modeReportEvents
	}
	// Waiting begins with a try. Not with a timeout, which might be over before that.
	if o.dir() == PollOut || !s.lastRecvParked || timeout >= 0 {
		s.tryOp(o, mode)
		s.afterCall(o.res.ev)
		if o.res.err != EAGAIN || timeout == 0 {
			return 0, false, errnoError(o.res.err)
		}
	}
	s.blocked++
	return timeout, true, nil
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

// tryOp performs o if that is possible now, and says in o.res how it went; EAGAIN says that it is not. s.mu is held
// and the socket is open.
func (s *socketState) tryOp(o *op, mode int) {
	o.res = result{}
	if s.handed != nil {
		s.tryHanded(o, mode)
	} else {
		s.tryEngine(o, mode)
	}
}

// tryEngine is tryOp for what is in the engine.
func (s *socketState) tryEngine(o *op, mode int) {
	s.crossings++
	r := &o.res
	if r.err = s.refusal(o); r.err != 0 {
		var errno Errno
		if r.ev, errno = cEvents(s.h); r.err == EAGAIN && errno != 0 {
			r.err = errno
		}
		return
	}
	switch o.kind {
	case opSend, opSendMsg:
		if s.gathers(o.mode&modeMore != 0) {
			o.gather(s, mode)
		} else {
			o.sendPart(s, mode)
		}
	case opSendMsgs:
		if cSendMsgs(s.h, o.msgs, mode, r); r.n == len(o.msgs) {
			s.out.add(1, len(o.msgs), o.size)
		}
	case opSendFrames:
		o.sendFrames(s, mode)
	case opRecv, opRecvMsg:
		if o.kind == opRecv {
			cRecv(s.h, o.p, mode, r)
		} else {
			o.data = cRecvMsg(s.h, o.msg, mode, r)
		}
		if r.err == 0 {
			s.recvOpen = r.more
			s.inPart(!r.more, r.n)
		}
	case opRecvFrames:
		o.recvFrames(s, mode)
	case opRecvPart:
		o.recvFrames(s, mode|modePart)
	}
	if r.err == EAGAIN {
		s.refused++
	}
}

// refusal returns why o is not for the engine: EAGAIN if it has to wait until another goroutine's message is complete.
func (s *socketState) refusal(o *op) Errno {
	switch {
	case s.heldUp(o):
		return EAGAIN
	case s.conflate && o.manyParts():
		return EINVAL
	case s.typ == XSub && s.refusesFilters(o):
		return errnoFilter
	case o.dir() == PollOut && !o.sendable(s):
		return EINVAL
	}
	return 0
}

// sendPart sends one part.
func (o *op) sendPart(s *socketState, mode int) {
	r := &o.res
	mode |= o.mode
	if s.sendOpen {
		mode |= modeContinuation
	}
	if s.sendOpen && s.sendLost {
		o.drop(s, mode)
	} else if o.kind == opSend {
		cSend(s.h, o.p, mode, r)
	} else {
		cSendMsg(s.h, o.msg, mode, r)
	}
	if r.err == 0 {
		s.sendOpen = o.mode&modeMore != 0
		s.sendLost = s.sendOpen && r.lost
		s.out.part(!s.sendOpen, r.n)
	}
}

// sendFrames sends the messages of a frame buffer. The first may be the rest of one that was begun part by part.
func (o *op) sendFrames(s *socketState, mode int) {
	if s.gathered != nil {
		o.gatherRest(s, mode)
		return
	}
	if s.sendOpen {
		mode |= modeContinuation
	}
	r := &o.res
	if s.sendOpen && s.sendLost {
		o.dropRest(s, mode)
	} else {
		cSendFrames(s.h, o.frames.h, o.next, mode, r)
	}
	if r.err == 0 {
		s.sendOpen = false
	}
	s.out.add(r.sent, r.n-o.next, r.size)
	o.next = r.n
	o.sent += r.sent
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
func (o *op) drop(s *socketState, mode int) {
	o.res.n, o.res.lost = len(o.p), true
	if o.kind == opSendMsg {
		cMsgReset(o.msg)
	}
	if mode&modeReportEvents != 0 {
		o.res.ev, _ = cEvents(s.h)
	}
}

// recvFrames keeps a frame buffer only while it holds something: thousands of goroutines may be
// parked with an operation like this one.
func (o *op) recvFrames(s *socketState, mode int) {
	fb, r := o.frames, &o.res
	if fb == nil {
		if fb = getFrames(); fb == nil {
			r.err = ENOMEM
			return
		}
		if o.wantMsgs {
			fb.h.disableArena()
		}
	}
	before := fb.h.count()
	cRecvFrames(s.h, fb.h, o.limit, mode, r)
	if r.n > 0 {
		s.tookIn(fb, before, r.n, r.size, mode)
		o.frames = fb
	} else if o.frames == nil {
		putFrames(fb)
	}
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
