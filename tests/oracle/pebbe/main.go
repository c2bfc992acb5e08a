//go:build pebbe

// Pebbe runs the oracle's scenarios on github.com/pebbe/zmq4. The test builds it, with the same engine as the others.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"example.org/zmq/tests/oracle/script"
	"github.com/pebbe/zmq4"
)

func main() {
	e := &engine{contexts: map[string]*zmq4.Context{}, sockets: map[string]*zmq4.Socket{}, at: map[string]string{}}
	if err := script.Run(os.Stdin, os.Stdout, e); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type engine struct {
	mu       sync.Mutex
	contexts map[string]*zmq4.Context
	sockets  map[string]*zmq4.Socket
	at       map[string]string
}

func (e *engine) ctx(name string) *zmq4.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.contexts[name]
}

func (e *engine) socket(name string) *zmq4.Socket {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sockets[name]
}

func (e *engine) Context(name string, ioThreads, maxSockets int) error {
	c, err := zmq4.NewContext()
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.contexts[name] = c
	if maxSockets > 0 {
		if err := c.SetMaxSockets(maxSockets); err != nil {
			return err
		}
	}
	return c.SetIoThreads(ioThreads)
}

func (e *engine) Term(name string) error { return e.ctx(name).Term() }
func (e *engine) Shutdown(string) error  { return script.ErrUnsupported }

var types = map[string]zmq4.Type{
	"PAIR": zmq4.PAIR, "PUB": zmq4.PUB, "SUB": zmq4.SUB, "REQ": zmq4.REQ, "REP": zmq4.REP, "DEALER": zmq4.DEALER,
	"ROUTER": zmq4.ROUTER, "PULL": zmq4.PULL, "PUSH": zmq4.PUSH, "XPUB": zmq4.XPUB, "XSUB": zmq4.XSUB,
}

func (e *engine) Socket(name, context, typ string) error {
	t, ok := types[typ]
	if !ok {
		n, _ := strconv.Atoi(typ)
		t = zmq4.Type(n)
	}
	s, err := e.ctx(context).NewSocket(t)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sockets[name] = s
	return nil
}

func (e *engine) Close(name string) error { return e.socket(name).Close() }

func (e *engine) Attach(op, name, endpoint string) error {
	s := e.socket(name)
	err := map[string]func(string) error{
		"bind": s.Bind, "connect": s.Connect, "unbind": s.Unbind, "disconnect": s.Disconnect,
	}[op](endpoint)
	if err == nil && (op == "bind" || op == "connect") {
		at, _ := s.GetLastEndpoint()
		e.mu.Lock()
		defer e.mu.Unlock()
		e.at[name] = at
	}
	return err
}

func (e *engine) LastEndpoint(name string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.at[name]
}

func flags(more, dontWait bool) (f zmq4.Flag) {
	if more {
		f |= zmq4.SNDMORE
	}
	if dontWait {
		f |= zmq4.DONTWAIT
	}
	return f
}

func (e *engine) Send(name string, data []byte, more, dontWait bool) (int, error) {
	return e.socket(name).SendBytes(data, flags(more, dontWait))
}

func (e *engine) Recv(name string, size int, dontWait bool) ([]byte, int, bool, error) {
	s := e.socket(name)
	p, err := s.RecvBytes(flags(false, dontWait))
	if err != nil {
		return nil, 0, false, err
	}
	more, err := s.GetRcvmore()
	return p[:min(len(p), size)], len(p), more, err
}

func (e *engine) SendAll(name string, parts [][]byte) error {
	_, err := e.socket(name).SendMessage(parts)
	return err
}

func (e *engine) RecvAll(name string) ([][]byte, error) { return e.socket(name).RecvMessageBytes(0) }

func (e *engine) Poll(ms int, items []script.Item) ([]script.Item, error) {
	p := zmq4.NewPoller()
	for _, i := range items {
		var events zmq4.State
		if i.In {
			events |= zmq4.POLLIN
		}
		if i.Out {
			events |= zmq4.POLLOUT
		}
		p.Add(e.socket(i.Name), events)
	}
	timeout := time.Duration(ms) * time.Millisecond
	if ms < 0 {
		timeout = -1
	}
	polled, err := p.PollAll(timeout)
	ready := make([]script.Item, len(items))
	for i, x := range polled {
		ready[i] = script.Item{Name: items[i].Name, In: x.Events&zmq4.POLLIN != 0, Out: x.Events&zmq4.POLLOUT != 0}
	}
	return ready, err
}

func (e *engine) Message(string, []string) (string, error) { return "", script.ErrUnsupported }

func (e *engine) Device(_, front, back, capture string) error {
	var c *zmq4.Socket
	if capture != "" {
		c = e.socket(capture)
	}
	return zmq4.Proxy(e.socket(front), e.socket(back), c)
}

func (e *engine) StrError(number int) string { return zmq4.Errno(number).Error() }

func (e *engine) Errno(err error) (int, bool) {
	var number zmq4.Errno
	var system syscall.Errno
	switch {
	case errors.As(err, &number):
		return int(number), true
	case errors.As(err, &system):
		return int(system), true
	}
	return 0, false
}
