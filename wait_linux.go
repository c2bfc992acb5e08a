package zmq

import (
	"os"
	"sync"
	"syscall"
)

// hub waits for the sockets that have no descriptor of their own to wait with: one epoll set, which Go's
// poller watches, for all of them. It costs a socket nothing, but each wake-up takes a turn of the hub's
// goroutine first. The hub lives while there are such sockets.
var hub struct {
	sync.Mutex
	set *hubSet
}

type hubSet struct {
	file  *os.File
	fd    int
	socks map[int32]*waitQueue // by libzmq's own descriptor
}

// joinHub makes the hub watch the socket's descriptor and reports whether it does.
func joinHub(q *waitQueue, fd int) bool {
	hub.Lock()
	defer hub.Unlock()
	if hub.set == nil {
		set, err := newHubSet()
		if err != nil {
			return false
		}
		hub.set = set
		go set.run()
	}
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN | -syscall.EPOLLET&0xffffffff, Fd: int32(fd)}
	if syscall.EpollCtl(hub.set.fd, syscall.EPOLL_CTL_ADD, fd, &ev) != nil {
		return false
	}
	hub.set.socks[int32(fd)] = q
	return true
}

// leaveHub must come before zmq_close: later the descriptor may be somebody else's.
func leaveHub(fd int) {
	hub.Lock()
	defer hub.Unlock()
	set := hub.set
	syscall.EpollCtl(set.fd, syscall.EPOLL_CTL_DEL, fd, nil)
	delete(set.socks, int32(fd))
	if len(set.socks) == 0 {
		hub.set = nil
		go set.file.Close() // waits for run, which may be about to take the lock
	}
}

func newHubSet() (*hubSet, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return &hubSet{file: os.NewFile(uintptr(fd), "zmq hub"), fd: fd, socks: map[int32]*waitQueue{}}, nil
}

// run wakes sockets until the hub's file is closed.
func (h *hubSet) run() {
	raw, err := h.file.SyscallConn()
	if err != nil {
		return
	}
	var ready [128]syscall.EpollEvent
	raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.EpollWait(int(fd), ready[:], 0)
			if n <= 0 && err != syscall.EINTR {
				return false
			}
			for i := range max(n, 0) {
				hub.Lock()
				q := h.socks[ready[i].Fd]
				hub.Unlock()
				if q != nil {
					q.hubReadable()
				}
			}
		}
	})
}

// hubReadable wakes whoever can go on.
func (q *waitQueue) hubReadable() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.kick()
}
