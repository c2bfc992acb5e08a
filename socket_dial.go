package zmq

import (
	"context"
	"errors"
	"runtime"
)

// AlsoBind binds the socket to more endpoints: Listen and Dial do so after all other options, NewSocket and Set in the order of
// the options. Errors of setting it: those of Bind.
func AlsoBind(endpoints ...string) SocketOption {
	return attaching(endpointBind, "AlsoBind", endpoints)
}

// AlsoConnect connects the socket to more endpoints: Listen and Dial do so after all other options, NewSocket and Set in the
// order of the options. Errors of setting it: those of Connect.
func AlsoConnect(endpoints ...string) SocketOption {
	return attaching(endpointConnect, "AlsoConnect", endpoints)
}

func attaching(action endpointOp, name string, endpoints []string) SocketOption {
	row := &optionRow{name: name, since: floor}
	row.apply = func(*socketState, *SocketOption) error { return nil } // Set does it
	return SocketOption{row: row, attach: &attachOption{action, endpoints}}
}

// attachOption is what AlsoBind and AlsoConnect ask for.
type attachOption struct {
	action    endpointOp
	endpoints []string
}

// attachAll does what AlsoBind and AlsoConnect ask for. Its errors are those of Bind and Connect.
func (s *Socket) attachAll(o *attachOption) error {
	for _, e := range o.endpoints {
		if err := s.attach(o.action, e); err != nil {
			return err
		}
	}
	return nil
}

// Listen opens a socket, sets the options, and binds it to endpoint, and to those of AlsoBind: NewSocket, Set and Bind in one
// call, which leaves nothing behind if it fails. It costs what the three cost.
//
//	s, err := zc.Listen(zmq.Rep, "tcp://*:5555", zmq.RecvHWM(100))
//
// Errors: those of NewSocket, Set, Bind and Connect.
func (c *Context) Listen(t SocketType, endpoint string, opts ...SocketOption) (*Socket, error) {
	rest, also := splitAttaching(opts)
	s, err := c.NewSocket(t, rest...)
	if err != nil {
		return nil, err
	}
	err = s.Bind(endpoint)
	for i := 0; err == nil && i < len(also); i++ {
		err = s.attachAll(also[i])
	}
	if err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// splitAttaching takes AlsoBind and AlsoConnect out of options.
func splitAttaching(opts []SocketOption) (rest []SocketOption, also []*attachOption) {
	for _, o := range opts {
		if o.attach != nil {
			also = append(also, o.attach)
		} else {
			rest = append(rest, o)
		}
	}
	return rest, also
}

// discard closes a socket that no caller has had.
func (s *Socket) discard() {
	s.Set(Linger(0))
	s.Close()
}

// Dial opens a socket, sets the options, connects it to endpoint, and to those of AlsoConnect, and waits until there is a peer
// at one of them: over a network one whose handshake is complete, over inproc one that has bound the name. It leaves nothing
// behind if it fails. Over multicast and udp, which know no peers, it does not wait. Before libzmq 4.2.3, which reports no
// handshakes, a connection is enough, whatever accepted it.
//
//	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
//	defer cancel()
//	s, err := zc.Dial(ctx, zmq.Req, "tcp://server:5555")
//
// A peer that is away may come, so Dial waits until ctx ends, whichever starts first; the error then is the context's, and says
// why there is no peer, as far as can be found out: the name does not resolve (*net.DNSError), nothing listens (ECONNREFUSED,
// or ENOENT for a path), access was denied (*AuthError), the other end speaks another protocol, or is a socket of another type
// (EPROTO, *ProtocolError). Waiting ends early where it is of no use: when every peer has denied access for good, or has
// another security mechanism or other keys. ctx bounds Dial alone, and not the socket.
//
// That there is a peer does not mean that it stays, nor that a Pub has got the filters of a Sub: see WaitSubscriber. A program
// that need not know uses NewSocket and Connect.
//
// Dial costs a goroutine for each endpoint over tcp and ipc that takes longer than a quarter of a second or fails, which looks
// for the reason: once a second it resolves the name and makes a connection of its own, which the listener sees.
//
// Errors: those of NewSocket, Set and Connect; ctx.Err(); a *VersionError over a network before libzmq 4.0.
func (c *Context) Dial(ctx context.Context, t SocketType, endpoint string, opts ...SocketOption) (*Socket, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	fail := func(err error) (*Socket, error) {
		return nil, &OpError{Op: "dial", Type: t, Endpoint: endpoint, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	rest, also := splitAttaching(opts)
	all := []string{endpoint}
	for _, o := range also {
		if o.action == endpointConnect {
			all = append(all, o.endpoints...)
		}
	}
	if network := firstNetworked(all); network != "" {
		if err := need("Dial over a network", from40); err != nil {
			return fail(err)
		}
	}
	s, err := c.NewSocket(t, rest...)
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(s)
	for i := 0; err == nil && i < len(also); i++ {
		if also[i].action == endpointBind {
			err = s.attachAll(also[i])
		}
	}
	if err == nil {
		err = s.dial(ctx, all)
	}
	if err != nil {
		s.discard()
		var op *OpError
		if errors.As(err, &op) {
			return nil, err
		}
		return fail(err)
	}
	return s, nil
}

func firstNetworked(endpoints []string) string {
	for _, e := range endpoints {
		if networked(e) {
			return e
		}
	}
	return ""
}

// dial connects a new socket to endpoints and waits for a peer.
func (s *Socket) dial(ctx context.Context, endpoints []string) error {
	d := newDialing(s, endpoints)
	if firstNetworked(endpoints) != "" {
		w, err := s.st.addEventSink(d)
		if err != nil {
			return err
		}
		d.mu.Lock()
		d.w = w
		d.mu.Unlock()
		defer w.remove(d)
	}
	for _, e := range d.ends {
		if err := d.connect(e); err != nil {
			return err
		}
	}
	probing, stop := context.WithCancel(ctx)
	defer d.probes.Wait()
	defer stop()
	for _, e := range d.ends {
		if probed(s, e.endpoint) {
			d.probes.Add(1)
			go d.probe(probing, e)
		}
	}
	return d.wait(ctx)
}
