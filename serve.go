package zmq

import (
	"context"
	"errors"
	"log"
	"os"
	"runtime"
	"time"
)

// Handler answers requests; see Serve.
type Handler interface {
	// ServeRequest returns the reply to a request. Both are the parts of a message without the envelope. The request is the
	// handler's own. The reply is not read after it was sent. A handler that returns neither parts nor an error gives no reply: a
	// Router sends nothing then, and a Rep, which must reply, an empty message. ServeErrorReply decides what is sent for an error.
	//
	// ctx has the values of Serve's. It ends when the ServeTimeout is over, when the ServeGrace is over after Serve's ctx has
	// ended, and when the socket was closed. It may be called by many goroutines at a time.
	ServeRequest(ctx context.Context, request [][]byte) (reply [][]byte, err error)
}

// HandlerFunc is a function that is a Handler.
type HandlerFunc func(ctx context.Context, request [][]byte) (reply [][]byte, err error)

// ServeRequest calls f.
func (f HandlerFunc) ServeRequest(ctx context.Context, request [][]byte) ([][]byte, error) {
	if f == nil {
		return nil, &OpError{Op: "serve", Type: noSocket, Err: errNilFunc}
	}
	return f(ctx, request)
}

// ServeOption sets up Serve.
type ServeOption func(*server) error

// ServeLimit sets how many requests Serve handles at a time, at least 1 (default 100). Further requests wait in the socket,
// up to its RecvHWM for each peer. A Rep handles one at a time.
func ServeLimit(n int) ServeOption {
	return func(v *server) error {
		if n < 1 {
			return withReason(EINVAL, "the ServeLimit is at least 1")
		}
		v.limit = n
		return nil
	}
}

// ServeTimeout sets how long after a request was received the context of its handler ends (default Infinite, never). The
// handler has to return then by itself.
func ServeTimeout(d time.Duration) ServeOption {
	return func(v *server) error { v.timeout = d; return v.positive("ServeTimeout", d) }
}

// ServeGrace sets how long handlers may go on when the ctx of Serve has ended, before their own contexts end (default 10
// s). Infinite sets no limit.
func ServeGrace(d time.Duration) ServeOption {
	return func(v *server) error { v.grace = d; return v.positive("ServeGrace", d) }
}

// ServeErrorLog sets the logger for panics of the handler, with their stack, and for its errors, unless there is a
// ServeErrorReply. When several come within ten seconds Serve logs the first one and then only their number, since clients
// may cause them. Unless set, or if nil, it is the standard logger of package log, as for a server of net/http.
func ServeErrorLog(l *log.Logger) ServeOption {
	return func(v *server) error { v.log = l; return nil }
}

// ServeErrorReply sets the function that makes the reply to a request whose handler has returned an error or has panicked.
// Serve sends what f returns as it sends a handler's reply. Unless set the reply is an empty message: so a Req does not
// wait in vain, and the client does not see the error's text.
func ServeErrorReply(f func(err error) [][]byte) ServeOption {
	return func(v *server) error { v.errorReply = f; return nil }
}

func (v *server) positive(name string, d time.Duration) error {
	if d <= 0 && d != Infinite {
		return withReason(EINVAL, "the "+name+" is more than 0, or Infinite")
	}
	return nil
}

// Serve receives requests on s, a Rep or Router that is bound or connected, and calls h for each, on a goroutine of its
// own, until ctx ends. It sends what h returns as the reply. On a Router it handles up to ServeLimit requests at a time,
// and replies in the order in which they are done; on a Rep it handles one after the other.
//
// Requests come from a Req, from a Dealer by Request or otherwise, and through a queue or another device with any number of
// clients behind it. The parts in front of the first empty part of a message are its envelope, which the reply gets too. A
// message without an empty part is a request without an envelope; a Dealer may send one to a Router, but not through a
// queue. Serve ignores messages that are only an envelope, as ProbeRouter sends them.
//
// The end is graceful: when ctx has ended Serve receives no more requests, waits for the handlers that run, for up to
// ServeGrace, sends their replies, and returns nil. Requests that it has not received stay in the socket. The socket stays
// open; it is the caller's. Replies are sent as the socket sends: a Router without RouterMandatory drops replies for peers
// that are gone or whose queue is full.
//
// A handler that panics ends its request and nothing else. A handler that does not end occupies one of the ServeLimit
// places, and on a Rep the only one: h must return when its ctx ends. Several goroutines may Serve on one Router; no other
// goroutine may receive on the socket meanwhile. A RecvTimeout has no effect. Beside receiving and sending it costs a
// goroutine for each request.
//
// Errors: EINVAL for a nil socket or handler, or a bad option; ENOTSUP for other types; ErrInUse for a Rep that is being
// served; EFSM for a Rep that has a reply to send; os.ErrDeadlineExceeded when handlers had not ended after the ServeGrace,
// whose replies are dropped; ErrClosed; ErrTerminated.
func Serve(ctx context.Context, s *Socket, h Handler, opts ...ServeOption) error {
	if s.inner() == nilSocket {
		return &OpError{Op: "serve", Type: noSocket, Err: errNilSocket}
	}
	defer runtime.KeepAlive(s)
	v := &server{s: s, h: h, limit: 100, timeout: Infinite, grace: defaultCloseTimeout}
	if err := v.setUp(opts); err != nil {
		return &OpError{Op: "serve", Type: s.inner().typ, Err: err}
	}
	if s.inner().typ == Rep {
		defer s.serving.Store(false)
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := v.run(ctx); err != nil {
		return &OpError{Op: "serve", Type: s.inner().typ, Err: err}
	}
	return nil
}

func (v *server) setUp(opts []ServeOption) error {
	if v.h == nil {
		return withReason(EINVAL, "the Handler is nil")
	}
	if f, ok := v.h.(HandlerFunc); ok && f == nil {
		return errNilFunc
	}
	if !v.s.inner().typ.is(Rep, Router) {
		return withReason(ENOTSUP, "only a rep or router has requests to serve")
	}
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o(v); err != nil {
			return err
		}
	}
	if v.log == nil {
		v.log = log.Default()
	}
	if v.s.inner().typ == Rep {
		v.limit = 1
		if !v.s.serving.CompareAndSwap(false, true) {
			return ErrInUse
		}
	}
	v.places = make(chan struct{}, v.limit)
	return nil
}

// run takes requests until ctx ends, and waits for those that are being served.
func (v *server) run(ctx context.Context) error {
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	v.base = base
	sending, stop := context.WithCancel(context.Background())
	defer stop()
	v.sending = sending
	gone, forget := v.s.inner().atEnd()
	defer forget()
	err := v.take(ctx, gone)
	if errors.Is(err, errServeEnd) {
		err = nil
	} else {
		cancel(err) // no reply can be sent any more
	}
	left := v.drain(v.grace, 0)
	if left > 0 {
		cancel(errServeGrace)
		left = v.drain(closeGrace, v.limit-left)
	}
	stop()
	v.mu.Lock()
	v.over = true
	v.mu.Unlock()
	if err == nil && left > 0 {
		return stillServing(left)
	}
	return err
}

// errServeEnd is what take returns when ctx has ended.
var errServeEnd = errors.New("the end")

// take takes requests, each with a place of its own, which it keeps until it is answered.
func (v *server) take(ctx context.Context, gone <-chan struct{}) error {
	for {
		select {
		case v.places <- struct{}{}:
		case <-ctx.Done():
			return errServeEnd
		case <-gone:
			return v.s.inner().open()
		}
		msg, err := v.s.RecvParts(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			<-v.places
			return errServeEnd
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, ErrWouldBlock):
			<-v.places
			if err := v.pause(ctx); err != nil {
				return err
			}
			continue
		default:
			<-v.places
			return underlying(err)
		}
		envelope, request := v.split(msg)
		if len(request) == 0 {
			<-v.places
			continue
		}
		go v.serve(envelope, request)
	}
}

// pause waits for the next request where the RecvTimeout does not.
func (v *server) pause(ctx context.Context) error {
	items := []PollItem{{Socket: v.s, Events: PollIn}}
	if _, err := pollItems(ctx, items, false); err != nil && ctx.Err() == nil {
		return underlying(err)
	}
	return nil
}
