package zmq

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"
)

// TestDisconnectWithinMessages: to say that it is ready, the engine takes the first part of a message out of a queue, on some
// types of sockets. Where Disconnect takes the queue away then, the engine misses the rest, and ends the process.
func TestDisconnectWithinMessages(t *testing.T) {
	if atFloor() {
		t.Skip("there is no Disconnect")
	}
	for _, types := range [][2]SocketType{{Sub, Pub}, {XSub, XPub}, {Router, Dealer}, {Rep, Req}, {Dealer, Dealer}, {Pull, Push}, {Pair, Pair}} {
		for _, transport := range []string{"tcp", "inproc"} {
			t.Run(fmt.Sprint(types[0], " ", transport), func(t *testing.T) {
				t.Parallel()
				runChild(t, patience, disconnectChild, int(types[0]), int(types[1]), transport)
			})
		}
	}
}

var disconnectChild = child("disconnect", func(args []string) {
	typ, far := SocketType(mustGet(strconv.Atoi(args[0]))), SocketType(mustGet(strconv.Atoi(args[1])))
	c := mustGet(NewContext())
	defer func() { must(c.Close()) }()
	peer, s := mustGet(c.NewSocket(far, Linger(0))), mustGet(c.NewSocket(typ, Linger(0)))
	endpoint := map[string]string{"tcp": "tcp://127.0.0.1:*", "inproc": "inproc://far"}[args[2]]
	must(peer.Bind(endpoint))
	if args[2] == "tcp" {
		endpoint = mustGet(peer.LastEndpoint())
	}
	must(s.Connect(endpoint))
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	switch typ {
	case Sub:
		must(s.Set(Subscribe("")))
	case XSub:
		must(s.SendParts(ctx, []byte{1}))
	}
	// A publisher's messages are lost until the subscription is there.
	for seen := PollEvents(0); seen&PollIn == 0; seen = mustGet(s.Events()) {
		must(ctx.Err())
		brief, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		if err := peer.SendParts(brief, []byte("first"), []byte("second"), []byte("third")); err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, EFSM) {
			panic(err)
		}
		cancel()
	}
	err := s.Disconnect(endpoint)
	if fetches := typ == Sub || typ == XSub || typ == Router || typ == Rep; fetches != errors.Is(err, EFSM) {
		panic(fmt.Sprintf("Disconnect: %v", err))
	}
	for limit := time.Now().Add(20 * time.Millisecond); time.Now().Before(limit); {
		mustGet(s.Events()) // so that the engine takes the queue away
	}
	receiveWhole := func(wait time.Duration) bool {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		msg, err := s.RecvParts(ctx)
		if err == nil && string(msg[len(msg)-1]) != "third" {
			panic(fmt.Sprintf("torn: %q", msg))
		}
		return err == nil
	}
	for receiveWhole(20 * time.Millisecond) { // what is waiting is received, and Disconnect does what it was asked for
	}
	for errors.Is(err, EFSM) { // unless more has come meanwhile
		must(ctx.Err())
		if err = s.Disconnect(endpoint); err != nil {
			receiveWhole(patience / 2)
		}
	}
	must(err)
})

// TestDisconnectOnePart: where messages have one part, one that is waiting is no obstacle; nor is one that another goroutine takes.
func TestDisconnectOnePart(t *testing.T) {
	if atFloor() {
		t.Skip("there is no Disconnect")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := newTestContext(t)
	pub, sub := newTestSocket(t, c, Pub), newTestSocket(t, c, Sub, Subscribe(""))
	endpoint := bindTo(t, pub, "tcp")
	connectTo(t, sub, endpoint)
	send := func(parts ...string) {
		eventually(t, "a message is waiting", func() bool {
			sendText(t, pub, parts...)
			ev, err := sub.Events()
			return err == nil && ev&PollIn != 0
		})
	}
	send("one")
	expectText(t, sub, "one")
	send("two")
	if err := sub.Disconnect(endpoint); err != nil {
		t.Errorf("a message of one part is waiting: %v", err)
	}
	connectTo(t, sub, endpoint)
	eventually(t, "a message of two parts comes", func() bool { // from then on others may
		sendText(t, pub, "several", "parts")
		brief, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		msg, err := sub.RecvParts(brief)
		return err == nil && len(msg) == 2
	})
	send("several", "parts")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := sub.RecvParts(ctx); err != nil {
				return
			}
		}
	}()
	if err := sub.Disconnect(endpoint); err != nil {
		t.Errorf("another goroutine receives what is waiting: %v", err)
	}
	cancel()
	<-done
}

// TestDisconnectWithinMessage: libzmq aborts when it looks for the rest of a message whose connection was taken away.
func TestDisconnectWithinMessage(t *testing.T) {
	if atFloor() {
		t.Skip("there is no Disconnect")
	}
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		out, in := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
		endpoint := bindTo(t, out, transport)
		connectTo(t, in, endpoint)
		sendText(t, out, "first", "last")
		if _, err := in.Recv(nil, 0); err != nil {
			t.Fatal(err)
		}
		wantError(t, in.Disconnect(endpoint), []error{EFSM}, endpoint, "receive it first")
		if _, err := in.Recv(nil, 0); err != nil {
			t.Fatal(err)
		}
		if err := in.Disconnect(endpoint); err != nil {
			t.Error(err)
		}
		expectNothing(t, in)
	})
}
