// Bridge brings what is published inside a network to another one: it subscribes to the server of weather as its subscribers
// do, and publishes to them under an address of its own.
//
//	go run ./weather server
//	go run ./bridge
//	go run ./weather -endpoint tcp://127.0.0.1:8100 client
//
// The bridge knows no topics: it asks the server for what its own subscribers ask for, no more. The two sides may use different
// transports.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"

	"example.org/zmq"
)

var (
	inside  = flag.String("inside", "tcp://127.0.0.1:5556", "where the server is bound")
	outside = flag.String("outside", "tcp://127.0.0.1:8100", "where the bridge is bound")
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
	front, err := zc.NewSocket(zmq.XSub)
	if err != nil {
		return err
	}
	if err := front.Connect(*inside); err != nil {
		return err
	}
	back, err := zc.NewSocket(zmq.XPub)
	if err != nil {
		return err
	}
	if err := back.Bind(*outside); err != nil {
		return err
	}
	forwarder, err := zmq.NewForwarder(front, back)
	if err != nil {
		return err
	}
	return forwarder.Run(ctx)
}
