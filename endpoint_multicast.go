package zmq

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Multicast. libzmq sets pgm, epgm and norm up in its I/O thread, later, and aborts the process when that fails:
// over a missing privilege, a port that is taken, a number that is too large. So everything that was seen to
// fail there is tried or refused here.

// checkMulticast checks "interface;group:port", and for norm also "id,interface;group:port" and "group:port".
func (s *socketState) checkMulticast(proto, address string) error {
	if s == nil {
		_, _, err := splitMulticast(proto, address)
		return err
	}
	if !s.typ.is(Pub, Sub, XPub, XSub) {
		return withReason(ENOCOMPATPROTO, proto+" carries pub, sub, xpub and xsub only")
	}
	iface, port, err := splitMulticast(proto, address)
	if err != nil {
		return err
	}
	if iface != "" {
		if err := checkInterface(proto, iface); err != nil {
			return err
		}
	}
	if proto != "norm" {
		if err := s.checkPackets(); err != nil {
			return err
		}
	}
	return tryMulticast(proto, port)
}

// splitMulticast checks the form of an address, and returns its interface, "" if norm has none, and its port.
func splitMulticast(proto, address string) (iface, port string, err error) {
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return "", "", withReason(EINVAL, "the port is missing: "+proto+"://interface;group:port")
	}
	network, port := address[:colon], address[colon+1:]
	if err := checkPort(false, port); err != nil {
		return "", "", err
	}
	if id, rest, ok := strings.Cut(network, ","); ok && proto == "norm" {
		if _, err := strconv.ParseUint(id, 10, 32); err != nil {
			return "", "", withReason(EINVAL, "the node's id is not a number: "+printable(id))
		}
		network = rest
	}
	iface, groups, ok := strings.Cut(network, ";")
	switch {
	case !ok && proto == "norm":
		iface, groups = "", network
	case !ok:
		return "", "", withReason(EINVAL, "interface and multicast group are separated by a semicolon: "+proto+"://interface;group:port")
	case iface == "":
		return "", "", withReason(EINVAL, "the interface is missing: "+proto+"://interface;group:port")
	}
	return iface, port, checkGroups(proto, groups)
}

func checkInterface(proto, name string) error {
	switch {
	case !isLiteral(name):
		all, err := net.Interfaces()
		if err != nil {
			return withReason(ENODEV, "the network interfaces cannot be listed: "+err.Error()+"; give the interface by its address")
		}
		if !slices.ContainsFunc(all, func(i net.Interface) bool { return i.Name == name }) {
			return withReason(ENODEV, "no such network interface: "+printable(name))
		}
	case proto == "norm" && !isOurs(name):
		return withReason(ENODEV, "no network interface of this machine has the address "+name)
	}
	return nil
}

// isOurs reports whether an interface of this machine has the address.
func isOurs(address string) bool {
	own, err := net.InterfaceAddrs()
	for _, a := range own {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(net.ParseIP(address)) {
			return true
		}
	}
	return err != nil
}

// checkGroups checks the groups, of which pgm and epgm take several.
func checkGroups(proto, groups string) error {
	list := strings.FieldsFunc(groups, func(r rune) bool { return r == ',' || r == ';' })
	if len(list) == 0 {
		return withReason(EINVAL, "the multicast group is missing: "+proto+"://interface;group:port")
	}
	if proto == "norm" && (len(list) > 1 || list[0] != groups) {
		return withReason(EINVAL, "norm has one multicast group: norm://interface;group:port")
	}
	for _, group := range list {
		if a, err := netip.ParseAddr(group); err != nil || !a.IsMulticast() || !a.Is4() {
			return withReason(EINVAL, "not a multicast group (224.0.0.0 to 239.255.255.255): "+printable(group))
		}
	}
	return nil
}

// The options that OpenPGM gets, and what it takes without aborting.
const (
	optRate             = 8
	optMulticastHops    = 25
	optMulticastMaxTPDU = 84

	maxHops       = 255
	minPacket     = 128
	maxPacket     = 65535
	defaultPacket = 1500
)

// checkPackets checks the options that OpenPGM gets.
func (s *socketState) checkPackets() error {
	if s.lock() != nil {
		return nil // the call itself reports why
	}
	defer s.mu.Unlock()
	rate, _ := cGetInt(s.h, optRate)
	hops, _ := cGetInt(s.h, optMulticastHops)
	packet, errno := cGetInt(s.h, optMulticastMaxTPDU)
	if errno != 0 {
		packet = defaultPacket
	}
	switch {
	case hops > maxHops:
		return withReason(EINVAL, fmt.Sprintf("MulticastHops is %d; multicast goes no further than %d", hops, maxHops))
	case packet < minPacket || packet > maxPacket:
		return withReason(EINVAL, fmt.Sprintf("MulticastMaxTPDU is %d; packets have %d to %d bytes", packet, minPacket, maxPacket))
	case int64(rate)*125 < int64(packet):
		return withReason(EINVAL, fmt.Sprintf("Rate is %d kbit/s; a packet of %d bytes a second needs at least %d", rate, packet, (packet+124)/125))
	}
	return nil
}

// tryMulticast does what the engine will have to do, as far as a system refuses it.
func tryMulticast(proto, port string) error {
	if proto != "pgm" {
		return refusal(tryPort(proto, port), "the UDP port cannot be had: ")
	}
	conn, err := net.ListenPacket("ip4:113", "0.0.0.0")
	if err == nil {
		err = conn.Close()
	}
	return refusal(err, "pgm sends IP packets of its own, which takes the capability CAP_NET_RAW (epgm does without): ")
}

func refusal(err error, what string) error {
	if err == nil {
		return nil
	}
	if number, ok := systemErrno(err); ok {
		return withReason(number, what+number.Error())
	}
	return withReason(EINVAL, what+err.Error())
}
