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

// checkEndpoint returns the endpoint to give to C, or what is wrong with this one. Without a socket it looks at the form alone.
func (s *socketState) checkEndpoint(action endpointOp, endpoint string) (string, error) {
	proto, address, err := splitEndpoint(endpoint)
	if err != nil {
		return "", err
	}
	bind := action == endpointBind
	switch proto {
	case "tcp":
		return s.checkTCP(bind, endpoint, address)
	case "ipc":
		return endpoint, checkIPC(bind && (s == nil || !s.takesFD()), s != nil, address)
	case "inproc":
		return endpoint, nil
	case "pgm", "epgm":
		return endpoint, s.checkMulticast(proto, address)
	}
	if lower := strings.ToLower(proto); lower != proto {
		return "", withReason(EPROTONOSUPPORT, "transports are written in lower case: "+printable(lower)+"://")
	}
	if !engineFrom(4, 0, 0) {
		return "", withReason(EPROTONOSUPPORT, "unknown transport "+strconv.Quote(proto)+" is not supported; "+oldTransports)
	}
	switch proto {
	case "norm":
		return endpoint, s.checkMulticast(proto, address)
	case "tipc":
		return endpoint, s.checkTIPC(bind, address)
	}
	if proto == "ws" || proto == "wss" {
		hostPort, _, _ := strings.Cut(address, "/")
		if colon := strings.LastIndexByte(hostPort, ':'); colon > 0 {
			if err := checkPort(bind, hostPort[colon+1:]); err != nil {
				return "", err
			}
		}
	}
	if s != nil && bind && strings.ContainsAny(proto, "uw") { // udp, ws and wss look for an interface
		address, _, _ = strings.Cut(address, "/")
		host, _, _ := net.SplitHostPort(address)
		return endpoint, checkInterfaces(host)
	}
	return endpoint, nil // udp, ws, ...: the engine knows what it was built with
}

// splitEndpoint returns an endpoint's transport and address.
func splitEndpoint(endpoint string) (proto, address string, err error) {
	if strings.ContainsRune(endpoint, 0) {
		return "", "", withReason(EINVAL, "an endpoint has no zero byte")
	}
	proto, address, ok := strings.Cut(endpoint, "://")
	if ok && proto != "" && address != "" {
		return proto, address, nil
	}
	missing := map[string]string{
		"tcp": "; host and port are missing: tcp://host:port", "ipc": "; the path is missing: ipc:///path/of/socket",
		"inproc": "; the name is missing: inproc://name",
	}
	return "", "", withReason(EINVAL, `an endpoint looks like "transport://address"`+missing[proto])
}

// checkInterfaces refuses a bind to a host where the system hides the network's interfaces: libzmq aborts the process
// when it looks there for the host. With the gate it does not, and binds addresses; names of interfaces it cannot find.
func checkInterfaces(host string) error {
	if hardened("netlink") {
		if _, err := netip.ParseAddr(host); err == nil || host == "*" {
			return nil
		}
	}
	switch errno := cInterfaces(!engineFrom(4, 2, 0)); errno {
	case 0:
	case EMFILE, enfile:
		return ErrTooManyFiles
	default:
		return withReason(errno, "this process may not list the network's interfaces, which libzmq does to find the address: "+errno.Error()+"; allow it netlink sockets (AF_NETLINK in RestrictAddressFamilies, socket(2) in a seccomp filter), or bind tcp://*:port")
	}
	return nil
}

func (s *socketState) checkTCP(bind bool, endpoint, address string) (string, error) {
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
	if s == nil || bind || engineFrom(3, 2, 0) || isLiteral(host) {
		return endpoint, nil
	}
	// Engine 3.1 resolves names in its I/O thread, and aborts when that fails.
	addrs, err := net.LookupIP(host)
	if err != nil {
		return "", withReason(EINVAL, "cannot resolve the host: "+err.Error())
	}
	for _, a := range addrs {
		if v4 := a.To4(); v4 != nil {
			return "tcp://" + source + v4.String() + address[strings.LastIndexByte(address, ':'):], nil
		}
	}
	return "", withReason(EINVAL, "the host has no IPv4 address")
}

// maxHost is how long a name of a host can be: the domain name system has no longer ones.
const maxHost = 255

// checkHostPort checks "host:port" and returns the host.
func (s *socketState) checkHostPort(bind bool, address string) (string, error) {
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return "", withReason(EINVAL, "the port is missing: tcp://host:port")
	}
	host, port := address[:colon], address[colon+1:]
	if err := checkPort(bind, port); err != nil {
		return "", err
	}
	switch {
	case host == "" && bind:
		return "", withReason(ENODEV, "the interface is missing: tcp://*:port binds all of them")
	case host == "":
		return "", withReason(EINVAL, "the host is missing: tcp://host:port")
	case host == "*" && !bind:
		return "", withReason(EINVAL, "* is for Bind; Connect needs a host")
	case len(host) > maxHost:
		return "", withReason(EINVAL, "the name of a host has no more than "+strconv.Itoa(maxHost)+" bytes")
	case strings.ContainsAny(host, " \t\r\n/;"):
		return "", withReason(EINVAL, "the host has a character that no host has")
	}
	plain := host
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		plain = host[1 : len(host)-1]
	}
	if strings.ContainsAny(plain, ":[]") || plain != host {
		ip, err := netip.ParseAddr(plain)
		if err != nil {
			return "", withReason(EINVAL, "not an address: "+printable(host))
		}
		if ip.Is6() && !s.ipv6() {
			errno := ENODEV
			if !bind {
				errno = EINVAL
			}
			return "", withReason(errno, "an IPv6 address needs the option IPv4Only(false) first")
		}
	}
	if s != nil && bind && host != "*" {
		return plain, checkInterfaces(plain)
	}
	return plain, nil
}

func checkPort(bind bool, port string) error {
	if port == "*" {
		if !bind {
			return withReason(EINVAL, "the port * is for Bind; Connect needs the number, which LastEndpoint returns at the other end")
		}
		return nil
	}
	for _, c := range port {
		if c < '0' || c > '9' {
			return withReason(EINVAL, "the port is not a number: "+printable(port))
		}
	}
	n, err := strconv.Atoi(port)
	switch {
	case port == "":
		return withReason(EINVAL, "the port is missing: tcp://host:port")
	case err != nil || n > 65535:
		return withReason(EINVAL, "ports end at 65535")
	case n == 0 && !bind:
		return withReason(EINVAL, "port 0 cannot be connected to")
	}
	return nil
}

// explain adds what a user can do to the errors that the engine leaves bare.
func (s *socketState) explain(action endpointOp, endpoint string, errno Errno) error {
	proto, address, _ := strings.Cut(endpoint, "://")
	bind := action == endpointBind
	switch {
	case action == endpointUnbind || action == endpointDisconnect:
		return s.explainDetach(action, endpoint, errno)
	case (errno == ENODEV || errno == EPERM) && s.boundDevice() != "":
		return withReason(errno, "BindToDevice("+strconv.Quote(s.boundDevice())+"): "+errno.Error()+"; there is such a network interface, or the process lacks the capability CAP_NET_RAW")
	case errno == EMTHREAD:
		return withReason(errno, "no I/O thread: the context was made with IOThreads(0), which is enough for inproc only, or Affinity names none")
	case errno == EADDRNOTAVAIL && bind && proto == "tcp":
		return withReason(errno, "no network interface of this machine has the address")
	case errno == ENODEV && bind && proto == "tcp" && s.lacksFamily(address) != "":
		return withReason(errno, s.lacksFamily(address))
	case errno == ENODEV && bind && proto == "tcp":
		return withReason(errno, noInterface())
	case errno == ENOENT && bind && proto == "ipc":
		return withReason(errno, "the directory does not exist")
	case errno == EPROTONOSUPPORT && strings.HasSuffix(proto, "pgm"):
		return withReason(errno, "protocol not supported: this engine was built without OpenPGM")
	case errno == EINVAL && strings.HasSuffix(proto, "pgm"):
		return withReason(errno, "OpenPGM refuses it: the interface must be up and able to multicast; by its address it is found even where the host's own name is not resolved to it")
	case errno == EINVAL && proto == "tcp":
		return withReason(errno, "the engine does not take the address, and gives no reason: the name of a host or interface has letters of ASCII, digits, dots and hyphens (other letters have a form that begins with xn--)")
	}
	return s.explainMore(proto, errno)
}

// explainMore has what does not depend on the direction.
func (s *socketState) explainMore(proto string, errno Errno) error {
	switch errno {
	case EPROTONOSUPPORT:
		return withReason(errno, "protocol not supported: this engine has no transport "+printable(proto)+"; Has tells of those that are built in or not")
	case ENOCOMPATPROTO:
		return withReason(errno, "a "+s.typ.String()+" does not go over "+printable(proto))
	case EADDRINUSE:
		return withReason(errno, errno.Error()+": another socket has the endpoint")
	case EACCES, EPERM:
		return withReason(errno, errno.Error()+": the process lacks the right to that port or path")
	case ECONNREFUSED:
		return withReason(errno, "nobody has bound the name yet: before libzmq 4.0 Bind comes first")
	case EINVAL:
		return withReason(errno, "the engine does not take the address; it gives no reason")
	case ENOMEM, ENOBUFS:
		return withReason(errno, errno.Error()+": the system has no memory left for another socket")
	}
	return errnoError(errno)
}

// explainDetach is explain for Unbind and Disconnect.
func (s *socketState) explainDetach(action endpointOp, endpoint string, errno Errno) error {
	done, undone := "bound", "Unbind"
	if action == endpointDisconnect {
		done, undone = "connected", "Disconnect"
	}
	switch {
	case errno == ENOENT && strings.Contains(endpoint, "*"):
		return withReason(errno, "nothing is "+done+" by this name: an endpoint with a wildcard has the name that LastEndpoint returned after Bind")
	case errno == ENOENT:
		return withReason(errno, "the socket is not "+done+" to it; "+undone+" takes the name that was used, or that LastEndpoint returned")
	case errno == EINVAL || errno == EPROTONOSUPPORT:
		return withReason(errno, "the engine does not take the endpoint, which looks like transport://address")
	}
	proto, _, _ := strings.Cut(endpoint, "://")
	return s.explainMore(proto, errno)
}

// boundDevice returns the value of BindToDevice.
func (s *socketState) boundDevice() string {
	if !engineFrom(4, 2, 3) || s.lock() != nil {
		return ""
	}
	defer s.mu.Unlock()
	name := make([]byte, 64)
	n, errno := cGetBytes(s.h, optBindToDevice, name)
	if errno != 0 {
		return ""
	}
	return strings.TrimRight(string(name[:n]), "\x00")
}

// lacksFamily says so if the address names an interface that has no address of the socket's family.
func (s *socketState) lacksFamily(address string) string {
	name, _, _ := strings.Cut(address, ":")
	if _, err := net.InterfaceByName(name); err != nil {
		return ""
	}
	if s.ipv6() {
		return "the network interface " + name + " has no IPv6 address, which a socket with IPv6 binds; name its IPv4 address, or leave IPv6 out"
	}
	return "the network interface " + name + " has no IPv4 address; IPv6(true) binds one of IPv6"
}

// checkProxy checks the address of a SOCKS proxy.
func checkProxy(s *socketState, o *SocketOption) error {
	if err := checkNoZero(s, o); err != nil || o.str == "" {
		return err
	}
	colon := strings.LastIndexByte(o.str, ':')
	if colon <= 0 || strings.ContainsAny(o.str[:colon], " \t\r\n/;*") {
		return withReason(EINVAL, "a proxy is named host:port")
	}
	return checkPort(false, o.str[colon+1:])
}

func isLiteral(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// ipv6 reports whether the socket may use IPv6 addresses.
func (s *socketState) ipv6() bool {
	if s == nil || s.lock() != nil {
		return true // the call itself reports why
	}
	defer s.mu.Unlock()
	v, errno := cGetInt(s.h, optIPv4Only)
	return errno != 0 || v == 0
}

// errDirectory is not about a listener, which may go.
var errDirectory = withReason(EADDRINUSE, "the path is a directory")

// checkIPC checks the path of a Unix socket, and with look what is there now.
func checkIPC(bind, look bool, path string) error {
	if bind && path[0] == '*' && engineFrom(3, 2, 0) {
		if path != "*" {
			return withReason(EINVAL, "libzmq takes every path that begins with * for ipc://*, which has it choose one: put ./ before it")
		}
		return nil
	}
	if len(path) > ipcPathMax {
		return withReason(ENAMETOOLONG, "the path is longer than "+strconv.Itoa(ipcPathMax)+" bytes")
	}
	if path[0] == '@' && engineFrom(4, 0, 0) {
		if len(path) == 1 {
			return withReason(EINVAL, "the abstract name is missing: ipc://@name")
		}
		return nil
	}
	if !bind || !look {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil // not there, which is well, or for the engine to report
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return errDirectory
	case mode&os.ModeSocket == 0:
		return withReason(EEXIST, "the path is a file that is no socket; binding would delete it")
	case listening(path):
		return withReason(EADDRINUSE, "another socket is listening at the path")
	}
	return nil // a stale socket, which the engine replaces
}
