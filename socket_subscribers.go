package zmq

// subscribedTo reports whether WaitSubscriber has seen a subscription that covers topic. If so, the package receives those
// that come later.
func (s *socketState) subscribedTo(topic string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range len(topic) + 1 {
		if s.subscribed[topic[:n]] > 0 {
			s.drains = true
			return true
		}
	}
	return false
}

// noteSubscription remembers a subscription, byte 1 and the filter, or its end, byte 0.
func (s *socketState) noteSubscription(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keepSubscription(p)
}

// keepSubscription is noteSubscription with s.mu held. Without XPubVerboser the engine passes on only the end of a filter's last
// subscription, with XPubVerbose too, which passes on every beginning.
func (s *socketState) keepSubscription(p []byte) {
	if len(p) == 0 || p[0] > 1 {
		return
	}
	if s.subscribed == nil {
		s.subscribed = map[string]int{}
	}
	filter := string(p[1:])
	if p[0] == 1 {
		s.subscribed[filter]++
	} else if s.subscribed[filter]--; s.subscribed[filter] <= 0 || !s.everyEnd {
		delete(s.subscribed, filter)
	}
}

// drainEvery is how many times an XPub is sent to between two looks for subscriptions.
const drainEvery = 64

// drain receives the subscriptions that the program does not receive, now and then. s.mu is held, the socket is open, and
// s.drains is set.
func (s *socketState) drain() {
	if s.sends++; s.sends%drainEvery != 0 || s.recvOpen {
		return
	}
	fb := getFrames()
	if fb == nil {
		return
	}
	for range 1 << 10 { // a peer that sends them as fast as they are received must not hold up the sender
		n, size, err := cRecvFramesFast(s.h, fb.h, frameSlots, 0)
		s.crossings++
		if err != 0 {
			break
		}
		s.inAdd(n, fb.h.count(), size)
		for i, first := 0, true; i < fb.h.count(); i++ {
			p, more := fb.h.part(i)
			if first {
				s.keepSubscription(p)
			}
			first = !more
		}
		fb.reset()
	}
	putFrames(fb)
}
