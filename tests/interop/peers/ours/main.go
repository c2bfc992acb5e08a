// Ours is the program of the interoperability tests that has package zmq inside.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/interop/peer"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	return peer.Main(os.Stdin, os.Stdout, func(typ string, bind bool, endpoint string) (peer.Socket, string, error) {
		return open(c, typ, bind, endpoint)
	})
}

var types = func() map[string]zmq.SocketType {
	m := map[string]zmq.SocketType{}
	for t := zmq.Pair; t <= zmq.XSub; t++ {
		m[t.String()] = t
	}
	return m
}()

func open(c *zmq.Context, typ string, bind bool, endpoint string) (peer.Socket, string, error) {
	s, err := c.NewSocket(types[typ], zmq.Linger(0))
	if err != nil {
		return nil, "", err
	}
	attach := s.Connect
	if bind {
		attach = s.Bind
	}
	if err := attach(endpoint); err != nil {
		s.Close()
		return nil, "", err
	}
	at, err := s.LastEndpoint()
	return &socket{s: s}, at, err
}

// socket takes turns with the ways in which package zmq sends and receives.
type socket struct {
	s          *zmq.Socket
	sent, rcvd int
}

func (s *socket) Subscribe(filter []byte) error { return s.s.Set(zmq.Subscribe(string(filter))) }
func (s *socket) Close() error                  { return s.s.Close() }

func (s *socket) Send(parts [][]byte, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.sent++
	switch s.sent % 4 {
	case 0:
		return none(s.sendEach(parts, patience))
	case 1:
		return none(s.sendMessages(ctx, parts))
	case 2:
		return none(s.sendBatch(ctx, parts))
	}
	return none(s.s.SendParts(ctx, parts...))
}

func (s *socket) sendEach(parts [][]byte, patience time.Duration) error {
	if err := s.s.Set(zmq.SendTimeout(patience)); err != nil {
		return err
	}
	for i, p := range parts {
		var flags zmq.Flag
		if i < len(parts)-1 {
			flags = zmq.SndMore
		}
		if _, err := s.s.Send(p, flags); err != nil {
			return err
		}
	}
	return nil
}

// sendMessages lends the parts to C.
func (s *socket) sendMessages(ctx context.Context, parts [][]byte) error {
	messages := make([]*zmq.Message, len(parts))
	for i, p := range parts {
		m, err := zmq.PinMessage(p, nil)
		if err != nil {
			return err
		}
		defer m.Close()
		messages[i] = m
	}
	return s.s.SendMsgs(ctx, messages...)
}

func (s *socket) sendBatch(ctx context.Context, parts [][]byte) error {
	b, err := zmq.NewBatch(len(parts))
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Add(parts...); err != nil {
		return err
	}
	_, err = s.s.SendBatch(ctx, b)
	return err
}

func (s *socket) Recv(patience time.Duration) (parts [][]byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.rcvd++
	switch s.rcvd % 3 {
	case 0:
		parts, err = s.recvEach(patience)
	case 1:
		parts, err = s.recvMessages(ctx)
	default:
		parts, err = s.s.RecvParts(ctx)
	}
	return parts, none(err)
}

func (s *socket) recvEach(patience time.Duration) (parts [][]byte, err error) {
	if err := s.s.Set(zmq.RecvTimeout(patience)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.s.Set(zmq.RecvTimeout(zmq.Infinite))) }()
	var m zmq.Message
	defer m.Close()
	for more := true; more; more = m.More() {
		if err := s.s.RecvMsg(&m, 0); err != nil {
			return nil, err
		}
		parts = append(parts, append([]byte{}, m.Bytes()...))
	}
	return parts, nil
}

func (s *socket) recvMessages(ctx context.Context) (parts [][]byte, err error) {
	messages, err := s.s.RecvMsgs(ctx)
	for _, m := range messages {
		parts = append(parts, append([]byte{}, m.Bytes()...))
		m.Close()
	}
	return parts, err
}

func none(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, zmq.ErrWouldBlock) {
		return peer.ErrNone
	}
	return err
}
