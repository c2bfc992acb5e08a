package majordomo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"example.org/zmq"
)

// ErrNoReply is returned when no reply has come after all retries.
var ErrNoReply = errors.New("majordomo: no reply: neither broker nor worker may be there")

// Client sends one request after the other, and each again when no reply comes. A Client is safe for concurrent use by multiple
// goroutines, whose requests go in turn; for requests at once take an AsyncClient, or several Clients.
type Client struct {
	zc       *zmq.Context
	endpoint string
	opts     Options

	turn   chan struct{} // holds something while a request is under way
	socket *zmq.Socket   // nil before the first request, and after one without a reply
}

// NewClient returns a client of the broker at the endpoint. Close it when done.
func NewClient(zc *zmq.Context, endpoint string, opts Options) *Client {
	return &Client{zc: zc, endpoint: endpoint, opts: opts.withDefaults(), turn: make(chan struct{}, 1)}
}

// Request asks the service and returns its reply. The body has one part at least. Errors: ctx's own; ErrNoReply; those of the socket.
func (c *Client) Request(ctx context.Context, service string, body ...[]byte) ([][]byte, error) {
	if len(body) == 0 {
		return nil, errors.New("majordomo: a request has at least one part; it may be empty")
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for range 1 + c.opts.Retries {
		reply, err := c.try(ctx, service, body)
		if err == nil {
			return reply, nil
		}
		// A REQ that has no reply cannot send again, and one to a request that was given up must not be taken for the next
		// one's: so another socket takes its place.
		err = errors.Join(err, c.closeSocket())
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w (service %q at %s, %d times %v)", ErrNoReply, service, c.endpoint, 1+c.opts.Retries, c.opts.Timeout)
}

func (c *Client) try(ctx context.Context, service string, body [][]byte) ([][]byte, error) {
	if err := c.open(); err != nil {
		return nil, err
	}
	// The REQ puts the empty part in front, and takes it away.
	if err := c.socket.SendParts(ctx, clientCommand(service, body)[1:]...); err != nil {
		return nil, err
	}
	frames, err := c.socket.RecvParts(ctx)
	if err != nil {
		return nil, err
	}
	name, reply, ok := parseClientCommand(append([][]byte{nil}, frames...))
	if !ok || name != service {
		return nil, fmt.Errorf("majordomo: there is no broker at %s: what is there does not answer as RFC 7 says", c.endpoint)
	}
	return reply, nil
}

func (c *Client) open() error {
	if c.socket != nil {
		return nil
	}
	socket, err := c.zc.NewSocket(zmq.Req, append([]zmq.SocketOption{
		zmq.Linger(0), zmq.SendTimeout(c.opts.Timeout), zmq.RecvTimeout(c.opts.Timeout)}, c.opts.Socket...)...)
	if err != nil {
		return err
	}
	if err := socket.Connect(c.endpoint); err != nil {
		return errors.Join(err, socket.Close())
	}
	c.socket = socket
	return nil
}

func (c *Client) closeSocket() error {
	if c.socket == nil {
		return nil
	}
	socket := c.socket
	c.socket = nil
	return socket.Close()
}

// Offered asks the broker whether somebody offers the service (mmi.service of RFC 8).
func (c *Client) Offered(ctx context.Context, service string) (bool, error) {
	reply, err := c.Request(ctx, managementPrefix+"service", []byte(service))
	if err != nil {
		return false, err
	}
	switch code := string(reply[0]); code {
	case "200":
		return true, nil
	case "404":
		return false, nil
	default:
		return false, fmt.Errorf("majordomo: the broker at %s answers %q: it does not say which services there are", c.endpoint, code)
	}
}

// Close waits for a request that is under way, and closes the socket.
func (c *Client) Close() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.closeSocket()
}

// AsyncClient sends requests without waiting for replies, and receives replies in the order in which they come. MDP gives requests no
// number, so where the order of workers is not enough, put one into the body and have the worker return it. Nothing is sent again.
// An AsyncClient is safe for concurrent use by multiple goroutines.
type AsyncClient struct {
	socket   *zmq.Socket
	endpoint string
}

// NewAsyncClient connects a client to the broker at the endpoint. Close it when done.
func NewAsyncClient(zc *zmq.Context, endpoint string, opts Options) (*AsyncClient, error) {
	socket, err := zc.NewSocket(zmq.Dealer, append([]zmq.SocketOption{zmq.Linger(time.Second)}, opts.Socket...)...)
	if err != nil {
		return nil, err
	}
	if err := socket.Connect(endpoint); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	return &AsyncClient{socket, endpoint}, nil
}

// Send sends a request. The body has one part at least. It waits while the queue to the broker is full.
func (c *AsyncClient) Send(ctx context.Context, service string, body ...[]byte) error {
	if len(body) == 0 {
		return errors.New("majordomo: a request has at least one part; it may be empty")
	}
	return c.socket.SendParts(ctx, clientCommand(service, body)...)
}

// Recv returns the next reply, and the service that it comes from.
func (c *AsyncClient) Recv(ctx context.Context) (service string, reply [][]byte, err error) {
	frames, err := c.socket.RecvParts(ctx)
	if err != nil {
		return "", nil, err
	}
	service, reply, ok := parseClientCommand(frames)
	if !ok {
		return "", nil, fmt.Errorf("majordomo: there is no broker at %s: what is there does not answer as RFC 7 says", c.endpoint)
	}
	return service, reply, nil
}

// Close closes the socket.
func (c *AsyncClient) Close() error { return c.socket.Close() }
