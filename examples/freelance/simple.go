package freelance

import (
	"context"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"example.org/zmq"
)

// Failover asks the servers in turn, each for at most timeout, until one answers. Give it the endpoints in the order of preference, and
// twice where there is one only. Its servers run ServeReplies, or are any REP.
func Failover(ctx context.Context, zc *zmq.Context, endpoints []string, timeout time.Duration, body ...[]byte) ([][]byte, error) {
	for _, endpoint := range endpoints {
		reply, err := askOne(ctx, zc, endpoint, timeout, body)
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return reply, err
		}
	}
	return nil, ErrNoReply
}

// askOne takes a new REQ, since one whose server has not answered cannot ask again.
func askOne(ctx context.Context, zc *zmq.Context, endpoint string, timeout time.Duration, body [][]byte) ([][]byte, error) {
	req, err := open(zc, zmq.Req, []string{endpoint})
	if err != nil {
		return nil, err
	}
	defer req.Close()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := req.SendParts(ctx, body...); err != nil {
		return nil, err
	}
	return req.RecvParts(ctx)
}

// Shotgun asks all servers at once. It is safe for concurrent use by multiple goroutines, whose requests go in turn.
type Shotgun struct {
	dealer  *zmq.Socket
	servers int
	number  atomic.Uint64
	turn    chan struct{} // holds something while a request is under way
}

// NewShotgun connects to the servers, which run ServeReplies. Close it when done.
func NewShotgun(zc *zmq.Context, endpoints []string, opts ...zmq.SocketOption) (*Shotgun, error) {
	dealer, err := open(zc, zmq.Dealer, endpoints, opts...)
	if err != nil {
		return nil, err
	}
	return &Shotgun{dealer: dealer, servers: len(endpoints), turn: make(chan struct{}, 1)}, nil
}

// Request sends the request to every server and returns the first reply. What comes later is dropped: the request has a number in front,
// which servers return. Errors: ErrNoReply when ctx's deadline passes; ctx's own; those of the socket.
func (s *Shotgun) Request(ctx context.Context, body ...[]byte) ([][]byte, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	number := binary.BigEndian.AppendUint64(nil, s.number.Add(1))
	// A DEALER gives each message to the next of its peers in turn: so many messages reach all.
	for range s.servers {
		if err := s.dealer.SendParts(ctx, append([][]byte{nil, number}, body...)...); err != nil {
			return nil, late(err)
		}
	}
	for {
		reply, err := s.dealer.RecvParts(ctx)
		if err != nil {
			return nil, late(err)
		}
		if len(reply) >= 2 && len(reply[0]) == 0 && string(reply[1]) == string(number) {
			return reply[2:], nil
		}
	}
}

// late says what a deadline that has passed means here.
func late(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(ErrNoReply, err)
	}
	return err
}

// Close closes the socket.
func (s *Shotgun) Close() error { return s.dealer.Close() }

// ServeReplies answers requests on a REP until ctx ends, which is no error. With numbered, the first part of a request is the number
// that Shotgun gives it, which is returned and not shown to handle.
func ServeReplies(ctx context.Context, zc *zmq.Context, endpoint string, numbered bool, handle Handler, opts ...zmq.SocketOption) error {
	rep, err := zc.NewSocket(zmq.Rep, append([]zmq.SocketOption{zmq.Linger(time.Second)}, opts...)...)
	if err != nil {
		return err
	}
	defer rep.Close()
	if err := rep.Bind(endpoint); err != nil {
		return err
	}
	for request, err := range rep.Messages(ctx) {
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		var front [][]byte
		if numbered {
			front, request = request[:1:1], request[1:]
		}
		if err := rep.SendParts(ctx, append(front, atLeastOne(handle(ctx, request))...)...); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}
