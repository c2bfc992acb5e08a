package zmqd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// node is a running device with its sockets.
type node struct {
	cfg     *Config
	log     *slog.Logger
	zctx    *zmq.Context
	front   *part
	back    *part
	capture *part // nil unless used, as control
	control *part
	dev     *zmq.Device
	gate    *cli.Gate
	started time.Time
	state   atomic.Int32

	given given
	came  map[string]*identities // the clients that were judged, by the name of the side

	cancel     context.CancelFunc
	ended      chan error     // Run's result, once
	controlled sync.WaitGroup // those who serve the control socket
	answered   atomic.Uint64
	terminated atomic.Bool
}

// What a node is doing.
const (
	stateRunning = iota
	stateDraining
	stateEnded
)

var stateNames = []string{"running", "draining", "ended"}

// open opens the sockets, binds and connects them, frontend first, and makes the device. Nothing is left open on failure.
func open(cfg *Config, log *slog.Logger, g given) (opened *node, err error) {
	if err := cfg.preflight(); err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	n := &node{cfg: cfg, log: log, given: g, started: time.Now(), ended: make(chan error, 1)}
	if n.gate, err = newGate(cfg); err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	n.followDecisions()
	if n.zctx, err = zmq.NewContext(zmq.IOThreads(cfg.IOThreads)); err != nil {
		return nil, cli.Exit(exitStart, err)
	}
	defer func() {
		if err != nil {
			n.abandon()
		}
	}()
	if err = n.gate.Serve(n.zctx, zmq.AuthErrorLog(slog.NewLogLogger(log.Handler(), slog.LevelError))); err != nil {
		return nil, cli.Exit(exitStart, err)
	}
	for name, list := range n.gate.Lists() {
		log.Info("allow list", "side", name, "lets_in", list)
	}
	if err = n.openParts(); err != nil {
		return nil, cli.Exit(exitStart, err)
	}
	if err = n.makeDevice(false); err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	for _, p := range n.parts() {
		p.links = newLinks(log.With("side", p.name))
		p.peers.watch(p.sock, p.links, log.With("side", p.name))
		if err = p.attach(g.bindings(p.name, p.side.Bind)); err != nil {
			return nil, cli.Exit(exitStart, fmt.Errorf("%s: %w", p.name, err))
		}
		if p.side.cutsFullQueues(p.sock.Type()) {
			log.Warn("heartbeats cut off peers that are well while the queue is full: see HEARTBEATS of --help", "side", p.name, "heartbeat", time.Duration(p.side.Heartbeat).String())
		}
		log.Info("open", "side", p.name, "type", p.sock.Type().String(), "bound", p.bound(), "connecting", p.side.Connect, "security", p.side.security().String())
	}
	return n, nil
}

// followDecisions logs the clients that are denied, and keeps all that are judged for the page.
func (n *node) followDecisions() {
	n.came = map[string]*identities{}
	for _, name := range n.gate.Judged() {
		n.came[name] = new(identities)
	}
	denied := newDenials(n.log)
	n.gate.OnDecision(func(r zmq.AuthRequest, user string, err error) {
		n.came[r.Domain].note(r, user, err, time.Now())
		if err != nil {
			denied.note(r, err)
		}
	})
}

// openParts opens the sockets that are used.
func (n *node) openParts() (err error) {
	for _, p := range []struct {
		name string
		side *Side
		at   **part
	}{{"frontend", &n.cfg.Frontend, &n.front}, {"backend", &n.cfg.Backend, &n.back}, {"capture", &n.cfg.Capture.Side, &n.capture}, {"control", &n.cfg.Control, &n.control}} {
		if !p.side.used() && len(n.given[p.name]) == 0 && p.at != &n.front && p.at != &n.back {
			continue
		}
		if *p.at, err = n.openPart(p.name, p.side); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) openPart(name string, side *Side) (*part, error) {
	fail := func(err error) (*part, error) {
		return nil, cli.Exit(cli.ExitBadUse, fmt.Errorf("%s: %w", name, err))
	}
	typ, err := cli.ParseType(side.Type)
	if err != nil {
		return fail(err)
	}
	opts, err := side.options(n.cfg.plain, n.cfg.MaxTopic)
	if err != nil {
		return fail(err)
	}
	sock, err := n.zctx.NewSocket(typ, append(opts, n.gate.Options(name)...)...)
	if err != nil {
		return fail(err)
	}
	for _, o := range side.extras(n.cfg.plain) {
		if err := sock.Set(o); err != nil && !errors.Is(err, zmq.ErrNotSupported) {
			sock.Close()
			return fail(err)
		}
	}
	if name == "control" {
		sock.Set(zmq.SendTimeout(0))
	}
	p := &part{name: name, side: side, sock: sock, peers: newPeerTable(), links: newLinks(n.log)}
	return p, n.subscribe(p)
}

// subscribe makes an xsub ask for what it was told to; a sub has done so by its options.
func (n *node) subscribe(p *part) error {
	if p.sock.Type() != zmq.XSub {
		return nil
	}
	for _, topic := range p.side.Subscribe {
		if err := p.sock.SendParts(context.Background(), append([]byte{1}, topic...)); err != nil {
			return cli.Exit(cli.ExitBadUse, fmt.Errorf("%s: %w", p.name, err))
		}
	}
	return nil
}

// makeDevice makes the device. The control socket is not the device's: it is served here, where it is known who says what.
// A device that is made only to look at the settings has it.
func (n *node) makeDevice(withControl bool) (err error) {
	opts := []zmq.DeviceOption{zmq.WithMaxTopic(n.cfg.MaxTopic)}
	if n.capture != nil {
		with := zmq.WithCapture
		if n.cfg.Capture.Lossy {
			with = zmq.WithLossyCapture
		}
		opts = append(opts, with(n.capture.sock))
	}
	if withControl && n.control != nil {
		opts = append(opts, zmq.WithControl(n.control.sock))
	}
	make := map[string]func(f, b *zmq.Socket, o ...zmq.DeviceOption) (*zmq.Device, error){
		"queue": zmq.NewQueue, "forwarder": zmq.NewForwarder, "streamer": zmq.NewStreamer, "proxy": zmq.NewProxy,
	}[n.cfg.Device]
	n.dev, err = make(n.front.sock, n.back.sock, opts...)
	return err
}

// parts returns the sockets that there are.
func (n *node) parts() []*part {
	var all []*part
	for _, p := range []*part{n.front, n.back, n.capture, n.control} {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// start runs the device in the background; its end comes on n.ended.
func (n *node) start(ctx context.Context) {
	ctx, n.cancel = context.WithCancel(ctx)
	go func() { n.ended <- n.dev.Run(ctx) }()
	if n.control != nil {
		n.controlled.Add(1)
		go func() {
			defer n.controlled.Done()
			n.serveControl(ctx)
		}()
	}
}

// abandon closes everything at once.
func (n *node) abandon() {
	for _, p := range n.parts() {
		p.sock.Set(zmq.Linger(0))
		p.sock.Close()
		p.peers.wait()
		p.links.stop()
	}
	n.gate.Stop()
	n.zctx.Close()
}

// stats returns what the node has moved, with the replies of a drain.
func (n *node) stats() zmq.DeviceStats { return n.dev.Stats() }

// oneWay returns where a device that moves data one way takes it from; nil for one that moves both ways.
func (n *node) oneWay() (input *part) {
	takes := func(p *part) bool {
		t := p.sock.Type()
		return t == zmq.Pull || t == zmq.Sub || t == zmq.XSub
	}
	switch {
	case takes(n.front):
		return n.front
	case takes(n.back):
		return n.back
	}
	return nil
}

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
