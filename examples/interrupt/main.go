// Interrupt ends as a service should: at Ctrl-C or SIGTERM it takes no new request, answers the one that it is working on, and
// waits until the answer is delivered. A second Ctrl-C ends it at once.
//
//	go run ./interrupt server
//	go run ./interrupt client
//
// Three things make it so. The signal ends a context.Context, which ends the wait for requests and nothing else: the answer
// is sent with a context that the signal does not end. The function that does the work returns, so that Close runs, which
// waits until what was sent is delivered. And stop gives the signal its usual meaning back.
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
	work     = flag.Duration("work", 3*time.Second, "how long the server works on a request")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	watch := context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process
		fmt.Println("ending")
	})
	err := run(ctx, flag.Arg(0))
	watch()
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
	return errors.New("usage: interrupt [flags] server|client")
}

func server(ctx context.Context, zc *zmq.Context) error {
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	if err := rep.Bind(*endpoint); err != nil {
		return err
	}
	for request, err := range rep.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("working on %s\n", request[0])
		time.Sleep(*work)
		if err := rep.SendParts(context.WithoutCancel(ctx), []byte("done")); err != nil {
			return err
		}
	}
	return nil
}

func client(ctx context.Context, zc *zmq.Context) error {
	req, err := zc.NewSocket(zmq.Req, zmq.Linger(0))
	if err != nil {
		return err
	}
	if err := req.Connect(*endpoint); err != nil {
		return err
	}
	if err := req.SendParts(ctx, []byte("a task")); err != nil {
		return err
	}
	reply, err := req.RecvParts(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", reply[0])
	return nil
}
