// Mdp is package majordomo as programs: a broker, workers that offer a service by its name, and three kinds of client. They speak the
// Majordomo Protocol (RFC 7, 8), as programs in other languages do.
//
//	go run ./majordomo/mdp broker
//	go run ./majordomo/mdp worker
//	go run ./majordomo/mdp client one two three
//	go run ./majordomo/mdp async one two three
//	go run ./majordomo/mdp discover
//
// The worker offers the service "upper" (-service), which returns a text in capital letters. The client waits for each reply, and asks
// again if none comes; async sends all requests before it waits; discover asks the broker whether somebody offers the service. Stop any
// of them and start it again: the others go on.
package main

import (
	"bytes"
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
	"example.org/zmq/examples/majordomo"
)

var (
	endpoint  = flag.String("endpoint", "tcp://127.0.0.1:5555", "where the broker is bound")
	service   = flag.String("service", "upper", "the service that is offered, or asked")
	heartbeat = flag.Duration("heartbeat", 2500*time.Millisecond, "between two heartbeats; the same for all")
	timeout   = flag.Duration("timeout", 2500*time.Millisecond, "how long a client waits for a reply before it asks again")
	retries   = flag.Int("retries", 3, "how often a client asks again")
	interval  = flag.Duration("interval", 0, "how long the client waits between two requests")
	work      = flag.Duration("work", 0, "how long the worker takes for a request")
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
	opts := majordomo.Options{Heartbeat: *heartbeat, Timeout: *timeout, Retries: *retries}
	switch role {
	case "broker":
		return broker(ctx, zc, opts)
	case "worker":
		return majordomo.Serve(ctx, zc, *endpoint, *service, upper, opts)
	case "client":
		return client(ctx, zc, opts, flag.Args()[1:])
	case "async":
		return async(ctx, zc, opts, flag.Args()[1:])
	case "discover":
		return discover(ctx, zc, opts)
	}
	return errors.New("usage: mdp [flags] broker|worker|client TEXT...|async TEXT...|discover")
}

func broker(ctx context.Context, zc *zmq.Context, opts majordomo.Options) error {
	b, err := majordomo.NewBroker(zc, opts, *endpoint)
	if err != nil {
		return err
	}
	defer b.Close()
	at, err := b.Endpoint()
	if err != nil {
		return err
	}
	fmt.Println("bound to", at)
	return b.Run(ctx)
}

// upper is the worker's work.
func upper(ctx context.Context, request [][]byte) [][]byte {
	text := bytes.Join(request, []byte(" "))
	fmt.Printf("working on %s\n", text)
	select {
	case <-time.After(*work):
	case <-ctx.Done():
	}
	return [][]byte{bytes.ToUpper(text)}
}

func client(ctx context.Context, zc *zmq.Context, opts majordomo.Options, texts []string) error {
	c := majordomo.NewClient(zc, *endpoint, opts)
	defer c.Close()
	for _, text := range texts {
		reply, err := c.Request(ctx, *service, []byte(text))
		if err != nil {
			return err
		}
		fmt.Printf("%s: %s\n", text, reply[0])
		select {
		case <-time.After(*interval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// async sends all requests at once, so that all workers are busy. A reply that was lost is not asked for again.
func async(ctx context.Context, zc *zmq.Context, opts majordomo.Options, texts []string) error {
	c, err := majordomo.NewAsyncClient(zc, *endpoint, opts)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, text := range texts {
		if err := c.Send(ctx, *service, []byte(text)); err != nil {
			return err
		}
	}
	for range texts {
		_, reply, err := c.Recv(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", reply[0])
	}
	return nil
}

func discover(ctx context.Context, zc *zmq.Context, opts majordomo.Options) error {
	c := majordomo.NewClient(zc, *endpoint, opts)
	defer c.Close()
	there, err := c.Offered(ctx, *service)
	if err != nil {
		return err
	}
	if !there {
		fmt.Printf("nobody offers %q\n", *service)
		return nil
	}
	fmt.Printf("%q is offered\n", *service)
	return nil
}
