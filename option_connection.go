package zmq

import "time"

// TCPKeepalive switches the system's keepalive of TCP connections: 1 on, 0 off, SystemDefault (-1) as the system
// has it (ZMQ_TCP_KEEPALIVE, default -1, from 3.2). See Keepalive.
var TCPKeepalive Option[int]

// TCPKeepaliveCount is how many probes go unanswered before the connection is lost; -1 is the system's
// default (ZMQ_TCP_KEEPALIVE_CNT, probes, default -1, from 3.2).
var TCPKeepaliveCount Option[int]

// TCPKeepaliveIdle is how long a connection is silent before it is probed; -1 is the system's default
// (ZMQ_TCP_KEEPALIVE_IDLE, seconds in C, rounded up, default -1, from 3.2).
var TCPKeepaliveIdle Option[time.Duration]

// TCPKeepaliveInterval is the time between two probes; -1 is the system's default (ZMQ_TCP_KEEPALIVE_INTVL,
// seconds in C, rounded up, default -1, from 3.2).
var TCPKeepaliveInterval Option[time.Duration]

// TCPAcceptFilter adds a network, such as "10.0.0.0/8" or "::1", from which bound TCP endpoints accept connections; until the
// first is added all may connect; "" removes all filters (ZMQ_TCP_ACCEPT_FILTER, 0 to 255 bytes, default none, set only, from
// 3.2). With IPv6 a network of IPv4 stands for the same peers, and one of IPv6 for none that come over IPv4. libzmq deprecates
// it: an Authenticator can refuse by address too.
var TCPAcceptFilter Setter[string]

// IPv6 lets the socket use IPv6 addresses beside IPv4 ones: IPv4Only turned round (ZMQ_IPV6, boolean, default
// that of ContextIPv6, from 4.0).
var IPv6 Option[bool]

// TOS is the type-of-service field of the packets sent, 0 to 255 (ZMQ_TOS, default 0, from 4.1).
var TOS Option[int]

// IPCFilterPID adds a process whose connections bound ipc endpoints accept; until the first is added all may
// connect; -1 removes all of them (ZMQ_IPC_FILTER_PID, default none, set only, from 4.1). libzmq deprecates
// it: the system uses the number of a process again.
var IPCFilterPID Setter[int]

// IPCFilterUID adds a user whose connections bound ipc endpoints accept; until the first is added all may
// connect; -1 removes all of them (ZMQ_IPC_FILTER_UID, default none, set only, from 4.1).
var IPCFilterUID Setter[int]

// IPCFilterGID adds a group whose members' connections bound ipc endpoints accept; until the first is added
// all may connect; -1 removes all of them (ZMQ_IPC_FILTER_GID, default none, set only, from 4.1).
var IPCFilterGID Setter[int]

// HandshakeInterval is how long a new connection may take for its handshake; 0 is without end
// (ZMQ_HANDSHAKE_IVL, milliseconds in C, default 30 s, from 4.1).
var HandshakeInterval Option[time.Duration]

// SOCKSProxy is the SOCKS5 proxy, "host:port", through which TCP connections are made; "" is none
// (ZMQ_SOCKS_PROXY, default none, from 4.1). libzmq can end the process when a socket, or a connection, is closed while
// its proxy cannot be reached or refuses it.
var SOCKSProxy Option[string]

// HeartbeatInterval is the time between two pings to each peer; 0 sends none (ZMQ_HEARTBEAT_IVL, milliseconds in C,
// default 0, from 4.2). See Heartbeat.
var HeartbeatInterval Option[time.Duration]

// HeartbeatTTL tells the peer after how long a silence of this socket it should give the connection up, in steps of 100 ms
// up to 6553.5 s, rounded down; 0 is never (ZMQ_HEARTBEAT_TTL, milliseconds in C, default 0, from 4.2).
var HeartbeatTTL Option[time.Duration]

// HeartbeatTimeout is how long a ping may go unanswered before the connection is lost
// (ZMQ_HEARTBEAT_TIMEOUT, milliseconds in C, from 4.2). Until it is set it reads as -1, and is as
// long as HeartbeatInterval.
var HeartbeatTimeout Option[time.Duration]

// ConnectTimeout is how long an attempt to connect may take; 0 is as the system has it
// (ZMQ_CONNECT_TIMEOUT, milliseconds in C, default 0, from 4.2).
var ConnectTimeout Option[time.Duration]

// TCPMaxRT is how long sent data may stay unacknowledged before the connection is lost; 0 is as the system
// has it (ZMQ_TCP_MAXRT, milliseconds in C, default 0, from 4.2).
var TCPMaxRT Option[time.Duration]

// VMCIBufferSize is the size of the buffer of a VMCI connection (ZMQ_VMCI_BUFFER_SIZE, bytes, default 0, the
// system's, from 4.2, on engines with Has("vmci")).
var VMCIBufferSize Option[uint64]

// VMCIBufferMinSize is the least that VMCIBufferSize may be negotiated to (ZMQ_VMCI_BUFFER_MIN_SIZE, bytes,
// default 0, the system's, from 4.2, on engines with Has("vmci")).
var VMCIBufferMinSize Option[uint64]

// VMCIBufferMaxSize is the most that VMCIBufferSize may be negotiated to (ZMQ_VMCI_BUFFER_MAX_SIZE, bytes,
// default 0, the system's, from 4.2, on engines with Has("vmci")).
var VMCIBufferMaxSize Option[uint64]

// VMCIConnectTimeout is how long an attempt to connect over VMCI may take; -1 is as the system has it
// (ZMQ_VMCI_CONNECT_TIMEOUT, milliseconds in C, default -1, from 4.2, on engines with Has("vmci")).
var VMCIConnectTimeout Option[time.Duration]

// UseFD is a descriptor that listens already, which the next Bind takes instead of opening its own; -1 is none
// (ZMQ_USE_FD, default -1, from 4.2). It is of the endpoint's family and serves one Bind. The engine closes it with the
// endpoint: do not close it, nor leave it in an os.File that the garbage collector closes. For tcp and ipc.
var UseFD Option[int]

// BindToDevice keeps the socket to one network interface, such as "eth0", 0 to 15 bytes; "" is any
// (ZMQ_BINDTODEVICE, default none, from 4.2.3). Linux only; some kernels want CAP_NET_RAW for it.
var BindToDevice Option[string]

// ReconnectInterval is the pause before a lost connection is made again, to which up to as much is added
// at random (ZMQ_RECONNECT_IVL, milliseconds in C, default 100 ms). Infinite, from engine 3.2, does not
// reconnect. 0 needs engine 4.3.3.
var ReconnectInterval Option[time.Duration]

// Backlog is how many connections may wait to be accepted (ZMQ_BACKLOG, default 100).
var Backlog Option[int]

// ReconnectIntervalMax is the longest pause between attempts to reconnect, which double up to it; 0 keeps
// them at ReconnectInterval (ZMQ_RECONNECT_IVL_MAX, milliseconds in C, default 0).
var ReconnectIntervalMax Option[time.Duration]

// IPv4Only keeps the socket from using IPv6 addresses (ZMQ_IPV4ONLY, default true).
var IPv4Only Option[bool]
