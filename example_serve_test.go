package zmq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"example.org/zmq"
	"example.org/zmq/zmqtest"
)

func upper(_ context.Context, request [][]byte) ([][]byte, error) {
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
	return zmq.Serve(ctx, router, zmq.HandlerFunc(upper))
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
func ExampleServeOption() {
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
	go func() { served <- zmq.Serve(ctx, awake, zmq.HandlerFunc(upper)) }()

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

// quota is a Handler that has something to remember.
type quota struct{ left atomic.Int64 }

func (q *quota) ServeRequest(_ context.Context, request [][]byte) ([][]byte, error) {
	if q.left.Add(-1) < 0 {
		return [][]byte{[]byte("no more")}, nil
	}
	return request, nil
}

// A handler may be any type; it is called by many goroutines at a time.
func ExampleHandler() {
	q := new(quota)
	q.left.Store(1)
	var h zmq.Handler = q
	for range 2 {
		reply, err := h.ServeRequest(context.Background(), [][]byte{[]byte("x")})
		fmt.Printf("%s %v\n", reply, err)
	}
	// Output:
	// [x] <nil>
	// [no more] <nil>
}

// Middleware is a function from one handler to another.
func ExampleHandlerFunc() {
	counted := 0
	count := func(h zmq.Handler) zmq.Handler {
		return zmq.HandlerFunc(func(ctx context.Context, request [][]byte) ([][]byte, error) {
			counted++
			return h.ServeRequest(ctx, request)
		})
	}
	reply, err := count(zmq.HandlerFunc(upper)).ServeRequest(context.Background(), [][]byte{[]byte("hello")})
	fmt.Printf("%s %v %d\n", reply, err, counted)
	// Output: [HELLO] <nil> 1
}

// announce sends, and takes what can: a socket, or a pipe in a test.
func announce(ctx context.Context, to zmq.Sender, text string) error {
	return to.SendParts(ctx, []byte("announcement"), []byte(text))
}

// A function that takes a Sender is tested without a socket.
func ExampleSender() {
	to, from := zmqtest.Pipe(1)
	ctx := context.Background()
	must(announce(ctx, to, "lunch"))
	msg, err := from.RecvParts(ctx)
	fmt.Printf("%s %v\n", msg, err)
	// Output: [announcement lunch] <nil>
}

// A function that takes a Receiver is, too.
func ExampleReceiver() {
	count := func(ctx context.Context, from zmq.Receiver) (n int) {
		for {
			msg, err := from.RecvParts(ctx)
			if err != nil || len(msg[0]) == 0 {
				return n
			}
			n++
		}
	}
	to, from := zmqtest.Pipe(3)
	ctx := context.Background()
	must(errors.Join(to.SendParts(ctx, []byte("one")), to.SendParts(ctx, []byte("two")), to.SendParts(ctx, nil)))
	fmt.Println(count(ctx, from))
	// Output: 2
}

// Statistics go to a structured log as groups.
func ExampleContextStats() {
	zc, _ := open(zmq.Pull)
	defer zc.Close()
	slog.New(slog.DiscardHandler).Info("now and then", "zmq", zc.Stats()) // or a logger that keeps it
	fmt.Println(zc.Stats().LogValue().Group()[:2])
	// Output: [open=1 opened=1]
}

// The sockets of each type are counted by themselves.
func ExampleTypeStats() {
	zc, _ := open(zmq.Pull, zmq.Push, zmq.Push)
	defer zc.Close()
	for typ, stats := range zc.Stats().Types {
		if typ == zmq.Push {
			fmt.Println(typ, stats.Open)
		}
	}
	// Output: push 2
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
