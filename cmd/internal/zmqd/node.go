package zmqd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
