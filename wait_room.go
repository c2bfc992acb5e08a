package zmq

import (
	"runtime"
	"sync"
)

// room is C memory for the parts of a message on their way in or out.
type room struct {
	h       roomHandle
	cleanup runtime.Cleanup
}

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
	rm := &room{h: h}
	rm.cleanup = runtime.AddCleanup(rm, cRoomFree, h)
	return rm
}

func (rm *room) reset() {
	if rm.h.held() {
		cRoomReset(rm.h)
	} else {
		rm.h.clear()
	}
}

// putRoom empties a room and keeps it for later. One that has grown beyond measure is freed at once: whoever uses rooms
// makes no garbage, so that the collector might come late, and how far they grow is the peer's choice.
func putRoom(rm *room) {
	rm.reset()
	if rm.h.cap() <= 16*roomRows {
		rooms.Put(rm)
		return
	}
	rm.cleanup.Stop()
	cRoomFree(rm.h)
	rm.h = roomHandle{}
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
