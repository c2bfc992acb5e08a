// Pair is how parts of one program signal each other by PAIR sockets over inproc: three steps, each of which waits until the one
// before it is ready.
//
//	go run ./pair
//
// Between goroutines a channel does the same, and is Go's own way. PAIR is for what has to be a socket: a signal that a Poller waits
// for beside others, or that comes from C code which shares the context. Over inproc the two may bind and connect in any order,
// and nothing connects again; over a network use other types.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"example.org/zmq"
)

var work = flag.Duration("work", 100*time.Millisecond, "how long the first step takes")

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
	ready, err := zc.NewSocket(zmq.Pair)
	if err != nil {
		return err
	}
	if err := ready.Bind("inproc://step3"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var steps sync.WaitGroup
	defer steps.Wait()
	defer cancel(nil)
	for _, step := range []func(context.Context, *zmq.Context) error{step1, step2} {
		steps.Add(1)
		go func() {
			defer steps.Done()
			if err := step(ctx, zc); err != nil {
				cancel(err) // step 3 would wait for ever
			}
		}()
	}
	if _, err := ready.RecvParts(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	fmt.Println("step 3: all are ready")
	return nil
}

func step1(ctx context.Context, zc *zmq.Context) error {
	fmt.Println("step 1: working")
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(*work):
	}
	return signalTo(ctx, zc, "inproc://step2")
}

func step2(ctx context.Context, zc *zmq.Context) error {
	ready, err := zc.NewSocket(zmq.Pair)
	if err != nil {
		return err
	}
	defer ready.Close()
	if err := ready.Bind("inproc://step2"); err != nil {
		return err
	}
	if _, err := ready.RecvParts(ctx); err != nil {
		return err
	}
	fmt.Println("step 2: step 1 is ready")
	return signalTo(ctx, zc, "inproc://step3")
}

// signalTo tells the step that is bound to endpoint that the one before it is ready.
func signalTo(ctx context.Context, zc *zmq.Context, endpoint string) error {
	pair, err := zc.NewSocket(zmq.Pair)
	if err != nil {
		return err
	}
	defer pair.Close() // what was sent is delivered all the same
	if err := pair.Connect(endpoint); err != nil {
		return err
	}
	return pair.SendParts(ctx, nil)
}
