package zmq4

// What sockets of github.com/pebbe/zmq3 have and those of github.com/pebbe/zmq4 have not. Package zmq3, of the folder beside
// this one, has no types of its own.

const (
	optIpv4only             = 31
	optDelayAttachOnConnect = 39
)

// GetIpv4only reports whether the socket may use IPv4 addresses only. It is GetIpv6 the other way round, of
// github.com/pebbe/zmq3.
func (soc *Socket) GetIpv4only() (bool, error) { return soc.getFlag(0, optIpv4only) }

// SetIpv4only keeps the socket from using IPv6 addresses, which is the default. It is SetIpv6 the other way round, of
// github.com/pebbe/zmq3.
func (soc *Socket) SetIpv4only(value bool) error { return soc.setFlag(0, optIpv4only, value) }

// GetDelayAttachOnConnect is GetImmediate, of github.com/pebbe/zmq3.
func (soc *Socket) GetDelayAttachOnConnect() (bool, error) {
	return soc.getFlag(0, optDelayAttachOnConnect)
}

// SetDelayAttachOnConnect is SetImmediate, of github.com/pebbe/zmq3.
func (soc *Socket) SetDelayAttachOnConnect(value bool) error {
	return soc.setFlag(0, optDelayAttachOnConnect, value)
}
