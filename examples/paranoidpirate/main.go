// Paranoidpirate is a queue and workers that watch each other: both send heartbeats (the Paranoid Pirate Protocol, RFC 6), so that the
// queue gives requests to workers that are alive, and workers come back to a queue that was started anew.
//
//	go run ./paranoidpirate queue
//	go run ./paranoidpirate -name A worker
//	go run ./paranoidpirate -name B worker
//	go run ./lazypirate client
//
// Stop any of them, or let it stand still with Ctrl-Z, and let it go on. A request that a worker took with it is asked again by the
// client. For workers of several kinds behind one queue see majordomo.
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
	frontend = flag.String("frontend", "tcp://127.0.0.1:5555", "where the queue is bound for clients")
	backend  = flag.String("backend", "tcp://127.0.0.1:5556", "where the queue is bound for workers")
	name     = flag.String("name", "worker", "what the worker calls itself")
	interval = flag.Duration("interval", time.Second, "between two heartbeats; the same for all")
	liveness = flag.Int("liveness", 3, "how many intervals a peer may say nothing")
)

// The commands of the protocol. Every other message is a request or a reply.
const (
	ready     = "\x01"
	heartbeat = "\x02"
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
	case "queue":
		q, err := newQueue(zc)
		if err != nil {
			return err
		}
		return q.run(ctx)
	case "worker":
		return worker(ctx, zc)
	}
	return fmt.Errorf("usage: paranoidpirate [flags] queue|worker")
}

// silence is how long a peer may say nothing.
func silence() time.Duration { return time.Duration(*liveness) * *interval }
