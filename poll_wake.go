package zmq

import (
	"runtime"
	"time"
)

// Wake ends the Wait that is running, which returns nothing and no error, or else the next one: for what a program has to do
// between two Waits and that is neither a socket nor a descriptor. Several Wakes before a Wait has ended by one count as one.
// It costs a lock, and may be called by any goroutine.
func (p *Poller) Wake() {
	if p.isNil() {
		return
	}
	defer runtime.KeepAlive(p)
	p.p.mu.Lock()
	p.p.woken = true
	p.p.mu.Unlock()
	p.p.wait.notify()
}

// TryWait returns what is ready now, in the order in which it was added, and does not wait: nothing and no error if nothing is.
// Errors: those of Wait.
func (p *Poller) TryWait() ([]PollReady, error) {
	if p.isNil() {
		return nil, pollerError("wait", noSocket, errNilPoller)
	}
	defer runtime.KeepAlive(p)
	ready, _, err := p.p.look()
	return ready, err
}

// Ready returns a channel for a select beside others: it can be received from when TryWait has something to say, which may be
// an error, or that there was nothing after all. Ask for it anew each time: the call looks whether something is ready, and has
// everything watched if not.
//
//	for {
//		select {
//		case <-p.Ready():
//			ready, err := p.TryWait()
//			...
//		case <-ticker.C:
//			...
//		}
//	}
//
// Ready is for one goroutine, in place of Wait: of several that wait in either way, one is told. A call costs a look at each
// socket that has been heard of since the last one; it starts no goroutine for sockets, and one for descriptors.
func (p *Poller) Ready() <-chan struct{} {
	if p.isNil() {
		return alwaysReady
	}
	defer runtime.KeepAlive(p)
	q := p.p
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.woken {
		return alwaysReady
	}
	select {
	case <-q.wait.sig: // of what is looked at now
	default:
	}
	ready, err := q.lookAtAll()
	if err != nil || len(ready) > 0 {
		return alwaysReady
	}
	for _, it := range q.items {
		if it.raw != nil { // the system does not report that a connection was closed here
			if q.tick == nil {
				q.tick = time.AfterFunc(connLook, q.wait.notify)
			} else {
				q.tick.Reset(connLook)
			}
			break
		}
	}
	return q.wait.sig
}

// alwaysReady can be received from at once.
var alwaysReady = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
