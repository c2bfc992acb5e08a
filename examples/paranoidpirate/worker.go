package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/zmq"
)

// errLost ends a session with a queue that says nothing any more.
var errLost = errors.New("the queue is silent")

// worker comes to the queue again and again, with longer and longer pauses as long as nobody is there.
func worker(ctx context.Context, zc *zmq.Context) error {
	pause := *interval
	for {
		heard, err := session(ctx, zc)
		if !errors.Is(err, errLost) {
			return err
		}
		if heard {
			pause = *interval
		}
		fmt.Printf("%v, coming again in %v\n", err, pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause = min(2*pause, 32**interval)
	}
}

// session answers requests, and reports whether the queue has said anything. A queue that was started anew does not know the worker, and
// sends it no heartbeats; nor does one that took the worker for dead.
func session(ctx context.Context, zc *zmq.Context) (heard bool, err error) {
	dealer, err := zc.NewSocket(zmq.Dealer, zmq.Linger(0))
	if err != nil {
		return false, err
	}
	defer dealer.Close()
	if err := dealer.Connect(*backend); err != nil {
		return false, err
	}
	if err := dealer.SendParts(ctx, []byte(ready)); err != nil {
		return false, err
	}
	fmt.Println("ready")
	last, next := time.Now(), time.Now().Add(*interval)
	for {
		message, err := receiveUntil(ctx, dealer, next)
		if err != nil {
			return heard, err
		}
		now := time.Now()
		if message != nil {
			heard, last = true, now
			if err := answer(ctx, dealer, message); err != nil {
				return heard, err
			}
		}
		if now.Sub(last) > silence() {
			return heard, errLost
		}
		if !now.Before(next) {
			next = now.Add(*interval)
			if err := dealer.SendParts(ctx, []byte(heartbeat)); err != nil {
				return heard, err
			}
		}
	}
}

// answer deals with a client's identity, an empty part and the request; heartbeats are shorter. Work that takes longer than a heartbeat
// interval would have to go on beside them, on a goroutine of its own, as in package majordomo.
func answer(ctx context.Context, dealer *zmq.Socket, message [][]byte) error {
	if len(message) < 3 || len(message[1]) != 0 {
		return nil
	}
	fmt.Printf("%s\n", message[2])
	return dealer.SendParts(ctx, message[0], nil, fmt.Appendf(nil, "World from %s", *name))
}

// receiveUntil returns no message when the deadline passes.
func receiveUntil(ctx context.Context, s *zmq.Socket, deadline time.Time) ([][]byte, error) {
	until, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	message, err := s.RecvParts(until)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, nil
	}
	return message, err
}
