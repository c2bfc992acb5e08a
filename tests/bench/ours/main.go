// Ours is the measuring program for package zmq. The environment variable BENCH_MODE says by which
// of its calls messages are moved: "call" (Send and Recv, the default), "batch", "message"
// (SendMsg and RecvMsg), "pin" (PinMessage and RecvMsg), "parts" (SendParts and AppendParts, of BENCH_PARTS parts), or "request" (Request on a
// Dealer, from BENCH_GOROUTINES goroutines, where others have a Req). With BENCH_BRIEF=off no goroutine waits in C.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/bench/work"
)

func main() { os.Exit(run()) }

func run() int {
	if name := os.Getenv("BENCH_PROFILE"); name != "" {
		f, err := os.Create(name)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer pprof.StopCPUProfile()
	}
	if err := brief(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	if len(os.Args) > 1 && mixed[os.Args[1]] != nil {
		if err := mixed[os.Args[1]](os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			return 1
		}
		return 0
	}
	ctx, err := zmq.NewContext(zmq.MaxSockets(work.Number("BENCH_NUMBER")*2 + 1000))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return work.Main(engine{ctx}, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

type engine struct{ ctx *zmq.Context }

var types = map[string]zmq.SocketType{
	"push": zmq.Push, "pull": zmq.Pull, "req": zmq.Req, "rep": zmq.Rep, "xpub": zmq.XPub, "sub": zmq.Sub,
}

func (e engine) Open(kind string, size, waterMark int) (work.End, error) {
	s, err := e.ctx.NewSocket(types[kind], zmq.SendHWM(waterMark), zmq.RecvHWM(waterMark))
	if err != nil {
		return nil, err
	}
	one := end{s: s}
	switch mode := os.Getenv("BENCH_MODE"); mode {
	case "", "call":
		return &one, nil
	case "batch":
		capacity := work.Number("BENCH_BATCH")
		if capacity == 0 {
			capacity = min(512, waterMark)
		}
		b, err := zmq.NewBatch(capacity)
		return &batched{one, b}, err
	case "request":
		if kind != "req" {
			return &one, nil
		}
		s, err := e.ctx.NewSocket(zmq.Dealer, zmq.SendHWM(waterMark), zmq.RecvHWM(waterMark))
		return &requester{end{s}, max(work.Number("BENCH_GOROUTINES"), 1)}, errors.Join(err, one.s.Close())
	case "message", "pin":
		return &messages{end: one, pin: mode == "pin", m: new(zmq.Message)}, nil
	case "parts":
		return &parts{end: one, out: make([][]byte, max(work.Number("BENCH_PARTS"), 1))}, nil
	default:
		return nil, fmt.Errorf("unknown BENCH_MODE %q", mode)
	}
}

func (e engine) Term() error { return e.ctx.Term(context.Background()) }

func (e engine) Idle(count int, ready func()) error {
	ctx, err := zmq.NewContext(zmq.MaxSockets(count + 10))
	if err != nil {
		return err
	}
	socks := make([]*zmq.Socket, count)
	for i := range socks {
		if socks[i], err = ctx.NewSocket(zmq.Pull); err != nil {
			return err
		}
		if err := socks[i].Bind("inproc://idle-" + strconv.Itoa(i)); err != nil {
			return err
		}
		go socks[i].Recv(nil, 0)
	}
	time.Sleep(3 * time.Second) // until all wait, and threads that are not needed sleep
	ready()
	return nil // the process ends with everything open
}

// Among lets a goroutine wait on each of n sockets.
func (e engine) Among(busy work.End, n int) (func(p []byte) error, error) {
	for range n {
		s, err := e.ctx.NewSocket(zmq.Pull)
		if err != nil {
			return nil, err
		}
		go s.Recv(nil, 0)
	}
	return func(p []byte) error { _, err := busy.Recv(p, 1); return err }, nil
}

// end moves messages by Send and Recv.
type end struct{ s *zmq.Socket }

func (e *end) Bind(endpoint string) (string, error) {
	if err := e.s.Bind(endpoint); err != nil {
		return "", err
	}
	return e.s.LastEndpoint()
}

func (e *end) Connect(endpoint string) error { return e.s.Connect(endpoint) }
func (e *end) Close() error                  { return e.s.Close() }

func (e *end) Subscribe(topic string) error { return e.s.Set(zmq.Subscribe(topic)) }

func (e *end) Send(p []byte, n int) error {
	for range n {
		if _, err := e.s.Send(p, 0); err != nil {
			return err
		}
	}
	return nil
}

func (e *end) Recv(p []byte, n int) (int, error) {
	for i := range n {
		if _, err := e.s.Recv(p, 0); err != nil {
			return i, err
		}
	}
	return n, nil
}

func (e *end) Request(p []byte) error {
	if _, err := e.s.Send(p, 0); err != nil {
		return err
	}
	_, err := e.s.Recv(p, 0)
	return err
}

func (e *end) Reply(p []byte, n int) error {
	for range n {
		if _, err := e.s.Recv(p, 0); err != nil {
			return err
		}
		if _, err := e.s.Send(p, 0); err != nil {
			return err
		}
	}
	return nil
}

// requester has a request of each of its goroutines under way on one Dealer.
type requester struct {
	end
	goroutines int
}

func (e *requester) Requests(p []byte, n int) error {
	errs := make(chan error, e.goroutines)
	var next atomic.Int64
	for range e.goroutines {
		go func() {
			var err error
			for err == nil && next.Add(1) <= int64(n) {
				_, err = e.s.Request(context.Background(), p)
			}
			errs <- err
		}()
	}
	var err error
	for range e.goroutines {
		err = errors.Join(err, <-errs)
	}
	return err
}

// batched moves bursts, looking at each message that arrives.
type batched struct {
	end
	b *zmq.Batch
}

func (e *batched) Send(p []byte, n int) error {
	for n > 0 {
		for range min(n, e.b.Cap()) {
			if err := e.b.Add(p); err != nil {
				return err
			}
		}
		sent, err := e.s.SendBatch(context.Background(), e.b)
		if err != nil {
			return err
		}
		n -= sent
	}
	return nil
}

func (e *batched) Recv(p []byte, n int) (int, error) {
	got, err := e.s.RecvBatch(context.Background(), e.b)
	for _, parts := range e.b.All() {
		if len(parts[0]) != len(p) {
			return 0, errors.New("a message of another size")
		}
		copy(p, parts[0])
	}
	return got, err
}

func (e *batched) Close() error { return errors.Join(e.b.Close(), e.s.Close()) }

// messages moves what C owns.
type messages struct {
	end
	pin bool
	m   *zmq.Message
}

func (e *messages) make(p []byte) (*zmq.Message, error) {
	if e.pin {
		return zmq.PinMessage(p, nil)
	}
	return zmq.CopyMessage(p)
}

func (e *messages) Send(p []byte, n int) error {
	for range n {
		m, err := e.make(p)
		if err != nil {
			return err
		}
		if err := e.s.SendMsg(m, 0); err != nil {
			return err
		}
		m.Close()
	}
	return nil
}

func (e *messages) Recv(p []byte, n int) (int, error) {
	for i := range n {
		if err := e.s.RecvMsg(e.m, 0); err != nil {
			return i, err
		}
	}
	return n, nil
}

func (e *messages) Close() error { return errors.Join(e.m.Close(), e.s.Close()) }

// parts moves whole messages with a context.
type parts struct {
	end
	out, got [][]byte
}

func (e *parts) Send(p []byte, n int) error {
	for i := range e.out {
		e.out[i] = p
	}
	for range n {
		if err := e.s.SendParts(context.Background(), e.out...); err != nil {
			return err
		}
	}
	return nil
}

func (e *parts) Recv(p []byte, n int) (int, error) {
	var err error
	for i := range n {
		if e.got, err = e.s.AppendParts(context.Background(), e.got[:0]); err != nil {
			return i, err
		}
	}
	return n, nil
}
