package zmq

import (
	"context"
	"runtime"
)

// Send sends p as one part of a message (zmq_send) and returns len(p). p is copied and
// may be reused at once. With SndMore more parts follow, and the message leaves when a
// part without SndMore was sent; with DontWait, or a SendTimeout of zero, Send fails with
// ErrWouldBlock instead of waiting. Only the first part of a message ever waits.
//
// Parts that several goroutines send with SndMore on one socket mix; whole
// messages, as sent by SendParts, never do, and wait until a message begun with SndMore
// is complete.
//
// Errors: ErrWouldBlock; os.ErrDeadlineExceeded when the SendTimeout ran out (both are
// EAGAIN); ENOTSUP for a type that cannot send; EFSM out of turn (Req, Rep); EHOSTUNREACH with
// RouterMandatory; ErrClosed; ErrTerminated; ENOMEM.
func (s *Socket) Send(p []byte, flags Flag) (int, error) {
	if s.inner().sendFast(p, msgHandle{}, len(p), flags&SndMore != 0, false) {
		runtime.KeepAlive(s)
		return len(p), nil
	}
	return s.send(p, flags)
}

func (s *Socket) send(p []byte, flags Flag) (int, error) {
	o := newOp(opSend)
	o.p, o.dontWait, o.mode = p, flags&DontWait != 0, moreMode(flags)
	err := s.inner().do(forever, o)
	n := o.res.n
	o.free()
	runtime.KeepAlive(s)
	if err != nil {
		return 0, s.opError("send", err)
	}
	return n, nil
}

// moreMode returns the mode in which a part is sent with flags.
func moreMode(flags Flag) int { return int(flags&SndMore) / int(SndMore) * modeMore }

// SendParts sends parts as one message. If the socket has no room it waits until there is some, ctx ends or the SendTimeout
// runs out. The parts are copied and may be reused at once. The message goes as a whole or not at all, and parts of two
// goroutines never mix.
//
// Errors: those of Send, and ctx.Err() when ctx ended.
func (s *Socket) SendParts(ctx context.Context, parts ...[]byte) error {
	return s.sendMessage(ctx, parts, false)
}

// sendMessage is SendParts, and with now set TrySendParts.
func (s *Socket) sendMessage(ctx context.Context, parts [][]byte, now bool) error {
	var err error
	if len(parts) == 1 { // without what several need, which takes time even where it is not used
		err = s.sendOne(ctx, parts[0], now, true)
	} else {
		err = s.sendParts(ctx, parts, now, true)
	}
	runtime.KeepAlive(s)
	if err != nil {
		return s.opError("send", err)
	}
	return nil
}

// sendParts sends parts as a message, or with whole unset as the rest of one that was begun.
func (s *Socket) sendParts(ctx context.Context, parts [][]byte, now, whole bool) error {
	switch len(parts) {
	case 0:
		return withReason(EINVAL, "a message has at least one part")
	case 1:
		return s.sendOne(ctx, parts[0], now, whole)
	}
	fb := getFrames()
	if fb == nil {
		return ENOMEM
	}
	defer putFrames(fb)
	if !cFramesReserve(fb.h, len(parts)) {
		return ENOMEM
	}
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	if size <= fb.h.space() {
		for i, p := range parts {
			fb.h.add(p, i < len(parts)-1)
		}
		if ended(ctx) == nil {
			if sent, err := s.inner().sendFramesFast(fb, size); sent {
				return err
			}
		}
		_, _, err := s.sendFrames(ctx, fb, now, whole)
		return err
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	for i, p := range parts {
		fb.h.lend(&pin, p, i < len(parts)-1)
	}
	_, _, err := s.sendFrames(ctx, fb, now, whole)
	return err
}

// sendFrames sends the messages of a frame buffer. It returns how many were sent, and the frame to send next.
func (s *Socket) sendFrames(ctx context.Context, fb *frameBuf, now, whole bool) (sent, next int, err error) {
	o := newOp(opSendFrames)
	o.frames, o.whole, o.dontWait = fb, whole, now
	err = s.inner().do(ctx, o)
	sent, next = o.sent, o.next
	o.free()
	runtime.KeepAlive(s)
	return sent, next, err
}

// sendOne is sendParts for one part. The caller keeps s alive.
func (s *Socket) sendOne(ctx context.Context, p []byte, now, whole bool) error {
	if ended(ctx) == nil && s.inner().sendFast(p, msgHandle{}, len(p), false, whole) {
		return nil
	}
	o := newOp(opSend)
	o.p, o.whole, o.dontWait = p, whole, now
	err := s.inner().do(ctx, o)
	o.free()
	return err
}

// sendFramesFast sends the message of a frame buffer, of so many bytes, and reports whether nothing of it is left: it was sent, or
// it is lost, with an error.
func (s *socketState) sendFramesFast(fb *frameBuf, size int) (sent bool, err error) {
	s.mu.Lock()
	if !s.uncontended() || s.sendOpen || s.conflate || s.gathered != nil || s.typ == XSub {
		s.mu.Unlock()
		return false, nil
	}
	if s.drains {
		s.drain()
	}
	parts := fb.h.count()
	s.crossed()
	lost, errno := cSendFramesFast(s.h, fb.h)
	if sent = errno == 0 || lost; sent {
		s.out.add(1, parts, size)
	}
	s.mu.Unlock()
	if lost {
		err = errnoError(errno)
	}
	return sent, err
}

// uncontended reports whether the socket is open and no goroutine has to be told what a call changed. s.mu is held.
func (s *socketState) uncontended() bool { return !s.closed && !s.terminated && !s.needsEvents() }

// crossed notes a call into C that goes a short way. It brings no events back, but may have changed them. s.mu is held.
func (s *socketState) crossed() {
	s.crossings++
	s.epoch++
}

// sendFast sends p, or the message m if p is nil, as one part; whole says that it is all of
// a message, which must not come between the parts of another.
func (s *socketState) sendFast(p []byte, m msgHandle, size int, more, whole bool) bool {
	s.mu.Lock()
	// The later parts of a PAIR's message may be lost, see op.drop.
	if !s.uncontended() || s.sendOpen && (whole || s.typ == Pair) || s.conflate && more || s.gathers(more) || s.typ == XSub {
		s.mu.Unlock()
		return false
	}
	if s.drains {
		s.drain()
	}
	mode := 0
	if more {
		mode = modeMore
	}
	if s.sendOpen {
		mode |= modeContinuation
	}
	s.crossed()
	var err Errno
	if m == (msgHandle{}) {
		err = cSendFast(s.h, p, mode)
	} else {
		err = cSendMsgFast(s.h, m, mode)
	}
	if err == 0 {
		s.sendOpen = more
		s.out.part(!more, size)
	}
	s.mu.Unlock()
	return err == 0
}
