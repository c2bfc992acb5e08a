package zmq

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Message is one part of a message in memory that C owns: what libzmq received is read
// where it lies, and what is sent is not copied. The zero Message is empty and ready to
// be received into.
//
// A successful send consumes the message: its bytes belong to libzmq. Close frees the bytes
// at once; of a Message that was forgotten they are freed some time after the garbage
// collector found out.
//
// A Message must not be used by more than one goroutine at a time. Misuse is an error
// (ErrInUse, ErrMessageSent, ErrClosed), never a crash.
type Message struct {
	_     noCopy
	state atomic.Uint32
	more  bool
	slab  *slab
	slot  int
	data  []byte // C's memory
}

// The states of a Message.
const (
	msgReady uint32 = iota
	msgBusy
	msgSent
	msgClosed
)

// slab is a row of C messages with one cleanup for all: a cleanup for each small message would
// cost more than the message. Messages that were forgotten are freed with the slab, once no
// Message refers to it any more; so what is large has a slab of its own.
type slab struct {
	h     msgHandle
	slots int
	next  int // slots given out so far

	mu   sync.Mutex
	free []int // slots that came back
}

const (
	slabSlots = 16
	slabBytes = 4096 // messages up to this size share slabs
)

// slabs holds slabs with slots to give out. What is in a sync.Pool is dropped in time.
var slabs sync.Pool

func newSlab(slots int) *slab {
	h := cMsgsAlloc(slots)
	if h == (msgHandle{}) {
		return nil
	}
	sl := &slab{h: h, slots: slots}
	runtime.AddCleanup(sl, func(h msgHandle) { cMsgsFree(h, slots) }, h)
	return sl
}

// slot returns a slot, -1 if there is none left.
func (sl *slab) slot() int {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if n := len(sl.free); n > 0 {
		slot := sl.free[n-1]
		sl.free = sl.free[:n-1]
		return slot
	}
	if sl.next == sl.slots {
		return -1
	}
	sl.next++
	return sl.next - 1
}

// take gives the message a slot for size bytes, if it has none yet.
func (m *Message) take(size int) error {
	if m.slab != nil {
		return nil
	}
	if size > slabBytes {
		if m.slab, m.slot = newSlab(1), 0; m.slab == nil {
			return ENOMEM
		}
		return nil
	}
	for {
		sl, _ := slabs.Get().(*slab)
		if sl == nil {
			if sl = newSlab(slabSlots); sl == nil {
				return ENOMEM
			}
		}
		if slot := sl.slot(); slot >= 0 {
			m.slab, m.slot = sl, slot
			slabs.Put(sl)
			return nil
		}
	}
}

// give returns the slot, which is empty.
func (m *Message) give() {
	sl := m.slab
	sl.mu.Lock()
	sl.free = append(sl.free, m.slot)
	sl.mu.Unlock()
	m.slab, m.data = nil, nil
}

func (m *Message) handle() msgHandle { return m.slab.h.at(m.slot) }

// hold makes the caller the message's user. A message that was sent can only be
// received into, which is what reuse allows.
func (m *Message) hold(reuse bool) error {
	if m == nil {
		return errNilMessage
	}
	if m.state.CompareAndSwap(msgReady, msgBusy) {
		return m.held()
	}
	if reuse && m.state.CompareAndSwap(msgSent, msgBusy) {
		return m.held()
	}
	switch m.state.Load() {
	case msgSent:
		return ErrMessageSent
	case msgClosed:
		return ErrClosed
	}
	return ErrInUse
}

func (m *Message) held() error {
	err := m.take(slabBytes + 1) // one that is reused lives long
	if err != nil {
		m.state.Store(msgReady)
	}
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

// NewMessage returns a message of n bytes, not set to anything (zmq_msg_init_size). To be
// filled through Bytes and sent, or closed. Errors: EINVAL for a negative n; ENOMEM.
func NewMessage(n int) (*Message, error) {
	if n < 0 {
		return nil, msgError("new message", withReason(EINVAL, "the size is negative"))
	}
	return makeMessage("new message", n, func(h msgHandle) ([]byte, Errno) { return cMsgSize(h, n) })
}

// CopyMessage returns a message with a copy of p (zmq_msg_init_size). Errors: ENOMEM.
func CopyMessage(p []byte) (*Message, error) {
	return makeMessage("copy message", len(p), func(h msgHandle) ([]byte, Errno) { return cMsgFill(h, p) })
}

// PinMessage returns a message that refers to p without copying it (zmq_msg_init_data). p
// is pinned in Go's memory and must not be changed until release is called, once, on a goroutine
// of its own making: when libzmq has let go of the bytes, which may be long after the
// send, or when the message and all its copies are closed. release may be nil.
// Pinning pays from some ten kilobytes on; below, CopyMessage is cheaper. Errors: ENOMEM.
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

// Bytes returns the message's bytes in C's memory (zmq_msg_data), to be read and, in a message
// that was not copied or received, written. The slice is valid until Close, a send, a Move from this
// message, or the next receive into it; it keeps nothing alive: hold on to the Message.
func (m *Message) Bytes() []byte { return m.data }

// Len returns the number of bytes (zmq_msg_size).
func (m *Message) Len() int { return len(m.data) }

// More reports whether another part of the same message follows the one that was received
// (zmq_getmsgopt with ZMQ_MORE).
func (m *Message) More() bool { return m.more }

// String returns the message's bytes as a string, a copy.
func (m *Message) String() string {
	defer runtime.KeepAlive(m)
	return string(m.data)
}

// Copy returns another message with the same bytes, which both share and neither may
// change from now on (zmq_msg_copy).
func (m *Message) Copy() (*Message, error) {
	if err := m.hold(false); err != nil {
		return nil, msgError("copy message", err)
	}
	defer m.release()
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
	data, errno := cMsgMove(m.handle(), from.handle())
	if errno != 0 {
		return msgError("move message", errno)
	}
	m.data, m.more = data, from.more
	from.data, from.more = nil, false
	return nil
}

// Close frees the message's bytes, or libzmq's hold on them (zmq_msg_close). A second Close, and
// one after a send, does nothing. Errors: ErrInUse.
func (m *Message) Close() error {
	for _, from := range [...]uint32{msgReady, msgSent} {
		if m.state.CompareAndSwap(from, msgBusy) {
			if m.slab != nil {
				cMsgReset(m.handle())
				m.give()
			}
			m.data, m.more = nil, false
			m.state.Store(msgClosed)
			return nil
		}
	}
	if m.state.Load() == msgClosed {
		return nil
	}
	return msgError("close message", ErrInUse)
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
	if s.st.sendFast(nil, m.handle(), len(m.data), flags&SndMore != 0, false) {
		runtime.KeepAlive(s)
		m.sent()
		return nil
	}
	o := op{kind: opSendMsg, msg: m.handle(), dontWait: flags&DontWait != 0, mode: int(flags&SndMore) / int(SndMore) * modeMore}
	_, err := s.st.do(forever, &o)
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
	if s.st.recvMsgFast(m) {
		runtime.KeepAlive(s)
		m.release()
		return nil
	}
	o := op{kind: opRecvMsg, msg: m.handle(), dontWait: flags&DontWait != 0, data: m.data}
	r, err := s.st.do(forever, &o)
	runtime.KeepAlive(s)
	m.data, m.more = o.data, r.more
	m.release()
	if err != nil {
		return s.opError("recv", err)
	}
	return nil
}

// SendMsgs sends parts as one message without copying them, and waits, if it must, until the
// socket takes it, ctx ends or the SendTimeout runs out. On success all parts are consumed;
// on failure none is, unless C code shuts the context down in the middle of the message: then it is lost, and all are. Errors: those of SendParts, and those that SendMsg has for a message.
func (s *Socket) SendMsgs(ctx context.Context, parts ...*Message) error {
	return s.sendMsgs(ctx, parts, false)
}

func (s *Socket) sendMsgs(ctx context.Context, parts []*Message, now bool) error {
	if len(parts) == 0 {
		return s.opError("send", withReason(EINVAL, "a message has at least one part"))
	}
	var few [8]msgHandle
	o := op{kind: opSendMsgs, whole: true, dontWait: now, msgs: few[:0]}
	if slices.Contains(parts, nil) {
		return s.opError("send", errNilMessage)
	}
	for i, m := range parts {
		if err := m.hold(false); err != nil {
			releaseAll(parts[:i])
			return s.opError("send", err)
		}
		o.msgs = append(o.msgs, m.handle())
		o.size += m.Len()
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
	r, err := s.st.do(ctx, &o)
	runtime.KeepAlive(s)
	consumed = r.n == len(parts)
	if err != nil {
		return s.opError("send", err)
	}
	return nil
}

func releaseAll(parts []*Message) {
	for _, m := range parts {
		m.release()
	}
}

// RecvMsgs receives a whole message, its parts in C's memory, waiting for it until ctx ends or
// the RecvTimeout runs out. Close each part to free it at once. Errors: those of RecvParts.
func (s *Socket) RecvMsgs(ctx context.Context) ([]*Message, error) { return s.recvMsgs(ctx, false) }

func (s *Socket) recvMsgs(ctx context.Context, now bool) ([]*Message, error) {
	o := op{kind: opRecvFrames, whole: true, limit: 1, wantMsgs: true, dontWait: now}
	_, err := s.st.do(ctx, &o)
	runtime.KeepAlive(s)
	if err != nil {
		return nil, s.opError("recv", err)
	}
	fb := o.frames
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
