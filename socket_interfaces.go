package zmq

import "context"

// Sender sends whole messages. A *Socket is one; tests may use another one, such as a pipe of package zmqtest. A function
// that only sends takes a Sender.
type Sender interface {
	// SendParts sends parts as one message, see Socket.SendParts.
	SendParts(ctx context.Context, parts ...[]byte) error
}

// Receiver receives whole messages. A *Socket is one; tests may use another one.
type Receiver interface {
	// RecvParts receives a message, see Socket.RecvParts.
	RecvParts(ctx context.Context) ([][]byte, error)
}

var (
	_ Sender   = (*Socket)(nil)
	_ Receiver = (*Socket)(nil)
)
