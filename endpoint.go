package zmq

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Endpoints are checked here before C sees them: old engines abort the process for a typo, minutes
// later, and all of them delete an ordinary file that stands where an ipc socket is to be.

// The longest path of a Unix socket, without C's closing zero.
const ipcPathMax = len(syscall.RawSockaddrUnix{}.Path) - 1

// checkEndpoint returns the endpoint to give to C, or what is wrong with this one.
func (s *sock) checkEndpoint(what int, endpoint string) (string, error) {
	if strings.ContainsRune(endpoint, 0) {
		return "", because(EINVAL, "an endpoint has no zero byte")
	}
	proto, address, ok := strings.Cut(endpoint, "://")
	if !ok || proto == "" || address == "" {
		return "", because(EINVAL, `an endpoint looks like "transport://address"`)
	}
	bind := what == endpointBind
	switch proto {
	case "tcp":
		return s.checkTCP(bind, endpoint, address)
	case "ipc":
		return endpoint, checkIPC(bind, address)
	case "inproc":
		return endpoint, nil
	case "pgm", "epgm":
		if !s.typ.is(Pub, Sub, XPub, XSub) {
			return "", because(ENOCOMPATPROTO, proto+" carries pub, sub, xpub and xsub only")
		}
		return endpoint, checkPGM(address)
	}
	if lower := strings.ToLower(proto); lower != proto {
		return "", because(EPROTONOSUPPORT, "transports are written in lower case: "+lower+"://")
	}
	if !engineFrom(4, 0, 0) {
		return "", because(EPROTONOSUPPORT, "unknown transport "+strconv.Quote(proto)+"; this engine has tcp, ipc, inproc, pgm and epgm")
	}
	return endpoint, nil // norm, tipc, udp, ws, ...: the engine knows what it was built with
}

func (s *sock) checkTCP(bind bool, endpoint, address string) (string, error) {
	source := ""
	if !bind {
		if from, to, ok := strings.Cut(address, ";"); ok {
			if !engineFrom(4, 1, 0) {
				return "", because(EINVAL, "a source address needs engine 4.1")
			}
			if _, err := s.checkHostPort(true, from); err != nil {
				return "", err
			}
			source, address = from+";", to
		}
	}
	host, err := s.checkHostPort(bind, address)
	if err != nil {
		return "", err
	}
	if bind || engineFrom(3, 2, 0) || isLiteral(host) {
		return endpoint, nil
	}
	// Engine 3.1 resolves names in its I/O thread, and aborts when that fails.
	addrs, err := net.LookupIP(host)
	if err != nil {
		return "", because(EINVAL, "cannot resolve the host: "+err.Error())
	}
	for _, a := range addrs {
		if v4 := a.To4(); v4 != nil {
			return "tcp://" + source + v4.String() + address[strings.LastIndexByte(address, ':'):], nil
		}
	}
	return "", because(EINVAL, "the host has no IPv4 address")
}

// checkHostPort checks "host:port" and returns the host.
func (s *sock) checkHostPort(bind bool, address string) (string, error) {
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return "", because(EINVAL, "the port is missing: tcp://host:port")
	}
	host, port := address[:colon], address[colon+1:]
	if err := checkPort(bind, port); err != nil {
		return "", err
	}
	switch {
	case host == "" && bind:
		return "", because(ENODEV, "the interface is missing: tcp://*:port binds all of them")
	case host == "":
		return "", because(EINVAL, "the host is missing: tcp://host:port")
	case host == "*" && !bind:
		return "", because(EINVAL, "* is for Bind; Connect needs a host")
	case strings.ContainsAny(host, " \t\r\n/;"):
		return "", because(EINVAL, "the host has a character that no host has")
	}
	plain := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.Contains(plain, ":") || strings.HasPrefix(host, "[") {
		if _, err := netip.ParseAddr(plain); err != nil {
			return "", because(EINVAL, "not an IPv6 address: "+plain)
		}
		if !s.ipv6() {
			errno := ENODEV
			if !bind {
				errno = EINVAL
			}
			return "", because(errno, "an IPv6 address needs the option IPv4Only(false) first")
		}
	}
	return plain, nil
}

func checkPort(bind bool, port string) error {
	if bind && port == "*" {
		return nil
	}
	for _, c := range port {
		if c < '0' || c > '9' {
			return because(EINVAL, "the port is not a number: "+port)
		}
	}
	n, err := strconv.Atoi(port)
	switch {
	case port == "":
		return because(EINVAL, "the port is missing: tcp://host:port")
	case err != nil || n > 65535:
		return because(EINVAL, "ports end at 65535")
	case n == 0 && !bind:
		return because(EINVAL, "port 0 cannot be connected to")
	}
	return nil
}

func isLiteral(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// ipv6 reports whether the socket may use IPv6 addresses.
func (s *sock) ipv6() bool {
	if s.lock() != nil {
		return true // the call itself reports why
	}
	defer s.mu.Unlock()
	v, errno := cGetInt(s.h, optIPv4Only)
	return errno != 0 || v == 0
}

func checkIPC(bind bool, path string) error {
	if path == "*" && bind && engineFrom(3, 2, 0) {
		return nil
	}
	if len(path) > ipcPathMax {
		return because(ENAMETOOLONG, "the path is longer than "+strconv.Itoa(ipcPathMax)+" bytes")
	}
	if path[0] == '@' && engineFrom(4, 0, 0) {
		if len(path) == 1 {
			return because(EINVAL, "the abstract name is missing: ipc://@name")
		}
		return nil
	}
	if !bind {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil // not there, which is well, or for the engine to report
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return because(EADDRINUSE, "the path is a directory")
	case mode&os.ModeSocket == 0:
		return because(EEXIST, "the path is a file that is no socket; binding would delete it")
	case listening(path):
		return because(EADDRINUSE, "another socket is listening at the path")
	}
	return nil // a stale socket, which the engine replaces
}

func checkPGM(address string) error {
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return because(EINVAL, "the port is missing: epgm://interface;group:port")
	}
	if err := checkPort(false, address[colon+1:]); err != nil {
		return err
	}
	network := address[:colon]
	iface, groups, ok := strings.Cut(network, ";")
	if !ok {
		return because(EINVAL, "interface and multicast group are separated by a semicolon: epgm://interface;group:port")
	}
	if iface == "" {
		return because(EINVAL, "the interface is missing: epgm://interface;group:port")
	}
	for _, group := range strings.FieldsFunc(groups, func(r rune) bool { return r == ',' || r == ';' }) {
		if a, err := netip.ParseAddr(group); err != nil || !a.IsMulticast() {
			return because(EINVAL, "not a multicast group: "+group)
		}
	}
	if strings.Trim(groups, ",;") == "" {
		return because(EINVAL, "the multicast group is missing: epgm://interface;group:port")
	}
	return checkInterface(iface)
}

func checkInterface(name string) error {
	if isLiteral(name) {
		return nil
	}
	if _, err := net.InterfaceByName(name); err != nil {
		return because(ENODEV, "no such network interface: "+name)
	}
	return nil
}
