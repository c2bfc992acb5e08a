package zmq

import (
	"os"
	"syscall"
)

// fdWatch tells when one of a set of descriptors becomes ready. The descriptors are put into an
// epoll set of their own, which Go's poller can wait for without changing them: the poller
// itself takes only descriptors in non-blocking mode, and others' are not ours to change.
type fdWatch struct {
	file *os.File
	done chan struct{} // closed when the goroutine that waits has ended
}

// start makes p hear, once, of the first descriptor that is ready.
func (w *fdWatch) start(fds []pollFD, p *pollWait) error {
	if w.file == nil {
		if err := w.open(fds); err != nil {
			return err
		}
	}
	select {
	case <-w.done:
	default:
		if w.done != nil {
			return nil // it is waiting already
		}
	}
	raw, err := w.file.SyscallConn()
	if err != nil {
		return err
	}
	done := make(chan struct{})
	w.done = done
	go func() {
		defer close(done)
		raw.Read(func(fd uintptr) bool {
			var ev [1]syscall.EpollEvent
			n, err := syscall.EpollWait(int(fd), ev[:], 0)
			return n > 0 || err != nil && err != syscall.EINTR
		})
		p.notify()
	}()
	return nil
}

func (w *fdWatch) open(fds []pollFD) error {
	set, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err == syscall.EMFILE || err == syscall.ENFILE {
		return ErrTooManyFiles
	} else if err != nil {
		return err
	}
	want := map[int32]uint32{}
	for _, f := range fds {
		if f.fd < 0 {
			continue
		}
		bits := want[f.fd]
		for ev, bit := range map[Events]uint32{PollIn: syscall.EPOLLIN, PollOut: syscall.EPOLLOUT, PollPri: syscall.EPOLLPRI} {
			if Events(f.events)&ev != 0 {
				bits |= bit
			}
		}
		want[f.fd] = bits
	}
	for fd, bits := range want {
		// What epoll refuses (an ordinary file, a number that is not open) is always
		// ready for poll: nobody comes here to wait for it.
		syscall.EpollCtl(set, syscall.EPOLL_CTL_ADD, int(fd), &syscall.EpollEvent{Events: bits, Fd: fd})
	}
	if err := syscall.SetNonblock(set, true); err != nil {
		syscall.Close(set)
		return err
	}
	w.file = os.NewFile(uintptr(set), "zmq poll")
	return nil
}

// close ends the wait and its goroutine.
func (w *fdWatch) close() {
	if w.file != nil {
		w.file.Close()
		if w.done != nil {
			<-w.done
		}
		w.file, w.done = nil, nil
	}
}
