package zmq

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// The greetings of peers on engines before 4.0, with an empty identity: ZMTP 1.0 (ØMQ 2.x) has neither signature nor type.
func oldGreeting(version int, typ SocketType) []byte {
	if version == 1 {
		return []byte{1, 0}
	}
	return append([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, byte(typ)}, 0, 0)
}

// oldMessage is a message of one part, after an empty one where the type has envelopes, or a subscription.
func oldMessage(version int, parts ...string) (wire []byte) {
	for i, p := range parts {
		more := byte(0)
		if i < len(parts)-1 {
			more = 1
		}
		if version == 1 {
			wire = append(wire, byte(len(p)+1), more)
		} else {
			wire = append(wire, more, byte(len(p)))
		}
		wire = append(wire, p...)
	}
	return wire
}

// oldPair is a type of socket and what an old peer is to it.
type oldPair struct {
	typ, peer SocketType
	says      []string // nil if it receives only
}

var oldPairs = []oldPair{
	{Pull, Push, []string{"x"}}, {Sub, Pub, []string{"x"}}, {XSub, XPub, []string{"x"}}, {Pair, Pair, []string{"x"}},
	{Dealer, Dealer, []string{"x"}}, {Router, Dealer, []string{"x"}}, {Rep, Req, []string{"", "x"}}, {Req, Rep, nil}, {Push, Pull, nil},
	{Pub, Sub, nil}, {XPub, XSub, nil},
}

// TestOldPeers talks to sockets of every type as engines 2.x and 3.x do, beside a peer that says nothing: with HandshakeInterval(0)
// the connection lasts, on an engine too that throws such peers out when the handshake's time is over.
func TestOldPeers(t *testing.T) {
	if !apiVersion().AtLeast(from41) {
		return // the engine has no such time
	}
	for _, c := range oldPairs {
		for _, version := range []int{1, 2} {
			t.Run(c.typ.String()+" "+string(rune('0'+version)), func(t *testing.T) {
				s := newTestSocket(t, newTestContext(t), c.typ, HandshakeInterval(0))
				if c.typ == Sub {
					if err := s.Set(Subscribe("")); err != nil {
						t.Fatal(err)
					}
				}
				address := strings.TrimPrefix(bindTo(t, s, "tcp"), "tcp://")
				silent := dialOld(t, address)
				peer := dialOld(t, address)
				if _, err := peer.Write(oldGreeting(version, c.peer)); err != nil {
					t.Fatal(err)
				}
				awaitOtherTimeout(t)
				expectOldTalk(t, c, version, s, peer)
				silent.Close()
			})
		}
	}
}

// expectOldTalk has the old peer say something to s, or hear something from it.
func expectOldTalk(t *testing.T, c oldPair, version int, s *Socket, peer net.Conn) {
	t.Helper()
	write := func(b []byte) {
		if _, err := peer.Write(b); err != nil {
			t.Fatalf("the old peer was thrown out: %v", err)
		}
	}
	if c.says != nil {
		write(oldMessage(version, c.says...))
		if got := recvText(t, s); got[len(got)-1] != "x" {
			t.Errorf("%q", got)
		}
		return
	}
	if c.typ == Pub || c.typ == XPub {
		write(oldMessage(version, "\x01"))
	}
	expectOld(t, s, peer)
}

func dialOld(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// awaitOtherTimeout waits until a socket of another context has thrown out whoever does not finish a handshake in its time.
func awaitOtherTimeout(t *testing.T) {
	t.Helper()
	s := newTestSocket(t, newTestContext(t), Pull, HandshakeInterval(20*time.Millisecond))
	conn := dialOld(t, strings.TrimPrefix(bindTo(t, s, "tcp"), "tcp://"))
	if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatalf("who says nothing is not thrown out: %v", err)
	}
}

// expectOld sends until the peer has a message of s.
func expectOld(t *testing.T, s *Socket, peer net.Conn) {
	t.Helper()
	got := make(chan error, 1)
	go func() {
		var all []byte
		buf := make([]byte, 256)
		for !strings.Contains(string(all), "hello") {
			n, err := peer.Read(buf)
			all = append(all, buf[:n]...)
			if err != nil {
				got <- err
				return
			}
		}
		got <- nil
	}()
	for {
		s.Send([]byte("hello"), DontWait)
		select {
		case err := <-got:
			if err != nil {
				t.Fatalf("the old peer was thrown out: %v", err)
			}
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}
