package zmq

// Identity is the name under which a Router knows this socket, 1 to 255 bytes (ZMQ_IDENTITY, since 4.2.3 ZMQ_ROUTING_ID;
// default none). It does not begin with a zero byte: those names are libzmq's own. A Router serves only the first of two peers
// with the same name, see RouterHandover. For Req, Rep, Dealer and Router.
var Identity Option[string]

// Subscribe adds a filter: messages that begin with it are received, all of them for "" (ZMQ_SUBSCRIBE). It
// takes effect at once. Filters count: two equal ones need two Unsubscribe. Filters longer
// than MaxTopic are refused, and on libzmq 4.3.3 and 4.3.4, which lose them, those of 246 to 255 bytes. For Sub.
var Subscribe Setter[string]

// Unsubscribe takes a filter back (ZMQ_UNSUBSCRIBE); one that is not there is ignored. It takes effect
// at once. For Sub.
var Unsubscribe Setter[string]

// MaxTopic is the longest filter that Subscribe and Unsubscribe accept, and that an XSub sends, in bytes. libzmq handles
// filters recursively, and a long one exhausts a stack. It is an option of this package, not of libzmq
// (default 1024).
var MaxTopic Setter[int]

// RouterMandatory makes a send to a peer that is not there fail with EHOSTUNREACH instead of dropping the
// message, and a send to one that is full wait (ZMQ_ROUTER_MANDATORY, boolean, default false, set only, from
// 3.2). It takes effect at once. For Router.
var RouterMandatory Setter[bool]

// RouterRaw makes a Router speak plain TCP (ZMQ_ROUTER_RAW, boolean, default false, set only, from 4.0). libzmq
// deprecates it in favour of Stream. It is set before the first Bind or Connect, and not with ProbeRouter. For Router.
var RouterRaw Setter[bool]

// RouterHandover gives a peer's name to a new peer that claims it, and drops the old connection (ZMQ_ROUTER_HANDOVER,
// boolean, default false, set only, from 4.1). Without it the newcomer is connected, counts as a peer on both sides, and
// is never served, not even when the old connection has ended; no event says so. A peer that closes its socket and opens
// another under the same name at once is such a newcomer until the Router has noticed. It takes effect at once. For
// Router. Not together with Heartbeat, unless the engine is hardened: see there.
var RouterHandover Setter[bool]

// ProbeRouter sends an empty message to each new peer, by which a Router there learns of this socket
// (ZMQ_PROBE_ROUTER, boolean, default false, set only, from 4.0). For Req, Dealer and Router.
var ProbeRouter Setter[bool]

// ReqCorrelate numbers requests, and drops replies to any but the last one (ZMQ_REQ_CORRELATE, boolean,
// default false, set only, from 4.0). It takes effect at once. For Req.
//
// It changes what is sent: a part of four bytes, the number, comes before the empty one that ends the envelope. A Rep and a
// queue return it by themselves. A program that serves requests with a Router or Dealer returns every part up to the empty one,
// which is not the second part then.
var ReqCorrelate Setter[bool]

// ReqRelaxed lets a Req send another request before the reply to the last has come, which is
// abandoned; use it with ReqCorrelate (ZMQ_REQ_RELAXED, boolean, default false, set only, from 4.0). It takes
// effect at once. For Req.
var ReqRelaxed Setter[bool]

// ConnectRoutingID is the name by which this socket knows the peer of the next Connect, 1 to 255 bytes
// (ZMQ_CONNECT_ROUTING_ID, before 4.2.3 ZMQ_CONNECT_RID; default none, set only, from 4.1). It serves one Connect, not
// with Immediate, and a socket gives each name once. libzmq ends the process when a peer of that name has come in by
// itself: use it where peers have no names, or other ones. For Router and Stream.
var ConnectRoutingID Setter[string]

// XPubVerbose passes on every subscription, not only those that are new (ZMQ_XPUB_VERBOSE, boolean, default
// false, set only, from 3.2). It takes effect at once. For XPub and Pub.
var XPubVerbose Setter[bool]

// XPubVerboser passes on every subscription and every cancellation (ZMQ_XPUB_VERBOSER, boolean, default false,
// set only, from 4.2). It takes effect at once. For XPub and Pub.
var XPubVerboser Setter[bool]

// XPubNoDrop makes a send wait, or fail with ErrWouldBlock, when a subscriber is full, where it otherwise drops
// what that subscriber would get (ZMQ_XPUB_NODROP, boolean, default false, set only, from 4.1). It takes
// effect at once. For XPub and Pub.
var XPubNoDrop Setter[bool]

// XPubManual leaves it to the program which subscriptions are made: after receiving one it says
// Subscribe or Unsubscribe for that subscriber (ZMQ_XPUB_MANUAL, boolean, default false, set only, from 4.2). It
// takes effect at once. Up to libzmq 4.3.4 what it says can go to another subscriber, when the one that it is meant for has
// left before its subscription was received: not where subscribers may not see each other's messages. For XPub.
var XPubManual Setter[bool]

// XPubWelcomeMsg is sent to each new subscriber, before anything else, if it subscribed to what the message
// begins with; "" is none (ZMQ_XPUB_WELCOME_MSG, bytes, default none, set only, from 4.2). For XPub.
var XPubWelcomeMsg Setter[string]

// InvertMatching passes what no filter matches instead of what one does; both ends must set it
// (ZMQ_INVERT_MATCHING, boolean, default false, from 4.2). It takes effect at once. For Pub, XPub and Sub;
// others ignore it.
var InvertMatching Option[bool]

// StreamNotify makes a Stream receive an empty message when a peer comes and when it goes (ZMQ_STREAM_NOTIFY,
// boolean, default true, set only, from 4.2). It takes effect at once. For Stream.
var StreamNotify Setter[bool]

// Conflate keeps only the last message in each direction; messages of several parts are not supported with
// it (ZMQ_CONFLATE, boolean, default false, from 4.0). For Pub, Sub, Push, Pull and Dealer; others ignore it.
var Conflate Option[bool]

// RecvMore tells whether more parts of the message follow that Recv returned last (ZMQ_RCVMORE). On a
// socket that several goroutines receive from, use RecvMsg and Message.More, or RecvParts.
var RecvMore Getter[bool]

// lastEndpoint is read by Socket.LastEndpoint.
var lastEndpoint Getter[string]

// WatchPeers makes the socket count its peers, for WaitConnected and Stats, from before the first Bind or Connect until
// it is closed or WatchPeers(false) (default false). It takes one socket of the engine's, which a
// socket that has connected over a network has anyway. It is an option of this package, not of libzmq; it needs libzmq 4.0.
var WatchPeers Setter[bool]
