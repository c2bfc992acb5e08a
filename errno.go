package zmq

import (
	"errors"
	"net"
	"strconv"
)

// Errno is an error number of libzmq: the system's own number where the
// system has one, and ØMQ's otherwise, exactly as in C. It answers errors.Is
// for syscall.Errno of the same number and for Go's own targets:
// fs.ErrPermission, fs.ErrExist and fs.ErrNotExist, errors.ErrUnsupported,
// and net.ErrClosed for ETERM and ENOTSOCK.
type Errno int

const hausnumero = 156384712 // ZMQ_HAUSNUMERO

// ownErrnos are the numbers that no system knows, with their names and texts.
var ownErrnos = map[Errno]struct{ name, text string }{
	EFSM:           {"EFSM", "operation cannot be accomplished in current state"},
	ENOCOMPATPROTO: {"ENOCOMPATPROTO", "the protocol is not compatible with the socket type"},
	ETERM:          {"ETERM", "context was terminated"},
	EMTHREAD:       {"EMTHREAD", "no I/O thread available"},
}

// errnoNames are the names of the system's numbers; numbers differ between
// systems and two names may share one, hence no array literal.
var errnoNames = map[Errno]string{
	EAGAIN: "EAGAIN", EACCES: "EACCES", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL",
	EAFNOSUPPORT: "EAFNOSUPPORT", ECONNABORTED: "ECONNABORTED", ECONNREFUSED: "ECONNREFUSED",
	ECONNRESET: "ECONNRESET", EEXIST: "EEXIST", EFAULT: "EFAULT", EHOSTUNREACH: "EHOSTUNREACH",
	EINPROGRESS: "EINPROGRESS", EINTR: "EINTR", EINVAL: "EINVAL", EMFILE: "EMFILE", EMSGSIZE: "EMSGSIZE",
	ENAMETOOLONG: "ENAMETOOLONG", ENETDOWN: "ENETDOWN", ENETRESET: "ENETRESET", ENETUNREACH: "ENETUNREACH",
	ENOBUFS: "ENOBUFS", ENODEV: "ENODEV", ENOENT: "ENOENT", ENOMEM: "ENOMEM", ENOTCONN: "ENOTCONN",
	ENOTSOCK: "ENOTSOCK", ENOTSUP: "ENOTSUP", EPERM: "EPERM", EPROTO: "EPROTO", EPROTONOSUPPORT: "EPROTONOSUPPORT",
	ETIMEDOUT: "ETIMEDOUT",
}

// Name returns the C name of the number, such as "EFSM", or "errno 7" where
// it has none here.
func (e Errno) Name() string {
	if own, ok := ownErrnos[e]; ok {
		return own.name
	}
	if name, ok := errnoNames[e]; ok {
		return name
	}
	return "errno " + strconv.Itoa(int(e))
}

// Error returns the text of the number.
func (e Errno) Error() string {
	if own, ok := ownErrnos[e]; ok {
		return own.text
	}
	if e == 0 {
		return "the engine gave no reason"
	}
	return systemText(e)
}

// Is reports whether target is an error for the same condition: syscall.Errno of the same number, an error of this package
// such as ErrWouldBlock, or an error of Go's own such as net.ErrClosed or fs.ErrPermission.
func (e Errno) Is(target error) bool {
	switch target {
	case ErrWouldBlock:
		return e == EAGAIN
	case ErrTerminated:
		return e == ETERM
	case ErrClosed:
		return e == ENOTSOCK
	case net.ErrClosed:
		return e == ETERM || e == ENOTSOCK
	case ErrNotSupported, errors.ErrUnsupported:
		return e == ENOTSUP || e == EPROTONOSUPPORT
	}
	if e.own() {
		return false
	}
	return e.isSystem(target)
}

func (e Errno) own() bool {
	_, own := ownErrnos[e]
	return own
}

// Timeout reports whether the number is EAGAIN or ETIMEDOUT.
func (e Errno) Timeout() bool { return e == EAGAIN || e == ETIMEDOUT }

// Temporary reports whether the same call may succeed later.
func (e Errno) Temporary() bool { return e == EAGAIN || e == EMFILE || e == ETIMEDOUT }

// StrError returns the engine's own text for a number (zmq_strerror).
func StrError(e Errno) string { return cStrError(int(e)) }

// The error numbers that ØMQ defines itself.
const (
	EFSM           Errno = hausnumero + 51 // the operation is not possible in the socket's current state
	ENOCOMPATPROTO Errno = hausnumero + 52 // the transport is not compatible with the socket type
	ETERM          Errno = hausnumero + 53 // the context was terminated
	EMTHREAD       Errno = hausnumero + 54 // no I/O thread is available
)
