package zmq

import (
	"os"
	"runtime"
	"sync"
	"time"
)

// pinTable holds what PinMessage lent to libzmq. libzmq releases it on threads of its
// own, which never enter Go: they put the id on a list in C and write to a pipe, and a
// goroutine takes it from there and starts one for each release function. The goroutine lives while something is lent.
//
// A loan without a release function wakes no goroutine: it is taken back by the next PinMessage, or by the
// goroutine, which then looks every quietTime.
type pinTable struct {
	mu         sync.Mutex
	lent       map[uint64]*pinned
	gone       []*pinned // released, and to be told
	noCallback int       // how many of lent are
	last       uint64
	wake       *os.File
	running    bool
}

const quietTime = 100 * time.Millisecond

type pinned struct {
	pin     runtime.Pinner
	release func()
}

var pins = pinTable{lent: map[uint64]*pinned{}}

// add pins p, which is not empty, and returns the id to release it by.
func (t *pinTable) add(p []byte, release func()) (uint64, Errno) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wake == nil {
		r, w, err := os.Pipe()
		if err != nil {
			return 0, EMFILE
		}
		fd, errno := dupOf(w)
		w.Close()
		if errno != 0 {
			r.Close()
			return 0, errno
		}
		// The duplicate is C's from here on, and open as long as the process.
		cPinWakeBy(fd)
		t.wake = r
	}
	if t.noCallback > 0 {
		t.collect()
	}
	t.last++
	l := &pinned{release: release}
	l.pin.Pin(&p[0])
	t.lent[t.last] = l
	if release == nil {
		if t.noCallback++; t.noCallback == 1 {
			t.wake.SetReadDeadline(time.Now().Add(quietTime))
		}
	}
	if !t.running {
		t.running = true
		go t.drain()
	}
	return t.last, 0
}

// remove takes what was lent by that id out of the table. t.mu is held.
func (t *pinTable) remove(id uint64) *pinned {
	l := t.lent[id]
	delete(t.lent, id)
	if l.release == nil {
		t.noCallback--
	}
	return l
}

// drop takes back what libzmq never got.
func (t *pinTable) drop(id uint64) {
	t.mu.Lock()
	l := t.remove(id)
	t.mu.Unlock()
	l.pin.Unpin()
}

// collect takes back some of what libzmq has let go of, and reports whether there was anything. t.mu is held.
func (t *pinTable) collect() bool {
	var ids [64]uint64
	n := cPinDrain(ids[:])
	for _, id := range ids[:n] {
		l := t.remove(id)
		l.pin.Unpin()
		if l.release != nil {
			t.gone = append(t.gone, l)
		}
	}
	return n > 0
}

// drain takes back what libzmq has let go of, until nothing is lent.
func (t *pinTable) drain() {
	var buf [64]byte
	var gone []*pinned
	for {
		t.mu.Lock()
		some := t.collect()
		gone, t.gone = t.gone, gone[:0]
		some = some || len(gone) > 0
		idle := !some && len(t.lent) == 0
		if idle {
			t.running = false
		} else if !some {
			var look time.Time
			if t.noCallback > 0 {
				look = time.Now().Add(quietTime)
			}
			t.wake.SetReadDeadline(look)
		}
		t.mu.Unlock()
		for i, l := range gone {
			go l.release() // which may take as long as it likes
			gone[i] = nil
		}
		if idle {
			return
		}
		if !some {
			t.wake.Read(buf[:])
		}
	}
}

// dupOf duplicates a file's descriptor without making the file a blocking one.
func dupOf(f *os.File) (fd int, errno Errno) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, EMFILE
	}
	raw.Control(func(p uintptr) { fd, errno = cDup(int(p)) })
	return fd, errno
}
