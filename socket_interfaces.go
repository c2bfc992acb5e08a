package zmq

import "context"

// Sender is what sends whole messages: a *Socket, and in tests what stands in for one, such as a pipe of package zmqtest. A
// function that only sends takes a Sender.
type Sender interface {
	// SendParts sends parts as one message, see Socket.SendParts.
	SendParts(ctx context.Context, parts ...[]byte) error
}

// Receiver is what receives whole messages: a *Socket, and in tests what stands in for one.
type Receiver interface {
	// RecvParts receives a message, see Socket.RecvParts.
	RecvParts(ctx context.Context) ([][]byte, error)
}

var (
	_ Sender   = (*Socket)(nil)
	_ Receiver = (*Socket)(nil)
)
