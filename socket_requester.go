package zmq

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Requester sends requests over a Dealer with its method Request, and sends a request that gets no reply again: to the next
// service, if there are several. It returns the first reply, to whichever attempt. Every attempt has the same number, by
// which a service can tell that it has had the request before.
//
// A request that is sent again may be served more than once: use a Requester for requests for which that does no harm, and
// Socket.Request for the others. Both, and several Requesters, may share a Dealer.
//
// A budget bounds how much is sent again, so that slow services do not get several times the load. The budget begins at
// ten, and ten is its maximum. Each request adds Budget to it, each further attempt takes one, and there is no further
// attempt when less than one is left.
//
// Set the fields before the first request, and do not change them after it. A Requester is safe for concurrent use by
// multiple goroutines, and must not be copied after its first request. Beside a plain request it costs a timer for each
// attempt.
type Requester struct {
	Socket *Socket // a Dealer

	Attempts       int           // how often a request is sent at most; 0 is 3, 1 is once
	AttemptTimeout time.Duration // how long an attempt waits for the reply before the next one; 0 is a second
	Hedge          time.Duration // the same for the first attempt, if less; 0 is AttemptTimeout: no hedging
	Budget         float64       // how many further attempts each request earns; 0 is 0.1, less than 0 is none

	mu    sync.Mutex
	begun bool
	left  float64 // of the budget
}

const (
	defaultAttempts       = 3
	defaultAttemptTimeout = time.Second
	defaultBudget         = 0.1
	budgetMost            = 10
)

// Request sends parts as a request, again if need be, and returns the reply to it. It waits until ctx ends or the socket's
// RecvTimeout runs out, however many attempts there are. While no service is connected nothing is sent again.
//
// Errors: those of Socket.Request; EINVAL without a Socket, and for a field that makes no sense.
func (r *Requester) Request(ctx context.Context, parts ...[]byte) ([][]byte, error) {
	switch {
	case r == nil:
		return nil, &OpError{Op: "request", Type: noSocket, Err: withReason(EINVAL, "the Requester is nil")}
	case r.Socket == nil:
		return nil, &OpError{Op: "request", Type: noSocket, Err: withReason(EINVAL, "the Requester has no Socket")}
	case r.Attempts < 0 || r.AttemptTimeout < 0 || r.Hedge < 0:
		return nil, r.Socket.requestError(withReason(EINVAL, "Attempts, AttemptTimeout and Hedge of a Requester are 0, for what is usual, or more"))
	}
	r.earn()
	return r.Socket.request(ctx, parts, r)
}

func (r *Requester) earn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.begun {
		r.begun, r.left = true, budgetMost
	}
	budget := r.Budget
	if budget == 0 {
		budget = defaultBudget
	}
	if budget < 0 {
		r.left = 0
		return
	}
	r.left = min(r.left+budget, budgetMost)
}

// spend takes a further attempt from the budget, if it has one.
func (r *Requester) spend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left < 1 {
		return false
	}
	r.left--
	return true
}

// refund gives back an attempt that was not made.
func (r *Requester) refund() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left++
}

// await waits for the reply until a context ends, and sends the message again meanwhile.
func (r *Requester) await(until context.Context, reply chan [][]byte, message [][]byte) ([][]byte, error) {
	attempts, pause := r.Attempts, r.AttemptTimeout
	if attempts == 0 {
		attempts = defaultAttempts
	}
	if pause == 0 {
		pause = defaultAttemptTimeout
	}
	first := pause
	if r.Hedge > 0 {
		first = min(pause, r.Hedge)
	}
	for made := 1; made < attempts; first = pause {
		attempt, cancel := context.WithTimeout(until, first)
		got, err := r.Socket.readReply(attempt, reply)
		over := attempt.Err() != nil && until.Err() == nil
		cancel()
		if err == nil || !over {
			return got, err
		}
		sent, err := r.resend(until, message)
		if err != nil {
			return nil, err
		}
		if sent {
			made++
		}
	}
	return r.Socket.readReply(until, reply)
}

// resend sends the message once more, if the budget has it and a service is there to take it.
func (r *Requester) resend(ctx context.Context, message [][]byte) (bool, error) {
	if !r.spend() {
		return false, nil
	}
	err := r.Socket.sendParts(ctx, message, true, true)
	if err == nil {
		return true, nil
	}
	r.refund()
	if errors.Is(err, EAGAIN) || ctx.Err() != nil {
		return false, nil // and the wait that follows finds out about ctx
	}
	return false, err
}
