package binarystar

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.org/zmq"
)

// Config says where a server and its peer are.
type Config struct {
	Role     State              // Primary or Backup
	Bind     string             // where this server publishes its state
	Peer     string             // where the other one does
	Interval time.Duration      // between two states; 1 s if it is 0
	Silence  time.Duration      // after which a peer is taken for dead; twice the interval if it is 0
	Socket   []zmq.SocketOption // for both sockets, such as zmq.CurveServer
}

// Pair exchanges states with the other server. It is safe for concurrent use by multiple goroutines.
type Pair struct {
	pub, sub *zmq.Socket
	interval time.Duration

	mu      sync.Mutex
	machine *Machine
	changed chan struct{} // closed at the next change of state
}

// NewPair opens the two sockets. Close it when done.
func NewPair(zc *zmq.Context, c Config) (*Pair, error) {
	if c.Role != Primary && c.Role != Backup {
		return nil, errors.New("binarystar: a role is Primary or Backup")
	}
	if c.Interval <= 0 {
		c.Interval = time.Second
	}
	if c.Silence <= 0 {
		c.Silence = 2 * c.Interval
	}
	// Of states only the last one counts.
	pub, err := zc.NewSocket(zmq.Pub, append([]zmq.SocketOption{zmq.Linger(0), zmq.SendHWM(1)}, c.Socket...)...)
	if err != nil {
		return nil, err
	}
	sub, err := zc.NewSocket(zmq.Sub, append([]zmq.SocketOption{zmq.Linger(0), zmq.Subscribe("")}, c.Socket...)...)
	if err != nil {
		return nil, errors.Join(err, pub.Close())
	}
	p := &Pair{pub: pub, sub: sub, interval: c.Interval, changed: make(chan struct{}),
		machine: NewMachine(c.Role, c.Silence, time.Now())}
	if err := errors.Join(pub.Bind(c.Bind), sub.Connect(c.Peer)); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Run sends this server's state and hears the other's until ctx ends, which is no error, or the pair cannot go on: ErrBothActive,
// ErrBothPassive, ErrSameRole.
func (p *Pair) Run(ctx context.Context) error {
	next := time.Now()
	for {
		if now := time.Now(); !now.Before(next) {
			next = now.Add(p.interval)
			if err := p.pub.SendParts(ctx, []byte{byte(p.State())}); err != nil && ctx.Err() == nil {
				return err
			}
		}
		until, cancel := context.WithDeadline(ctx, next)
		parts, err := p.sub.RecvParts(until)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, context.DeadlineExceeded):
			continue
		case err != nil:
			return err
		}
		if len(parts) != 1 || len(parts[0]) != 1 {
			continue
		}
		if err := p.heard(State(parts[0][0])); err != nil {
			return err
		}
	}
}

func (p *Pair) heard(peer State) (err error) {
	p.change(func() { err = p.machine.Heard(peer, time.Now()) })
	return err
}

// Asked reports whether this server may answer a request of a client's that has just come; see [Machine.Asked].
func (p *Pair) Asked() (serve bool) {
	p.change(func() { serve = p.machine.Asked(time.Now()) })
	return serve
}

// change calls f, and tells those who wait if the state is another one after it.
func (p *Pair) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.machine.State()
	f()
	if p.machine.State() != before {
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// State returns what this server is.
func (p *Pair) State() State {
	state, _ := p.Watch()
	return state
}

// Watch returns what this server is, and a channel that is closed once that is over.
func (p *Pair) Watch() (State, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.machine.State(), p.changed
}

// Close ends Run and closes the sockets.
func (p *Pair) Close() error { return errors.Join(p.pub.Close(), p.sub.Close()) }
