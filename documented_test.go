package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// These tests hold what comments say of libzmq that surprises.

// TestDocumentedHWM: over inproc the two high-water marks are one queue; over the network the system's buffers come to them.
func TestDocumentedHWM(t *testing.T) {
	const send, recv = 10, 5
	overTransports(t, func(t *testing.T, transport string) {
		in, out := newTestSocket(t, newTestContext(t), Pull, RecvHWM(recv)), (*Socket)(nil)
		out = newTestSocket(t, in.Context(), Push, SendHWM(send))
		connectTo(t, out, bindTo(t, in, transport))
		msg := make([]byte, 10)
		full := func(n int) bool {
			for range n {
				if _, err := out.Send(msg, DontWait); err != nil {
					wantError(t, err, []error{ErrWouldBlock})
					return true
				}
			}
			return false
		}
		if transport == "inproc" {
			if full(send + recv) {
				t.Errorf("the queue is full before %d messages", send+recv)
			}
			if !full(1) {
				t.Errorf("the queue takes more than %d messages", send+recv)
			}
			return
		}
		// Over the network a multiple is taken, if it is waited for.
		ctx := patient(t)
		for n := range 4 * (send + recv) {
			if err := out.SendParts(ctx, msg); err != nil {
				t.Fatalf("message %d is not taken, with nobody receiving: %v", n, err)
			}
		}
		expectText(t, in, string(msg))
	})
}

// TestDocumentedConnectTwice: a second Connect to an endpoint is nothing for some types and another peer for others.
func TestDocumentedConnectTwice(t *testing.T) {
	needsAPI(t, Version{4, 3, 0}, "older ones were not looked at")
	for _, types := range [][2]SocketType{{Router, Dealer}, {Pub, Sub}, {Rep, Req}, {Sub, Pub}, {Pull, Push}, {XPub, XSub}, {Dealer, Router}, {Push, Pull}} {
		for _, transport := range []string{"ipc", "tcp"} {
			c := newTestContext(t)
			bound, twice := newTestSocket(t, c, types[0], WatchPeers(true)), newTestSocket(t, c, types[1])
			to := bindTo(t, bound, transport)
			connectTo(t, twice, to)
			connectTo(t, twice, to)
			want := 2
			if types[1].is(Dealer, Req, Pub, Sub) {
				want = 1
			}
			if err := bound.WaitConnected(patient(t), want); err != nil {
				t.Fatalf("waiting for %d connections of a %v: %v", want, types[1], err)
			}
			// A third peer comes after what the two calls made.
			connectTo(t, newTestSocket(t, c, types[1]), to)
			if err := bound.WaitConnected(patient(t), want+1); err != nil {
				t.Fatal(err)
			}
			if got := bound.Stats().Peers; got != want+1 {
				t.Errorf("%v over %s: two Connects and another socket's make %d peers, want %d", types[1], transport, got, want+1)
			}
			if err := twice.Disconnect(to); err != nil {
				t.Error(err)
			}
			wantError(t, twice.Disconnect(to), []error{ENOENT})
		}
	}
	c := newTestContext(t)
	router, twice := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
	to := bindTo(t, router, "inproc")
	connectTo(t, twice, to)
	connectTo(t, twice, to)
	peers := map[string]bool{}
	for range 4 {
		sendText(t, twice, "x")
		peers[recvText(t, router)[0]] = true
	}
	if len(peers) != 2 {
		t.Errorf("a dealer that connected twice over inproc is %d peers, want 2", len(peers))
	}
}

// TestDocumentedReqCorrelate: the number is a part before the empty one, and who answers returns it.
func TestDocumentedReqCorrelate(t *testing.T) {
	router, req := newTestSocket(t, newTestContext(t), Router), (*Socket)(nil)
	req = newTestSocket(t, router.Context(), Req)
	if err := req.Set(ReqCorrelate(true)); !needs(t, from40, err) {
		return
	}
	connectTo(t, req, bindTo(t, router, "inproc"))
	var numbers []string
	for range 2 {
		sendText(t, req, "question")
		got := recvText(t, router)
		if len(got) != 4 || len(got[1]) != 4 || got[2] != "" || got[3] != "question" {
			t.Fatalf("the request is %q, want identity, four bytes, an empty part and the question", got)
		}
		numbers = append(numbers, got[1])
		sendText(t, router, got[0], "", "without the number")
		sendText(t, router, got[0], got[1], "", "answer")
		expectText(t, req, "answer")
	}
	if numbers[0] == numbers[1] {
		t.Error("two requests have one number")
	}
}

// TestDocumentedMessagesTimeout: the loop is given the timeout, and is over.
func TestDocumentedMessagesTimeout(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc")
	if err := in.Set(RecvTimeout(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	sendText(t, out, "x")
	var got []error
	for _, err := range in.Messages(patient(t)) {
		got = append(got, err)
	}
	if len(got) != 2 || got[0] != nil || !errors.Is(got[1], os.ErrDeadlineExceeded) {
		t.Errorf("the loop was given %v, want a message and then os.ErrDeadlineExceeded", got)
	}
	sendText(t, out, "y")
	for parts, err := range in.Messages(patient(t)) {
		if err != nil || !bytes.Equal(parts[0], []byte("y")) {
			t.Errorf("%q, %v", parts, err)
		}
		break
	}
}

// TestDocumentedUserIDBehindQueue: a queue's workers have the queue for a peer.
func TestDocumentedUserIDBehindQueue(t *testing.T) {
	if !authHere(t) {
		return
	}
	needsAPI(t, from41, "it brought Message.Gets")
	c := newTestContext(t)
	allow(t, c, func(l *AllowList) { l.AllowUser("ann", "password") })
	front, back := newTestSocket(t, c, Router, PlainServer()), newTestSocket(t, c, Dealer)
	worker := newTestSocket(t, c, Router)
	client := newTestSocket(t, newTestContext(t), Dealer, PlainClient("ann", "password"))
	connectTo(t, client, bindTo(t, front, "tcp"))
	connectTo(t, worker, bindTo(t, back, "tcp"))
	user := func(s *Socket) (string, error) {
		t.Helper()
		var last string
		var err error
		for more := true; more; {
			var m Message
			if err := s.RecvMsg(&m, 0); err != nil {
				t.Fatal(err)
			}
			last, err = m.Gets("User-Id")
			more = m.More()
			m.Close()
		}
		return last, err
	}
	sendText(t, client, "direct")
	if id, err := user(front); id != "ann" || err != nil {
		t.Errorf("without a queue the user is %q, %v", id, err)
	}
	d, err := NewQueue(front, back)
	start(t, d, err)
	sendText(t, client, "through the queue")
	if id, err := user(worker); id == "ann" {
		t.Errorf("behind the queue the user is %q, %v", id, err)
	}
}

// TestDocumentedExitLinger: os.Exit runs no deferred Close. What Close would have waited for is gone.
func TestDocumentedExitLinger(t *testing.T) {
	for _, how := range []string{"exit", "close"} {
		t.Run(how, func(t *testing.T) {
			endpoint := freeEndpoint(t, "ipc")
			ended := make(chan error, 1)
			go func() {
				out, err := tryChild(2*patience, exitChild, how, endpoint)
				if err != nil {
					err = fmt.Errorf("%w\n%s", err, out)
				}
				ended <- err
			}()
			if how == "exit" { // nobody is there to take it before the process is gone
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
			}
			in := newTestSocket(t, newTestContext(t), Pull)
			if err := in.Bind(endpoint); err != nil {
				t.Fatal(err)
			}
			last := newTestSocket(t, newTestContext(t), Push, Linger(Infinite))
			if how == "close" {
				expectText(t, in, "sent")
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
			connectTo(t, last, endpoint)
			sendText(t, last, "after that")
			expectText(t, in, "after that")
		})
	}
}

var exitChild = child("exit", func(args []string) {
	c := mustGet(NewContext(CloseTimeout(patience)))
	defer func() { must(c.Close()) }()
	s := mustGet(c.NewSocket(Push, ReconnectInterval(time.Millisecond)))
	must(s.Connect(args[1]))
	must(s.SendParts(context.Background(), []byte("sent")))
	if args[0] == "exit" {
		os.Exit(0)
	}
})

// TestDocumentedWildcardPath: ipc://* without a folder for temporary files is made where the process works.
func TestDocumentedWildcardPath(t *testing.T) {
	needsAPI(t, Version{3, 2, 0}, "it brought wildcards, and LastEndpoint")
	out := strings.TrimSpace(runChild(t, patience, wildcardChild, shortDir(t)))
	if !strings.HasPrefix(out, "ipc://") || strings.HasPrefix(out, "ipc:///") {
		t.Errorf("without TMPDIR the endpoint is %q, want a relative path", out)
	}
}

var wildcardChild = child("wildcard", func(args []string) {
	for _, name := range []string{"TMPDIR", "TEMPDIR", "TMP"} {
		os.Unsetenv(name)
	}
	must(os.Chdir(args[0]))
	c := mustGet(NewContext())
	s, other := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push))
	must(s.Bind("ipc://*"))
	last := mustGet(s.LastEndpoint())
	mustGet(os.Stat(strings.TrimPrefix(last, "ipc://")))
	must(other.Connect(last))
	must(other.SendParts(context.Background(), []byte("x")))
	mustGet(s.RecvParts(context.Background()))
	fmt.Println(last)
	must(c.Close())
})
