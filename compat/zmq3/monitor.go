package zmq3

import (
	"strings"
	"sync"

	"example.org/zmq"
)

// monitor is what a socket's events go to.
type monitor struct {
	mu   sync.Mutex
	stop func() // nil if there is none
}

// Monitor has the given events of the socket's connections sent to the one PAIR of the same context that connects to addr,
// an inproc name; RecvEvent receives them. Another Monitor takes the place of the one before, and "" for addr ends it. The
// last event is EVENT_MONITOR_STOPPED, after those that closing the socket causes. Nobody waits for the PAIR: of events
// that it does not fetch the oldest are dropped, several thousand later.
func (soc *Socket) Monitor(addr string, events Event) error {
	if soc.isClosed() {
		return ErrorSocketClosed
	}
	s := soc.st
	if _, err := s.z.Events(); err != nil {
		return bare(err)
	}
	m := &s.monitor
	m.mu.Lock()
	defer m.mu.Unlock()
	if proto, _, ok := strings.Cut(addr, "://"); addr != "" && !ok {
		return einval
	} else if ok && proto != "inproc" {
		return EPROTONOSUPPORT
	}
	if m.stop != nil {
		m.stop()
		m.stop = nil
	}
	if addr == "" {
		return nil
	}
	// Events that no engine has make a mask that is not empty, and never come.
	mask := zmq.MonitorEventType(events) & zmq.EventAll
	if mask == 0 {
		mask = zmq.EventAll &^ (1<<15 - 1)
	}
	stop, err := s.z.MonitorAt(addr, mask)
	if err != nil {
		return bare(err)
	}
	m.stop = stop
	return nil
}
