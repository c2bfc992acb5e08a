// Peering1 is the first step towards clusters that help each other out: each tells the others how many of its workers are free.
//
//	go run ./peering1 -name DC1 DC2 DC3
//	go run ./peering1 -name DC2 DC1 DC3
//	go run ./peering1 -name DC3 DC1 DC2
//
// State is published: it is of the moment, and whoever comes late gets the next. Each cluster binds a PUB socket and connects a SUB
// to those of all others, in whatever order they start. Here the number is made up; peering2 has tasks, and peering3 has both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	name     = flag.String("name", "DC1", "the name of this cluster; the arguments are those of the others")
	dir      = flag.String("dir", os.TempDir(), "the folder of the sockets")
	interval = flag.Duration("interval", time.Second, "how often the state is published")
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

// stateOf returns the endpoint at which a cluster publishes its state.
func stateOf(name string) string { return "ipc://" + filepath.Join(*dir, name+"-state") }

func run(ctx context.Context) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	pub, err := zc.NewSocket(zmq.Pub)
	if err != nil {
		return err
	}
	if err := pub.Bind(stateOf(*name)); err != nil {
		return err
	}
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(""))
	if err != nil {
		return err
	}
	for _, peer := range flag.Args() {
		if err := sub.Connect(stateOf(peer)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 2)
	go func() { ended <- publish(ctx, pub) }()
	go func() { ended <- listen(ctx, sub) }()
	err = <-ended
	cancel()
	<-ended
	return err
}

func publish(ctx context.Context, pub *zmq.Socket) error {
	for {
		if err := pub.SendParts(ctx, []byte(*name), fmt.Append(nil, rand.IntN(10))); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*interval):
		}
	}
}

func listen(ctx context.Context, sub *zmq.Socket) error {
	for state, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(state) != 2 {
			continue // not from a cluster
		}
		fmt.Printf("%s has %s free workers\n", state[0], state[1])
	}
	return nil
}
