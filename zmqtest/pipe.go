package zmqtest

import (
	"context"
	"slices"
	"sync"

	"example.org/zmq"
)

// PipeEnd is one end of a Pipe. It is a zmq.Sender and a zmq.Receiver.
//
// A PipeEnd is safe for concurrent use by multiple goroutines.
type PipeEnd struct {
	in, out chan [][]byte
	closed  chan struct{}
	close   func()
}

// Pipe returns the two ends of a pipe in memory: each end receives what the other one sends, in order. The pipe holds up to
// hwm messages in each direction; a send waits until there is room, and with an hwm of 0 until the message is received. A
// Pipe uses no libzmq, no thread and no descriptor. In a bubble of testing/synctest goroutines that wait for it are durably
// blocked. It need not be closed.
func Pipe(hwm int) (*PipeEnd, *PipeEnd) {
	a, b, closed := make(chan [][]byte, hwm), make(chan [][]byte, hwm), make(chan struct{})
	end := sync.OnceFunc(func() { close(closed) })
	return &PipeEnd{a, b, closed, end}, &PipeEnd{b, a, closed, end}
}

// SendParts sends a copy of the parts as one message, and waits for room until ctx ends. Errors: zmq.EINVAL without parts;
// ctx.Err(); zmq.ErrClosed.
func (p *PipeEnd) SendParts(ctx context.Context, parts ...[]byte) error {
	if len(parts) == 0 {
		return &zmq.OpError{Op: "send", Type: -1, Err: zmq.EINVAL}
	}
	msg := make([][]byte, len(parts))
	for i, part := range parts {
		msg[i] = slices.Clone(part)
		if msg[i] == nil {
			msg[i] = []byte{}
		}
	}
	if err := p.ended(ctx); err != nil {
		return &zmq.OpError{Op: "send", Type: -1, Err: err}
	}
	select {
	case p.out <- msg:
		return nil
	case <-ctx.Done():
		return &zmq.OpError{Op: "send", Type: -1, Err: ctx.Err()}
	case <-p.closed:
		return &zmq.OpError{Op: "send", Type: -1, Err: zmq.ErrClosed}
	}
}

// RecvParts receives a message and waits for it until ctx ends. Errors: ctx.Err(); zmq.ErrClosed.
func (p *PipeEnd) RecvParts(ctx context.Context) ([][]byte, error) {
	if err := p.ended(ctx); err != nil {
		return nil, &zmq.OpError{Op: "recv", Type: -1, Err: err}
	}
	select {
	case msg := <-p.in:
		return msg, nil
	case <-ctx.Done():
		return nil, &zmq.OpError{Op: "recv", Type: -1, Err: ctx.Err()}
	case <-p.closed:
		return nil, &zmq.OpError{Op: "recv", Type: -1, Err: zmq.ErrClosed}
	}
}

func (p *PipeEnd) ended(ctx context.Context) error {
	select {
	case <-p.closed:
		return zmq.ErrClosed
	default:
		return ctx.Err()
	}
}

// Close ends the calls at both ends, running and to come, with zmq.ErrClosed. Messages that were not received are dropped.
// A second Close does nothing.
func (p *PipeEnd) Close() error {
	p.close()
	return nil
}
