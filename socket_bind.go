package zmq

import (
	"runtime"
	"strings"
)

func (s *Socket) endpointError(op, endpoint string, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Type: s.inner().typ, Endpoint: endpoint, Err: err}
}

// Bind makes the socket accept peers at endpoint (zmq_bind), for example "tcp://*:5555",
// "tcp://127.0.0.1:*" (any free port, see LastEndpoint), "ipc:///run/service" or "inproc://jobs". A socket may
// have many endpoints. Where a socket of this program that was just closed or unbound still has the endpoint, Bind waits until
// the engine has let go of it, for no longer than five seconds.
//
// For "ipc://*" libzmq creates a new folder in the directory that TMPDIR, TEMPDIR or TMP names, and the socket's
// file in it. Without these variables, and before libzmq 4.2, it uses the working directory, and LastEndpoint
// returns a path relative to that.
//
// Errors: EINVAL for a malformed endpoint; EPROTONOSUPPORT; ENOCOMPATPROTO; EADDRINUSE, for ipc also when a
// live process has the path; EEXIST when an ordinary file has it; EADDRNOTAVAIL; ENODEV; EACCES;
// EMTHREAD without I/O threads; ErrTooManyFiles; ErrClosed; ErrTerminated.
func (s *Socket) Bind(endpoint string) error { return s.attach(endpointBind, endpoint) }

// Connect connects the socket to endpoint (zmq_connect). Except for inproc the connection is made in
// the background, and again when it is lost; success says nothing about the peer.
//
// Connecting again to the same tcp or ipc endpoint does nothing for Dealer, Req, Pub and Sub. For other types, and over
// inproc, it makes another connection, which counts as another peer: a Push sends it a second share. Disconnect ends all
// of them.
//
// libzmq does not make a connection again that a protocol error ended: a socket of the wrong type or with other security at the
// endpoint, a denial, a message larger than MaxMsgSize. This package does, over tcp, ipc and ws, after ReconnectInterval and up
// to ReconnectIntervalMax; a Monitor reports it as EventConnectRetried with the reason, Stats counts it as one of
// ProtocolErrors. What was queued for that peer is lost. A Push, Dealer, Req or Pair makes this connection with the option
// Immediate from then on, so that nothing more is queued for a peer that may refuse it again. It does not make connections again
// that ConnectRoutingID named, nor those of a socket whose security mechanism was changed after Connect. To notice such
// connections the package monitors the socket, which needs libzmq 4.0 and takes one socket of the engine and one descriptor;
// where none is left, these connections stay lost. After a connection was lost, Connect and Bind wait until it is known whether
// libzmq makes it again: no time or up to a second in general, never longer than two seconds.
//
// A host's name is looked up by the engine, in an I/O thread, each time that the connection is made, until it was found. A
// name server that does not answer holds up all sockets of that thread meanwhile: give an address, or IOThreads and an
// Affinity of its own to such a socket.
//
// Errors: EINVAL for a malformed endpoint; EPROTONOSUPPORT; ENOCOMPATPROTO; ECONNREFUSED for inproc
// endpoints that are not bound, before engine 4.0; EMTHREAD without I/O threads; ErrTooManyFiles;
// ErrClosed; ErrTerminated.
func (s *Socket) Connect(endpoint string) error { return s.attach(endpointConnect, endpoint) }

// Unbind undoes a Bind (zmq_unbind): the socket accepts no new peers at the endpoint, and the connections that were
// accepted there end. Messages that came over them can still be received. Name an endpoint with a wildcard as LastEndpoint
// returned it.
//
// If messages of several parts may be on their way to peers that can end at the same moment, close the socket instead,
// unless LinkInfo calls the engine hardened: another libzmq can abort the process when a connection is lost while it is
// being unbound.
//
// Errors: ENOENT for an endpoint that is not bound; EFSM in the middle of a message that is received part by part; a
// *VersionError before libzmq 3.2; those of Bind.
func (s *Socket) Unbind(endpoint string) error { return s.detach(endpointUnbind, endpoint) }

// Disconnect undoes a Connect (zmq_disconnect). Messages that wait for that peer linger as after Close; messages that came
// from it and were not received are dropped. Disconnect waits up to a tenth of a second for libzmq to end the connection, so
// that what is sent afterwards goes to other peers. Where that takes longer, the peer may notice only when the socket is used
// next, since libzmq ends a connection while its socket is called.
//
// Errors: ENOENT for an endpoint that is not connected; EFSM in the middle of a message that is received part by part; EFSM
// for a Sub, XSub, Router or Rep that gets messages of several parts, when one of them waits and is not received within a
// tenth of a second: receive it, and try again; a *VersionError before libzmq 3.2; those of Connect.
func (s *Socket) Disconnect(endpoint string) error { return s.detach(endpointDisconnect, endpoint) }

var endpointOps = map[endpointOp]string{
	endpointBind: "bind", endpointConnect: "connect", endpointUnbind: "unbind", endpointDisconnect: "disconnect",
}

func (s *Socket) attach(action endpointOp, endpoint string) error {
	defer runtime.KeepAlive(s)
	return s.endpointError(endpointOps[action], endpoint, s.inner().attach(action, endpoint))
}

func (s *socketState) attach(action endpointOp, endpoint string) error {
	if action == endpointBind && endpoint == zapEndpoint {
		return s.z.bindAuth(s)
	}
	return s.attachTo(action, endpoint)
}

func (s *socketState) attachTo(action endpointOp, endpoint string) error {
	err := s.attachOnce(action, endpoint)
	if action == endpointBind && err != nil {
		err = s.bindAgain(endpoint, err, func() error { return s.attachOnce(action, endpoint) })
	}
	if action == endpointBind && err == nil {
		err = s.applyIPCMode(endpoint)
	}
	return err
}

func (s *socketState) attachOnce(action endpointOp, endpoint string) error {
	// Outside the lock: looking at a path or a name may take its time.
	target, err := s.checkEndpoint(action, endpoint)
	if err != nil {
		return err
	}
	if action == endpointConnect && networked(target) {
		s.watchLinks()
	}
	lock := s.lockShed
	if strings.HasPrefix(target, "inproc://") {
		lock = s.lock
	}
	if err := lock(); err != nil {
		return err
	}
	err = s.bindOrConnect(action, target, endpoint)
	s.unlock()
	if e, bare := err.(Errno); bare {
		return s.explain(action, endpoint, e)
	}
	return err
}

// bindOrConnect makes the call, and notes what has come of it. s.mu is held.
func (s *socketState) bindOrConnect(action endpointOp, target, endpoint string) error {
	call := s.callInproc
	if !strings.HasPrefix(target, "inproc://") {
		call = s.callWire
		descriptors.Lock()
		defer descriptors.Unlock()
	}
	errno, err := call(action, target)
	if err != nil {
		return err
	}
	if errno != 0 {
		return errnoError(errno)
	}
	if action == endpointConnect {
		s.useName()
		s.connected = true
	} else {
		s.listens(target)
	}
	if s.endpoint == "" {
		s.endpoint = endpoint
	}
	return nil
}

// callWire is callInproc for the other transports: it makes the call with enough descriptors at hand, and keeps account of links.
// s.mu and descriptors are held.
func (s *socketState) callWire(action endpointOp, target string) (Errno, error) {
	spare := headroomConnect
	if action == endpointBind {
		spare = headroomBind
	}
	fd, id, err := s.beforeWire(action, target)
	if err != nil {
		return 0, err
	}
	if !cSpare(spare) {
		return 0, ErrTooManyFiles
	}
	if err := s.secondPeer(action, ""); err != nil {
		return 0, err
	}
	var errno Errno
	if action == endpointConnect {
		if s.connWatch != nil {
			s.expectLink(target) // asks for attempts that were left, which connected forgets
			s.connWatch.connected(target)
		}
		errno = s.connectAsSet(target)
		s.settleLink(target, errno)
	} else {
		errno = cEndpoint(s.h, action, target)
	}
	if errno == EMFILE {
		return 0, ErrTooManyFiles
	}
	s.hasNetEndpoint, s.brief.network = true, true
	if errno == 0 {
		s.tookFD(fd, id)
		if action == endpointBind {
			s.noteBound(target)
		}
	}
	return errno, nil
}

func (s *Socket) detach(action endpointOp, endpoint string) error {
	defer runtime.KeepAlive(s)
	name := endpointOps[action]
	err := s.inner().open()
	if err == nil {
		err = need(strings.ToUpper(name[:1])+name[1:], Version{3, 2, 0})
	}
	if err == nil {
		_, _, err = splitEndpoint(endpoint)
	}
	if err == nil {
		err = s.inner().detach(action, endpoint)
	}
	if e, bare := err.(Errno); bare {
		err = s.inner().explain(action, endpoint, e)
	}
	return s.endpointError(name, endpoint, err)
}

func (s *socketState) detach(action endpointOp, endpoint string) error {
	if err := s.lockUnfetched(action); err != nil {
		return err
	}
	if s.recvOpen && s.connected {
		// libzmq would miss the rest, and abort the process.
		s.unlock()
		return withReason(EFSM, "part of a message was received and the rest was not: receive it first")
	}
	var errno Errno
	if strings.HasPrefix(endpoint, "inproc://") {
		var err error
		if errno, err = s.callInproc(action, endpoint); err != nil {
			s.unlock()
			return err
		}
		if errno != 0 {
			s.unlock()
			return s.inprocStays(action, endpoint, errno)
		}
	} else {
		name, err := s.engineName(endpoint)
		if err != nil {
			s.unlock()
			return err
		}
		if errno = s.detachSlowly(action, name); errno == 0 {
			s.unbound(name)
		} else if errno == ENOENT && s.isShed(endpoint) {
			errno = 0
		}
	}
	if errno == 0 && action == endpointUnbind {
		s.letGo(endpoint)
	}
	w := s.connWatch
	renamed := errno == 0 && w != nil && w.left(endpoint) // Unbind does the same as Disconnect
	s.unlock()
	if renamed {
		w.leftName(endpoint)
	}
	if errno == 0 {
		return nil
	}
	return s.explain(action, endpoint, errno)
}

// LastEndpoint returns the endpoint of the last Bind or Connect as the engine resolved it, which is where
// a wildcard port is found (ZMQ_LAST_ENDPOINT). Errors: a *VersionError before libzmq 3.2; ErrClosed;
// ErrTerminated.
func (s *Socket) LastEndpoint() (string, error) { return lastEndpoint.Get(s) }
