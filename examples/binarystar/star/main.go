// Star is package binarystar as programs: a primary server, a backup server that takes over when the primary is gone, and a client that
// finds the one that serves.
//
//	go run ./binarystar/star primary
//	go run ./binarystar/star backup
//	go run ./binarystar/star client
//
// Stop the primary: after two seconds the backup serves. Start the primary again: it is the passive one now. Stop the backup, and
// so on. A backup that is started alone serves nobody: it cannot know whether a primary is at work behind a broken network.
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
	"example.org/zmq/examples/binarystar"
)

var (
	primary      = flag.String("primary", "tcp://127.0.0.1:5001", "where the primary is bound for clients")
	backup       = flag.String("backup", "tcp://127.0.0.1:5002", "where the backup is bound for clients")
	primaryState = flag.String("primary-state", "tcp://127.0.0.1:5003", "where the primary publishes its state")
	backupState  = flag.String("backup-state", "tcp://127.0.0.1:5004", "where the backup publishes its state")
	heartbeat    = flag.Duration("heartbeat", time.Second, "between two states; a server is dead after two of them")
	timeout      = flag.Duration("timeout", time.Second, "how long the client waits for a reply before it asks the other server")
	interval     = flag.Duration("interval", time.Second, "how long the client waits between two requests")
	requests     = flag.Int("n", 100, "how many requests the client sends")
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
	star := binarystar.Config{Interval: *heartbeat}
	switch role {
	case "primary":
		star.Role, star.Bind, star.Peer = binarystar.Primary, *primaryState, *backupState
		return server(ctx, zc, star, *primary)
	case "backup":
		star.Role, star.Bind, star.Peer = binarystar.Backup, *backupState, *primaryState
		return server(ctx, zc, star, *backup)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: star [flags] primary|backup|client")
}

// server ends when the pair cannot go on.
func server(ctx context.Context, zc *zmq.Context, star binarystar.Config, endpoint string) error {
	pair, err := binarystar.NewPair(zc, star)
	if err != nil {
		return err
	}
	defer pair.Close()
	// A ROUTER, since a REP would have to answer each request before it can take the next one.
	router, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return err
	}
	if err := router.Bind(endpoint); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(pair.Run(ctx)) }()
	go report(ctx, pair)
	for request, err := range router.Messages(ctx) {
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
		if !pair.Asked() {
			continue // the client asks the other one
		}
		if err := router.SendParts(ctx, append(request[:len(request)-1], fmt.Appendf(nil, "World from the %v", star.Role))...); err != nil {
			return err
		}
	}
	return nil
}

func report(ctx context.Context, pair *binarystar.Pair) {
	for ctx.Err() == nil {
		state, changed := pair.Watch()
		fmt.Println("this server is", state)
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// client asks one server until it does not answer, and then the other one.
func client(ctx context.Context, zc *zmq.Context) error {
	servers := []string{*primary, *backup}
	for i := 0; i < *requests; {
		reply, err := ask(ctx, zc, servers[0])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			fmt.Println("no reply, asking the other server")
			servers[0], servers[1] = servers[1], servers[0]
			continue
		}
		if err != nil {
			return err
		}
		i++
		fmt.Printf("%d: %s\n", i, reply[0])
		select {
		case <-time.After(*interval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func ask(ctx context.Context, zc *zmq.Context, endpoint string) ([][]byte, error) {
	req, err := zc.NewSocket(zmq.Req, zmq.Linger(0), zmq.RecvTimeout(*timeout))
	if err != nil {
		return nil, err
	}
	defer req.Close()
	if err := req.Connect(endpoint); err != nil {
		return nil, err
	}
	if err := req.SendParts(ctx, []byte("Hello")); err != nil {
		return nil, err
	}
	return req.RecvParts(ctx)
}
