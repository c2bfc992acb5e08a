package zmq

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"
)

// Message is one part of a message in memory that C owns: the program reads what libzmq received where it lies, and sends
// without a copy. Only small messages that are made in Go lie in Go's memory; they are copied when they are sent, which
// takes less time. The zero Message is empty and ready to receive into.
//
// A successful send consumes the message: its bytes belong to libzmq. Close frees the bytes at once; those of a Message
// that has become unreachable are freed some time after the garbage collector has found it.
//
// A Message must not be used by more than one goroutine at a time. Misuse is an error (ErrInUse, ErrMessageSent,
// ErrClosed), never a crash.
type Message struct {
	_     noCopy
	state atomic.Uint32
	more  bool
	slab  *slab // where its C message is; nil while it has none
	slot  int
	data  []byte // C's memory, Go's while it has no C message
}

// The states of a Message.
const (
	msgReady uint32 = iota
	msgBusy
	msgSent
	msgClosed
)

// hold makes the caller the message's user. A message that was sent can only be
// received into, which is what reuse allows.
func (m *Message) hold(reuse bool) error {
	if m == nil {
		return errNilMessage
	}
	if m.state.CompareAndSwap(msgReady, msgBusy) || reuse && m.state.CompareAndSwap(msgSent, msgBusy) {
		return nil
	}
	switch m.state.Load() {
	case msgSent:
		return ErrMessageSent
	case msgClosed:
		return ErrClosed
	}
	return ErrInUse
}

// holdInC makes the caller the message's user, and gives it a C message.
func (m *Message) holdInC(reuse bool) error {
	if err := m.hold(reuse); err != nil {
		return err
	}
	err := m.toC()
	if err != nil {
		m.release()
	}
	runtime.KeepAlive(m)
	return err
}

func (m *Message) release() { m.state.Store(msgReady) }

// sent leaves the message consumed.
func (m *Message) sent() {
	m.data, m.more = nil, false
	m.state.Store(msgSent)
}

var errNilMessage = withReason(EINVAL, "the Message is nil")

func msgError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Type: noSocket, Err: err}
}

// makeMessage returns a message of that size whose bytes fill provides.
func makeMessage(op string, size int, fill func(msgHandle) ([]byte, Errno)) (*Message, error) {
	if err := checkEngine(); err != nil {
		return nil, err
	}
	m := new(Message)
	if err := m.take(size); err != nil {
		return nil, msgError(op, err)
	}
	data, errno := fill(m.handle())
	if errno != 0 {
		m.give()
		return nil, msgError(op, errno)
	}
	m.data = data
	return m, nil
}

// NewMessage returns a message of n bytes, whose content is not defined (zmq_msg_init_size). Fill it through Bytes and send
// it, or close it. Errors: EINVAL for a negative n; ENOMEM.
func NewMessage(n int) (*Message, error) {
	if n < 0 {
		return nil, msgError("new message", withReason(EINVAL, "the size is negative"))
	}
	if makesOwn(n) {
		return ownMessage(n), nil
	}
	return makeMessage("new message", n, func(h msgHandle) ([]byte, Errno) { return cMsgSize(h, n) })
}

// CopyMessage returns a message with a copy of p (zmq_msg_init_size). Errors: ENOMEM.
func CopyMessage(p []byte) (*Message, error) {
	if makesOwn(len(p)) {
		m := ownMessage(len(p))
		copy(m.data, p)
		return m, nil
	}
	return makeMessage("copy message", len(p), func(h msgHandle) ([]byte, Errno) { return cMsgFill(h, p) })
}

// PinMessage returns a message that refers to p without copying it (zmq_msg_init_data). p is pinned in Go's memory, and
// must not be changed before release is called. release is called once, on a goroutine of its own, when libzmq does not
// need the bytes any more, which may be long after the send, or when the message and all its copies are closed. release may
// be nil. Pinning pays off from some ten kilobytes on; for less CopyMessage is cheaper. Errors: ENOMEM.
func PinMessage(p []byte, release func()) (*Message, error) {
	if len(p) == 0 {
		m, err := NewMessage(0)
		if err == nil && release != nil {
			go release()
		}
		return m, err
	}
	return makeMessage("pin message", slabBytes+1, func(h msgHandle) ([]byte, Errno) {
		id, errno := pins.add(p, release)
		if errno != 0 {
			return nil, errno
		}
		data, errno := cMsgData(h, p, id, release == nil)
		if errno != 0 {
			pins.drop(id)
		}
		return data, errno
	})
}

// Bytes returns the message's bytes where they are (zmq_msg_data), to be read and, in a message
// that was not copied or received, written. The slice is valid until Close, a send, a Move from this
// message, Raw, or the next receive into it; it keeps nothing alive: hold on to the Message.
func (m *Message) Bytes() []byte {
	if m == nil {
		return nil
	}
	return m.data
}

// Len returns the number of bytes (zmq_msg_size).
func (m *Message) Len() int { return len(m.Bytes()) }

// More reports whether another part of the same message follows the one that was received
// (zmq_getmsgopt with ZMQ_MORE).
func (m *Message) More() bool { return m != nil && m.more }

// String returns the message's bytes as a string, a copy.
func (m *Message) String() string {
	defer runtime.KeepAlive(m)
	return string(m.Bytes())
}

// Copy returns another message with the same bytes (zmq_msg_copy). Both messages share the bytes, which must not be changed
// from now on.
func (m *Message) Copy() (*Message, error) {
	if err := m.hold(false); err != nil {
		return nil, msgError("copy message", err)
	}
	defer m.release()
	if m.slab == nil {
		return &Message{data: m.data, more: m.more}, nil
	}
	c, err := makeMessage("copy message", len(m.data), func(h msgHandle) ([]byte, Errno) { return cMsgCopy(h, m.handle()) })
	if err == nil {
		c.more = m.more
	}
	return c, err
}

// Move gives m the content of from, which is empty afterwards; what m had is freed
// (zmq_msg_move). Moving a message to itself does nothing.
func (m *Message) Move(from *Message) error {
	if from == nil {
		return msgError("move message", errNilMessage)
	}
	if m == from {
		return nil
	}
	if err := from.hold(false); err != nil {
		return msgError("move message", err)
	}
	defer from.release()
	if err := m.hold(true); err != nil {
		return msgError("move message", err)
	}
	defer m.release()
	data, err := m.moveIn(from)
	if err != nil {
		return msgError("move message", err)
	}
	m.data, m.more = data, from.more
	from.data, from.more = nil, false
	return nil
}

// moveIn frees what m has, and returns what from had, where it is afterwards.
func (m *Message) moveIn(from *Message) ([]byte, error) {
	if from.slab != nil {
		if err := m.toC(); err != nil {
			return nil, err
		}
		data, errno := cMsgMove(m.handle(), from.handle())
		return data, errnoError(errno)
	}
	if m.slab != nil {
		cMsgReset(m.handle())
		m.give()
	}
	return from.data, nil
}

// Close frees the message's bytes, or libzmq's hold on them (zmq_msg_close). A second Close, and
// one after a send, does nothing. Errors: ErrInUse.
func (m *Message) Close() error {
	if m == nil {
		return msgError("close message", errNilMessage)
	}
	state := m.state.Load()
	switch {
	case state == msgClosed:
		return nil
	case state == msgBusy || !m.state.CompareAndSwap(state, msgBusy):
		return msgError("close message", ErrInUse)
	}
	if m.slab != nil {
		if state == msgReady { // what was sent is empty
			cMsgReset(m.handle())
		}
		m.give()
	}
	m.data, m.more = nil, false
	m.state.Store(msgClosed)
	return nil
}

// SendMsg sends m as one part of a message without copying it (zmq_sendmsg). On success m is
// consumed: libzmq owns the bytes, and m can only be received into, moved to, or closed. On
// failure m is as it was. Flags and errors are those of Send, and ErrMessageSent,
// ErrClosed and ErrInUse for m.
func (s *Socket) SendMsg(m *Message, flags Flag) error {
	if m == nil {
		return s.opError("send", errNilMessage)
	}
	if err := m.hold(false); err != nil {
		return s.opError("send", err)
	}
	kind, p, h := opSend, m.data, msgHandle{}
	if m.slab != nil {
		kind, p, h = opSendMsg, nil, m.handle()
	}
	if s.inner().sendFast(p, h, len(m.data), flags&SndMore != 0, false) {
		runtime.KeepAlive(s)
		m.sent()
		return nil
	}
	o := newOp(kind)
	o.p, o.msg, o.dontWait, o.mode = p, h, flags&DontWait != 0, moreMode(flags)
	err := s.inner().do(forever, o)
	o.free()
	runtime.KeepAlive(s)
	if err != nil {
		m.release()
		return s.opError("send", err)
	}
	m.sent()
	return nil
}

// RecvMsg receives one part of a message into m without copying it (zmq_recvmsg); m.More tells
// whether another follows. What m had is freed; a failed receive may leave m
// empty. One m serves any number of receives. Flags and errors are those of Recv, and
// ErrClosed and ErrInUse for m.
func (s *Socket) RecvMsg(m *Message, flags Flag) error {
	if m == nil {
		return s.opError("recv", errNilMessage)
	}
	if err := m.hold(true); err != nil {
		return s.opError("recv", err)
	}
	own := m.data
	if m.slab != nil {
		own = nil
	} else if err := m.take(slabBytes + 1); err != nil { // one that is received into lives long
		m.release()
		return s.opError("recv", err)
	}
	if s.inner().recvMsgFast(m) {
		runtime.KeepAlive(s)
		m.release()
		return nil
	}
	o := newOp(opRecvMsg)
	o.msg, o.data, o.dontWait = m.handle(), m.data, flags&DontWait != 0
	err := s.inner().do(forever, o)
	runtime.KeepAlive(s)
	m.data, m.more = o.data, err == nil && o.res.more
	o.free()
	if err != nil && own != nil {
		m.give()
		m.data = own
	}
	m.release()
	if err != nil {
		return s.opError("recv", err)
	}
	return nil
}

// SendMsgs sends parts as one message without copying them. If the socket has no room it waits until there is some, ctx
// ends or the SendTimeout runs out. On success all parts are consumed, and on failure none is, with one exception: if C
// code shuts the context down in the middle of the message, it is lost, and all parts are consumed. Errors: those of
// SendParts, and those that SendMsg has for a message.
func (s *Socket) SendMsgs(ctx context.Context, parts ...*Message) error {
	return s.sendWhole(ctx, parts, false)
}

func (s *Socket) sendWhole(ctx context.Context, parts []*Message, now bool) error {
	if len(parts) == 0 {
		return s.opError("send", withReason(EINVAL, "a message has at least one part"))
	}
	if slices.Contains(parts, nil) {
		return s.opError("send", errNilMessage)
	}
	for i, m := range parts {
		if err := m.hold(false); err != nil {
			releaseAll(parts[:i])
			return s.opError("send", err)
		}
	}
	consumed := false
	defer func() {
		for _, m := range parts {
			if consumed {
				m.sent()
			} else {
				m.release()
			}
		}
	}()
	consumed, err := s.sendMsgs(ctx, parts, now)
	runtime.KeepAlive(s)
	if err != nil {
		return s.opError("send", err)
	}
	return nil
}

// sendMsgs sends parts, of which the caller is the user, and reports whether they were consumed. Those without a C
// message get one for this call: what their Bytes returned stays theirs if it fails.
func (s *Socket) sendMsgs(ctx context.Context, parts []*Message, now bool) (consumed bool, err error) {
	o := newOp(opSendMsgs)
	o.whole, o.dontWait = true, now
	var lent []*Message
	defer func() {
		o.free()
		for _, m := range lent {
			if !consumed {
				cMsgReset(m.handle())
			}
			m.give()
		}
	}()
	for _, m := range parts {
		o.size += m.Len()
		if m.slab == nil {
			m = &Message{data: m.data}
			if err := m.toC(); err != nil {
				return false, err
			}
			lent = append(lent, m)
		}
		o.msgs = append(o.msgs, m.handle())
	}
	err = s.inner().do(ctx, o)
	return o.res.n == len(parts), err
}

func releaseAll(parts []*Message) {
	for _, m := range parts {
		m.release()
	}
}

// RecvMsgs receives a whole message, whose parts are in C's memory. It waits for one until ctx ends or the RecvTimeout runs
// out. Close each part to free it at once. Errors: those of RecvParts.
func (s *Socket) RecvMsgs(ctx context.Context) ([]*Message, error) { return s.recvMsgs(ctx, false) }

func (s *Socket) recvMsgs(ctx context.Context, now bool) ([]*Message, error) {
	o := newOp(opRecvFrames)
	o.whole, o.limit, o.wantMsgs, o.dontWait = true, 1, true, now
	fb, err := s.framesOf(o, s.inner().do(ctx, o))
	if err != nil {
		return nil, err
	}
	defer putFrames(fb)
	parts := make([]*Message, fb.h.count())
	for i := range parts {
		p, more := fb.h.part(i)
		m, err := makeMessage("recv", len(p), func(h msgHandle) ([]byte, Errno) { return cFramesTo(fb.h, i, h) })
		if err != nil {
			return nil, s.opError("recv", err)
		}
		m.more = more
		parts[i] = m
	}
	return parts, nil
}

func (s *socketState) recvMsgFast(m *Message) bool {
	s.mu.Lock()
	if !s.worthTrying() {
		s.mu.Unlock()
		return false
	}
	data, empty, more, err := cRecvMsgFast(s.h, m.handle())
	s.received(err, more, len(data))
	s.mu.Unlock()
	if err == 0 || empty {
		m.data, m.more = data, more
	}
	return err == 0
}
