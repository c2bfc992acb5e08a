// Chp is package clone as programs: a map that servers hold and of which clients have copies, in the six models of the pattern (-model). The
// sixth one is reliable, and speaks the Clustered Hashmap Protocol (RFC 12).
//
//	go run ./clone/chp primary
//	go run ./clone/chp backup
//	go run ./clone/chp client
//	go run ./clone/chp -subtree /prices/ client
//	go run ./clone/chp set /prices/tea 12
//	go run ./clone/chp -ttl 10s set /users/ann here
//
// Stop the primary, set something, start it again, stop the backup: the clients' copies go on. Models 1 to 5 have one server, which sets
// keys of its own, the first one all the time:
//
//	go run ./clone/chp -model 2 server
//	go run ./clone/chp -model 2 client
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"example.org/zmq"
	"example.org/zmq/examples/binarystar"
	"example.org/zmq/examples/clone"
)

var (
	model     = flag.Int("model", 6, "which of the six models")
	primary   = flag.String("primary", "tcp://127.0.0.1:5556", "the first of the primary's four endpoints, the others follow; of models 1 to 5 the server's")
	backup    = flag.String("backup", "tcp://127.0.0.1:5566", "the first of the backup's four endpoints, the others follow")
	subtree   = flag.String("subtree", "", "the part of the map that the client copies, such as /prices/")
	ttl       = flag.Duration("ttl", 0, "how long the key that is set is to live; 0 for ever")
	heartbeat = flag.Duration("heartbeat", time.Second, "between two heartbeats; a server is silent after four of them")
	interval  = flag.Duration("interval", time.Second, "between two keys that the server sets")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0))
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

func run(ctx context.Context, role string) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	first, second, err := places()
	if err != nil {
		return err
	}
	cfg := clone.ServerConfig{Model: clone.Model(*model), At: first.Endpoints, Timing: clone.Timing{Heartbeat: *heartbeat}}
	cfg.Star.Interval, cfg.Star.Silence = *heartbeat, 4**heartbeat
	pair := *model == 6
	switch {
	case role == "server" && !pair:
	case role == "primary" && pair:
		cfg.Peer = second.Endpoints
		cfg.Star.Role, cfg.Star.Bind, cfg.Star.Peer = binarystar.Primary, first.state, second.state
	case role == "backup" && pair:
		cfg.At, cfg.Peer = second.Endpoints, first.Endpoints
		cfg.Star.Role, cfg.Star.Bind, cfg.Star.Peer = binarystar.Backup, second.state, first.state
	case role == "client":
		return client(ctx, zc, first, second)
	case role == "set" && flag.NArg() == 3:
		return set(ctx, zc, first, second, flag.Arg(1), flag.Arg(2))
	default:
		return errors.New("usage: chp [flags] primary|backup|client|set KEY VALUE, or with -model 1 to 5 server|client|set KEY VALUE")
	}
	return server(ctx, zc, cfg)
}

// place is where a server is.
type place struct {
	clone.Endpoints
	state string
}

func places() (first, second place, err error) {
	if first, err = parsePlace(*primary); err != nil {
		return
	}
	second, err = parsePlace(*backup)
	return
}

// parsePlace makes four endpoints of one: the ports that follow, or names that differ at the end.
func parsePlace(endpoint string) (place, error) {
	rest, tcp := strings.CutPrefix(endpoint, "tcp://")
	if !tcp {
		return place{clone.Endpoints{Snapshot: endpoint + "1", Publisher: endpoint + "2", Collector: endpoint + "3"}, endpoint + "4"}, nil
	}
	i := strings.LastIndexByte(rest, ':')
	var port int
	if _, err := fmt.Sscan(rest[i+1:], &port); i < 0 || err != nil {
		return place{}, fmt.Errorf("%q is not an endpoint such as tcp://127.0.0.1:5556", endpoint)
	}
	return place{clone.At(rest[:i], port), fmt.Sprintf("tcp://%s:%d", rest[:i], port+3)}, nil
}

func server(ctx context.Context, zc *zmq.Context, cfg clone.ServerConfig) error {
	s, err := clone.NewServer(zc, cfg)
	if err != nil {
		return err
	}
	defer s.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cancel(s.Run(ctx))
	}()
	if cfg.Model == 6 {
		report(ctx, s)
	} else if err := count(ctx, s, cfg.Model); err != nil && ctx.Err() == nil {
		return err
	}
	<-ended
	return context.Cause(ctx)
}

func report(ctx context.Context, s *clone.Server) {
	for ctx.Err() == nil {
		state, changed := s.Watch()
		fmt.Println("this server is", state)
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// count sets a key of the server's again and again; where clients set keys, once.
func count(ctx context.Context, s *clone.Server, model clone.Model) error {
	for i := 1; ; i++ {
		value := fmt.Sprintf("%d by server %d", i, os.Getpid())
		if err := s.Set(ctx, "/server/count", []byte(value), 0); err != nil {
			return err
		}
		fmt.Println("has set /server/count to", value)
		next := time.After(*interval)
		if model > 2 {
			next = nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// follow starts a client, and calls f with it.
func follow(ctx context.Context, zc *zmq.Context, cfg clone.ClientConfig, f func(context.Context, *clone.Client) error) error {
	cfg.Model, cfg.Timing.Heartbeat = clone.Model(*model), *heartbeat
	c, err := clone.NewClient(zc, cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cancel(c.Run(ctx))
	}()
	err = f(ctx, c)
	cancel(err)
	<-ended
	return context.Cause(ctx)
}

func servers(first, second place) []clone.Endpoints {
	if *model == 6 {
		return []clone.Endpoints{first.Endpoints, second.Endpoints}
	}
	return []clone.Endpoints{first.Endpoints}
}

// client prints its copy whenever it changes.
func client(ctx context.Context, zc *zmq.Context, first, second place) error {
	cfg := clone.ClientConfig{Servers: servers(first, second), Subtree: *subtree}
	return follow(ctx, zc, cfg, func(ctx context.Context, c *clone.Client) error {
		for {
			entries, synced, changed := c.Watch()
			if synced {
				fmt.Printf("%s\n", entries)
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}

// set waits until the new value comes back from the server.
func set(ctx context.Context, zc *zmq.Context, first, second place, key, value string) error {
	cfg := clone.ClientConfig{Servers: servers(first, second)}
	err := follow(ctx, zc, cfg, func(ctx context.Context, c *clone.Client) error {
		if err := c.Set(ctx, key, []byte(value), *ttl); err != nil {
			return err
		}
		for {
			_, synced, changed := c.Watch()
			if got, _ := c.Get(key); synced && string(got) == value {
				return errDone
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	if errors.Is(err, errDone) {
		fmt.Println(key, "is set")
		return nil
	}
	return err
}

// errDone ends a client that has nothing more to do.
var errDone = errors.New("done")
