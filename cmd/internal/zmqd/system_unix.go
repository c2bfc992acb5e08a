//go:build unix

package zmqd

import (
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// lowest is the least number that the next duplicate may have: another one each time, since a descriptor of the same socket
// with a number that the engine had before looks like one that it still has.
var lowest atomic.Int64

// duplicate returns a descriptor for the engine, which closes it.
func duplicate(f *os.File) (int, error) {
	fd, err := unix.FcntlInt(f.Fd(), syscall.F_DUPFD_CLOEXEC, int(lowest.Load()))
	if err != nil {
		fd, err = unix.FcntlInt(f.Fd(), syscall.F_DUPFD_CLOEXEC, 0) // beyond the limit: from the beginning
	}
	if err != nil {
		return -1, os.NewSyscallError("fcntl", err)
	}
	lowest.Store(int64(fd) + 1)
	// A connection that is gone before it is accepted must not hold up the engine's thread.
	return fd, syscall.SetNonblock(fd, true)
}

func closeFD(fd int) error { return syscall.Close(fd) }

// writable reports whether files can be made in a folder.
func writable(dir string) error { return unix.Access(dir, unix.W_OK) }
