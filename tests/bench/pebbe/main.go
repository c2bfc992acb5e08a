//go:build pebbe

// Pebbe is the measuring program for github.com/pebbe/zmq4. It is built by scripts/bench, with the same
// engine as the others.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"example.org/zmq/tests/bench/work"
	"github.com/pebbe/zmq4"
)

func main() {
	// It counts before the first socket only.
	if err := zmq4.SetMaxSockets(2*work.Number("BENCH_NUMBER") + 1000); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(work.Main(engine{}, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

type engine struct{}

var types = map[string]zmq4.Type{
	"push": zmq4.PUSH, "pull": zmq4.PULL, "req": zmq4.REQ, "rep": zmq4.REP, "xpub": zmq4.XPUB, "sub": zmq4.SUB,
}

func (engine) Open(kind string, size, waterMark int) (work.End, error) {
	s, err := zmq4.NewSocket(types[kind])
	if err != nil {
		return nil, err
	}
	if err := s.SetSndhwm(waterMark); err != nil {
		return nil, err
	}
	if n := work.Number("BENCH_PARTS"); n > 0 {
		return &parts{end{s: s}, n}, s.SetRcvhwm(waterMark)
	}
	return &end{s: s}, s.SetRcvhwm(waterMark)
}

func (engine) Proxy(string, string, string, int, func(string, string), <-chan struct{}) error {
	return fmt.Errorf("zmq4.Proxy is zmq_proxy: %w", work.ErrNotYet)
}

func (engine) Idle(int, func()) error {
	return fmt.Errorf("a receive of zmq4 takes a thread: %w", work.ErrNotYet)
}

// Among polls: a goroutine that receives takes a thread.
func (engine) Among(busy work.End, n int) (func(p []byte) error, error) {
	poller := zmq4.NewPoller()
	poller.Add(busy.(*end).s, zmq4.POLLIN)
	for range n {
		s, err := zmq4.NewSocket(zmq4.PULL)
		if err != nil {
			return nil, err
		}
		poller.Add(s, zmq4.POLLIN)
	}
	return func(p []byte) error {
		if _, err := poller.Poll(-1); err != nil {
			return err
		}
		_, err := busy.Recv(p, 1)
		return err
	}, nil
}

func (engine) Term() error { return zmq4.Term() }

type end struct {
	s  *zmq4.Socket
	mu sync.Mutex // of those who share it
}

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

func (e *end) Subscribe(topic string) error { return e.s.SetSubscribe(topic) }

// RecvShared receives for one of several goroutines: a socket is not to be used by two at a time.
func (e *end) RecvShared(p []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err := e.s.RecvBytes(0)
	return err
}

// parts moves messages of several parts.
type parts struct {
	end
	count int
}

func (e *parts) Send(p []byte, n int) error {
	out := make([]any, e.count)
	for i := range out {
		out[i] = p
	}
	for range n {
		if _, err := e.s.SendMessage(out...); err != nil {
			return err
		}
	}
	return nil
}

func (e *parts) Recv(p []byte, n int) (int, error) {
	for i := range n {
		m, err := e.s.RecvMessageBytes(0)
		if err != nil {
			return i, err
		}
		if len(m) != e.count || len(m[0]) != len(p) {
			return i, errors.New("a message of another size")
		}
	}
	return n, nil
}
