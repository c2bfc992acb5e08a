package zmq4

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Reactor calls handlers for what comes from sockets and channels, one at a time, on the goroutine of Run.
//
// A Reactor may be changed by several goroutines at a time, and by its handlers.
type Reactor struct {
	mu       sync.Mutex
	sockets  []*reactorSocket // in the order of adding; never changed in place
	channels []*reactorChannel
	ids      uint64
	verbose  bool
}

type reactorSocket struct {
	soc     *Socket
	events  State
	handler func(State) error
}

type reactorChannel struct {
	id    uint64
	limit int
	take  func() (value interface{}, ok, open bool) // without waiting

	handler func(interface{}) error
}

// NewReactor returns a reactor that has nothing to do yet.
func NewReactor() *Reactor { return new(Reactor) }

// AddSocket makes the reactor call the handler for events of a socket, with those that it found. A socket has one
// handler: another one takes its place.
func (r *Reactor) AddSocket(soc *Socket, events State, handler func(State) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = *soc // a nil one panics here, and not in Run
	added := &reactorSocket{soc, events, handler}
	r.sockets = slices.Clone(r.sockets)
	if i := r.find(soc); i >= 0 {
		r.sockets[i] = added
		return
	}
	r.sockets = append(r.sockets, added)
}

func (r *Reactor) find(soc *Socket) int {
	return slices.IndexFunc(r.sockets, func(s *reactorSocket) bool { return s.soc == soc })
}

// RemoveSocket takes a socket out.
func (r *Reactor) RemoveSocket(soc *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(soc); i >= 0 {
		r.sockets = slices.Delete(slices.Clone(r.sockets), i, i+1)
	}
}

// AddChannel makes the reactor call the handler for values of a channel, in each turn for up to limit of them, for all
// that are there if limit is not positive. It returns a number for RemoveChannel, from 1. A channel that is closed is
// taken out.
func (r *Reactor) AddChannel(ch <-chan interface{}, limit int, handler func(interface{}) error) (id uint64) {
	return r.addChannel(limit, handler, taker(ch))
}

// AddChannelTime is AddChannel for a channel of times, such as a time.Ticker's.
func (r *Reactor) AddChannelTime(ch <-chan time.Time, limit int, handler func(interface{}) error) (id uint64) {
	return r.addChannel(limit, handler, taker(ch))
}

// taker returns a function that takes a value out of the channel if one is there, and says whether there was one and whether the
// channel is open.
func taker[T any](ch <-chan T) func() (value interface{}, ok, open bool) {
	return func() (value interface{}, ok, open bool) {
		select {
		case value, open = <-ch:
			return value, open, open
		default:
			return nil, false, true
		}
	}
}

func (r *Reactor) addChannel(limit int, handler func(interface{}) error, take func() (interface{}, bool, bool)) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids++
	r.channels = append(slices.Clone(r.channels), &reactorChannel{id: r.ids, limit: limit, take: take, handler: handler})
	return r.ids
}

// RemoveChannel takes the channel with that number out.
func (r *Reactor) RemoveChannel(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.channels = slices.DeleteFunc(slices.Clone(r.channels), func(c *reactorChannel) bool { return c.id == id })
}

// SetVerbose makes the reactor print what happens to standard output.
func (r *Reactor) SetVerbose(verbose bool) {
	r.mu.Lock()
	r.verbose = verbose
	r.mu.Unlock()
}

// tell prints if the reactor is verbose.
func (r *Reactor) tell(format string, values ...interface{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.verbose {
		fmt.Printf("Reactor(%p) %s\n", r, fmt.Sprintf(format, values...))
	}
}

var (
	errNothingToDo = errors.New("No sockets to poll, no channels to read")
	errEndlessPoll = errors.New("There are channels, but polling time-out is infinite")
)

// Run calls handlers, turn by turn: for what the channels have, and then for the sockets, after a Poll of interval. It
// returns the first error of a handler, or of Poll, or says that there is nothing to do any more.
func (r *Reactor) Run(interval time.Duration) (err error) {
	for {
		if err := r.turn(interval); err != nil {
			return err
		}
	}
}

func (r *Reactor) turn(interval time.Duration) error {
	_, channels := r.now()
	for _, c := range channels {
		if err := r.read(c); err != nil {
			return err
		}
	}
	sockets, channels := r.now()
	switch {
	case len(channels) > 0 && interval < 0:
		return errEndlessPoll
	case len(sockets) == 0 && len(channels) == 0:
		return errNothingToDo
	case len(sockets) == 0:
		time.Sleep(interval)
		return nil
	}
	return r.poll(sockets, interval)
}

// now returns what the reactor has to do at this moment.
func (r *Reactor) now() ([]*reactorSocket, []*reactorChannel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sockets, r.channels
}

// read calls the handler for what a channel has.
func (r *Reactor) read(c *reactorChannel) error {
	for n := 0; c.limit < 1 || n < c.limit; n++ {
		value, ok, open := c.take()
		if !open {
			r.tell("removing closed channel %d", c.id)
			r.RemoveChannel(c.id)
		}
		if !ok {
			return nil
		}
		r.tell("channel %d: %v", c.id, value)
		if err := c.handler(value); err != nil {
			return err
		}
	}
	return nil
}

// pollStep is for how long a turn waits before it looks whether other goroutines have changed the reactor.
const pollStep = 100 * time.Millisecond

// poll waits for the sockets and calls their handlers.
func (r *Reactor) poll(sockets []*reactorSocket, interval time.Duration) error {
	p := NewPoller()
	for _, s := range sockets {
		p.Add(s.soc, s.events)
	}
	deadline := time.Now().Add(interval)
	for {
		step := pollStep
		if left := time.Until(deadline); interval >= 0 && left < step {
			step = max(left, 0)
		}
		found, err := p.Poll(step)
		if err != nil {
			return err
		}
		for _, f := range found {
			if err := r.handle(f); err != nil {
				return err
			}
		}
		now, channels := r.now()
		if len(found) > 0 || interval >= 0 && step < pollStep || !slices.Equal(now, sockets) || interval < 0 && len(channels) > 0 {
			return nil
		}
	}
}

// handle calls the handler of a socket that is still there: another handler may have taken it out.
func (r *Reactor) handle(f Polled) error {
	r.mu.Lock()
	i := r.find(f.Socket)
	if i < 0 {
		r.mu.Unlock()
		return nil
	}
	s := r.sockets[i]
	r.mu.Unlock()
	r.tell("%v", f)
	return s.handler(f.Events)
}
