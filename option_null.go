package zmq

import "runtime"

// SetsockoptNull sets the option of the given number to no value: in C, a null pointer and a length of zero
// (zmq_setsockopt). This undoes what was set before: the filters of ZMQ_TCP_ACCEPT_FILTER, the proxy of ZMQ_SOCKS_PROXY,
// the message of ZMQ_XPUB_WELCOME_MSG, the security that ZMQ_PLAIN_USERNAME or ZMQ_PLAIN_PASSWORD has chosen.
// SetsockoptBytes with an empty value is not the same: options that need a value refuse it. Errors: EINVAL for an option
// that cannot be without a value; ErrClosed; ErrTerminated.
func (s *Socket) SetsockoptNull(id int) error {
	defer runtime.KeepAlive(s)
	if err := s.inner().setNull(id); err != nil {
		return &OpError{Op: "set", Type: s.inner().typ, Option: rawRow(id, kindBytes).name, Err: err}
	}
	return nil
}

func (s *socketState) setNull(id int) error {
	if err := s.lock(); err != nil {
		return err
	}
	defer s.unlock()
	errno := cSetBytes(s.h, id, nil)
	if id == optWelcome && errno == 0 {
		s.hasWelcomeMsg = false
	}
	return errnoError(errno)
}
