package zmq

import (
	"runtime"
	"sync"
)

// frameBuf is C memory for the parts of a message on their way in or out.
type frameBuf struct {
	h       framesHandle
	cleanup runtime.Cleanup
}

// Most messages of several parts fit; others make the frame buffer grow, or go around it.
const (
	frameSlots = 16
	frameArena = 16 << 10
)

var frameBufs = sync.Pool{}

// getFrames returns an empty frame buffer, nil if there is no memory.
func getFrames() *frameBuf {
	if fb, _ := frameBufs.Get().(*frameBuf); fb != nil {
		return fb
	}
	return newFrameBuf(frameSlots, frameArena)
}

func newFrameBuf(rows, arena int) *frameBuf {
	h := cFramesNew(rows, arena)
	if h == (framesHandle{}) {
		return nil
	}
	fb := &frameBuf{h: h}
	fb.cleanup = runtime.AddCleanup(fb, cFramesFree, h)
	return fb
}

func (fb *frameBuf) reset() {
	if fb.h.ownsAny() {
		cFramesReset(fb.h)
	} else {
		fb.h.clear()
	}
}

// putFrames empties a frame buffer and keeps it for later. One that has grown beyond measure is freed at once: a program that uses frame buffers
// makes no garbage, so that the collector might come late, and how far they grow is the peer's choice.
func putFrames(fb *frameBuf) {
	fb.reset()
	if fb.h.cap() <= 16*frameSlots {
		frameBufs.Put(fb)
		return
	}
	fb.cleanup.Stop()
	cFramesFree(fb.h)
	fb.h = framesHandle{}
}

// message returns copies of the parts from frame at to the end of its message. Parts in the
// arena share one allocation; a large part has its own.
func (fb *frameBuf) message(at int) [][]byte {
	count, small := 1, 0
	for i := at; ; i++ {
		p, more := fb.h.part(i)
		if !fb.h.owns(i) {
			small += len(p)
		}
		if !more {
			break
		}
		count++
	}
	parts, buf := newParts(count, small)
	for i := range parts {
		p, _ := fb.h.part(at + i)
		var own []byte
		if fb.h.owns(at + i) {
			own = make([]byte, len(p))
		} else {
			own, buf = buf[:len(p):len(p)], buf[len(p):]
		}
		copy(own, p)
		parts[i] = own
	}
	return parts
}

// newParts returns room for so many parts and for their bytes. Most messages are short and of one part: both are one
// allocation for them.
func newParts(count, size int) (parts [][]byte, buf []byte) {
	if count == 1 {
		switch {
		case size <= 40:
			m := new(onePart[[40]byte])
			return m.parts[:], m.bytes[:size:size]
		case size <= 104:
			m := new(onePart[[104]byte])
			return m.parts[:], m.bytes[:size:size]
		case size <= 232:
			m := new(onePart[[232]byte])
			return m.parts[:], m.bytes[:size:size]
		case size <= 1000:
			m := new(onePart[[1000]byte])
			return m.parts[:], m.bytes[:size:size]
		}
	}
	return make([][]byte, count), make([]byte, size)
}

// onePart is a message of one part. Its sizes fill size classes of Go's allocator.
type onePart[A any] struct {
	parts [1][]byte
	bytes A
}

func (fb *frameBuf) appendTo(dst [][]byte, at int) [][]byte {
	for i := at; ; i++ {
		p, more := fb.h.part(i)
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
