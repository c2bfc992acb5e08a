package zmq

import (
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

// Other names of options, as libzmq has them.
var (
	RoutingID            Option[string] // ZMQ_ROUTING_ID, the name of ZMQ_IDENTITY from 4.2.3
	DelayAttachOnConnect Option[bool]   // ZMQ_DELAY_ATTACH_ON_CONNECT, the name of ZMQ_IMMEDIATE in 3.2
	FailUnroutable       Setter[bool]   // ZMQ_FAIL_UNROUTABLE
	RouterBehavior       Setter[bool]   // ZMQ_ROUTER_BEHAVIOR
)

func curveRow(r optionRow) optionRow {
	r.since, r.has, r.min, r.max, r.size = from40, "curve", 32, 32, 32
	r.check = func(_ *socketState, o *SocketOption) error {
		if strings.Trim(o.str, "\x00") == "" {
			return errZeroKey
		}
		return nil
	}
	return r
}

func watchPeers(s *socketState, o *SocketOption) error {
	s.mu.Lock()
	k, w := s.peerCountSink, s.connWatch
	s.mu.Unlock()
	switch on := o.num != 0; {
	case on && k == nil:
		k = new(nopSink)
		w, err := s.addEventSink(k)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.peerCountSink, k = k, s.peerCountSink
		s.mu.Unlock()
		if k != nil {
			w.remove(k) // another goroutine was faster
		}
	case !on && k != nil:
		s.mu.Lock()
		s.peerCountSink = nil
		s.mu.Unlock()
		if w != nil {
			w.remove(k)
		}
	}
	return nil
}
