package zmq

import (
	"runtime"
	"sync"
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

// slabs holds slabs with slots to give out, singles those of one slot, which is empty. What is in a sync.Pool is dropped in
// time.
var slabs, singles sync.Pool

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

// take gives the message, which has none, a slot for size bytes.
func (m *Message) take(size int) error {
	if size > slabBytes {
		sl, _ := singles.Get().(*slab)
		if sl == nil {
			if sl = newSlab(1); sl == nil {
				return ENOMEM
			}
		}
		m.slab, m.slot = sl, 0
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
	m.slab, m.data = nil, nil
	if sl.slots == 1 {
		singles.Put(sl)
		return
	}
	sl.mu.Lock()
	sl.free = append(sl.free, m.slot)
	sl.mu.Unlock()
}

func (m *Message) handle() msgHandle { return m.slab.h.at(m.slot) }

// toC gives the message a C message, with its bytes, where it has none.
func (m *Message) toC() error {
	if m.slab != nil {
		return nil
	}
	size := len(m.data)
	if size == 0 {
		size = slabBytes + 1 // one that is received into lives long
	}
	own := m.data
	if err := m.take(size); err != nil {
		return err
	}
	if len(own) == 0 {
		return nil
	}
	data, errno := cMsgFill(m.handle(), own)
	if errno != 0 {
		m.give()
		m.data = own
		return errno
	}
	m.data = data
	return nil
}

// ownMax is the size up to which the bytes of messages that Go makes lie in Go's memory, behind the Message itself, until
// they are sent: copying so few takes less time than the calls into C for a message that libzmq can take over.
const ownMax = 464

// makesOwn reports whether a message of n bytes that Go makes has them in its own memory. Without an engine there is none.
func makesOwn(n int) bool { return n <= ownMax && checkEngine() == nil }

// ownMessage returns a message of n bytes, at most ownMax, in one allocation. The sizes fill size classes of Go's allocator.
func ownMessage(n int) *Message {
	switch {
	case n == 0:
		return new(Message)
	case n <= 16:
		m := new(ownBytes[[16]byte])
		return m.with(m.bytes[:n:n])
	case n <= 48:
		m := new(ownBytes[[48]byte])
		return m.with(m.bytes[:n:n])
	case n <= 64:
		m := new(ownBytes[[64]byte])
		return m.with(m.bytes[:n:n])
	case n <= 112:
		m := new(ownBytes[[112]byte])
		return m.with(m.bytes[:n:n])
	case n <= 208:
		m := new(ownBytes[[208]byte])
		return m.with(m.bytes[:n:n])
	}
	m := new(ownBytes[[ownMax]byte])
	return m.with(m.bytes[:n:n])
}

type ownBytes[A any] struct {
	Message
	bytes A
}

func (m *Message) with(p []byte) *Message {
	m.data = p
	return m
}
