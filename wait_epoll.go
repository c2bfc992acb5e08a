package zmq

import (
	"time"

	"example.org/zmq/internal/epoll"
)

// newEpollSet returns a set in which one goroutine waits for several sockets by itself. Every other way takes a goroutine for
// each socket, and wakes two where one is needed. It returns nil where there is no such set: the system may have none, or
// descriptors may be scarce, and are better spent on sockets then.
func newEpollSet(fds []int) *epoll.Set {
	set, err := epoll.New("zmq device", max(len(fds), 1))
	if err != nil {
		return nil
	}
	if scarce(set.FD()) {
		set.Close()
		return nil
	}
	for _, fd := range fds {
		if set.Add(fd, epoll.In|epoll.Edge) != nil {
			set.Close()
			return nil
		}
	}
	return set
}

// armEpollSet begins a wait: no longer than pause, if that is positive. An interruption from then on, by a deadline
// that is over, ends it at once.
func armEpollSet(set *epoll.Set, pause time.Duration) {
	var deadline time.Time
	if pause > 0 {
		deadline = time.Now().Add(pause)
	}
	set.SetDeadline(deadline)
}
