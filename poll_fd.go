package zmq

import (
	"errors"
	"time"

	"example.org/zmq/internal/epoll"
)

// fdWatch tells when one of a set of descriptors becomes ready. Where the system has no epoll it makes the
// goroutine look every few milliseconds.
type fdWatch struct {
	set   *epoll.Set
	done  chan struct{} // closed when the goroutine that waits has ended
	timer *time.Timer   // instead of a set
}

// start notifies p, once, of the first descriptor that is ready.
func (w *fdWatch) start(fds []pollFD, p *notifier) error {
	if w.set == nil {
		err := w.open(fds)
		if errors.Is(err, errors.ErrUnsupported) {
			w.close()
			w.timer = time.AfterFunc(pollMax/2, p.notify)
			return nil
		}
		if err != nil {
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
	set, done := w.set, make(chan struct{})
	w.done = done
	go func() {
		defer close(done)
		set.Wait()
		p.notify()
	}()
	return nil
}

func (w *fdWatch) open(fds []pollFD) error {
	set, err := epoll.New("zmq poll", 1)
	if err == sysEMFILE || err == sysENFILE {
		return ErrTooManyFiles
	} else if err != nil {
		return err
	}
	want := map[int32]int{}
	for _, f := range fds {
		if f.fd < 0 {
			continue
		}
		bits := want[f.fd]
		for ev, bit := range map[PollEvents]int{PollIn: epoll.In, PollOut: epoll.Out, PollPri: epoll.Pri} {
			if PollEvents(f.events)&ev != 0 {
				bits |= bit
			}
		}
		want[f.fd] = bits
	}
	for fd, bits := range want {
		// What epoll refuses (an ordinary file, a number that is not open) is always ready for poll: no
		// caller comes here to wait for it.
		set.Add(int(fd), bits)
	}
	w.set = set
	return nil
}

// close ends the wait and its goroutine.
func (w *fdWatch) close() {
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.set != nil {
		w.set.Close()
		if w.done != nil {
			<-w.done
		}
		w.set, w.done = nil, nil
	}
}
