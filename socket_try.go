package zmq

import "runtime"

// TrySendParts is SendParts without waiting: it sends parts as one message if the socket takes it now. The parts are copied and
// may be reused at once. SendTimeout does not matter.
//
// It costs what SendParts costs, and where the socket takes nothing one more call into C, to be sure of that.
//
// Errors: ErrWouldBlock, which allocates nothing; those of Send.
func (s *Socket) TrySendParts(parts ...[]byte) error {
	err := s.sendParts(forever, parts, true, true)
	runtime.KeepAlive(s)
	if err != nil {
		return s.opError("send", err)
	}
	return nil
}

// TryRecvParts is RecvParts without waiting: it receives a whole message if one is there now. The parts are the caller's
// own. RecvTimeout does not matter.
//
// It costs what RecvParts costs, and where nothing is there one more call into C, to be sure of that.
//
// Errors: ErrWouldBlock, which allocates nothing; those of Recv.
func (s *Socket) TryRecvParts() ([][]byte, error) {
	fb, err := s.tryRecvMessage()
	if err != nil {
		return nil, err
	}
	parts := fb.message(0)
	putFrames(fb)
	return parts, nil
}

// TryAppendParts is AppendParts without waiting: see there for the use of dst, and TryRecvParts for the errors.
func (s *Socket) TryAppendParts(dst [][]byte) ([][]byte, error) {
	fb, err := s.tryRecvMessage()
	if err != nil {
		return dst, err
	}
	dst = fb.appendTo(dst, 0)
	putFrames(fb)
	return dst, nil
}

// tryRecvMessage receives a message that is there into a frame buffer from the pool.
func (s *Socket) tryRecvMessage() (*frameBuf, error) {
	defer runtime.KeepAlive(s)
	fb, n, err := s.inner().recvFramesFast(nil, 1)
	if err != nil {
		return nil, s.opError("recv", err)
	}
	if n > 0 {
		return fb, nil
	}
	o := op{kind: opRecvFrames, whole: true, limit: 1, dontWait: true}
	if _, err := s.inner().do(forever, &o); err != nil {
		return nil, s.opError("recv", err)
	}
	return o.frames, nil
}
