// Helloworld is the first program: a client sends a request, a server answers it. REQ and REP sockets take turns, so that
// each reply belongs to the request before it.
//
//	go run ./helloworld server
//	go run ./helloworld client
//
// The two may be started in any order, and the server may be stopped and started while the client is between two
// requests: ØMQ connects again by itself. A request that a server took with it when it died is another matter, see
// lazypirate.
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
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5555", "where the server is bound")
	requests = flag.Int("n", 10, "how many requests the client sends")
	interval = flag.Duration("interval", time.Second, "how long the client waits between two requests")
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

// run opens what both roles need, and closes it: what was sent is delivered before Close returns.
func run(ctx context.Context, role string) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	switch role {
	case "server":
		return server(ctx, zc)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: helloworld [flags] server|client")
}

func server(ctx context.Context, zc *zmq.Context) error {
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	if err := rep.Bind(*endpoint); err != nil {
		return err
	}
	bound, err := rep.LastEndpoint()
	if err != nil {
		return err
	}
	fmt.Println("bound to", bound)
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
	if err := req.Connect(*endpoint); err != nil {
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
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*interval):
		}
	}
	return nil
}
