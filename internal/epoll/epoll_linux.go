package epoll

import (
	"os"
	"syscall"
	"time"
)

// Set is a set of descriptors. One goroutine at a time may call Wait; the other methods are safe for
// concurrent use by multiple goroutines.
type Set struct {
	fd   int
	file *os.File
	raw  syscall.RawConn

	look   func(uintptr) bool // a method value, made once: Wait allocates nothing
	events []syscall.EpollEvent
	ready  []int32
	err    error
}

// New opens an empty set. Wait reports at most n descriptors at a time.
func New(name string, n int) (*Set, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	s := &Set{fd: fd, file: os.NewFile(uintptr(fd), name), events: make([]syscall.EpollEvent, n), ready: make([]int32, 0, n)}
	s.look = s.poll
	s.raw, err = s.file.SyscallConn()
	if err == nil {
		// It fails if Go's poller has not taken the set, and then Wait would not wait.
		err = s.file.SetReadDeadline(time.Time{})
	}
	if err != nil {
		s.file.Close()
		return nil, err
	}
	return s, nil
}

// FD returns the descriptor of the set itself.
func (s *Set) FD() int { return s.fd }

// Add puts a descriptor into the set.
func (s *Set) Add(fd, events int) error {
	var bits uint32
	for event, bit := range map[int]uint32{In: syscall.EPOLLIN, Out: syscall.EPOLLOUT, Pri: syscall.EPOLLPRI, Edge: 1 << 31} {
		if events&event != 0 {
			bits |= bit
		}
	}
	return syscall.EpollCtl(s.fd, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: bits, Fd: int32(fd)})
}

// Remove takes a descriptor out of the set. It must come before the descriptor is closed: later the
// number may belong to something else.
func (s *Set) Remove(fd int) error {
	return syscall.EpollCtl(s.fd, syscall.EPOLL_CTL_DEL, fd, nil)
}

// Wait waits until descriptors of the set are ready, and returns them. The result is valid until the
// next Wait. It returns os.ErrDeadlineExceeded after the deadline, and another error after Close.
func (s *Set) Wait() ([]int32, error) {
	if err := s.raw.Read(s.look); err != nil {
		return nil, err
	}
	return s.ready, s.err
}

// poll reports whether Wait is over.
func (s *Set) poll(fd uintptr) bool {
	for {
		n, err := syscall.EpollWait(int(fd), s.events, 0)
		if err == syscall.EINTR {
			continue
		}
		s.ready, s.err = s.ready[:0], err
		for i := range max(n, 0) {
			s.ready = append(s.ready, s.events[i].Fd)
		}
		return n != 0
	}
}

// SetDeadline sets when a running or later Wait ends without a result; the zero time is never.
func (s *Set) SetDeadline(t time.Time) error { return s.file.SetReadDeadline(t) }

// Close closes the set and ends a running Wait. The descriptors in it stay open.
func (s *Set) Close() error { return s.file.Close() }
