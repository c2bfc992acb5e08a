// Ours runs the oracle's scenarios on package zmq.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/oracle/script"
)

func main() {
	if err := script.Run(os.Stdin, os.Stdout, &engine{names: map[string]any{}, at: map[string]string{}}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type engine struct {
	mu    sync.Mutex
	names map[string]any
	at    map[string]string
}

func keep[T any](e *engine, name string, v T, err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		e.names[name] = v
	}
	return err
}

func get[T any](e *engine, name string) T {
	e.mu.Lock()
	defer e.mu.Unlock()
	v, _ := e.names[name].(T)
	return v
}

func (e *engine) ctx(name string) *zmq.Context   { return get[*zmq.Context](e, name) }
func (e *engine) socket(name string) *zmq.Socket { return get[*zmq.Socket](e, name) }

func (e *engine) Context(name string, ioThreads, maxSockets int) error {
	opts := []zmq.ContextOption{zmq.IOThreads(ioThreads)}
	if maxSockets > 0 {
		opts = append(opts, zmq.MaxSockets(maxSockets))
	}
	c, err := zmq.NewContext(opts...)
	return keep(e, name, c, err)
}

func (e *engine) Term(name string) error     { return e.ctx(name).Term(context.Background()) }
func (e *engine) Shutdown(name string) error { return e.ctx(name).Shutdown() }

var types = func() map[string]zmq.SocketType {
	m := map[string]zmq.SocketType{}
	for t := zmq.Pair; t <= zmq.XSub; t++ {
		m[strings.ToUpper(t.String())] = t
	}
	return m
}()

func (e *engine) Socket(name, context, typ string) error {
	t, ok := types[typ]
	if !ok {
		n, _ := strconv.Atoi(typ)
		t = zmq.SocketType(n)
	}
	s, err := e.ctx(context).NewSocket(t)
	return keep(e, name, s, err)
}

func (e *engine) Close(name string) error { return e.socket(name).Close() }

func (e *engine) Attach(op, name, endpoint string) error {
	s := e.socket(name)
	err := map[string]func(string) error{
		"bind": s.Bind, "connect": s.Connect, "unbind": s.Unbind, "disconnect": s.Disconnect,
	}[op](endpoint)
	if err == nil && (op == "bind" || op == "connect") {
		at, _ := s.LastEndpoint()
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

func flags(more, dontWait bool) (f zmq.Flag) {
	if more {
		f |= zmq.SndMore
	}
	if dontWait {
		f |= zmq.DontWait
	}
	return f
}

func (e *engine) Send(name string, data []byte, more, dontWait bool) (int, error) {
	return e.socket(name).Send(data, flags(more, dontWait))
}

func (e *engine) Recv(name string, size int, dontWait bool) ([]byte, int, bool, error) {
	s, p := e.socket(name), make([]byte, size)
	n, err := s.Recv(p, flags(false, dontWait))
	if err != nil {
		return nil, 0, false, err
	}
	more, err := zmq.RecvMore.Get(s)
	return p[:min(n, size)], n, more, err
}

func (e *engine) SendAll(name string, parts [][]byte) error {
	return e.socket(name).SendParts(context.Background(), parts...)
}

func (e *engine) RecvAll(name string) ([][]byte, error) {
	return e.socket(name).RecvParts(context.Background())
}

func (e *engine) Poll(ms int, items []script.Item) ([]script.Item, error) {
	timeout := time.Duration(ms) * time.Millisecond
	if ms < 0 {
		timeout = zmq.Infinite
	}
	var in []zmq.PollItem
	for _, i := range items {
		p := zmq.PollItem{Socket: e.socket(i.Name)}
		if i.In {
			p.Events |= zmq.PollIn
		}
		if i.Out {
			p.Events |= zmq.PollOut
		}
		in = append(in, p)
	}
	_, err := zmq.Poll(in, timeout)
	ready := make([]script.Item, len(items))
	for i, p := range in {
		ready[i] = script.Item{Name: items[i].Name, In: p.REvents&zmq.PollIn != 0, Out: p.REvents&zmq.PollOut != 0}
	}
	return ready, err
}

func (e *engine) Device(kind, front, back, capture string) error {
	var opts []zmq.DeviceOption
	if capture != "" {
		opts = append(opts, zmq.WithCapture(e.socket(capture)))
	}
	make := map[string]func(f, b *zmq.Socket, opts ...zmq.DeviceOption) (*zmq.Device, error){
		"queue": zmq.NewQueue, "forwarder": zmq.NewForwarder, "streamer": zmq.NewStreamer, "proxy": zmq.NewProxy,
	}[kind]
	d, err := make(e.socket(front), e.socket(back), opts...)
	if err != nil {
		return err
	}
	return d.Run(context.Background())
}

func (e *engine) StrError(number int) string { return zmq.StrError(zmq.Errno(number)) }

// Errno finds C's number the way a program would: by errors.As, or by errors.Is for the conditions that have a name.
func (e *engine) Errno(err error) (int, bool) {
	var number zmq.Errno
	if errors.As(err, &number) {
		return int(number), true
	}
	for _, n := range []zmq.Errno{zmq.ETERM, zmq.ENOTSOCK, zmq.EAGAIN, zmq.EMFILE, zmq.ENOTSUP} {
		if errors.Is(err, n) {
			return int(n), true
		}
	}
	return 0, false
}
