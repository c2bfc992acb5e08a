package zmq

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// pump receives what the engine reports about the sockets of a context, and gives it to their watches.
//
// The engine sends the events of each socket over an inproc Pair of its own, from its I/O threads, and blocks them when
// that is full or nothing is at its other end. One Router is at the other end of all of them: it has no high-water mark,
// and a goroutine empties it whatever the monitors do. The names by which it knows the engine's ends tell the sockets
// apart. It is never closed before the engine was told to stop; the stop is itself an event, the last one of a socket.
type pump struct {
	router *Socket
	alone  bool          // it serves one watch only: engines before 4.1 cannot be told by which name to know a peer
	passed atomic.Uint64 // events that have been passed on

	mu      sync.Mutex
	watches map[string]*connWatch
	stopped bool            // no more watches begin
	turn    context.Context // ends when there is something new to know of watches and stopped
	wake    func()
}

// pumps makes one pump serve all watches of a context.
type pumps struct {
	mu  sync.Mutex
	all *pump
}

var monitorNumber atomic.Uint64

// pumpForWatch returns the pump for a watch.
func (z *contextState) pumpForWatch() (*pump, error) {
	if !engineFrom(4, 1, 0) {
		return z.openPump(true)
	}
	z.pumps.mu.Lock()
	defer z.pumps.mu.Unlock()
	if p := z.pumps.all; p != nil && !p.over() {
		return p, nil
	}
	p, err := z.openPump(false)
	if err == nil {
		z.pumps.all = p
	}
	return p, err
}

// openPump opens the receiving end.
func (z *contextState) openPump(alone bool) (*pump, error) {
	p := &pump{alone: alone, watches: map[string]*connWatch{}}
	p.turn, p.wake = context.WithCancel(context.Background())
	// The bare Context keeps a pump from keeping the real one alive.
	router, err := (&Context{st: z}).openSocket(socketSpec{typ: Router, kind: "pump", label: "of monitors", internal: true, pump: p})
	if err != nil {
		return nil, err
	}
	router.st.rec.closed() // each Monitor has a record of its own
	p.router = router
	if err := router.Set(Linger(0), RecvHWM(0)); err != nil {
		router.Close()
		return nil, err
	}
	go p.run()
	return p, nil
}

// nextName returns a name for the engine's end of a watch. It is unique in the process.
func (p *pump) nextName() string { return strconv.FormatUint(monitorNumber.Add(1), 10) }

func (p *pump) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped
}

// add notes that a watch is about to begin, unless the pump has stopped.
func (p *pump) add(w *connWatch) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return false
	}
	p.watches[w.name] = w
	return true
}

// remove forgets a watch, and reports whether it was there.
func (p *pump) remove(w *connWatch) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watches[w.name] != w {
		return false
	}
	delete(p.watches, w.name)
	p.wake()
	return true
}

// find returns the watch that an event is for.
func (p *pump) find(name []byte) *connWatch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.alone {
		for _, w := range p.watches {
			return w
		}
	}
	return p.watches[string(name)]
}

// run passes events on until the context ends or, once the pump was stopped, its last watch has.
func (p *pump) run() {
	var parts [][]byte
	var err error
	for {
		turn, idle := p.next()
		if idle {
			break
		}
		if parts, err = p.router.AppendParts(turn, parts[:0]); err == nil {
			p.pass(parts[0], parts[1:])
			p.passed.Add(1)
		} else if turn.Err() == nil {
			break
		}
	}
	p.stop()
	for _, w := range p.left() {
		p.end(w)
	}
	p.router.Close()
}

// pass gives an event to its watch.
func (p *pump) pass(name []byte, parts [][]byte) {
	w := p.find(name)
	e, ok := parseEvent(parts)
	if w == nil || !ok {
		return
	}
	w.deliver(e)
	if e.Type == EventMonitorStopped {
		w.stop() // C code may have caused it
		p.end(w)
	}
}

// upToDate reports whether every event that the engine has sent so far was passed on. It waits a moment for that.
func (p *pump) upToDate() bool {
	r := p.router.st
	for range 100 {
		if r.lock() != nil {
			return false
		}
		ev, errno := cEvents(r.h)
		r.afterCall(ev)
		done := errno == 0 && ev&PollIn == 0 && !r.recvOpen && uint64(r.in.messages) == p.passed.Load()
		r.mu.Unlock()
		if done {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// end ends a watch of which the engine reports nothing more.
func (p *pump) end(w *connWatch) {
	if !p.remove(w) {
		return
	}
	w.s.z.unreserve()
	if p.alone {
		p.stop()
	}
	w.finish(w.s.watchEnd())
	close(w.done)
}

// watchEnd returns why a socket is watched no longer.
func (s *socketState) watchEnd() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.z.mu.Lock()
	defer s.z.mu.Unlock()
	if !s.closed && s.z.stopped {
		return ErrTerminated
	}
	return ErrClosed
}

// next returns a context for the next wait, and whether there is nothing left to wait for.
func (p *pump) next() (turn context.Context, idle bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.turn.Err() != nil {
		p.turn, p.wake = context.WithCancel(context.Background())
	}
	return p.turn, p.stopped && len(p.watches) == 0
}

func (p *pump) left() []*connWatch {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*connWatch, 0, len(p.watches))
	for _, w := range p.watches {
		all = append(all, w)
	}
	return all
}

// stop ends the pump: the engine is told to report nothing more about any socket that is open. The goroutine that
// empties the pump closes it when the engine has complied.
func (p *pump) stop() {
	p.mu.Lock()
	p.stopped = true
	p.wake()
	p.mu.Unlock()
	for _, w := range p.left() {
		w.stop()
	}
}

// reserve takes one of the context's slots for a socket that the engine opens by itself.
func (z *contextState) reserve() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := z.usable(); err != nil {
		return err
	}
	if z.full(true) {
		return z.tooManySockets()
	}
	descriptors.Lock()
	defer descriptors.Unlock()
	if !cSpare(headroomSocket) {
		return ErrTooManyFiles
	}
	z.monitorSockets++
	return nil
}

func (z *contextState) unreserve() {
	z.mu.Lock()
	z.monitorSockets--
	z.mu.Unlock()
}
