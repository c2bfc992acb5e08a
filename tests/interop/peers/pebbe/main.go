//go:build pebbe

// Pebbe is the program of the interoperability tests that has github.com/pebbe/zmq4 inside. The tests build it, with the
// same engine as the others.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"example.org/zmq/tests/interop/peer"
	"github.com/pebbe/zmq4"
)

func main() {
	if err := peer.Main(os.Stdin, os.Stdout, open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var types = map[string]zmq4.Type{
	"pair": zmq4.PAIR, "pub": zmq4.PUB, "sub": zmq4.SUB, "req": zmq4.REQ, "rep": zmq4.REP, "dealer": zmq4.DEALER,
	"router": zmq4.ROUTER, "pull": zmq4.PULL, "push": zmq4.PUSH, "xpub": zmq4.XPUB, "xsub": zmq4.XSUB,
}

func open(typ string, bind bool, endpoint string) (peer.Socket, string, error) {
	s, err := zmq4.NewSocket(types[typ])
	if err != nil {
		return nil, "", err
	}
	if err := s.SetLinger(0); err != nil {
		return nil, "", err
	}
	attach := s.Connect
	if bind {
		attach = s.Bind
	}
	if err := attach(endpoint); err != nil {
		return nil, "", err
	}
	at, err := s.GetLastEndpoint()
	return socket{s}, at, err
}

type socket struct{ s *zmq4.Socket }

func (s socket) Subscribe(filter []byte) error { return s.s.SetSubscribe(string(filter)) }
func (s socket) Close() error                  { return s.s.Close() }

func (s socket) Send(parts [][]byte, patience time.Duration) error {
	if err := s.s.SetSndtimeo(patience); err != nil {
		return err
	}
	_, err := s.s.SendMessage(parts)
	return none(err)
}

func (s socket) Recv(patience time.Duration) ([][]byte, error) {
	if err := s.s.SetRcvtimeo(patience); err != nil {
		return nil, err
	}
	parts, err := s.s.RecvMessageBytes(0)
	return parts, none(err)
}

func none(err error) error {
	if err != nil && zmq4.AsErrno(err) == zmq4.Errno(syscall.EAGAIN) {
		return peer.ErrNone
	}
	return err
}
