package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/zmq"
)

// The tests below state what the engine does that docs/limits.md warns of, and that the way out which it names works.

// TestSecondPair shows that the engine lets a PAIR's second peer wait, and that opening the socket anew helps.
func TestSecondPair(t *testing.T) {
	f := newFriend(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	bound := open(t, f.zc, zmq.Pair)
	defer bound.Close()
	at := bind(t, bound)
	first := open(t, f.zc, zmq.Pair)
	exchange(ctx, t, first, bound, at)
	second := open(t, f.zc, zmq.Pair)
	defer second.Close()
	m, err := second.Monitor(zmq.EventHandshakeSucceeded)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Connect(at); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Next(ctx); err != nil {
		t.Fatal(err) // it is connected, and nobody listens
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for tries := 0; ; tries++ {
		third := open(t, f.zc, zmq.Pair, zmq.SendTimeout(answerTime))
		if err := third.Connect(at); err != nil {
			t.Fatal(err)
		}
		word := []byte("third")
		err := third.SendParts(ctx, word)
		if err == nil {
			limit, stop := context.WithTimeout(ctx, answerTime)
			_, err = bound.RecvParts(limit)
			stop()
		}
		third.Close()
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("a peer that is opened anew is not heard either, after %d tries: %v", tries, err)
		}
	}
}

// TestPairKeepsDescriptors has untrusted peers come to a PAIR that has a peer, say something, and leave. The engine does not
// look at such a connection again, so that its descriptor stays until the socket is closed.
func TestPairKeepsDescriptors(t *testing.T) {
	if descriptors() == 0 {
		t.Skip("the system does not say which descriptors a process has")
	}
	f := newFriend(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	bound := open(t, f.zc, zmq.Pair)
	at := bind(t, bound)
	first := open(t, f.zc, zmq.Pair)
	defer first.Close()
	exchange(ctx, t, first, bound, at)
	before := descriptors()
	go func() { // it looks after its peers until it is closed
		for _, err := range bound.Messages(ctx) {
			if err != nil {
				return
			}
		}
	}()
	const strangers = 3
	for range strangers {
		talkToNobody(t, at[len("tcp://"):])
	}
	kept := descriptors() - before
	if err := bound.Close(); err != nil {
		t.Fatal(err)
	}
	for descriptors() > before {
		if ctx.Err() != nil {
			t.Fatalf("%d descriptors are there still when the socket is closed, of %d", descriptors()-before, kept)
		}
		time.Sleep(time.Millisecond)
	}
	t.Logf("of %d strangers that had left %d descriptors were there until the socket was closed", strangers, kept)
}

// talkToNobody speaks to a PAIR until it does not read any more, and leaves.
func talkToNobody(t *testing.T, at string) {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ready := make([]byte, 64)
	copy(ready, "\xff\x00\x00\x00\x00\x00\x00\x00\x00\x7f\x03\x01NULL")
	ready = append(ready, command("READY", property("Socket-Type", []byte("PAIR")))...)
	if _, err := conn.Write(ready); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := conn.Write(frame(0, make([]byte, 64<<10), false)); err != nil {
			return
		}
	}
}

func descriptors() int {
	all, _ := os.ReadDir("/proc/self/fd")
	return len(all)
}

// TestPeerLeavesAmidPings: a receive queue without a mark is never full, so that nothing of a broken connection is left
// to be read when the queue is.
func TestPeerLeavesAmidPings(t *testing.T) {
	f := newFriend(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	pull := open(t, f.zc, zmq.Pull, zmq.RecvHWM(0))
	defer pull.Close()
	at := bind(t, pull)
	m, err := pull.Monitor(zmq.EventDisconnected)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at[len("tcp://"):])
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	said := make([]byte, 64)
	copy(said, "\xff\x00\x00\x00\x00\x00\x00\x00\x00\x7f\x03\x01NULL")
	said = append(said, command("READY", property("Socket-Type", []byte("PUSH")))...)
	if _, err := conn.Write(said); err != nil {
		t.Fatal(err)
	}
	for heard, buf := "", make([]byte, 256); !strings.Contains(heard, "READY"); { // more before that is not allowed
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		heard += string(buf[:n])
	}
	said = said[:0]
	const count = 3000
	for range count {
		said = append(said, frame(0, []byte("x"), false)...)
		said = append(said, command("PING", []byte{0, 0})...)
	}
	if _, err := conn.Write(said); err != nil {
		t.Fatal(err)
	}
	conn.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, conn) // until all has been read
	conn.Close()
	if _, err := m.Next(ctx); err != nil {
		t.Fatal(err)
	}
	for n := range count {
		if _, err := pull.RecvParts(ctx); err != nil {
			t.Fatalf("after %d messages: %v", n, err)
		}
	}
}

// TestRepAfterMalformedRequest has untrusted peers send requests without an envelope to a REP and leave. Its next answer may be
// lost; asking again helps, and so does a ROUTER in front.
func TestRepAfterMalformedRequest(t *testing.T) {
	f := newFriend(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rep := open(t, f.zc, zmq.Rep)
	at := bind(t, rep)
	done := make(chan error, 1)
	go func() {
		for msg, err := range rep.Messages(ctx) {
			if err == nil {
				err = rep.SendParts(ctx, msg...)
			}
			if err != nil {
				done <- err
				return
			}
		}
	}()
	req := open(t, f.zc, zmq.Req, zmq.ReqRelaxed(true), zmq.ReqCorrelate(true), zmq.RecvTimeout(answerTime))
	defer req.Close()
	if err := req.Connect(at); err != nil {
		t.Fatal(err)
	}
	again := 0
	for range 20 {
		conn, err := net.Dial("tcp", at[len("tcp://"):])
		if err != nil {
			t.Fatal(err)
		}
		// ZMTP 2.0 of a DEALER without a name, then a message of one part.
		if _, err := conn.Write([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x05\x00\x00\x00\x04oops")); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		for {
			if err := req.SendParts(ctx, []byte("question")); err != nil {
				t.Fatal(err)
			}
			_, err := req.RecvParts(ctx)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("asking again does not help: %v", err)
			}
			again++
		}
	}
	rep.Close()
	if err := <-done; !errors.Is(err, zmq.ErrClosed) {
		t.Errorf("the REP ended with %v", err)
	}
	t.Logf("of 20 questions %d had to be asked again", again)
}

func open(t *testing.T, zc *zmq.Context, kind zmq.SocketType, opts ...zmq.SocketOption) *zmq.Socket {
	t.Helper()
	s, err := zc.NewSocket(kind, append([]zmq.SocketOption{zmq.Linger(100 * time.Millisecond)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bind(t *testing.T, s *zmq.Socket) string {
	t.Helper()
	if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
		t.Fatal(err)
	}
	at, err := s.LastEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func exchange(ctx context.Context, t *testing.T, from, to *zmq.Socket, at string) {
	t.Helper()
	if err := from.Connect(at); err != nil {
		t.Fatal(err)
	}
	if err := from.SendParts(ctx, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if _, err := to.RecvParts(ctx); err != nil {
		t.Fatal(err)
	}
}
