package zmq

// What libzmq still calls drafts: it may change with any version, and most of it exists only in engines that were built with the
// draft API, which distributions' are not: Has("draft") tells. It is found at run time, so that one program serves
// both; where it is missing it gives ErrNotSupported, and below libzmq 4.3.4, whose numbers these are, a
// *VersionError. Some options are drafts by their place in the header only: 4.3.4 and 4.3.5 have them however they were
// built. Their comments say so. The draft functions (zmq_join, zmq_poller_new, zmq_msg_set_routing_id and others) are
// not wrapped, because a program that names them does not link with other engines: C code can call them through
// Socket.Raw and Message.Raw. The draft socket types are Server to Channel; NewSocket opens them.

var from434 = Version{4, 3, 4}

// ZeroCopyRecv lets received messages refer to the engine's buffers (ZMQ_ZERO_COPY_RECV, boolean, default true; a draft,
// from 4.3.4 on engines with Has("draft")).
var ZeroCopyRecv ContextSetting[bool]

// ZAPEnforceDomain denies clients when no Authenticator can be asked, and asks it only with ZAPDomain set
// (ZMQ_ZAP_ENFORCE_DOMAIN, boolean, default false; a draft that every engine from 4.3.4 on has).
var ZAPEnforceDomain Option[bool]

// LoopbackFastpath uses Windows' fast path for connections on one machine (ZMQ_LOOPBACK_FASTPATH, boolean, default false; a
// draft that every engine from 4.3.4 on has).
var LoopbackFastpath Option[bool]

// ApplicationMetadata is "X-name:value", a property that messages from this socket have at the peer (ZMQ_METADATA, set
// only; a draft that every engine from 4.3.4 on has). See Message.Gets.
var ApplicationMetadata Setter[string]

// MulticastLoop lets multicast reach receivers on the same machine (ZMQ_MULTICAST_LOOP, boolean, default true; a draft that
// every engine from 4.3.4 on has).
var MulticastLoop Option[bool]

// RouterNotify makes a Router receive an empty message when a peer comes (1), goes (2) or both (3) (ZMQ_ROUTER_NOTIFY,
// default 0; a draft, from 4.3.4 on engines with Has("draft")). For Router.
var RouterNotify Option[int]

// XPubManualLastValue is XPubManual, and sends the next message only to the subscriber whose subscription was received last
// (ZMQ_XPUB_MANUAL_LAST_VALUE, boolean, default false, set only; a draft that every engine from 4.3.4 on has). It takes
// effect at once. For XPub.
var XPubManualLastValue Setter[bool]

// SOCKSUsername is the user name for SOCKSProxy (ZMQ_SOCKS_USERNAME, 1 to 255 bytes, default none; a draft that every
// engine from 4.3.4 on has).
var SOCKSUsername Option[string]

// SOCKSPassword is the password for SOCKSProxy (ZMQ_SOCKS_PASSWORD, 1 to 255 bytes, default none; a draft that every engine
// from 4.3.4 on has).
var SOCKSPassword Option[string]

// InBatchSize is how many bytes are read from a connection at a time, at least 1 (ZMQ_IN_BATCH_SIZE, default 8192; a draft,
// from 4.3.4 on engines with Has("draft")).
var InBatchSize Option[int]

// OutBatchSize is how many bytes are written to a connection at a time, at least 1 (ZMQ_OUT_BATCH_SIZE, default 8192; a
// draft, from 4.3.4 on engines with Has("draft")).
var OutBatchSize Option[int]

// WSSKeyPEM is the private key of a wss server, in PEM (ZMQ_WSS_KEY_PEM, set only; a draft, from 4.3.4 on engines with
// Has("draft")).
var WSSKeyPEM Setter[string]

// WSSCertPEM is the certificate of a wss server, in PEM (ZMQ_WSS_CERT_PEM, set only; a draft, from 4.3.4 on engines with
// Has("draft")).
var WSSCertPEM Setter[string]

// WSSTrustPEM holds the certificates that a wss client trusts, in PEM (ZMQ_WSS_TRUST_PEM, set only; a draft, from 4.3.4 on
// engines with Has("draft")).
var WSSTrustPEM Setter[string]

// WSSHostname is the name that a wss server's certificate must have (ZMQ_WSS_HOSTNAME, set only; a draft, from 4.3.4 on
// engines with Has("draft")).
var WSSHostname Setter[string]

// WSSTrustSystem makes a wss client trust the certificates that the system trusts (ZMQ_WSS_TRUST_SYSTEM, boolean, set only;
// a draft, from 4.3.4 on engines with Has("draft")).
var WSSTrustSystem Setter[bool]

// OnlyFirstSubscribe makes an XPub or XSub look for a subscription in later parts of a message only if the first part is a
// subscription (ZMQ_ONLY_FIRST_SUBSCRIBE, boolean, default false, set only; a draft that every engine from 4.3.4 on has).
// For XPub and XSub.
var OnlyFirstSubscribe Setter[bool]

// ReconnectStop says when a lost connection is not made again: the sum of 1, after it was refused, and 2, after the
// handshake failed (ZMQ_RECONNECT_STOP, default 0; a draft that every engine from 4.3.4 on has). Without the 2 this package
// connects again after a protocol error. The number for "after Disconnect" is 3 in 4.3.4 and 4 in 4.3.5.
var ReconnectStop Option[int]

// HelloMsg is a message that is sent to each peer when it comes (ZMQ_HELLO_MSG, bytes, set only; a draft, from 4.3.4 on
// engines with Has("draft")).
var HelloMsg Setter[string]

// DisconnectMsg is a message that the socket receives when a peer goes (ZMQ_DISCONNECT_MSG, bytes, set only; a draft, from
// 4.3.4 on engines with Has("draft")).
var DisconnectMsg Setter[string]

// SocketPriority is the protocol-defined priority of the packets sent (ZMQ_PRIORITY, default 0; a draft, from 4.3.4 on
// engines with Has("draft")).
var SocketPriority Option[int]

func init() {
	ZeroCopyRecv = contextBool(contextRow{id: 10, name: "ZeroCopyRecv", since: from434, has: "draft"})
}
