package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"example.org/zmq"
)

// Gate is the security of a program's sockets: their keys, and the judge of all who want to come in. A socket is known
// by its name, which is its ZAP domain. A Gate is safe for concurrent use by multiple goroutines.
type Gate struct {
	mu      sync.RWMutex
	sockets map[string]*guarded
	end     context.CancelFunc
	decided func(r zmq.AuthRequest, user string, err error)
}

// OnDecision sets a function that is called for each client that was judged, with the request, without its password, and with the
// client's user id, or the reason why it does not get in. Call OnDecision before Serve. Many goroutines may call f at a time.
func (g *Gate) OnDecision(f func(r zmq.AuthRequest, user string, err error)) { g.decided = f }

type guarded struct {
	Security
	keys  keys
	rules *rules
}

// Add reads the keys and lists of a socket.
func (g *Gate) Add(name string, s Security) error {
	k, r, err := s.load()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sockets == nil {
		g.sockets = map[string]*guarded{}
	}
	g.sockets[name] = &guarded{s, k, r}
	return nil
}

// Options returns what the socket of this name is opened with.
func (g *Gate) Options(name string) []zmq.SocketOption {
	g.mu.RLock()
	defer g.mu.RUnlock()
	s := g.sockets[name]
	if s == nil {
		return nil
	}
	var opts []zmq.SocketOption
	switch {
	case s.Allow != "":
		opts = append(opts, zmq.CurveServer(s.keys.secret))
	case s.ServerKey != "":
		opts = append(opts, zmq.CurveClient(s.keys.server, s.keys.public, s.keys.secret))
	}
	if s.asks() {
		opts = append(opts, zmq.ZAPDomain(name))
	}
	return opts
}

// Serve begins to judge, if there is anything to judge. Call it before the first Bind.
func (g *Gate) Serve(z *zmq.Context, opts ...zmq.AuthOption) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sockets {
		if s.asks() {
			ctx, end := context.WithCancel(context.Background())
			g.end = end
			return z.ServeAuth(ctx, g, opts...)
		}
	}
	return nil
}

// Stop ends the judging: no client gets in any more.
func (g *Gate) Stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.end != nil {
		g.end()
	}
}

// Reload reads all keys and lists again. If anything is wrong with any of them nothing changes. It returns the names of the
// sockets whose own keys, or whose server's, are others now.
func (g *Gate) Reload() (changed []string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fresh := map[string]*guarded{}
	for name, s := range g.sockets {
		k, r, err := s.load()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if k != s.keys {
			changed = append(changed, name)
		}
		fresh[name] = &guarded{s.Security, k, r}
	}
	g.sockets = fresh
	slices.Sort(changed)
	return changed, nil
}

// Lists returns how many keys and networks each judged socket accepts, for logs.
func (g *Gate) Lists() map[string]string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	out := map[string]string{}
	for name, s := range g.sockets {
		if !s.asks() {
			continue
		}
		switch text := fmt.Sprintf("%d keys", s.rules.keys); {
		case s.Allow == "":
			out[name] = fmt.Sprintf("%d networks", s.rules.nets)
		case s.rules.any:
			text = "any key"
			fallthrough
		default:
			if s.Addresses != "" {
				text += fmt.Sprintf(", %d networks", s.rules.nets)
			}
			out[name] = text
		}
	}
	return out
}

// Judged returns the names of the sockets whose clients are judged.
func (g *Gate) Judged() []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var names []string
	for name, s := range g.sockets {
		if s.asks() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// ServerKey returns the key of the server that a socket connects to, if the socket is a CURVE client.
func (g *Gate) ServerKey(name string) (zmq.CurveKey, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	s := g.sockets[name]
	if s == nil || s.ServerKey == "" {
		return zmq.CurveKey{}, false
	}
	return s.keys.server, true
}

// Why a client does not get in.
var (
	errUnknown = errors.New("no client is let in here")
	errAddress = errors.New("the address is not on the list")
	errKey     = errors.New("the key is not on the list")
	errNoKey   = errors.New("it has no CURVE key")
)

// Authenticate judges a client by the rules of the socket that it comes to.
func (g *Gate) Authenticate(ctx context.Context, r zmq.AuthRequest) (string, error) {
	user, err := g.judge(ctx, r)
	if g.decided != nil {
		r.Password = ""
		g.decided(r, user, err)
	}
	return user, err
}

func (g *Gate) judge(ctx context.Context, r zmq.AuthRequest) (string, error) {
	g.mu.RLock()
	s := g.sockets[r.Domain]
	g.mu.RUnlock()
	switch {
	case s == nil || !s.asks():
		return "", errUnknown
	case s.Allow != "" && r.Mechanism != "CURVE":
		return "", errNoKey
	}
	if s.Addresses != "" {
		// The list's verdict on the address alone.
		if _, err := s.rules.list.Authenticate(ctx, zmq.AuthRequest{Mechanism: "NULL", Addr: r.Addr}); err != nil {
			return "", errAddress
		}
	}
	if s.rules.any {
		return r.Key.String(), nil
	}
	user, err := s.rules.list.Authenticate(ctx, r)
	if err != nil && s.Allow != "" {
		err = errKey
	}
	return user, err
}
