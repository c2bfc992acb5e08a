package zmq

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Endpoints are checked here before C sees them: old engines abort the process for a typo, minutes
// later, and all of them delete an ordinary file that stands where an ipc socket is to be.

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
		return endpoint, s.checkMulticast(proto, address)
	}
	if lower := strings.ToLower(proto); lower != proto {
		return "", because(EPROTONOSUPPORT, "transports are written in lower case: "+printable(lower)+"://")
	}
	if !engineFrom(4, 0, 0) {
		return "", because(EPROTONOSUPPORT, "unknown transport "+strconv.Quote(proto)+" is not supported; "+oldTransports)
	}
	if proto == "norm" {
		return endpoint, s.checkMulticast(proto, address)
	}
	return endpoint, nil // tipc, udp, ws, ...: the engine knows what it was built with
}

func (s *sock) checkTCP(bind bool, endpoint, address string) (string, error) {
	source := ""
	if !bind {
		if from, to, ok := strings.Cut(address, ";"); ok {
			if !engineFrom(4, 1, 0) {
				return "", &VersionError{Feature: "a source address", Need: Version{4, 1, 0}, Have: engineVersion()}
			}
			if _, err := s.checkHostPort(true, from); err != nil {
				return "", err
			}
			source, address = from+";", to
			endpoint = plainSource(endpoint)
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
	plain := host
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		plain = host[1 : len(host)-1]
	}
	if strings.ContainsAny(plain, ":[]") || plain != host {
		ip, err := netip.ParseAddr(plain)
		if err != nil {
			return "", because(EINVAL, "not an address: "+printable(host))
		}
		if ip.Is6() && !s.ipv6() {
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
			return because(EINVAL, "the port is not a number: "+printable(port))
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

// explain adds what a user can do to the errors that the engine leaves bare.
func explain(what int, endpoint string, errno Errno) error {
	proto, _, _ := strings.Cut(endpoint, "://")
	bind := what == endpointBind
	switch {
	case errno == EMTHREAD:
		return because(errno, "no I/O thread: the context was made with IOThreads(0), which is enough for inproc only, or Affinity names none")
	case errno == EADDRNOTAVAIL && bind && proto == "tcp":
		return because(errno, "no network interface of this machine has the address")
	case errno == ENODEV && bind && proto == "tcp":
		return because(errno, "no such network interface; Bind takes *, an address or an interface's name, not a host's name")
	case errno == ENOENT && bind && proto == "ipc":
		return because(errno, "the directory does not exist")
	case errno == EPROTONOSUPPORT && strings.HasSuffix(proto, "pgm"):
		return because(errno, "protocol not supported: this engine was built without OpenPGM")
	case errno == EINVAL && strings.HasSuffix(proto, "pgm"):
		return because(errno, "OpenPGM refuses it: the interface must be up and able to multicast; by its address it is found even where the host's own name is not resolved to it")
	}
	return errno
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
