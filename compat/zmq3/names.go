package zmq3

import (
	"errors"

	"example.org/zmq/compat/zmq4"
)

// The types. Their methods are described in package zmq4.
type (
	Context   = zmq4.Context   // holds sockets
	Socket    = zmq4.Socket    // one end of a messaging pattern
	Poller    = zmq4.Poller    // waits for several sockets
	Polled    = zmq4.Polled    // a socket with the events that were found
	Reactor   = zmq4.Reactor   // calls handlers for what comes from sockets and channels
	Errno     = zmq4.Errno     // an error number of libzmq
	Type      = zmq4.Type      // the type of a socket
	Flag      = zmq4.Flag      // an option of a call that sends or receives
	State     = zmq4.State     // what a socket is ready for
	Event     = zmq4.Event     // what happens to a socket's connections
	Mechanism = zmq4.Mechanism // a security mechanism
)

// The error numbers that ØMQ defines itself, and those of the system that its functions return.
const (
	EFSM            = zmq4.EFSM
	ENOCOMPATPROTO  = zmq4.ENOCOMPATPROTO
	ETERM           = zmq4.ETERM
	EMTHREAD        = zmq4.EMTHREAD
	EADDRINUSE      = zmq4.EADDRINUSE
	EADDRNOTAVAIL   = zmq4.EADDRNOTAVAIL
	EAFNOSUPPORT    = zmq4.EAFNOSUPPORT
	ECONNABORTED    = zmq4.ECONNABORTED
	ECONNREFUSED    = zmq4.ECONNREFUSED
	ECONNRESET      = zmq4.ECONNRESET
	EHOSTUNREACH    = zmq4.EHOSTUNREACH
	EINPROGRESS     = zmq4.EINPROGRESS
	EMSGSIZE        = zmq4.EMSGSIZE
	ENETDOWN        = zmq4.ENETDOWN
	ENETRESET       = zmq4.ENETRESET
	ENETUNREACH     = zmq4.ENETUNREACH
	ENOBUFS         = zmq4.ENOBUFS
	ENOTCONN        = zmq4.ENOTCONN
	ENOTSOCK        = zmq4.ENOTSOCK
	ENOTSUP         = zmq4.ENOTSUP
	EPROTONOSUPPORT = zmq4.EPROTONOSUPPORT
	ETIMEDOUT       = zmq4.ETIMEDOUT
)

// The defaults of a context.
const (
	MaxSocketsDflt = zmq4.MaxSocketsDflt
	IoThreadsDflt  = zmq4.IoThreadsDflt
)

// The types of sockets.
const (
	REQ    = zmq4.REQ
	REP    = zmq4.REP
	DEALER = zmq4.DEALER
	ROUTER = zmq4.ROUTER
	PUB    = zmq4.PUB
	SUB    = zmq4.SUB
	XPUB   = zmq4.XPUB
	XSUB   = zmq4.XSUB
	PUSH   = zmq4.PUSH
	PULL   = zmq4.PULL
	PAIR   = zmq4.PAIR
	STREAM = zmq4.STREAM
)

// The flags.
const (
	DONTWAIT = zmq4.DONTWAIT
	SNDMORE  = zmq4.SNDMORE
)

// The states.
const (
	POLLIN  = zmq4.POLLIN
	POLLOUT = zmq4.POLLOUT
)

// The events.
const (
	EVENT_ALL                        = zmq4.EVENT_ALL
	EVENT_CONNECTED                  = zmq4.EVENT_CONNECTED
	EVENT_CONNECT_DELAYED            = zmq4.EVENT_CONNECT_DELAYED
	EVENT_CONNECT_RETRIED            = zmq4.EVENT_CONNECT_RETRIED
	EVENT_LISTENING                  = zmq4.EVENT_LISTENING
	EVENT_BIND_FAILED                = zmq4.EVENT_BIND_FAILED
	EVENT_ACCEPTED                   = zmq4.EVENT_ACCEPTED
	EVENT_ACCEPT_FAILED              = zmq4.EVENT_ACCEPT_FAILED
	EVENT_CLOSED                     = zmq4.EVENT_CLOSED
	EVENT_CLOSE_FAILED               = zmq4.EVENT_CLOSE_FAILED
	EVENT_DISCONNECTED               = zmq4.EVENT_DISCONNECTED
	EVENT_MONITOR_STOPPED            = zmq4.EVENT_MONITOR_STOPPED
	EVENT_HANDSHAKE_FAILED_NO_DETAIL = zmq4.EVENT_HANDSHAKE_FAILED_NO_DETAIL
	EVENT_HANDSHAKE_SUCCEEDED        = zmq4.EVENT_HANDSHAKE_SUCCEEDED
	EVENT_HANDSHAKE_FAILED_PROTOCOL  = zmq4.EVENT_HANDSHAKE_FAILED_PROTOCOL
	EVENT_HANDSHAKE_FAILED_AUTH      = zmq4.EVENT_HANDSHAKE_FAILED_AUTH
)

// The mechanisms.
const (
	NULL   = zmq4.NULL
	PLAIN  = zmq4.PLAIN
	CURVE  = zmq4.CURVE
	GSSAPI = zmq4.GSSAPI
)

// CURVE_ALLOW_ANY stands for all public keys.
const CURVE_ALLOW_ANY = zmq4.CURVE_ALLOW_ANY

// The errors that are no numbers.
var (
	ErrorContextClosed         = zmq4.ErrorContextClosed
	ErrorSocketClosed          = zmq4.ErrorSocketClosed
	ErrorMoreExpected          = zmq4.ErrorMoreExpected
	ErrorNoSocket              = zmq4.ErrorNoSocket
	ErrorNotImplemented405     = zmq4.ErrorNotImplemented405
	ErrorNotImplemented41      = zmq4.ErrorNotImplemented41
	ErrorNotImplemented42      = zmq4.ErrorNotImplemented42
	ErrorNotImplementedWindows = zmq4.ErrorNotImplementedWindows
)

// ErrorNoEvent is an error of github.com/pebbe/zmq3 that no call returns here.
var ErrorNoEvent = errors.New("Not an event")
