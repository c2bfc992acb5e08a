package zmq

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sentinel is an error that stands for a condition, whatever the call.
type sentinel struct {
	text string
	is   []error
}

func (s *sentinel) Error() string { return s.text }

func (s *sentinel) Is(target error) bool {
	for _, t := range s.is {
		if t == target {
			return true
		}
	}
	return false
}

// The conditions that programs ask for with errors.Is.
var (
	// ErrClosed is returned when the socket, context, message, batch, poller,
	// device or monitor was closed, before the call or during it. It is
	// net.ErrClosed and ENOTSOCK too.
	ErrClosed error = &sentinel{"zmq: use of closed handle", []error{net.ErrClosed, ENOTSOCK, sysENOTSOCK}}

	// ErrTerminated is returned when the context of the socket was shut down
	// or terminated, before the call or during it. It is net.ErrClosed and
	// ETERM too.
	ErrTerminated error = &sentinel{"zmq: context terminated", []error{net.ErrClosed, ETERM}}

	// ErrWouldBlock is returned when the operation is not possible now, by the calls that begin with Try, where DontWait was given,
	// and where a timeout of zero is set. It is EAGAIN too.
	ErrWouldBlock error = &sentinel{"zmq: operation would block", []error{EAGAIN, sysEAGAIN}}

	// ErrNotSupported is returned when the socket type, the engine or its
	// version lacks what was asked for. It is errors.ErrUnsupported too.
	ErrNotSupported error = &sentinel{"zmq: not supported", []error{errors.ErrUnsupported}}

	// ErrTooManyFiles is returned when the process has too few file
	// descriptors left for libzmq to work with: it would abort the process.
	// Raise the limit (ulimit -n) or close something. It is EMFILE too.
	ErrTooManyFiles error = &sentinel{"zmq: too few file descriptors left (raise the limit, ulimit -n, or close something)", []error{EMFILE, sysEMFILE}}

	// ErrMaxSockets is returned when a context holds as many sockets as its
	// MaxSockets allows. It is EMFILE too.
	ErrMaxSockets error = &sentinel{"zmq: too many sockets in the context (raise MaxSockets or close some)", []error{EMFILE, sysEMFILE}}

	// ErrTooManyThreads is returned when the system has no threads left for those of a context, which
	// start with its first socket: libzmq would abort the process. The package tries before they
	// start; other processes may take the last ones in between.
	ErrTooManyThreads error = &sentinel{"zmq: no threads left for the context's own (raise the limit: ulimit -u, pids.max, TasksMax; or end some)", nil}

	// ErrMessageSent is returned when a message is used that a send has
	// consumed; a receive into it or Close makes it usable or final again.
	ErrMessageSent error = &sentinel{"zmq: use of a message that was sent", nil}

	// ErrInUse is returned when two goroutines use a Message or a Batch at
	// the same time; these two types have one owner.
	ErrInUse error = &sentinel{"zmq: in use by another goroutine", nil}
)

// OpError is the error of nearly every call: which operation, on which type
// of socket, with which endpoint or option, and why. Unwrap leads to the
// cause: an Errno, a sentinel such as ErrClosed, or the context's error.
type OpError struct {
	Op       string     // "bind", "send", "set", ...
	Type     SocketType // the socket's type, -1 where no socket is concerned
	Endpoint string     // the endpoint concerned, if any
	Option   string     // the option concerned, if any
	Err      error      // the cause
}

const noSocket SocketType = -1

// noError is the text of an error that is a nil pointer, as net.OpError has it.
const noError = "<nil>"

// Error returns a text such as
// "zmq: bind tcp://*:1 (rep): permission denied".
func (e *OpError) Error() string {
	if e == nil {
		return noError
	}
	s := "zmq: " + e.Op
	if e.Option != "" {
		s += " " + e.Option
	}
	if e.Endpoint != "" {
		s += " " + printable(e.Endpoint)
	}
	if e.Type != noSocket {
		s += " (" + e.Type.String() + ")"
	}
	return s + ": " + trimPrefix(e.Err.Error())
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Timeout reports whether a timeout, a deadline or DontWait ended the
// operation.
func (e *OpError) Timeout() bool {
	var t interface{ Timeout() bool }
	return e != nil && (errors.As(e.Err, &t) && t.Timeout() || errors.Is(e.Err, ErrWouldBlock))
}

// Temporary reports whether the same call may succeed later.
func (e *OpError) Temporary() bool {
	var t interface{ Temporary() bool }
	return e != nil && errors.As(e.Err, &t) && t.Temporary() || e.Timeout()
}

// trimPrefix keeps nested errors of this package from repeating its name.
func trimPrefix(s string) string {
	const prefix = "zmq: "
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):]
	}
	return s
}

// longestShown is how much of an endpoint or of another text of somebody's is shown.
const longestShown = 300

// printable keeps an endpoint with control characters from breaking a log, and one that is very long from filling it.
func printable(s string) string {
	if len(s) > longestShown {
		return printable(strings.ToValidUTF8(s[:longestShown], "")) + "... (" + strconv.Itoa(len(s)) + " bytes)"
	}
	if !utf8.ValidString(s) {
		return strconv.Quote(s)
	}
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	return s
}

// VersionError is returned when the engine is too old for a feature, or when
// the package was compiled for an older API than the feature needs. It is
// ErrNotSupported and errors.ErrUnsupported too.
type VersionError struct {
	Feature string  // what was asked for
	Need    Version // the first version that has it
	Have    Version // the version at hand
}

// Error returns a text such as
// "zmq: Unbind needs libzmq 3.2.1, this is 3.1.0".
func (e *VersionError) Error() string {
	if e == nil {
		return noError
	}
	return "zmq: " + e.Feature + " needs libzmq " + e.Need.String() + ", this is " + e.Have.String()
}

// Is reports whether target is ErrNotSupported or errors.ErrUnsupported.
func (e *VersionError) Is(target error) bool {
	return e != nil && (target == ErrNotSupported || target == errors.ErrUnsupported)
}

// reasonError is an errno with the sentence that a user needs: what exactly
// was wrong with the input and what to write instead.
type reasonError struct {
	reason string
	err    error
}

func (e *reasonError) Error() string { return e.reason }
func (e *reasonError) Unwrap() error { return e.err }

func withReason(err error, reason string) error { return &reasonError{reason, err} }

// underlying returns what an *OpError is about.
func underlying(err error) error {
	var failed *OpError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// errnoError turns the errno of an operation into the error that callers test for.
func errnoError(err Errno) error {
	switch err {
	case 0:
		return nil
	case EAGAIN:
		return ErrWouldBlock
	case ETERM:
		return ErrTerminated
	}
	return err
}

// timeoutError ends a call whose SendTimeout or RecvTimeout ran out. C says
// EAGAIN, Go says os.ErrDeadlineExceeded; it is both.
type timeoutError struct{ text string }

func (e *timeoutError) Error() string   { return e.text }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }
func (e *timeoutError) Is(target error) bool {
	return target == EAGAIN || target == os.ErrDeadlineExceeded || target == sysEAGAIN
}

var (
	errSendTimeout  error = &timeoutError{"the SendTimeout ran out"}
	errRecvTimeout  error = &timeoutError{"the RecvTimeout ran out"}
	errCloseTimeout error = &timeoutError{"the CloseTimeout ran out"}
)
