// Titanic keeps requests on disk until they are answered, and replies until they are fetched: client and worker need not be there at the
// same time, and nothing is lost when any of the processes dies, or the machine. It is a service beside a majordomo broker, and speaks the
// Titanic Service Protocol (RFC 9).
//
//	go run ./majordomo/mdp broker
//	go run ./titanic service
//	go run ./titanic request hello      prints the request's number
//	go run ./majordomo/mdp worker
//	go run ./titanic reply NUMBER       waits for the reply and prints it
//	go run ./titanic close NUMBER       has titanic forget both
//
// Stop what you like in between, with kill -9 too, and start it again. A request is executed once or, when titanic died over it, twice.
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
	"example.org/zmq/examples/majordomo"
)

var (
	endpoint  = flag.String("endpoint", "tcp://127.0.0.1:5555", "where the broker is bound")
	dir       = flag.String("dir", "titanic-data", "where the service keeps requests and replies")
	target    = flag.String("service", "upper", "the service that a request is for")
	heartbeat = flag.Duration("heartbeat", 2500*time.Millisecond, "between two heartbeats; the broker's")
	timeout   = flag.Duration("timeout", 2500*time.Millisecond, "how long to wait for a reply before asking again")
	retries   = flag.Int("retries", 3, "how often a client asks the broker again")
	pause     = flag.Duration("pause", time.Second, "between two looks for workers, and for a reply")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0), flag.Arg(1))
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

func run(ctx context.Context, role, arg string) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	opts := majordomo.Options{Heartbeat: *heartbeat, Timeout: *timeout, Retries: *retries}
	client := majordomo.NewClient(zc, *endpoint, opts)
	defer client.Close()
	switch {
	case role == "service":
		store, err := openStore(*dir)
		if err != nil {
			return err
		}
		t := &titanic{store: store, client: client, more: make(chan struct{}, 1)}
		return t.run(ctx, zc, opts)
	case role == "request" && arg != "":
		parts, err := ask(ctx, client, "titanic.request", *target, arg)
		if err == nil {
			fmt.Printf("%s\n", parts[0])
		}
		return err
	case role == "reply" && arg != "":
		return awaitReply(ctx, client, arg)
	case role == "close" && arg != "":
		_, err := ask(ctx, client, "titanic.close", arg)
		return err
	}
	return errors.New("usage: titanic [flags] service|request TEXT|reply NUMBER|close NUMBER")
}

// errPending means that a reply is not there yet.
var errPending = errors.New("titanic has no reply yet")

// ask asks one of titanic's services, and returns what follows its status.
func ask(ctx context.Context, client *majordomo.Client, service string, parts ...string) ([][]byte, error) {
	var body [][]byte
	for _, p := range parts {
		body = append(body, []byte(p))
	}
	reply, err := client.Request(ctx, service, body...)
	if err != nil {
		return nil, err
	}
	switch status := string(reply[0]); {
	case status == statusOK && (service == "titanic.close" || len(reply) > 1):
		return reply[1:], nil
	case status == statusPending:
		return nil, errPending
	case status == statusUnknown:
		return nil, fmt.Errorf("titanic has no request %s", parts[0])
	default:
		return nil, fmt.Errorf("titanic cannot do that now: status %s", status)
	}
}

func awaitReply(ctx context.Context, client *majordomo.Client, id string) error {
	for {
		parts, err := ask(ctx, client, "titanic.reply", id)
		if err == nil {
			fmt.Printf("%s\n", parts[0])
		}
		if !errors.Is(err, errPending) {
			return err
		}
		fmt.Println("pending")
		select {
		case <-time.After(*pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
