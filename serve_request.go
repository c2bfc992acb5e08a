package zmq

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

// server is one call of Serve.
type server struct {
	s              *Socket
	h              Handler
	limit          int
	timeout, grace time.Duration
	log            *log.Logger
	errorReply     func(error) [][]byte

	base    context.Context // of all requests
	sending context.Context // of their replies
	places  chan struct{}   // has one for each request that is being served
	faults  faultLog

	mu   sync.RWMutex
	over bool // Serve has returned, or is about to: what is late is dropped
}

var errServeGrace = withReason(os.ErrDeadlineExceeded, "the ServeGrace ran out")

func stillServing(n int) error {
	return withReason(errServeGrace, fmt.Sprintf("the ServeGrace ran out: %d requests are still being served, and their replies are dropped", n))
}

// split takes a message of a Router apart. Its envelope is the identity, and what follows up to the first empty part.
func (v *server) split(msg [][]byte) (envelope, request [][]byte) {
	if v.s.inner().typ == Rep {
		return nil, msg
	}
	for i := 1; i < len(msg); i++ {
		if len(msg[i]) == 0 {
			return msg[: i+1 : i+1], msg[i+1:]
		}
	}
	return msg[:1:1], msg[1:]
}

// serve answers one request and gives its place back.
func (v *server) serve(envelope, request [][]byte) {
	defer func() { <-v.places }()
	ctx := v.base
	if v.timeout != Infinite {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.timeout)
		defer cancel()
	}
	var reply [][]byte
	ended := false
	defer func() {
		if !ended { // by runtime.Goexit, which leaves nothing to recover from
			v.send(envelope, v.failed(fmt.Errorf("the handler has ended its goroutine")))
		}
	}()
	reply, err := v.call(ctx, request)
	if err != nil {
		reply = v.failed(err)
	}
	ended = true
	v.send(envelope, reply)
}

// call calls the handler, and turns its panic into an error.
func (v *server) call(ctx context.Context, request [][]byte) (reply [][]byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			reply, err = nil, fmt.Errorf("a panic: %v", p)
			v.faults.log(v.log, fmt.Sprintf("zmq: a panic while serving a request at %v: %v\n%s", v.s, p, debug.Stack()))
		}
	}()
	reply, err = v.h.ServeRequest(ctx, request)
	if err != nil && v.errorReply == nil {
		v.faults.log(v.log, fmt.Sprintf("zmq: a request at %v failed: %v", v.s, err))
	}
	return reply, err
}

// failed returns what answers a request that failed.
func (v *server) failed(err error) (reply [][]byte) {
	if v.errorReply == nil {
		return [][]byte{nil}
	}
	defer func() {
		if p := recover(); p != nil {
			v.faults.log(v.log, fmt.Sprintf("zmq: a panic in the ServeErrorReply at %v: %v\n%s", v.s, p, debug.Stack()))
			reply = [][]byte{nil}
		}
	}()
	return v.errorReply(err)
}

// send sends the reply, unless it is none, or late. A Rep has to send something.
func (v *server) send(envelope, reply [][]byte) {
	if len(reply) == 0 {
		if v.s.inner().typ != Rep {
			return
		}
		reply = [][]byte{nil}
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.over {
		return
	}
	// The requester may be gone, and the socket closed: there is nobody to tell.
	v.s.sendParts(v.sending, append(envelope, reply...), false, true)
}

// drain waits until all requests are answered, for some time, and returns how many are not. Some places were taken back before.
func (v *server) drain(patience time.Duration, taken int) (left int) {
	var late <-chan time.Time
	if patience != Infinite {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	for ; taken < v.limit; taken++ {
		select {
		case v.places <- struct{}{}:
		case <-late:
			return v.limit - taken
		}
	}
	return 0
}
