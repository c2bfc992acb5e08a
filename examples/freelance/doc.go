// Package freelance is the Freelance pattern: clients know several servers, each of which can answer every request, and there is no
// broker between them that could fail. Requests may be executed more than once.
//
// There are three models of it, from the simplest to the one that large systems need:
//
//   - [Failover] asks one server after the other, over a REQ each. It fits few clients and servers that seldom fail: a dead server
//     costs each request a timeout.
//   - [Shotgun] asks all servers at once, over a DEALER, and takes the first reply. Nothing is quicker, and each request is work for
//     every server.
//   - [Client] keeps track of who is alive by the Freelance Protocol (RFC 10, FLP), over a ROUTER: a request goes to one server that
//     answers pings, and to the next one if there is no reply.
//
// [Serve] is the server of the third model, [ServeReplies] that of the first two.
package freelance

import (
	"context"
	"errors"
	"time"

	"example.org/zmq"
)

// ErrNoReply is returned when no server has answered in time.
var ErrNoReply = errors.New("freelance: no server has answered")

// Handler answers a request. Several run at once, each on a goroutine of its own.
type Handler func(ctx context.Context, request [][]byte) [][]byte

// open returns a socket that does not linger, connected to the endpoints.
func open(zc *zmq.Context, typ zmq.SocketType, endpoints []string, opts ...zmq.SocketOption) (*zmq.Socket, error) {
	if len(endpoints) == 0 {
		return nil, errors.New("freelance: no endpoint of a server is given")
	}
	s, err := zc.NewSocket(typ, append([]zmq.SocketOption{zmq.Linger(0)}, opts...)...)
	if err != nil {
		return nil, err
	}
	for _, endpoint := range endpoints {
		if err := s.Connect(endpoint); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// orElse returns d, or what stands for 0.
func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// atLeastOne makes a reply of no part one of an empty part.
func atLeastOne(reply [][]byte) [][]byte {
	if len(reply) == 0 {
		return [][]byte{nil}
	}
	return reply
}
