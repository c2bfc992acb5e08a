package majordomo

import (
	"context"
	"errors"
	"time"

	"example.org/zmq"
)

// The headers and the worker commands of RFC 7.
const (
	headerClient = "MDPC01"
	headerWorker = "MDPW01"

	commandReady      = "\x01"
	commandRequest    = "\x02"
	commandReply      = "\x03"
	commandHeartbeat  = "\x04"
	commandDisconnect = "\x05"
)

// workerCommand returns the parts of a command of MDP/Worker.
func workerCommand(command string, rest ...[]byte) [][]byte {
	return append([][]byte{nil, []byte(headerWorker), []byte(command)}, rest...)
}

// clientCommand returns the parts of a request or a reply of MDP/Client; both look the same.
func clientCommand(service string, body [][]byte) [][]byte {
	return append([][]byte{nil, []byte(headerClient), []byte(service)}, body...)
}

// parseWorkerCommand takes the frames of workerCommand apart.
func parseWorkerCommand(frames [][]byte) (command string, rest [][]byte, ok bool) {
	if len(frames) < 3 || len(frames[0]) != 0 || string(frames[1]) != headerWorker {
		return "", nil, false
	}
	return string(frames[2]), frames[3:], true
}

// parseClientCommand takes the frames of clientCommand apart. A body has a part at least.
func parseClientCommand(frames [][]byte) (service string, body [][]byte, ok bool) {
	if len(frames) < 4 || len(frames[0]) != 0 || string(frames[1]) != headerClient {
		return "", nil, false
	}
	return string(frames[2]), frames[3:], true
}

// addressed puts the identity of a peer in front of the parts, for a ROUTER.
func addressed(identity string, parts [][]byte) [][]byte {
	return append([][]byte{[]byte(identity)}, parts...)
}

// receiveUntil receives a message, or returns none when it is later than the deadline. An error means that ctx has ended, or that
// the socket has.
func receiveUntil(ctx context.Context, s *zmq.Socket, deadline time.Time) ([][]byte, error) {
	until, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	parts, err := s.RecvParts(until)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, nil
	}
	return parts, err
}
