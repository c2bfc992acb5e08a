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
	if err := p.sock.Set(n.gate.Options(p.name)...); err != nil {
		return err
	}
	var failed []string
	note := func(err error) {
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	for _, e := range p.bound {
		note(p.sock.Unbind(e))
		note(bindAgain(p.sock, e))
	}
	for _, e := range p.side.Connect {
		note(p.sock.Disconnect(e))
		note(p.sock.Connect(e))
	}
	if failed != nil {
		return fmt.Errorf("%s: %s", p.name, strings.Join(failed, "; "))
	}
	return nil
}

// bindPatience is how long an endpoint may take to become free: the engine closes it in the background.
const bindPatience = 2 * time.Second

func bindAgain(s *zmq.Socket, endpoint string) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := s.Bind(endpoint)
		if !errors.Is(err, zmq.EADDRINUSE) || time.Since(began) > bindPatience {
			return err
		}
	}
}
