package zmq3

import "example.org/zmq"

// Proxy passes messages between two sockets, both ways, with a copy of each to capture unless that is nil. It returns
// when the context of the sockets ends, with ETERM, or when one of them is closed.
func Proxy(frontend, backend, capture *Socket) error { return proxy(frontend, backend, capture, nil) }

// ProxySteerable is Proxy under the control of a socket, unless that is nil: PAUSE, RESUME, TERMINATE, with which it
// returns nil, and STATISTICS, which is answered with eight numbers of eight bytes.
func ProxySteerable(frontend, backend, capture, control *Socket) error {
	return proxy(frontend, backend, capture, control)
}

func proxy(frontend, backend, capture, control *Socket) error {
	options := []zmq.DeviceOption{zmq.WithMaxTopic(maxFilter)}
	var ends [2]*zmq.Socket
	for i, soc := range []*Socket{frontend, backend} {
		if soc == nil || soc.isClosed() {
			return ErrorSocketClosed
		}
		ends[i] = soc.st.z
		if _, err := ends[i].Events(); err != nil {
			return bare(err)
		}
	}
	for _, side := range []struct {
		soc    *Socket
		option func(*zmq.Socket) zmq.DeviceOption
	}{{capture, zmq.WithCapture}, {control, zmq.WithControl}} {
		switch {
		case side.soc == nil:
		case side.soc.isClosed():
			return ErrorSocketClosed
		default:
			options = append(options, side.option(side.soc.st.z))
		}
	}
	device, err := zmq.NewProxy(ends[0], ends[1], options...)
	if err != nil {
		return bare(err)
	}
	return bare(device.Run(forever))
}
