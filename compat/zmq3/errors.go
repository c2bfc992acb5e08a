package zmq3

import (
	"context"
	"errors"
	"syscall"

	"example.org/zmq"
)

// Errno is an error number of libzmq: the system's own where the system has one, and ØMQ's otherwise. What the engine
// refuses is a plain Errno, never wrapped, so that it compares with ==; errors.Is works as well, for a syscall.Errno of
// the same number too.
type Errno uintptr

// hausnumero is where ØMQ's own numbers begin.
const hausnumero = 156384712

// The error numbers that ØMQ defines itself, and those of the system that its functions return.
const (
	EFSM           = Errno(hausnumero + 51)
	ENOCOMPATPROTO = Errno(hausnumero + 52)
	ETERM          = Errno(hausnumero + 53)
	EMTHREAD       = Errno(hausnumero + 54)

	EADDRINUSE      = Errno(syscall.EADDRINUSE)
	EADDRNOTAVAIL   = Errno(syscall.EADDRNOTAVAIL)
	EAFNOSUPPORT    = Errno(syscall.EAFNOSUPPORT)
	ECONNABORTED    = Errno(syscall.ECONNABORTED)
	ECONNREFUSED    = Errno(syscall.ECONNREFUSED)
	ECONNRESET      = Errno(syscall.ECONNRESET)
	EHOSTUNREACH    = Errno(syscall.EHOSTUNREACH)
	EINPROGRESS     = Errno(syscall.EINPROGRESS)
	EMSGSIZE        = Errno(syscall.EMSGSIZE)
	ENETDOWN        = Errno(syscall.ENETDOWN)
	ENETRESET       = Errno(syscall.ENETRESET)
	ENETUNREACH     = Errno(syscall.ENETUNREACH)
	ENOBUFS         = Errno(syscall.ENOBUFS)
	ENOTCONN        = Errno(syscall.ENOTCONN)
	ENOTSOCK        = Errno(syscall.ENOTSOCK)
	ENOTSUP         = Errno(syscall.ENOTSUP)
	EPROTONOSUPPORT = Errno(syscall.EPROTONOSUPPORT)
	ETIMEDOUT       = Errno(syscall.ETIMEDOUT)
)

// Numbers that have no name in the package.
const (
	eagain = Errno(syscall.EAGAIN)
	eintr  = Errno(syscall.EINTR)
	einval = Errno(syscall.EINVAL)
	emfile = Errno(syscall.EMFILE)
)

// The errors that are no numbers.
var (
	ErrorContextClosed         = errors.New("Context is closed")
	ErrorSocketClosed          = errors.New("Socket is closed")
	ErrorMoreExpected          = errors.New("More expected")
	ErrorNoSocket              = errors.New("No such socket")
	ErrorNotImplemented405     = errors.New("Not implemented, requires 0MQ version 4.0.5")
	ErrorNotImplemented41      = errors.New("Not implemented, requires 0MQ version 4.1")
	ErrorNotImplemented42      = errors.New("Not implemented, requires 0MQ version 4.2")
	ErrorNotImplementedWindows = errors.New("Not implemented on Windows")
)

// Error returns libzmq's own text for one of its numbers and the system's for others.
func (errno Errno) Error() string {
	if errno >= hausnumero {
		return zmq.StrError(zmq.Errno(errno))
	}
	return syscall.Errno(errno).Error()
}

// Is reports whether target is the same number as a syscall.Errno or as an Errno of package zmq, or one of Go's own
// errors that the system's number stands for.
func (errno Errno) Is(target error) bool {
	switch target := target.(type) {
	case syscall.Errno:
		return errno < hausnumero && Errno(target) == errno
	case zmq.Errno:
		return Errno(target) == errno
	}
	return errno < hausnumero && syscall.Errno(errno).Is(target)
}

// Timeout reports whether a timeout or DONTWAIT made the error.
func (errno Errno) Timeout() bool { return errno == eagain || errno == ETIMEDOUT }

// Temporary reports whether the same call may succeed later.
func (errno Errno) Temporary() bool { return errno.Timeout() || errno == eintr || errno == emfile }

// AsErrno returns the number of an Errno or a syscall.Errno, and 0 for nil and every other error. It does not unwrap.
func AsErrno(err error) Errno {
	switch err := err.(type) {
	case Errno:
		return err
	case syscall.Errno:
		return Errno(err)
	}
	return 0
}

// Error returns libzmq's text for an error number.
func Error(e int) string { return zmq.StrError(zmq.Errno(e)) }

// bare turns an error of package zmq into what this package has for it: a variable or an Errno. What a context.Context
// has ended is its error.
func bare(err error) error {
	if err == nil {
		return nil
	}
	cause := err
	if op, ok := err.(*zmq.OpError); ok {
		cause = op.Err
	}
	switch cause { // the usual ones, without a search
	case zmq.ErrWouldBlock:
		return eagain
	case zmq.ErrClosed:
		return ErrorSocketClosed
	case zmq.ErrTerminated:
		return ETERM
	}
	var number zmq.Errno
	switch {
	case errors.As(err, &number):
		return Errno(number)
	case errors.Is(err, zmq.ErrClosed):
		return ErrorSocketClosed
	case errors.Is(err, zmq.ErrTerminated):
		return ETERM
	case errors.Is(err, zmq.EAGAIN): // a timeout
		return eagain
	case errors.Is(err, zmq.EMFILE):
		return emfile
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return cause
	case errors.Is(err, zmq.ErrNotSupported):
		return tooOld(err)
	}
	return einval
}

// tooOld says which engine a feature needs.
func tooOld(err error) error {
	var v *zmq.VersionError
	switch {
	case !errors.As(err, &v):
		return ENOTSUP
	case v.Need.AtLeast(zmq.Version{Major: 4, Minor: 2}):
		return ErrorNotImplemented42
	case v.Need.AtLeast(zmq.Version{Major: 4, Minor: 1}):
		return ErrorNotImplemented41
	}
	return ErrorNotImplemented405
}

// The engine that runs, for options that it may be too old for.
var engine = zmq.LibraryVersion()

// since returns the error for an engine older than 4.minor, nil otherwise.
func since(minor int) error {
	switch {
	case engine.AtLeast(zmq.Version{Major: 4, Minor: minor}):
		return nil
	case minor >= 2:
		return ErrorNotImplemented42
	}
	return ErrorNotImplemented41
}
