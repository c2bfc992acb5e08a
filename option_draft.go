package zmq

// What libzmq still calls drafts: it may change with any version, and most of it exists only in engines that were built with the
// draft API, which distributions' are not: Has("draft") tells. It is found at run time, so that one program serves
// both; where it is missing it gives ErrNotSupported, and below libzmq 4.3.4, whose numbers these are, a
// *VersionError. Some options are drafts by their place in the header only: 4.3.4 and 4.3.5 have them however they were
// built. Their comments say so. The draft functions (zmq_join, zmq_poller_new, zmq_msg_set_routing_id and others) are
// not wrapped, because a program that names them does not link with other engines: C code can call them through
// Socket.Raw and Message.Raw. The draft socket types are Server to Channel; NewSocket opens them.

var from434 = Version{4, 3, 4}

// ZeroCopyRecv lets received messages refer to the engine's buffers (ZMQ_ZERO_COPY_RECV, boolean, default true; a draft
// option of a context).
var ZeroCopyRecv ContextSetting[bool]

// ZAPEnforceDomain denies clients where no Authenticator can be asked, and asks it only with ZAPDomain set
// (ZMQ_ZAP_ENFORCE_DOMAIN, boolean, default false; on every engine from 4.3.4 on).
var ZAPEnforceDomain Option[bool]

// LoopbackFastpath uses Windows' fast path for connections on one machine (ZMQ_LOOPBACK_FASTPATH, boolean,
// default false; on every engine from 4.3.4 on).
var LoopbackFastpath Option[bool]

// ApplicationMetadata is "X-name:value", a property that the peer's messages from this socket have
// (ZMQ_METADATA, set only; on every engine from 4.3.4 on). See Message.Gets.
var ApplicationMetadata Setter[string]

// MulticastLoop lets multicast reach receivers on the same machine (ZMQ_MULTICAST_LOOP, boolean, default true; on every engine from 4.3.4 on).
var MulticastLoop Option[bool]

// RouterNotify makes a Router receive an empty message when a peer comes (1), goes (2) or both (3)
// (ZMQ_ROUTER_NOTIFY, default 0). For Router.
var RouterNotify Option[int]

// XPubManualLastValue is XPubManual, and sends the next message only to the subscriber whose subscription was
// received last (ZMQ_XPUB_MANUAL_LAST_VALUE, boolean, default false, set only; on every engine from 4.3.4 on). It takes effect at once. For XPub.
var XPubManualLastValue Setter[bool]

// SOCKSUsername is the user name for SOCKSProxy (ZMQ_SOCKS_USERNAME, 1 to 255 bytes, default none; on every engine from 4.3.4 on).
var SOCKSUsername Option[string]

// SOCKSPassword is the password for SOCKSProxy (ZMQ_SOCKS_PASSWORD, 1 to 255 bytes, default none; on every engine from 4.3.4 on).
var SOCKSPassword Option[string]

// InBatchSize is how much is read from a connection at a time, at least 1 (ZMQ_IN_BATCH_SIZE, bytes,
// default 8192).
var InBatchSize Option[int]

// OutBatchSize is how much is written to a connection at a time, at least 1 (ZMQ_OUT_BATCH_SIZE, bytes,
// default 8192).
var OutBatchSize Option[int]

// WSSKeyPEM is the private key of a wss server, in PEM (ZMQ_WSS_KEY_PEM, set only).
var WSSKeyPEM Setter[string]

// WSSCertPEM is the certificate of a wss server, in PEM (ZMQ_WSS_CERT_PEM, set only).
var WSSCertPEM Setter[string]

// WSSTrustPEM is the certificates that a wss client trusts, in PEM (ZMQ_WSS_TRUST_PEM, set only).
var WSSTrustPEM Setter[string]

// WSSHostname is the name that a wss server's certificate must have (ZMQ_WSS_HOSTNAME, set only).
var WSSHostname Setter[string]

// WSSTrustSystem makes a wss client trust what the system trusts (ZMQ_WSS_TRUST_SYSTEM, boolean, set only).
var WSSTrustSystem Setter[bool]

// OnlyFirstSubscribe takes what later parts of a message say for subscriptions only if the first part is one
// (ZMQ_ONLY_FIRST_SUBSCRIBE, boolean, default false, set only; on every engine from 4.3.4 on). For XPub and XSub.
var OnlyFirstSubscribe Setter[bool]

// ReconnectStop is when a connection is not made again, a sum of 1, when it was refused, and 2, when the handshake failed
// (ZMQ_RECONNECT_STOP, default 0; on every engine from 4.3.4 on). This package connects anew after a protocol error unless it says 2.
// What stops after Disconnect is 3 in 4.3.4 and 4 in 4.3.5.
var ReconnectStop Option[int]

// HelloMsg is sent to each peer when it comes (ZMQ_HELLO_MSG, bytes, set only).
var HelloMsg Setter[string]

// DisconnectMsg is received when a peer goes (ZMQ_DISCONNECT_MSG, bytes, set only).
var DisconnectMsg Setter[string]

// SocketPriority is the protocol-defined priority of the packets sent (ZMQ_PRIORITY, default 0).
var SocketPriority Option[int]

func init() {
	ZeroCopyRecv = contextBool(contextRow{id: 10, name: "ZeroCopyRecv", since: from434, has: "draft"})
}
