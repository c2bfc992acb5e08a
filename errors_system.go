//go:build !plan9

package zmq

import (
	"errors"
	"io/fs"
	"syscall"
)

// The system's error numbers that libzmq's functions return.
const (
	EAGAIN          = Errno(syscall.EAGAIN)
	EACCES          = Errno(syscall.EACCES)
	EADDRINUSE      = Errno(syscall.EADDRINUSE)
	EADDRNOTAVAIL   = Errno(syscall.EADDRNOTAVAIL)
	EAFNOSUPPORT    = Errno(syscall.EAFNOSUPPORT)
	ECONNABORTED    = Errno(syscall.ECONNABORTED)
	ECONNREFUSED    = Errno(syscall.ECONNREFUSED)
	ECONNRESET      = Errno(syscall.ECONNRESET)
	EEXIST          = Errno(syscall.EEXIST)
	EFAULT          = Errno(syscall.EFAULT)
	EHOSTUNREACH    = Errno(syscall.EHOSTUNREACH)
	EINPROGRESS     = Errno(syscall.EINPROGRESS)
	EINTR           = Errno(syscall.EINTR)
	EINVAL          = Errno(syscall.EINVAL)
	EMFILE          = Errno(syscall.EMFILE)
	EMSGSIZE        = Errno(syscall.EMSGSIZE)
	ENAMETOOLONG    = Errno(syscall.ENAMETOOLONG)
	ENETDOWN        = Errno(syscall.ENETDOWN)
	ENETRESET       = Errno(syscall.ENETRESET)
	ENETUNREACH     = Errno(syscall.ENETUNREACH)
	ENOBUFS         = Errno(syscall.ENOBUFS)
	ENODEV          = Errno(syscall.ENODEV)
	ENOENT          = Errno(syscall.ENOENT)
	ENOMEM          = Errno(syscall.ENOMEM)
	ENOTCONN        = Errno(syscall.ENOTCONN)
	ENOTSOCK        = Errno(syscall.ENOTSOCK)
	ENOTSUP         = Errno(syscall.ENOTSUP)
	EPERM           = Errno(syscall.EPERM)
	EPROTO          = Errno(syscall.EPROTO)
	EPROTONOSUPPORT = Errno(syscall.EPROTONOSUPPORT)
	ETIMEDOUT       = Errno(syscall.ETIMEDOUT)
)

// The same for those who ask with package syscall's own.
const (
	sysEAGAIN   = syscall.EAGAIN
	sysEMFILE   = syscall.EMFILE
	sysENOTSOCK = syscall.ENOTSOCK
)

func systemText(e Errno) string { return syscall.Errno(e).Error() }

// isSystem reports whether target is the system's number e, or what Go says that number means.
func (e Errno) isSystem(target error) bool {
	if number, ok := target.(syscall.Errno); ok {
		return Errno(number) == e
	}
	switch target {
	case fs.ErrPermission, fs.ErrExist, fs.ErrNotExist:
		return syscall.Errno(e).Is(target)
	}
	return false
}

// systemErrno returns the system's number in err, if it has one.
func systemErrno(err error) (Errno, bool) {
	var number syscall.Errno
	ok := errors.As(err, &number)
	return Errno(number), ok
}
