package zmq

// zapEndpoint is where the engine asks about clients.
const zapEndpoint = "inproc://zeromq.zap.01"

// bindAuth binds a socket of the program to zapEndpoint. A handler whose Authenticator's context has ended makes way for it,
// and goes on answering those who have asked it already: they would wait until their HandshakeInterval is over.
// Clients that connect between the two are not asked about: libzmq has no way to hand a name over.
func (z *contextState) bindAuth(s *socketState) error {
	z.authMu.Lock()
	defer z.authMu.Unlock()
	h := z.auth
	gone := false
	if h != nil && !h.away && !h.serves() && s.open() == nil && s.typ != Stream {
		gone = h.s.st.detach(endpointUnbind, zapEndpoint) == nil
	}
	err := s.attachTo(endpointBind, zapEndpoint)
	if gone {
		h.away = err == nil || h.s.st.attachTo(endpointBind, zapEndpoint) != nil
	}
	return err
}

// serves reports whether the Authenticator's context has not ended.
func (h *authHandler) serves() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.service.ctx.Err() == nil
}
