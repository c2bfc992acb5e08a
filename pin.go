package zmq

import (
	"os"
	"runtime"
	"sync"
)

// pinTable holds what PinMessage lent to libzmq. libzmq releases it on threads of its
// own, which never enter Go: they put the id on a list in C and write to a pipe, and a
// goroutine takes it from there. The goroutine lives while something is lent.
type pinTable struct {
	mu      sync.Mutex
	lent    map[uint64]*pinned
	last    uint64
	wake    *os.File
	running bool
}

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
	t.last++
	l := &pinned{release: release}
	l.pin.Pin(&p[0])
	t.lent[t.last] = l
	if !t.running {
		t.running = true
		go t.drain()
	}
	return t.last, 0
}

// drop takes back what libzmq never got.
func (t *pinTable) drop(id uint64) {
	t.mu.Lock()
	l := t.lent[id]
	delete(t.lent, id)
	t.mu.Unlock()
	l.pin.Unpin()
}

// drain releases what libzmq has let go of, until nothing is lent.
func (t *pinTable) drain() {
	var ids [64]uint64
	var buf [64]byte
	for {
		n := cPinDrain(ids[:])
		t.mu.Lock()
		gone := make([]*pinned, 0, n)
		for _, id := range ids[:n] {
			gone = append(gone, t.lent[id])
			delete(t.lent, id)
		}
		idle := n == 0 && len(t.lent) == 0
		if idle {
			t.running = false
		}
		t.mu.Unlock()
		for _, l := range gone {
			l.pin.Unpin()
			if l.release != nil {
				l.release()
			}
		}
		if idle {
			return
		}
		if n == 0 {
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
