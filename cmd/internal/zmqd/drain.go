package zmqd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"example.org/zmq"
)

// drain stops taking messages and delivers those that were taken, until ctx ends. It returns what was left, as far as it can
// be told.
func (n *node) drain(ctx context.Context) (left []string) {
	n.state.Store(stateDraining)
	if input := n.oneWay(); input != nil {
		n.dev.Resume()
		n.settle(ctx, input)
		n.detach(input)
		if !n.awaitDry(ctx, input) && n.cfg.Drain > 0 {
			left = append(left, "messages that were taken in")
		}
		n.stop()
	} else {
		n.stop()
		n.answer(ctx)
		left = append(left, n.leftInside()...)
	}
	if !n.close(n.timeLeft(ctx)) && n.cfg.Drain > 0 {
		left = append(left, "messages on their way out, perhaps")
	}
	return left
}

// leftInside returns what a device that moves both ways has not done for those who asked: requests that never had a
// reply, and messages that came in and were not read.
func (n *node) leftInside() (left []string) {
	if u := n.unanswered(); u > 0 {
		left = append(left, fmt.Sprintf("requests without a reply: %d", u))
	}
	for _, p := range []*part{n.front, n.back} {
		if ev, err := p.sock.Events(); err == nil && ev&zmq.PollIn != 0 {
			left = append(left, "messages of the "+p.name+" that were not read")
		}
	}
	return left
}

// timeLeft returns how long what was sent may linger: as long as ctx has to go, and where a wait for others used that
// up, a little, unless another signal has cut the drain short.
func (n *node) timeLeft(ctx context.Context) time.Duration {
	if errors.Is(ctx.Err(), context.Canceled) {
		return 0
	}
	deadline, _ := ctx.Deadline()
	return max(time.Until(deadline), min(time.Duration(n.cfg.Drain)/4, time.Second))
}

// detach cuts the input off.
func (n *node) detach(p *part) {
	for _, e := range p.bound() {
		if err := p.sock.Unbind(e); err != nil {
			n.log.Warn("stop taking", "side", p.name, "error", err)
		}
	}
	for _, e := range slices.Clone(p.connects) {
		p.disconnected(e)
		if err := p.sock.Disconnect(e); err != nil {
			n.log.Warn("stop taking", "side", p.name, "error", err)
		}
	}
}

// dryLook is the time between two looks of a drain at whether it is over, and dryLooks how many of them in a row must see that
// nothing has moved: what is in the engine's threads cannot be seen. settleLooks is how many looks settle takes at most.
const (
	dryLook     = 20 * time.Millisecond
	dryLooks    = 5
	settleLooks = 50
)

// settle waits until what has come so far is taken in, a second at most, for peers may go on sending. Cutting the input off ends
// its connections, and drops what the engine has not read from them, even that of peers which have sent all they had to send.
func (n *node) settle(ctx context.Context, input *part) {
	looks := settleLooks
	if deadline, ok := ctx.Deadline(); ok {
		looks = settleWithin(time.Until(deadline))
	}
	n.lookUntilDry(ctx, input, looks)
}

// settleWithin returns how many looks settle may take in a drain of that length: half of the time is for delivering.
func settleWithin(drain time.Duration) int {
	return min(settleLooks, int(max(drain, 0)/2/dryLook))
}

// awaitDry waits until nothing is left in the device, or ctx ends, and reports which. A device that was ended by
// TERMINATE takes nothing more and is looked at once.
func (n *node) awaitDry(ctx context.Context, input *part) bool {
	return n.lookUntilDry(ctx, input, math.MaxInt)
}

// lookUntilDry is awaitDry with a limit. The limit counts looks and not time, which passes while the process does not get to run.
func (n *node) lookUntilDry(ctx context.Context, input *part, most int) bool {
	var before uint64
	for look, quiet := 0, 0; quiet < dryLooks; look++ {
		if look == most {
			return false
		}
		in, held := n.taken(input)
		select {
		case <-ctx.Done():
			return false
		case err := <-n.ended:
			n.ended <- err
			return !held
		case <-time.After(dryLook):
		}
		ev, err := input.sock.Events()
		if err == nil && (in != before || ev&zmq.PollIn != 0 || held) {
			quiet, before = 0, in
			continue
		}
		quiet++
	}
	return true
}

// taken returns how many messages the device took from its input, and whether it still holds one.
func (n *node) taken(input *part) (in uint64, held bool) {
	s := n.stats()
	in, out := s.Front.MessagesIn, s.Back.MessagesOut
	if input == n.back {
		in, out = s.Back.MessagesIn, s.Front.MessagesOut
	}
	return in, in > out+s.Refused
}

// answer lets the replies through to requests that were taken, and takes no more.
func (n *node) answer(ctx context.Context) {
	if left := n.unanswered(); left > 0 {
		n.log.Info("waiting for replies", "requests", left)
	}
	for n.unanswered() > 0 {
		msg, err := n.back.sock.RecvMsgs(ctx)
		if err == nil {
			err = n.front.sock.SendMsgs(ctx, msg...)
		}
		if err != nil {
			for _, m := range msg {
				m.Close()
			}
			if !errors.Is(err, zmq.EHOSTUNREACH) {
				return
			}
		}
		n.answered.Add(1)
	}
}

// unanswered returns how many more messages went from front to back than came back: requests without a reply, and
// all that want none.
func (n *node) unanswered() uint64 {
	s := n.stats()
	if n.oneWay() != nil {
		return 0
	}
	in, back := s.Front.MessagesIn, s.Back.MessagesIn+n.answered.Load()
	return in - min(in, back)
}

// stop ends the device's Run.
func (n *node) stop() {
	n.cancel()
	n.controlled.Wait()
	n.ended <- <-n.ended
}

// close closes the sockets and lets what was sent linger for as long as there is time. It reports whether all of it
// was delivered before.
func (n *node) close(left time.Duration) bool {
	left = max(left, 0).Round(time.Millisecond)
	began := time.Now()
	for _, p := range n.parts() {
		linger := left
		if own := p.side.Linger; own != nil && *own >= 0 {
			linger = min(linger, time.Duration(*own))
		}
		if t := p.sock.Type(); t == zmq.Sub || t == zmq.XSub {
			linger = 0 // all that could be left is the end of a subscription, for a publisher that may be gone
		}
		p.links.stop()
		p.sock.Set(zmq.Linger(linger))
		p.sock.Close()
		p.peers.wait()
	}
	n.gate.Stop()
	n.state.Store(stateEnded)
	ctx, cancel := context.WithTimeout(context.Background(), left+5*time.Second)
	defer cancel()
	if err := n.zctx.Term(ctx); err != nil {
		n.log.Warn("close", "error", err)
		return false
	}
	// The engine does not say what was lost: what used its time up was not delivered. Its timers are coarse.
	return time.Since(began) < left-left/20
}
