package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"example.org/zmq"
)

// peerVariable makes this program a peer: it holds where the node's sockets are bound, and keys.
const peerVariable = "SOAK_PEER"

// pace is the pause between a sender's messages.
const pace = 10 * time.Millisecond

// runPeer is the other end of what the node does. It runs until it is killed.
func runPeer(ctx context.Context, spec string) error {
	f := strings.Fields(spec)
	if len(f) != 8 {
		return fmt.Errorf("%s has %d fields instead of 8", peerVariable, len(f))
	}
	work, publish, push, route, pair := f[0], f[1], f[2], f[3], f[4]
	server, err := zmq.ParseCurveKey(f[5])
	if err != nil {
		return err
	}
	public, err := zmq.ParseCurveKey(f[6])
	if err != nil {
		return err
	}
	secret, err := zmq.ParseCurveSecretKey(f[7])
	if err != nil {
		return err
	}
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	name := fmt.Sprint("peer", os.Getpid())
	failed := make(chan error)
	begin := func(t zmq.SocketType, endpoint string, do func(*zmq.Socket) error, opts ...zmq.SocketOption) {
		s, err := c.NewSocket(t, opts...)
		if err == nil {
			err = s.Connect(endpoint)
		}
		go func() {
			if err == nil {
				err = do(s)
			}
			failed <- fmt.Errorf("%v at %s: %w", t, endpoint, err)
		}()
	}
	curve := zmq.CurveClient(server, public, secret)
	stream := func(s *zmq.Socket) error { return send(ctx, s, name) }
	begin(zmq.Rep, work, func(s *zmq.Socket) error { return echo(ctx, s) })
	begin(zmq.Pub, publish, stream)
	begin(zmq.Push, push, stream, curve)
	begin(zmq.Dealer, route, stream, curve)
	begin(zmq.Pair, pair, stream)
	return <-failed
}

// send sends numbered messages for ever.
func send(ctx context.Context, s *zmq.Socket, name string) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := uint64(1); ; n++ {
		if err := s.SendParts(ctx, body(name, n)...); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// echo sends back what comes.
func echo(ctx context.Context, s *zmq.Socket) error {
	for msg, err := range s.Messages(ctx) {
		if err == nil {
			err = s.SendParts(ctx, msg...)
		}
		if err != nil && !errors.Is(err, zmq.EHOSTUNREACH) {
			return err
		}
	}
	return nil
}
