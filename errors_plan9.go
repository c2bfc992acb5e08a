package zmq

import "io/fs"

// Plan 9 has texts in place of error numbers, and no libzmq: programs compile, and learn that at their first call.
// The numbers are Linux's.
const (
	EAGAIN          Errno = 11
	EACCES          Errno = 13
	EADDRINUSE      Errno = 98
	EADDRNOTAVAIL   Errno = 99
	EAFNOSUPPORT    Errno = 97
	ECONNABORTED    Errno = 103
	ECONNREFUSED    Errno = 111
	ECONNRESET      Errno = 104
	EEXIST          Errno = 17
	EFAULT          Errno = 14
	EHOSTUNREACH    Errno = 113
	EINPROGRESS     Errno = 115
	EINTR           Errno = 4
	EINVAL          Errno = 22
	EMFILE          Errno = 24
	EMSGSIZE        Errno = 90
	ENAMETOOLONG    Errno = 36
	ENETDOWN        Errno = 100
	ENETRESET       Errno = 102
	ENETUNREACH     Errno = 101
	ENOBUFS         Errno = 105
	ENODEV          Errno = 19
	ENOENT          Errno = 2
	ENOMEM          Errno = 12
	ENOTCONN        Errno = 107
	ENOTSOCK        Errno = 88
	ENOTSUP         Errno = 95
	EPERM           Errno = 1
	EPROTO          Errno = 71
	EPROTONOSUPPORT Errno = 93
	ETIMEDOUT       Errno = 110
)

// No error of package syscall stands for these here.
const (
	sysEAGAIN   = EAGAIN
	sysEMFILE   = EMFILE
	sysENOTSOCK = ENOTSOCK
)

func systemText(e Errno) string { return errnoNames[e] }

func (e Errno) isSystem(target error) bool {
	switch target {
	case fs.ErrPermission:
		return e == EACCES || e == EPERM
	case fs.ErrExist:
		return e == EEXIST
	case fs.ErrNotExist:
		return e == ENOENT
	}
	return false
}

func systemErrno(error) (Errno, bool) { return 0, false }
