// Simplepirate is a queue that gives each request to the worker that has been idle longest. Clients ask again when a worker dies over
// their request, and another worker gets it then.
//
//	go run ./simplepirate queue
//	go run ./simplepirate -name A worker
//	go run ./simplepirate -name B worker
//	go run ./lazypirate client
//
// Stop a worker: after one timeout of the client's the other one answers. The queue itself does not notice that a worker is dead, and
// gives it one request more; workers do not notice that the queue was started anew, and are idle for ever then. Paranoidpirate solves both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"example.org/zmq"
)

var (
	frontend = flag.String("frontend", "tcp://127.0.0.1:5555", "where the queue is bound for clients")
	backend  = flag.String("backend", "tcp://127.0.0.1:5556", "where the queue is bound for workers")
	name     = flag.String("name", "worker", "what the worker calls itself")
)

// ready is what a worker sends when it comes, in place of a reply.
const ready = "READY"

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0))
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

func run(ctx context.Context, role string) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	switch role {
	case "queue":
		return queue(ctx, zc)
	case "worker":
		return worker(ctx, zc)
	}
	return fmt.Errorf("usage: simplepirate [flags] queue|worker")
}

// queue has a goroutine for each direction, and a channel of idle workers between them.
func queue(ctx context.Context, zc *zmq.Context) error {
	clients, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return err
	}
	workers, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return err
	}
	if err := errors.Join(clients.Bind(*frontend), workers.Bind(*backend)); err != nil {
		return err
	}
	fmt.Println("bound to", *frontend, "and", *backend)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := make(chan []byte, 1000) // more of them wait until these are busy
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- toWorkers(ctx, clients, workers, idle)
	}()
	err = toClients(ctx, clients, workers, idle)
	cancel()
	return errors.Join(err, <-ended)
}

// toWorkers takes a request when there is a worker for it; others wait in the socket.
func toWorkers(ctx context.Context, clients, workers *zmq.Socket, idle <-chan []byte) error {
	for {
		select {
		case worker := <-idle:
			request, err := clients.RecvParts(ctx)
			if err != nil {
				return err
			}
			// The worker is a REQ, which takes away the empty part that follows its identity.
			if err := workers.SendParts(ctx, append([][]byte{worker, nil}, request...)...); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// toClients takes what workers send: the worker's identity, an empty part, and either READY or a client's identity and the reply.
func toClients(ctx context.Context, clients, workers *zmq.Socket, idle chan<- []byte) error {
	for message, err := range workers.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(message) < 3 || len(message[1]) != 0 {
			continue
		}
		if reply := message[2:]; len(reply) > 1 {
			if err := clients.SendParts(ctx, reply...); err != nil {
				return err
			}
		} else if string(reply[0]) != ready {
			continue
		}
		select {
		case idle <- message[0]:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func worker(ctx context.Context, zc *zmq.Context) error {
	req, err := zc.NewSocket(zmq.Req)
	if err != nil {
		return err
	}
	if err := req.Connect(*backend); err != nil {
		return err
	}
	if err := req.SendParts(ctx, []byte(ready)); err != nil {
		return err
	}
	fmt.Println("ready")
	for request, err := range req.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(request) < 3 {
			return errors.New("the queue has sent something that is not a request")
		}
		fmt.Printf("%s\n", request[2])
		// A client's identity and an empty part come first, and go back with the reply.
		if err := req.SendParts(ctx, request[0], nil, fmt.Appendf(nil, "%s from %s", "World", *name)); err != nil {
			return err
		}
	}
	return nil
}
