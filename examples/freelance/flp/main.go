// Flp is package freelance as programs: servers that can each answer every request, and a client that finds one that does, in the three
// models of the pattern (-model). The third one speaks the Freelance Protocol (RFC 10).
//
//	go run ./freelance/flp server tcp://127.0.0.1:5555
//	go run ./freelance/flp server tcp://127.0.0.1:5556
//	go run ./freelance/flp client tcp://127.0.0.1:5555 tcp://127.0.0.1:5556
//
// Give all of them -model 1 for clients that ask one server after the other, or -model 2 for clients that ask all at once. Stop a server, let
// one stand still with Ctrl-Z, start one again: as long as one of them is there the client gets its replies.
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
	"example.org/zmq/examples/freelance"
)

var (
	model    = flag.Int("model", 3, "1: one server after the other; 2: all at once; 3: one that is alive")
	requests = flag.Int("n", 10, "how many requests the client sends")
	interval = flag.Duration("interval", time.Second, "how long the client waits between two requests")
	timeout  = flag.Duration("timeout", time.Second, "how long one server may take; of model 2, all of them")
	ping     = flag.Duration("ping", time.Second, "between two pings of model 3")
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
	endpoints := flag.Args()
	switch {
	case role == "server" && len(endpoints) == 2:
		return server(ctx, zc, endpoints[1])
	case role == "client" && len(endpoints) >= 2:
		return client(ctx, zc, endpoints[1:])
	}
	return errors.New("usage: flp [flags] client ENDPOINT...|server ENDPOINT")
}

func server(ctx context.Context, zc *zmq.Context, endpoint string) error {
	answer := func(_ context.Context, request [][]byte) [][]byte {
		return [][]byte{fmt.Appendf(nil, "%s answered by %s", request[0], endpoint)}
	}
	fmt.Println("serving at", endpoint)
	if *model == 3 {
		return freelance.Serve(ctx, zc, endpoint, answer, freelance.ServerOptions{Workers: 4})
	}
	return freelance.ServeReplies(ctx, zc, endpoint, *model == 2, answer)
}

// asker is what the models have in common.
type asker func(ctx context.Context, body ...[]byte) ([][]byte, error)

func client(ctx context.Context, zc *zmq.Context, endpoints []string) error {
	ask, end, err := newAsker(zc, endpoints)
	if err != nil {
		return err
	}
	defer end()
	for i := 0; i < *requests; {
		reply, err := ask(ctx, fmt.Appendf(nil, "request %d", i+1))
		switch {
		case err == nil:
			fmt.Printf("%s\n", reply[0])
			i++
		case errors.Is(err, freelance.ErrNoReply):
			fmt.Println("no server has answered, asking again")
		default:
			return err
		}
		select {
		case <-time.After(*interval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func newAsker(zc *zmq.Context, endpoints []string) (asker, func() error, error) {
	switch *model {
	case 1:
		return func(ctx context.Context, body ...[]byte) ([][]byte, error) {
			return freelance.Failover(ctx, zc, endpoints, *timeout, body...)
		}, func() error { return nil }, nil
	case 2:
		s, err := freelance.NewShotgun(zc, endpoints)
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context, body ...[]byte) ([][]byte, error) {
			ctx, cancel := context.WithTimeout(ctx, *timeout)
			defer cancel()
			return s.Request(ctx, body...)
		}, s.Close, nil
	case 3:
		c, err := freelance.NewClient(zc, freelance.Options{Ping: *ping, Timeout: *timeout})
		if err != nil {
			return nil, nil, err
		}
		for _, endpoint := range endpoints {
			if err := c.Connect(endpoint); err != nil {
				return nil, nil, errors.Join(err, c.Close())
			}
		}
		return c.Request, c.Close, nil
	}
	return nil, nil, fmt.Errorf("there is no model %d: they are 1 to 3", *model)
}
