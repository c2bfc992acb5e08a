package zmq3

import (
	"strings"
	"time"

	"example.org/zmq"
)

// The options of a socket are set by number, so that nothing is checked before the engine does: an option that a socket's
// type does not have is EINVAL.

// Numbers of options that are referred to.
const (
	optIdentity = 5
	optFd       = 14
	optSndhwm   = 23
	optRcvhwm   = 24
	optRcvtimeo = 27
	optSndtimeo = 28
)

// setNumber sets an option whose value is a C int.
func (soc *Socket) setNumber(minor, id, v int) error {
	s, err := soc.open()
	if err == nil {
		err = since(minor)
	}
	if err != nil {
		return err
	}
	return bare(s.z.SetsockoptInt(id, v))
}

func (soc *Socket) getNumber(minor, id int) (int, error) {
	s, err := soc.open()
	if err == nil {
		err = since(minor)
	}
	if err != nil {
		return 0, err
	}
	v, err := s.z.GetsockoptInt(id)
	return v, bare(err)
}

func (soc *Socket) setFlag(minor, id int, v bool) error {
	if v {
		return soc.setNumber(minor, id, 1)
	}
	return soc.setNumber(minor, id, 0)
}

func (soc *Socket) getFlag(minor, id int) (bool, error) {
	v, err := soc.getNumber(minor, id)
	return v != 0, err
}

// setTime sets an option whose value is a number of milliseconds. What is less than one is cut off.
func (soc *Socket) setTime(minor, id int, d time.Duration) error {
	return soc.setNumber(minor, id, int(d/time.Millisecond))
}

func (soc *Socket) getTime(minor, id int) (time.Duration, error) {
	v, err := soc.getNumber(minor, id)
	return time.Duration(v) * time.Millisecond, err
}

// setTimeout is setTime for an option that knows a time without end.
func (soc *Socket) setTimeout(minor, id int, d time.Duration) error {
	if d == -1 {
		return soc.setNumber(minor, id, -1)
	}
	return soc.setTime(minor, id, d)
}

func (soc *Socket) getTimeout(minor, id int) (time.Duration, error) {
	v, err := soc.getNumber(minor, id)
	if v < 0 {
		return -1, err
	}
	return time.Duration(v) * time.Millisecond, err
}

// setText sets an option whose value is a string of bytes.
func (soc *Socket) setText(minor, id int, v string) error {
	s, err := soc.open()
	if err == nil {
		err = since(minor)
	}
	if err != nil {
		return err
	}
	return bare(s.z.SetsockoptBytes(id, []byte(v)))
}

// maxFilter is the longest filter of a subscription, of a socket's own or through a proxy: libzmq handles filters
// recursively, and one of a few hundred kilobytes exhausts the stack and ends the process. Sockets are opened with it.
const maxFilter = 32 << 10

// setTextOrNull is setText for an option that "" takes back.
func (soc *Socket) setTextOrNull(minor, id int, v string) error {
	s, err := soc.open()
	if err == nil {
		err = since(minor)
	}
	switch {
	case err != nil:
		return err
	case v == "":
		return bare(s.z.SetsockoptNull(id))
	}
	return bare(s.z.SetsockoptBytes(id, []byte(v)))
}

// getText reads a string, without the zero bytes at its end.
func (soc *Socket) getText(minor, id int) (string, error) {
	s, err := soc.open()
	if err == nil {
		err = since(minor)
	}
	if err != nil {
		return "", err
	}
	v, err := s.z.GetsockoptBytes(id)
	return strings.TrimRight(string(v), "\x00"), bare(err)
}

// setLong sets an option whose value has 64 bits.
func (soc *Socket) setLong(minor, id int, v int64) error {
	s, err := soc.open()
	if err == nil {
		err = since(minor)
	}
	if err != nil {
		return err
	}
	return bare(s.z.SetsockoptInt64(id, v))
}

func (soc *Socket) getLong(minor, id int) (int64, error) {
	s, err := soc.open()
	if err == nil {
		err = since(minor)
	}
	if err != nil {
		return 0, err
	}
	v, err := s.z.GetsockoptInt64(id)
	return v, bare(err)
}

// GetType returns the socket's type.
func (soc *Socket) GetType() (Type, error) {
	v, err := soc.getNumber(0, 16)
	return Type(v), err
}

// GetRcvmore reports whether more parts follow the one that was received last.
func (soc *Socket) GetRcvmore() (bool, error) { return soc.getFlag(0, 13) }

// GetFd returns the descriptor that becomes readable when the socket's events may have changed. It is not to be read,
// written or closed.
func (soc *Socket) GetFd() (int, error) { return soc.getNumber(0, optFd) }

// GetEvents returns what the socket is ready for.
func (soc *Socket) GetEvents() (State, error) {
	s, err := soc.open()
	if err != nil {
		return 0, err
	}
	ev, err := s.z.Events()
	return State(ev), bare(err)
}

// GetLastEndpoint returns the last endpoint that the socket was bound or connected to.
func (soc *Socket) GetLastEndpoint() (string, error) { return soc.getText(0, 32) }

// GetMechanism returns the security mechanism that the socket's options have chosen.
func (soc *Socket) GetMechanism() (Mechanism, error) {
	v, err := soc.getNumber(0, 43)
	return Mechanism(v), err
}

// GetThreadSafe reports whether libzmq calls sockets of this type thread-safe. None of those of this package are that for
// libzmq; they may be used by several goroutines all the same.
func (soc *Socket) GetThreadSafe() (bool, error) { return soc.getFlag(2, 81) }

// setMark sets a high-water mark. After the first Bind or Connect the library refuses another number on libzmq 4.2 and later,
// which would pass it on to the connections that there are, and may end the process. Programs set it late all the same, and give up
// on an error. So the number is kept for getMark, and changes nothing, as older engines changed nothing for open connections.
func (soc *Socket) setMark(id, value int) error {
	err := soc.setNumber(0, id, value)
	switch {
	case err == nil:
		soc.st.marks[id-optSndhwm].Store(0)
	case err == einval && value >= 0 && value <= maxInt:
		soc.st.marks[id-optSndhwm].Store(int64(value) + 1)
		return nil
	}
	return err
}

func (soc *Socket) getMark(id int) (int, error) {
	v, err := soc.getNumber(0, id)
	if err == nil {
		if late := soc.st.marks[id-optSndhwm].Load(); late > 0 {
			return int(late - 1), nil
		}
	}
	return v, err
}

// SetSndhwm sets the number of messages that are queued for one peer; 0 is no limit. Set it before the first Bind or Connect:
// later it has no effect on libzmq 4.2 and later.
func (soc *Socket) SetSndhwm(value int) error { return soc.setMark(optSndhwm, value) }

// GetSndhwm returns the number of messages that are queued for one peer, as it was set; 0 is no limit.
func (soc *Socket) GetSndhwm() (int, error) { return soc.getMark(optSndhwm) }

// SetRcvhwm sets the number of messages of one peer that are queued; 0 is no limit. Set it before the first Bind or Connect:
// later it has no effect on libzmq 4.2 and later.
func (soc *Socket) SetRcvhwm(value int) error { return soc.setMark(optRcvhwm, value) }

// GetRcvhwm returns the number of messages of one peer that are queued, as it was set; 0 is no limit.
func (soc *Socket) GetRcvhwm() (int, error) { return soc.getMark(optRcvhwm) }

// SetAffinity sets the set of I/O threads that serve new connections.
func (soc *Socket) SetAffinity(value uint64) error { return soc.setLong(0, 4, int64(value)) }

// GetAffinity returns the set of I/O threads that serve new connections.
func (soc *Socket) GetAffinity() (uint64, error) {
	v, err := soc.getLong(0, 4)
	return uint64(v), err
}

// SetSubscribe adds a filter: messages that begin with it are received, all of them for "". One longer than 32 KiB is
// EINVAL, and so is one of 246 to 255 bytes on libzmq 4.3.3 and 4.3.4, which lose it and all that follow.
func (soc *Socket) SetSubscribe(filter string) error { return soc.setText(0, 6, filter) }

// SetUnsubscribe takes a filter back.
func (soc *Socket) SetUnsubscribe(filter string) error { return soc.setText(0, 7, filter) }

// SetIdentity sets the name, of 1 to 255 bytes of which the first is not zero, by which a ROUTER knows this socket.
func (soc *Socket) SetIdentity(value string) error { return soc.setText(0, 5, value) }

// GetIdentity returns the name, of 1 to 255 bytes, by which a ROUTER knows this socket.
func (soc *Socket) GetIdentity() (string, error) { return soc.getText(0, 5) }

// SetRate sets the rate of multicast in kilobits a second, from 1.
func (soc *Socket) SetRate(value int) error { return soc.setNumber(0, 8, value) }

// GetRate returns the rate of multicast in kilobits a second, from 1.
func (soc *Socket) GetRate() (int, error) { return soc.getNumber(0, 8) }

// SetRecoveryIvl sets how far back a multicast receiver can ask for what it lost.
func (soc *Socket) SetRecoveryIvl(value time.Duration) error { return soc.setTime(0, 9, value) }

// GetRecoveryIvl returns how far back a multicast receiver can ask for what it lost.
func (soc *Socket) GetRecoveryIvl() (time.Duration, error) { return soc.getTime(0, 9) }

// SetSndbuf sets the size of the system's send buffer; -1 is the system's default.
func (soc *Socket) SetSndbuf(value int) error { return soc.setNumber(0, 11, value) }

// GetSndbuf returns the size of the system's send buffer; -1 is the system's default.
func (soc *Socket) GetSndbuf() (int, error) { return soc.getNumber(0, 11) }

// SetRcvbuf sets the size of the system's receive buffer; -1 is the system's default.
func (soc *Socket) SetRcvbuf(value int) error { return soc.setNumber(0, 12, value) }

// GetRcvbuf returns the size of the system's receive buffer; -1 is the system's default.
func (soc *Socket) GetRcvbuf() (int, error) { return soc.getNumber(0, 12) }

// SetLinger sets how long messages are kept for delivery after Close; time.Duration(-1) is without end.
func (soc *Socket) SetLinger(value time.Duration) error { return soc.setTimeout(0, 17, value) }

// GetLinger returns how long messages are kept for delivery after Close; time.Duration(-1) is without end.
func (soc *Socket) GetLinger() (time.Duration, error) { return soc.getTimeout(0, 17) }

// SetReconnectIvl sets the pause before a lost connection is made again; time.Duration(-1) does not reconnect.
func (soc *Socket) SetReconnectIvl(value time.Duration) error { return soc.setTimeout(0, 18, value) }

// GetReconnectIvl returns the pause before a lost connection is made again; time.Duration(-1) does not reconnect.
func (soc *Socket) GetReconnectIvl() (time.Duration, error) { return soc.getTimeout(0, 18) }

// SetReconnectIvlMax sets the longest pause before a lost connection is made again.
func (soc *Socket) SetReconnectIvlMax(value time.Duration) error { return soc.setTime(0, 21, value) }

// GetReconnectIvlMax returns the longest pause before a lost connection is made again.
func (soc *Socket) GetReconnectIvlMax() (time.Duration, error) { return soc.getTime(0, 21) }

// SetBacklog sets how many connections may wait to be accepted.
func (soc *Socket) SetBacklog(value int) error { return soc.setNumber(0, 19, value) }

// GetBacklog returns how many connections may wait to be accepted.
func (soc *Socket) GetBacklog() (int, error) { return soc.getNumber(0, 19) }

// SetMaxmsgsize sets the size of the largest message part that is accepted from the network; -1 is no limit.
func (soc *Socket) SetMaxmsgsize(value int64) error { return soc.setLong(0, 22, value) }

// GetMaxmsgsize returns the size of the largest message part that is accepted from the network; -1 is no limit.
func (soc *Socket) GetMaxmsgsize() (int64, error) { return soc.getLong(0, 22) }

// SetMulticastHops sets how many network hops multicast goes, from 1.
func (soc *Socket) SetMulticastHops(value int) error { return soc.setNumber(0, 25, value) }

// GetMulticastHops returns how many network hops multicast goes, from 1.
func (soc *Socket) GetMulticastHops() (int, error) { return soc.getNumber(0, 25) }

// SetRcvtimeo sets how long a receive waits before it fails with Errno(syscall.EAGAIN); time.Duration(-1) is without end.
func (soc *Socket) SetRcvtimeo(value time.Duration) error { return soc.setTimeout(0, 27, value) }

// GetRcvtimeo returns how long a receive waits before it fails with Errno(syscall.EAGAIN); time.Duration(-1) is without end.
func (soc *Socket) GetRcvtimeo() (time.Duration, error) { return soc.getTimeout(0, 27) }

// SetSndtimeo sets how long a send waits before it fails with Errno(syscall.EAGAIN); time.Duration(-1) is without end.
func (soc *Socket) SetSndtimeo(value time.Duration) error { return soc.setTimeout(0, 28, value) }

// GetSndtimeo returns how long a send waits before it fails with Errno(syscall.EAGAIN); time.Duration(-1) is without end.
func (soc *Socket) GetSndtimeo() (time.Duration, error) { return soc.getTimeout(0, 28) }

// SetIpv6 sets whether the socket may use IPv6 addresses.
func (soc *Socket) SetIpv6(value bool) error { return soc.setFlag(0, 42, value) }

// GetIpv6 reports whether the socket may use IPv6 addresses.
func (soc *Socket) GetIpv6() (bool, error) { return soc.getFlag(0, 42) }

// SetImmediate sets whether messages are queued only for connections that are complete.
func (soc *Socket) SetImmediate(value bool) error { return soc.setFlag(0, 39, value) }

// GetImmediate reports whether messages are queued only for connections that are complete.
func (soc *Socket) GetImmediate() (bool, error) { return soc.getFlag(0, 39) }

// SetRouterMandatory sets whether a send to a peer that is not there fails, with EHOSTUNREACH, for a ROUTER.
func (soc *Socket) SetRouterMandatory(value int) error { return soc.setNumber(0, 33, value) }

// SetRouterRaw sets whether a ROUTER speaks plain TCP.
func (soc *Socket) SetRouterRaw(value int) error { return soc.setNumber(0, 41, value) }

// SetProbeRouter sets whether an empty message is sent to each new peer.
func (soc *Socket) SetProbeRouter(value int) error { return soc.setNumber(0, 51, value) }

// SetXpubVerbose sets whether an XPUB passes on every subscription.
func (soc *Socket) SetXpubVerbose(value int) error { return soc.setNumber(0, 40, value) }

// SetReqCorrelate sets whether a REQ numbers its requests, and drops replies to any but the last one.
func (soc *Socket) SetReqCorrelate(value int) error { return soc.setNumber(0, 52, value) }

// SetReqRelaxed sets whether a REQ may send another request before the reply has come.
func (soc *Socket) SetReqRelaxed(value int) error { return soc.setNumber(0, 53, value) }

// SetTcpKeepalive sets whether the system's keepalive is used: 0 or 1, and -1 as the system has it.
func (soc *Socket) SetTcpKeepalive(value int) error { return soc.setNumber(0, 34, value) }

// GetTcpKeepalive reports whether the system's keepalive is used: 0 or 1, and -1 as the system has it.
func (soc *Socket) GetTcpKeepalive() (int, error) { return soc.getNumber(0, 34) }

// SetTcpKeepaliveIdle sets after how many seconds of silence a connection is probed; -1 as the system has it.
func (soc *Socket) SetTcpKeepaliveIdle(value int) error { return soc.setNumber(0, 36, value) }

// GetTcpKeepaliveIdle returns after how many seconds of silence a connection is probed; -1 as the system has it.
func (soc *Socket) GetTcpKeepaliveIdle() (int, error) { return soc.getNumber(0, 36) }

// SetTcpKeepaliveCnt sets how many probes go unanswered before a connection is lost; -1 as the system has it.
func (soc *Socket) SetTcpKeepaliveCnt(value int) error { return soc.setNumber(0, 35, value) }

// GetTcpKeepaliveCnt returns how many probes go unanswered before a connection is lost; -1 as the system has it.
func (soc *Socket) GetTcpKeepaliveCnt() (int, error) { return soc.getNumber(0, 35) }

// SetTcpKeepaliveIntvl sets the seconds between two probes; -1 as the system has it.
func (soc *Socket) SetTcpKeepaliveIntvl(value int) error { return soc.setNumber(0, 37, value) }

// GetTcpKeepaliveIntvl returns the seconds between two probes; -1 as the system has it.
func (soc *Socket) GetTcpKeepaliveIntvl() (int, error) { return soc.getNumber(0, 37) }

// SetTcpAcceptFilter adds a network from which bound TCP endpoints accept connections; "" removes all.
func (soc *Socket) SetTcpAcceptFilter(filter string) error { return soc.setTextOrNull(0, 38, filter) }

// SetPlainServer sets whether the socket is a server of PLAIN security, 0 or 1.
func (soc *Socket) SetPlainServer(value int) error { return soc.setNumber(0, 44, value) }

// GetPlainServer reports whether the socket is a server of PLAIN security, 0 or 1.
func (soc *Socket) GetPlainServer() (int, error) { return soc.getNumber(0, 44) }

// SetPlainUsername sets the user name of a client of PLAIN security; "" ends that security.
func (soc *Socket) SetPlainUsername(username string) error { return soc.setTextOrNull(0, 45, username) }

// GetPlainUsername returns the user name of a client of PLAIN security; "" ends that security.
func (soc *Socket) GetPlainUsername() (string, error) { return soc.getText(0, 45) }

// SetPlainPassword sets the password of a client of PLAIN security; "" ends that security.
func (soc *Socket) SetPlainPassword(password string) error { return soc.setTextOrNull(0, 46, password) }

// GetPlainPassword returns the password of a client of PLAIN security; "" ends that security.
func (soc *Socket) GetPlainPassword() (string, error) { return soc.getText(0, 46) }

// SetCurveServer sets whether the socket is a server of CURVE security.
func (soc *Socket) SetCurveServer(value int) error { return soc.setNumber(0, 47, value) }

// SetCurvePublickey sets the socket's own public key, in Z85 or of 32 bytes.
func (soc *Socket) SetCurvePublickey(key string) error { return soc.setText(0, 48, key) }

// SetCurveSecretkey sets the socket's own secret key, in Z85 or of 32 bytes.
func (soc *Socket) SetCurveSecretkey(key string) error { return soc.setText(0, 49, key) }

// SetCurveServerkey sets the public key of the server, in Z85 or of 32 bytes.
func (soc *Socket) SetCurveServerkey(key string) error { return soc.setText(0, 50, key) }

// SetZapDomain sets the domain of authentication.
func (soc *Socket) SetZapDomain(domain string) error { return soc.setText(0, 55, domain) }

// GetZapDomain returns the domain of authentication.
func (soc *Socket) GetZapDomain() (string, error) { return soc.getText(0, 55) }

// SetConflate sets whether only the last message is kept.
func (soc *Socket) SetConflate(value bool) error { return soc.setFlag(0, 54, value) }

// SetRouterHandover sets whether a newcomer gets the identity that it claims, for a ROUTER.
func (soc *Socket) SetRouterHandover(value bool) error { return soc.setFlag(1, 56, value) }

// SetTos sets the type-of-service field.
func (soc *Socket) SetTos(value int) error { return soc.setNumber(1, 57, value) }

// GetTos returns the type-of-service field.
func (soc *Socket) GetTos() (int, error) { return soc.getNumber(1, 57) }

// SetConnectRid sets the identity, whose first byte is not zero, by which a ROUTER or STREAM knows the peer of the next
// Connect.
func (soc *Socket) SetConnectRid(value string) error { return soc.setTextOrNull(1, 61, value) }

// SetGssapiServer sets whether the socket is a server of GSSAPI security.
func (soc *Socket) SetGssapiServer(value bool) error { return soc.setFlag(1, 62, value) }

// GetGssapiServer reports whether the socket is a server of GSSAPI security.
func (soc *Socket) GetGssapiServer() (bool, error) { return soc.getFlag(1, 62) }

// SetGssapiPrincipal sets the principal that the socket acts as.
func (soc *Socket) SetGssapiPrincipal(value string) error { return soc.setText(1, 63, value) }

// GetGssapiPrincipal returns the principal that the socket acts as.
func (soc *Socket) GetGssapiPrincipal() (string, error) { return soc.getText(1, 63) }

// SetGssapiServicePrincipal sets the principal of the server.
func (soc *Socket) SetGssapiServicePrincipal(value string) error { return soc.setText(1, 64, value) }

// GetGssapiServicePrincipal returns the principal of the server.
func (soc *Socket) GetGssapiServicePrincipal() (string, error) { return soc.getText(1, 64) }

// SetGssapiPlaintext sets whether encryption is off under GSSAPI security.
func (soc *Socket) SetGssapiPlaintext(value bool) error { return soc.setFlag(1, 65, value) }

// GetGssapiPlaintext reports whether encryption is off under GSSAPI security.
func (soc *Socket) GetGssapiPlaintext() (bool, error) { return soc.getFlag(1, 65) }

// SetHandshakeIvl sets how long a new connection may take for its handshake.
func (soc *Socket) SetHandshakeIvl(value time.Duration) error { return soc.setTime(1, 66, value) }

// GetHandshakeIvl returns how long a new connection may take for its handshake.
func (soc *Socket) GetHandshakeIvl() (time.Duration, error) { return soc.getTime(1, 66) }

// SetSocksProxy sets the SOCKS5 proxy; "" is none.
func (soc *Socket) SetSocksProxy(value string) error { return soc.setTextOrNull(1, 68, value) }

// GetSocksProxy returns the SOCKS5 proxy; "" is none.
func (soc *Socket) GetSocksProxy() (string, error) { return soc.getText(1, 68) }

// SetXpubNodrop sets whether a send waits, or fails, when a subscriber is full, for an XPUB or PUB.
func (soc *Socket) SetXpubNodrop(value bool) error { return soc.setFlag(1, 69, value) }

// SetXpubManual sets whether the program says which subscriptions are made, for an XPUB.
func (soc *Socket) SetXpubManual(value int) error { return soc.setNumber(2, 71, value) }

// SetXpubWelcomeMsg sets the message that each new subscriber gets, from an XPUB; "" is none.
func (soc *Socket) SetXpubWelcomeMsg(value string) error { return soc.setTextOrNull(2, 72, value) }

// SetStreamNotify sets whether a STREAM receives an empty message when a peer comes or goes.
func (soc *Socket) SetStreamNotify(value int) error { return soc.setNumber(2, 73, value) }

// SetInvertMatching sets whether what no filter matches is passed.
func (soc *Socket) SetInvertMatching(value int) error { return soc.setNumber(2, 74, value) }

// GetInvertMatching reports whether what no filter matches is passed.
func (soc *Socket) GetInvertMatching() (int, error) { return soc.getNumber(2, 74) }

// SetHeartbeatIvl sets the time between two pings to each peer.
func (soc *Socket) SetHeartbeatIvl(value time.Duration) error { return soc.setTime(2, 75, value) }

// SetHeartbeatTtl sets after what silence the peer is to give this socket up.
func (soc *Socket) SetHeartbeatTtl(value time.Duration) error { return soc.setTime(2, 76, value) }

// SetHeartbeatTimeout sets how long a ping may go unanswered.
func (soc *Socket) SetHeartbeatTimeout(value time.Duration) error { return soc.setTime(2, 77, value) }

// SetXpubVerboser sets whether an XPUB passes on every subscription and every cancellation.
func (soc *Socket) SetXpubVerboser(value int) error { return soc.setNumber(2, 78, value) }

// SetConnectTimeout sets how long an attempt to connect may take.
func (soc *Socket) SetConnectTimeout(value time.Duration) error { return soc.setTime(2, 79, value) }

// GetConnectTimeout returns how long an attempt to connect may take.
func (soc *Socket) GetConnectTimeout() (time.Duration, error) { return soc.getTime(2, 79) }

// SetTcpMaxrt sets how long sent data may stay unacknowledged.
func (soc *Socket) SetTcpMaxrt(value time.Duration) error { return soc.setTime(2, 80, value) }

// GetTcpMaxrt returns how long sent data may stay unacknowledged.
func (soc *Socket) GetTcpMaxrt() (time.Duration, error) { return soc.getTime(2, 80) }

// SetMulticastMaxtpdu sets the size of the largest multicast packet.
func (soc *Socket) SetMulticastMaxtpdu(value int) error { return soc.setNumber(2, 84, value) }

// GetMulticastMaxtpdu returns the size of the largest multicast packet.
func (soc *Socket) GetMulticastMaxtpdu() (int, error) { return soc.getNumber(2, 84) }

// SetVmciBufferSize sets the size of the VMCI buffer.
func (soc *Socket) SetVmciBufferSize(value uint64) error { return soc.setLong(2, 85, int64(value)) }

// GetVmciBufferSize returns the size of the VMCI buffer.
func (soc *Socket) GetVmciBufferSize() (uint64, error) {
	v, err := soc.getLong(2, 85)
	return uint64(v), err
}

// SetVmciBufferMinSize sets the least size of the VMCI buffer.
func (soc *Socket) SetVmciBufferMinSize(value uint64) error { return soc.setLong(2, 86, int64(value)) }

// GetVmciBufferMinSize returns the least size of the VMCI buffer.
func (soc *Socket) GetVmciBufferMinSize() (uint64, error) {
	v, err := soc.getLong(2, 86)
	return uint64(v), err
}

// SetVmciBufferMaxSize sets the greatest size of the VMCI buffer.
func (soc *Socket) SetVmciBufferMaxSize(value uint64) error { return soc.setLong(2, 87, int64(value)) }

// GetVmciBufferMaxSize returns the greatest size of the VMCI buffer.
func (soc *Socket) GetVmciBufferMaxSize() (uint64, error) {
	v, err := soc.getLong(2, 87)
	return uint64(v), err
}

// SetVmciConnectTimeout sets how long an attempt to connect over VMCI may take.
func (soc *Socket) SetVmciConnectTimeout(value time.Duration) error { return soc.setTime(2, 88, value) }

// GetVmciConnectTimeout returns how long an attempt to connect over VMCI may take.
func (soc *Socket) GetVmciConnectTimeout() (time.Duration, error) { return soc.getTime(2, 88) }

// SetUseFd sets the descriptor, listening or connected, that is used instead of a new one.
func (soc *Socket) SetUseFd(value int) error { return soc.setNumber(2, 89, value) }

// Getusefd returns the descriptor, listening or connected, that is used instead of a new one.
func (soc *Socket) Getusefd() (int, error) { return soc.getNumber(2, 89) }

// key returns one of the socket's keys.
func key[K any](soc *Socket, read func(*zmq.Socket) (K, error)) (k K, err error) {
	s, err := soc.open()
	if err != nil {
		return k, err
	}
	k, err = read(s.z)
	return k, bare(err)
}

func publicKey(soc *Socket, option zmq.Option[zmq.CurveKey]) (raw, z85 string, err error) {
	k, err := key(soc, option.Get)
	if err != nil {
		return "", "", err
	}
	return string(k[:]), k.String(), nil
}

// GetCurvePublickeyRaw returns the socket's own public key, of 32 bytes.
func (soc *Socket) GetCurvePublickeyRaw() (string, error) {
	raw, _, err := publicKey(soc, zmq.CurvePublicKey)
	return raw, err
}

// GetCurvePublickeykeyZ85 returns the socket's own public key, of 40 characters.
func (soc *Socket) GetCurvePublickeykeyZ85() (string, error) {
	_, z85, err := publicKey(soc, zmq.CurvePublicKey)
	return z85, err
}

// GetCurveServerkeyRaw returns the public key of the server, of 32 bytes.
func (soc *Socket) GetCurveServerkeyRaw() (string, error) {
	raw, _, err := publicKey(soc, zmq.CurveServerKey)
	return raw, err
}

// GetCurveServerkeyZ85 returns the public key of the server, of 40 characters.
func (soc *Socket) GetCurveServerkeyZ85() (string, error) {
	_, z85, err := publicKey(soc, zmq.CurveServerKey)
	return z85, err
}

// GetCurveSecretkeyRaw returns the socket's own secret key, of 32 bytes.
func (soc *Socket) GetCurveSecretkeyRaw() (string, error) {
	k, err := key(soc, zmq.CurveOwnSecretKey.Get)
	if err != nil {
		return "", err
	}
	return string(k[:]), nil
}

// GetCurveSecretkeyZ85 returns the socket's own secret key, of 40 characters.
func (soc *Socket) GetCurveSecretkeyZ85() (string, error) {
	k, err := key(soc, zmq.CurveOwnSecretKey.Get)
	if err != nil {
		return "", err
	}
	return k.Z85(), nil
}
