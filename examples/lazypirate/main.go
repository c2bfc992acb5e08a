// Lazypirate is a client that does not give up when a reply does not come: it asks again, and says so when that does not help.
//
//	go run ./lazypirate server
//	go run ./lazypirate client
//
// Stop the server and start it again while the client runs. A REQ whose request was lost waits for a reply that never comes, and
// refuses to send another request: so the client closes it and opens a new one. That also keeps a late reply to the old request from
// being taken for the new one's. The server may get a request twice, and must not mind.
//
// The client works as well with simplepirate and paranoidpirate, which have several servers behind a queue.
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
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5555", "where the server is bound")
	requests = flag.Int("n", 10, "how many requests the client sends")
	interval = flag.Duration("interval", time.Second, "how long the client waits between two requests")
	timeout  = flag.Duration("timeout", 2500*time.Millisecond, "how long the client waits for a reply")
	retries  = flag.Int("retries", 3, "how often the client sends a request again")
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
	return fmt.Errorf("usage: lazypirate [flags] server|client")
}

func server(ctx context.Context, zc *zmq.Context) error {
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	if err := rep.Bind(*endpoint); err != nil {
		return err
	}
	fmt.Println("bound to", *endpoint)
	for request, err := range rep.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", request[0])
		if err := rep.SendParts(ctx, []byte("World")); err != nil {
			return err
		}
	}
	return nil
}

func client(ctx context.Context, zc *zmq.Context) error {
	p := &pirate{zc: zc}
	for i := range *requests {
		reply, err := p.ask(ctx, fmt.Appendf(nil, "Hello %d", i+1))
		if err != nil {
			return err
		}
		fmt.Printf("%d: %s\n", i+1, reply[0])
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*interval):
		}
	}
	return nil
}

// pirate asks again where there is no reply.
type pirate struct {
	zc  *zmq.Context
	req *zmq.Socket // nil before the first request, and after one without a reply
}

func (p *pirate) ask(ctx context.Context, request []byte) ([][]byte, error) {
	for try := range 1 + *retries {
		if try > 0 {
			fmt.Printf("no reply in %v, asking again: %d of %d\n", *timeout, try, *retries)
		}
		reply, err := p.try(ctx, request)
		if err == nil {
			return reply, nil
		}
		if p.req != nil {
			p.req.Close()
			p.req = nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no reply from %s: the server seems to be away", *endpoint)
}

func (p *pirate) try(ctx context.Context, request []byte) ([][]byte, error) {
	if p.req == nil {
		req, err := p.zc.NewSocket(zmq.Req, zmq.Linger(0), zmq.RecvTimeout(*timeout))
		if err != nil {
			return nil, err
		}
		p.req = req
		if err := req.Connect(*endpoint); err != nil {
			return nil, err
		}
	}
	if err := p.req.SendParts(ctx, request); err != nil {
		return nil, err
	}
	return p.req.RecvParts(ctx)
}
