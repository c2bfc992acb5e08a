package zmqtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"example.org/zmq"
)

// Peer is a peer that speaks the protocol (ZMTP 3.0, without security) by hand, over tcp or ipc. It sends what the test
// tells it to send, also what libzmq never would. Its connection is not made again when it ends.
//
// A Peer must not be used by more than one goroutine at a time.
type Peer struct {
	t    testing.TB
	conn net.Conn
	kind string // of the socket at the other end
}

// DialPeer connects to a bound socket and does the handshake as a socket of type typ.
func DialPeer(t testing.TB, endpoint string, typ zmq.SocketType) *Peer {
	t.Helper()
	p := DialRaw(t, endpoint)
	p.shake(typ)
	return p
}

// DialRaw connects to a bound socket and sends nothing.
func DialRaw(t testing.TB, endpoint string) *Peer {
	t.Helper()
	network, address := split(t, endpoint)
	conn, err := net.DialTimeout(network, address, Patience)
	if err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
	return newPeer(t, conn)
}

// AcceptPeer listens at a free endpoint, calls connect with it, which makes a socket connect there, accepts that
// connection, and does the handshake as a socket of type typ.
func AcceptPeer(t testing.TB, typ zmq.SocketType, connect func(endpoint string)) *Peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("zmqtest: %v", err)
	}
	defer l.Close()
	connect("tcp://" + l.Addr().String())
	l.(*net.TCPListener).SetDeadline(time.Now().Add(Patience))
	conn, err := l.Accept()
	if err != nil {
		t.Fatalf("zmqtest: waiting for a connection: %v", err)
	}
	p := newPeer(t, conn)
	p.shake(typ)
	return p
}

func newPeer(t testing.TB, conn net.Conn) *Peer {
	conn.SetDeadline(time.Now().Add(Patience))
	t.Cleanup(func() { conn.Close() })
	return &Peer{t: t, conn: conn}
}

func split(t testing.TB, endpoint string) (network, address string) {
	t.Helper()
	switch proto, address, _ := strings.Cut(endpoint, "://"); proto {
	case "tcp":
		return "tcp", address
	case "ipc":
		return "unix", address
	}
	t.Fatalf("zmqtest: a peer connects to a tcp or ipc endpoint, not to %q", endpoint)
	return "", ""
}

// Conn returns the connection. Write bytes to it that break the protocol, and read what the other end sends. Its reads and
// writes end after Patience, counted from when the Peer was made, unless the test sets another deadline.
func (p *Peer) Conn() net.Conn { return p.conn }

// Close ends the connection.
func (p *Peer) Close() error { return p.conn.Close() }

// SocketType returns the type of the socket at the other end as that end has sent it, such as "ROUTER".
func (p *Peer) SocketType() string { return p.kind }

const (
	flagMore    = 1
	flagLong    = 2
	flagCommand = 4
)

// shake says and hears the greeting and the handshake.
func (p *Peer) shake(typ zmq.SocketType) {
	p.t.Helper()
	greeting := make([]byte, 64)
	copy(greeting, []byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0})
	copy(greeting[12:], "NULL")
	p.write(greeting)
	p.read(make([]byte, 64))
	ready := append([]byte{5}, "READY"...)
	ready = append(append(ready, 11), "Socket-Type"...)
	name := strings.ToUpper(typ.String())
	ready = append(binary.BigEndian.AppendUint32(ready, uint32(len(name))), name...)
	ready = append(append(ready, 8), "Identity"...)
	ready = binary.BigEndian.AppendUint32(ready, 0)
	p.frame(flagCommand, ready)
	flags, body := p.next()
	if flags&flagCommand == 0 || !bytes.HasPrefix(body, []byte("\x05READY")) {
		p.t.Fatalf("zmqtest: the handshake is answered by %q", body)
	}
	if _, rest, ok := bytes.Cut(body, []byte("\x0bSocket-Type")); ok && len(rest) >= 4 {
		if n := binary.BigEndian.Uint32(rest); int(n) <= len(rest)-4 {
			p.kind = string(rest[4 : 4+n])
		}
	}
}

// Send sends a message. It does not add what a socket adds, such as the empty part of a Req.
func (p *Peer) Send(parts ...string) {
	p.t.Helper()
	for i, part := range parts {
		flags := byte(0)
		if i < len(parts)-1 {
			flags = flagMore
		}
		p.frame(flags, []byte(part))
	}
}

// Recv receives a message. It skips commands in between, such as pings.
func (p *Peer) Recv() []string {
	p.t.Helper()
	var parts []string
	for {
		flags, body := p.next()
		if flags&flagCommand != 0 {
			continue
		}
		if parts = append(parts, string(body)); flags&flagMore == 0 {
			return parts
		}
	}
}

// WaitClosed waits until the other end has ended the connection.
func (p *Peer) WaitClosed() {
	p.t.Helper()
	_, err := io.Copy(io.Discard, p.conn)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		p.t.Fatalf("zmqtest: the connection has not ended after %v", Patience)
	}
}

// frame sends one frame.
func (p *Peer) frame(flags byte, body []byte) {
	p.t.Helper()
	head := []byte{flags, byte(len(body))}
	if len(body) > 255 {
		head = binary.BigEndian.AppendUint64([]byte{flags | flagLong}, uint64(len(body)))
	}
	p.write(append(head, body...))
}

// largestFrame is what a test may get.
const largestFrame = 64 << 20

// next receives one frame.
func (p *Peer) next() (flags byte, body []byte) {
	p.t.Helper()
	head := make([]byte, 9)
	p.read(head[:2])
	size := uint64(head[1])
	if head[0]&flagLong != 0 {
		p.read(head[2:])
		size = binary.BigEndian.Uint64(head[1:])
	}
	if size > largestFrame {
		p.t.Fatalf("zmqtest: a frame of %d bytes is announced", size)
	}
	body = make([]byte, size)
	p.read(body)
	return head[0], body
}

func (p *Peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatalf("zmqtest: the peer cannot send: %v", err)
	}
}

func (p *Peer) read(b []byte) {
	p.t.Helper()
	if _, err := io.ReadFull(p.conn, b); err != nil {
		p.t.Fatalf("zmqtest: the peer receives no more: %v", err)
	}
}
