package zmq

import (
	"runtime"
	"time"
)

// Wake ends the Wait that is running, or else the next one, which then returns nothing and no error. Use it for work
// between two Waits that neither a socket nor a descriptor announces. Several Wakes before a Wait has ended count as one.
// Wake costs a lock, and any goroutine may call it.
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

// TryWait returns what is ready now, in the order in which it was added, and does not wait. If nothing is ready it returns
// nothing and no error. Errors: those of Wait.
func (p *Poller) TryWait() ([]PollReady, error) {
	if p.isNil() {
		return nil, pollerError("wait", noSocket, errNilPoller)
	}
	defer runtime.KeepAlive(p)
	ready, _, err := p.p.look()
	return ready, err
}

// Ready returns a channel for use in a select. A receive from it succeeds when TryWait has something to return, which may
// be an error, or nothing after all. Call Ready anew for each select: the call looks whether something is ready, and has
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
// Use either Ready or Wait, on one goroutine: of several that wait in either way, only one is told. A call looks at each
// socket that has had an event since the last call; it starts no goroutine for sockets, and one for descriptors.
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
