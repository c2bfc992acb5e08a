package zmq

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// Without Immediate libzmq queues for each endpoint, whether there is a service or not: what is given up stays in the queue,
// and each endpoint without a service gets a share. Only what was connected with the option is free of that. So the first
// request on a Dealer connects anew what was connected without it, unless the Dealer has sent something, which that could lose.

// leftLink is an endpoint that was disconnected, to be connected anew by its own options.
type leftLink struct {
	endpoint string
	old      *oldOptions
	times    int
	left     bool // it is disconnected
}

// leavePause is for the engine's threads to end a connection that was disconnected, before there is a new one to the same
// endpoint: what they still report is taken for the new one's otherwise, and shows a peer that is gone. It cannot be a wait: libzmq has no
// event for a connection that this side ends. On a machine so busy that the pause is too short the peer is counted right from the
// new connection on (see supersede).
const leavePause = 5 * time.Millisecond

// prepareRequests sees to it that requests go to services that are connected. Where that failed half-way the next request
// goes on with it.
func (s *Socket) prepareRequests(ctx context.Context) error {
	defer runtime.KeepAlive(s)
	r := s.requests
	r.prepare.Lock()
	defer r.prepare.Unlock()
	if r.prepared {
		return nil
	}
	if err := ended(ctx); err != nil {
		return err
	}
	k := s.inner()
	if r.left == nil {
		links, err := k.linksToRenew()
		if err != nil {
			return err
		}
		r.left = links
	}
	paused := false
	for i := range r.left {
		if l := &r.left[i]; !l.left {
			if err := k.detach(endpointDisconnect, l.endpoint); err != nil && !errors.Is(err, ENOENT) {
				return err
			}
			l.left, paused = true, true
		}
	}
	if paused && !bubbled() { // where time may stand still
		time.Sleep(leavePause)
	}
	for len(r.left) > 0 {
		if err := k.connectWithImmediate(&r.left[0]); err != nil {
			return err
		}
		r.left = r.left[1:]
	}
	r.prepared = true
	return nil
}

// linksToRenew sets Immediate, and returns what was connected without it and can be connected anew.
func (s *socketState) linksToRenew() ([]leftLink, error) {
	if err := s.lock(); err != nil {
		return nil, err
	}
	defer s.unlock()
	if need("Immediate", Version{3, 2, 0}) != nil {
		return nil, nil
	}
	if on, errno := cGetInt(s.h, optImmediate); errno != 0 || on != 0 {
		s.delaysRefused = false // new connections are made with Immediate, too
		return nil, nil
	}
	w := s.connWatch
	if s.sendsUncounted || s.linksWatched && w == nil {
		return nil, nil // what is connected cannot be told
	}
	if w == nil {
		s.delay()
		return nil, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.links) > 0 && (s.out.messages > 0 || s.sendOpen || s.recvOpen) {
		return nil, nil
	}
	s.delay()
	// A Router would take a new connection of the same name for an intruder, while it does not know that the old one has ended.
	name, _ := cGetBytes(s.h, optIdentity, make([]byte, 256))
	var links []leftLink
	for endpoint, l := range w.links {
		if !l.named && !l.ends && (l.open == 0 || name == 0) {
			links = append(links, leftLink{endpoint: endpoint, old: l.old, times: l.times})
		}
	}
	return links, nil
}

// connectWithImmediate makes the connections to an endpoint anew.
func (s *socketState) connectWithImmediate(l *leftLink) error {
	if err := s.lockShed(); err != nil {
		return err
	}
	defer s.unlock()
	for ; l.times > 0; l.times-- {
		var err error
		if !s.during(l.old, func() bool { err = s.bindOrConnect(endpointConnect, l.endpoint, l.endpoint); return true }) {
			return nil // its security is not what it was: it stays as it is
		}
		if err != nil {
			return err
		}
	}
	if w := s.connWatch; w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if again := w.links[l.endpoint]; again != nil {
			again.old = l.old
		}
	}
	return nil
}
