package zmqcat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// handshakesFrom is the first engine that says when a handshake succeeded.
var handshakesFrom = zmq.Version{Major: 4, Minor: 2, Patch: 3}

// watchHandshakes tells the user about peers that will never talk to us, or we to them: the engine itself is silent
// about it. It ends with the socket.
func (c *cat) watchHandshakes() {
	if !zmq.LibraryVersion().AtLeast(handshakesFrom) {
		return
	}
	m, err := c.sock.Monitor(zmq.EventHandshakeSucceeded | zmq.EventHandshakeFailedAuth | zmq.EventHandshakeFailedProtocol)
	if err != nil {
		return // as in a program that is compiled for an older engine
	}
	c.met, c.refused = make(chan struct{}), make(chan struct{})
	c.watching.Add(1)
	go func() {
		defer c.watching.Done()
		defer m.Close()
		var met, refused sync.Once
		before := ""
		for e, err := range m.Events(context.Background()) {
			if err != nil {
				return
			}
			if e.Type == zmq.EventHandshakeSucceeded {
				met.Do(func() { close(c.met) })
				continue
			}
			text := fmt.Sprintf("zmqcat: %s: %s", e.Endpoint, strings.TrimPrefix(e.Err.Error(), "zmq: "))
			if text != before {
				fmt.Fprintln(c.streams.Err, cli.OneLine(text))
			}
			before = text
			if len(c.binds) == 0 && len(c.connects) == 1 {
				refused.Do(func() { close(c.refused) })
			}
		}
	}()
}

// startWaiting has sayWaiting wait for the first peer, until endWaiting is called.
func (c *cat) startWaiting() {
	var ctx context.Context
	ctx, c.endWaiting = context.WithCancel(c.base)
	if c.met == nil || c.inprocOnly() {
		return
	}
	c.watching.Add(1)
	go func() {
		defer c.watching.Done()
		c.sayWaiting(ctx)
	}()
}

// sayWaiting says once that there is no peer, if that is so for a while.
func (c *cat) sayWaiting(ctx context.Context) {
	select {
	case <-c.met:
	case <-ctx.Done():
	case <-time.After(waitingAfter):
		fmt.Fprintf(c.streams.Err, "zmqcat: waiting for a peer at %s\n", cli.OneLine(strings.Join(slices.Concat(c.binds, c.connects), ", ")))
	}
}

// awaitPeer waits until there was a peer that gets what was sent. The engine drops, without a word, what is queued
// for a peer that refuses us. A pub does not care.
func (c *cat) awaitPeer(ctx context.Context) error {
	if c.met == nil || c.prog.sent.Load() == 0 || c.prog.received.Load() > 0 || c.typ == zmq.Pub || c.typ == zmq.XPub || c.inprocOnly() {
		return nil
	}
	outer := ctx
	if c.linger >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.linger)
		defer cancel()
	}
	select {
	case <-c.met:
	case <-c.refused:
		return errRefused
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) && outer.Err() == nil {
			return errLeft
		}
		// Else Term says so.
	}
	return nil
}

func (c *cat) inprocOnly() bool {
	return !slices.ContainsFunc(slices.Concat(c.binds, c.connects), func(e string) bool { return !strings.HasPrefix(e, "inproc://") })
}

// watchRefused ends the transfer when the only peer refuses us.
func (c *cat) watchRefused(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-c.refused:
		cancel(errRefused)
	case <-ctx.Done():
	}
}

// watchIdle ends the transfer when nothing moved for as long as the timeout.
func (c *cat) watchIdle(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		timer := time.NewTimer(c.timeout)
		select {
		case <-c.activity:
			timer.Stop()
		case <-timer.C:
			cancel(errTimeout)
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (c *cat) active() {
	select {
	case c.activity <- struct{}{}:
	default:
	}
}
