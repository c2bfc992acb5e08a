package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"example.org/zmq"
)

// answerTime is how long a reply may take before its request is abandoned.
const answerTime = time.Second

// requests asks with REQ sockets, each of which is replaced when its answer fails to come.
func (n *node) requests(ctx context.Context, at string) {
	f := n.flow("req")
	for i := range 2 {
		n.goDo(ctx, func() error {
			for life := 0; ctx.Err() == nil; life++ {
				if err := n.ask(ctx, f, at, fmt.Sprintf("req%d.%d", i, life)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func (n *node) ask(ctx context.Context, f *flow, at, name string) error {
	s, _, err := n.open(zmq.Req, false, at, append(n.curve, zmq.RecvTimeout(answerTime))...)
	if err != nil {
		return err
	}
	defer s.Close()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := uint64(1); ; i++ {
		if err := s.SendParts(ctx, body(name, i)...); err != nil {
			return err
		}
		reply, err := s.RecvParts(ctx)
		if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
			f.missing.Add(1)
			return nil
		}
		if err != nil {
			return err
		}
		f.take(reply)
		if !wait(ctx, tick) {
			return nil
		}
	}
}

// wait waits for the next tick.
func wait(ctx context.Context, tick *time.Ticker) bool {
	select {
	case <-tick.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// manyRequests has goroutines share one DEALER, with timeouts that often strike.
func (n *node) manyRequests(ctx context.Context, at string) {
	f := n.flow("dealer")
	s, _, err := n.open(zmq.Dealer, false, at, n.curve...)
	n.goDo(ctx, func() error {
		if err != nil {
			return err
		}
		<-ctx.Done()
		return s.Close()
	})
	for i := range 8 {
		n.goDo(ctx, func() error {
			tick := time.NewTicker(8 * pace)
			defer tick.Stop()
			name := fmt.Sprint("dealer", i)
			for k := uint64(1); wait(ctx, tick); k++ {
				limit, cancel := context.WithTimeout(ctx, answerTime)
				reply, err := s.Request(limit, body(name, k)...)
				cancel()
				if errors.Is(err, context.DeadlineExceeded) {
					if ctx.Err() == nil {
						f.missing.Add(1)
					}
					continue
				}
				if err != nil {
					return err
				}
				f.one(reply, name, k)
			}
			return nil
		})
	}
}

// one takes a message that has to be a certain one.
func (f *flow) one(msg [][]byte, sender string, n uint64) {
	if len(msg) != 3 || string(msg[0]) != sender || string(msg[1]) != fmt.Sprint(n) {
		f.blame("%.60q is not message %d of %s", msg, n, sender)
		return
	}
	f.received.Add(1)
}

// receive takes what a peer sends to one socket. It returns where the socket is.
func (n *node) receive(ctx context.Context, name string, t zmq.SocketType, bind bool, endpoint string, opts ...zmq.SocketOption) string {
	f := n.flow(name)
	s, at, err := n.open(t, bind, endpoint, opts...)
	n.goDo(ctx, func() error {
		if err != nil {
			return err
		}
		defer s.Close()
		for msg, err := range s.Messages(ctx) {
			if err != nil {
				return err
			}
			if t == zmq.Router {
				msg = msg[1:]
			}
			f.take(msg)
		}
		return nil
	})
	return at
}

// subscribers takes from the forwarder by one SUB that stays, and by one that comes and goes, changes its mind, and
// ends its connections.
func (n *node) subscribers(ctx context.Context, at string) {
	n.receive(ctx, "forwarder", zmq.Sub, false, at, append(n.curve, zmq.Subscribe("peer"))...)
	n.goDo(ctx, func() error {
		s, _, err := n.open(zmq.Sub, false, at, n.curve...)
		if err != nil {
			return err
		}
		defer s.Close()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for i := 0; wait(ctx, tick); i++ {
			topic := fmt.Sprint("peer", i%10)
			err := errors.Join(s.Set(zmq.Subscribe(topic)), s.Set(zmq.Unsubscribe(topic)))
			if i%5 == 4 {
				err = errors.Join(err, s.Disconnect(at), s.Connect(at))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// inproc has two PAIRs of one process talk.
func (n *node) inproc(ctx context.Context) {
	f := n.flow("inproc")
	left, at, err := n.open(zmq.Pair, true, "inproc://pair")
	if err == nil {
		var right *zmq.Socket
		if right, _, err = n.open(zmq.Pair, false, at); err == nil {
			n.goDo(ctx, func() error { defer left.Close(); return send(ctx, left, "left") })
			n.goDo(ctx, func() error {
				defer right.Close()
				for msg, err := range right.Messages(ctx) {
					if err != nil {
						return err
					}
					f.take(msg)
				}
				return nil
			})
		}
	}
	if err != nil {
		n.goDo(ctx, func() error { return err })
	}
}

// bursts sends batches, and large messages that C borrows from Go.
func (n *node) bursts(ctx context.Context) {
	f := n.flow("bursts")
	n.goDo(ctx, func() error {
		pull, at, err := n.open(zmq.Pull, true, n.ipc("bursts"))
		if err != nil {
			return err
		}
		defer pull.Close()
		push, _, err := n.open(zmq.Push, false, at, zmq.Linger(0))
		if err != nil {
			return err
		}
		defer push.Close()
		out, err := zmq.NewBatch(3 * 64)
		if err != nil {
			return err
		}
		defer out.Close()
		in, err := zmq.NewBatch(3 * 64)
		if err != nil {
			return err
		}
		defer in.Close()
		tick := time.NewTicker(50 * pace)
		defer tick.Stop()
		for i := uint64(1); wait(ctx, tick); i += 64 {
			if err := burst(ctx, f, push, pull, out, in, i); err != nil {
				return err
			}
			if err := lend(ctx, f, push, pull, i); err != nil {
				return err
			}
		}
		return nil
	})
}

func burst(ctx context.Context, f *flow, push, pull *zmq.Socket, out, in *zmq.Batch, from uint64) error {
	if err := out.Reset(); err != nil {
		return err
	}
	for i := from; i < from+64; i++ {
		if err := out.Add(body("burst", i)...); err != nil {
			return err
		}
	}
	for out.Len() > 0 {
		if _, err := push.SendBatch(ctx, out); err != nil {
			return err
		}
	}
	for got := 0; got < 64; {
		k, err := pull.RecvBatch(ctx, in)
		if err != nil {
			return err
		}
		for _, msg := range in.All() {
			f.take(msg)
		}
		got += k
	}
	return nil
}

// lend sends a large message without copying it, and takes it.
func lend(ctx context.Context, f *flow, push, pull *zmq.Socket, i uint64) error {
	large := bytes.Repeat([]byte{byte(i)}, 100_000)
	m, err := zmq.PinMessage(large, nil)
	if err != nil {
		return err
	}
	if err := push.SendMsgs(ctx, m); err != nil {
		m.Close()
		return err
	}
	got, err := pull.RecvParts(ctx)
	if err != nil {
		return err
	}
	if len(got) != 1 || !bytes.Equal(got[0], large) {
		f.blame("a lent message came as %d parts, other than it went", len(got))
	}
	return nil
}

// churn opens and ends contexts with sockets in them.
func (n *node) churn(ctx context.Context) {
	f := n.flow("churn")
	n.goDo(ctx, func() error {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for i := uint64(1); wait(ctx, tick); i++ {
			if err := n.generation(ctx, f, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// generation makes a context, sends one message by each of some patterns, and ends it.
func (n *node) generation(ctx context.Context, f *flow, i uint64) error {
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	for _, p := range [][2]zmq.SocketType{{zmq.Pull, zmq.Push}, {zmq.Rep, zmq.Req}, {zmq.Pair, zmq.Pair}, {zmq.Router, zmq.Dealer}} {
		a, err := c.NewSocket(p[0])
		if err != nil {
			return err
		}
		if err := a.Bind(tcp); err != nil {
			return err
		}
		at, err := a.LastEndpoint()
		if err != nil {
			return err
		}
		b, err := c.NewSocket(p[1])
		if err != nil {
			return err
		}
		n.sockets.Add(2)
		if err := b.Connect(at); err != nil {
			return err
		}
		if err := b.SendParts(ctx, body("churn", i)...); err != nil {
			return err
		}
		msg, err := a.RecvParts(ctx)
		if err != nil {
			return err
		}
		if p[0] == zmq.Router {
			msg = msg[1:]
		}
		f.one(msg, "churn", i)
	}
	return nil
}
