// Heartbeats shows two ways to notice that a peer is dead, or stands still, while its connection stays open: nothing in TCP says so.
//
//	go run ./heartbeats server
//	go run ./heartbeats client
//	go run ./heartbeats subscriber
//
// Then stop the server with Ctrl-Z, and let it go on with fg.
//
// The client has the engine send heartbeats (the option Heartbeat) and watches its connection with a Monitor: the engine gives up a
// connection over which no answer comes, and makes it again. Nothing has to be written for it, and the server needs not know; it
// tells whether the peer's engine answers, not whether the program behind it does its work.
//
// The subscriber has the server's program send heartbeats as messages, and misses them. That tells that the program works, costs messages,
// and fits PUB and SUB, where one publisher tells all. Between clients and workers both ends send them, see paranoidpirate.
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
	endpoint  = flag.String("endpoint", "tcp://127.0.0.1:5555", "where the server is bound for the client")
	publisher = flag.String("publisher", "tcp://127.0.0.1:5556", "where the server is bound for the subscriber")
	interval  = flag.Duration("interval", time.Second, "between two heartbeats")
	silence   = flag.Duration("silence", 3*time.Second, "how long the server may say nothing")
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
	case "subscriber":
		return subscriber(ctx, zc)
	}
	return fmt.Errorf("usage: heartbeats [flags] server|client|subscriber")
}

// server publishes heartbeats; to the client's engine its own answers by itself.
func server(ctx context.Context, zc *zmq.Context) error {
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	pub, err := zc.NewSocket(zmq.Pub)
	if err != nil {
		return err
	}
	if err := errors.Join(rep.Bind(*endpoint), pub.Bind(*publisher)); err != nil {
		return err
	}
	fmt.Println("bound to", *endpoint, "and", *publisher)
	ticker := time.NewTicker(*interval)
	defer ticker.Stop()
	for {
		if err := pub.SendParts(ctx, []byte("heartbeat")); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func client(ctx context.Context, zc *zmq.Context) error {
	req, err := zc.NewSocket(zmq.Req, zmq.Heartbeat(*interval, *silence))
	if err != nil {
		return err
	}
	monitor, err := req.Monitor(zmq.EventHandshakeSucceeded | zmq.EventDisconnected)
	if err != nil {
		return err
	}
	defer monitor.Close()
	if err := req.Connect(*endpoint); err != nil {
		return err
	}
	for event, err := range monitor.Events(ctx) {
		switch {
		case err != nil:
			return err
		case event.Type == zmq.EventDisconnected:
			fmt.Println("the server is gone")
		default:
			fmt.Println("the server is there")
		}
	}
	return nil
}

func subscriber(ctx context.Context, zc *zmq.Context) error {
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe("heartbeat"), zmq.RecvTimeout(*silence))
	if err != nil {
		return err
	}
	if err := sub.Connect(*publisher); err != nil {
		return err
	}
	there := false
	for {
		_, err := sub.RecvParts(ctx)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if (err == nil) == there {
			continue // nothing new
		}
		there = err == nil
		if there {
			fmt.Println("the server is there")
		} else {
			fmt.Println("the server is silent")
		}
	}
}
