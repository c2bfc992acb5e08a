package zmq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/zmq"
)

func capitals(_ context.Context, request [][]byte) ([][]byte, error) {
	return [][]byte{bytes.ToUpper(request[0])}, nil
}

// service serves until ctx ends, as at a signal, and then what it has taken.
func service(ctx context.Context, zc *zmq.Context, endpoint string) error {
	router, err := zc.NewSocket(zmq.Router)
	if err != nil {
		return err
	}
	defer router.Close()
	if err := router.Bind(endpoint); err != nil {
		return err
	}
	return zmq.Serve(ctx, router, zmq.HandlerFunc(capitals))
}

// client asks, whichever of the services is there.
func client(ctx context.Context, zc *zmq.Context, endpoints ...string) (string, error) {
	dealer, err := zc.NewSocket(zmq.Dealer)
	if err != nil {
		return "", err
	}
	defer dealer.Close()
	for _, endpoint := range endpoints {
		if err := dealer.Connect(endpoint); err != nil {
			return "", err
		}
	}
	reply, err := dealer.Request(ctx, []byte("hello"))
	if err != nil {
		return "", err
	}
	return string(reply[0]), nil
}

// A service and its client. The end is graceful.
func ExampleServe() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()
	ctx, stop := context.WithCancel(context.Background()) // or signal.NotifyContext
	served := make(chan error)
	go func() { served <- service(ctx, zc, "inproc://capitals") }()

	reply, err := client(ctx, zc, "inproc://capitals")
	must(err)
	fmt.Println(reply)
	stop()
	fmt.Println(<-served)
	// Output:
	// HELLO
	// <nil>
}

// What a handler does not do by itself.
func ExampleServe_options() {
	zc, s := open(zmq.Rep, zmq.Req)
	defer zc.Close()
	rep, req := s[0], s[1]
	must(rep.Bind("inproc://careful"))
	must(req.Connect("inproc://careful"))
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() {
		served <- zmq.Serve(ctx, rep, zmq.HandlerFunc(func(ctx context.Context, request [][]byte) ([][]byte, error) {
			return nil, errors.New("no such thing")
		}),
			zmq.ServeTimeout(time.Second),
			zmq.ServeErrorReply(func(err error) [][]byte { return [][]byte{[]byte("ERROR"), []byte(err.Error())} }))
	}()
	must(req.SendParts(ctx, []byte("thing")))
	reply, err := req.RecvParts(ctx)
	must(err)
	fmt.Printf("%s\n", reply)
	stop()
	must(<-served)
	// Output: [ERROR no such thing]
}

// A request that may be served twice is sent again when it gets no reply, to the next service.
func ExampleRequester() {
	zc, s := open(zmq.Dealer, zmq.Router, zmq.Router)
	defer zc.Close()
	dealer, silent, awake := s[0], s[1], s[2]
	must(silent.Bind("inproc://silent"))
	must(awake.Bind("inproc://awake"))
	must(dealer.Connect("inproc://silent"))
	must(dealer.Connect("inproc://awake"))
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- zmq.Serve(ctx, awake, zmq.HandlerFunc(capitals)) }()

	reads := &zmq.Requester{Socket: dealer, AttemptTimeout: 20 * time.Millisecond}
	for range 2 {
		reply, err := reads.Request(ctx, []byte("read"))
		must(err)
		fmt.Printf("%s\n", reply[0])
	}
	stop()
	must(<-served)
	// Output:
	// READ
	// READ
}

// What a context's sockets have done, those that are closed included.
func ExampleContext_Stats() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://counted-all"))
	must(push.Connect("inproc://counted-all"))
	must(push.SendParts(context.Background(), []byte("two"), []byte("parts")))
	must(push.Close())
	stats := zc.Stats()
	fmt.Println(stats.Open, stats.Opened, stats.Types[zmq.Push].Sent)
	for _, s := range zc.Sockets() {
		fmt.Println(s)
	}
	// Output:
	// 1 2 {1 2 8}
	// pull inproc://counted-all
}

// Package slog logs what a program has at hand, as groups and names.
func ExampleMonitorEvent_LogValue() {
	e := zmq.MonitorEvent{Type: zmq.EventHandshakeFailedAuth, Endpoint: "tcp://127.0.0.1:5555", Err: &zmq.AuthError{Status: 400}}
	fmt.Println(e.LogValue())
	// Output: [type=EventHandshakeFailedAuth endpoint=tcp://127.0.0.1:5555 error=handshake: authentication status 400 denied]
}
