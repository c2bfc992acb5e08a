// Identity shows by what name a ROUTER knows its peers: one that the peer has chosen, or five bytes that the ROUTER makes up,
// anew for each connection.
//
//	go run ./identity router
//	go run ./identity client
//	go run ./identity -name PEER2 client
//
// The ROUTER puts the name in front of what it receives, and takes it off what it sends. RouterMandatory makes a message for a peer
// that is not there an error; otherwise it is dropped. RouterHandover gives the name to the newest peer that claims
// it. Without it a peer that dies and comes back is never served, if the ROUTER has not noticed its death by then.
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
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:5564", "where the router is bound")
	name     = flag.String("name", "", "the client's name; without it the router makes one up")
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
	case "router":
		return router(ctx, zc)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: identity [flags] router|client")
}

func router(ctx context.Context, zc *zmq.Context) error {
	router, err := zc.NewSocket(zmq.Router, zmq.RouterMandatory(true), zmq.RouterHandover(true))
	if err != nil {
		return err
	}
	if err := router.Bind(*endpoint); err != nil {
		return err
	}
	err = router.SendParts(ctx, []byte("nobody"), nil, []byte("hello"))
	fmt.Println("for a peer that is not there:", err)
	if !errors.Is(err, zmq.EHOSTUNREACH) {
		return err
	}
	for message, err := range router.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("from %q: %q\n", message[0], message[1:])
		if len(message) != 3 {
			continue // not from a REQ
		}
		err := router.SendParts(ctx, message[0], nil, fmt.Appendf(nil, "you are %q", message[0]))
		if err != nil && !errors.Is(err, zmq.EHOSTUNREACH) { // the peer may be gone by now
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
	if *name != "" {
		if err := req.Set(zmq.Identity(*name)); err != nil {
			return err
		}
	}
	if err := req.Connect(*endpoint); err != nil {
		return err
	}
	for {
		if err := req.SendParts(ctx, []byte("who am I?")); err != nil {
			return err
		}
		reply, err := req.RecvParts(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", reply[0])
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
