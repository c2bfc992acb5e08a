// Weather is publish and subscribe: a server (PUB) publishes the weather of many places, a client (SUB) has subscribed to one
// place and gets nothing else.
//
//	go run ./weather server
//	go run ./weather -place 10001 client
//
// A subscription is the beginning of a message, byte by byte. The server does not know its clients: it publishes to
// none as well, and a client gets what is published between the arrival of its subscription and the end of its connection. The client
// connects again by itself when the server comes back; what was published meanwhile is gone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5556", "where the server is bound")
	place    = flag.String("place", "10001", "the place of the client, 10000 to 10009")
	updates  = flag.Int("n", 100, "after how many updates the client ends")
	interval = flag.Duration("interval", time.Millisecond, "the server's pause between two updates")
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
	case "server":
		return server(ctx, zc)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: weather [flags] server|client")
}

func server(ctx context.Context, zc *zmq.Context) error {
	pub, err := zc.NewSocket(zmq.Pub)
	if err != nil {
		return err
	}
	if err := pub.Bind(*endpoint); err != nil {
		return err
	}
	for {
		update := fmt.Appendf(nil, "%d %d %d", 10000+rand.IntN(10), rand.IntN(50)-15, 10+rand.IntN(90))
		if err := pub.SendParts(ctx, update); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*interval):
		}
	}
}

func client(ctx context.Context, zc *zmq.Context) error {
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(*place+" "))
	if err != nil {
		return err
	}
	if err := sub.Connect(*endpoint); err != nil {
		return err
	}
	total := 0
	for i := range *updates {
		update, err := sub.RecvParts(ctx)
		if err != nil {
			return err
		}
		var zip, celsius, humidity int
		if _, err := fmt.Sscan(string(update[0]), &zip, &celsius, &humidity); err != nil {
			return fmt.Errorf("update %q: %w", update[0], err)
		}
		fmt.Printf("%d: %d °C, humidity %d %%\n", i+1, celsius, humidity)
		total += celsius
	}
	if *updates > 0 {
		fmt.Printf("on average %d °C at %s\n", total / *updates, *place)
	}
	return nil
}
