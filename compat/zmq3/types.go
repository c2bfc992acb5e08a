package zmq3

import (
	"strings"

	"example.org/zmq"
)

// The defaults of a context.
const (
	MaxSocketsDflt = int(1023)
	IoThreadsDflt  = int(1)
)

// Type is the type of a socket.
type Type int

// The types of sockets.
const (
	REQ    = Type(zmq.Req)
	REP    = Type(zmq.Rep)
	DEALER = Type(zmq.Dealer)
	ROUTER = Type(zmq.Router)
	PUB    = Type(zmq.Pub)
	SUB    = Type(zmq.Sub)
	XPUB   = Type(zmq.XPub)
	XSUB   = Type(zmq.XSub)
	PUSH   = Type(zmq.Push)
	PULL   = Type(zmq.Pull)
	PAIR   = Type(zmq.Pair)
	STREAM = Type(zmq.Stream)
)

// Flag is an option of a call that sends or receives.
type Flag int

// The flags.
const (
	DONTWAIT = Flag(zmq.DontWait)
	SNDMORE  = Flag(zmq.SndMore)
)

// State is a set of things that a socket is ready for.
type State int

// The states.
const (
	POLLIN  = State(zmq.PollIn)
	POLLOUT = State(zmq.PollOut)
)

// MonitorEvent is a set of things that happen to a socket's connections.
type Event int

// The events.
const (
	EVENT_ALL                        = Event(zmq.EventAll)
	EVENT_CONNECTED                  = Event(zmq.EventConnected)
	EVENT_CONNECT_DELAYED            = Event(zmq.EventConnectDelayed)
	EVENT_CONNECT_RETRIED            = Event(zmq.EventConnectRetried)
	EVENT_LISTENING                  = Event(zmq.EventListening)
	EVENT_BIND_FAILED                = Event(zmq.EventBindFailed)
	EVENT_ACCEPTED                   = Event(zmq.EventAccepted)
	EVENT_ACCEPT_FAILED              = Event(zmq.EventAcceptFailed)
	EVENT_CLOSED                     = Event(zmq.EventClosed)
	EVENT_CLOSE_FAILED               = Event(zmq.EventCloseFailed)
	EVENT_DISCONNECTED               = Event(zmq.EventDisconnected)
	EVENT_MONITOR_STOPPED            = Event(zmq.EventMonitorStopped)
	EVENT_HANDSHAKE_FAILED_NO_DETAIL = Event(zmq.EventHandshakeFailedNoDetail)
	EVENT_HANDSHAKE_SUCCEEDED        = Event(zmq.EventHandshakeSucceeded)
	EVENT_HANDSHAKE_FAILED_PROTOCOL  = Event(zmq.EventHandshakeFailedProtocol)
	EVENT_HANDSHAKE_FAILED_AUTH      = Event(zmq.EventHandshakeFailedAuth)
)

// Mechanism is a security mechanism.
type Mechanism int

// The mechanisms.
const (
	NULL   = Mechanism(zmq.MechanismNull)
	PLAIN  = Mechanism(zmq.MechanismPlain)
	CURVE  = Mechanism(zmq.MechanismCurve)
	GSSAPI = Mechanism(zmq.MechanismGSSAPI)
)

const (
	invalid = "<INVALID>"
	none    = "<NONE>"
)

var typeNames = []string{
	PAIR: "PAIR", PUB: "PUB", SUB: "SUB", REQ: "REQ", REP: "REP", DEALER: "DEALER", ROUTER: "ROUTER", PULL: "PULL",
	PUSH: "PUSH", XPUB: "XPUB", XSUB: "XSUB", STREAM: "STREAM",
}

// String returns the type's name, such as "REQ".
func (t Type) String() string { return nameOf(int(t), typeNames) }

var mechanismNames = []string{NULL: "NULL", PLAIN: "PLAIN", CURVE: "CURVE", GSSAPI: "GSSAPI"}

// String returns the mechanism's name, such as "CURVE".
func (m Mechanism) String() string { return nameOf(int(m), mechanismNames) }

func nameOf(i int, names []string) string {
	if i < 0 || i >= len(names) {
		return invalid
	}
	return names[i]
}

// String returns the flags' names, joined by a bar.
func (f Flag) String() string { return bits(int(f), "DONTWAIT", "SNDMORE") }

// String returns the states' names, joined by a bar.
func (s State) String() string { return bits(int(s), "POLLIN", "POLLOUT") }

// String returns the events' names, joined by a bar.
func (e Event) String() string {
	if e == EVENT_ALL {
		return "EVENT_ALL"
	}
	return bits(int(e), "EVENT_CONNECTED", "EVENT_CONNECT_DELAYED", "EVENT_CONNECT_RETRIED", "EVENT_LISTENING",
		"EVENT_BIND_FAILED", "EVENT_ACCEPTED", "EVENT_ACCEPT_FAILED", "EVENT_CLOSED", "EVENT_CLOSE_FAILED",
		"EVENT_DISCONNECTED", "EVENT_MONITOR_STOPPED", "EVENT_HANDSHAKE_FAILED_NO_DETAIL", "EVENT_HANDSHAKE_SUCCEEDED",
		"EVENT_HANDSHAKE_FAILED_PROTOCOL", "EVENT_HANDSHAKE_FAILED_AUTH")
}

// bits joins the names of the bits that are set, the lowest first.
func bits(v int, names ...string) string {
	var set []string
	for i, name := range names {
		if v&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return none
	}
	return strings.Join(set, "|")
}

// Version returns the version of the libzmq that runs, zeros if it is not a 4.
func Version() (major, minor, patch int) {
	v := zmq.LibraryVersion()
	if v.Major != 4 {
		return 0, 0, 0
	}
	return v.Major, v.Minor, v.Patch
}

// HasIpc reports whether the engine has the ipc transport.
func HasIpc() bool { return zmq.Has("ipc") }

// HasPgm reports whether the engine has the pgm transport.
func HasPgm() bool { return zmq.Has("pgm") }

// HasTipc reports whether the engine has the tipc transport.
func HasTipc() bool { return zmq.Has("tipc") }

// HasNorm reports whether the engine has the norm transport.
func HasNorm() bool { return zmq.Has("norm") }

// HasCurve reports whether the engine has CURVE security.
func HasCurve() bool { return zmq.Has("curve") }

// HasGssapi reports whether the engine has GSSAPI security.
func HasGssapi() bool { return zmq.Has("gssapi") }
