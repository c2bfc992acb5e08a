package zmq

import (
	"sync"

	"example.org/zmq/internal/epoll"
)

// hub waits for the sockets that have no descriptor of their own to wait with: one epoll set for all of them. It
// costs a socket nothing, but each wake-up takes a turn of the hub's goroutine first. The hub lives while there
// are such sockets. Where the system has no epoll there is none, and those sockets are polled.
var hub struct {
	sync.Mutex
	set *hubSet
}

type hubSet struct {
	*epoll.Set
	socks map[int32]*waitQueue // by libzmq's own descriptor
}

// joinHub makes the hub watch the socket's descriptor and reports whether it does.
func joinHub(q *waitQueue, fd int) bool {
	hub.Lock()
	defer hub.Unlock()
	if hub.set == nil {
		set, err := epoll.New("zmq hub", 128)
		if err != nil {
			return false
		}
		hub.set = &hubSet{Set: set, socks: map[int32]*waitQueue{}}
		go hub.set.run()
	}
	if hub.set.Add(fd, epoll.In|epoll.Edge) != nil {
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
	set.Remove(fd)
	delete(set.socks, int32(fd))
	if len(set.socks) == 0 {
		hub.set = nil
		go set.Close() // waits for run, which may be about to take the lock
	}
}

// run wakes sockets until the set is closed.
func (h *hubSet) run() {
	for {
		ready, err := h.Wait()
		if err != nil {
			return
		}
		for _, fd := range ready {
			hub.Lock()
			q := h.socks[fd]
			hub.Unlock()
			if q != nil {
				q.hubReadable()
			}
		}
	}
}

// hubReadable wakes whoever can go on.
func (q *waitQueue) hubReadable() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.kick()
}
