package zmq

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"
)

// untilEnd runs f beside the test, with a context that ends with the test, which waits for f.
func untilEnd(t testing.TB, f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(patient(t))
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	t.Cleanup(cancel)
	go func() {
		defer close(done)
		f(ctx)
	}()
}

// serve answers what arrives on s with what answer makes of it, until the test ends; nil is no answer. The envelope
// of a Router's messages ends with the first empty part.
func serve(t testing.TB, s *Socket, answer func(body [][]byte) [][]byte) {
	untilEnd(t, func(ctx context.Context) {
		for msg, err := range s.Messages(ctx) {
			if err != nil {
				return
			}
			envelope := 0
			if s.Type() == Router {
				for envelope = 1; len(msg[envelope-1]) > 0; envelope++ {
				}
			}
			body := answer(msg[envelope:])
			if body == nil {
				continue
			}
			if err := s.SendParts(ctx, append(msg[:envelope:envelope], body...)...); err != nil {
				return
			}
		}
	})
}

func echo(body [][]byte) [][]byte { return append(body, []byte("reply")) }

// TestRequestReplies has many requests under way on one socket; each gets its own reply, whatever the service is.
func TestRequestReplies(t *testing.T) {
	const goroutines = 100
	services := map[string]func(t *testing.T, c *Context, transport string) []string{
		"rep": func(t *testing.T, c *Context, transport string) []string {
			s := newTestSocket(t, c, Rep)
			at := bindTo(t, s, transport)
			serve(t, s, echo)
			return []string{at}
		},
		"routers that answer out of order": func(t *testing.T, c *Context, transport string) (at []string) {
			for i := 0; i < 3; i++ {
				s := newTestSocket(t, c, Router)
				at = append(at, bindTo(t, s, transport))
				reorder(t, s)
			}
			return at
		},
		"a queue of workers": func(t *testing.T, c *Context, transport string) []string {
			front, back := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
			at, bt := bindTo(t, front, transport), bindTo(t, back, transport)
			for i := 0; i < 4; i++ {
				s := newTestSocket(t, c, Rep)
				connectTo(t, s, bt)
				serve(t, s, echo)
			}
			d, err := NewQueue(front, back)
			start(t, d, err)
			return []string{at}
		},
	}
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			overTransports(t, func(t *testing.T, transport string) {
				c := newTestContext(t)
				s := newTestSocket(t, c, Dealer)
				for _, at := range service(t, c, transport) {
					connectTo(t, s, at)
				}
				each := 10
				if transport == "tcp" {
					each = 100
				}
				ctx := patient(t)
				var all sync.WaitGroup
				for g := 0; g < goroutines; g++ {
					all.Add(1)
					go func() {
						defer all.Done()
						for i := 0; i < each; i++ {
							want := fmt.Appendf(nil, "%d %d", g, i)
							got, err := s.Request(ctx, want, nil)
							if err != nil || len(got) != 3 || !bytes.Equal(got[0], want) || string(got[2]) != "reply" {
								t.Errorf("the reply to %q is %q, %v", want, got, err)
								return
							}
						}
					}()
				}
				all.Wait()
				if n := len(s.requests.waiting); n != 0 {
					t.Errorf("%d requests are still waited for", n)
				}
			})
		})
	}
}

// reorder answers the requests that are there in random order.
func reorder(t *testing.T, s *Socket) {
	var late [][][]byte
	untilEnd(t, func(ctx context.Context) {
		for {
			msg, err := s.RecvParts(ctx)
			if err != nil {
				return
			}
			late = append(late, append(msg, []byte("reply")))
			for ev, _ := s.Events(); len(late) > 0 && (ev&PollIn == 0 || len(late) > 10); ev, _ = s.Events() {
				i := rand.IntN(len(late))
				if s.SendParts(ctx, late[i]...) != nil {
					break
				}
				late = append(late[:i], late[i+1:]...)
			}
		}
	})
}

// TestRequestCancelled cancels some requests: the others get their replies, and one that comes too late goes to nobody.
func TestRequestCancelled(t *testing.T) {
	c := newTestContext(t)
	service, s := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
	connectTo(t, s, bindTo(t, service, "tcp"))
	ctx := patient(t)
	const rounds = 50
	for i := 0; i < rounds; i++ {
		doomed, cancel := context.WithCancel(ctx)
		lost, kept := make(chan error, 1), make(chan string, 1)
		go func() {
			_, err := s.Request(doomed, []byte("lost"))
			lost <- err
		}()
		first := recvText(t, service)
		go func() {
			got, err := s.Request(ctx, []byte("kept"))
			if err != nil {
				t.Error(err)
			}
			kept <- fmt.Sprintf("%s", got)
		}()
		second := recvText(t, service)
		cancel()
		wantError(t, <-lost, []error{context.Canceled}, "zmq: request (dealer): context canceled")
		sendText(t, service, first[0], first[1], "", "too late")
		sendText(t, service, first[0], "no number", "", "nonsense")
		sendText(t, service, first[0], "nonsense")
		sendText(t, service, second[0], second[1], "", "in time")
		sendText(t, service, second[0], second[1], "", "twice")
		if got := <-kept; got != "[in time]" {
			t.Fatalf("the reply is %s", got)
		}
	}
	// Random cancellation under traffic.
	serve(t, service, echo)
	var all sync.WaitGroup
	for g := 0; g < 20; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 50; i++ {
				mine, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(2000))*time.Microsecond)
				if g%2 == 0 {
					mine = ctx
				}
				want := fmt.Sprintf("%d %d", g, i)
				got, err := s.Request(mine, []byte(want))
				cancel()
				if err == nil && string(got[0]) != want || err != nil && (g%2 == 0 || !errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("the reply to %s is %q, %v", want, got, err)
				}
			}
		}()
	}
	all.Wait()
	if n := len(s.requests.waiting); n != 0 {
		t.Errorf("%d requests are still waited for", n)
	}
}

// TestRequestForgetsCancelled: a request that is abandoned leaves nothing behind, though it is never answered.
func TestRequestForgetsCancelled(t *testing.T) {
	c := newTestContext(t)
	service, s := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
	connectTo(t, s, bindTo(t, service, "inproc"))
	for range 100 {
		ctx, cancel := context.WithCancel(patient(t))
		lost := make(chan error, 1)
		go func() {
			_, err := s.Request(ctx, []byte("lost"))
			lost <- err
		}()
		recvText(t, service)
		cancel()
		wantError(t, <-lost, []error{context.Canceled})
	}
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	if n := len(s.requests.waiting); n != 0 {
		t.Errorf("%d requests that were abandoned are still in the table", n)
	}
}

// TestRequestWithoutParts is refused before anything is sent: a service could not answer it.
func TestRequestWithoutParts(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	_, err := s.Request(patient(t))
	wantError(t, err, []error{EINVAL}, "zmq: request (dealer)", "at least one part")
}

// TestRequestReplyTwice delivers a reply twice before it was taken.
func TestRequestReplyTwice(t *testing.T) {
	var r requests
	id, reply := r.begin()
	msg := [][]byte{binary.BigEndian.AppendUint64(nil, id), {}, []byte("reply")}
	done := make(chan struct{})
	go func() {
		r.deliver(msg)
		r.deliver(msg)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the second one is stuck")
	}
	if got := <-reply; string(got[0]) != "reply" {
		t.Errorf("the reply is %q", got)
	}
}

// TestRequestPeerGone ends requests whose service does not answer, and goes on with one that does.
func TestRequestPeerGone(t *testing.T) {
	c := newTestContext(t)
	dead, s := newTestSocket(t, c, Rep), newTestSocket(t, c, Dealer)
	at := bindTo(t, dead, "tcp")
	connectTo(t, s, at)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := 0; i < 10; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := s.Request(ctx, []byte("anybody?")); !errors.Is(err, context.Canceled) {
				t.Errorf("the dead answer: %v", err)
			}
		}()
	}
	recvText(t, dead)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	cancel()
	all.Wait()
	again := newTestSocket(t, c, Rep)
	for try := 0; ; try++ {
		if err := again.Bind(at); err == nil {
			break
		} else if !errors.Is(err, EADDRINUSE) || try > 3000 {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	serve(t, again, echo)
	// A request that left on the connection to the dead, before its end was noticed, is lost.
	for ctx := patient(t); ; {
		once, cancel := context.WithTimeout(ctx, time.Second)
		got, err := s.Request(once, []byte("now?"))
		cancel()
		if err == nil && string(got[0]) == "now?" {
			return
		}
		if err == nil || ctx.Err() != nil {
			t.Fatalf("after the restart: %q, %v", got, err)
		}
	}
}

// TestRequestErrors ends requests in every other way.
func TestRequestErrors(t *testing.T) {
	c := newTestContext(t)
	_, err := newTestSocket(t, c, Req).Request(context.Background(), nil)
	wantError(t, err, []error{ENOTSUP, ErrNotSupported}, "request (req)", "only a dealer")

	silent := newTestSocket(t, c, Router)
	at := bindTo(t, silent, "inproc")
	for timeout, want := range map[time.Duration]error{0: os.ErrDeadlineExceeded, time.Millisecond: os.ErrDeadlineExceeded} {
		s := newTestSocket(t, c, Dealer, RecvTimeout(timeout))
		connectTo(t, s, at)
		var all sync.WaitGroup
		for i := 0; i < 5; i++ {
			all.Add(1)
			go func() {
				defer all.Done()
				_, err := s.Request(patient(t), []byte("x"))
				if !errors.Is(err, want) || !errors.Is(err, EAGAIN) {
					t.Errorf("with RecvTimeout %v: %v", timeout, err)
				}
			}()
		}
		all.Wait()
	}
	s := newTestSocket(t, c, Dealer, SendHWM(1), SendTimeout(time.Millisecond))
	_, err = s.Request(patient(t), []byte("x"))
	wantError(t, err, []error{os.ErrDeadlineExceeded, EAGAIN}, "request (dealer)", "SendTimeout")

	for name, end := range map[string]struct {
		do   func(c *Context, s *Socket) error
		want error
	}{
		"closed":     {func(_ *Context, s *Socket) error { return s.Close() }, ErrClosed},
		"terminated": {func(c *Context, _ *Socket) error { return c.Shutdown() }, ErrTerminated},
	} {
		c := newTestContext(t)
		silent, s := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
		connectTo(t, s, bindTo(t, silent, "inproc"))
		const waiting = 5
		errs := make(chan error, waiting)
		for i := 0; i < waiting; i++ {
			go func() {
				_, err := s.Request(context.Background(), []byte("x"))
				errs <- err
			}()
		}
		for i := 0; i < waiting; i++ {
			recvText(t, silent)
		}
		if err := end.do(c, s); err != nil {
			t.Fatal(name, err)
		}
		for i := 0; i < waiting; i++ {
			wantError(t, <-errs, []error{end.want}, "request (dealer)")
		}
	}
}

// TestRequestForged has one of two services answer for the other, under the numbers around those that it gets: nobody
// takes such an answer for a reply.
func TestRequestForged(t *testing.T) {
	const requests = 20
	c := newTestContext(t)
	dealer := newTestSocket(t, c, Dealer)
	hostile, honest := newTestSocket(t, c, Router), newTestSocket(t, c, Router)
	connectTo(t, dealer, bindTo(t, hostile, "inproc"))
	connectTo(t, dealer, bindTo(t, honest, "inproc"))
	type result struct {
		text string
		err  error
	}
	results := make(chan result, requests)
	for range requests {
		go func() {
			got, err := dealer.Request(patient(t), []byte("?"))
			results <- result{string(bytes.Join(got, nil)), err}
		}()
	}
	expect := func(n int, want string) {
		t.Helper()
		for range n {
			if r := <-results; r.text != want || r.err != nil {
				t.Fatalf("a reply is %q, %v; want %q", r.text, r.err, want)
			}
		}
	}
	take := func(s *Socket, n int) (all [][][]byte) {
		t.Helper()
		for range n {
			msg, err := s.RecvParts(patient(t))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, msg)
		}
		return all
	}
	theirs, ours := take(hostile, requests/2), take(honest, requests/2)
	seen := map[uint64]bool{}
	for _, msg := range theirs {
		seen[binary.BigEndian.Uint64(msg[1])] = true
	}
	for _, msg := range theirs {
		for off := range uint64(2 * requests) {
			id := binary.BigEndian.Uint64(msg[1]) + off - requests
			if seen[id] {
				continue
			}
			if err := hostile.SendParts(patient(t), msg[0], binary.BigEndian.AppendUint64(nil, id), nil, []byte("forged")); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What one peer sends comes in its order: when these are there, so were the others.
	for _, msg := range theirs {
		if err := hostile.SendParts(patient(t), append(msg[:3:3], []byte("own"))...); err != nil {
			t.Fatal(err)
		}
	}
	expect(requests/2, "own")
	for _, msg := range ours {
		if err := honest.SendParts(patient(t), append(msg[:3:3], []byte("honest"))...); err != nil {
			t.Fatal(err)
		}
	}
	expect(requests/2, "honest")
}

// TestRequestImmediate gives requests up while the service is away, and has one endpoint of two at which nobody is: with
// Immediate no request is served late, and none is sent to nobody.
func TestRequestImmediate(t *testing.T) {
	if atFloor() {
		return
	}
	c := newTestContext(t)
	s := newTestSocket(t, c, Dealer, Immediate(true))
	service := newTestSocket(t, c, Router)
	at := freeEndpoint(t, "ipc")
	connectTo(t, s, at)
	connectTo(t, s, freeEndpoint(t, "ipc"))
	for range 20 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		_, err := s.Request(ctx, []byte("abandoned"))
		cancel()
		wantError(t, err, []error{context.DeadlineExceeded})
	}
	if err := service.Bind(at); err != nil {
		t.Fatal(err)
	}
	serve(t, service, func(body [][]byte) [][]byte {
		if text := string(body[len(body)-1]); text != "served" {
			t.Errorf("a request that was abandoned was served: %q", text)
		}
		return echo(body)
	})
	for range 20 {
		if _, err := s.Request(patient(t), []byte("served")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRequestServiceCloses has a service reply and close at once, before a requester receives: the replies are delivered.
func TestRequestServiceCloses(t *testing.T) {
	if !hardened("unread") {
		t.Skip("this engine drops what had arrived when the connection ends: see docs/limits.md")
	}
	if !monitorsHere(t) {
		return
	}
	for _, transport := range []string{"tcp", "ipc"} {
		s, service := newTestSocket(t, newTestContext(t), Dealer), newTestSocket(t, newTestContext(t), Router)
		connectTo(t, s, bindTo(t, service, transport))
		const requests = 10
		results := make(chan error, requests)
		ask := func() {
			got, err := s.Request(patient(t), []byte("?"))
			if err == nil && string(got[0]) != "reply" {
				err = fmt.Errorf("the reply is %q", got)
			}
			results <- err
		}
		answer := func() {
			msg, err := service.RecvParts(patient(t))
			if err == nil {
				err = service.SendParts(patient(t), append(msg[:3:3], []byte("reply"))...)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		go ask()
		answer()
		if err := taken(t, "the first reply", results); err != nil {
			t.Fatal(err)
		}
		s.requests.token <- struct{}{} // nobody reads meanwhile
		for range requests {
			go ask()
		}
		for range requests {
			answer()
		}
		must(service.Close())
		eventually(t, "the connection has ended", func() bool { return s.Stats().Disconnects > 0 })
		<-s.requests.token
		for range requests {
			if err := taken(t, "a reply over "+transport, results); err != nil {
				t.Fatal(err)
			}
		}
	}
}
