package zmqd

import (
	"context"
	"encoding/binary"
	"errors"

	"example.org/zmq"
)

// pause, resume and terminate do what was asked for, and say by whom.
func (n *node) pause(who string) {
	n.dev.Pause()
	n.log.Info("paused", "by", who)
}

func (n *node) resume(who string) {
	n.dev.Resume()
	n.log.Info("resumed", "by", who)
}

func (n *node) terminate(who string) {
	n.log.Info("told to terminate", "by", who)
	n.terminated.Store(true)
	n.cancel()
}

// serveControl takes words from the control socket until ctx ends, as the device does that has one; here it is known who
// says them.
func (n *node) serveControl(ctx context.Context) {
	for {
		msg, err := n.control.sock.RecvMsgs(ctx)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, zmq.ErrClosed) && !errors.Is(err, zmq.ErrTerminated) {
				n.log.Error("the control socket is not served any more", "error", err)
			}
			return
		}
		n.obey(ctx, msg)
		for _, m := range msg {
			m.Close()
		}
	}
}

// obey does what a message says, and answers it.
func (n *node) obey(ctx context.Context, msg []*zmq.Message) {
	var envelope [][]byte
	t := n.control.sock.Type()
	word, who := string(msg[len(msg)-1].Bytes()), sender(msg[0])
	if t == zmq.Router {
		for _, m := range msg[:len(msg)-1] {
			envelope = append(envelope, append([]byte{}, m.Bytes()...))
		}
	}
	answer, answers := [][]byte{nil}, t == zmq.Rep || t == zmq.Router
	done := func() {}
	switch word {
	case "PAUSE":
		n.pause(who)
	case "RESUME":
		n.resume(who)
	case "TERMINATE":
		done = func() { n.terminate(who) }
	case "STATISTICS":
		answer, answers = statistics(n.stats()), true
	default:
		word = word[:min(len(word), 64)]
		answer, answers = [][]byte{[]byte("ERROR unknown word: " + word)}, true
		n.log.Warn("control: unknown word", "word", word, "by", who)
	}
	if answers && t != zmq.Sub && t != zmq.Pull {
		// The socket's SendTimeout is 0: who does not listen must not keep the device from listening.
		if err := n.control.sock.SendParts(ctx, append(envelope, answer...)...); err != nil {
			n.log.Warn("control: the answer could not be sent", "to", who, "error", err)
		}
	}
	done()
}

// sender is who sent a message, as far as the engine knows.
func sender(m *zmq.Message) string {
	who := "control socket"
	if a, err := m.Gets("Peer-Address"); err == nil && a != "" {
		who += ", " + a
	}
	if u, err := m.Gets("User-Id"); err == nil && u != "" {
		who += ", " + u
	}
	return who
}

// statistics returns the numbers as zmq_proxy_steerable does.
func statistics(s zmq.DeviceStats) (parts [][]byte) {
	for _, side := range []zmq.DeviceSide{s.Front, s.Back} {
		for _, n := range []uint64{side.MessagesIn, side.BytesIn, side.MessagesOut, side.BytesOut} {
			parts = append(parts, binary.NativeEndian.AppendUint64(nil, n))
		}
	}
	return parts
}
