package zmqd

import (
	"slices"
	"sync"

	"example.org/zmq"
)

// part is one of the node's sockets.
type part struct {
	name  string
	side  *Side
	sock  *zmq.Socket
	stale bool // has not got its new keys, which are tried again with the next reload
	peers *peerTable
	links *links

	mu       sync.Mutex // held to change, and by others than the node's own goroutine to read, the two
	binds    []binding
	connects []string
}

func (p *part) setBinds(all []binding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.binds = all
}

// bound returns where the socket is bound.
func (p *part) bound() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]string, len(p.binds))
	for i, b := range p.binds {
		all[i] = b.bound
	}
	return all
}

// connecting returns where the socket connects to.
func (p *part) connecting() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.connects)
}

func (p *part) connect(endpoint string) error {
	p.links.add(endpoint)
	if err := p.sock.Connect(endpoint); err != nil {
		p.links.remove(endpoint)
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connects = append(p.connects, endpoint)
	return nil
}

// disconnected notes that an endpoint was left.
func (p *part) disconnected(endpoint string) {
	p.links.remove(endpoint)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connects = slices.DeleteFunc(p.connects, func(e string) bool { return e == endpoint })
}

// attach binds the socket, and connects it.
func (p *part) attach(binds []binding) error {
	for i := range binds {
		if err := binds[i].bind(p.sock); err != nil {
			return err
		}
	}
	p.setBinds(binds)
	for _, e := range p.side.Connect {
		if err := p.connect(e); err != nil {
			return err
		}
	}
	return nil
}
