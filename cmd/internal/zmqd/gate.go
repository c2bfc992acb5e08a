package zmqd

import (
	"log/slog"

	"example.org/zmq"
)

type gate struct{}

func newGate(cfg *Config) (*gate, error)                                 { return &gate{}, nil }
func (g *gate) serve(z *zmq.Context, log *slog.Logger) error             { return nil }
func (g *gate) options(name string, s *Side) ([]zmq.SocketOption, error) { return nil, nil }
func (g *gate) stop()                                                    {}
func (g *gate) reload(n *node) error                                     { return nil }
func (s *Side) security() string {
	switch {
	case s.Curve.Allow != "":
		return "curve server"
	case s.Curve.ServerKey != "":
		return "curve client"
	case s.AllowAddresses != "":
		return "addresses"
	}
	return "none"
}
