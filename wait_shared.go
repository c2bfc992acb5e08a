package zmq

import (
	"sync"

	"example.org/zmq/internal/epoll"
)

// sharedEpoll waits for the sockets that have no descriptor of their own to wait with: one epoll set for all of them. It
// costs a socket nothing, but each wake-up takes a turn of the shared set's goroutine first. The set lives while there
// are such sockets. Where the system has no epoll there is none, and those sockets are polled.
var sharedEpoll struct {
	sync.Mutex
	set *sharedSet
}

type sharedSet struct {
	*epoll.Set
	socks map[int32]*waitQueue // by libzmq's own descriptor
}

// joinShared makes the shared epoll set watch the socket's descriptor and reports whether it does.
func joinShared(q *waitQueue, fd int) bool {
	sharedEpoll.Lock()
	defer sharedEpoll.Unlock()
	if sharedEpoll.set == nil {
		set, err := epoll.New("zmq shared", 128)
		if err != nil {
			return false
		}
		sharedEpoll.set = &sharedSet{Set: set, socks: map[int32]*waitQueue{}}
		go sharedEpoll.set.run()
	}
	if sharedEpoll.set.Add(fd, epoll.In|epoll.Edge) != nil {
		return false
	}
	sharedEpoll.set.socks[int32(fd)] = q
	return true
}

// leaveShared must come before zmq_close: later its number may be another descriptor's.
func leaveShared(fd int) {
	sharedEpoll.Lock()
	defer sharedEpoll.Unlock()
	set := sharedEpoll.set
	set.Remove(fd)
	delete(set.socks, int32(fd))
	if len(set.socks) == 0 {
		sharedEpoll.set = nil
		go set.Close() // waits for run, which may be about to take the lock
	}
}

// run wakes sockets until the set is closed.
func (set *sharedSet) run() {
	for {
		ready, err := set.Wait()
		if err != nil {
			return
		}
		for _, fd := range ready {
			sharedEpoll.Lock()
			q := set.socks[fd]
			sharedEpoll.Unlock()
			if q != nil {
				q.sharedReadable()
			}
		}
	}
}

// sharedReadable wakes the goroutines that can go on.
func (q *waitQueue) sharedReadable() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.kick()
}
