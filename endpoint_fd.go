package zmq

import (
	"fmt"
	"strings"
)

// UseFD. libzmq takes the descriptor for what it is said to be, and aborts the process when it is something else: later, in
// the thread that waits for connections.

// givenFDs are the listening sockets that were given to engines, which close them, each with a number that tells it from a
// later one at the same descriptor. Guarded by descriptors.
var givenFDs = map[int]int64{}

// forgetFD notes that a descriptor was just opened: the engine, if it had the same number before, has closed it. Otherwise a second
// duplicate of a listening socket would be taken for the first one, if it gets the same number.
func forgetFD(fd int) {
	descriptors.Lock()
	defer descriptors.Unlock()
	delete(givenFDs, fd)
}

// fdToUse returns the descriptor that the next Bind is to take, -1 for none: engines before 4.2 have no such option. s.mu is
// held.
func (s *socketState) fdToUse() int {
	if fd, errno := cGetInt(s.h, optUseFD); errno == 0 && fd >= 0 {
		return int(fd)
	}
	return -1
}

// takesFD is fdToUse for those who do not have the lock.
func (s *socketState) takesFD() bool {
	if s.lock() != nil {
		return false // the call itself reports why
	}
	defer s.mu.Unlock()
	return s.fdToUse() >= 0
}

// checkFD checks the descriptor that a Bind is about to take, -1 for none, and returns the number that tells it from others.
// descriptors is locked.
func checkFD(fd int, endpoint string) (id int64, err error) {
	if fd < 0 {
		return 0, nil
	}
	refuse := func(why string) (int64, error) {
		return 0, withReason(EINVAL, fmt.Sprintf("UseFD(%d): %s", fd, why))
	}
	kind, id, errno := cListener(fd)
	switch {
	case errno == EINVAL:
		return refuse("the descriptor is not listening for connections")
	case errno != 0:
		return refuse("no descriptor of a listening socket: " + errno.Error())
	case givenFDs[fd] == id:
		return refuse("another endpoint listens on it")
	}
	proto, _, _ := strings.Cut(endpoint, "://")
	good, wants := kind == listensIP4 || kind == listensIP6, "an IPv4 or IPv6 socket"
	switch proto {
	case "tcp", "ws", "wss":
	case "ipc":
		good, wants = kind == listensUnix, "a Unix socket"
	default:
		return refuse(proto + " takes none: it is for tcp and ipc; UseFD(-1) takes it back")
	}
	if !good {
		return refuse("the descriptor belongs to another family: " + proto + " takes " + wants)
	}
	return id, nil
}

// beforeWire checks what goes with a Bind or Connect over a transport that is not inproc. s.mu is held, descriptors locked.
func (s *socketState) beforeWire(action endpointOp, endpoint string) (fd int, id int64, err error) {
	if action == endpointConnect {
		return -1, 0, s.refuseName()
	}
	fd = s.fdToUse()
	id, err = checkFD(fd, endpoint)
	return fd, id, err
}

// tookFD notes that the engine has taken a descriptor: the next Bind opens its own again. s.mu is held, descriptors locked.
func (s *socketState) tookFD(fd int, id int64) {
	if fd >= 0 {
		givenFDs[fd] = id
		if s.lentFD == fd+1 {
			s.lentFD = 0
		}
		cSetInt(s.h, optUseFD, -1)
	}
}
