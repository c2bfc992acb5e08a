package zmq

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	mathrand "math/rand/v2"
	"runtime"
	"sync"
)

// requests keeps account of the requests on one Dealer that wait for their replies. Of the
// goroutines that wait, one at a time reads for all (it holds the token).
type requests struct {
	once    sync.Once
	token   chan struct{} // made with the socket, so that it is of no synctest bubble but the socket's
	mu      sync.Mutex
	numbers *mathrand.ChaCha8 // guarded by mu
	waiting map[uint64]chan [][]byte
}

func (r *requests) setUp() {
	r.waiting = map[uint64]chan [][]byte{}
	var seed [32]byte
	rand.Read(seed[:]) // which ends the process if it fails
	r.numbers = mathrand.NewChaCha8(seed)
}

// begin gives a request its number. Of several services each can answer for the others, if it knows the numbers of the
// requests that they got: so the numbers come from a generator that is cryptographically strong, and of what one
// service sees it learns nothing about the rest.
func (r *requests) begin() (uint64, chan [][]byte) {
	r.once.Do(r.setUp)
	r.mu.Lock()
	defer r.mu.Unlock()
	id := r.numbers.Uint64()
	for r.waiting[id] != nil {
		id = r.numbers.Uint64()
	}
	reply := make(chan [][]byte, 1)
	r.waiting[id] = reply
	return id, reply
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
// A reply is known by its number alone, since a Dealer does not say which peer a message came from. The numbers are
// random, of 64 bits: a service can answer the requests that it got, once each, and not foresee those that others get.
//
// Open the Dealer with Immediate(true). Without it libzmq queues requests for services that are away: a service that comes
// back serves those that were abandoned meanwhile, and a share of the requests goes to each endpoint without a service,
// where they end with ctx. With it requests go to services that are connected, and wait while none is. Those that a
// service has been sent when it dies are lost in either case.
//
// Errors: EINVAL without parts; ENOTSUP if the socket is no Dealer; ctx.Err() when ctx ended; os.ErrDeadlineExceeded when the SendTimeout
// or the RecvTimeout ran out; ErrClosed; ErrTerminated; ENOMEM.
func (s *Socket) Request(ctx context.Context, parts ...[]byte) ([][]byte, error) {
	defer runtime.KeepAlive(s)
	if s.inner() == nilSocket {
		return nil, s.requestError(errNilSocket)
	}
	if s.inner().typ != Dealer {
		return nil, s.requestError(withReason(ENOTSUP, "only a dealer has requests under way"))
	}
	if len(parts) == 0 {
		return nil, s.requestError(withReason(EINVAL, "a request has at least one part; it may be empty"))
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
	return &OpError{Op: "request", Type: s.inner().typ, Err: err}
}

// awaitReply waits until the reply is there, reading for all who wait if nobody else does.
func (s *Socket) awaitReply(ctx context.Context, reply chan [][]byte) ([][]byte, error) {
	s.inner().mu.Lock()
	timeout := s.inner().recvTimeout
	s.inner().mu.Unlock()
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
