// Envelope is publish and subscribe with the key in a part of its own: subscriptions are compared with the first part of a message, so
// that content cannot be mistaken for a key.
//
//	go run ./envelope publisher
//	go run ./envelope -key B subscriber
//
// A message of several parts arrives as a whole or not at all. A filter still matches the beginning of the key: "B" matches
// "Berlin", too. Where keys must match as a whole, end them with a byte that no key contains.
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
)

var (
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5563", "where the publisher is bound")
	key      = flag.String("key", "B", "what the subscriber wants, A or B")
	interval = flag.Duration("interval", time.Second, "the publisher's pause")
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
	case "publisher":
		return publisher(ctx, zc)
	case "subscriber":
		return subscriber(ctx, zc)
	}
	return errors.New("usage: envelope [flags] publisher|subscriber")
}

func publisher(ctx context.Context, zc *zmq.Context) error {
	pub, err := zc.NewSocket(zmq.Pub)
	if err != nil {
		return err
	}
	if err := pub.Bind(*endpoint); err != nil {
		return err
	}
	for {
		if err := pub.SendParts(ctx, []byte("A"), []byte("B is not meant by this")); err != nil {
			return err
		}
		if err := pub.SendParts(ctx, []byte("B"), []byte("this is for B")); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*interval):
		}
	}
}

func subscriber(ctx context.Context, zc *zmq.Context) error {
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(*key))
	if err != nil {
		return err
	}
	if err := sub.Connect(*endpoint); err != nil {
		return err
	}
	for message, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", bytes.Join(message, []byte(": ")))
	}
	return nil
}
