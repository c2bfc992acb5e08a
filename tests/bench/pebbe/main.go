//go:build pebbe

// Pebbe is the measuring program for github.com/pebbe/zmq4. It is built by scripts/bench, with the same
// engine as the others.
package main

import (
	"fmt"
	"os"

	"example.org/zmq/tests/bench/work"
	"github.com/pebbe/zmq4"
)

func main() { os.Exit(work.Main(engine{}, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

type engine struct{}

var types = map[string]zmq4.Type{"push": zmq4.PUSH, "pull": zmq4.PULL, "req": zmq4.REQ, "rep": zmq4.REP}

func (engine) Open(kind string, size, waterMark int) (work.End, error) {
	s, err := zmq4.NewSocket(types[kind])
	if err != nil {
		return nil, err
	}
	if err := s.SetSndhwm(waterMark); err != nil {
		return nil, err
	}
	return &end{s}, s.SetRcvhwm(waterMark)
}

func (engine) Proxy(string, string, string, int, func(string, string), <-chan struct{}) error {
	return fmt.Errorf("zmq4.Proxy is zmq_proxy: %w", work.ErrNotYet)
}

func (engine) Idle(int, func(), func()) error {
	return fmt.Errorf("a receive of zmq4 takes a thread: %w", work.ErrNotYet)
}

func (engine) Term() error { return zmq4.Term() }

type end struct{ s *zmq4.Socket }

func (e *end) Bind(endpoint string) (string, error) {
	if err := e.s.Bind(endpoint); err != nil {
		return "", err
	}
	return e.s.GetLastEndpoint()
}

func (e *end) Connect(endpoint string) error { return e.s.Connect(endpoint) }
func (e *end) Close() error                  { return e.s.Close() }

func (e *end) Send(p []byte, n int) error {
	for range n {
		if _, err := e.s.SendBytes(p, 0); err != nil {
			return err
		}
	}
	return nil
}

func (e *end) Recv(p []byte, n int) (int, error) {
	for i := range n {
		if _, err := e.s.RecvBytes(0); err != nil {
			return i, err
		}
	}
	return n, nil
}

func (e *end) Request(p []byte) error {
	if _, err := e.s.SendBytes(p, 0); err != nil {
		return err
	}
	_, err := e.s.RecvBytes(0)
	return err
}

func (e *end) Reply(p []byte, n int) error {
	for range n {
		q, err := e.s.RecvBytes(0)
		if err != nil {
			return err
		}
		if _, err := e.s.SendBytes(q, 0); err != nil {
			return err
		}
	}
	return nil
}
