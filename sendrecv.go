package zmq

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// What an operation does with its socket.
type opKind uint8

const (
	opSend     opKind = iota // send p as one part
	opSendMsg                // send msg as one part
	opSendMsgs               // send msgs as one message
	opSendRoom               // send the room's messages from row at on
	opRecv                   // receive one part into p
	opRecvMsg                // receive one part into msg
	opRecvRoom               // receive messages into the room until max rows are in use
	opRecvPart               // receive one part into the room
)

// op is one operation on a socket: what is asked, and where the answer goes. It is
// tried, under the socket's lock, until it is done.
type op struct {
	kind  opKind
	whole bool // deals with whole messages, not with a part of one
	now   bool // DontWait was given
	mode  int  // modeMore, for a part
	p     []byte
	msg   msgHandle
	msgs  []msgHandle
	room  *room // of opRecvRoom: if nil, one is taken from the pool on success
	keep  bool  // such a room keeps the messages of all parts, with their properties
	at    int   // the first row to send; how far it came
	max   int   // rows to fill; messages that were sent
	size  int   // bytes in msgs
	data  []byte
}

func (o *op) dir() Events {
	if o.kind >= opRecv {
		return PollIn
	}
	return PollOut
}

// heldUp reports whether o must wait because somebody is in the middle of a message,
// sent or received part by part.
func (o *op) heldUp(s *sock) bool {
	if o.dir() == PollIn {
		return o.whole && s.recvOpen
	}
	return o.whole && s.sendOpen
}

// try performs o if that is possible now; EAGAIN says that it is not. s.mu is held
// and the socket is open.
func (o *op) try(s *sock, mode int) (r result) {
	s.crossings++
	if o.heldUp(s) {
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
	switch o.kind {
	case opSend, opSendMsg:
		mode |= o.mode
		if s.sendOpen {
			mode |= modeLater
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
			s.sendLost = s.sendOpen && r.more
			s.out.part(!s.sendOpen, r.n)
		}
	case opSendMsgs:
		if r = cSendMsgs(s.h, o.msgs, mode); r.err == 0 {
			s.out.add(1, len(o.msgs), o.size)
		}
	case opSendRoom:
		if s.sendOpen {
			mode |= modeLater
		}
		if s.sendOpen && s.sendLost {
			r = o.dropRest(s, mode)
		} else {
			r = cSendRoom(s.h, o.room.h, o.at, mode)
		}
		if r.err == 0 {
			s.sendOpen = false
		}
		s.out.add(r.sent, r.n-o.at, r.size)
		o.at = r.n
		o.max += r.sent
	case opRecv, opRecvMsg:
		if o.kind == opRecv {
			r = cRecv(s.h, o.p, mode)
		} else {
			r, o.data = cRecvMsg(s.h, o.msg, mode)
		}
		if r.err == 0 {
			s.recvOpen = r.more
			s.in.part(!r.more, r.n)
		}
	case opRecvRoom:
		r = o.recvRoom(s, mode)
	case opRecvPart:
		r = o.recvRoom(s, mode|modePart)
	}
	if r.err == EAGAIN {
		s.refused++
	}
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
	case opSendRoom:
		for i := o.at; i < o.room.h.rows(); i++ {
			if _, more := o.room.h.part(i); more {
				return true
			}
		}
	}
	return false
}

// drop takes a part as if it were sent: the peer that has the first part of its message is gone, and another must
// not get the rest.
func (o *op) drop(s *sock, mode int) result {
	r := result{n: len(o.p), more: true}
	if o.kind == opSendMsg {
		cMsgReset(o.msg)
	}
	if mode&modeWant != 0 {
		r.ev, _ = cEvents(s.h)
	}
	return r
}

// recvRoom keeps a room only while it holds something: thousands of goroutines may be
// parked with an operation like this one.
func (o *op) recvRoom(s *sock, mode int) result {
	rm := o.room
	if rm == nil {
		if rm = getRoom(); rm == nil {
			return result{err: ENOMEM}
		}
		if o.keep {
			rm.h.fill()
		}
	}
	before := rm.h.rows()
	r := cRecvRoom(s.h, rm.h, o.max, mode)
	if r.n > 0 {
		s.tookIn(rm, before, r.n, r.size, mode)
		o.room = rm
	} else if o.room == nil {
		putRoom(rm)
	}
	return r
}

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

// ended returns why ctx has ended. A nil ctx never ends.
func ended(ctx context.Context) error {
	if ctx == nil {
		return nil
	}
	return ctx.Err()
}

// timeout returns how long o may be waited for: 0 not at all, -1 without end.
func (s *sock) timeout(o *op) time.Duration {
	if o.now {
		return 0
	}
	if o.dir() == PollIn {
		return s.recvTimeout
	}
	return s.sendTimeout
}

// room is C memory for the parts of a message on their way in or out.
type room struct{ h roomHandle }

// Most messages of several parts fit; others make the room grow, or go around it.
const (
	roomRows  = 16
	roomArena = 16 << 10
)

var rooms = sync.Pool{}

// getRoom returns an empty room, nil if there is no memory.
func getRoom() *room {
	if rm, _ := rooms.Get().(*room); rm != nil {
		return rm
	}
	return newRoom(roomRows, roomArena)
}

func newRoom(rows, arena int) *room {
	h := cRoomNew(rows, arena)
	if h == (roomHandle{}) {
		return nil
	}
	rm := &room{h}
	runtime.AddCleanup(rm, cRoomFree, h)
	return rm
}

func (rm *room) reset() {
	if rm.h.held() {
		cRoomReset(rm.h)
	} else {
		rm.h.clear()
	}
}

func putRoom(rm *room) {
	rm.reset()
	if rm.h.cap() <= 16*roomRows {
		rooms.Put(rm)
	}
}

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
	if rm == nil || !cRoomRows(rm.h, len(parts)) {
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
		putRoom(rm)
		return err
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	for i, p := range parts {
		rm.h.lend(&pin, p, i < len(parts)-1)
	}
	o := op{kind: opSendRoom, whole: whole, now: now, room: rm}
	_, err := s.s.do(ctx, &o)
	putRoom(rm)
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
		if rm, n := s.s.recvRoomNow(nil, 1); n > 0 {
			runtime.KeepAlive(s)
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

// message returns copies of the parts from row at to the end of its message. Parts in the
// arena share one allocation; a large part has its own.
func (rm *room) message(at int) [][]byte {
	count, small := 1, 0
	for i := at; ; i++ {
		p, more := rm.h.part(i)
		if !rm.h.holds(i) {
			small += len(p)
		}
		if !more {
			break
		}
		count++
	}
	parts, buf := make([][]byte, count), make([]byte, small)
	for i := range parts {
		p, _ := rm.h.part(at + i)
		var own []byte
		if rm.h.holds(at + i) {
			own = make([]byte, len(p))
		} else {
			own, buf = buf[:len(p):len(p)], buf[len(p):]
		}
		copy(own, p)
		parts[i] = own
	}
	return parts
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

func (rm *room) appendTo(dst [][]byte, at int) [][]byte {
	for i := at; ; i++ {
		p, more := rm.h.part(i)
		if len(dst) < cap(dst) {
			dst = dst[:len(dst)+1]
		} else {
			dst = append(dst, nil)
		}
		last := &dst[len(dst)-1]
		*last = append((*last)[:0], p...)
		if !more {
			return dst
		}
	}
}
