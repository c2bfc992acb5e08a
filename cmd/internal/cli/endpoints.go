package cli

import (
	"fmt"

	"example.org/zmq"
)

// Attach binds the socket to the first endpoints and connects it to the others. It returns where it is bound, which
// for a wildcard port is where the engine found one.
func Attach(s *zmq.Socket, binds, connects []string) ([]string, error) {
	var bound []string
	for _, e := range binds {
		if err := s.Bind(e); err != nil {
			return bound, err
		}
		bound = append(bound, Bound(s, e))
	}
	for _, e := range connects {
		if err := s.Connect(e); err != nil {
			return bound, err
		}
	}
	return bound, nil
}

// Bound returns what a Bind to endpoint led to.
func Bound(s *zmq.Socket, endpoint string) string {
	if last, err := s.LastEndpoint(); err == nil && last != "" {
		return last
	}
	return endpoint
}

// NoEndpoint is the error for a socket that has no endpoint.
func NoEndpoint(what, flags string) error {
	return BadUse("%s", fmt.Sprintf("%s has no endpoint: say where it binds or connects (%s)", what, flags))
}
