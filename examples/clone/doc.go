// Package clone is the Clone pattern: a map of keys and values that a server holds, and of which every client has a copy that follows it.
//
// There are six models of it. Each solves what the one before leaves open:
//
//  1. The server publishes updates. A client that comes late misses what was before.
//  2. A client takes a snapshot first, and then what was published since.
//  3. Clients change the map: they push updates to the server, which publishes them in one order for all.
//  4. A client copies a subtree only.
//  5. A value may have a time to live.
//  6. Two servers, a [binarystar] pair: clients notice that theirs is silent and go to the other one, which has followed. Updates go
//     to both, so that none is lost while one takes over.
//
// The sixth model speaks the Clustered Hashmap Protocol (RFC 12, CHP). Servers and clients of the other models use the parts of it that
// they need; up to the fifth, updates go over PUSH and PULL.
//
// The map is in memory. It survives the death of one server of a pair, and not of both.
package clone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/zmq"
)

// Model is one of the six.
type Model int

func (m Model) check() error {
	if m < 1 || m > 6 {
		return fmt.Errorf("clone: there is no model %d: they are 1 to 6", m)
	}
	return nil
}

func (m Model) snapshots() bool { return m >= 2 }
func (m Model) collects() bool  { return m >= 3 }
func (m Model) subtrees() bool  { return m >= 4 }
func (m Model) ttls() bool      { return m >= 5 }
func (m Model) pair() bool      { return m == 6 }

// Endpoints are where a server is.
type Endpoints struct {
	Snapshot  string // a ROUTER
	Publisher string // a PUB
	Collector string // a SUB; a PULL up to model 5
}

// At returns the endpoints that RFC 12 gives a server at a host: three ports from this one on. The host may be "*" for a server.
func At(host string, port int) Endpoints {
	at := func(n int) string { return fmt.Sprintf("tcp://%s:%d", host, port+n) }
	return Endpoints{Snapshot: at(0), Publisher: at(1), Collector: at(2)}
}

// Timing are the periods that servers and clients agree upon. The zero value is ready for use.
type Timing struct {
	Heartbeat time.Duration // a server that has nothing to say says so as often; 1 s if it is 0
	Silence   time.Duration // a server that says nothing for so long is given up; 4 heartbeats if it is 0
}

func (t Timing) withDefaults() Timing {
	if t.Heartbeat <= 0 {
		t.Heartbeat = time.Second
	}
	if t.Silence <= 0 {
		t.Silence = 4 * t.Heartbeat
	}
	return t
}

// sockets are opened together and closed together.
type sockets struct {
	zc   *zmq.Context
	opts []zmq.SocketOption
	all  []*zmq.Socket
}

// open opens a socket, and gives it to f to bind or connect it.
func (s *sockets) open(typ zmq.SocketType, f func(*zmq.Socket) error, opts ...zmq.SocketOption) (*zmq.Socket, error) {
	socket, err := s.zc.NewSocket(typ, append(append([]zmq.SocketOption{zmq.Linger(0)}, opts...), s.opts...)...)
	if err != nil {
		return nil, err
	}
	s.all = append(s.all, socket)
	return socket, f(socket)
}

func (s *sockets) close() error {
	var errs []error
	for _, socket := range s.all {
		errs = append(errs, socket.Close())
	}
	return errors.Join(errs...)
}

func bindTo(endpoint string) func(*zmq.Socket) error {
	return func(s *zmq.Socket) error { return s.Bind(endpoint) }
}

func connectTo(endpoints ...string) func(*zmq.Socket) error {
	return func(s *zmq.Socket) error {
		for _, endpoint := range endpoints {
			if err := s.Connect(endpoint); err != nil {
				return err
			}
		}
		return nil
	}
}

// errSilent ends a session with a server that says nothing any more, or from which updates are missing.
var errSilent = errors.New("clone: the server is silent")

// session follows one server: it takes a snapshot, and then the updates.
type session struct {
	model   Model
	at      Endpoints
	subtree string
	server  bool // asks for what the other server of a pair needs
	timing  Timing
	synced  func(updates []Update, last uint64)
	update  func(Update) (lost bool)
}

// run returns errSilent, ctx.Err(), or an error of the sockets.
func (s *session) run(ctx context.Context, zc *zmq.Context, opts []zmq.SocketOption) error {
	open := sockets{zc: zc, opts: opts}
	defer open.close()
	filters := []zmq.SocketOption{zmq.Subscribe(s.subtree)}
	if s.subtree != "" {
		filters = append(filters, zmq.Subscribe(hugz))
	}
	sub, err := open.open(zmq.Sub, connectTo(s.at.Publisher), filters...)
	if err != nil {
		return err
	}
	if !s.model.snapshots() {
		return s.follow(ctx, sub, zmq.Infinite) // there are no heartbeats either
	}
	dealer, err := open.open(zmq.Dealer, connectTo(s.at.Snapshot))
	if err != nil {
		return err
	}
	if err := s.snapshot(ctx, dealer); err != nil {
		return err
	}
	// The subscription travels on a connection of its own, and may reach the server after the snapshot has left it. A message that was
	// published, a heartbeat at the latest, says that it is there. What comes between the two is in another snapshot.
	first, err := receive(ctx, sub, s.timing.Silence)
	if err != nil {
		return err
	}
	if err := s.snapshot(ctx, dealer); err != nil {
		return err
	}
	if first.Key != hugz && s.update(first) {
		return errSilent
	}
	return s.follow(ctx, sub, s.timing.Silence)
}

func (s *session) snapshot(ctx context.Context, dealer *zmq.Socket) error {
	request := [][]byte{[]byte(icanhaz), []byte(s.subtree)}
	if s.server {
		request = append(request, []byte("properties"))
	}
	if err := dealer.SendParts(ctx, request...); err != nil {
		return err
	}
	var updates []Update
	for {
		u, err := receive(ctx, dealer, s.timing.Silence)
		if err != nil {
			return err
		}
		if u.Key == kthxbai {
			s.synced(updates, u.Sequence)
			return nil
		}
		updates = append(updates, u)
	}
}

func (s *session) follow(ctx context.Context, sub *zmq.Socket, silence time.Duration) error {
	for {
		u, err := receive(ctx, sub, silence)
		if err != nil {
			return err
		}
		if u.Key != hugz && s.update(u) {
			return errSilent
		}
	}
}

// receive returns the next update, or errSilent if there is none in time. What is no update is dropped.
func receive(ctx context.Context, socket *zmq.Socket, silence time.Duration) (Update, error) {
	until := ctx
	if silence != zmq.Infinite {
		var cancel context.CancelFunc
		until, cancel = context.WithTimeout(ctx, silence)
		defer cancel()
	}
	for {
		frames, err := socket.RecvParts(until)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return Update{}, errSilent
		}
		if err != nil {
			return Update{}, err
		}
		if u, ok := parseUpdate(frames); ok {
			return u, nil
		}
	}
}
