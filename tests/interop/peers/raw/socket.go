package main

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/zmq/tests/interop/peer"
)

// socket is one of the patterns' ends, by hand: as much as the tests need.
type socket struct {
	v        version
	typ      string
	listener net.Listener

	mu      sync.Mutex
	closed  bool
	peers   map[string]*conn // by a made-up identity
	next    int
	filters [][]byte
	changed chan struct{} // replaced, when something changes

	in       chan message
	envelope [][]byte // of the request to be answered
	last     *conn    // whose request that is
}

// conn is a peer that has shaken hands.
type conn struct {
	id      string
	w       *wire
	filters [][]byte // what it has subscribed to
}

type message struct {
	from  *conn
	parts [][]byte
}

func open(v version, typ string, bind bool, endpoint string) (peer.Socket, string, error) {
	if v.major == 1 && (typ == "xpub" || typ == "xsub") {
		return nil, "", errors.New("ZMTP 1.0 has no XPUB and no XSUB")
	}
	network, address, _ := strings.Cut(endpoint, "://")
	if network == "ipc" {
		network = "unix"
	}
	s := &socket{v: v, typ: typ, peers: map[string]*conn{}, changed: make(chan struct{}), in: make(chan message, 100)}
	if !bind {
		go s.dial(network, address)
		return s, endpoint, nil
	}
	l, err := listen(network, strings.Replace(address, ":*", ":0", 1))
	if err != nil {
		return nil, "", err
	}
	s.listener = l
	go s.accept()
	if network == "tcp" {
		endpoint = "tcp://" + l.Addr().String()
	}
	return s, endpoint, nil
}

// accept serves those who come.
func (s *socket) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.serve(c)
	}
}

// dial connects, again and again.
func (s *socket) dial(network, address string) {
	for !s.isClosed() {
		if c, err := net.Dial(network, address); err == nil {
			s.serve(c)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *socket) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// serve shakes hands and reads messages until the connection ends.
func (s *socket) serve(c net.Conn) {
	defer c.Close()
	w, err := shake(c, s.v, s.typ)
	if err != nil {
		return
	}
	p := s.join(w)
	if p == nil {
		return
	}
	defer s.leave(p)
	var parts [][]byte
	for {
		f, err := w.read()
		if err != nil {
			return
		}
		if f.command {
			s.command(p, f.body)
			continue
		}
		parts = append(parts, f.body)
		if f.more {
			continue
		}
		s.take(p, parts)
		parts = nil
	}
}

func (s *socket) join(w *wire) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.next++
	p := &conn{id: strconv.Itoa(s.next), w: w}
	for _, f := range s.filters {
		if s.subscribe(p, f) != nil {
			return nil
		}
	}
	s.peers[p.id] = p
	s.change()
	return p
}

func (s *socket) leave(p *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p.id)
	s.change()
}

func (s *socket) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// command obeys those of 3.1.
func (s *socket) command(p *conn, body []byte) {
	if filter, ok := bytes.CutPrefix(body, []byte("\x09SUBSCRIBE")); ok {
		s.take(p, [][]byte{append([]byte{1}, filter...)})
	} else if filter, ok := bytes.CutPrefix(body, []byte("\x06CANCEL")); ok {
		s.take(p, [][]byte{append([]byte{0}, filter...)})
	} else if context, ok := bytes.CutPrefix(body, []byte("\x04PING")); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.w.write(frame{command: true, body: append([]byte("\x04PONG"), context[2:]...)})
	}
}

// take handles what came in.
func (s *socket) take(p *conn, parts [][]byte) {
	switch s.typ {
	case "pub", "xpub":
		s.subscription(p, parts[0])
		if s.typ == "pub" {
			return
		}
	case "sub":
		s.mu.Lock()
		wanted := matches(s.filters, parts[0]) // 1.0 leaves it to the subscriber
		s.mu.Unlock()
		if !wanted {
			return
		}
	}
	s.in <- message{p, parts}
}

func (s *socket) subscription(p *conn, m []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(m) > 0 && m[0] == 1 {
		p.filters = append(p.filters, m[1:])
	} else if i := slices.IndexFunc(p.filters, func(f []byte) bool { return bytes.Equal(f, m[1:]) }); i >= 0 {
		p.filters = slices.Delete(p.filters, i, i+1)
	}
}

func matches(filters [][]byte, p []byte) bool {
	return slices.ContainsFunc(filters, func(f []byte) bool { return bytes.HasPrefix(p, f) })
}

// subscribe tells a publisher. 1.0 has no word for it.
func (s *socket) subscribe(p *conn, filter []byte) error {
	switch {
	case s.v.major == 1:
		return nil
	case s.v == version{3, 1}:
		return p.w.write(frame{command: true, body: append([]byte("\x09SUBSCRIBE"), filter...)})
	}
	return p.w.write(frame{body: append([]byte{1}, filter...)})
}

func (s *socket) Subscribe(filter []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filters = append(s.filters, filter)
	for _, p := range s.peers {
		if err := s.subscribe(p, filter); err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) Send(parts [][]byte, patience time.Duration) error {
	switch s.typ {
	case "xsub":
		return s.Subscribe(parts[0][1:])
	case "pub", "xpub":
		return s.publish(parts)
	case "req":
		parts = append([][]byte{nil}, parts...)
	case "rep":
		parts = append(s.envelope, parts...)
	}
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		p, changed := s.addressee(parts), s.changed
		if p != nil {
			if s.typ == "router" {
				parts = parts[1:]
			}
			err := p.send(parts)
			s.mu.Unlock()
			return err
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			return peer.ErrNone
		}
	}
}

func (s *socket) addressee(parts [][]byte) *conn {
	switch s.typ {
	case "router":
		return s.peers[string(parts[0])]
	case "rep":
		return s.last
	}
	for _, p := range s.peers {
		return p
	}
	return nil
}

func (s *socket) publish(parts [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.peers {
		if s.v.major == 1 || matches(p.filters, parts[0]) {
			p.send(parts) // who is gone has no use for it
		}
	}
	return nil
}

func (p *conn) send(parts [][]byte) error {
	frames := make([]frame, len(parts))
	for i, b := range parts {
		frames[i] = frame{more: i < len(parts)-1, body: b}
	}
	return p.w.write(frames...)
}

func (s *socket) Recv(patience time.Duration) ([][]byte, error) {
	var m message
	select {
	case m = <-s.in:
	case <-time.After(patience):
		return nil, peer.ErrNone
	}
	switch s.typ {
	case "router":
		return append([][]byte{[]byte(m.from.id)}, m.parts...), nil
	case "req", "rep":
		end := slices.IndexFunc(m.parts, func(p []byte) bool { return len(p) == 0 })
		if end < 0 {
			return nil, errors.New("a message without a delimiter")
		}
		s.envelope, s.last = slices.Clip(m.parts[:end+1]), m.from
		return m.parts[end+1:], nil
	}
	return m.parts, nil
}

func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, p := range s.peers {
		p.w.c.Close()
	}
	if s.listener != nil {
		return s.listener.Close()
	}
	return nil
}
