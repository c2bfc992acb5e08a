package zmqtest_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/zmqtest"
)

// capitals is the service under test.
func capitals(ctx context.Context, rep *zmq.Socket) error {
	return zmq.Serve(ctx, rep, zmq.HandlerFunc(func(_ context.Context, request [][]byte) ([][]byte, error) {
		return [][]byte{bytes.ToUpper(request[0])}, nil
	}))
}

// A service and its client, connected. What they leave open fails the test.
func ExampleNewPair() {
	_ = func(t *testing.T) { // func TestCapitals(t *testing.T) {
		rep, req := zmqtest.NewPair(t, zmq.Rep, zmq.Req)
		go capitals(t.Context(), rep)
		zmqtest.Send(t, req, "hello")
		zmqtest.Expect(t, req, "HELLO")
	}
}

// forward is what is under test: it takes what can send and receive, sockets or not.
func forward(ctx context.Context, from zmq.Receiver, to zmq.Sender) error {
	for {
		msg, err := from.RecvParts(ctx)
		if err != nil {
			return err
		}
		if err := to.SendParts(ctx, msg...); err != nil {
			return err
		}
	}
}

// A pipe stands in for sockets, without libzmq.
func ExamplePipe() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	in, from := zmqtest.Pipe(10)
	to, out := zmqtest.Pipe(10)
	go forward(ctx, from, to)
	in.SendParts(ctx, []byte("one"), []byte("message"))
	msg, _ := out.RecvParts(ctx)
	fmt.Printf("%s\n", msg)
	// Output: [one message]
}

// The network between two sockets fails, and they go on when it is well again.
func ExampleNewNetwork() {
	_ = func(t *testing.T) { // func TestOutage(t *testing.T) {
		zc := zmqtest.NewContext(t)
		pull, push := zmqtest.NewSocket(t, zc, zmq.Pull), zmqtest.NewSocket(t, zc, zmq.Push)
		network := zmqtest.NewNetwork(t, zmqtest.Bind(t, pull, "tcp"))
		zmqtest.Connect(t, push, network.Endpoint())
		network.Delay(10 * time.Millisecond)
		zmqtest.Send(t, push, "late")
		zmqtest.Expect(t, pull, "late")
		network.Cut()
		zmqtest.Send(t, push, "lost, or not")
	}
}

// A peer says what no socket would.
func ExampleDialPeer() {
	_ = func(t *testing.T) { // func TestBareDealer(t *testing.T) {
		zc := zmqtest.NewContext(t)
		router := zmqtest.NewSocket(t, zc, zmq.Router)
		peer := zmqtest.DialPeer(t, zmqtest.Bind(t, router, "tcp"), zmq.Req)
		peer.Send("no empty part, which a Req always sends")
		zmqtest.Recv(t, router)
	}
}
