package zmq

import (
	"context"
	"errors"
	"runtime"
)

// Without Immediate libzmq queues for each endpoint, whether there is a service or not: what is given up stays in the queue,
// and each endpoint without a service gets a share. Only what was connected with the option is free of that. So the first
// request on a Dealer connects anew what was connected without it, unless the Dealer has sent something, which that could lose.

// leftLink is an endpoint that was disconnected, to be connected anew by its own options.
type leftLink struct {
	endpoint string
	old      *oldOptions
	times    int
}

// prepareRequests sees to it that requests go to services that are connected. Where that failed half-way the next request
// goes on with it.
func (s *Socket) prepareRequests(ctx context.Context) error {
	defer runtime.KeepAlive(s)
	r := &s.requests
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
			links = append(links, leftLink{endpoint, l.old, l.times})
		}
	}
	return links, nil
}

// connectWithImmediate makes the connections to an endpoint anew.
func (s *socketState) connectWithImmediate(l *leftLink) error {
	if err := s.detach(endpointDisconnect, l.endpoint); err != nil && !errors.Is(err, ENOENT) {
		return err
	}
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
