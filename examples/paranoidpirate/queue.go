package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/zmq"
)

// queue waits for two sockets with one Poller, and leaves clients alone while no worker is idle.
type queue struct {
	clients, workers *zmq.Socket
	poller           *zmq.Poller
	idle             roster
}

func newQueue(zc *zmq.Context) (*queue, error) {
	clients, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return nil, err
	}
	workers, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(clients.Bind(*frontend), workers.Bind(*backend)); err != nil {
		return nil, err
	}
	poller, err := zmq.NewPoller()
	if err != nil {
		return nil, err
	}
	fmt.Println("bound to", *frontend, "and", *backend)
	return &queue{clients, workers, poller, roster{silence: silence()}}, poller.Add(workers, zmq.PollIn)
}

func (q *queue) run(ctx context.Context) error {
	defer q.poller.Close()
	next := time.Now().Add(*interval)
	polled := false // the clients are in the poller
	for {
		q.idle.expire(time.Now())
		if wanted := len(q.idle.workers) > 0; wanted != polled {
			polled = wanted
			if err := q.pollClients(wanted); err != nil {
				return err
			}
		}
		if err := q.wait(ctx, next); err != nil {
			return err
		}
		if now := time.Now(); !now.Before(next) {
			next = now.Add(*interval)
			if err := q.sendHeartbeats(ctx); err != nil {
				return err
			}
		}
	}
}

func (q *queue) pollClients(wanted bool) error {
	if wanted {
		return q.poller.Add(q.clients, zmq.PollIn)
	}
	return q.poller.Remove(q.clients)
}

// wait deals with one message of each socket that has some, or with none if the time for heartbeats comes first.
func (q *queue) wait(ctx context.Context, next time.Time) error {
	until, cancel := context.WithDeadline(ctx, next)
	defer cancel()
	ready, err := q.poller.Wait(until)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range ready {
		message, err := r.Socket.RecvParts(ctx)
		if err != nil {
			return err
		}
		if r.Socket == q.workers {
			err = q.fromWorker(ctx, message)
		} else {
			err = q.fromClient(ctx, message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fromWorker takes a worker's identity and a command, or a client's identity, an empty part and the reply.
func (q *queue) fromWorker(ctx context.Context, message [][]byte) error {
	worker, rest := string(message[0]), message[1:]
	now := time.Now()
	switch {
	case len(rest) == 1 && string(rest[0]) == heartbeat:
		q.idle.heard(worker, now)
		return nil
	case len(rest) == 1 && string(rest[0]) == ready:
		q.idle.add(worker, now)
		return nil
	case len(rest) < 3 || len(rest[1]) != 0:
		return nil // not of the protocol
	}
	q.idle.add(worker, now)
	return q.clients.SendParts(ctx, rest...)
}

// fromClient gives the request to a worker. If the last one has just turned out to be busy or dead the client asks again.
func (q *queue) fromClient(ctx context.Context, request [][]byte) error {
	worker, ok := q.idle.take()
	if !ok {
		return nil
	}
	return q.workers.SendParts(ctx, append([][]byte{[]byte(worker)}, request...)...)
}

func (q *queue) sendHeartbeats(ctx context.Context) error {
	for _, w := range q.idle.workers {
		if err := q.workers.SendParts(ctx, []byte(w.identity), []byte(heartbeat)); err != nil {
			return err
		}
	}
	return nil
}
