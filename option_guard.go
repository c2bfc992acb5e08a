package zmq

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// What libzmq accepts as the value of an option and then answers by ending the process, by letting in others than the value
// says, or by losing messages. It is refused here, in whatever way the option is set: by its name or by its number.

// bytes returns the value as C gets it, whatever the type that it was given as.
func (o *SocketOption) bytes() string {
	switch o.row.kind {
	case kindBytes:
		return o.str
	case kindInt64, kindUint64:
		return string(binary.NativeEndian.AppendUint64(nil, uint64(o.num)))
	}
	return string(binary.NativeEndian.AppendUint32(nil, uint32(o.num)))
}

// number returns the value as a number, whatever the type that it was given as.
func (o *SocketOption) number() int64 {
	switch b := []byte(o.str); {
	case o.row.kind != kindBytes:
		return o.num
	case len(b) == 4:
		return int64(int32(binary.NativeEndian.Uint32(b)))
	case len(b) == 8:
		return int64(binary.NativeEndian.Uint64(b))
	}
	return 0 // C refuses other sizes
}

// guard refuses a value, or reports that nothing is left to be done for it. s.mu is held.
func (s *socketState) guard(o *SocketOption) (done bool, err error) {
	switch o.row.id {
	case optSendHWM, optRecvHWM:
		return s.guardHWM(o)
	case optIdentity:
		err = checkName(o.bytes())
	case optConnectRoutingID:
		err = s.checkNextName(o.bytes())
	case optSubscribe, optUnsubscribe:
		err = s.checkFilter(len(o.bytes()))
	case optImmediate:
		return s.guardImmediate(o.number())
	case optReconnectInterval:
		err = checkReconnect(s, &SocketOption{row: o.row, num: o.number()})
	case optRouterMandatory:
		if s.typ == Rep {
			// libzmq aborts when a requester is gone before its request is received.
			err = withReason(EINVAL, "a socket of this type does not have it: libzmq aborts when a rep learns that a requester is gone")
		}
	case optRouterRaw:
		return s.guardRaw(o.number() != 0)
	case optProbeRouter:
		if s.speaksRaw && o.number() != 0 {
			err = errRawProbe
		}
	case optConflate:
		if s.inDevice && o.number() != 0 {
			err = withReason(EINVAL, "the socket is in a device, which moves messages of several parts: libzmq ends the process when a socket with Conflate gets one")
		}
	case optTCPAcceptFilter:
		if text := o.bytes(); text != "" {
			return true, s.addFilter(text)
		}
	}
	return false, err
}

// noteGuarded keeps what later values are judged by. s.mu is held.
func (s *socketState) noteGuarded(o *SocketOption) {
	switch o.row.id {
	case optUseFD:
		if o.number() != int64(s.lentFD-1) {
			s.dropLent() // no Bind takes it any more
		}
	case optConnectRoutingID:
		s.nextName = o.bytes()
	case optRouterRaw:
		s.speaksRaw = o.number() != 0
	case optProbeRouter:
		s.probes = o.number() != 0
	case optXPubVerbose:
		s.everyEnd = false
	case optXPubVerboser:
		s.everyEnd = o.number() != 0
	}
}

// guardHWM keeps high-water marks as they are once there is an endpoint.
func (s *socketState) guardHWM(o *SocketOption) (done bool, err error) {
	if !engineFrom(4, 2, 0) || !s.attached() {
		return false, nil
	}
	if s.unlimited && o.row.id == optSendHWM && (s.typ == Sub || o.number() <= 0) {
		return false, nil // nothing changes in the engine
	}
	if was, errno := cGetInt(s.h, o.row.id); errno == 0 && int64(was) == o.number() {
		return true, nil
	}
	return false, withReason(EINVAL, "set it before the first Bind or Connect: libzmq tells the connections that there are, of which some may be gone, and that ends the process")
}

var errRawProbe = withReason(EINVAL, "RouterRaw and ProbeRouter do not go together: libzmq aborts when it sends the empty message of a probe to a raw peer")

// guardRaw keeps a Router from sending raw peers what only others understand, which libzmq aborts over.
func (s *socketState) guardRaw(on bool) (done bool, err error) {
	switch {
	case on && s.probes:
		return false, errRawProbe
	case on != s.speaksRaw && s.attached():
		return false, withReason(EINVAL, "set it before the first Bind or Connect: libzmq aborts when a Router sends an empty part to a raw peer that it does not take for one")
	}
	return on == s.speaksRaw && s.attached(), nil
}

// attached reports whether the socket has or had an endpoint, in C code too. s.mu is held.
func (s *socketState) attached() bool {
	if !engineFrom(3, 2, 0) {
		return s.endpoint != ""
	}
	// An endpoint has no room in one byte, the zero at the end of none has.
	_, errno := cGetBytes(s.h, optLastEndpoint, make([]byte, 1))
	return errno != 0
}

// checkName checks the name of one end of a connection.
func checkName(name string) error {
	if strings.HasPrefix(name, "\x00") {
		return withReason(EINVAL, "a name does not begin with a zero byte: those are the names that libzmq makes up for peers without one")
	}
	return nil
}

// checkNextName checks the name for the peer of the next Connect. libzmq aborts if it knows a peer of that name. Those that
// came in by themselves cannot be seen here.
func (s *socketState) checkNextName(name string) error {
	if s.named[name] {
		return withReason(EINVAL, "this socket has given the name to a peer before: libzmq aborts when two have it; take another name, or another socket")
	}
	return checkName(name)
}

// refuseName refuses a Connect that would not use the name that waits for it. s.mu is held.
func (s *socketState) refuseName() error {
	if s.nextName == "" {
		return nil
	}
	if on, errno := cGetInt(s.h, optImmediate); errno == 0 && on != 0 {
		return withReason(EINVAL, "ConnectRoutingID has no effect together with Immediate, and would be given to the peer of a later Connect")
	}
	return nil
}

// useName notes that a Connect has used the name.
func (s *socketState) useName() {
	if s.nextName == "" {
		return
	}
	if s.named == nil {
		s.named = map[string]bool{}
	}
	s.named[s.nextName] = true
	s.nextName = ""
}

// lostFilter reports whether the engine loses a filter of this length, and those that follow it, on its way to a publisher.
func lostFilter(n int) bool {
	v := LibraryVersion()
	return n >= 246 && n <= 255 && (v == Version{4, 3, 3} || v == Version{4, 3, 4})
}

// checkFilter checks the length of a filter, in whatever way it goes out.
func (s *socketState) checkFilter(n int) error {
	if n > s.topicMax {
		return withReason(EINVAL, fmt.Sprintf("a filter of %d bytes; more than MaxTopic (%d) is not safe", n, s.topicMax))
	}
	if lostFilter(n) {
		return withReason(EINVAL, fmt.Sprintf("a filter of %d bytes: libzmq %v loses those of 246 to 255, and all that follow, on their way to the publisher; subscribe to the first 245 bytes, and look at the rest of what comes", n, LibraryVersion()))
	}
	return nil
}

// addFilter accepts the peers of a network. libzmq compares addresses bit by bit in the form that the listening socket
// has them in: with IPv6, those of IPv4 peers are mapped to ::ffff:0:0/96. The filter is added in each form, so that it means
// the same whether the socket has IPv6, and whichever of the two options comes first. s.mu is held.
func (s *socketState) addFilter(text string) error {
	forms, err := filterForms(text)
	if err != nil {
		return err
	}
	was, errno := cGetInt(s.h, optIPv4Only)
	for _, p := range forms {
		if errno == 0 {
			errno = cSetInt(s.h, optIPv4Only, int32(number(p.Addr().Is4())))
		}
		if errno == 0 {
			errno = cSetBytes(s.h, optTCPAcceptFilter, []byte(p.String()))
		}
	}
	cSetInt(s.h, optIPv4Only, was)
	return errnoError(errno)
}

// filterForms returns the networks to compare with, in place of the one that is meant.
func filterForms(text string) ([]netip.Prefix, error) {
	var network netip.Prefix
	var err error
	if strings.Contains(text, "/") {
		network, err = netip.ParsePrefix(text)
	} else {
		var a netip.Addr
		a, err = netip.ParseAddr(text)
		network = netip.PrefixFrom(a.WithZone(""), a.BitLen())
		if err == nil && a.Zone() != "" {
			return nil, withReason(EINVAL, "libzmq compares addresses without their zone: "+printable(text))
		}
	}
	if err != nil {
		return nil, withReason(EINVAL, `not a network such as "10.0.0.0/8" or an address such as "::1": `+printable(text))
	}
	network = network.Masked()
	const mappedBits = 96
	if a := network.Addr(); a.Is4() {
		return []netip.Prefix{network, netip.PrefixFrom(netip.AddrFrom16(a.As16()), mappedBits+network.Bits())}, nil
	} else if a.Is4In6() && network.Bits() >= mappedBits {
		return []netip.Prefix{netip.PrefixFrom(a.Unmap(), network.Bits()-mappedBits), network}, nil
	}
	mapped := netip.AddrFrom16(netip.IPv4Unspecified().As16())
	if !network.Contains(mapped) {
		return []netip.Prefix{network}, nil
	}
	// A network of IPv6 that would accept every client that comes over IPv4: what is left without them.
	var rest []netip.Prefix
	for bits := network.Bits() + 1; bits <= mappedBits; bits++ {
		other := mapped.As16()
		other[(bits-1)/8] ^= 1 << (7 - (bits-1)%8)
		rest = append(rest, netip.PrefixFrom(netip.AddrFrom16(other), bits).Masked())
	}
	return rest, nil
}

// errnoFilter stands for a subscription that an XSub must not send.
const errnoFilter Errno = -2

// refusesFilters reports whether o, which is sent by an XSub, has a filter that checkFilter refuses. s.mu is held.
func (s *socketState) refusesFilters(o *op) bool {
	bad := func(p []byte) bool { return len(p) > 0 && p[0] <= 1 && s.checkFilter(len(p)-1) != nil }
	switch o.kind {
	case opSend:
		return !s.sendOpen && bad(o.p)
	case opSendMsg:
		p, _ := cMsgSee(o.msg)
		return !s.sendOpen && bad(p)
	case opSendMsgs:
		p, _ := cMsgSee(o.msgs[0])
		return bad(p)
	case opSendFrames:
		begins := true
		for i := o.next; i < o.frames.h.count(); i++ {
			p, more := o.frames.h.part(i)
			if begins && bad(p) {
				return true
			}
			begins = !more
		}
	}
	return false
}
