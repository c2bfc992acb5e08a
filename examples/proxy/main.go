// Proxy connects any number of publishers with any number of subscribers, which know the proxy's two addresses and not each
// other's. Without it every subscriber would have to be told of each new publisher.
//
//	go run ./proxy proxy
//	go run ./proxy -name oslo publisher
//	go run ./proxy -name rome publisher
//	go run ./proxy -topic oslo subscriber
//
// XSUB and XPUB are SUB and PUB whose subscriptions are messages: the forwarder passes them on to the publishers, so that only
// what somebody wants comes to the proxy at all.
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
	publishers  = flag.String("publishers", "tcp://127.0.0.1:5557", "where publishers connect")
	subscribers = flag.String("subscribers", "tcp://127.0.0.1:5558", "where subscribers connect")
	name        = flag.String("name", "oslo", "what the publisher's messages begin with")
	topic       = flag.String("topic", "", "what the subscriber's messages begin with")
	interval    = flag.Duration("interval", 100*time.Millisecond, "the publisher's pause between two messages")
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
	case "proxy":
		return proxy(ctx, zc)
	case "publisher":
		return publisher(ctx, zc)
	case "subscriber":
		return subscriber(ctx, zc)
	}
	return errors.New("usage: proxy [flags] proxy|publisher|subscriber")
}

func proxy(ctx context.Context, zc *zmq.Context) error {
	front, err := zc.NewSocket(zmq.XSub)
	if err != nil {
		return err
	}
	if err := front.Bind(*publishers); err != nil {
		return err
	}
	back, err := zc.NewSocket(zmq.XPub)
	if err != nil {
		return err
	}
	if err := back.Bind(*subscribers); err != nil {
		return err
	}
	forwarder, err := zmq.NewForwarder(front, back)
	if err != nil {
		return err
	}
	fmt.Println("publishers connect to", *publishers, "and subscribers to", *subscribers)
	err = forwarder.Run(ctx)
	fmt.Println(forwarder.Stats().Back.MessagesOut, "messages passed on")
	return err
}

func publisher(ctx context.Context, zc *zmq.Context) error {
	pub, err := zc.NewSocket(zmq.Pub, zmq.Linger(time.Second)) // at the end the proxy may be away
	if err != nil {
		return err
	}
	if err := pub.Connect(*publishers); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := pub.SendParts(ctx, []byte(*name), fmt.Appendf(nil, "message %d", i)); err != nil {
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
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(*topic))
	if err != nil {
		return err
	}
	if err := sub.Connect(*subscribers); err != nil {
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
