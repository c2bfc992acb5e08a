package zmqd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// security returns what the side says of keys and lists.
func (s *Side) security() *cli.Security {
	return &cli.Security{Cert: s.Curve.Certificate, ServerKey: s.Curve.ServerKey, Allow: s.Curve.Allow, Addresses: s.AllowAddresses}
}

// newGate reads the keys and lists of all sides.
func newGate(cfg *Config) (*cli.Gate, error) {
	g := new(cli.Gate)
	for _, s := range cfg.sides() {
		if err := g.Add(s.name, *s.side.security()); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// rekey gives a socket its new keys. They hold for new connections only, so the old ones are cut.
func (n *node) rekey(p *part) error {
	if sends(p.sock.Type()) && !survivesCuts() {
		return fmt.Errorf("%s: the old keys stay until zmqd is started anew: libzmq without the gates of a staged engine can end the process when connections are cut in the middle of messages", p.name)
	}
	if err := p.sock.Set(n.gate.Options(p.name)...); err != nil {
		return err
	}
	var failed []string
	note := func(err error) {
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	for i := range p.binds {
		b := p.binds[i]
		note(p.sock.Unbind(b.bound))
		if b.from == nil {
			b.wanted = b.bound // a port that the engine found stays
		}
		note(patiently(zmq.EADDRINUSE, func() error { return b.bind(p.sock) }))
	}
	for _, e := range p.connects {
		// A message that waits is in its way; the device takes it.
		note(patiently(zmq.EFSM, func() error { return p.sock.Disconnect(e) }))
		note(p.sock.Connect(e))
	}
	if failed != nil {
		return fmt.Errorf("%s: %s", p.name, strings.Join(failed, "; "))
	}
	return nil
}

// sends reports whether messages of several parts may be on their way out of a socket: all that a SUB, XSUB or PULL sends has one.
func sends(t zmq.SocketType) bool { return t != zmq.Pull && t != zmq.Sub && t != zmq.XSub }

// survivesCuts reports whether the engine survives it when a connection that is being cut, in the middle of a message of several parts,
// breaks at that moment: one that is staged with its gates does.
func survivesCuts() bool { return strings.HasSuffix(zmq.LinkInfo(), ", hardened") }

// cutPatience is how long an endpoint may take to become free, or to be left: the engine closes it in the background.
const cutPatience = 2 * time.Second

// patiently tries again as long as there is that error.
func patiently(obstacle error, try func() error) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := try()
		if !errors.Is(err, obstacle) || time.Since(began) > cutPatience {
			return err
		}
	}
}
