package zmq

import "math"

// What libzmq still calls drafts: it may change with any version, and exists only in engines that were built with the
// draft API, which distributions' are not: Has("draft") tells. It is found at run time, so that one program serves
// both; where it is missing it gives ErrNotSupported, and below libzmq 4.3.4, whose numbers these are, a
// *VersionError. The draft functions (zmq_join, zmq_poller_new, zmq_msg_set_routing_id and others) are
// not wrapped, because a program that names them does not link with other engines: C code can call them through
// Socket.Raw and Message.Raw. The draft socket types are Server to Channel; NewSocket opens them.

var from434 = Version{4, 3, 4}

// The draft options of sockets. Unless noted they take effect at the next Bind or Connect.
var (
	// ZAPEnforceDomain denies clients where no Authenticator can be asked, and asks it only with ZAPDomain set
	// (ZMQ_ZAP_ENFORCE_DOMAIN, boolean, default false).
	ZAPEnforceDomain = boolOption(optionRow{id: 93, name: "ZAPEnforceDomain", c: "ZMQ_ZAP_ENFORCE_DOMAIN", since: from434, has: "draft"})

	// LoopbackFastpath uses Windows' fast path for connections on one machine (ZMQ_LOOPBACK_FASTPATH, boolean,
	// default false).
	LoopbackFastpath = boolOption(optionRow{id: 94, name: "LoopbackFastpath", c: "ZMQ_LOOPBACK_FASTPATH", since: from434, has: "draft"})

	// ApplicationMetadata is "X-name:value", a property that the peer's messages from this socket have
	// (ZMQ_METADATA, set only). See Message.Gets.
	ApplicationMetadata = stringSetter(optionRow{id: 95, name: "ApplicationMetadata", c: "ZMQ_METADATA", since: from434, has: "draft", max: math.MaxInt32})

	// MulticastLoop lets multicast reach receivers on the same machine (ZMQ_MULTICAST_LOOP, boolean, default true).
	MulticastLoop = boolOption(optionRow{id: 96, name: "MulticastLoop", c: "ZMQ_MULTICAST_LOOP", since: from434, has: "draft", def: 1})

	// RouterNotify makes a Router receive an empty message when a peer comes (1), goes (2) or both (3)
	// (ZMQ_ROUTER_NOTIFY, default 0). For Router.
	RouterNotify = intOption(optionRow{id: 97, name: "RouterNotify", c: "ZMQ_ROUTER_NOTIFY", since: from434, has: "draft", max: 3, types: []SocketType{Router, Rep}})

	// XPubManualLastValue is XPubManual, and sends the next message only to the subscriber whose subscription was
	// received last (ZMQ_XPUB_MANUAL_LAST_VALUE, boolean, default false, set only). It takes effect at once. For XPub.
	XPubManualLastValue = boolSetter(optionRow{id: 98, name: "XPubManualLastValue", c: "ZMQ_XPUB_MANUAL_LAST_VALUE", since: from434, has: "draft", types: []SocketType{Pub, XPub}})

	// SOCKSUsername is the user name for SOCKSProxy (ZMQ_SOCKS_USERNAME, 1 to 255 bytes, default none).
	SOCKSUsername = stringOption(optionRow{id: 99, name: "SOCKSUsername", c: "ZMQ_SOCKS_USERNAME", since: from434, has: "draft", max: 255})

	// SOCKSPassword is the password for SOCKSProxy (ZMQ_SOCKS_PASSWORD, 1 to 255 bytes, default none).
	SOCKSPassword = stringOption(optionRow{id: 100, name: "SOCKSPassword", c: "ZMQ_SOCKS_PASSWORD", since: from434, has: "draft", max: 255, secret: true})

	// InBatchSize is how much is read from a connection at a time, at least 1 (ZMQ_IN_BATCH_SIZE, bytes,
	// default 8192).
	InBatchSize = intOption(optionRow{id: 101, name: "InBatchSize", c: "ZMQ_IN_BATCH_SIZE", since: from434, has: "draft", min: 1, max: math.MaxInt32, def: 8192})

	// OutBatchSize is how much is written to a connection at a time, at least 1 (ZMQ_OUT_BATCH_SIZE, bytes,
	// default 8192).
	OutBatchSize = intOption(optionRow{id: 102, name: "OutBatchSize", c: "ZMQ_OUT_BATCH_SIZE", since: from434, has: "draft", min: 1, max: math.MaxInt32, def: 8192})

	// WSSKeyPEM is the private key of a wss server, in PEM (ZMQ_WSS_KEY_PEM, set only).
	WSSKeyPEM = stringSetter(optionRow{id: 103, name: "WSSKeyPEM", c: "ZMQ_WSS_KEY_PEM", since: from434, has: "draft", max: math.MaxInt32, secret: true})

	// WSSCertPEM is the certificate of a wss server, in PEM (ZMQ_WSS_CERT_PEM, set only).
	WSSCertPEM = stringSetter(optionRow{id: 104, name: "WSSCertPEM", c: "ZMQ_WSS_CERT_PEM", since: from434, has: "draft", max: math.MaxInt32})

	// WSSTrustPEM is the certificates that a wss client trusts, in PEM (ZMQ_WSS_TRUST_PEM, set only).
	WSSTrustPEM = stringSetter(optionRow{id: 105, name: "WSSTrustPEM", c: "ZMQ_WSS_TRUST_PEM", since: from434, has: "draft", max: math.MaxInt32})

	// WSSHostname is the name that a wss server's certificate must have (ZMQ_WSS_HOSTNAME, set only).
	WSSHostname = stringSetter(optionRow{id: 106, name: "WSSHostname", c: "ZMQ_WSS_HOSTNAME", since: from434, has: "draft", max: math.MaxInt32})

	// WSSTrustSystem makes a wss client trust what the system trusts (ZMQ_WSS_TRUST_SYSTEM, boolean, set only).
	WSSTrustSystem = boolSetter(optionRow{id: 107, name: "WSSTrustSystem", c: "ZMQ_WSS_TRUST_SYSTEM", since: from434, has: "draft"})

	// OnlyFirstSubscribe passes on only the first part of a message of several as a subscription
	// (ZMQ_ONLY_FIRST_SUBSCRIBE, boolean, default false, set only). For XPub and XSub.
	OnlyFirstSubscribe = boolSetter(optionRow{id: 108, name: "OnlyFirstSubscribe", c: "ZMQ_ONLY_FIRST_SUBSCRIBE", since: from434, has: "draft", types: []SocketType{Pub, XPub, Sub, XSub}})

	// ReconnectStop is when a connection is not made again: when it was refused (1), when the handshake failed (2), or
	// after Disconnect (3) (ZMQ_RECONNECT_STOP, default 0).
	ReconnectStop = intOption(optionRow{id: 109, name: "ReconnectStop", c: "ZMQ_RECONNECT_STOP", since: from434, has: "draft", max: math.MaxInt32})

	// HelloMsg is sent to each peer when it comes (ZMQ_HELLO_MSG, bytes, set only).
	HelloMsg = stringSetter(optionRow{id: 110, name: "HelloMsg", c: "ZMQ_HELLO_MSG", since: from434, has: "draft", max: math.MaxInt32})

	// DisconnectMsg is received when a peer goes (ZMQ_DISCONNECT_MSG, bytes, set only).
	DisconnectMsg = stringSetter(optionRow{id: 111, name: "DisconnectMsg", c: "ZMQ_DISCONNECT_MSG", since: from434, has: "draft", max: math.MaxInt32})

	// SocketPriority is the protocol-defined priority of the packets sent (ZMQ_PRIORITY, default 0).
	SocketPriority = intOption(optionRow{id: 112, name: "SocketPriority", c: "ZMQ_PRIORITY", since: from434, has: "draft", max: math.MaxInt32})
)

// ZeroCopyRecv lets received messages refer to the engine's buffers (ZMQ_ZERO_COPY_RECV, boolean, default true; a draft
// option of a context).
var ZeroCopyRecv = contextBool(contextRow{id: 10, name: "ZeroCopyRecv", since: from434, has: "draft"})
