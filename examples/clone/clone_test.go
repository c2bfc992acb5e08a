package clone

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/examples/binarystar"
)

// patience bounds every wait.
const patience = 20 * time.Second

var quick = Timing{Heartbeat: 20 * time.Millisecond, Silence: 500 * time.Millisecond}

// bench is a context for sockets, one for calls, and what the test has started.
type bench struct {
	*testing.T
	zc  *zmq.Context
	ctx context.Context
	dir string
}

func newBench(t *testing.T) *bench {
	t.Parallel()
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		cancel()
		if err := zc.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{t, zc, ctx, t.TempDir()}
}

// at returns endpoints that are known before anybody is bound to them.
func (b *bench) at(name string) Endpoints {
	path := "ipc://" + filepath.Join(b.dir, name)
	return Endpoints{path + "s", path + "p", path + "c"}
}

type runner interface {
	Run(context.Context) error
	Close() error
}

// start runs a server or client until the returned function is called, or the test ends.
func (b *bench) start(r runner) (stop func()) {
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, r.Close()); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(stop)
	return stop
}

func (b *bench) server(cfg ServerConfig) (s *Server, stop func()) {
	b.Helper()
	cfg.Timing = quick
	s, err := NewServer(b.zc, cfg)
	if err != nil {
		b.Fatal(err)
	}
	return s, b.start(s)
}

func (b *bench) client(cfg ClientConfig) *Client {
	b.Helper()
	cfg.Timing = quick
	c, err := NewClient(b.zc, cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.start(c)
	return c
}

// shows waits until the client's map is want, in the form of a printed map.
func (b *bench) shows(c *Client, want map[string]string) {
	b.Helper()
	for {
		got, synced, changed := c.Watch()
		if synced && fmt.Sprintf("%s", got) == fmt.Sprint(want) {
			return
		}
		select {
		case <-changed:
		case <-b.ctx.Done():
			b.Fatalf("the map is %s (synced: %v); want %v", got, synced, want)
		}
	}
}

func (b *bench) set(s interface {
	Set(context.Context, string, []byte, time.Duration) error
}, key, value string, ttl time.Duration) {
	b.Helper()
	if err := s.Set(b.ctx, key, []byte(value), ttl); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) is(s *Server, want binarystar.State) {
	b.Helper()
	for state, changed := s.Watch(); state != want; state, changed = s.Watch() {
		select {
		case <-changed:
		case <-b.ctx.Done():
			b.Fatalf("the server is %v still, not %v", state, want)
		}
	}
}

// TestFirstModel publishes until a client has seen it, since it may come late.
func TestFirstModel(t *testing.T) {
	b := newBench(t)
	s, _ := b.server(ServerConfig{Model: 1, At: b.at("1")})
	c := b.client(ClientConfig{Model: 1, Servers: []Endpoints{b.at("1")}})
	for {
		b.set(s, "k", "v", 0)
		if v, ok := c.Get("k"); ok && string(v) == "v" {
			break
		}
		select {
		case <-time.After(time.Millisecond):
		case <-b.ctx.Done():
			t.Fatal("nothing has arrived")
		}
	}
	if err := c.Set(b.ctx, "k", nil, 0); err == nil {
		t.Error("a client of the first model can change the map")
	}
}

func TestSecondModel(t *testing.T) {
	b := newBench(t)
	s, stop := b.server(ServerConfig{Model: 2, At: b.at("1")})
	b.set(s, "before", "1", 0)
	c := b.client(ClientConfig{Model: 2, Servers: []Endpoints{b.at("1")}})
	b.shows(c, map[string]string{"before": "1"})
	b.set(s, "after", "2", 0)
	b.set(s, "before", "", 0)
	stop()
	s, _ = b.server(ServerConfig{Model: 2, At: b.at("1")})
	for i := 0; ; i++ { // the server counts anew, which the client notices by an update
		b.set(s, "new", "3", 0)
		if got, _, _ := c.Watch(); fmt.Sprintf("%s", got) == "map[new:3]" {
			break
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-b.ctx.Done():
			t.Fatal("the client does not notice that its server was started anew")
		}
	}
}

func TestMiddleModels(t *testing.T) {
	for _, model := range []Model{3, 4, 5} {
		t.Run(fmt.Sprint(model), func(t *testing.T) {
			b := newBench(t)
			s, _ := b.server(ServerConfig{Model: model, At: b.at("1")})
			one := b.client(ClientConfig{Model: model, Servers: []Endpoints{b.at("1")}})
			b.set(one, "/a/1", "x", 0)
			b.shows(one, map[string]string{"/a/1": "x"})
			two := b.client(ClientConfig{Model: model, Servers: []Endpoints{b.at("1")}})
			b.set(two, "/b/1", "y", 0)
			b.set(s, "/a/2", "z", 0)
			for _, c := range []*Client{one, two} {
				b.shows(c, map[string]string{"/a/1": "x", "/a/2": "z", "/b/1": "y"})
			}
			if model >= 4 {
				part := b.client(ClientConfig{Model: model, Servers: []Endpoints{b.at("1")}, Subtree: "/a/"})
				b.shows(part, map[string]string{"/a/1": "x", "/a/2": "z"})
				b.set(two, "/b/2", "not this", 0)
				b.set(two, "/a/3", "this", 0)
				b.shows(part, map[string]string{"/a/1": "x", "/a/2": "z", "/a/3": "this"})
			}
			err := one.Set(b.ctx, "/a/3", []byte("brief"), time.Millisecond)
			if (err == nil) != (model == 5) {
				t.Errorf("a time to live: %v", err)
			}
			if model == 5 {
				b.shows(two, map[string]string{"/a/1": "x", "/a/2": "z", "/b/1": "y", "/b/2": "not this"})
			}
		})
	}
}

// pair returns the two servers' configurations.
func (b *bench) pair() (primary, backup ServerConfig) {
	states := [2]string{"ipc://" + filepath.Join(b.dir, "x"), "ipc://" + filepath.Join(b.dir, "y")}
	star := func(role binarystar.State, bind, peer string) binarystar.Config {
		return binarystar.Config{Role: role, Bind: bind, Peer: peer, Interval: quick.Heartbeat, Silence: 2 * quick.Silence}
	}
	primary = ServerConfig{Model: 6, At: b.at("1"), Peer: b.at("2"), Star: star(binarystar.Primary, states[0], states[1])}
	backup = ServerConfig{Model: 6, At: b.at("2"), Peer: b.at("1"), Star: star(binarystar.Backup, states[1], states[0])}
	return primary, backup
}

func TestPair(t *testing.T) {
	b := newBench(t)
	first, second := b.pair()
	primary, endPrimary := b.server(first)
	backup, endBackup := b.server(second)
	b.is(primary, binarystar.Active)
	b.is(backup, binarystar.Passive)
	both := []Endpoints{first.At, second.At}
	one, two := b.client(ClientConfig{Model: 6, Servers: both}), b.client(ClientConfig{Model: 6, Servers: both, Subtree: "/a/"})
	b.set(one, "/a/1", "x", 0)
	b.set(two, "/b/1", "y", time.Hour)
	b.shows(one, map[string]string{"/a/1": "x", "/b/1": "y"})
	b.shows(two, map[string]string{"/a/1": "x"})
	if err := backup.Set(b.ctx, "k", nil, 0); err == nil {
		t.Error("the passive server changes the map")
	}

	endPrimary()
	b.set(two, "/a/2", "while nobody is active", 0)
	b.shows(one, map[string]string{"/a/1": "x", "/b/1": "y", "/a/2": "while nobody is active"})
	b.is(backup, binarystar.Active)

	primary, _ = b.server(first)
	b.is(primary, binarystar.Passive)
	b.set(one, "/a/3", "z", time.Second) // on its own the primary knows nothing of it
	b.set(one, "/a/4", "w", time.Hour)
	b.follows(primary, "/a/4")
	endBackup()
	b.shows(one, map[string]string{"/a/1": "x", "/b/1": "y", "/a/2": "while nobody is active", "/a/4": "w"})
	b.is(primary, binarystar.Active)
}

// follows waits until the passive server has a key.
func (b *bench) follows(s *Server, key string) {
	b.Helper()
	for {
		s.mu.Lock()
		_, ok := s.replica.entries[key]
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-b.ctx.Done():
			b.Fatalf("the passive server has no %q", key)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	b := newBench(t)
	one := []Endpoints{b.at("1")}
	for _, cfg := range []ClientConfig{
		{Model: 0, Servers: one}, {Model: 7, Servers: one}, {Model: 5}, {Model: 5, Servers: append(one, one...)},
		{Model: 3, Servers: one, Subtree: "/a/"}, {Model: 4, Servers: one, Subtree: "a"},
	} {
		if _, err := NewClient(b.zc, cfg); err == nil {
			t.Errorf("no error for %+v", cfg)
		}
	}
	if _, err := NewServer(b.zc, ServerConfig{Model: 6, At: b.at("1")}); err == nil {
		t.Error("no error for a pair without a role")
	}
}
