// Asyncserver is a conversation in which nobody takes turns: a client (DEALER) sends requests without waiting for replies, a server
// (ROUTER) works on many at once and sends as many replies to each as it likes, when it likes.
//
//	go run ./asyncserver server
//	go run ./asyncserver client
//	go run ./asyncserver client
//
// The client's socket is shared by the goroutine that sends and the one that receives. Replies say which request they belong to,
// since they come in any order. Where each request has one reply, Socket.Request does all that.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5570", "where the server is bound")
	atOnce   = flag.Int("at-once", 5, "how many requests the server works on at the same time")
	steps    = flag.Int("steps", 3, "how many replies a request gets")
	work     = flag.Duration("work", time.Second, "how long a step takes at most")
	requests = flag.Int("n", 10, "how many requests a client sends")
	interval = flag.Duration("interval", 100*time.Millisecond, "the client's pause between two requests")
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
	return errors.New("usage: asyncserver [flags] server|client")
}

func server(ctx context.Context, zc *zmq.Context) error {
	router, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return err
	}
	if err := router.Bind(*endpoint); err != nil {
		return err
	}
	var work sync.WaitGroup
	defer work.Wait()
	places := make(chan struct{}, *atOnce)
	for request, err := range router.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(request) != 2 {
			continue // no client of ours
		}
		places <- struct{}{} // the next request is taken when there is a place
		work.Add(1)
		go func() {
			defer work.Done()
			defer func() { <-places }()
			if err := answer(ctx, router, request[0], request[1]); err != nil {
				fmt.Println("request not answered:", err)
			}
		}()
	}
	return nil
}

// answer sends the replies to one request. To a client that has gone they are dropped.
func answer(ctx context.Context, router *zmq.Socket, client, request []byte) error {
	for step := range *steps {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(*work + 1)):
		}
		if err := router.SendParts(ctx, client, request, fmt.Appendf(nil, "step %d of %d", step+1, *steps)); err != nil {
			return err
		}
	}
	return nil
}

func client(ctx context.Context, zc *zmq.Context) error {
	dealer, err := zc.NewSocket(zmq.Dealer, zmq.Linger(0))
	if err != nil {
		return err
	}
	if err := dealer.Connect(*endpoint); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := make(chan error, 1)
	go func() { sent <- ask(ctx, dealer) }()
	for range *requests * *steps {
		reply, err := dealer.RecvParts(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", bytes.Join(reply, []byte(": ")))
	}
	return <-sent
}

// ask sends the requests, whatever has been answered.
func ask(ctx context.Context, dealer *zmq.Socket) error {
	for i := range *requests {
		if err := dealer.SendParts(ctx, fmt.Appendf(nil, "request %d", i+1)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*interval):
		}
	}
	return nil
}
