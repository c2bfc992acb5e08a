package zmq

import (
	"os"
	"syscall"
	"time"
)

// edges lets one goroutine wait for several sockets by itself: their descriptors in an epoll set, which Go's
// poller can wait for. Every other way takes a goroutine for each socket, and wakes two where one is needed.
type edges struct {
	file *os.File
	raw  syscall.RawConn

	onEdge func(uintptr) bool
	events [8]syscall.EpollEvent
}

// newEdges returns nil where that is not possible: descriptors may be scarce, and are better spent on sockets then.
func newEdges(fds []int) *edges {
	set, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	if scarce(set) {
		err = syscall.EMFILE
	}
	for _, fd := range fds {
		ev := syscall.EpollEvent{Events: syscall.EPOLLIN | -syscall.EPOLLET&0xffffffff, Fd: int32(fd)}
		if err == nil {
			err = syscall.EpollCtl(set, syscall.EPOLL_CTL_ADD, fd, &ev)
		}
	}
	if err == nil {
		err = syscall.SetNonblock(set, true)
	}
	if err != nil {
		syscall.Close(set)
		return nil
	}
	e := &edges{file: os.NewFile(uintptr(set), "zmq device")}
	e.raw, err = e.file.SyscallConn()
	if err == nil {
		err = e.file.SetReadDeadline(time.Time{}) // fails if Go's poller has not taken it: then no wait would wait
	}
	if err != nil {
		e.close()
		return nil
	}
	e.onEdge = e.edge
	return e
}

// edge reports whether any of the sockets has something to look at.
func (e *edges) edge(fd uintptr) bool {
	for {
		n, err := syscall.EpollWait(int(fd), e.events[:], 0)
		if err != syscall.EINTR {
			return n != 0
		}
	}
}

// arm begins a wait: no longer than pause, if that is positive.
func (e *edges) arm(pause time.Duration) {
	var deadline time.Time
	if pause > 0 {
		deadline = time.Now().Add(pause)
	}
	e.file.SetReadDeadline(deadline)
}

// await waits for an edge, the end of the pause, or interrupt, and reports whether it was one of the latter: then the
// next wait must be armed anew. An interrupt that came after arm ends the wait at once.
func (e *edges) await() bool { return e.raw.Read(e.onEdge) != nil }

func (e *edges) interrupt() { e.file.SetReadDeadline(aMomentAgo) }

func (e *edges) close() { e.file.Close() }
