package clone

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	outs    []*zmq.Socket // to the servers, in their order; none for clients that cannot change the map
	turn    chan struct{} // holds something while Set uses outs

	mu        sync.Mutex
	replica   replica
	synced    bool
	server    int                      // which one is followed or tried
	following bool                     // it has sent its map
	moved     chan struct{}            // closed when following changes
	changed   chan struct{}            // closed at the next change of the map
	unseen    map[string]chan struct{} // closed when the update with this ID was published
}

// NewClient returns a client that begins with Run. Close it when done.
func NewClient(zc *zmq.Context, cfg ClientConfig) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Timing = cfg.Timing.withDefaults()
	c := &Client{cfg: cfg, zc: zc, sockets: sockets{zc: zc, opts: cfg.Socket},
		turn: make(chan struct{}, 1), moved: make(chan struct{}), changed: make(chan struct{}), unseen: map[string]chan struct{}{},
		replica: replica{store: newStore(), whole: cfg.Model.snapshots() && cfg.Subtree == "", settle: cfg.Timing.Silence}}
	if err := c.openOuts(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Client) openOuts() error {
	typ := zmq.Push
	switch {
	case c.cfg.Model.pair():
		typ = zmq.XPub // a PUB that knows whether the server listens
	case !c.cfg.Model.collects():
		return nil
	}
	for _, server := range c.cfg.Servers {
		out, err := c.sockets.open(typ, connectTo(server.Collector), zmq.Linger(time.Second))
		if err != nil {
			return err
		}
		c.outs = append(c.outs, out)
	}
	return nil
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
			c.sync(nil, 0, false)
		}
		err := follow.run(ctx, c.zc, c.cfg.Socket)
		c.lost()
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

func (c *Client) sync(updates []Update, last uint64, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replica.sync(updates, last, time.Now())
	c.synced = true
	c.tell()
	c.setFollowing(whole)
}

func (c *Client) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setFollowing(false)
}

// setFollowing tells a Set that waits. The caller has the lock.
func (c *Client) setFollowing(following bool) {
	if c.following != following {
		c.following = following
		close(c.moved)
		c.moved = make(chan struct{})
	}
}

func (c *Client) update(u Update) (lost bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen := c.unseen[string(u.ID)]; seen != nil {
		close(seen)
		delete(c.unseen, string(u.ID))
	}
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
// ttl of 0 is none; it counts in seconds, rounded up.
//
// Up to the fifth model Set does not know what becomes of an update. Of the sixth one it returns when it has seen the update published, and
// sends it again, to the server that it follows by then, when it has not; of a key that is not in the client's subtree it does not wait for that.
//
// Errors: models that cannot do it; a key that RFC 12 has for itself; ctx's own, and the update may be published all the same; those
// of the socket.
func (c *Client) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if len(c.outs) == 0 {
		return fmt.Errorf("clone: clients of model %d cannot change the map: take 3 or a higher one", c.cfg.Model)
	}
	if ttl != 0 && !c.cfg.Model.ttls() {
		return fmt.Errorf("clone: model %d has no time to live: take 5 or 6", c.cfg.Model)
	}
	u, err := newUpdate(key, value, ttl)
	if err != nil {
		return err
	}
	if !c.cfg.Model.pair() {
		return c.outs[0].SendParts(ctx, u.frames()...)
	}
	return c.setAtPair(ctx, u)
}

func (c *Client) setAtPair(ctx context.Context, u Update) error {
	seen := make(chan struct{})
	if strings.HasPrefix(u.Key, c.cfg.Subtree) {
		c.mu.Lock()
		c.unseen[string(u.ID)] = seen
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			delete(c.unseen, string(u.ID))
			c.mu.Unlock()
		}()
	} else {
		close(seen) // it will never be
	}
	for {
		moved, err := c.send(ctx, u)
		if err != nil {
			return err
		}
		select {
		case <-seen:
			return nil
		case <-moved:
		case <-time.After(c.cfg.Timing.Silence): // a PUB drops what a subscriber has no room for
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// send sends an update to both servers once the one that the client follows listens. It returns a channel that is closed when the client
// follows it no longer.
func (c *Client) send(ctx context.Context, u Update) (moved <-chan struct{}, err error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if moved, err = c.awaitListener(ctx); err != nil {
		return nil, err
	}
	for _, out := range c.outs {
		if err := out.SendParts(ctx, u.frames()...); err != nil {
			return nil, err
		}
	}
	return moved, nil
}

// awaitListener waits until the server that the client follows has subscribed, whichever that is by then: what a PUB sends before is
// lost.
func (c *Client) awaitListener(ctx context.Context) (moved <-chan struct{}, err error) {
	for ctx.Err() == nil {
		c.mu.Lock()
		out, following, moved := c.outs[c.server], c.following, c.moved
		c.mu.Unlock()
		if !following {
			select {
			case <-moved:
			case <-ctx.Done():
			}
			continue
		}
		until, cancel := context.WithCancel(ctx)
		go func() {
			select {
			case <-moved:
			case <-until.Done():
			}
			cancel()
		}()
		err := out.WaitSubscriber(until, "")
		lost := until.Err() != nil
		cancel()
		if err == nil || !lost {
			return moved, err
		}
	}
	return nil, ctx.Err()
}
