package zmq

import (
	"sync/atomic"

	"example.org/zmq/internal/epoll"
)

// notifier is a goroutine that waits for several sockets at once.
type notifier struct {
	sig chan struct{}
	set atomic.Pointer[epoll.Set] // interrupted too, if there are any
	inC atomic.Bool               // the goroutine waits in C
}

func newNotifier() *notifier { return &notifier{sig: make(chan struct{}, 1)} }

func (p *notifier) notify() {
	select {
	case p.sig <- struct{}{}:
		if e := p.set.Load(); e != nil {
			e.SetDeadline(aMomentAgo)
		}
		if p.inC.Load() {
			ringBell()
		}
	default:
	}
}

// waitBriefly waits in C for an epoll set, unless the goroutine was notified meanwhile. The place there is taken.
func (p *notifier) waitBriefly(b *briefWaits, fd int) {
	p.inC.Store(true)
	if len(p.sig) == 0 { // a notification from now on rings
		b.wait(fd)
	} else {
		briefTaken.Store(false)
	}
	p.inC.Store(false)
}
