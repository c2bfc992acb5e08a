package zmq

import (
	"context"
	"iter"
)

// Messages returns an iterator over the messages that arrive. It takes one message at
// a time out of the socket, when the loop asks for it: nothing is queued in between. The
// loop ends with the first error, which it is given: ctx.Err() when ctx ended, ErrClosed or
// ErrTerminated when the socket went away, and os.ErrDeadlineExceeded when nothing came for as long as a RecvTimeout
// that was set. Leave RecvTimeout alone on such a socket, or range over Messages anew.
//
//	for parts, err := range s.Messages(ctx) {
//		if err != nil {
//			return err
//		}
//		handle(parts)
//	}
func (s *Socket) Messages(ctx context.Context) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for {
			parts, err := s.RecvParts(ctx)
			if !yield(parts, err) || err != nil {
				return
			}
		}
	}
}
