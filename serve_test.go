package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serving serves s until the test ends, or end is called, and returns what Serve returned.
func serving(t *testing.T, s *Socket, h HandlerFunc, opts ...ServeOption) (end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(patient(t))
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, s, h, opts...) }()
	end = sync.OnceValue(func() error {
		cancel()
		return taken(t, "Serve to return", done)
	})
	t.Cleanup(func() { end() })
	return end
}

func capitals(_ context.Context, request [][]byte) ([][]byte, error) {
	return [][]byte{bytes.ToUpper(request[0]), fmt.Append(nil, len(request))}, nil
}

// TestServePeers serves every kind of peer, by way of no, one and two queues.
func TestServePeers(t *testing.T) {
	for _, typ := range []SocketType{Rep, Router} {
		for queues := range 3 {
			for _, transport := range []string{"inproc", "tcp"} {
				t.Run(fmt.Sprintf("%v/%d queues/%s", typ, queues, transport), func(t *testing.T) {
					c := newTestContext(t)
					service := newTestSocket(t, c, typ)
					at := bindTo(t, service, transport)
					at = behindQueues(t, c, at, transport, queues)
					end := serving(t, service, capitals)
					servedPeers(t, c, at)
					if typ == Router && queues == 0 {
						bare := newTestSocket(t, c, Dealer)
						connectTo(t, bare, at)
						sendText(t, bare, "bare", "of two")
						expectText(t, bare, "BARE", "2")
					}
					if err := end(); err != nil {
						t.Errorf("Serve returned %v", err)
					}
				})
			}
		}
	}
}

func servedPeers(t *testing.T, c *Context, at string) {
	t.Helper()
	req := newTestSocket(t, c, Req)
	connectTo(t, req, at)
	for _, text := range []string{"one", "two"} {
		sendText(t, req, text, "", "")
		expectText(t, req, strings.ToUpper(text), "3")
	}
	sendText(t, req, "")
	expectText(t, req, "", "1")
	if apiVersion().AtLeast(from40) {
		numbered := newTestSocket(t, c, Req, ReqCorrelate(true))
		connectTo(t, numbered, at)
		sendText(t, numbered, "numbered")
		expectText(t, numbered, "NUMBERED", "1")
	}
	dealer := newTestSocket(t, c, Dealer)
	connectTo(t, dealer, at)
	sendText(t, dealer, "", "by hand")
	expectText(t, dealer, "", "BY HAND", "1")
	sendText(t, dealer, "a", "b", "", "by hand")
	expectText(t, dealer, "a", "b", "", "BY HAND", "1")
	var all sync.WaitGroup
	for i := range 50 {
		all.Add(1)
		go func() {
			defer all.Done()
			text := fmt.Sprintf("request %d", i)
			if got, err := dealer.Request(patient(t), []byte(text)); err != nil || string(got[0]) != strings.ToUpper(text) {
				t.Errorf("the reply to %q is %q, %v", text, got, err)
			}
		}()
	}
	all.Wait()
}

// TestServeLimit: a Router serves as many as it may at a time, and no more.
func TestServeLimit(t *testing.T) {
	const limit, requests = 5, 40
	dealer, router := requestPair(t)
	var now, most atomic.Int32
	full := make(chan struct{})
	end := serving(t, router, func(ctx context.Context, request [][]byte) ([][]byte, error) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == limit {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		<-full
		return request, nil
	}, ServeLimit(limit))
	var all sync.WaitGroup
	for range requests {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := dealer.Request(patient(t), []byte("x")); err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	if err := end(); err != nil || most.Load() != limit {
		t.Errorf("up to %d were served at a time, want %d; %v", most.Load(), limit, err)
	}
}

// TestServeFailures: whatever a handler does, the requester has its answer, and the next request is served.
func TestServeFailures(t *testing.T) {
	for _, typ := range []SocketType{Rep, Router} {
		t.Run(typ.String(), func(t *testing.T) {
			c := newTestContext(t)
			service, req := newTestSocket(t, c, typ), newTestSocket(t, c, Req)
			connectTo(t, req, bindTo(t, service, "inproc"))
			h := func(_ context.Context, request [][]byte) ([][]byte, error) {
				switch string(request[0]) {
				case "error":
					return request, errors.New("the handler's own")
				case "panic":
					panic("at the disco")
				case "goexit":
					runtime.Goexit()
				}
				return [][]byte{[]byte("well")}, nil
			}
			var logged syncBuffer
			end := serving(t, service, h, ServeErrorLog(log.New(&logged, "", 0)))
			for _, way := range []string{"panic", "error", "goexit", "none"} {
				sendText(t, req, way)
				expectText(t, req, map[bool]string{true: "well", false: ""}[way == "none"])
			}
			if err := end(); err != nil {
				t.Error(err)
			}
			for _, want := range []string{"zmq: a panic while serving a request at " + typ.String() + " inproc://", "at the disco", "serve_test.go"} {
				if !strings.Contains(logged.String(), want) {
					t.Errorf("the log has no %q:\n%s", want, logged.String())
				}
			}
			if strings.Contains(logged.String(), "the handler's own") {
				t.Error("each failure is logged")
			}
			end = serving(t, service, h, ServeErrorLog(log.New(&logged, "", 0)), ServeErrorReply(func(err error) [][]byte {
				if err.Error() == "a panic: at the disco" {
					panic("again")
				}
				return [][]byte{[]byte("failed"), []byte(err.Error())}
			}))
			sendText(t, req, "error")
			expectText(t, req, "failed", "the handler's own")
			sendText(t, req, "panic")
			expectText(t, req, "")
			if err := end(); err != nil {
				t.Error(err)
			}
		})
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// TestServeNoReply: a Router need not answer, a Rep has to, and probes are no requests.
func TestServeNoReply(t *testing.T) {
	none := func(_ context.Context, request [][]byte) ([][]byte, error) {
		if string(request[0]) == "quiet" {
			return nil, nil
		}
		return request, nil
	}
	c := newTestContext(t)
	rep, req := newTestSocket(t, c, Rep), newTestSocket(t, c, Req)
	connectTo(t, req, bindTo(t, rep, "inproc"))
	serving(t, rep, none)
	sendText(t, req, "quiet")
	expectText(t, req, "")
	router, dealer := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
	connectTo(t, dealer, bindTo(t, router, "inproc"))
	serving(t, router, none)
	sendText(t, dealer, "") // as ProbeRouter does
	sendText(t, dealer, "", "quiet")
	sendText(t, dealer, "", "loud")
	expectText(t, dealer, "", "loud")
}

// held starts a service whose handler waits for release or the end of its context, and has a request under way.
func held(t *testing.T, typ SocketType, opts ...ServeOption) (end func() error, release chan struct{}, s *Socket, reply chan string) {
	t.Helper()
	c := newTestContext(t)
	s = newTestSocket(t, c, typ)
	dealer := newTestSocket(t, c, Dealer)
	connectTo(t, dealer, bindTo(t, s, "inproc"))
	release, reply = make(chan struct{}), make(chan string, 1)
	began := make(chan struct{})
	opts = append(opts, ServeErrorReply(func(err error) [][]byte { return [][]byte{[]byte(err.Error())} }))
	end = serving(t, s, func(ctx context.Context, request [][]byte) ([][]byte, error) {
		close(began)
		select {
		case <-release:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		return [][]byte{[]byte("done")}, nil
	}, opts...)
	go func() {
		got, err := dealer.Request(patient(t), []byte("x"))
		reply <- fmt.Sprintf("%s %v", bytes.Join(got, nil), err)
	}()
	taken(t, "the request", began)
	return end, release, s, reply
}

// TestServeGraceful: what was taken is answered after the end of ctx.
func TestServeGraceful(t *testing.T) {
	for _, typ := range []SocketType{Rep, Router} {
		end, release, s, reply := held(t, typ)
		ended := make(chan error, 1)
		go func() { ended <- end() }()
		select {
		case err := <-ended:
			t.Fatalf("Serve has left a request: %v", err)
		case <-time.After(time.Millisecond): // for those who do not wait at all
		}
		close(release)
		if got := taken(t, "the reply", reply); got != "done <nil>" {
			t.Errorf("%v: the reply is %q", typ, got)
		}
		if err := taken(t, "the end", ended); err != nil {
			t.Error(err)
		}
		if _, err := s.Events(); err != nil {
			t.Errorf("the socket: %v", err)
		}
	}
}

// TestServeGraceOver: when the grace is over the contexts of requests end, and of those that do not obey it is said how many there are.
func TestServeGraceOver(t *testing.T) {
	end, _, _, reply := held(t, Router, ServeGrace(time.Millisecond))
	if err := end(); err != nil {
		t.Error(err)
	}
	if got := taken(t, "the reply", reply); got != "the ServeGrace ran out <nil>" {
		t.Errorf("the reply is %q", got)
	}
	dealer, router := requestPair(t)
	release, began, returned := make(chan struct{}), make(chan struct{}), make(chan struct{})
	end = serving(t, router, func(context.Context, [][]byte) ([][]byte, error) {
		defer close(returned)
		close(began)
		<-release
		return [][]byte{[]byte("late")}, nil
	}, ServeGrace(time.Millisecond))
	sendText(t, dealer, "", "x")
	taken(t, "the request", began)
	err := end()
	wantError(t, err, []error{os.ErrDeadlineExceeded}, "zmq: serve (router): the ServeGrace ran out: 1 requests")
	close(release)
	taken(t, "the handler", returned)
	expectNothing(t, dealer)
}

// TestServeEnds: the end of the socket ends Serve, and the contexts of requests.
func TestServeEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(s *Socket) error
		want error
	}{
		"closed":     {(*Socket).Close, ErrClosed},
		"terminated": {func(s *Socket) error { return s.Context().Shutdown() }, ErrTerminated},
	} {
		for _, typ := range []SocketType{Rep, Router} {
			c := newTestContext(t)
			s, dealer := newTestSocket(t, c, typ), newTestSocket(t, c, Dealer)
			connectTo(t, dealer, bindTo(t, s, "inproc"))
			began, done := make(chan struct{}), make(chan error, 1)
			go func() {
				done <- Serve(context.Background(), s, HandlerFunc(func(ctx context.Context, _ [][]byte) ([][]byte, error) {
					close(began)
					<-ctx.Done()
					return nil, ctx.Err()
				}), ServeErrorLog(log.New(&syncBuffer{}, "", 0)))
			}()
			sendText(t, dealer, "", "x")
			taken(t, "the request", began)
			must(test.end(s))
			wantError(t, taken(t, name, done), []error{test.want}, "zmq: serve (")
		}
	}
}

// TestServeTimeouts: requests have the context that was asked for, and a RecvTimeout is without effect.
func TestServeTimeouts(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Millisecond} {
		c := newTestContext(t)
		rep, req := newTestSocket(t, c, Rep, RecvTimeout(timeout)), newTestSocket(t, c, Req)
		connectTo(t, req, bindTo(t, rep, "inproc"))
		type key struct{}
		ctx, cancel := context.WithCancel(context.WithValue(patient(t), key{}, "value"))
		done := make(chan error, 1)
		go func() {
			done <- Serve(ctx, rep, HandlerFunc(func(ctx context.Context, request [][]byte) ([][]byte, error) {
				<-ctx.Done()
				return [][]byte{fmt.Append(nil, ctx.Err(), " ", ctx.Value(key{}))}, nil
			}), ServeTimeout(2*time.Millisecond))
		}()
		for range 3 {
			parkedOn(t, rep, 1)
			sendText(t, req, "x")
			expectText(t, req, "context deadline exceeded value")
		}
		cancel()
		if err := taken(t, "the end", done); err != nil {
			t.Error(err)
		}
	}
}

// TestServeErrors is what is refused before a request is taken.
func TestServeErrors(t *testing.T) {
	c := newTestContext(t)
	rep, pull := newTestSocket(t, c, Rep), newTestSocket(t, c, Pull)
	ctx, ok := patient(t), HandlerFunc(capitals)
	wantError(t, Serve(ctx, nil, ok), []error{EINVAL}, "zmq: serve: the Socket is nil")
	wantError(t, Serve(ctx, rep, nil), []error{EINVAL}, "zmq: serve (rep): the Handler is nil")
	wantError(t, Serve(ctx, rep, HandlerFunc(nil)), []error{EINVAL}, "zmq: serve (rep)")
	wantError(t, Serve(ctx, pull, ok), []error{ENOTSUP}, "zmq: serve (pull): only a rep or router")
	wantError(t, Serve(ctx, rep, ok, ServeLimit(0)), []error{EINVAL}, "ServeLimit")
	wantError(t, Serve(ctx, rep, ok, ServeTimeout(0)), []error{EINVAL}, "ServeTimeout")
	wantError(t, Serve(ctx, rep, ok, ServeGrace(-2)), []error{EINVAL}, "ServeGrace")
	must(rep.Bind("inproc://twice"))
	end := serving(t, rep, capitals)
	parkedOn(t, rep, 1)
	wantError(t, Serve(ctx, rep, ok), []error{ErrInUse}, "zmq: serve (rep)")
	if err := end(); err != nil {
		t.Error(err)
	}
	if err := serving(t, rep, capitals, nil)(); err != nil {
		t.Error(err)
	}
	req := newTestSocket(t, c, Req)
	connectTo(t, req, "inproc://twice")
	sendText(t, req, "x")
	expectText(t, rep, "x")
	wantError(t, Serve(ctx, rep, ok), []error{EFSM}, "zmq: serve (rep): the last request has no reply yet")
}

// BenchmarkServe is a request and its reply over inproc, served by hand and by Serve, asked by a Req and by Request.
func BenchmarkServe(b *testing.B) {
	echoes := HandlerFunc(func(_ context.Context, request [][]byte) ([][]byte, error) { return request, nil })
	for _, typ := range []SocketType{Rep, Router} {
		for name, serve := range map[string]func(ctx context.Context, s *Socket){
			"by hand": func(ctx context.Context, s *Socket) {
				for msg, err := range s.Messages(ctx) {
					if err != nil || s.SendParts(ctx, msg...) != nil {
						return
					}
				}
			},
			"Serve": func(ctx context.Context, s *Socket) { Serve(ctx, s, echoes) },
		} {
			c := newTestContext(b)
			service, req, dealer := newTestSocket(b, c, typ), newTestSocket(b, c, Req), newTestSocket(b, c, Dealer)
			at := bindTo(b, service, "inproc")
			connectTo(b, req, at)
			connectTo(b, dealer, at)
			untilEnd(b, func(ctx context.Context) { serve(ctx, service) })
			ctx, x := context.Background(), []byte("x")
			b.Run(fmt.Sprintf("%v/%s/Req", typ, name), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					must(req.SendParts(ctx, x))
					mustGet(req.RecvParts(ctx))
				}
			})
			b.Run(fmt.Sprintf("%v/%s/Request", typ, name), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					mustGet(dealer.Request(ctx, x))
				}
			})
		}
	}
}
