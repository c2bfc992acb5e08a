package zmqtest

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Network is a tcp connection path that can be made to fail, between sockets that connect and a socket that is bound. The
// sockets connect to its Endpoint in place of the bound socket's own.
//
// A Network is safe for concurrent use by multiple goroutines.
type Network struct {
	ln net.Listener
	to string

	mu      sync.Mutex
	lines   map[*line]struct{}
	closed  bool
	refuses bool
	drops   bool
	delay   time.Duration
	carried int
	work    sync.WaitGroup
}

// line is one connection, by way of the network.
type line struct {
	in, out *net.TCPConn
	lost    bool // of what it carried something was dropped
}

// NewNetwork returns a network in front of a tcp endpoint, such as one that Bind returns. It works until a method makes it
// fail, and is closed when the test ends.
func NewNetwork(t testing.TB, endpoint string) *Network {
	t.Helper()
	to, tcp := strings.CutPrefix(endpoint, "tcp://")
	if !tcp {
		t.Fatalf("zmqtest: a network is in front of a tcp endpoint, not of %q", endpoint)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
	n := &Network{ln: ln, to: to, lines: map[*line]struct{}{}}
	n.work.Add(1)
	go n.accept()
	t.Cleanup(func() {
		n.mu.Lock()
		n.closed = true
		n.mu.Unlock()
		ln.Close()
		n.Cut()
		n.work.Wait()
	})
	return n
}

// Endpoint returns the endpoint to connect to.
func (n *Network) Endpoint() string { return "tcp://" + n.ln.Addr().String() }

// Connections returns how many connections there are now.
func (n *Network) Connections() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.lines)
}

// Carried returns how many connections there have been so far.
func (n *Network) Carried() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.carried
}

// Delay makes the network hold up everything that it passes on from now on by d, in both directions.
func (n *Network) Delay(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.delay = d
}

// Cut ends the present connections, as the end of a process does. New connections can be made.
func (n *Network) Cut() { n.end(func(*line) bool { return true }, false) }

// Reset ends the present connections with an RST, which discards what is on its way. New connections can be made.
func (n *Network) Reset() { n.end(func(*line) bool { return true }, true) }

// Refuse makes the network end new connections at once, until Restore. Present connections go on; Cut ends them.
func (n *Network) Refuse() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refuses = true
}

// Drop makes the network drop everything that it receives, in both directions and without notice, until Restore.
// Connections are half-open then, as after a cable was pulled: the two ends notice only if they look for it, for example
// with Heartbeat. New connections are accepted, and get no answer.
func (n *Network) Drop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drops = true
}

// Restore ends Refuse, Drop and Delay. It ends the connections of which something was dropped.
func (n *Network) Restore() {
	n.mu.Lock()
	n.refuses, n.drops, n.delay = false, false, 0
	n.mu.Unlock()
	n.end(func(l *line) bool { return l.lost }, true)
}

// end ends some of the connections.
func (n *Network) end(which func(*line) bool, reset bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for l := range n.lines {
		if !which(l) {
			continue
		}
		for _, c := range []*net.TCPConn{l.in, l.out} {
			if reset {
				c.SetLinger(0)
			}
			c.Close()
		}
		delete(n.lines, l)
	}
}

func (n *Network) accept() {
	defer n.work.Done()
	for {
		in, err := n.ln.Accept()
		if err != nil {
			return
		}
		n.mu.Lock()
		refuses := n.refuses || n.closed
		n.mu.Unlock()
		out, err := net.DialTimeout("tcp", n.to, Patience)
		if err != nil || refuses {
			in.Close()
			if err == nil {
				out.Close()
			}
			continue
		}
		n.connect(&line{in: in.(*net.TCPConn), out: out.(*net.TCPConn)})
	}
}

func (n *Network) connect(l *line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.refuses {
		l.in.Close()
		l.out.Close()
		return
	}
	n.lines[l] = struct{}{}
	n.carried++
	for _, way := range [][2]*net.TCPConn{{l.in, l.out}, {l.out, l.in}} {
		n.work.Add(1)
		go n.carry(l, way[0], way[1])
	}
}

// carry passes on what comes one way, until the connection ends.
func (n *Network) carry(l *line, from, to *net.TCPConn) {
	defer n.work.Done()
	defer func() {
		from.Close()
		to.Close()
		n.mu.Lock()
		delete(n.lines, l)
		n.mu.Unlock()
	}()
	buf := make([]byte, 64<<10)
	for {
		got, err := from.Read(buf)
		if got > 0 {
			n.mu.Lock()
			drops, delay := n.drops || l.lost, n.delay
			l.lost = drops
			n.mu.Unlock()
			if delay > 0 {
				time.Sleep(delay)
			}
			if !drops {
				if _, err := to.Write(buf[:got]); err != nil {
					return
				}
			}
		}
		if err != nil {
			return
		}
	}
}
