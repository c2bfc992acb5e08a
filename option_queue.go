package zmq

import "time"

// Affinity is the set of I/O threads that serve new connections, as a bit mask; 0 is all of them
// (ZMQ_AFFINITY, default 0). A mask that names no thread of the context is refused.
var Affinity Option[uint64]

// SendHWM is how many messages are queued for one peer before the socket blocks or drops, depending on its type; 0 is no
// limit (ZMQ_SNDHWM, default 1000). From engine 4.2 on set it before the first Bind or Connect. On a Sub it has no effect:
// a Sub sends only its filters, and the engine would drop those beyond the mark without notice. An XSub has no mark until
// one is set, which bounds its filters too.
//
// It does not bound how many messages are on their way. Over inproc the two ends share one queue, which holds the sender's
// SendHWM and the receiver's RecvHWM together. Over tcp and ipc each end has a queue, and between the two are the system's
// buffers, which hold tens of thousands of small messages. If few messages may be on their way, let the receiver answer
// them.
var SendHWM Option[int]

// RecvHWM is how many messages of one peer are queued before the peer is held up; 0 is no limit (ZMQ_RCVHWM, default 1000).
// From engine 4.2 on set it before the first Bind or Connect. SendHWM's comment says what else is on its way.
var RecvHWM Option[int]

// SendBuf is the size of the kernel's send buffer in bytes; 0 is the system's default, on every engine
// (ZMQ_SNDBUF, default 0).
var SendBuf Option[int]

// RecvBuf is the size of the kernel's receive buffer in bytes; 0 is the system's default, on every engine
// (ZMQ_RCVBUF, default 0).
var RecvBuf Option[int]

// SendTimeout bounds every send on the socket, whatever its context says; 0 makes none of them wait,
// Infinite sets no bound (ZMQ_SNDTIMEO, milliseconds in C, default Infinite). It takes effect at once.
var SendTimeout Option[time.Duration]

// RecvTimeout bounds every receive on the socket, whatever its context says; 0 makes none of them wait,
// Infinite sets no bound (ZMQ_RCVTIMEO, milliseconds in C, default Infinite). It takes effect at once.
var RecvTimeout Option[time.Duration]

// Linger is how long messages that were sent are kept for delivery after Close; 0 drops them, Infinite
// keeps them without end (ZMQ_LINGER, milliseconds in C, default Infinite, 0 for Sub and XSub). It takes
// effect at once. On an engine that is not hardened (LinkInfo), where messages of several parts go over a transport other
// than inproc, a queue that is not empty is kept for up to a tenth of a second longer: libzmq can abort the process when it
// drops one while the connection breaks.
var Linger Option[time.Duration]

// Immediate queues messages only for connections that are complete: with none a send waits or drops, where it otherwise queues
// (ZMQ_IMMEDIATE, before 4.0 ZMQ_DELAY_ATTACH_ON_CONNECT; boolean, default false, from 3.2). Set it before the first Connect.
// On a Push, Dealer, Req or Pair the package sets it once a protocol error has ended a connection, see Connect.
//
// When a connection that was made with it ends, libzmq drops what had arrived and was not received yet; on a hardened one
// (LinkInfo) a Dealer, Req and Pull still receive that.
var Immediate Option[bool]

// MaxMsgSize is the largest part that is accepted from the network, in bytes; a peer that sends a larger
// one is disconnected; -1 is no limit (ZMQ_MAXMSGSIZE, default -1). Engines from 4.0 apply it to their handshake
// too: there less than 64 is refused.
var MaxMsgSize Option[int64]

// FD is the descriptor that becomes readable when the socket's Events may have changed (ZMQ_FD). It is for
// C code; Go code waits with the socket's methods or a Poller. Never read, write or close it.
var FD Getter[int]

// ThreadSafe tells whether the C socket is one of the thread-safe draft types (ZMQ_THREAD_SAFE, boolean, read only,
// from 4.2). A Socket of this package is safe for concurrent use whatever it says.
var ThreadSafe Getter[bool]
