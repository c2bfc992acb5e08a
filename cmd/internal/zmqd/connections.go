package zmqd

import (
	"net"
	"net/http"
	"slices"
	"sync"
)

// httpConns is how many connections the HTTP server has at most: each takes a descriptor from the device's peers.
const httpConns = 64

// connLimit closes the oldest of the HTTP server's connections when there are too many: first among those that have
// asked for nothing, or have their answer. So no client that opens many keeps a probe from being answered, or takes the
// descriptors away.
type connLimit struct {
	mu   sync.Mutex
	all  []net.Conn // the oldest first
	busy map[net.Conn]bool
}

func newConnLimit() *connLimit { return &connLimit{busy: map[net.Conn]bool{}} }

// note is the server's ConnState.
func (c *connLimit) note(conn net.Conn, state http.ConnState) {
	if gone := c.change(conn, state); gone != nil {
		gone.Close()
	}
}

// change takes a change of state in, and returns the connection that has to go for it, or nil.
func (c *connLimit) change(conn net.Conn, state http.ConnState) (gone net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.all = append(c.all, conn)
		if len(c.all) > httpConns {
			gone = c.oldest()
			c.remove(gone)
		}
	case http.StateActive:
		c.busy[conn] = true
	case http.StateIdle:
		delete(c.busy, conn)
	case http.StateClosed, http.StateHijacked:
		c.remove(conn)
	}
	return gone
}

// oldest returns the connection that goes first. The newest goes never: it may be a probe.
func (c *connLimit) oldest() net.Conn {
	for _, conn := range c.all[:len(c.all)-1] {
		if !c.busy[conn] {
			return conn
		}
	}
	return c.all[0]
}

func (c *connLimit) remove(conn net.Conn) {
	c.all = slices.DeleteFunc(c.all, func(other net.Conn) bool { return other == conn })
	delete(c.busy, conn)
}
