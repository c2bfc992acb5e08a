//go:build unix

package storm

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"example.org/zmq"
)

// scene is what plays in the process under test: sockets of one type, or a device.
type scene struct {
	name string
	// Sockets of a type, with peers of another. A PAIR that is bound may take the next connection of its peer for another peer
	// (docs/limits.md), and only connects; nor does one that connects anew.
	local, peer  zmq.SocketType
	sockets      int
	onlyConnects bool
	inTurns      bool // each of them sends all it can, ends, and is opened anew, without regard to the others
	// A device, with peers at its two sides, and at its capture if that is not nil.
	device      func(front, back *zmq.Socket, opts ...zmq.DeviceOption) (*zmq.Device, error)
	front, back zmq.SocketType
	clients     zmq.SocketType
	workers     zmq.SocketType
	captured    bool
	manyParts   bool // whatever the letters have
}

func scenes() []scene {
	all := []scene{
		{name: "pair", local: zmq.Pair, peer: zmq.Pair, sockets: 1, onlyConnects: true},
		{name: "pub", local: zmq.Pub, peer: zmq.Sub, sockets: 1},
		{name: "sub", local: zmq.Sub, peer: zmq.Pub, sockets: 2},
		{name: "req", local: zmq.Req, peer: zmq.Rep, sockets: 3, manyParts: true},
		{name: "rep", local: zmq.Rep, peer: zmq.Req, sockets: 1, manyParts: true},
		{name: "dealer", local: zmq.Dealer, peer: zmq.Router, sockets: 2},
		{name: "crowd", local: zmq.Dealer, peer: zmq.Router, sockets: 12, onlyConnects: true, inTurns: true},
		{name: "router", local: zmq.Router, peer: zmq.Dealer, sockets: 1},
		{name: "pull", local: zmq.Pull, peer: zmq.Push, sockets: 1},
		{name: "push", local: zmq.Push, peer: zmq.Pull, sockets: 2},
		{name: "xpub", local: zmq.XPub, peer: zmq.XSub, sockets: 1},
		{name: "xsub", local: zmq.XSub, peer: zmq.XPub, sockets: 1},
		{name: "queue", device: zmq.NewQueue, front: zmq.Router, back: zmq.Dealer, clients: zmq.Req, workers: zmq.Rep, manyParts: true},
		{name: "forwarder", device: zmq.NewForwarder, front: zmq.XSub, back: zmq.XPub, clients: zmq.Pub, workers: zmq.Sub},
		{name: "streamer", device: zmq.NewStreamer, front: zmq.Pull, back: zmq.Push, clients: zmq.Push, workers: zmq.Pull, captured: true},
		{name: "proxy", device: zmq.NewProxy, front: zmq.Dealer, back: zmq.Dealer, clients: zmq.Dealer, workers: zmq.Dealer},
	}
	var some []scene
	for _, s := range all {
		if gated() || !s.manyParts {
			some = append(some, s)
		}
	}
	return some
}

// play is a scene that is played.
type play struct {
	scene
	st    *storm
	id    string
	most  int  // parts of a letter
	beats bool // whether sockets have heartbeats
	seed  uint64
	rand  dice
	fate  dice // of the peers
	fail  func(error)

	peers   []*peer
	ledgers sync.Map // *ledger by name

	c      *zmq.Context
	secret *zmq.CurveSecretKey // of what is bound, if that has one
	lives  int
}

// ledger returns that of a side. Where everybody gets all, each life has its own.
func (p *play) ledger(side, life string) *ledger {
	if side == "each" {
		side = life
	}
	l, _ := p.ledgers.LoadOrStore(side, newLedger())
	return l.(*ledger)
}

// arrived counts what all receivers have got.
func (p *play) arrived() (n int) {
	p.ledgers.Range(func(_, l any) bool { n += l.(*ledger).count(); return true })
	return n
}

func newContext() (*zmq.Context, error) { return zmq.NewContext(zmq.CloseTimeout(closeLimit)) }

// run plays until ctx ends, and sees then that all still works.
func (p *play) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.fail = func(err error) { cancel(fmt.Errorf("%s: %w", p.id, err)) }
	if p.c, err = newContext(); err != nil {
		return err
	}
	defer func() {
		for _, q := range p.peers {
			q.mu.Lock()
			q.end("kill")
			q.mu.Unlock()
		}
	}()
	switch {
	case p.device != nil:
		err = p.playDevice(ctx)
	case p.inTurns:
		err = p.playCrowd(ctx)
	default:
		err = p.playSockets(ctx)
	}
	p.st.count("messages", p.arrived())
	if cause := context.Cause(ctx); cause != nil && cause != context.DeadlineExceeded {
		return cause
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.id, err)
	}
	return p.endContext()
}

// endContext closes the context. The error says whether the process had a processor meanwhile.
func (p *play) endContext() error {
	start, used := time.Now(), processorTime()
	err := p.c.Close()
	took := time.Since(start)
	p.st.closed(took)
	if err != nil {
		return fmt.Errorf("%w: after %v, of which the process ran for %v", err, took, processorTime()-used)
	}
	return nil
}

// processorTime is how long the process has run on all processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// works starts every peer anew, and waits until messages arrive again. The process has nothing else to do then.
func (p *play) works(ctx context.Context) error {
	for _, q := range p.peers {
		if err := q.again(q.key); err != nil {
			return err
		}
	}
	before := p.arrived()
	for limit := time.Now().Add(patience); p.arrived() < before+10; time.Sleep(pause / 10) {
		if err := context.Cause(ctx); err != nil && err != context.DeadlineExceeded {
			return err
		}
		if time.Now().After(limit) {
			return fmt.Errorf("of the messages after the storm %d arrived in %v", p.arrived()-before, patience)
		}
	}
	return nil
}

// endpoint returns one to bind.
func (p *play) endpoint(name string) string {
	if p.rand.IntN(2) == 0 {
		return "ipc://" + filepath.Join(p.st.dir, p.id+name)
	}
	// Not where connecting sockets come from: they might take the port, or meet themselves.
	return "tcp://127.0.0.2:*"
}

// addPeers starts peers, which connect to an endpoint or bind one each.
func (p *play) addPeers(n int, name string, typ zmq.SocketType, at string) error {
	for range n {
		q := &peer{p: p, name: fmt.Sprint(p.id, name, len(p.peers)), typ: typ, at: at, key: "-", ways: name}
		if p.secret != nil && at != "" {
			public, err := p.secret.PublicKey()
			if err != nil {
				return err
			}
			q.key = public.String()
		}
		if typ == zmq.Sub || typ == zmq.XSub {
			q.ways = "each"
		}
		if at == "" {
			q.binds, q.at = true, p.endpoint(fmt.Sprint(name, len(p.peers)))
		}
		p.peers = append(p.peers, q)
		q.mu.Lock()
		err := q.start()
		q.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// open opens a socket under test.
func (p *play) open(typ zmq.SocketType, binds bool) (*zmq.Socket, error) {
	opts := append(options(typ), zmq.Linger(time.Duration(p.rand.IntN(2)*100)*time.Millisecond))
	if p.beats {
		opts = append(opts, zmq.Heartbeat(200*time.Millisecond, time.Second))
	}
	if binds && p.secret != nil {
		opts = append(opts, zmq.CurveServer(*p.secret))
	}
	return p.c.NewSocket(typ, opts...)
}

// newKey makes another key for what is bound.
func (p *play) newKey() error {
	_, secret, err := zmq.NewCurveKeyPair()
	p.secret = &secret
	return err
}

// rekey gives bound sockets another key, as a server under traffic does, and their peers come with that.
func (p *play) rekey(socks map[string]*zmq.Socket) error {
	p.st.count("rekey", 1)
	if err := p.newKey(); err != nil {
		return err
	}
	public, err := p.secret.PublicKey()
	if err != nil {
		return err
	}
	for at, s := range socks {
		if err := s.Set(zmq.CurveServer(*p.secret)); err != nil {
			return err
		}
		if err := s.Unbind(at); err != nil {
			return err
		}
		if err := bindAgain(s, at); err != nil {
			return err
		}
	}
	for _, q := range p.peers {
		if err := q.again(public.String()); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits while things happen, and reports whether the storm goes on.
func (p *play) sleep(ctx context.Context, least, most int) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(least+p.rand.IntN(most-least)) * time.Millisecond):
		return true
	}
}

// newContext ends the context, with all that is open in it.
func (p *play) newContext() (err error) {
	p.st.count("context", 1)
	if err := p.endContext(); err != nil {
		return err
	}
	p.c, err = newContext()
	return err
}
