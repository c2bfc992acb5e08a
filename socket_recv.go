package zmq

import (
	"context"
	"runtime"
)

// flow counts what went one way through a socket.
type flow struct{ messages, parts, bytes uint64 }

func (f *flow) part(last bool, size int) {
	if last {
		f.messages++
	}
	f.parts++
	f.bytes += uint64(size)
}

func (f *flow) add(messages, parts, size int) {
	f.messages += uint64(messages)
	f.parts += uint64(parts)
	f.bytes += uint64(size)
}

// forever is the context of calls that take none.
var forever = context.Background()

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
	if s.s.sendNow(p, msgHandle{}, len(p), flags&SndMore != 0, false) {
		runtime.KeepAlive(s)
		return len(p), nil
	}
	return s.send(p, flags)
}

func (s *Socket) send(p []byte, flags Flag) (int, error) {
	o := op{kind: opSend, p: p, now: flags&DontWait != 0, mode: int(flags&SndMore) / int(SndMore) * modeMore}
	r, err := s.s.do(forever, &o)
	runtime.KeepAlive(s)
	if err != nil {
		return 0, s.opError("send", err)
	}
	return r.n, nil
}

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
	if n, ok := s.s.recvNow(p); ok {
		runtime.KeepAlive(s)
		return n, nil
	}
	return s.recv(p, flags)
}

func (s *Socket) recv(p []byte, flags Flag) (int, error) {
	o := op{kind: opRecv, p: p, now: flags&DontWait != 0}
	r, err := s.s.do(forever, &o)
	runtime.KeepAlive(s)
	if err != nil {
		return 0, s.opError("recv", err)
	}
	return r.n, nil
}

// SendParts sends parts as one message and waits, if it must, until the socket takes it,
// ctx ends or the SendTimeout runs out. The parts are copied and may be reused at once. The
// message goes as a whole or not at all, and parts of two goroutines never mix.
//
// Errors: those of Send, and ctx.Err() when ctx ended.
func (s *Socket) SendParts(ctx context.Context, parts ...[]byte) error {
	err := s.sendParts(ctx, parts, false, true)
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
		return because(EINVAL, "a message has at least one part")
	case 1:
		if ended(ctx) == nil && s.s.sendNow(parts[0], msgHandle{}, len(parts[0]), false, whole) {
			return nil
		}
		o := op{kind: opSend, whole: whole, now: now, p: parts[0]}
		_, err := s.s.do(ctx, &o)
		return err
	}
	rm := getRoom()
	if rm == nil {
		return ENOMEM
	}
	defer putRoom(rm)
	if !cRoomRows(rm.h, len(parts)) {
		return ENOMEM
	}
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	if size <= len(rm.h.space()) {
		for i, p := range parts {
			rm.h.add(copy(rm.h.space(), p), i < len(parts)-1)
		}
		o := op{kind: opSendRoom, whole: whole, now: now, room: rm}
		_, err := s.s.do(ctx, &o)
		return err
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	for i, p := range parts {
		rm.h.lend(&pin, p, i < len(parts)-1)
	}
	o := op{kind: opSendRoom, whole: whole, now: now, room: rm}
	_, err := s.s.do(ctx, &o)
	return err
}

// RecvParts receives a whole message, waiting for it until ctx ends or the RecvTimeout
// runs out. The parts are the caller's own. A receive that is cancelled has consumed
// nothing, and a message that was taken is returned whatever ctx says.
//
// Errors: those of Recv, and ctx.Err() when ctx ended.
func (s *Socket) RecvParts(ctx context.Context) ([][]byte, error) {
	rm, err := s.recvRoom(ctx)
	if err != nil {
		return nil, err
	}
	parts := rm.message(0)
	putRoom(rm)
	return parts, nil
}

// recvRoom receives one message into a room from the pool.
func (s *Socket) recvRoom(ctx context.Context) (*room, error) {
	if ended(ctx) == nil {
		rm, n, err := s.s.recvRoomNow(nil, 1)
		runtime.KeepAlive(s)
		if err != nil {
			return nil, s.opError("recv", err)
		}
		if n > 0 {
			return rm, nil
		}
	}
	o := op{kind: opRecvRoom, whole: true, max: 1}
	_, err := s.s.do(ctx, &o)
	runtime.KeepAlive(s)
	if err != nil {
		return nil, s.opError("recv", err)
	}
	return o.room, nil
}

// AppendParts is RecvParts for those who want to allocate nothing: it appends the parts to
// dst and reuses the slices that lie between dst's length and its capacity, so that
//
//	parts, err = s.AppendParts(ctx, parts[:0])
//
// in a loop overwrites the parts of the last turn. On failure dst is returned as it was.
func (s *Socket) AppendParts(ctx context.Context, dst [][]byte) ([][]byte, error) {
	rm, err := s.recvRoom(ctx)
	if err != nil {
		return dst, err
	}
	dst = rm.appendTo(dst, 0)
	putRoom(rm)
	return dst, nil
}
