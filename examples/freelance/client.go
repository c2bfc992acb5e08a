package freelance

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"example.org/zmq"
)

// The commands of RFC 10 that have a name.
const (
	ping = "PING"
	pong = "PONG"
)

// Options of a Client. The zero value is ready for use.
type Options struct {
	Ping    time.Duration      // between two pings to a server that says nothing else; 2 s if it is 0
	Silence time.Duration      // after which a server is taken for dead; three pings if it is 0
	Timeout time.Duration      // how long one server may take for a request; 3 s if it is 0
	Socket  []zmq.SocketOption // for the socket, such as zmq.CurveClient
}

// Client asks servers that speak FLP. It is safe for concurrent use by multiple goroutines, whose requests are under way at once.
type Client struct {
	router *zmq.Socket
	opts   Options
	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	roster  roster
	risen   chan struct{}            // closed when a server comes to life
	number  uint64                   // of the last request
	waiting map[uint64]chan [][]byte // for the replies, by number
	err     error                    // what has ended the goroutine that receives
}

// NewClient returns a client without servers: Connect gives it some. Close it when done.
func NewClient(zc *zmq.Context, opts Options) (*Client, error) {
	opts.Ping = orElse(opts.Ping, 2*time.Second)
	opts.Silence = orElse(opts.Silence, 3*opts.Ping)
	opts.Timeout = orElse(opts.Timeout, 3*time.Second)
	// A ROUTER drops what is for a server that is not there: so neither pings nor requests ever wait.
	router, err := zc.NewSocket(zmq.Router, append([]zmq.SocketOption{zmq.Linger(0)}, opts.Socket...)...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{router: router, opts: opts, cancel: cancel, ended: make(chan struct{}),
		roster:  roster{ping: opts.Ping, silence: opts.Silence},
		risen:   make(chan struct{}),
		waiting: map[uint64]chan [][]byte{}}
	go c.run(ctx)
	return c, nil
}

// Connect adds a server. Its endpoint is its identity too, so it must be written as the server writes it.
func (c *Client) Connect(endpoint string) error {
	if err := c.router.Connect(endpoint); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roster.add(endpoint)
	return nil
}

// run pings and receives until the client is closed.
func (c *Client) run(ctx context.Context) {
	defer close(c.ended)
	for {
		err := c.step(ctx)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			err = zmq.ErrClosed
		}
		c.mu.Lock()
		c.err = err
		close(c.risen) // whoever waits for a server learns of the end
		c.mu.Unlock()
		return
	}
}

// step sends the pings that are due and receives one message, for which it waits a quarter of the ping interval.
func (c *Client) step(ctx context.Context) error {
	c.mu.Lock()
	due := c.roster.due(time.Now())
	c.mu.Unlock()
	for _, name := range due {
		if err := c.router.SendParts(ctx, []byte(name), []byte(ping)); err != nil {
			return err
		}
	}
	until, cancel := context.WithTimeout(ctx, c.opts.Ping/4)
	defer cancel()
	frames, err := c.router.RecvParts(until)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if err == nil {
		c.deliver(frames)
	}
	return err
}

// deliver takes a PONG or a reply: both are signs of life.
func (c *Client) deliver(frames [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.roster.heard(string(frames[0]), time.Now()) {
		close(c.risen)
		c.risen = make(chan struct{})
	}
	if len(frames) < 3 || len(frames[1]) != 8 {
		return
	}
	number := binary.BigEndian.Uint64(frames[1])
	if reply := c.waiting[number]; reply != nil {
		reply <- frames[2:]
		delete(c.waiting, number)
	}
}

// Request asks the first server that is alive, and after Options.Timeout the next one, until one has answered or ctx ends. Errors:
// ErrNoReply when ctx's deadline passes; ctx's own; zmq.ErrClosed.
func (c *Client) Request(ctx context.Context, body ...[]byte) ([][]byte, error) {
	if len(body) == 0 {
		return nil, errors.New("freelance: a request has at least one part; it may be empty")
	}
	number, reply := c.begin()
	defer c.end(number)
	control := binary.BigEndian.AppendUint64(nil, number)
	for {
		name, err := c.await(ctx)
		if err != nil {
			return nil, late(err)
		}
		if err := c.router.SendParts(ctx, append([][]byte{[]byte(name), control}, body...)...); err != nil {
			return nil, late(err)
		}
		select {
		case got := <-reply:
			return got, nil
		case <-ctx.Done():
			return nil, late(ctx.Err())
		case <-c.ended: // await says why
		case <-time.After(c.opts.Timeout):
			c.mu.Lock()
			c.roster.failed(name)
			c.mu.Unlock()
		}
	}
}

func (c *Client) begin() (uint64, chan [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	reply := make(chan [][]byte, 1)
	c.waiting[c.number] = reply
	return c.number, reply
}

func (c *Client) end(number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, number)
}

// await returns a server that is alive, and waits for one if there is none.
func (c *Client) await(ctx context.Context) (string, error) {
	for {
		c.mu.Lock()
		name, ok := c.roster.pick(time.Now())
		risen, err := c.risen, c.err
		c.mu.Unlock()
		if ok || err != nil {
			return name, err
		}
		select {
		case <-risen:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// Close ends the requests that are under way with zmq.ErrClosed, and closes the socket.
func (c *Client) Close() error {
	c.cancel()
	<-c.ended
	return c.router.Close()
}
