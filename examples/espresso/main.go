// Espresso looks into a proxy: everything that passes between publishers and subscribers, subscriptions included, is printed.
//
//	go run ./espresso
//	go run ./proxy -name oslo publisher
//	go run ./proxy -topic oslo subscriber
//
// It runs in place of the proxy of proxy. A subscription is a message that begins with byte 1, its end one that begins with byte 0: so
// what is printed also says when a subscriber has died.
//
// A capture gets a copy of every message. This one is lossy: it misses what it has no room for, where another would hold the traffic up.
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
	publishers  = flag.String("publishers", "tcp://127.0.0.1:5557", "where publishers connect")
	subscribers = flag.String("subscribers", "tcp://127.0.0.1:5558", "where subscribers connect")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	front, err := bound(zc, zmq.XSub, *publishers)
	if err != nil {
		return err
	}
	back, err := bound(zc, zmq.XPub, *subscribers)
	if err != nil {
		return err
	}
	capture, err := bound(zc, zmq.Pair, "inproc://capture")
	if err != nil {
		return err
	}
	eye, err := zc.NewSocket(zmq.Pair)
	if err != nil {
		return err
	}
	if err := eye.Connect("inproc://capture"); err != nil {
		return err
	}
	forwarder, err := zmq.NewForwarder(front, back, zmq.WithLossyCapture(capture))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := make(chan error, 1)
	go func() { watched <- watch(ctx, eye) }()
	err = forwarder.Run(ctx)
	cancel()
	<-watched
	fmt.Println(forwarder.Stats().Missed, "messages were not seen")
	return err
}

func watch(ctx context.Context, eye *zmq.Socket) error {
	for message, err := range eye.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%q\n", message)
	}
	return nil
}

// bound returns a socket that is bound to endpoint. It is closed with zc.
func bound(zc *zmq.Context, t zmq.SocketType, endpoint string, opts ...zmq.SocketOption) (*zmq.Socket, error) {
	s, err := zc.NewSocket(t, opts...)
	if err != nil {
		return nil, err
	}
	return s, s.Bind(endpoint)
}
