package zmq

import (
	"strconv"
	"strings"
	"time"
)

// Infinite is the timeout that never ends: -1, as in the manual. It is
// accepted wherever this package takes a timeout or a linger period.
const Infinite time.Duration = -1

// SocketType is one of the messaging patterns' ends, by the manual's number
// (zmq_socket).
type SocketType int

// The socket types of ØMQ 3.1, and Stream, which engines offer from 4.0.
const (
	Pair   SocketType = 0  // ZMQ_PAIR: exactly one peer, both directions
	Pub    SocketType = 1  // ZMQ_PUB: fan out to the subscribers whose filter matches
	Sub    SocketType = 2  // ZMQ_SUB: receive what was subscribed to
	Req    SocketType = 3  // ZMQ_REQ: send a request, receive its reply, in turn
	Rep    SocketType = 4  // ZMQ_REP: receive a request, send its reply, in turn
	Dealer SocketType = 5  // ZMQ_DEALER: round-robin out, fair-queued in
	Router SocketType = 6  // ZMQ_ROUTER: first part is the peer's identity
	Pull   SocketType = 7  // ZMQ_PULL: fair-queued in
	Push   SocketType = 8  // ZMQ_PUSH: round-robin out
	XPub   SocketType = 9  // ZMQ_XPUB: Pub that also receives the subscriptions, which pile up unless they are received (see WaitSubscriber)
	XSub   SocketType = 10 // ZMQ_XSUB: Sub that sends subscriptions as messages
	Stream SocketType = 11 // ZMQ_STREAM: raw TCP, engines from 4.0

	XReq = Dealer // ZMQ_XREQ, the older name of Dealer
	XRep = Router // ZMQ_XREP, the older name of Router
)

// The socket types that libzmq still calls drafts. They exist where the
// engine was built with its draft API (Has("draft")); elsewhere NewSocket
// answers with an error that says so.
const (
	Server  SocketType = 12
	Client  SocketType = 13
	Radio   SocketType = 14
	Dish    SocketType = 15
	Gather  SocketType = 16
	Scatter SocketType = 17
	Dgram   SocketType = 18
	Peer    SocketType = 19
	Channel SocketType = 20
)

var socketTypeNames = [...]string{
	"pair", "pub", "sub", "req", "rep", "dealer", "router", "pull", "push", "xpub", "xsub", "stream",
	"server", "client", "radio", "dish", "gather", "scatter", "dgram", "peer", "channel",
}

// String returns the type's name in lower case, such as "router".
func (t SocketType) String() string {
	if t >= 0 && int(t) < len(socketTypeNames) {
		return socketTypeNames[t]
	}
	return "socket type " + strconv.Itoa(int(t))
}

func (t SocketType) is(types ...SocketType) bool {
	for _, u := range types {
		if t == u {
			return true
		}
	}
	return false
}

// Flag modifies one Send or Recv, with C's numbers.
type Flag int

// The flags of zmq_send, zmq_recv, zmq_sendmsg and zmq_recvmsg.
const (
	DontWait Flag = 1 // ZMQ_DONTWAIT: fail with ErrWouldBlock instead of waiting
	SndMore  Flag = 2 // ZMQ_SNDMORE: more parts of this message follow

	NoBlock = DontWait // ZMQ_NOBLOCK, the older name of DontWait
)

// String returns the flags' names joined by "|".
func (f Flag) String() string {
	return bitNames(int(f), []string{"DontWait", "SndMore"})
}

// PollEvents is a set of conditions of a socket or a descriptor, with C's
// numbers (zmq_poll, ZMQ_EVENTS).
type PollEvents int

// The conditions that can be waited for.
const (
	PollIn  PollEvents = 1 // ZMQ_POLLIN: a receive would not wait
	PollOut PollEvents = 2 // ZMQ_POLLOUT: a send would not wait
	PollErr PollEvents = 4 // ZMQ_POLLERR: descriptors only: an error or a hang-up
	PollPri PollEvents = 8 // ZMQ_POLLPRI: descriptors only: urgent data, engines from 4.2
)

// String returns the conditions' names joined by "|".
func (e PollEvents) String() string {
	return bitNames(int(e), []string{"PollIn", "PollOut", "PollErr", "PollPri"})
}

func bitNames(v int, names []string) string {
	if v == 0 {
		return "0"
	}
	var on []string
	for i, name := range names {
		if v&(1<<i) != 0 {
			on = append(on, name)
		}
	}
	if rest := v &^ (1<<len(names) - 1); rest != 0 {
		on = append(on, "0x"+strconv.FormatInt(int64(rest), 16))
	}
	return strings.Join(on, "|")
}
