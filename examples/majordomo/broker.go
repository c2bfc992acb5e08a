package majordomo

import (
	"context"
	"errors"
	"time"

	"example.org/zmq"
)

// Broker stands between clients and workers, which all connect to its one socket. What it knows is in memory: after a restart
// workers register again by themselves, and clients ask again.
type Broker struct {
	socket *zmq.Socket
	board  *switchboard
}

// NewBroker binds a broker to the endpoints. Close it when done.
func NewBroker(zc *zmq.Context, opts Options, endpoints ...string) (*Broker, error) {
	socket, err := zc.NewSocket(zmq.Router, append([]zmq.SocketOption{zmq.Linger(time.Second)}, opts.Socket...)...)
	if err != nil {
		return nil, err
	}
	for _, endpoint := range endpoints {
		if err := socket.Bind(endpoint); err != nil {
			return nil, errors.Join(err, socket.Close())
		}
	}
	return &Broker{socket: socket, board: newSwitchboard(opts)}, nil
}

// Endpoint returns the endpoint that was bound last, with the port that a wildcard has become.
func (b *Broker) Endpoint() (string, error) { return b.socket.LastEndpoint() }

// Run passes requests and replies on until ctx ends, which is no error, or the broker is closed. One goroutine runs it.
func (b *Broker) Run(ctx context.Context) error {
	next := time.Now().Add(b.board.opts.Heartbeat)
	for {
		frames, err := receiveUntil(ctx, b.socket, next)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		now := time.Now()
		if err := b.send(ctx, b.board.handle(now, frames)); err != nil {
			return err
		}
		if now.Before(next) {
			continue
		}
		next = now.Add(b.board.opts.Heartbeat)
		if err := b.send(ctx, b.board.tick(now)); err != nil {
			return err
		}
	}
}

// send never waits: a ROUTER drops what is for a peer that has left, or that has no room.
func (b *Broker) send(ctx context.Context, messages [][][]byte) error {
	for _, m := range messages {
		if err := b.socket.SendParts(ctx, m...); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// Close ends Run and closes the socket.
func (b *Broker) Close() error { return b.socket.Close() }
