package zmq

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
)

// requests keeps account of the requests on one Dealer that wait for their replies. Of the
// goroutines that wait, one at a time reads for all (it holds the token).
type requests struct {
	token   chan struct{} // made with the socket, so that it is of no synctest bubble but the socket's
	mu      sync.Mutex
	waiting map[uint64]chan [][]byte
	random  [8]byte

	prepare  sync.Mutex // taken before the socket's lock
	prepared bool       // see prepareRequests
	left     []leftLink // what is to be connected anew
}

// begin gives a request its number. Of several services each can answer for the others, if it knows the numbers of the
// requests that they got: so the numbers are random as keys are, and of what one service sees it learns nothing about the rest.
func (r *requests) begin() (uint64, chan [][]byte) {
	reply := make(chan [][]byte, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	id := r.number()
	for r.waiting[id] != nil {
		id = r.number()
	}
	if r.waiting == nil {
		r.waiting = map[uint64]chan [][]byte{}
	}
	r.waiting[id] = reply
	return id, reply
}

// number returns a random number. r.mu is held.
func (r *requests) number() uint64 {
	rand.Read(r.random[:]) // which ends the process if it fails
	return binary.BigEndian.Uint64(r.random[:])
}

func (r *requests) end(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, id)
}

// deliver gives a reply to the goroutine that waits for it. After a cancellation none does.
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

// Request sends parts as a request and returns the reply. The socket is a Dealer, and any number of goroutines may have
// requests under way on it. Each gets its own reply, in whatever order the replies come: Request puts a number and an empty
// part in front of the request. A Rep returns these by itself; Serve, and any other service on a Router, returns them with
// the identity. Requests go to the connected services in turn. A request that gets no reply, because its service died, ends
// with ctx, or when the RecvTimeout runs out. A reply that comes too late is dropped. No other goroutine may receive on the
// socket meanwhile. A Requester sends a request that gets no reply again.
//
// A reply is recognised by its number alone, since a Dealer does not say which peer a message came from. The numbers are
// random, of 64 bits, from crypto/rand: a service can answer each request that it got, once, and cannot guess the numbers
// of requests to other services.
//
// Requests go only to services that are connected, and wait while there is none. A request that was given up while it
// waited is not sent, and an endpoint without a service gets no share. For this a Dealer that has sent nothing yet sets
// Immediate(true) with its first request, and makes its connections once more with that option, which takes some
// milliseconds; open the Dealer with Immediate(true) to avoid this. In three cases it is not possible, and requests queue
// for services that are away, and may be served long after they were given up: on engines before libzmq 4.0, unless the
// Dealer was opened with Immediate (3.2); on a Dealer that has sent other messages before; and over inproc to a name that
// is not bound yet. In every case the requests that were sent to a service are lost when it dies; Heartbeat notices one
// that does not answer.
//
// Replies that have arrived are delivered even if the service has closed meanwhile. On a libzmq that is not hardened
// (LinkInfo) they are lost with the connection, because of Immediate, unless they were read before its end: give requests a
// deadline there, or use a Requester. Without a deadline, a request whose reply is lost waits until the socket is closed.
//
// It costs a random number, a channel and an entry in a table beside the send and the receive.
//
// Errors: EINVAL without parts; ENOTSUP if the socket is no Dealer; ctx.Err() when ctx ended; os.ErrDeadlineExceeded when
// the SendTimeout or the RecvTimeout ran out; ErrClosed; ErrTerminated; ErrTooManyFiles; ENOMEM.
func (s *Socket) Request(ctx context.Context, parts ...[]byte) ([][]byte, error) {
	return s.request(ctx, parts, nil)
}

// request is Request, with the Requester, if there is one, that has it sent again.
func (s *Socket) request(ctx context.Context, parts [][]byte, again *Requester) ([][]byte, error) {
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
	if err := s.prepareRequests(ctx); err != nil {
		return nil, s.requestError(err)
	}
	r := s.requests
	id, reply := r.begin()
	defer r.end(id)
	message := make([][]byte, 0, 2+len(parts))
	message = append(append(message, binary.BigEndian.AppendUint64(nil, id), nil), parts...)
	if err := s.sendParts(ctx, message, false, true); err != nil {
		return nil, s.requestError(err)
	}
	got, err := s.awaitReply(ctx, reply, message, again)
	if err != nil {
		return nil, s.requestError(err)
	}
	return got, nil
}

func (s *Socket) requestError(err error) error {
	return &OpError{Op: "request", Type: s.inner().typ, Err: err}
}

// awaitReply waits for the reply until ctx ends or the RecvTimeout runs out.
func (s *Socket) awaitReply(ctx context.Context, reply chan [][]byte, message [][]byte, again *Requester) ([][]byte, error) {
	s.inner().mu.Lock()
	timeout := s.inner().recvTimeout
	s.inner().mu.Unlock()
	until := ctx
	if timeout >= 0 {
		var cancel context.CancelFunc
		until, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	var got [][]byte
	var err error
	if again != nil {
		got, err = again.await(until, reply, message)
	} else {
		got, err = s.readReply(until, reply)
	}
	if err != nil && until.Err() != nil && ctx.Err() == nil {
		return nil, errRecvTimeout
	}
	return got, err
}

// readReply waits until the reply is there, reading for all who wait if no other goroutine does. The error is until's when that
// has ended.
func (s *Socket) readReply(until context.Context, reply chan [][]byte) ([][]byte, error) {
	defer runtime.KeepAlive(s)
	r := s.requests
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
			return nil, until.Err()
		}
	}
	for {
		select {
		case got := <-reply:
			return got, nil
		default:
		}
		if err := until.Err(); err != nil {
			return nil, err
		}
		got, err := s.RecvParts(until)
		switch {
		case err == nil:
			r.deliver(got)
		case until.Err() != nil:
		case errors.Is(err, EAGAIN):
			return nil, errRecvTimeout
		default:
			return nil, underlying(err)
		}
	}
}
