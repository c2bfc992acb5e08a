package zmq

import (
	"fmt"
	"math"
	"strconv"
	"time"
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

// The versions that brought options.
var (
	from32  = Version{3, 2, 0}
	from40  = Version{4, 0, 0}
	from41  = Version{4, 1, 0}
	from42  = Version{4, 2, 0}
	from423 = Version{4, 2, 3}
)

// Heartbeat makes the socket ping its peers every interval and give up a connection that has not answered for timeout
// (HeartbeatInterval, HeartbeatTimeout, from 4.2). The peer is told to give this socket up after the same
// silence, if its engine knows how (HeartbeatTTL, as far as its range goes). Connections that ended so are made
// again; a Monitor reports them as EventDisconnected.
//
// Do not use it where the receive queue of either side may fill up for longer than timeout: a full queue is not read, nor
// are the answers behind it, so a peer that is well is given up, and what was on its way is lost. On an engine that is not
// hardened (LinkInfo) that, or a connection that breaks while the queue is full, can end the process (docs/limits.md has
// the ways out, RecvHWM(0) among them); for the same reason, do not use it there on a Pair that others than its one peer can
// reach, nor together with RouterHandover.
func Heartbeat(interval, timeout time.Duration) SocketOption {
	ttl := min(interval+timeout, 6553*time.Second)
	return several(optionRow{name: "Heartbeat", since: from42}, HeartbeatInterval(interval), HeartbeatTimeout(timeout), HeartbeatTTL(ttl))
}

// Keepalive makes the system probe a TCP connection that was silent for idle, every interval, and give it up after
// count probes without an answer (TCPKeepalive, TCPKeepaliveIdle, TCPKeepaliveInterval, TCPKeepaliveCount, whole
// seconds, from 3.2). SystemDefault leaves one of them as the system has it. Heartbeat finds a dead peer on
// every transport and through proxies.
func Keepalive(idle, interval time.Duration, count int) SocketOption {
	return several(optionRow{name: "Keepalive", since: from32}, TCPKeepalive(1), TCPKeepaliveIdle(idle), TCPKeepaliveInterval(interval), TCPKeepaliveCount(count))
}

// several makes one option of several, which are set in their order.
func several(r optionRow, parts ...SocketOption) SocketOption {
	return SocketOption{row: &r, parts: parts}
}

// Format writes the option as Go has it, such as "Linger(0s)", whatever the verb. Secrets are left out.
func (o SocketOption) Format(f fmt.State, _ rune) { f.Write([]byte(o.String())) }

// String returns the option as Go has it, such as "Linger(0s)". Secrets are left out.
func (o SocketOption) String() string {
	if o.row == nil {
		return "SocketOption()"
	}
	return o.row.name + "(" + o.value() + ")"
}

func (o SocketOption) value() string {
	switch {
	case o.row.secret || o.parts != nil:
		return "..."
	case o.row.kind == kindBytes:
		return strconv.Quote(o.str)
	case o.row.kind == kindBool:
		return strconv.FormatBool(o.num != 0)
	case o.row.kind == kindMillis:
		return fromMillis(o.num).String()
	case o.row.kind == kindSeconds:
		return fromSeconds(o.num).String()
	case o.row.kind == kindUint64:
		return strconv.FormatUint(uint64(o.num), 10)
	}
	return strconv.FormatInt(o.num, 10)
}

// seconds turns a duration into C's seconds, rounded up.
func seconds(d time.Duration) (int64, error) {
	if d == SystemDefault {
		return -1, nil
	}
	if d < 0 {
		return 0, because(EINVAL, d.String()+" is negative; SystemDefault (-1) is as the system has it")
	}
	return int64((d + time.Second - 1) / time.Second), nil
}

func fromSeconds(s int64) time.Duration {
	if s < 0 {
		return SystemDefault
	}
	return time.Duration(s) * time.Second
}

// checkNoZero keeps a value from being cut short: C would take a zero byte for its end.
func checkNoZero(_ *sock, o *SocketOption) error {
	for i := range len(o.str) {
		if o.str[i] == 0 {
			return because(EINVAL, "the value has a zero byte, which would end it in C")
		}
	}
	return nil
}

// supported returns why the engine at hand lacks the option, if it does.
func (r *optionRow) supported() error {
	if err := need(r.name, r.since); err != nil {
		return err
	}
	if r.has != "" && apiVersion().AtLeast(from41) && !Has(r.has) { // an older engine cannot be asked
		return because(ErrNotSupported, "this engine was built without "+r.has)
	}
	return nil
}
