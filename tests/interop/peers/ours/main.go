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
	return socket{s}, at, err
}

type socket struct{ s *zmq.Socket }

func (s socket) Subscribe(filter []byte) error { return s.s.Set(zmq.Subscribe(string(filter))) }
func (s socket) Close() error                  { return s.s.Close() }

func (s socket) Send(parts [][]byte, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return none(s.s.SendParts(ctx, parts...))
}

func (s socket) Recv(patience time.Duration) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	parts, err := s.s.RecvParts(ctx)
	return parts, none(err)
}

func none(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return peer.ErrNone
	}
	return err
}
