// Service answers many requests at once: a ROUTER socket, shared by as many goroutines as are to work at the same time.
//
//	go run ./service -workers 4
//	go run ./helloworld client
//
// In languages without goroutines each thread has a socket of its own, and a device in between deals requests out. Sockets of this
// package may be shared: each goroutine receives a request, works, and sends the reply. A REP socket would not do, since it
// takes turns; a ROUTER says who asked, and takes replies in any order.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5555", "where the service is bound")
	workers  = flag.Int("workers", 4, "how many requests are worked on at the same time")
	work     = flag.Duration("work", 100*time.Millisecond, "how long a request takes")
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
	router, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return err
	}
	if err := router.Bind(*endpoint); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, *workers)
	for i := range *workers {
		go func() { ended <- worker(ctx, router, i) }()
	}
	for i := range *workers {
		if e := <-ended; i == 0 {
			err = e
			cancel() // the first that ends ends all
		}
	}
	return err
}

// worker answers one request after the other.
func worker(ctx context.Context, router *zmq.Socket, number int) error {
	for message, err := range router.Messages(ctx) {
		if err != nil {
			return err
		}
		envelope, request := open(message)
		if len(envelope) == 0 || len(request) == 0 {
			continue // no client of ours
		}
		fmt.Printf("worker %d: %s\n", number, request[0])
		time.Sleep(*work)
		if err := router.SendParts(ctx, append(envelope, []byte("World"))...); err != nil {
			return err
		}
	}
	return nil
}

// open divides a message into its envelope, which goes back with the reply, and the request. The envelope is the way back, and
// ends with the empty part that a REQ puts there; without one there is none.
func open(message [][]byte) (envelope, request [][]byte) {
	end := 1 + slices.IndexFunc(message, func(part []byte) bool { return len(part) == 0 })
	return message[:end:end], message[end:]
}
