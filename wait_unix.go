//go:build unix

package zmq

import (
	"os"
	"sync"
	"syscall"
)

// The longest path of a Unix socket, without C's closing zero.
const ipcPathMax = len(syscall.RawSockaddrUnix{}.Path) - 1

// duplicating is held while a descriptor is duplicated. When the kernel enlarges a process's table of descriptors, each thread that
// wants one waits for milliseconds; many goroutines would take a thread each.
var duplicating sync.Mutex

// watchable returns a duplicate of libzmq's descriptor that Go's poller can wait for.
// It is a duplicate because libzmq closes its own whenever it likes after zmq_close. It says no where descriptors
// are scarce.
func watchable(fd int) (*os.File, bool) {
	duplicating.Lock()
	dup, err := cDup(fd)
	duplicating.Unlock()
	if err != 0 {
		return nil, false
	}
	if scarce(dup) {
		syscall.Close(dup)
		return nil, false
	}
	return os.NewFile(uintptr(dup), "zmq socket"), true
}

func closeFD(fd int) { syscall.Close(fd) }

// unblock keeps calls for a descriptor from waiting: a connection that is gone before it is accepted must not hold up libzmq's thread.
func unblock(fd int) error { return syscall.SetNonblock(fd, true) }

// scarce reports, of a descriptor that was just opened, whether half of the process's are in use: from there on they are
// better spent on sockets.
func scarce(fd int) bool {
	var limit syscall.Rlimit
	return syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && uint64(fd) >= uint64(limit.Cur)/2
}

// listening reports whether a live process listens at the path of a Unix socket. It asks with
// a socket of another kind, so that no connection is made: a listener answers that the
// kinds differ, a path that was left behind refuses.
func listening(path string) bool {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: path})
	return err == nil || err == syscall.EPROTOTYPE
}
