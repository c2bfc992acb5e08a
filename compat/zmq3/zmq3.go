package zmq3

import "errors"

// What github.com/pebbe/zmq3 has and github.com/pebbe/zmq4 has not. The other files are those of the folder zmq4 under this
// package's name, see generate.go.

// ErrorNoEvent is an error of github.com/pebbe/zmq3 that no call returns here.
var ErrorNoEvent = errors.New("Not an event")

// GetIpv4only reports whether the socket may use IPv4 addresses only.
func (soc *Socket) GetIpv4only() (bool, error) { return soc.getFlag(0, optIpv4only) }

// SetIpv4only keeps the socket from using IPv6 addresses, which is the default.
func (soc *Socket) SetIpv4only(value bool) error { return soc.setFlag(0, optIpv4only, value) }

// GetDelayAttachOnConnect reports whether messages are queued only for connections that are complete.
func (soc *Socket) GetDelayAttachOnConnect() (bool, error) {
	return soc.getFlag(0, optDelayAttachOnConnect)
}

// SetDelayAttachOnConnect has messages queued only for connections that are complete.
func (soc *Socket) SetDelayAttachOnConnect(value bool) error {
	return soc.setFlag(0, optDelayAttachOnConnect, value)
}

const (
	optIpv4only             = 31
	optDelayAttachOnConnect = 39
)
