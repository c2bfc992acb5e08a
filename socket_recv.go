package zmq

import (
	"context"
	"iter"
	"runtime"
)

// forever is the context of calls that take none.
var forever = context.Background()

// Recv receives one part of a message into p (zmq_recv) and returns the part's full size,
// which is larger than len(p) if p was too short; the rest of the part is lost then, as in C.
// RecvMore tells whether more parts follow. With DontWait, or a RecvTimeout of zero, Recv
// fails with ErrWouldBlock instead of waiting.
//
// Fetch the rest of a message that was begun with Recv by Recv or RecvMsg: receivers of whole
// messages, such as RecvParts, wait until it is complete.
//
// Errors: ErrWouldBlock; os.ErrDeadlineExceeded when the RecvTimeout ran out (both are
// EAGAIN); ENOTSUP for a type that cannot receive; EFSM out of turn (Req, Rep); ErrClosed;
// ErrTerminated.
func (s *Socket) Recv(p []byte, flags Flag) (int, error) {
	if n, ok := s.inner().recvFast(p); ok {
		runtime.KeepAlive(s)
		return n, nil
	}
	return s.recv(p, flags)
}

func (s *Socket) recv(p []byte, flags Flag) (int, error) {
	o := newOp(opRecv)
	o.p, o.dontWait = p, flags&DontWait != 0
	err := s.inner().do(forever, o)
	n := o.res.n
	o.free()
	runtime.KeepAlive(s)
	if err != nil {
		return 0, s.opError("recv", err)
	}
	return n, nil
}

// RecvParts receives a whole message. It waits for one until ctx ends or the RecvTimeout runs out. The parts belong to the
// caller. A receive that is cancelled has consumed nothing, and a message that was taken is returned without an error,
// although ctx may have ended by then.
//
// Errors: those of Recv, and ctx.Err() when ctx ended.
func (s *Socket) RecvParts(ctx context.Context) ([][]byte, error) {
	return partsOf(s.recvMessage(ctx, false))
}

// partsOf returns copies of the parts of a message, and keeps the frame buffer for later.
func partsOf(fb *frameBuf, err error) ([][]byte, error) {
	if err != nil {
		return nil, err
	}
	parts := fb.message(0)
	putFrames(fb)
	return parts, nil
}

// recvMessage receives one message into a frame buffer from the pool. With now set it does not wait.
func (s *Socket) recvMessage(ctx context.Context, now bool) (*frameBuf, error) {
	if ended(ctx) == nil {
		fb, n, err := s.inner().recvFramesFast(nil, 1)
		runtime.KeepAlive(s)
		if err != nil {
			return nil, s.opError("recv", err)
		}
		if n > 0 {
			return fb, nil
		}
	}
	o := newOp(opRecvFrames)
	o.whole, o.limit, o.dontWait = true, 1, now
	return s.framesOf(o, s.inner().do(ctx, o))
}

// framesOf ends an op that receives, whose error is err, and returns the frame buffer that it has filled. It does not call do
// itself, so that it has no frame on the stack of a goroutine that waits there (TestWaitStack).
func (s *Socket) framesOf(o *op, err error) (*frameBuf, error) {
	fb := o.frames
	o.free()
	runtime.KeepAlive(s)
	if err != nil {
		return nil, s.opError("recv", err)
	}
	return fb, nil
}

// AppendParts is like RecvParts but reuses memory, so that a loop of receives does not allocate. It appends the parts to
// dst, and reuses the slices that lie between the length of dst and its capacity. So
//
//	parts, err = s.AppendParts(ctx, parts[:0])
//
// in a loop overwrites the parts of the message before. On failure dst is returned unchanged.
func (s *Socket) AppendParts(ctx context.Context, dst [][]byte) ([][]byte, error) {
	return s.appendParts(ctx, dst, false)
}

// appendParts is AppendParts, and with now set TryAppendParts.
func (s *Socket) appendParts(ctx context.Context, dst [][]byte, now bool) ([][]byte, error) {
	var fb *frameBuf
	if room := spare(dst); room != nil && ended(ctx) == nil {
		n, message, err := s.inner().recvWhole(room)
		runtime.KeepAlive(s)
		if n >= 0 {
			dst = dst[:len(dst)+1]
			dst[len(dst)-1] = room[:n]
			return dst, nil
		}
		if err != nil {
			return dst, s.opError("recv", err)
		}
		fb = message
	}
	var err error
	if fb == nil {
		fb, err = s.recvMessage(ctx, now)
	}
	if err != nil {
		return dst, err
	}
	dst = fb.appendTo(dst, 0)
	putFrames(fb)
	return dst, nil
}

// spare returns all of the slice behind the last one of dst, nil unless dst looks as if it were for messages of one part.
func spare(dst [][]byte) []byte {
	all := dst[len(dst):cap(dst)]
	if len(all) == 0 || cap(all[0]) == 0 || len(all) > 1 && all[1] != nil {
		return nil
	}
	return all[0][:cap(all[0])]
}

// recvWhole receives a message of one part into p, and returns its size. It is -1 if there was none, with the error if a
// message was lost; another message is in the frame buffer then.
func (s *socketState) recvWhole(p []byte) (n int, fb *frameBuf, err error) {
	s.mu.Lock()
	if !s.worthTrying() || s.recvOpen {
		s.mu.Unlock()
		return -1, nil, nil
	}
	n, left, errno := cRecvWhole(s.h, p)
	switch {
	case errno == errLost:
		n, err = -1, ENOMEM
	case errno != 0:
		n = -1
		s.received(errno, false, 0)
	case left == msgHandle{}:
		s.received(0, false, n)
	default:
		n = -1
		fb, err = s.recvLeft(left)
	}
	s.mu.Unlock()
	return n, fb, err
}

// recvLeft receives the rest of a message into a frame buffer. s.mu is held.
func (s *socketState) recvLeft(left msgHandle) (*frameBuf, error) {
	s.crossed()
	s.crossings++
	fb, h := getFrames(), framesHandle{}
	if fb != nil {
		h = fb.h
	}
	size, errno := cRecvLeft(s.h, h, left)
	if errno != 0 {
		if fb != nil {
			putFrames(fb)
		}
		return nil, errno
	}
	s.inAdd(1, fb.h.count(), size)
	return fb, nil
}

// worthTrying reports whether a receive should look before it waits. A socket whose last receive
// had to wait is likely to be empty again, and waiting begins with a look anyway. s.mu is held.
func (s *socketState) worthTrying() bool {
	s.drains = false
	return s.uncontended() && !s.lastRecvParked && s.handed == nil
}

// received notes how a receive ended that went the short way. s.mu is held.
func (s *socketState) received(err Errno, more bool, size int) {
	s.crossed()
	switch err {
	case 0:
		s.recvOpen = more
		s.inPart(!more, size)
	case EAGAIN:
		s.lastRecvParked = true
	}
}

func (s *socketState) recvFast(p []byte) (int, bool) {
	s.mu.Lock()
	if !s.worthTrying() {
		s.mu.Unlock()
		return 0, false
	}
	n, more, err := cRecvFast(s.h, p)
	s.received(err, more, n)
	s.mu.Unlock()
	return n, err == 0
}

// recvFramesFast receives whole messages until max frames of the frame buffer are in use, and returns how many. If
// the frame buffer is nil, one is taken from the pool on success. It returns the only failure that has changed something: a
// message was lost for want of memory.
func (s *socketState) recvFramesFast(fb *frameBuf, max int) (*frameBuf, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.worthTrying() || s.recvOpen {
		return fb, 0, nil
	}
	into := fb
	if into == nil {
		if into = getFrames(); into == nil {
			return nil, 0, nil
		}
	}
	before := into.h.count()
	n, size, err := cRecvFramesFast(s.h, into.h, max, 0)
	s.crossed()
	switch err {
	case 0:
		s.inAdd(n, into.h.count()-before, size)
		return into, n, nil
	case EAGAIN:
		s.lastRecvParked = true
	}
	var lost error
	if into.h.lost() {
		lost = err
	}
	if fb == nil {
		putFrames(into)
	}
	return fb, 0, lost
}

// Messages returns an iterator over the messages that arrive. It takes one message at a time out of the socket, when the
// loop asks for it, and queues none in between. It yields the first error and then ends: ctx.Err() when ctx ended,
// ErrClosed or ErrTerminated when the socket or its context was closed, and os.ErrDeadlineExceeded when a RecvTimeout ran
// out. So do not set RecvTimeout on such a socket, or range over Messages again.
//
// A message that was received is yielded with a nil error, although ctx may have ended by then: look at the error first.
//
//	for parts, err := range s.Messages(ctx) {
//		if err != nil {
//			return err
//		}
//		handle(parts)
//	}
func (s *Socket) Messages(ctx context.Context) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for {
			parts, err := s.RecvParts(ctx)
			if !yield(parts, err) || err != nil {
				return
			}
		}
	}
}
