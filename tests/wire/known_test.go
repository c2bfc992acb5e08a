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

// TestPairSendsToNobody has a peer take a PAIR, say much and leave. The engine does not read on while the PAIR's queue is full, so that
// it does not notice that the peer has gone: who sends to it and does not receive waits for good, and nobody else is served.
// Receiving on another goroutine frees the PAIR, and the message that waits goes to the next peer.
func TestPairSendsToNobody(t *testing.T) {
	f := newFriend(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	bound := open(t, f.zc, zmq.Pair, zmq.RecvHWM(2), zmq.SendHWM(2))
	at := bind(t, bound)
	sayMuch(t, at[len("tcp://"):], muchSaid)
	if _, err := bound.RecvParts(ctx); err != nil {
		t.Fatal(err) // from now on the one who has left is the peer
	}
	for err := error(nil); !errors.Is(err, zmq.ErrWouldBlock); {
		if err = bound.TrySendParts([]byte("to nobody")); ctx.Err() != nil {
			t.Fatalf("what is sent to somebody who has gone goes somewhere still: %v", err)
		}
	}
	sent := make(chan error, 1)
	go func() { sent <- bound.SendParts(ctx, []byte("answer")) }()
	received := make(chan int, 1)
	heard := make(chan struct{})
	go func() {
		n := 0
		defer func() { received <- n }()
		for msg, err := range bound.Messages(ctx) {
			if err != nil {
				return
			}
			if string(msg[0]) == "good" {
				close(heard)
				return
			}
			n++
		}
	}()
	tries := 0
	for ; !isClosed(heard); tries++ {
		if ctx.Err() != nil {
			t.Fatalf("nobody else is served, after %d tries", tries)
		}
		knock(ctx, t, f, at, heard)
	}
	if err := <-sent; err != nil {
		t.Errorf("the message that waited went to nobody: %v", err)
	}
	n := <-received
	if hardened() && n != muchSaid-1 {
		t.Errorf("of %d messages %d were received", muchSaid, n+1)
	}
	if err := bound.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("%d more messages were received, and it took %d tries", n, tries)
}

// TestPairServesAfterFlood has a peer take the target's PAIR, say very much and leave. The target receives it all without waiting for
// somebody who takes the answers, and serves the next one.
func TestPairServesAfterFlood(t *testing.T) {
	g := startTarget(t)
	f := newFriend(t)
	sayMuch(t, g.at[0][0], 40*muchSaid)
	if err := f.checkOne(g, kinds[0], "tcp://"+g.at[0][0]); err != nil {
		t.Errorf("%s does not serve a friend: %v", kinds[0].name, err)
	}
	if err := g.end(); err != nil {
		t.Error(err)
	}
}

// muchSaid is more messages than a queue holds, in fewer bytes than the kernel keeps.
const muchSaid = 5000

// sayMuch sends n messages to a PAIR, and leaves without a look at what it says.
func sayMuch(t *testing.T, at string, n int) {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// ZMTP 2.0 of a PAIR without a name, then empty messages.
	said := append([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x00\x00\x00"), make([]byte, 2*n)...)
	conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := conn.Write(said); err != nil {
		t.Fatal(err)
	}
}

// knock has a peer that is opened anew say a word to a PAIR, and waits a moment until it is heard.
func knock(ctx context.Context, t *testing.T, f *friend, at string, heard <-chan struct{}) {
	t.Helper()
	s := open(t, f.zc, zmq.Pair, zmq.SendTimeout(answerTime))
	defer s.Close()
	if err := s.Connect(at); err != nil {
		t.Fatal(err)
	}
	if err := s.SendParts(ctx, []byte("good")); err != nil {
		return
	}
	select {
	case <-heard:
	case <-time.After(answerTime):
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
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
