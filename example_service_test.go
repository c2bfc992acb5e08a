package zmq_test

import (
	"bytes"
	"context"
	"fmt"

	"example.org/zmq"
)

// A service that answers in capital letters, and one request to it. In a program of its own main calls
// capitals, and log.Fatal when that has returned, so that what was deferred has run.
func Example() {
	if err := capitals(); err != nil {
		fmt.Println(err)
	}
	// Output: HELLO
}

func capitals() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close() // closes the sockets, and delivers what was sent

	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	if err := rep.Bind("inproc://capitals"); err != nil { // or "tcp://*:5555"
		return err
	}
	served := make(chan error, 1)
	go func() { served <- serve(ctx, rep) }()

	req, err := zc.NewSocket(zmq.Req)
	if err != nil {
		return err
	}
	if err := req.Connect("inproc://capitals"); err != nil {
		return err
	}
	if err := req.SendParts(ctx, []byte("hello")); err != nil {
		return err
	}
	reply, err := req.RecvParts(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", reply[0])
	cancel()
	return <-served
}

// serve answers requests until ctx ends.
func serve(ctx context.Context, rep *zmq.Socket) error {
	for request, err := range rep.Messages(ctx) {
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		// Not with ctx: a request that was received gets its reply.
		if err := rep.SendParts(context.Background(), bytes.ToUpper(request[0])); err != nil {
			return err
		}
	}
	return nil
}
