// Loadbalancer gives each request to the free worker that has waited longest, so that no request waits behind a slow worker, as it
// does behind a device, which deals in turn.
//
//	go run ./loadbalancer broker
//	go run ./loadbalancer worker
//	go run ./loadbalancer worker
//	go run ./loadbalancer client
//
// A worker (REQ) says that it is ready, and says so again with each reply. The broker has a ROUTER on both sides, so that it can say
// which worker a request goes to. The queue of free workers is a channel.
//
// A worker that dies loses the request that it had. The client bounds each Request by a timeout, and then sends it once more: do that
// only where it does no harm if a request is worked on twice.
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
	"time"

	"example.org/zmq"
)

var (
	frontend = flag.String("frontend", "tcp://127.0.0.1:5672", "where the broker is bound for clients")
	backend  = flag.String("backend", "tcp://127.0.0.1:5673", "where the broker is bound for workers")
	work     = flag.Duration("work", 100*time.Millisecond, "how long the worker takes for a request")
	requests = flag.Int("n", 10, "how many requests the client sends")
	timeout  = flag.Duration("timeout", 3*time.Second, "after what time the client sends a request once more")
)

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
	case "broker":
		return broker(ctx, zc)
	case "worker":
		return worker(ctx, zc)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: loadbalancer [flags] broker|worker|client")
}

func broker(ctx context.Context, zc *zmq.Context) error {
	clients, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return err
	}
	if err := clients.Bind(*frontend); err != nil {
		return err
	}
	workers, err := zc.NewSocket(zmq.Router, zmq.RouterMandatory(true))
	if err != nil {
		return err
	}
	if err := workers.Bind(*backend); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	free := make(chan []byte, 1000) // names of workers
	ended := make(chan error, 2)
	go func() { ended <- requestsToWorkers(ctx, clients, workers, free) }()
	go func() { ended <- repliesToClients(ctx, clients, workers, free) }()
	err = <-ended
	cancel()
	<-ended
	return err
}

// requestsToWorkers takes a request only when there is a worker for it.
func requestsToWorkers(ctx context.Context, clients, workers *zmq.Socket, free <-chan []byte) error {
	for {
		var worker []byte
		select {
		case <-ctx.Done():
			return ctx.Err()
		case worker = <-free:
		}
		request, err := clients.RecvParts(ctx)
		if err != nil {
			return err
		}
		for {
			err := workers.SendParts(ctx, append([][]byte{worker, nil}, request...)...)
			if err == nil {
				break
			}
			if !errors.Is(err, zmq.EHOSTUNREACH) {
				return err
			}
			select { // this worker is gone: the next one
			case <-ctx.Done():
				return ctx.Err()
			case worker = <-free:
			}
		}
	}
}

// repliesToClients takes what workers send: their name, an empty part, and the client's envelope with the reply, or one part to say
// that they are there.
func repliesToClients(ctx context.Context, clients, workers *zmq.Socket, free chan<- []byte) error {
	for message, err := range workers.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(message) > 3 {
			if err := clients.SendParts(ctx, message[2:]...); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case free <- message[0]:
		}
	}
	return nil
}

func worker(ctx context.Context, zc *zmq.Context) error {
	req, err := zc.NewSocket(zmq.Req, zmq.Linger(0))
	if err != nil {
		return err
	}
	if err := req.Connect(*backend); err != nil {
		return err
	}
	answer := [][]byte{[]byte("ready")}
	for {
		if err := req.SendParts(ctx, answer...); err != nil {
			return err
		}
		request, err := req.RecvParts(ctx)
		if err != nil {
			return err
		}
		last := len(request) - 1 // before it is the client's envelope
		fmt.Printf("working on %s\n", request[last])
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*work):
		}
		answer = append(request[:last], []byte("done"))
	}
}

func client(ctx context.Context, zc *zmq.Context) error {
	dealer, err := zc.NewSocket(zmq.Dealer, zmq.Immediate(true), zmq.Linger(0))
	if err != nil {
		return err
	}
	if err := dealer.Connect(*frontend); err != nil {
		return err
	}
	for i := 1; i <= *requests; {
		try, cancel := context.WithTimeout(ctx, *timeout)
		reply, err := dealer.Request(try, fmt.Appendf(nil, "task %d", i))
		cancel()
		switch {
		case err == nil:
			fmt.Printf("%d: %s\n", i, reply[0])
			i++
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return err
		default:
			fmt.Printf("%d: no reply, once more\n", i)
		}
	}
	return nil
}
