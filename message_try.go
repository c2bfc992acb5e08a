package zmq

// TrySendMsgs is SendMsgs without waiting: it sends parts as one message, without copying them, if the socket takes it now. On
// success all parts are consumed, on failure none is. Errors: ErrWouldBlock; those of SendMsgs.
func (s *Socket) TrySendMsgs(parts ...*Message) error { return s.sendWhole(forever, parts, true) }

// TryRecvMsgs is RecvMsgs without waiting: it receives a whole message, its parts in C's memory, if one is there now. Errors:
// ErrWouldBlock; those of RecvMsgs.
func (s *Socket) TryRecvMsgs() ([]*Message, error) { return s.recvMsgs(forever, true) }

// TrySendBatch is SendBatch without waiting: it sends the messages of b, in their order, that the socket takes now, and returns
// how many. Those that it did not take are still in b, and the error is ErrWouldBlock then. Errors: those of SendBatch.
func (s *Socket) TrySendBatch(b *Batch) (int, error) { return s.sendBurst(forever, b, true) }

// TryRecvBatch is RecvBatch without waiting: it replaces the content of b by messages that are there now, and returns how many.
// Errors: ErrWouldBlock when there is none, and b is empty; those of RecvBatch.
func (s *Socket) TryRecvBatch(b *Batch) (int, error) { return s.recvBurst(forever, b, true) }
