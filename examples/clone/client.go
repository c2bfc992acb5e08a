package clone

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.org/zmq"
)

// ClientConfig says which servers a client knows, and what it copies.
type ClientConfig struct {
	Model   Model
	Servers []Endpoints // one; up to two of the sixth model, the primary first
	Subtree string      // such as "/prices/"; from the fourth model on
	Timing  Timing
	Socket  []zmq.SocketOption // for every socket, such as zmq.CurveClient
}

func (c ClientConfig) check() error {
	if err := errors.Join(c.Model.check(), checkSubtree(c.Subtree)); err != nil {
		return err
	}
	if len(c.Servers) == 0 || len(c.Servers) > 1 && !c.Model.pair() {
		return fmt.Errorf("clone: a client of model %d has one server, and of model 6 one or two; not %d", c.Model, len(c.Servers))
	}
	if c.Subtree != "" && !c.Model.subtrees() {
		return fmt.Errorf("clone: model %d has no subtrees: take 4 or a higher one", c.Model)
	}
	return nil
}

// Client has a copy of a server's map, or of a subtree of it. It is safe for concurrent use by multiple goroutines.
type Client struct {
	cfg     ClientConfig
	zc      *zmq.Context
	sockets sockets
	out     *zmq.Socket   // nil for clients that cannot change the map
	turn    chan struct{} // holds something while Set uses out

	mu      sync.Mutex
	replica replica
	synced  bool
	server  int
	changed chan struct{} // closed at the next change
}

// NewClient returns a client that begins with Run. Close it when done.
func NewClient(zc *zmq.Context, cfg ClientConfig) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Timing = cfg.Timing.withDefaults()
	c := &Client{cfg: cfg, zc: zc, sockets: sockets{zc: zc, opts: cfg.Socket},
		turn: make(chan struct{}, 1), changed: make(chan struct{}),
		replica: replica{store: newStore(), whole: cfg.Model.snapshots() && cfg.Subtree == "", settle: cfg.Timing.Silence}}
	var collectors []string
	for _, server := range cfg.Servers {
		collectors = append(collectors, server.Collector)
	}
	var err error
	switch {
	case cfg.Model.pair():
		// A PUB that knows whether a server listens.
		c.out, err = c.sockets.open(zmq.XPub, connectTo(collectors...), zmq.Linger(time.Second))
	case cfg.Model.collects():
		c.out, err = c.sockets.open(zmq.Push, connectTo(collectors...), zmq.Linger(time.Second))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close ends Run and closes the sockets. What was set is delivered, for a second at most.
func (c *Client) Close() error { return c.sockets.close() }

// Run follows the servers, one at a time, until ctx ends, which is no error. It goes to the next one when one is silent.
func (c *Client) Run(ctx context.Context) error {
	for {
		c.mu.Lock()
		follow := session{model: c.cfg.Model, at: c.cfg.Servers[c.server], subtree: c.cfg.Subtree, timing: c.cfg.Timing,
			synced: c.sync, update: c.update}
		c.mu.Unlock()
		if !c.cfg.Model.snapshots() {
			c.sync(nil, 0)
		}
		err := follow.run(ctx, c.zc, c.cfg.Socket)
		if ctx.Err() != nil {
			return nil
		}
		if !errors.Is(err, errSilent) {
			return err
		}
		c.mu.Lock()
		c.server = (c.server + 1) % len(c.cfg.Servers)
		c.mu.Unlock()
	}
}

// Server returns which of its servers the client follows or tries, by number.
func (c *Client) Server() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

func (c *Client) sync(updates []Update, last uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replica.sync(updates, last, time.Now())
	c.synced = true
	c.tell()
}

func (c *Client) update(u Update) (lost bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed, lost := c.replica.follow(u, time.Now())
	if changed {
		c.tell()
	}
	return lost
}

// tell tells those who Watch. The caller has the lock.
func (c *Client) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Get returns the value of a key, which must not be changed.
func (c *Client) Get(key string) (value []byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.replica.entries[key]
	return e.Value, ok
}

// Watch returns the map as it is now, whether it is a server's (it is not before the first snapshot), and a channel that is closed at the
// next change. The values must not be changed.
func (c *Client) Watch() (entries map[string][]byte, synced bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries = map[string][]byte{}
	for key, e := range c.replica.entries {
		entries[key] = e.Value
	}
	return entries, c.synced, c.changed
}

// Set sends a new value to the server; the client's own copy changes when the server has published it. An empty value deletes the key. A
// ttl of 0 is none; it counts in seconds, rounded up. Of the sixth model Set waits until a server listens, and an update that was sent
// when the active server died is published by the other one. Errors: models that cannot do it; a key that RFC 12 has for itself; ctx's
// own; those of the socket.
func (c *Client) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if c.out == nil {
		return fmt.Errorf("clone: clients of model %d cannot change the map: take 3 or a higher one", c.cfg.Model)
	}
	if ttl != 0 && !c.cfg.Model.ttls() {
		return fmt.Errorf("clone: model %d has no time to live: take 5 or 6", c.cfg.Model)
	}
	u, err := newUpdate(key, value, ttl)
	if err != nil {
		return err
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.cfg.Model.pair() {
		if err := c.out.WaitSubscriber(ctx, ""); err != nil {
			return err
		}
	}
	return c.out.SendParts(ctx, u.frames()...)
}
