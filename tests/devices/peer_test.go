package devices

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.org/zmq"
)

// A peer is this test binary, run as one node of a deployment: peerEnv holds its role, its name, the endpoint
// it connects to and the one where it reports what it got.
const peerEnv = "DEVICES_PEER"

const peerHWM = 50

// padding is the last part of what flows one way: the kernel keeps hundreds of such messages for a connection, and not
// ten thousand.
var padding = bytes.Repeat([]byte{'.'}, 2000)

// runPeer is main of a peer. It runs until it is killed.
func runPeer(spec string) error {
	f := strings.Fields(spec)
	role, name, at, report := f[0], f[1], f[2], f[3]
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	types := map[string]zmq.SocketType{
		"push": zmq.Push, "pull": zmq.Pull, "rep": zmq.Rep, "client": zmq.Dealer, "pub": zmq.XPub, "sub": zmq.Sub,
	}
	marks := []zmq.SocketOption{zmq.SendHWM(peerHWM), zmq.RecvHWM(peerHWM)}
	s, err := c.NewSocket(types[role], marks...)
	if err != nil {
		return err
	}
	out, err := c.NewSocket(zmq.Push, marks...)
	if err != nil {
		return err
	}
	switch role {
	case "sub":
		err = s.Set(zmq.Subscribe(""))
	case "pub":
		err = s.Set(zmq.XPubNoDrop(true)) // what is missing then was lost with somebody
	}
	if err != nil {
		return err
	}
	if err := errors.Join(s.Connect(at), out.Connect(report)); err != nil {
		return err
	}
	ctx := context.Background()
	tell := func(msg [][]byte) error { return out.SendParts(ctx, append([][]byte{[]byte(name)}, msg...)...) }
	for n := 0; ; n++ {
		msg := [][]byte{[]byte(name), fmt.Append(nil, n)}
		switch role {
		case "push", "pub":
			err = s.SendParts(ctx, append(msg, padding)...)
			if role == "pub" {
				time.Sleep(100 * time.Microsecond) // at a pace that nobody has trouble with
			}
		case "pull", "sub":
			if msg, err = s.RecvParts(ctx); err == nil && len(msg) == 3 && bytes.Equal(msg[2], padding) {
				err = tell(msg[:2])
			} else if err == nil {
				err = tell(nil) // torn
			}
		case "rep":
			if msg, err = s.RecvParts(ctx); err == nil {
				err = s.SendParts(ctx, append(msg, []byte(name))...)
			}
		case "client":
			err = ask(s, msg, tell)
		}
		if err != nil {
			return err
		}
	}
}

// ask asks until there is an answer, which it reports with the number of lost attempts.
func ask(s *zmq.Socket, msg [][]byte, tell func([][]byte) error) error {
	for lost := 0; ; lost++ {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		reply, err := s.Request(ctx, msg...)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			continue
		}
		if err != nil {
			return err
		}
		return tell(append(reply[:2], fmt.Append(nil, lost)))
	}
}

// peer is a running peer.
type peer struct {
	role, name, at, report string
	cmd                    *exec.Cmd
	lives                  int
}

func (p *peer) start(t *testing.T) {
	t.Helper()
	p.lives++
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s/%d %s %s", peerEnv, p.role, p.name, p.lives, p.at, p.report))
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (p *peer) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}
