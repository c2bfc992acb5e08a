package zmqd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"example.org/zmq"
)

// links are the endpoints that a socket connects to, and whether there is a peer. The engine tries for ever and says
// nothing of why it fails: when one is not there for a while, zmqd looks for the reason itself.
type links struct {
	log *slog.Logger

	mu     sync.Mutex
	all    []*link
	byFD   map[int]*link
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// link is an endpoint that a socket connects to.
type link struct {
	endpoint string
	address  string    // what its name stood for last, as events have it
	up       int       // connections whose handshake is complete
	since    time.Time // when it came, or went
	reason   string    // why it is not there, as far as is known
	failed   error     // how the last handshake ended
	said     bool      // the log says that it is not there
	wake     chan struct{}
	cancel   context.CancelFunc
}

const (
	linkGrace = time.Second      // how long a connection may take before the reason is looked for
	linkLook  = 30 * time.Second // how often the reason is looked for again
	linkTry   = 3 * time.Second  // how long looking may take
)

func newLinks(log *slog.Logger) *links {
	l := &links{log: log, byFD: map[int]*link{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// add begins to follow an endpoint. Without handshake events of the engine it would never be there: it is left out.
func (ls *links) add(endpoint string) {
	if !reportsHandshakes || strings.HasPrefix(endpoint, "inproc:") {
		return
	}
	l := &link{endpoint: endpoint, since: time.Now(), wake: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(ls.ctx)
	l.cancel = cancel
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.all = append(ls.all, l)
	ls.wg.Add(1)
	go ls.follow(ctx, l)
}

// remove ends following an endpoint.
func (ls *links) remove(endpoint string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for i, l := range ls.all {
		if l.endpoint == endpoint {
			l.cancel()
			ls.all = append(ls.all[:i:i], ls.all[i+1:]...)
			return
		}
	}
}

func (ls *links) stop() {
	ls.cancel()
	ls.wg.Wait()
}

// at returns the link that an event is about, nil for none. The events of a name have its address once it was resolved.
func (ls *links) at(endpoint string) (found *link) {
	for _, l := range ls.all {
		if l.endpoint == endpoint || l.address == endpoint {
			return l
		}
	}
	port := endpoint[strings.LastIndexByte(endpoint, ':')+1:]
	for _, l := range ls.all {
		if strings.HasPrefix(l.endpoint, "tcp://") && strings.HasSuffix(l.endpoint, ":"+port) && !literal(l.endpoint) {
			if found != nil {
				return nil // one of several: which one cannot be told
			}
			found = l
		}
	}
	if found != nil {
		found.address = endpoint
	}
	return found
}

func literal(endpoint string) bool {
	host, _, err := net.SplitHostPort(strings.TrimPrefix(endpoint, "tcp://"))
	return err == nil && net.ParseIP(host) != nil
}

// take takes in what happened to a connection.
func (ls *links) take(e zmq.MonitorEvent) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if e.Type == zmq.EventDisconnected {
		if l := ls.byFD[e.FD]; l != nil {
			delete(ls.byFD, e.FD)
			ls.lost(l)
		}
		return
	}
	l := ls.at(e.Endpoint)
	if l == nil {
		return
	}
	switch e.Type {
	case zmq.EventConnected:
		ls.byFD[e.FD] = l
	case zmq.EventHandshakeSucceeded:
		ls.came(l)
	case zmq.EventHandshakeFailedAuth, zmq.EventHandshakeFailedProtocol:
		l.failed = e.Err
		poke(l.wake)
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (ls *links) came(l *link) {
	if l.up++; l.up > 1 {
		return
	}
	if l.said {
		ls.log.Info("connected", "endpoint", l.endpoint, "after", time.Since(l.since).Round(time.Second).String())
	} else {
		ls.log.Info("connected", "endpoint", l.endpoint)
	}
	l.said, l.reason, l.failed, l.since = false, "", nil, time.Now()
	poke(l.wake)
}

func (ls *links) lost(l *link) {
	if l.up == 0 {
		return
	}
	if l.up--; l.up == 0 {
		l.since = time.Now()
		poke(l.wake)
	}
}

// follow looks for the reason while there is no peer.
func (ls *links) follow(ctx context.Context, l *link) {
	defer ls.wg.Done()
	wait := linkGrace
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
			ls.mu.Lock()
			wait = linkGrace
			if l.failed != nil {
				wait = 0 // the reason is known
			}
			ls.mu.Unlock()
			continue
		case <-time.After(wait):
		}
		wait = linkLook
		ls.mu.Lock()
		there, failed := l.up > 0, l.failed
		l.failed = nil // another look finds another reason
		ls.mu.Unlock()
		if there {
			continue
		}
		reason := diagnose(ctx, l.endpoint, failed)
		ls.mu.Lock()
		if ctx.Err() == nil && l.up == 0 && reason != l.reason {
			l.reason, l.said = reason, true
			ls.log.Warn("not connected", "endpoint", l.endpoint, "reason", reason)
		}
		ls.mu.Unlock()
	}
}

// diagnose says why there is no peer at an endpoint: the engine's own reason, if there is one, else what a look there shows.
func diagnose(ctx context.Context, endpoint string, failed error) string {
	var denied *zmq.AuthError
	if errors.As(failed, &denied) {
		return "denied: " + strings.TrimPrefix(failed.Error(), "zmq: ")
	}
	if failed != nil {
		return "handshake: " + strings.TrimPrefix(failed.Error(), "zmq: ")
	}
	return look(ctx, endpoint)
}

// look says why there is no peer at an endpoint, as a connection made there shows: the engine does not say why it fails to make
// one. The package's Dial looks likewise, for its errors; these are the words of the log, the page and docs/zmqd.md.
func look(ctx context.Context, endpoint string) string {
	ctx, cancel := context.WithTimeout(ctx, linkTry)
	defer cancel()
	proto, address, _ := strings.Cut(endpoint, "://")
	network := map[string]string{"tcp": "tcp", "ipc": "unix"}[proto]
	if network == "" {
		return "no peer"
	}
	if _, to, ok := strings.Cut(address, ";"); ok && proto == "tcp" {
		address = to
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case err == nil:
		conn.Close()
		return "handshake: a program accepts connections there, and no handshake is completed: is it a ØMQ socket, of a type that fits, with the same security?"
	case errors.As(err, &dns):
		return fmt.Sprintf("name: %s: %s", dns.Name, dns.Err)
	case errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil:
		return fmt.Sprintf("no answer within %v", linkTry)
	case errors.As(err, &op):
		return "refused: " + op.Err.Error()
	}
	return err.Error()
}

// linkStatus is a link as the page shows it.
type linkStatus struct {
	Endpoint string    `json:"endpoint"`
	Up       bool      `json:"up"`
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason,omitempty"`
}

func (ls *links) list() []linkStatus {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	out := make([]linkStatus, len(ls.all))
	for i, l := range ls.all {
		out[i] = linkStatus{l.endpoint, l.up > 0, l.since, l.reason}
	}
	return out
}

// alone reports whether the socket connects, and has a peer at none of its endpoints.
func (ls *links) alone() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, l := range ls.all {
		if l.up > 0 {
			return false
		}
	}
	return len(ls.all) > 0
}
