// Gozmq is the measuring program for github.com/go-zeromq/zmq4, which has no engine in C.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"example.org/zmq/tests/bench/work"
	"github.com/go-zeromq/zmq4"
)

func main() { os.Exit(work.Main(engine{}, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

type engine struct{}

// Open returns a socket without high-water marks, which zmq4 does not have: a PUSH writes to the connection, and a PULL keeps
// ten messages.
func (engine) Open(kind string, size, waterMark int) (work.End, error) {
	open := map[string]func(context.Context, ...zmq4.Option) zmq4.Socket{
		"push": zmq4.NewPush, "pull": zmq4.NewPull, "req": zmq4.NewReq, "rep": zmq4.NewRep,
	}[kind]
	if open == nil {
		return nil, fmt.Errorf("zmq4 passes no subscription on to the program: %w", work.ErrNotYet)
	}
	return &end{s: open(context.Background()), size: size, parts: max(work.Number("BENCH_PARTS"), 1)}, nil
}

func (engine) Proxy(string, string, string, int, func(string, string), <-chan struct{}) error {
	return fmt.Errorf("zmq4.Proxy is not measured: %w", work.ErrNotYet)
}

func (engine) Idle(int, func()) error {
	return fmt.Errorf("sockets of zmq4 are not measured at rest: %w", work.ErrNotYet)
}

func (engine) Among(busy work.End, n int) (func(p []byte) error, error) {
	for range n {
		s := zmq4.NewPull(context.Background())
		go s.Recv()
	}
	return func(p []byte) error { _, err := busy.Recv(p, 1); return err }, nil
}

func (engine) Term() error { return nil }

type end struct {
	s           zmq4.Socket
	size, parts int
}

func (e *end) Bind(endpoint string) (string, error) {
	if strings.HasPrefix(endpoint, "inproc:") && e.size > 255 {
		return "", fmt.Errorf("zmq4 panics when it reads messages of more than 255 bytes over inproc: %w", work.ErrNotYet)
	}
	host, wild := strings.CutSuffix(endpoint, ":*")
	if wild {
		endpoint = host + ":0"
	}
	if err := e.s.Listen(endpoint); err != nil {
		return "", err
	}
	if wild {
		return "tcp://" + e.s.Addr().String(), nil
	}
	return endpoint, nil
}

func (e *end) Connect(endpoint string) error { return e.s.Dial(endpoint) }

// Close gives what is on its way a moment: zmq4 has no linger, and a REP sends after Send has returned.
func (e *end) Close() error {
	time.Sleep(200 * time.Millisecond)
	if err := e.s.Close(); !errors.Is(err, net.ErrClosed) { // the other side may have been faster
		return err
	}
	return nil
}

func (e *end) Send(p []byte, n int) error {
	frames := make([][]byte, e.parts)
	for i := range frames {
		frames[i] = p
	}
	for range n {
		if err := e.s.SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
			return err
		}
	}
	return nil
}

func (e *end) Recv(p []byte, n int) (int, error) {
	for i := range n {
		m, err := e.s.Recv()
		if err != nil {
			return i, err
		}
		if len(m.Frames) != e.parts || len(m.Frames[0]) != len(p) {
			return i, errors.New("a message of another size")
		}
	}
	return n, nil
}

func (e *end) Request(p []byte) error {
	if err := e.s.Send(zmq4.NewMsg(p)); err != nil {
		return err
	}
	_, err := e.s.Recv()
	return err
}

func (e *end) Reply(p []byte, n int) error {
	for range n {
		m, err := e.s.Recv()
		if err != nil {
			return err
		}
		if err := e.s.Send(m); err != nil {
			return err
		}
	}
	return nil
}
