package zmq

// TrySendParts is SendParts without waiting: it sends parts as one message if the socket takes it now. The parts are copied and
// may be reused at once. SendTimeout does not matter.
//
// It costs what SendParts costs, and where the socket takes nothing one more call into C, to be sure of that.
//
// Errors: ErrWouldBlock, which allocates nothing; those of Send.
func (s *Socket) TrySendParts(parts ...[]byte) error {
	return s.sendMessage(forever, parts, true)
}

// TryRecvParts is RecvParts without waiting: it receives a whole message if one is there now. The parts are the caller's
// own. RecvTimeout does not matter.
//
// It costs what RecvParts costs, and where nothing is there one more call into C, to be sure of that.
//
// Errors: ErrWouldBlock, which allocates nothing; those of Recv.
func (s *Socket) TryRecvParts() ([][]byte, error) {
	return partsOf(s.recvMessage(forever, true))
}

// TryAppendParts is AppendParts without waiting: see there for the use of dst, and TryRecvParts for the errors.
func (s *Socket) TryAppendParts(dst [][]byte) ([][]byte, error) {
	return s.appendParts(forever, dst, true)
}
