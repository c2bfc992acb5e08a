package zmq

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// PollItem is something that Poll waits for: a socket, or if Socket is nil the descriptor FD (zmq_pollitem_t).
type PollItem struct {
	Socket  *Socket
	FD      int        // a descriptor, of any kind that poll(2) takes; ignored if negative
	Events  PollEvents // what to wait for
	REvents PollEvents // what is the case, set by Poll
}

// Poll waits until one of the items is ready, or the timeout is over, and returns how many are (zmq_poll). A timeout
// of 0 looks once, Infinite never ends. Poll sets REvents of every item. Of descriptors it also reports PollErr,
// asked for or not, for an error, a hang-up, or a descriptor that is not open. Without items the timeout Infinite is
// an error, not a way to wait for ever.
//
// Errors: EINVAL; ErrClosed and ErrTerminated when that befalls one of the sockets; ErrTooManyFiles. After
// an error too the same items may be given to Poll again.
func Poll(items []PollItem, timeout time.Duration) (int, error) {
	if timeout < 0 && timeout != Infinite {
		return 0, pollError(withReason(EINVAL, "a negative timeout; Infinite (-1) is the one that never ends"))
	}
	ctx := context.Background()
	if timeout == Infinite {
		if len(items) == 0 {
			return 0, pollError(withReason(EINVAL, "nothing to wait for, without end"))
		}
	} else if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	n, err := pollItems(ctx, items, timeout == 0)
	if errors.Is(err, context.DeadlineExceeded) {
		return 0, nil
	}
	return n, err
}

func pollError(err error) error { return &OpError{Op: "poll", Type: noSocket, Err: err} }

func pollItems(ctx context.Context, items []PollItem, once bool) (int, error) {
	p := newNotifier()
	var in []*interest
	defer func() {
		for _, i := range in {
			i.end()
		}
	}()
	var fds fdSet
	defer fds.close()
	for i := range items {
		if it := &items[i]; it.Socket != nil {
			defer runtime.KeepAlive(it.Socket)
			in = append(in, newInterest(it.Socket.st, p, it.Events))
		} else {
			fds.add(it.FD, it.Events)
		}
	}
	for {
		n, err := lookAt(items, in, &fds, !once)
		if err != nil || n > 0 || once {
			return n, err
		}
		if err := fds.start(p); err != nil {
			return 0, pollError(err)
		}
		select {
		case <-p.sig:
		case <-ctx.Done():
			return lookAt(items, in, &fds, false)
		}
	}
}

// lookAt sets REvents and counts the items that are ready. If none is and stay is set, it leaves the
// interests registered with their sockets.
func lookAt(items []PollItem, in []*interest, fds *fdSet, stay bool) (int, error) {
	if err := fds.look(); err != nil {
		return 0, pollError(err)
	}
	n, sock, fd := 0, 0, 0
	for i := range items {
		it := &items[i]
		if it.Socket == nil {
			it.REvents = fds.ready(fd)
			fd++
		} else {
			ev, err := in[sock].look(stay)
			if err != nil {
				return 0, &OpError{Op: "poll", Type: it.Socket.st.typ, Err: err}
			}
			it.REvents = ev
			sock++
		}
		if it.REvents != 0 {
			n++
		}
	}
	return n, nil
}

// interest is what a notifier wants of one socket.
type interest struct {
	s *socketState
	w waiter
}

func newInterest(s *socketState, p *notifier, want PollEvents) *interest {
	return &interest{s: s, w: waiter{poll: p, want: want}}
}

// look returns what the socket is ready for, as far as it is wanted. With stay it leaves the
// interest registered if that is nothing, so that what happens after the look is noticed; a
// socket that was looked at so and has not been heard of since is not asked again.
func (i *interest) look(stay bool) (PollEvents, error) {
	s := i.s
	s.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stopped(); err != nil {
		return 0, err
	}
	if i.w.list != nil {
		if !i.w.woken {
			return 0, nil
		}
		s.unpark(&i.w)
	}
	s.drains = s.drains && i.w.want&PollIn == 0
	ev, errno := s.readEvents()
	if errno != 0 {
		return 0, errnoError(errno)
	}
	s.afterCall(ev)
	ev &= i.w.want
	if stay && ev == 0 {
		i.w.woken = false
		s.park(&i.w, &s.pollers)
		s.handOver()
	}
	return ev, nil
}

// end takes the interest back.
func (i *interest) end() { i.s.unparkPoller(&i.w) }

// fdSet is the plain descriptors among the items.
type fdSet struct {
	fds   []pollFD
	watch fdWatch
}

func (f *fdSet) add(fd int, want PollEvents) {
	if fd < 0 {
		fd = -1
	}
	f.fds = append(f.fds, pollFD{fd: int32(fd), events: int16(want)})
}

// look asks which descriptors are ready now.
func (f *fdSet) look() error {
	if errno := cPollNow(f.fds); errno != 0 {
		return errno
	}
	return nil
}

func (f *fdSet) ready(i int) PollEvents { return PollEvents(f.fds[i].revents) }

// start notifies p of the next descriptor that is ready.
func (f *fdSet) start(p *notifier) error {
	if len(f.fds) == 0 {
		return nil
	}
	return f.watch.start(f.fds, p)
}

func (f *fdSet) close() { f.watch.close() }
