package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
)

// giveUp gives requests up that nobody can serve.
func giveUp(t *testing.T, s *Socket, n int) {
	t.Helper()
	for range n {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		_, err := s.Request(ctx, []byte("abandoned"))
		cancel()
		wantError(t, err, []error{context.DeadlineExceeded})
	}
}

// serveNone answers, and fails the test where a request arrives that was given up.
func serveNone(t *testing.T, s *Socket) {
	serve(t, s, func(body [][]byte) [][]byte {
		if text := string(body[len(body)-1]); text == "abandoned" {
			t.Errorf("a request that was given up was served")
		}
		return echo(body)
	})
}

// TestRequestByDefault does without Immediate what TestRequestImmediate does with it: with a service that has never been there, and
// with one that has been and comes back.
func TestRequestByDefault(t *testing.T) {
	needsAPI(t, from40, "connections are made anew where they are watched")
	for _, name := range []string{"", "me"} {
		for _, before := range []bool{false, true} {
			t.Run(fmt.Sprintf("named %q, there before %v", name, before), func(t *testing.T) {
				if name != "" && before {
					t.Skip("a name's connection stays as it is: see Request")
				}
				c := newTestContext(t)
				opts := []SocketOption{ReconnectInterval(10 * time.Millisecond)}
				if name != "" {
					opts = append(opts, Identity(name))
				}
				s := newTestSocket(t, c, Dealer, opts...)
				service := newTestSocket(t, c, Router)
				at := freeEndpoint(t, "ipc")
				connectTo(t, s, freeEndpoint(t, "ipc"))
				connectTo(t, s, at)
				if before {
					old := newTestSocket(t, c, Rep)
					must(old.Bind(at))
					serve(t, old, echo)
					for range 10 {
						if _, err := s.Request(patient(t), []byte("served")); err != nil {
							t.Fatal(err)
						}
					}
					must(old.Close())
					eventually(t, "the service is gone", func() bool { return s.Stats().Peers == 0 })
				}
				giveUp(t, s, 20)
				must(service.Bind(at))
				serveNone(t, service)
				for range 20 {
					if _, err := s.Request(patient(t), []byte("served")); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// TestRequestConnectsAnewByItsOptions: services that have a key each get the connections that were made for them.
func TestRequestConnectsAnewByItsOptions(t *testing.T) {
	needsAPI(t, from40, "security")
	if !Has("curve") {
		t.Skip("this engine has no CURVE")
	}
	c := newTestContext(t)
	public, secret := newKeys(t)
	s := newTestSocket(t, c, Dealer, ReconnectInterval(10*time.Millisecond))
	for i := range 2 {
		key, own := newKeys(t)
		service := newTestSocket(t, c, Rep, CurveServer(own))
		at := bindTo(t, service, "tcp")
		serve(t, service, func(body [][]byte) [][]byte { return [][]byte{fmt.Append(nil, i)} })
		must(s.Set(CurveClient(key, public, secret)))
		connectTo(t, s, at)
	}
	seen := map[string]bool{}
	for range 1000 {
		got, err := s.Request(patient(t), []byte("who?"))
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(got[0])] = true; len(seen) == 2 {
			return
		}
	}
	t.Errorf("only %v answer", seen)
}

// TestRequestLeavesOthers: what a Dealer has sent before it sends requests is not lost by them.
func TestRequestLeavesOthers(t *testing.T) {
	c := newTestContext(t)
	s, service := newTestSocket(t, c, Dealer), newTestSocket(t, c, Router)
	at := freeEndpoint(t, "ipc")
	connectTo(t, s, at)
	sendText(t, s, "before")
	giveUp(t, s, 1)
	must(service.Bind(at))
	if got := recvText(t, service); got[1] != "before" {
		t.Errorf("the first message is %q", got)
	}
	if got := recvText(t, service); got[3] != "abandoned" {
		t.Errorf("the second message is %q", got)
	}
}

// requestPair returns a Dealer and a Router that it is connected to.
func requestPair(t *testing.T) (dealer, router *Socket) {
	c := newTestContext(t)
	dealer, router = newTestSocket(t, c, Dealer), newTestSocket(t, c, Router)
	connectTo(t, dealer, bindTo(t, router, "inproc"))
	return dealer, router
}

// TestRequesterTriesAgain: a request that gets no reply is sent again, under its number, to the next service.
func TestRequesterTriesAgain(t *testing.T) {
	for name, r := range map[string]*Requester{
		"tries again": {AttemptTimeout: time.Millisecond},
		"hedges":      {Hedge: time.Millisecond, AttemptTimeout: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestContext(t)
			silent, service := newTestSocket(t, c, Router), newTestSocket(t, c, Router)
			r.Socket = newTestSocket(t, c, Dealer)
			connectTo(t, r.Socket, bindTo(t, silent, "inproc"))
			connectTo(t, r.Socket, bindTo(t, service, "inproc"))
			serve(t, service, echo)
			for range 2 {
				got, err := r.Request(patient(t), []byte("x"))
				if err != nil || string(got[1]) != "reply" {
					t.Fatalf("%q, %v", got, err)
				}
			}
			recvText(t, silent)
			if r.left > budgetMost-1+2*defaultBudget {
				t.Errorf("%v are left of the budget", r.left)
			}
		})
	}
}

// TestRequesterSendsTheSame: attempts are the same message, as many as allowed, and a late reply to the first counts.
func TestRequesterSendsTheSame(t *testing.T) {
	dealer, router := requestPair(t)
	r := &Requester{Socket: dealer, Attempts: 4, AttemptTimeout: time.Millisecond}
	got := make(chan error, 1)
	go func() {
		reply, err := r.Request(patient(t), []byte("x"))
		if err == nil && string(reply[0]) != "late" {
			err = fmt.Errorf("the reply is %q", reply)
		}
		got <- err
	}()
	var first [][]byte
	for i := range 4 {
		msg, err := router.RecvParts(patient(t))
		must(err)
		if i == 0 {
			first = msg
		} else if !bytes.Equal(bytes.Join(first, nil), bytes.Join(msg, nil)) {
			t.Errorf("attempt %d is %q, the first was %q", i+1, msg, first)
		}
	}
	must(router.SendParts(patient(t), append(first[:3:3], []byte("late"))...))
	if err := taken(t, "the reply", got); err != nil {
		t.Error(err)
	}
	expectNothing(t, router)
	if len(dealer.requests.waiting) != 0 {
		t.Error("the request is still in the table")
	}
}

// TestRequesterBudget: without a budget nothing is sent again.
func TestRequesterBudget(t *testing.T) {
	for budget, want := range map[float64]int{-1: 0, 0.001: budgetMost, 1: 29} {
		dealer, router := requestPair(t)
		r := &Requester{Socket: dealer, Attempts: 2, AttemptTimeout: time.Nanosecond, Budget: budget}
		const requests = 29
		for range requests {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
			_, err := r.Request(ctx, []byte("x"))
			cancel()
			wantError(t, err, []error{context.DeadlineExceeded})
		}
		sent := 0
		for _, err := router.Recv(nil, DontWait); err == nil; _, err = router.Recv(nil, DontWait) {
			sent++
		}
		if again := sent/4 - requests; again > want { // some may have ended before they were sent
			t.Errorf("with a budget of %v %d requests were sent %d times more, want up to %d", budget, requests, again, want)
		}
	}
}

// TestRequesterErrors ends requests in every way.
func TestRequesterErrors(t *testing.T) {
	dealer, router := requestPair(t)
	for what, r := range map[string]*Requester{
		"has no Socket":  {},
		"Attempts":       {Socket: dealer, Attempts: -1},
		"AttemptTimeout": {Socket: dealer, AttemptTimeout: -1},
		"Hedge":          {Socket: dealer, Hedge: -1},
	} {
		_, err := r.Request(patient(t), []byte("x"))
		wantError(t, err, []error{EINVAL}, "zmq: request", what)
	}
	_, err := (&Requester{Socket: router}).Request(patient(t), []byte("x"))
	wantError(t, err, []error{ENOTSUP}, "only a dealer")
	must(dealer.Set(RecvTimeout(5 * time.Millisecond)))
	r := &Requester{Socket: dealer, AttemptTimeout: time.Millisecond}
	_, err = r.Request(patient(t), []byte("x"))
	wantError(t, err, []error{os.ErrDeadlineExceeded, EAGAIN}, "request (dealer)", "RecvTimeout")
	must(dealer.Set(RecvTimeout(Infinite)))
	ended := make(chan error, 1)
	go func() {
		_, err := r.Request(context.Background(), []byte("last"))
		ended <- err
	}()
	for last(recvText(t, router)) != "last" {
	}
	must(dealer.Close())
	if err := taken(t, "the request to end", ended); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func last(parts []string) string { return parts[len(parts)-1] }
