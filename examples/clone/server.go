package clone

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.org/zmq"
	"example.org/zmq/examples/binarystar"
)

// ServerConfig says what a server is and where.
type ServerConfig struct {
	Model  Model
	At     Endpoints
	Timing Timing
	Socket []zmq.SocketOption // for every socket, such as zmq.CurveServer

	// Of the sixth model: who this one is, and where the other one is.
	Star binarystar.Config
	Peer Endpoints
}

// Server holds the map. It is safe for concurrent use by multiple goroutines.
type Server struct {
	cfg                      ServerConfig
	zc                       *zmq.Context
	sockets                  sockets
	pub, snapshot, collector *zmq.Socket
	pair                     *binarystar.Pair // nil up to the fifth model

	mu      sync.Mutex
	replica replica
	pending pending
	leading bool // this server numbers and publishes updates
	spoke   bool // something was published since the last heartbeat
}

// NewServer opens the sockets. Close it when done.
func NewServer(zc *zmq.Context, cfg ServerConfig) (*Server, error) {
	if err := cfg.Model.check(); err != nil {
		return nil, err
	}
	cfg.Timing = cfg.Timing.withDefaults()
	s := &Server{cfg: cfg, zc: zc, sockets: sockets{zc: zc, opts: cfg.Socket},
		replica: replica{store: newStore(), whole: true, settle: cfg.Timing.Silence},
		pending: pending{keep: 10 * cfg.Timing.Silence},
		leading: !cfg.Model.pair()}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open() (err error) {
	model, at := s.cfg.Model, s.cfg.At
	if s.pub, err = s.sockets.open(zmq.Pub, bindTo(at.Publisher), zmq.Linger(time.Second)); err != nil {
		return err
	}
	if model.snapshots() {
		// A snapshot is sent at once, whatever its size.
		if s.snapshot, err = s.sockets.open(zmq.Router, bindTo(at.Snapshot), zmq.SendHWM(0)); err != nil {
			return err
		}
	}
	switch {
	case model.pair():
		if s.collector, err = s.sockets.open(zmq.Sub, bindTo(at.Collector), zmq.Subscribe("")); err != nil {
			return err
		}
		star := s.cfg.Star
		star.Socket = append(star.Socket, s.cfg.Socket...)
		s.pair, err = binarystar.NewPair(s.zc, star)
	case model.collects():
		s.collector, err = s.sockets.open(zmq.Pull, bindTo(at.Collector))
	}
	return err
}

// Close ends Run and closes the sockets.
func (s *Server) Close() error {
	err := s.sockets.close()
	if s.pair != nil {
		err = errors.Join(err, s.pair.Close())
	}
	return err
}

// Run serves until ctx ends, which is no error.
func (s *Server) Run(ctx context.Context) error {
	tasks := []func(context.Context) error{s.tick}
	if s.snapshot != nil {
		tasks = append(tasks, s.serveSnapshots)
	}
	if s.collector != nil {
		tasks = append(tasks, s.collect)
	}
	if s.pair != nil {
		tasks = append(tasks, s.pair.Run, s.followPeer)
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for _, task := range tasks {
		go func() { ended <- task(running) }()
	}
	var first error
	for range tasks {
		if err := <-ended; err != nil && first == nil && running.Err() == nil {
			first = err
		}
		cancel() // none of them ends by itself as long as all is well
	}
	return first
}

// State returns what this server of a pair is; Active up to the fifth model.
func (s *Server) State() binarystar.State {
	state, _ := s.Watch()
	return state
}

// Watch returns what this server is, and a channel that is closed once that is over; nil up to the fifth model.
func (s *Server) Watch() (binarystar.State, <-chan struct{}) {
	if s.pair == nil {
		return binarystar.Active, nil
	}
	return s.pair.Watch()
}

// Set changes the map at the server itself. An empty value deletes the key. Errors: a key that RFC 12 has for itself; a server that is
// not the active one of its pair; those of the socket.
func (s *Server) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	u, err := newUpdate(key, value, ttl)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if lead, err := s.lead(ctx); err != nil {
		return err
	} else if !lead {
		return errors.New("clone: this server is not the active one of its pair: set the key through a client")
	}
	return s.publish(ctx, u)
}

// lead reports whether this server numbers and publishes updates. When it has just become active it publishes first what clients have
// sent and the other one has not published any more. The caller has the lock.
func (s *Server) lead(ctx context.Context) (bool, error) {
	before := s.leading
	s.leading = s.State() == binarystar.Active
	if before || !s.leading {
		return s.leading, nil
	}
	for _, u := range s.pending.take(time.Now()) {
		if err := s.publish(ctx, u); err != nil {
			return true, err
		}
	}
	return true, nil
}

// publish numbers an update, applies it, and sends it to everybody. The caller has the lock, so that numbers go out in their order; it
// holds up nobody, since a PUB never waits.
func (s *Server) publish(ctx context.Context, u Update) error {
	now := time.Now()
	u.Sequence = s.replica.last + 1
	s.replica.put(u, now)
	if s.pair != nil {
		s.pending.publish(u.ID, now)
	}
	s.spoke = true
	return s.pub.SendParts(ctx, u.frames()...)
}

// tick deletes what has outlived its time, and sends a heartbeat if nothing else was sent.
func (s *Server) tick(ctx context.Context) error {
	ticker := time.NewTicker(s.cfg.Timing.Heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := s.beat(ctx, time.Now()); err != nil {
			return err
		}
	}
}

func (s *Server) beat(ctx context.Context, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending.expire(now)
	lead, err := s.lead(ctx)
	if err != nil || !lead {
		return err
	}
	for _, key := range s.replica.expired(now) {
		if err := s.publish(ctx, Update{Key: key}); err != nil {
			return err
		}
	}
	spoke := s.spoke
	s.spoke = false
	if spoke || !s.cfg.Model.snapshots() {
		return nil
	}
	heartbeat := Update{Key: hugz}
	return s.pub.SendParts(ctx, heartbeat.frames()...)
}

// serveSnapshots answers ICANHAZ commands. Of a pair the active server does, and a client that asks a passive one is what makes it active
// when the other one is silent.
func (s *Server) serveSnapshots(ctx context.Context) error {
	for frames, err := range s.snapshot.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(frames) < 3 || string(frames[1]) != icanhaz {
			continue
		}
		if s.pair != nil && !s.pair.Asked() {
			continue
		}
		updates, err := s.updates(ctx, string(frames[2]), len(frames) > 3)
		if err != nil {
			return err
		}
		for _, u := range updates {
			if err := s.snapshot.SendParts(ctx, append(frames[:1:1], u.frames()...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) updates(ctx context.Context, subtree string, properties bool) ([]Update, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.lead(ctx); err != nil {
		return nil, err
	}
	return s.replica.snapshot(subtree, properties, time.Now()), nil
}

// collect takes clients' updates: an active server publishes them, a passive one keeps them until the active one has.
func (s *Server) collect(ctx context.Context) error {
	for frames, err := range s.collector.Messages(ctx) {
		if err != nil {
			return err
		}
		u, ok := parseUpdate(frames)
		if !ok || u.Key == hugz || u.Key == kthxbai {
			continue
		}
		if !s.cfg.Model.ttls() {
			u.Properties = nil
		}
		if err := s.take(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) take(ctx context.Context, u Update) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	lead, err := s.lead(ctx)
	switch {
	case err != nil:
		return err
	case lead && s.pending.isPublished(u.ID):
		return s.publish(ctx, s.again(u))
	case lead:
		return s.publish(ctx, u)
	case len(u.ID) > 0: // without one it could not be told whether the active one has published it
		s.pending.heard(u, time.Now())
	}
	return nil
}

// again returns what tells a client that its update was published, which it has sent again: the key as it is now, which may be newer, so
// that nothing changes. The caller has the lock.
func (s *Server) again(u Update) Update {
	now := Update{Key: u.Key, ID: u.ID}
	if e, ok := s.replica.entries[u.Key]; ok {
		now.Value = e.Value
		if !e.expires.IsZero() {
			now.setTTL(max(time.Until(e.expires), 1))
		}
	}
	return now
}

// followPeer keeps this server's map like the active one's, as long as this one is passive.
func (s *Server) followPeer(ctx context.Context) error {
	for ctx.Err() == nil {
		state, changed := s.pair.Watch()
		if state != binarystar.Passive {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		passive, cancel := context.WithCancel(ctx)
		go func() {
			defer cancel()
			select {
			case <-changed:
			case <-passive.Done():
			}
		}()
		follow := session{model: s.cfg.Model, at: s.cfg.Peer, server: true, timing: s.cfg.Timing, synced: s.synced, update: s.update}
		err := follow.run(passive, s.zc, s.cfg.Socket)
		ended := passive.Err() != nil
		cancel()
		if err != nil && !ended && !errors.Is(err, errSilent) {
			return err
		}
	}
	return nil
}

func (s *Server) synced(updates []Update, last uint64, _ bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.State() == binarystar.Active {
		return // a late answer
	}
	s.leading = false
	s.replica.sync(updates, last, time.Now())
	s.pending.updates = nil // the active one has had them
}

func (s *Server) update(u Update) (lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.State() == binarystar.Active {
		return false
	}
	s.leading = false
	now := time.Now()
	s.pending.publish(u.ID, now)
	_, lost = s.replica.follow(u, now)
	return lost
}
