// Package clone is the Clone pattern: a map of keys and values that a server holds, and of which every client has a copy that follows it.
//
// There are six models of it. Each solves what the one before leaves open:
//
//  1. The server publishes updates. A client that comes late misses what was before.
//  2. A client takes a snapshot first, and then what was published since.
//  3. Clients change the map: they push updates to the server, which publishes them in one order for all.
//  4. A client copies a subtree only.
//  5. A value may have a time to live.
//  6. Two servers, a [example.org/zmq/examples/binarystar] pair: clients notice that theirs is silent and go to the other one, which has followed. Updates go
//     to both, so that none is lost while one takes over.
//
// The sixth model speaks the Clustered Hashmap Protocol (RFC 12, CHP). Servers and clients of the other models use the parts of it that
// they need; up to the fifth, updates go over PUSH and PULL.
//
// The map is in memory. It survives the death of one server of a pair, and not of both.
package clone

import (
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
