package zmq4

type monitor struct{}

// Monitor makes what happens to the socket's connections known at addr.
func (soc *Socket) Monitor(addr string, events Event) error { return nil }
