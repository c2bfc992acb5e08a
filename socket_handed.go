package zmq

import (
	"slices"
	"sync/atomic"
)

// Messages that a Chan has taken out of the engine, and that were not taken from the Chan. The engine takes no message back, so the
// socket keeps them, in the order in which they came, and every receive looks here first. They count as messages that are there
// to be received: for Events, for pollers, and for those who are parked.

// handing is what a socket knows of its Chans. The lock of its waitQueue guards it, but for chans.
type handing struct {
	chans  atomic.Int32 // Chans that have not ended
	handed *handed      // nil while there is no Chan and no message that was handed back
}

// handed is not nil on a socket that has Chans, or messages of theirs. The short ways of receiving are closed meanwhile.
type handed struct {
	open  []*Chan         // that have not ended
	back  []handedMessage // in the order in which the engine gave them
	taken uint64          // messages that Chans took
	held  int             // messages that Chans have taken, and that were not received from them
	last  bool            // the part that was received last was of a message that was handed back
	more  bool            // and others follow it
}

// handedMessage is a message that was handed back. Its frames keep libzmq's messages, with their properties.
type handedMessage struct {
	seq    uint64 // which of the messages that Chans took
	frames *frameBuf
	next   int // the part to be received next
}

// handedEvents returns what the engine does not know of. s.mu is held.
func (s *socketState) handedEvents() PollEvents {
	if h := s.handed; h != nil && len(h.back) > 0 {
		return PollIn
	}
	return 0
}

// handedOption returns the value of an option that has to do with what was handed back, given what the engine says. s.mu is held.
func (s *socketState) handedOption(id int, v int64) int64 {
	switch h := s.handed; {
	case h == nil:
	case id == optEvents:
		return v | int64(s.handedEvents())
	case id == optRecvMore && h.last:
		return number(h.more)
	}
	return v
}

// tryHanded is tryEngine for a socket that has Chans, or messages of theirs. s.mu is held.
func (s *socketState) tryHanded(o *op, mode int) {
	r := &o.res
	ok := s.takeHanded(o)
	switch h := s.handed; {
	case ok:
		if mode&modeReportEvents != 0 {
			r.ev, _ = cEvents(s.h)
		}
	default:
		s.tryEngine(o, mode)
		if o.dir() == PollOut {
			break
		}
		if r.err == EFSM && o.turn {
			// Not the socket's turn to receive: a Chan waits for that, and the events tell.
			r.ev, _ = cEvents(s.h)
			r.err = EAGAIN
		}
		if r.err == 0 {
			h.last = false
			if o.turn {
				h.taken++
				o.seq = h.taken
			}
		}
	}
	if o.turn && r.err == 0 {
		s.handed.held++
	}
	r.ev |= s.handedEvents()
}

// delivered notes that a message was received from a Chan.
func (s *socketState) delivered() {
	s.mu.Lock()
	s.handed.held--
	s.mu.Unlock()
}

// takeHanded performs a receive with what was handed back, and reports whether it did. s.mu is held.
func (s *socketState) takeHanded(o *op) bool {
	h, r := s.handed, &o.res
	if o.dir() != PollIn || len(h.back) == 0 || s.heldUp(o) {
		return false
	}
	m := &h.back[0]
	if s.recvOpen && m.next == 0 {
		return false // in the middle of another message
	}
	o.seq = m.seq
	if o.kind == opRecvFrames && o.frames != nil {
		s.takeHandedBurst(o)
		return true
	}
	if o.kind == opRecvFrames {
		if m.next > 0 {
			cFramesDrop(m.frames.h, m.next)
		}
		o.frames, r.n = m.frames, 1
		m.frames = nil
		s.tookHanded(false, 0)
		return true
	}
	p, more := m.frames.h.part(m.next)
	r.n, r.more = len(p), more
	switch o.kind {
	case opRecv:
		copy(o.p, p)
	case opRecvMsg:
		o.data, r.err = cFramesTo(m.frames.h, m.next, o.msg)
	case opRecvPart:
		if o.frames = getFrames(); o.frames == nil || !o.frames.addPart(p, more) {
			r.err = ENOMEM
		}
		r.n = 1
	}
	if r.err == 0 {
		s.tookHanded(more, 1)
	}
	return true
}

// takeHandedBurst moves messages to the buffer of a Batch, until it has as many parts as it was made for. s.mu is held.
func (s *socketState) takeHandedBurst(o *op) {
	r := &o.res
	for s.handed != nil && len(s.handed.back) > 0 && o.frames.h.count() < o.limit {
		from, to := s.handed.back[0].frames.h, o.frames.h
		rows, used := to.count(), to.used()
		ok := cFramesReserve(to, rows+from.count())
		for i := 0; ok && i < from.count(); i++ {
			ok = o.frames.addPart(from.part(i))
		}
		if !ok {
			cFramesCut(to, rows, used)
			if r.n == 0 {
				r.err = ENOMEM
			}
			return
		}
		r.n++
		s.tookHanded(false, 0)
	}
}

// addPart adds a copy of a part to a frame buffer that has a frame to spare, and reports whether there was memory.
func (fb *frameBuf) addPart(p []byte, more bool) bool {
	if len(p) <= min(frameCopyMax, fb.h.space()) {
		fb.h.add(p, more)
		return true
	}
	return fb.h.appendCopy(p, more)
}

// tookHanded notes that parts of the first message were received, or with more unset all that was left of it. s.mu is held.
func (s *socketState) tookHanded(more bool, parts int) {
	h := s.handed
	h.last, h.more, s.recvOpen = true, more, more
	if more {
		h.back[0].next += parts
		return
	}
	if fb := h.back[0].frames; fb != nil {
		putFrames(fb)
	}
	h.back = slices.Delete(h.back, 0, 1)
	s.forgetHanded()
}

// forgetHanded opens the short ways again, if there is nothing left to keep. s.mu is held.
func (s *socketState) forgetHanded() {
	if h := s.handed; h != nil && len(h.back) == 0 && len(h.open) == 0 {
		s.handed = nil
	}
}

// handBack puts a message where the next receive finds it: behind those that came before it and before all others. s.mu is
// held.
func (s *socketState) handBack(fb *frameBuf, seq uint64) {
	h := s.handed
	h.held--
	if s.stopped() != nil {
		putFrames(fb)
		return
	}
	at := len(h.back)
	for at > 0 && h.back[at-1].seq > seq && h.back[at-1].next == 0 {
		at--
	}
	h.back = slices.Insert(h.back, at, handedMessage{seq: seq, frames: fb})
	s.afterCall(PollIn)
}

// dropHanded drops what was handed back to a socket that cannot be used any more. s.mu is held.
func (s *socketState) dropHanded() {
	h := s.handed
	if h == nil {
		return
	}
	for _, m := range h.back {
		putFrames(m.frames)
	}
	h.back = nil
	s.forgetHanded()
}

// settle waits until the Chans whose context has ended have handed back what they had, so that who receives next has it. It is
// called without s.mu. A Chan that is about to end waits for nothing.
func (s *socketState) settle() {
	if s.chans.Load() == 0 {
		return
	}
	s.mu.Lock()
	var open []*Chan
	if s.handed != nil {
		open = slices.Clone(s.handed.open)
	}
	s.mu.Unlock()
	for _, c := range open {
		if c.ctx.Err() != nil {
			<-c.done
		}
	}
}

// holdsHanded says why a socket whose messages are to be received by others than its methods cannot be given away, nil if it
// can.
func (s *socketState) holdsHanded() error {
	s.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch h := s.handed; {
	case h == nil:
		return nil
	case len(h.open) > 0:
		return withReason(EFSM, "a Chan receives from the socket: end its context first")
	}
	return withReason(EFSM, "a message that a Chan has handed back is waiting: receive it first")
}

// wakeAll wakes all that wait, when the socket has stopped. s.mu is held.
func (s *socketState) wakeAll() {
	s.waitQueue.wakeAll()
	s.tellEnd()
}
