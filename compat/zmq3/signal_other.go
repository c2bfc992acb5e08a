//go:build !linux

package zmq3

import (
	"time"

	"example.org/zmq"
)

// interruptible waits as every call does: no signal interrupts it here.
func (s *socket) interruptible(want zmq.PollEvents, try func() error) error {
	for {
		if err := try(); bare(err) != eagain {
			return err
		}
		timeout := zmq.SendTimeout
		if want == zmq.PollIn {
			timeout = zmq.RecvTimeout
		}
		limit, err := timeout.Get(s.z)
		if err != nil {
			return err
		}
		n, err := zmq.Poll([]zmq.PollItem{{Socket: s.z, Events: want}}, limit)
		if err != nil {
			return err
		}
		if n == 0 {
			return zmq.EAGAIN
		}
	}
}

func (p *pollerState) interruptible(items []Polled, timeout time.Duration) ([]zmq.PollEvents, error) {
	return p.wait(items, timeout)
}
