package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
)

// requests keeps account of the requests on one Dealer that wait for their replies. Of the
// goroutines that wait, one at a time reads for all (it holds the token).
type requests struct {
	once    sync.Once
	token   chan struct{}
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan [][]byte
}

func (r *requests) setUp() {
	r.token = make(chan struct{}, 1)
	r.waiting = map[uint64]chan [][]byte{}
	r.last = rand.Uint64() // replies to a program that ran before match nothing
}

func (r *requests) begin() (uint64, chan [][]byte) {
	r.once.Do(r.setUp)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	reply := make(chan [][]byte, 1)
	r.waiting[r.last] = reply
	return r.last, reply
}

func (r *requests) end(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, id)
}

// deliver gives a reply to whoever waits for it; nobody may, after a cancellation.
func (r *requests) deliver(parts [][]byte) {
	if len(parts) < 2 || len(parts[0]) != 8 || len(parts[1]) != 0 {
		return
	}
	id := binary.BigEndian.Uint64(parts[0])
	r.mu.Lock()
	defer r.mu.Unlock()
	if reply := r.waiting[id]; reply != nil {
		reply <- parts[2:]
		delete(r.waiting, id)
	}
}

// Request sends parts as a request and returns the reply to it. Any number of goroutines may have
// requests under way on the one socket, a Dealer, and each gets its own reply, in whatever order they come:
// the request carries a number and an empty part in front, which a Rep returns by itself, and
// which a service on a Router returns with the identity. Requests go to the connected services in
// turn; one that gets no reply, because its service died, ends with ctx, or when the RecvTimeout runs out. A
// reply that comes too late is dropped. Nobody else may receive on the socket meanwhile.
//
// Open the Dealer with Immediate(true). Without it libzmq queues requests for services that are away: a service that comes
// back serves those that were given up meanwhile, and a share of the requests goes to each endpoint that nobody is at,
// where they end with ctx. With it requests go to services that are connected, and wait while none is. Those that a
// service has been sent when it dies are lost in either case.
//
// Errors: ENOTSUP if the socket is no Dealer; ctx.Err() when ctx ended; os.ErrDeadlineExceeded when the SendTimeout
// or the RecvTimeout ran out; ErrClosed; ErrTerminated; ENOMEM.
func (s *Socket) Request(ctx context.Context, parts ...[]byte) ([][]byte, error) {
	defer runtime.KeepAlive(s)
	if s.s.typ != Dealer {
		return nil, s.requestError(because(ENOTSUP, "only a dealer has requests under way"))
	}
	if ctx == nil {
		ctx = context.Background()
	}
	r := &s.requests
	id, reply := r.begin()
	defer r.end(id)
	envelope := [][]byte{binary.BigEndian.AppendUint64(nil, id), nil}
	if err := s.sendParts(ctx, append(envelope, parts...), false, true); err != nil {
		return nil, s.requestError(err)
	}
	got, err := s.awaitReply(ctx, reply)
	if err != nil {
		return nil, s.requestError(err)
	}
	return got, nil
}

func (s *Socket) requestError(err error) error {
	return &OpError{Op: "request", Type: s.s.typ, Err: err}
}

// awaitReply waits until the reply is there, reading for all who wait if nobody else does.
func (s *Socket) awaitReply(ctx context.Context, reply chan [][]byte) ([][]byte, error) {
	s.s.mu.Lock()
	timeout := s.s.recvTimeout
	s.s.mu.Unlock()
	until := ctx
	if timeout >= 0 {
		var cancel context.CancelFunc
		until, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	late := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return errRecvTimeout
	}
	r := &s.requests
	select {
	case got := <-reply:
		return got, nil
	case r.token <- struct{}{}:
		defer func() { <-r.token }()
	case <-until.Done():
		select {
		case got := <-reply:
			return got, nil
		default:
			return nil, late()
		}
	}
	for {
		select {
		case got := <-reply:
			return got, nil
		default:
		}
		if until.Err() != nil {
			return nil, late()
		}
		got, err := s.RecvParts(until)
		var failed *OpError
		switch {
		case err == nil:
			r.deliver(got)
		case until.Err() != nil:
		case errors.Is(err, EAGAIN):
			return nil, errRecvTimeout
		case errors.As(err, &failed):
			return nil, failed.Err
		}
	}
}
