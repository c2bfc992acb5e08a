// Gozeromq is the program of the interoperability tests that has github.com/go-zeromq/zmq4 inside, an implementation in Go.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"example.org/zmq/tests/interop/peer"
	"github.com/go-zeromq/zmq4"
)

func main() {
	if err := peer.Main(os.Stdin, os.Stdout, open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var types = map[string]func(context.Context, ...zmq4.Option) zmq4.Socket{
	"pair": zmq4.NewPair, "pub": zmq4.NewPub, "sub": zmq4.NewSub, "req": zmq4.NewReq, "rep": zmq4.NewRep,
	"dealer": zmq4.NewDealer, "router": zmq4.NewRouter, "pull": zmq4.NewPull, "push": zmq4.NewPush,
	"xpub": zmq4.NewXPub, "xsub": zmq4.NewXSub,
}

func open(typ string, bind bool, endpoint string) (peer.Socket, string, error) {
	// A socket that listens and is to reconnect connects to itself when a peer has gone.
	s := types[typ](context.Background(), zmq4.WithAutomaticReconnect(!bind), zmq4.WithDialerRetry(50*time.Millisecond),
		zmq4.WithDialerMaxRetries(-1))
	if !bind {
		return &socket{s: s}, endpoint, s.Dial(endpoint)
	}
	if err := s.Listen(strings.Replace(endpoint, ":*", ":0", 1)); err != nil {
		return nil, "", err
	}
	if strings.HasPrefix(endpoint, "tcp://") {
		endpoint = "tcp://" + s.Addr().String()
	}
	return &socket{s: s}, endpoint, nil
}

type socket struct {
	s        zmq4.Socket
	received chan received // of a receive that has begun and was not waited for
}

type received struct {
	parts [][]byte
	err   error
}

func (s *socket) Subscribe(filter []byte) error {
	return s.s.SetOption(zmq4.OptionSubscribe, string(filter))
}

// Close does not mind that the other side was faster.
func (s *socket) Close() error {
	if err := s.s.Close(); err != nil && !strings.Contains(err.Error(), net.ErrClosed.Error()) {
		return err
	}
	return nil
}

func (s *socket) Send(parts [][]byte, patience time.Duration) error {
	sent := make(chan error, 1)
	until := time.Now().Add(patience)
	go func() {
		err := s.s.SendMulti(zmq4.NewMsgFrom(parts...))
		// A REQ does not wait for a connection.
		for err != nil && strings.Contains(err.Error(), "no connections available") && time.Now().Before(until) {
			time.Sleep(10 * time.Millisecond)
			err = s.s.SendMulti(zmq4.NewMsgFrom(parts...))
		}
		sent <- err
	}()
	select {
	case err := <-sent:
		return err
	case <-time.After(patience):
		return peer.ErrNone
	}
}

func (s *socket) Recv(patience time.Duration) ([][]byte, error) {
	if s.received == nil {
		got := make(chan received, 1)
		s.received = got
		go func() {
			m, err := s.s.Recv()
			got <- received{m.Frames, err}
		}()
	}
	select {
	case r := <-s.received:
		s.received = nil
		return r.parts, r.err
	case <-time.After(patience):
		return nil, peer.ErrNone
	}
}
