// Broker stands between clients and workers: both know the broker's address and not each other's, and both may come and go.
//
//	go run ./broker broker
//	go run ./broker worker
//	go run ./broker -n 10 client
//
// To clients the broker is a ROUTER, which keeps who asked in front of each request; to workers it is a DEALER, which deals
// requests in turn; REQ and REP at the ends notice nothing. The device does it all: NewQueue. By hand it is two loops:
//
//	go run ./broker byhand
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
	frontend = flag.String("frontend", "tcp://127.0.0.1:5559", "where the broker is bound for clients")
	backend  = flag.String("backend", "tcp://127.0.0.1:5560", "where the broker is bound for workers")
	requests = flag.Int("n", 10, "how many requests the client sends")
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
	case "byhand":
		return byhand(ctx, zc)
	case "worker":
		return worker(ctx, zc)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: broker [flags] broker|byhand|worker|client")
}

// sides returns the broker's sockets.
func sides(zc *zmq.Context) (front, back *zmq.Socket, err error) {
	if front, err = zc.NewSocket(zmq.Router); err != nil {
		return nil, nil, err
	}
	if back, err = zc.NewSocket(zmq.Dealer); err != nil {
		return nil, nil, err
	}
	if err := front.Bind(*frontend); err != nil {
		return nil, nil, err
	}
	return front, back, back.Bind(*backend)
}

func broker(ctx context.Context, zc *zmq.Context) error {
	front, back, err := sides(zc)
	if err != nil {
		return err
	}
	queue, err := zmq.NewQueue(front, back)
	if err != nil {
		return err
	}
	return queue.Run(ctx)
}

// byhand is broker without the device. Sockets may be shared, so each direction has a goroutine.
func byhand(ctx context.Context, zc *zmq.Context) error {
	front, back, err := sides(zc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 2)
	pump := func(from, to *zmq.Socket) {
		for parts, err := range from.Messages(ctx) {
			if err == nil {
				err = to.SendParts(ctx, parts...)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}
	go pump(front, back)
	go pump(back, front)
	err = <-ended
	cancel()
	<-ended
	return err
}

func worker(ctx context.Context, zc *zmq.Context) error {
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	if err := rep.Connect(*backend); err != nil {
		return err
	}
	for request, err := range rep.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", request[0])
		if err := rep.SendParts(ctx, []byte("World")); err != nil {
			return err
		}
	}
	return nil
}

func client(ctx context.Context, zc *zmq.Context) error {
	req, err := zc.NewSocket(zmq.Req, zmq.Linger(0)) // nobody waits for a request when the client ends
	if err != nil {
		return err
	}
	if err := req.Connect(*frontend); err != nil {
		return err
	}
	for i := range *requests {
		if err := req.SendParts(ctx, fmt.Appendf(nil, "Hello %d", i+1)); err != nil {
			return err
		}
		reply, err := req.RecvParts(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%d: %s\n", i+1, reply[0])
	}
	return nil
}
