// Nodesync is a publisher that begins when all of its subscribers are there, so that none misses the beginning.
//
//	go run ./nodesync -subscribers 2 publisher
//	go run ./nodesync subscriber
//	go run ./nodesync subscriber
//
// A subscription is a message to the publisher. An XPUB receives it; with XPubVerboser it receives those of every subscriber, and a
// message for each that ends. When it has counted enough of them, none misses what is published from then on. A subscriber that
// says by a REQ socket that it is ready gives no such certainty: the request can arrive before the subscription.
//
// XPubNoDrop makes the publisher wait for a subscriber that is slow, which otherwise misses what it has no room for.
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
	endpoint    = flag.String("endpoint", "tcp://127.0.0.1:5561", "where the publisher is bound")
	subscribers = flag.Int("subscribers", 2, "how many subscribers the publisher waits for")
	updates     = flag.Int("n", 100_000, "how many updates are published")
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
	return errors.New("usage: nodesync [flags] publisher|subscriber")
}

func publisher(ctx context.Context, zc *zmq.Context) error {
	pub, err := zc.NewSocket(zmq.XPub, zmq.XPubVerboser(true), zmq.XPubNoDrop(true))
	if err != nil {
		return err
	}
	if err := pub.Bind(*endpoint); err != nil {
		return err
	}
	for here := 0; here < *subscribers; {
		subscription, err := pub.RecvParts(ctx)
		if err != nil {
			return err
		}
		switch string(subscription[0]) {
		case "\x01": // a subscription to everything
			here++
		case "\x00": // one that has ended
			here--
		}
		fmt.Println(here, "subscribers")
	}
	for i := range *updates {
		if err := pub.SendParts(ctx, fmt.Appendf(nil, "update %d", i)); err != nil {
			return err
		}
	}
	return pub.SendParts(ctx, []byte("end"))
}

func subscriber(ctx context.Context, zc *zmq.Context) error {
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(""))
	if err != nil {
		return err
	}
	if err := sub.Connect(*endpoint); err != nil {
		return err
	}
	received := 0
	for update, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		if string(update[0]) == "end" {
			break
		}
		received++
		if received == 1 {
			fmt.Printf("the first is %s\n", update[0])
		}
	}
	fmt.Println(received, "updates received")
	return nil
}
