package zmq

import (
	"context"
	"runtime"
)

// Calls that deal with a message part by part, or with what is left of one, and that a context ends: for programs that
// take the first parts of a message by hand and the others together, or the other way round.

// RecvPart receives one part of a message, and reports whether more parts of it follow. It waits until ctx ends or the
// RecvTimeout runs out; with DontWait it does not wait. The bytes are the caller's own. A receive that is cancelled
// has consumed nothing.
//
// Fetch the rest by RecvPart, RecvRest or Recv: receivers of whole messages, such as RecvParts, wait until the message
// is complete. On a socket from which several goroutines receive, use those.
//
// Errors: those of Recv, and ctx.Err() when ctx ended.
func (s *Socket) RecvPart(ctx context.Context, flags Flag) (p []byte, more bool, err error) {
	fb, err := s.recvFurther(ctx, flags, opRecvPart)
	if err != nil {
		return nil, false, err
	}
	part, more := fb.h.part(0)
	p = make([]byte, len(part))
	copy(p, part)
	putFrames(fb)
	return p, more, nil
}

// RecvRest receives all remaining parts of a message of which Recv, RecvMsg or RecvPart has received the first ones, or a
// whole message if none was begun, with one crossing into C. It waits as RecvPart does. The parts belong to the caller.
//
// Errors: those of Recv, and ctx.Err() when ctx ended.
func (s *Socket) RecvRest(ctx context.Context, flags Flag) ([][]byte, error) {
	fb, err := s.recvFurther(ctx, flags, opRecvFrames)
	if err != nil {
		return nil, err
	}
	parts := fb.message(0)
	putFrames(fb)
	return parts, nil
}

// recvFurther receives a part, or all that is left of a message, into a frame buffer from the pool.
func (s *Socket) recvFurther(ctx context.Context, flags Flag, kind opKind) (*frameBuf, error) {
	if ended(ctx) == nil {
		if fb := s.inner().recvFurtherFast(kind); fb != nil {
			runtime.KeepAlive(s)
			return fb, nil
		}
	}
	o := newOp(kind)
	o.limit, o.dontWait = 1, flags&DontWait != 0
	return s.framesOf(o, s.inner().do(ctx, o))
}

// recvFurtherFast is the short way of recvFurther, as recvFramesFast is of receiving messages.
func (s *socketState) recvFurtherFast(kind opKind) *frameBuf {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.worthTrying() {
		return nil
	}
	fb, mode := getFrames(), 0
	if fb == nil {
		return nil
	}
	if kind == opRecvPart {
		mode = modePart
	}
	n, size, err := cRecvFramesFast(s.h, fb.h, 1, mode)
	s.crossed()
	if err == 0 {
		s.tookIn(fb, 0, n, size, mode)
		return fb
	}
	if err == EAGAIN {
		s.lastRecvParked = true
	}
	putFrames(fb)
	return nil
}

// tookIn notes what came into a frame buffer from frame on: whole messages, the rest of one, or with modePart a single part. s.mu
// is held.
func (s *socketState) tookIn(fb *frameBuf, row, messages, size, mode int) {
	if mode&modePart != 0 {
		_, s.recvOpen = fb.h.part(row)
		s.inPart(!s.recvOpen, size)
		return
	}
	s.recvOpen = false
	s.inAdd(messages, fb.h.count()-row, size)
}

// SendPart is Send with a context: it sends p as one part of a message. If the socket has no room it waits until there is
// some, ctx ends or the SendTimeout runs out. p is copied and may be reused at once. Only the first part of a message ever
// waits.
//
// Errors: those of Send, and ctx.Err() when ctx ended.
func (s *Socket) SendPart(ctx context.Context, p []byte, flags Flag) error {
	more := flags&SndMore != 0
	if ended(ctx) == nil && s.inner().sendFast(p, msgHandle{}, len(p), more, false) {
		runtime.KeepAlive(s)
		return nil
	}
	o := newOp(opSend)
	o.p, o.dontWait, o.mode = p, flags&DontWait != 0, moreMode(flags)
	err := s.inner().do(ctx, o)
	o.free()
	runtime.KeepAlive(s)
	if err != nil {
		return s.opError("send", err)
	}
	return nil
}

// SendRest sends parts as the rest of a message that Send, SendMsg or SendPart has begun with SndMore, or as a message of
// their own if none was begun: one crossing into C for all of them. The message is complete then. It waits as SendPart
// does, and with DontWait in flags not at all; SndMore is ignored. The parts are copied and may be reused at once.
//
// Messages that several goroutines send by SendRest never mix; with what others send part by part they do.
//
// Errors: those of Send, and ctx.Err() when ctx ended.
func (s *Socket) SendRest(ctx context.Context, flags Flag, parts ...[]byte) error {
	err := s.sendParts(ctx, parts, flags&DontWait != 0, false)
	runtime.KeepAlive(s)
	if err != nil {
		return s.opError("send", err)
	}
	return nil
}

// dropRest takes the rest of a message as if it were sent, see op.drop.
func (o *op) dropRest(s *socketState, mode int) {
	o.res.n, o.res.sent = o.frames.h.count(), 1
	if mode&modeReportEvents != 0 {
		o.res.ev, _ = cEvents(s.h)
	}
}
