// Snail is a subscriber that ends itself when it is too slow: what is late is worth nothing, and a subscriber that lags is found out
// at once, by whoever watches over the processes, and not by wrong results.
//
//	go run ./snail publisher
//	go run ./snail subscriber
//	go run ./snail -work 3ms subscriber
//
// Each message says when it was sent, so clocks must agree; on one machine they do. The message's way includes its time in the queues:
// a subscriber that does not keep up finds old messages there, and gives up as soon as they are older than -late.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5556", "where the publisher is bound")
	late     = flag.Duration("late", time.Second, "how old a message may be")
	work     = flag.Duration("work", 0, "how long the subscriber takes for a message")
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
	return errors.New("usage: snail [flags] publisher|subscriber")
}

func publisher(ctx context.Context, zc *zmq.Context) error {
	pub, err := zc.NewSocket(zmq.Pub)
	if err != nil {
		return err
	}
	if err := pub.Bind(*endpoint); err != nil {
		return err
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for start := time.Now(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			if err := pub.SendParts(ctx, fmt.Append(nil, now.UnixNano())); err != nil {
				return err
			}
			if now.Sub(start) >= *late {
				fmt.Println("published for another", *late)
				start = now
			}
		}
	}
}

func subscriber(ctx context.Context, zc *zmq.Context) error {
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(""))
	if err != nil {
		return err
	}
	if err := sub.Connect(*endpoint); err != nil {
		return err
	}
	first := true
	for message, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		sent, err := strconv.ParseInt(string(message[0]), 10, 64)
		if err != nil {
			return err
		}
		if first {
			fmt.Println("receiving")
			first = false
		}
		if age := time.Since(time.Unix(0, sent)); age > *late {
			return fmt.Errorf("too slow: a message is %v old", age)
		}
		time.Sleep(*work)
	}
	return nil
}
