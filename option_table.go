package zmq

import (
	"math"
	"strings"
)

// SystemDefault is the value of TCPKeepalive and its companions, and of UseFD, that leaves the
// matter to the operating system.
const SystemDefault = -1

// The mechanisms that Mechanism returns.
const (
	MechanismNull   = 0 // ZMQ_NULL: no security
	MechanismPlain  = 1 // ZMQ_PLAIN: user name and password, in clear text
	MechanismCurve  = 2 // ZMQ_CURVE: encrypted, both ends known by their keys
	MechanismGSSAPI = 3 // ZMQ_GSSAPI: Kerberos
)

// The kinds of names that GSSAPIPrincipalNameType takes.
const (
	GSSAPIHostBased     = 0 // ZMQ_GSSAPI_NT_HOSTBASED: service@host
	GSSAPIUserName      = 1 // ZMQ_GSSAPI_NT_USER_NAME
	GSSAPIKrb5Principal = 2 // ZMQ_GSSAPI_NT_KRB5_PRINCIPAL
)

// The options that came after ØMQ 3.1, each with the first version that has it: on an older engine it gives a
// *VersionError. Unless noted they take effect at the next Bind or Connect and all socket types have them.
var (
	// RouterMandatory makes a send to a peer that is not there fail with EHOSTUNREACH instead of dropping the
	// message, and a send to one that is full wait (ZMQ_ROUTER_MANDATORY, boolean, default false, set only, from
	// 3.2). It takes effect at once. For Router.
	RouterMandatory = boolSetter(optionRow{id: 33, name: "RouterMandatory", c: "ZMQ_ROUTER_MANDATORY", since: from32, types: []SocketType{Router}})

	// TCPKeepalive switches the system's keepalive of TCP connections: 1 on, 0 off, SystemDefault (-1) as the system
	// has it (ZMQ_TCP_KEEPALIVE, default -1, from 3.2). See Keepalive.
	TCPKeepalive = intOption(optionRow{id: 34, name: "TCPKeepalive", c: "ZMQ_TCP_KEEPALIVE", since: from32, min: -1, max: 1, def: -1})

	// TCPKeepaliveCount is how many probes go unanswered before the connection is lost; -1 is the system's
	// default (ZMQ_TCP_KEEPALIVE_CNT, probes, default -1, from 3.2).
	TCPKeepaliveCount = intOption(optionRow{id: 35, name: "TCPKeepaliveCount", c: "ZMQ_TCP_KEEPALIVE_CNT", since: from32, min: -1, max: math.MaxInt32, unit: "probes", def: -1})

	// TCPKeepaliveIdle is how long a connection is silent before it is probed; -1 is the system's default
	// (ZMQ_TCP_KEEPALIVE_IDLE, seconds in C, rounded up, default -1, from 3.2).
	TCPKeepaliveIdle = secondsOption(optionRow{id: 36, name: "TCPKeepaliveIdle", c: "ZMQ_TCP_KEEPALIVE_IDLE", since: from32, min: -1, max: math.MaxInt32, def: -1})

	// TCPKeepaliveInterval is the time between two probes; -1 is the system's default (ZMQ_TCP_KEEPALIVE_INTVL,
	// seconds in C, rounded up, default -1, from 3.2).
	TCPKeepaliveInterval = secondsOption(optionRow{id: 37, name: "TCPKeepaliveInterval", c: "ZMQ_TCP_KEEPALIVE_INTVL", since: from32, min: -1, max: math.MaxInt32, def: -1})

	// TCPAcceptFilter adds a network, such as "10.0.0.0/8" or "::1", from which bound TCP endpoints accept
	// connections; until the first is added all may connect; "" removes all filters (ZMQ_TCP_ACCEPT_FILTER,
	// 0 to 255 bytes, default none, set only, from 3.2). With IPv6 a network of IPv4 stands for the same peers, and one of
	// IPv6 for none that come over IPv4. libzmq deprecates it: an Authenticator says who was refused.
	TCPAcceptFilter = stringSetter(optionRow{id: optTCPAcceptFilter, name: "TCPAcceptFilter", c: "ZMQ_TCP_ACCEPT_FILTER", since: from32, max: 255, clears: true})

	// Immediate queues messages only for connections that are complete: with none a send waits or drops, where it
	// otherwise queues (ZMQ_IMMEDIATE, before 4.0 ZMQ_DELAY_ATTACH_ON_CONNECT; boolean, default false, from 3.2). Set it
	// before the first Connect. A Push, Dealer, Req or Pair has it from the first connection on that a protocol error
	// ended, see Connect.
	Immediate = boolOption(optionRow{id: optImmediate, name: "Immediate", c: "ZMQ_IMMEDIATE", since: from32, check: checkImmediate})

	// XPubVerbose passes on every subscription, not only those that are new (ZMQ_XPUB_VERBOSE, boolean, default
	// false, set only, from 3.2). It takes effect at once. For XPub and Pub.
	XPubVerbose = boolSetter(optionRow{id: 40, name: "XPubVerbose", c: "ZMQ_XPUB_VERBOSE", since: from32, types: []SocketType{Pub, XPub}})

	// RouterRaw makes a Router speak plain TCP (ZMQ_ROUTER_RAW, boolean, default false, set only, from 4.0). libzmq
	// deprecates it in favour of Stream. It is set before the first Bind or Connect, and not with ProbeRouter. For Router.
	RouterRaw = boolSetter(optionRow{id: optRouterRaw, name: "RouterRaw", c: "ZMQ_ROUTER_RAW", since: from40, types: []SocketType{Router, Rep}})

	// IPv6 lets the socket use IPv6 addresses beside IPv4 ones: IPv4Only turned round (ZMQ_IPV6, boolean, default
	// that of ContextIPv6, from 4.0).
	IPv6 = boolOption(optionRow{id: 42, name: "IPv6", c: "ZMQ_IPV6", since: from40})

	// Mechanism is the security mechanism that the socket's other options have chosen: MechanismNull,
	// MechanismPlain, MechanismCurve or MechanismGSSAPI (ZMQ_MECHANISM, read only, from 4.0).
	Mechanism = intGetter(optionRow{id: 43, name: "Mechanism", c: "ZMQ_MECHANISM", since: from40})

	// PlainServerMode makes the socket the server of PLAIN security; false returns it to no security
	// (ZMQ_PLAIN_SERVER, boolean, default false, from 4.0). See PlainServer.
	PlainServerMode = boolOption(optionRow{id: 44, name: "PlainServerMode", c: "ZMQ_PLAIN_SERVER", since: from40})

	// PlainUsername is the user name that a client of PLAIN security gives, 1 to 255 bytes (ZMQ_PLAIN_USERNAME,
	// default none, from 4.0). See PlainClient.
	PlainUsername = stringOption(optionRow{id: 45, name: "PlainUsername", c: "ZMQ_PLAIN_USERNAME", since: from40, min: 1, max: 255, check: checkNoZero})

	// PlainPassword is the password that a client of PLAIN security gives, 1 to 255 bytes (ZMQ_PLAIN_PASSWORD,
	// default none, from 4.0). It goes over the network in clear text. See PlainClient.
	PlainPassword = stringOption(optionRow{id: 46, name: "PlainPassword", c: "ZMQ_PLAIN_PASSWORD", since: from40, min: 1, max: 255, check: checkNoZero, secret: true})

	// ProbeRouter sends an empty message to each new peer, by which a Router there learns of this socket
	// (ZMQ_PROBE_ROUTER, boolean, default false, set only, from 4.0). For Req, Dealer and Router.
	ProbeRouter = boolSetter(optionRow{id: optProbeRouter, name: "ProbeRouter", c: "ZMQ_PROBE_ROUTER", since: from40, types: []SocketType{Req, Dealer, Router, Rep}})

	// ReqCorrelate numbers requests, and drops replies to any but the last one (ZMQ_REQ_CORRELATE, boolean,
	// default false, set only, from 4.0). It takes effect at once. For Req.
	//
	// It changes what is sent: a part of four bytes, the number, comes before the empty one that ends the envelope. A Rep and
	// a queue return it by themselves. Who serves requests with a Router or Dealer returns every part up to the empty
	// one, and must not take the second for that.
	ReqCorrelate = boolSetter(optionRow{id: 52, name: "ReqCorrelate", c: "ZMQ_REQ_CORRELATE", since: from40, types: []SocketType{Req}})

	// ReqRelaxed lets a Req send another request before the reply to the last has come, which is
	// given up; use it with ReqCorrelate (ZMQ_REQ_RELAXED, boolean, default false, set only, from 4.0). It takes
	// effect at once. For Req.
	ReqRelaxed = boolSetter(optionRow{id: 53, name: "ReqRelaxed", c: "ZMQ_REQ_RELAXED", since: from40, types: []SocketType{Req}})

	// Conflate keeps only the last message in each direction; messages of several parts are not supported with
	// it (ZMQ_CONFLATE, boolean, default false, from 4.0). For Pub, Sub, Push, Pull and Dealer; others ignore it.
	Conflate = boolOption(optionRow{id: 54, name: "Conflate", c: "ZMQ_CONFLATE", since: from40})

	// ZAPDomain is the name that an Authenticator gets with each request of this socket's clients, 1 to 255 bytes
	// (ZMQ_ZAP_DOMAIN, default none, from 4.0). A socket without security asks an Authenticator only
	// if this is set.
	ZAPDomain = stringOption(optionRow{id: 55, name: "ZAPDomain", c: "ZMQ_ZAP_DOMAIN", since: from40, min: 1, max: 255, check: checkNoZero})

	// RouterHandover gives a peer's name to a newcomer who claims it, and drops the old connection (ZMQ_ROUTER_HANDOVER,
	// boolean, default false, set only, from 4.1). Without it the newcomer is connected, counts as a peer on both sides, and
	// is never served, not even when the old connection has ended; no event says so. A peer that closes its socket and opens
	// another under the same name at once is such a newcomer until the Router has noticed. It takes effect at once. For
	// Router. Not together with Heartbeat, unless the engine is hardened: see there.
	RouterHandover = boolSetter(optionRow{id: 56, name: "RouterHandover", c: "ZMQ_ROUTER_HANDOVER", since: from41, types: []SocketType{Router, Rep}})

	// TOS is the type-of-service field of the packets sent, 0 to 255 (ZMQ_TOS, default 0, from 4.1).
	TOS = intOption(optionRow{id: 57, name: "TOS", c: "ZMQ_TOS", since: from41, max: 255})

	// IPCFilterPID adds a process whose connections bound ipc endpoints accept; until the first is added all may
	// connect; -1 removes all of them (ZMQ_IPC_FILTER_PID, default none, set only, from 4.1). libzmq deprecates
	// it: process numbers are used again.
	IPCFilterPID = intSetter(optionRow{id: 58, name: "IPCFilterPID", c: "ZMQ_IPC_FILTER_PID", since: from41, min: -1, max: math.MaxInt32, clears: true})

	// IPCFilterUID adds a user whose connections bound ipc endpoints accept; until the first is added all may
	// connect; -1 removes all of them (ZMQ_IPC_FILTER_UID, default none, set only, from 4.1).
	IPCFilterUID = intSetter(optionRow{id: 59, name: "IPCFilterUID", c: "ZMQ_IPC_FILTER_UID", since: from41, min: -1, max: math.MaxUint32, clears: true})

	// IPCFilterGID adds a group whose members' connections bound ipc endpoints accept; until the first is added
	// all may connect; -1 removes all of them (ZMQ_IPC_FILTER_GID, default none, set only, from 4.1).
	IPCFilterGID = intSetter(optionRow{id: 60, name: "IPCFilterGID", c: "ZMQ_IPC_FILTER_GID", since: from41, min: -1, max: math.MaxUint32, clears: true})

	// ConnectRoutingID is the name by which this socket knows the peer of the next Connect, 1 to 255 bytes
	// (ZMQ_CONNECT_ROUTING_ID, before 4.2.3 ZMQ_CONNECT_RID; default none, set only, from 4.1). It serves one Connect, not
	// with Immediate, and a socket gives each name once. libzmq ends the process when a peer of that name has come in by
	// itself: use it where peers have no names, or other ones. For Router and Stream.
	ConnectRoutingID = stringSetter(optionRow{id: optConnectRoutingID, name: "ConnectRoutingID", c: "ZMQ_CONNECT_ROUTING_ID", since: from41, min: 1, max: 255, types: []SocketType{Router, Rep, Stream}})

	// GSSAPIServer makes the socket the server of GSSAPI security (ZMQ_GSSAPI_SERVER, boolean, default false, from
	// 4.1, on engines with Has("gssapi")).
	GSSAPIServer = boolOption(optionRow{id: 62, name: "GSSAPIServer", c: "ZMQ_GSSAPI_SERVER", since: from41, has: "gssapi"})

	// GSSAPIPrincipal is the principal that the socket acts as, 1 to 255 bytes (ZMQ_GSSAPI_PRINCIPAL, default none,
	// from 4.1, on engines with Has("gssapi")).
	GSSAPIPrincipal = stringOption(optionRow{id: 63, name: "GSSAPIPrincipal", c: "ZMQ_GSSAPI_PRINCIPAL", since: from41, has: "gssapi", min: 1, max: 255, check: checkNoZero})

	// GSSAPIServicePrincipal is the principal of the server that a client connects to, 1 to 255 bytes
	// (ZMQ_GSSAPI_SERVICE_PRINCIPAL, default none, from 4.1, on engines with Has("gssapi")).
	GSSAPIServicePrincipal = stringOption(optionRow{id: 64, name: "GSSAPIServicePrincipal", c: "ZMQ_GSSAPI_SERVICE_PRINCIPAL", since: from41, has: "gssapi", min: 1, max: 255, check: checkNoZero})

	// GSSAPIPlaintext switches encryption under GSSAPI security off (ZMQ_GSSAPI_PLAINTEXT, boolean, default false,
	// from 4.1, on engines with Has("gssapi")).
	GSSAPIPlaintext = boolOption(optionRow{id: 65, name: "GSSAPIPlaintext", c: "ZMQ_GSSAPI_PLAINTEXT", since: from41, has: "gssapi"})

	// HandshakeInterval is how long a new connection may take for its handshake; 0 is without end
	// (ZMQ_HANDSHAKE_IVL, milliseconds in C, default 30 s, from 4.1).
	HandshakeInterval = durationOption(optionRow{id: 66, name: "HandshakeInterval", c: "ZMQ_HANDSHAKE_IVL", since: from41, max: math.MaxInt32, def: 30000})

	// SOCKSProxy is the SOCKS5 proxy, "host:port", through which TCP connections are made; "" is none
	// (ZMQ_SOCKS_PROXY, default none, from 4.1). libzmq can end the process when a socket, or a connection, is closed while
	// its proxy cannot be reached or refuses it.
	SOCKSProxy = stringOption(optionRow{id: 68, name: "SOCKSProxy", c: "ZMQ_SOCKS_PROXY", since: from41, max: 255, clears: true, check: checkProxy})

	// XPubNoDrop makes a send wait, or fail with ErrWouldBlock, when a subscriber is full, where it otherwise drops
	// what that subscriber would get (ZMQ_XPUB_NODROP, boolean, default false, set only, from 4.1). It takes
	// effect at once. For XPub and Pub.
	XPubNoDrop = boolSetter(optionRow{id: 69, name: "XPubNoDrop", c: "ZMQ_XPUB_NODROP", since: from41, types: []SocketType{Pub, XPub}})

	// XPubManual leaves it to the program which subscriptions are made: after receiving one it says
	// Subscribe or Unsubscribe for that subscriber (ZMQ_XPUB_MANUAL, boolean, default false, set only, from 4.2). It
	// takes effect at once. Up to libzmq 4.3.4 what it says can go to another subscriber, when the one that it is meant for has
	// left before its subscription was received: not where subscribers may not see each other's messages. For XPub.
	XPubManual = boolSetter(optionRow{id: 71, name: "XPubManual", c: "ZMQ_XPUB_MANUAL", since: from42, types: []SocketType{Pub, XPub}})

	// XPubWelcomeMsg is sent to each new subscriber, before anything else, if it subscribed to what the message
	// begins with; "" is none (ZMQ_XPUB_WELCOME_MSG, bytes, default none, set only, from 4.2). For XPub.
	XPubWelcomeMsg = stringSetter(optionRow{id: optWelcome, name: "XPubWelcomeMsg", c: "ZMQ_XPUB_WELCOME_MSG", since: from42, max: math.MaxInt32, types: []SocketType{Pub, XPub}})

	// StreamNotify makes a Stream receive an empty message when a peer comes and when it goes (ZMQ_STREAM_NOTIFY,
	// boolean, default true, set only, from 4.2). It takes effect at once. For Stream.
	StreamNotify = boolSetter(optionRow{id: 73, name: "StreamNotify", c: "ZMQ_STREAM_NOTIFY", since: from42, def: 1, types: []SocketType{Stream}})

	// InvertMatching passes what no filter matches instead of what one does; both ends must set it
	// (ZMQ_INVERT_MATCHING, boolean, default false, from 4.2). It takes effect at once. For Pub, XPub and Sub;
	// others ignore it.
	InvertMatching = boolOption(optionRow{id: 74, name: "InvertMatching", c: "ZMQ_INVERT_MATCHING", since: from42})

	// HeartbeatInterval is the time between two pings to each peer; 0 sends none (ZMQ_HEARTBEAT_IVL, milliseconds in C,
	// default 0, from 4.2). See Heartbeat.
	HeartbeatInterval = durationOption(optionRow{id: 75, name: "HeartbeatInterval", c: "ZMQ_HEARTBEAT_IVL", since: from42, max: math.MaxInt32})

	// HeartbeatTTL is after what silence of this socket the peer is to give it up, in steps of 100 ms up to
	// 6553.5 s, rounded down; 0 never (ZMQ_HEARTBEAT_TTL, milliseconds in C, default 0, from 4.2).
	HeartbeatTTL = durationOption(optionRow{id: 76, name: "HeartbeatTTL", c: "ZMQ_HEARTBEAT_TTL", since: from42, max: 6553599})

	// HeartbeatTimeout is how long a ping may go unanswered before the connection is lost
	// (ZMQ_HEARTBEAT_TIMEOUT, milliseconds in C, from 4.2). Until it is set it reads as -1, and is as
	// long as HeartbeatInterval.
	HeartbeatTimeout = durationOption(optionRow{id: 77, name: "HeartbeatTimeout", c: "ZMQ_HEARTBEAT_TIMEOUT", since: from42, max: math.MaxInt32, def: -1})

	// XPubVerboser passes on every subscription and every cancellation (ZMQ_XPUB_VERBOSER, boolean, default false,
	// set only, from 4.2). It takes effect at once. For XPub and Pub.
	XPubVerboser = boolSetter(optionRow{id: 78, name: "XPubVerboser", c: "ZMQ_XPUB_VERBOSER", since: from42, types: []SocketType{Pub, XPub}})

	// ConnectTimeout is how long an attempt to connect may take; 0 is as the system has it
	// (ZMQ_CONNECT_TIMEOUT, milliseconds in C, default 0, from 4.2).
	ConnectTimeout = durationOption(optionRow{id: 79, name: "ConnectTimeout", c: "ZMQ_CONNECT_TIMEOUT", since: from42, max: math.MaxInt32})

	// TCPMaxRT is how long sent data may stay unacknowledged before the connection is lost; 0 is as the system
	// has it (ZMQ_TCP_MAXRT, milliseconds in C, default 0, from 4.2).
	TCPMaxRT = durationOption(optionRow{id: 80, name: "TCPMaxRT", c: "ZMQ_TCP_MAXRT", since: from42, max: math.MaxInt32})

	// ThreadSafe tells whether the C socket is one of the thread-safe draft types (ZMQ_THREAD_SAFE, boolean, read only,
	// from 4.2). A Socket of this package is safe for concurrent use whatever it says.
	ThreadSafe = boolGetter(optionRow{id: 81, name: "ThreadSafe", c: "ZMQ_THREAD_SAFE", since: from42})

	// MulticastMaxTPDU is the largest multicast packet, at least 1 (ZMQ_MULTICAST_MAXTPDU, bytes, default 1500,
	// from 4.2).
	MulticastMaxTPDU = intOption(optionRow{id: 84, name: "MulticastMaxTPDU", c: "ZMQ_MULTICAST_MAXTPDU", since: from42, min: 1, max: math.MaxInt32, unit: "bytes", def: 1500})

	// VMCIBufferSize is the size of the buffer of a VMCI connection (ZMQ_VMCI_BUFFER_SIZE, bytes, default 0, the
	// system's, from 4.2, on engines with Has("vmci")).
	VMCIBufferSize = uint64Option(optionRow{id: 85, name: "VMCIBufferSize", c: "ZMQ_VMCI_BUFFER_SIZE", since: from42, has: "vmci"})

	// VMCIBufferMinSize is the least that VMCIBufferSize may be negotiated to (ZMQ_VMCI_BUFFER_MIN_SIZE, bytes,
	// default 0, the system's, from 4.2, on engines with Has("vmci")).
	VMCIBufferMinSize = uint64Option(optionRow{id: 86, name: "VMCIBufferMinSize", c: "ZMQ_VMCI_BUFFER_MIN_SIZE", since: from42, has: "vmci"})

	// VMCIBufferMaxSize is the most that VMCIBufferSize may be negotiated to (ZMQ_VMCI_BUFFER_MAX_SIZE, bytes,
	// default 0, the system's, from 4.2, on engines with Has("vmci")).
	VMCIBufferMaxSize = uint64Option(optionRow{id: 87, name: "VMCIBufferMaxSize", c: "ZMQ_VMCI_BUFFER_MAX_SIZE", since: from42, has: "vmci"})

	// VMCIConnectTimeout is how long an attempt to connect over VMCI may take; -1 is as the system has it
	// (ZMQ_VMCI_CONNECT_TIMEOUT, milliseconds in C, default -1, from 4.2, on engines with Has("vmci")).
	VMCIConnectTimeout = durationOption(optionRow{id: 88, name: "VMCIConnectTimeout", c: "ZMQ_VMCI_CONNECT_TIMEOUT", since: from42, has: "vmci", min: -1, max: math.MaxInt32, def: -1})

	// UseFD is a descriptor that listens already, which the next Bind takes instead of opening its own; -1 is none
	// (ZMQ_USE_FD, default -1, from 4.2). It is of the endpoint's family and serves one Bind. The engine closes it with the
	// endpoint: nobody else may, nor may the garbage collector with an os.File. For tcp and ipc.
	UseFD = intOption(optionRow{id: optUseFD, name: "UseFD", c: "ZMQ_USE_FD", since: from42, min: -1, max: math.MaxInt32, def: -1})

	// GSSAPIPrincipalNameType is the kind of name that GSSAPIPrincipal is: GSSAPIHostBased, GSSAPIUserName or
	// GSSAPIKrb5Principal (ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, 0 to 2, default 0, from 4.2.3, on engines with Has("gssapi")).
	GSSAPIPrincipalNameType = intOption(optionRow{id: 90, name: "GSSAPIPrincipalNameType", c: "ZMQ_GSSAPI_PRINCIPAL_NAMETYPE", since: from423, has: "gssapi", max: 2})

	// GSSAPIServicePrincipalNameType is the kind of name that GSSAPIServicePrincipal is
	// (ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, 0 to 2, default 0, from 4.2.3, on engines with Has("gssapi")).
	GSSAPIServicePrincipalNameType = intOption(optionRow{id: 91, name: "GSSAPIServicePrincipalNameType", c: "ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE", since: from423, has: "gssapi", max: 2})

	// BindToDevice keeps the socket to one network interface, such as "eth0", 0 to 15 bytes; "" is any
	// (ZMQ_BINDTODEVICE, default none, from 4.2.3). Linux only; some kernels want CAP_NET_RAW for it.
	BindToDevice = stringOption(optionRow{id: optBindToDevice, name: "BindToDevice", c: "ZMQ_BINDTODEVICE", since: from423, max: 15, clears: true, check: checkNoZero})
)

// Other names of options, as libzmq has them.
var (
	RoutingID            = Identity        // ZMQ_ROUTING_ID, the name of ZMQ_IDENTITY from 4.2.3
	DelayAttachOnConnect = Immediate       // ZMQ_DELAY_ATTACH_ON_CONNECT, the name of ZMQ_IMMEDIATE in 3.2
	FailUnroutable       = RouterMandatory // ZMQ_FAIL_UNROUTABLE
	RouterBehavior       = RouterMandatory // ZMQ_ROUTER_BEHAVIOR
)

// The options of ØMQ 3.1. Unless noted they take effect at the next Bind or Connect.
var (
	// Affinity is the set of I/O threads that serve new connections, as a bit mask; 0 is all of them
	// (ZMQ_AFFINITY, default 0). A mask that names no thread of the context is refused.
	Affinity = uint64Option(optionRow{id: 4, name: "Affinity", c: "ZMQ_AFFINITY", check: checkAffinity})

	// Identity is the name under which a Router knows this socket, 1 to 255 bytes (ZMQ_IDENTITY, since 4.2.3
	// ZMQ_ROUTING_ID; default none). It does not begin with a zero byte: those names are libzmq's own. Of two peers with the
	// same name a Router serves the first only, see RouterHandover.
	// For Req, Rep, Dealer and Router.
	Identity = stringOption(optionRow{id: optIdentity, name: "Identity", c: "ZMQ_IDENTITY", min: 1, max: 255})

	// Subscribe adds a filter: messages that begin with it are received, all of them for "" (ZMQ_SUBSCRIBE). It
	// takes effect at once. Filters count: two equal ones need two Unsubscribe. Filters longer
	// than MaxTopic are refused, and on libzmq 4.3.3 and 4.3.4, which lose them, those of 246 to 255 bytes. For Sub.
	Subscribe = stringSetter(optionRow{id: optSubscribe, name: "Subscribe", c: "ZMQ_SUBSCRIBE", max: math.MaxInt32, check: checkTopic})

	// Unsubscribe takes a filter back (ZMQ_UNSUBSCRIBE); one that is not there is ignored. It takes effect
	// at once. For Sub.
	Unsubscribe = stringSetter(optionRow{id: optUnsubscribe, name: "Unsubscribe", c: "ZMQ_UNSUBSCRIBE", max: math.MaxInt32, check: checkTopic})

	// Rate is the most that multicast sends, in kilobits a second, at least 1 (ZMQ_RATE, default 100).
	Rate = intOption(optionRow{id: 8, name: "Rate", c: "ZMQ_RATE", min: 1, max: math.MaxInt32, unit: "kbit/s", def: 100})

	// RecoveryInterval is how far back a multicast receiver can ask for what it lost
	// (ZMQ_RECOVERY_IVL, milliseconds in C, default 10 s).
	RecoveryInterval = durationOption(optionRow{id: 9, name: "RecoveryInterval", c: "ZMQ_RECOVERY_IVL", max: math.MaxInt32, def: 10000})

	// SendBuf is the size of the kernel's send buffer in bytes; 0 is the system's default, on every engine
	// (ZMQ_SNDBUF, default 0).
	SendBuf = intOption(optionRow{id: 11, name: "SendBuf", c: "ZMQ_SNDBUF", max: math.MaxInt32, unit: "bytes", check: systemDefault, read: systemDefaultRead})

	// RecvBuf is the size of the kernel's receive buffer in bytes; 0 is the system's default, on every engine
	// (ZMQ_RCVBUF, default 0).
	RecvBuf = intOption(optionRow{id: 12, name: "RecvBuf", c: "ZMQ_RCVBUF", max: math.MaxInt32, unit: "bytes", check: systemDefault, read: systemDefaultRead})

	// RecvMore tells whether more parts of the message follow that Recv returned last (ZMQ_RCVMORE). On a
	// socket that several goroutines receive from, use RecvMsg and Message.More, or RecvParts.
	RecvMore = boolGetter(optionRow{id: 13, name: "RecvMore", c: "ZMQ_RCVMORE"})

	// FD is the descriptor that becomes readable when the socket's Events may have changed (ZMQ_FD). It is for
	// C code; Go code waits with the socket's methods or a Poller. Never read, write or close it.
	FD = intGetter(optionRow{id: 14, name: "FD", c: "ZMQ_FD"})

	// Linger is how long messages that were sent are kept for delivery after Close; 0 drops them, Infinite
	// keeps them without end (ZMQ_LINGER, milliseconds in C, default Infinite, 0 for Sub and XSub). It takes
	// effect at once. On an engine that is not hardened (LinkInfo), where messages of several parts go over a transport other
	// than inproc, a queue that is not empty is kept for up to a tenth of a second longer: libzmq can abort the process when it
	// drops one while the connection breaks.
	Linger = durationOption(optionRow{id: optLinger, name: "Linger", c: "ZMQ_LINGER", min: -1, max: math.MaxInt32, def: -1})

	// ReconnectInterval is the pause before a lost connection is made again, to which up to as much is added
	// at random (ZMQ_RECONNECT_IVL, milliseconds in C, default 100 ms). Infinite, from engine 3.2, does not
	// reconnect. 0 needs engine 4.3.3.
	ReconnectInterval = durationOption(optionRow{id: optReconnectInterval, name: "ReconnectInterval", c: "ZMQ_RECONNECT_IVL", min: -1, max: math.MaxInt32, def: 100, check: checkReconnect})

	// Backlog is how many connections may wait to be accepted (ZMQ_BACKLOG, default 100).
	Backlog = intOption(optionRow{id: 19, name: "Backlog", c: "ZMQ_BACKLOG", max: math.MaxInt32, unit: "connections", def: 100})

	// ReconnectIntervalMax is the longest pause between attempts to reconnect, which double up to it; 0 keeps
	// them at ReconnectInterval (ZMQ_RECONNECT_IVL_MAX, milliseconds in C, default 0).
	ReconnectIntervalMax = durationOption(optionRow{id: 21, name: "ReconnectIntervalMax", c: "ZMQ_RECONNECT_IVL_MAX", max: math.MaxInt32})

	// MaxMsgSize is the largest part that is accepted from the network, in bytes; a peer that sends a larger
	// one is disconnected; -1 is no limit (ZMQ_MAXMSGSIZE, default -1). Engines from 4.0 apply it to their handshake
	// too: there less than 64 is refused.
	MaxMsgSize = int64Option(optionRow{id: 22, name: "MaxMsgSize", c: "ZMQ_MAXMSGSIZE", min: -1, max: math.MaxInt64, unit: "bytes", def: -1, check: checkMaxMsgSize})

	// SendHWM is how many messages are queued for one peer before the socket blocks or drops, as its type
	// has it; 0 is no limit (ZMQ_SNDHWM, default 1000). A Sub sends nothing but its filters, and the
	// engine would drop those beyond the mark in silence, so there it has no effect; an XSub has no mark until one is set, which
	// bounds its filters too. From engine 4.2 on it is set before the first Bind or Connect.
	//
	// It does not say how many messages are on their way. Over inproc the two ends share one queue, which holds
	// the sender's SendHWM and the receiver's RecvHWM together. Over tcp and ipc each end has a queue, and between the two
	// are the system's buffers, which hold as many bytes as they do: of small messages tens of thousands. Who must
	// know that few are on their way asks for answers.
	SendHWM = intOption(optionRow{id: optSendHWM, name: "SendHWM", c: "ZMQ_SNDHWM", max: math.MaxInt32, unit: "messages", def: 1000})

	// RecvHWM is how many messages of one peer are queued before the peer is held up; 0 is no limit
	// (ZMQ_RCVHWM, default 1000). From engine 4.2 on it is set before the first Bind or Connect. See SendHWM for what else is on its way.
	RecvHWM = intOption(optionRow{id: optRecvHWM, name: "RecvHWM", c: "ZMQ_RCVHWM", max: math.MaxInt32, unit: "messages", def: 1000})

	// MulticastHops is how many network hops multicast goes (ZMQ_MULTICAST_HOPS, default 1).
	MulticastHops = intOption(optionRow{id: 25, name: "MulticastHops", c: "ZMQ_MULTICAST_HOPS", min: 1, max: math.MaxInt32, unit: "hops", def: 1})

	// RecvTimeout bounds every receive on the socket, whatever its context says; 0 makes none of them wait,
	// Infinite sets no bound (ZMQ_RCVTIMEO, milliseconds in C, default Infinite). It takes effect at once.
	RecvTimeout = durationOption(optionRow{id: optRecvTimeout, name: "RecvTimeout", c: "ZMQ_RCVTIMEO", min: -1, max: math.MaxInt32, def: -1})

	// SendTimeout bounds every send on the socket, whatever its context says; 0 makes none of them wait,
	// Infinite sets no bound (ZMQ_SNDTIMEO, milliseconds in C, default Infinite). It takes effect at once.
	SendTimeout = durationOption(optionRow{id: optSendTimeout, name: "SendTimeout", c: "ZMQ_SNDTIMEO", min: -1, max: math.MaxInt32, def: -1})

	// IPv4Only keeps the socket from using IPv6 addresses (ZMQ_IPV4ONLY, default true).
	IPv4Only = boolOption(optionRow{id: optIPv4Only, name: "IPv4Only", c: "ZMQ_IPV4ONLY", def: 1})

	// MaxTopic is the longest filter that Subscribe and Unsubscribe accept, and that an XSub sends, in bytes. libzmq handles
	// filters recursively, and a long one exhausts a stack. It is an option of this package, not of libzmq
	// (default 1024).
	MaxTopic = intSetter(optionRow{id: optMaxTopic, name: "MaxTopic", max: math.MaxInt32, unit: "bytes", def: defaultTopicMax, apply: setMaxTopic})
)

var lastEndpoint = stringGetter(optionRow{id: optLastEndpoint, name: "LastEndpoint", c: "ZMQ_LAST_ENDPOINT", since: Version{3, 2, 0}})

func curveRow(r optionRow) *optionRow {
	r.since, r.has, r.min, r.max, r.size = from40, "curve", 32, 32, 32
	r.check = func(_ *sock, o *SocketOption) error {
		if strings.Trim(o.str, "\x00") == "" {
			return errZeroKey
		}
		return nil
	}
	return r.add(kindBytes, true, true)
}

func curveKeyOption(r optionRow) CurveKeyOption {
	row := curveRow(r)
	return func(k CurveKey) SocketOption { return SocketOption{row: row, str: string(k[:])} }
}

func curveSecretOption(r optionRow) CurveSecretOption {
	row := curveRow(r)
	return func(k CurveSecretKey) SocketOption { return SocketOption{row: row, str: string(k[:])} }
}

// WatchPeers makes the socket count its peers, for WaitConnected and Stats, from before the first Bind or Connect until
// it is closed or WatchPeers(false) (default false). It takes one socket of the engine's, which a
// socket that has connected over a network has anyway. It is an option of this package, not of libzmq; it needs libzmq 4.0.
var WatchPeers = boolSetter(optionRow{id: optWatchPeers, name: "WatchPeers", since: from40, apply: watchPeers})

func watchPeers(s *sock, o *SocketOption) error {
	s.mu.Lock()
	k, w := s.keeps, s.lookout
	s.mu.Unlock()
	switch on := o.num != 0; {
	case on && k == nil:
		k = new(keep)
		w, err := s.watchFor(k)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.keeps, k = k, s.keeps
		s.mu.Unlock()
		if k != nil {
			w.remove(k) // somebody else was as fast
		}
	case !on && k != nil:
		s.mu.Lock()
		s.keeps = nil
		s.mu.Unlock()
		if w != nil {
			w.remove(k)
		}
	}
	return nil
}
