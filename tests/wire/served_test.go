package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"example.org/zmq"
)

// beTarget binds a socket of each kind, serves those who come, and says where. It ends with its standard input.
func beTarget(dir string) error {
	c, err := zmq.NewContext(zmq.IOThreads(2))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	anybody := zmq.AuthenticatorFunc(func(context.Context, zmq.AuthRequest) (string, error) { return "anybody", nil })
	if err := c.ServeAuth(ctx, anybody); err != nil {
		return err
	}
	var work sync.WaitGroup
	var places bytes.Buffer
	for i, k := range kinds {
		opts := append([]zmq.SocketOption{zmq.Linger(0), zmq.HandshakeInterval(time.Second)}, k.opts...)
		if os.Getenv(harshVariable) != "" {
			opts = append(opts, k.harshOptions()...)
		}
		s, err := c.NewSocket(k.socket, opts...)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		switch k.socket {
		case zmq.Sub:
			err = s.Set(zmq.Subscribe(""))
		case zmq.Req:
			err = s.Set(zmq.ReqRelaxed(true), zmq.ReqCorrelate(true), zmq.RecvTimeout(20*time.Millisecond))
		}
		if err == nil {
			err = s.Bind("tcp://127.0.0.1:*")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		at, err := s.LastEndpoint()
		if err != nil {
			return err
		}
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := s.Bind("ipc://" + path); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		fmt.Fprintln(&places, "at", strings.TrimPrefix(at, "tcp://"), path)
		work.Add(1)
		go func() {
			defer work.Done()
			if err := serve(ctx, s, k); ctx.Err() == nil {
				fmt.Println("broken", k.name, err)
			}
			s.Close()
		}()
	}
	os.Stdout.Write(places.Bytes())
	bufio.NewReader(os.Stdin).ReadByte()
	stop()
	work.Wait()
	return c.Close()
}

// serve does with a socket what its users do, for ever. Nothing that an untrusted peer sends may end it.
func serve(ctx context.Context, s *zmq.Socket, k kind) error {
	switch k.socket {
	case zmq.Pub, zmq.Push, zmq.XPub:
		go tick(ctx, s)
		if k.socket != zmq.XPub {
			<-ctx.Done()
			return nil
		}
	case zmq.Req:
		return ask(ctx, s)
	case zmq.XSub:
		if err := s.SendParts(ctx, []byte{1}); err != nil {
			return err
		}
	}
	taken := true
	for msg, err := range s.Messages(ctx) {
		if err != nil {
			return err
		}
		switch k.socket {
		case zmq.Pull, zmq.Sub, zmq.XSub:
			if bytes.HasPrefix(msg[0], []byte("good ")) {
				fmt.Println(string(msg[0]))
			}
		case zmq.Rep:
			err = s.SendParts(ctx, msg...)
		case zmq.Pair, zmq.Dealer, zmq.Router, zmq.Stream:
			err = echo(ctx, s, taken, msg)
			taken = err == nil
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, zmq.ErrWouldBlock) && !errors.Is(err, zmq.EHOSTUNREACH) {
			return err
		}
	}
	return nil
}

// echo sends a message back, as long as somebody has room for it. It waits a little, but not again until somebody has taken one:
// who has gone can have left hundreds of thousands of messages, and a PAIR serves nobody else before they are received.
func echo(ctx context.Context, s *zmq.Socket, wait bool, msg [][]byte) error {
	if !wait {
		return s.TrySendParts(msg...)
	}
	limit, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	return s.SendParts(limit, msg...)
}

// tick sends small messages to whoever takes them.
func tick(ctx context.Context, s *zmq.Socket) {
	t := time.NewTicker(2 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			s.Send([]byte("tick"), zmq.DontWait) // nobody may be there
		case <-ctx.Done():
			return
		}
	}
}

// ask asks whoever is there, and asks again when no answer comes.
func ask(ctx context.Context, s *zmq.Socket) error {
	for ctx.Err() == nil {
		if err := s.SendParts(ctx, []byte("tick")); err != nil {
			return err
		}
		if _, err := s.RecvParts(ctx); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return nil
}
