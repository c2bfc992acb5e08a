package zmq

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

var oldMinute = flag.Bool("minute", false, "let TestHardenedOldPeersMinute wait for more than a minute")

// oldGreetings are what peers on ØMQ 2.x, and on 3.1 and 3.2, say to a Pull before their first message, and that message.
var oldGreetings = map[string]struct{ greeting, name, message string }{
	"ZMTP 1.0": {"\x01", "\x00", "\x03\x00hi"},
	"ZMTP 2.0": {"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x08", "\x00\x00", "\x00\x02hi"},
}

// oldPeersStay reports whether the engine keeps peers of ZMTP 1.0 and 2.0 when the time of their handshake is over, and tells of
// them.
func oldPeersStay(t *testing.T) bool {
	t.Helper()
	if !hardened("old_peers") {
		t.Skip("this engine has no gate for old peers: see docs/limits.md")
	}
	needsEngine(t, from423, "no older one has the gate, nor tells of handshakes")
	return monitorsHere(t)
}

// TestHardenedOldPeersStay has peers of old protocols come and stay, beside one that does not finish its handshake: that one
// is thrown out when its time is over, while the others are counted and heard.
func TestHardenedOldPeersStay(t *testing.T) {
	if !oldPeersStay(t) {
		return
	}
	for name, old := range oldGreetings {
		t.Run(name, func(t *testing.T) {
			s := newTestSocket(t, newTestContext(t), Pull, WatchPeers(true), HandshakeInterval(100*time.Millisecond))
			at := bindTo(t, s, "tcp")[len("tcp://"):]
			say := func(words string) net.Conn {
				conn, err := net.Dial("tcp", at)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { conn.Close() })
				conn.SetDeadline(time.Now().Add(patience))
				if _, err := conn.Write([]byte(words)); err != nil {
					t.Fatal(err)
				}
				return conn
			}
			peer := say(old.greeting + old.name)
			eventually(t, "the peer is counted", func() bool {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if s.WaitConnected(ctx, 1) == nil {
					return true
				}
				peer.Close() // a busy machine has let its time pass
				peer = say(old.greeting + old.name)
				return false
			})
			failures := thrownOutHalfway(t, s, say(old.greeting))
			expectPeers(t, "the peer is counted", s, 1)
			if _, err := peer.Write([]byte(old.message)); err != nil {
				t.Fatal(err)
			}
			expectText(t, s, "hi")
			peer.Close()
			expectPeers(t, "the peer has gone", s, 0)
			if n := s.Stats().HandshakeFailures; n != failures {
				t.Errorf("%d handshakes failed instead of %d", n, failures)
			}
		})
	}
}

// thrownOutHalfway waits until a connection that does not finish its handshake is thrown out, and returns how many handshakes
// of s have failed then. Since 4.3.5 the greeting of an old protocol ends the time for the handshake: none fails.
func thrownOutHalfway(t *testing.T, s *Socket, half net.Conn) uint64 {
	t.Helper()
	if engineFrom(4, 3, 5) {
		return 0
	}
	for buf := make([]byte, 100); ; {
		if _, err := half.Read(buf); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				t.Fatal("who does not finish a handshake is never thrown out")
			}
			break
		}
	}
	eventually(t, "the one that was thrown out is counted as a failure", func() bool { return s.Stats().HandshakeFailures == 1 })
	return 1
}

// TestHardenedOldServersStay connects to a server of each old protocol.
func TestHardenedOldServersStay(t *testing.T) {
	if !oldPeersStay(t) {
		return
	}
	for name, old := range oldGreetings {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			s := newTestSocket(t, newTestContext(t), Pull, WatchPeers(true), HandshakeInterval(100*time.Millisecond), ReconnectInterval(Infinite))
			connectTo(t, s, "tcp://"+ln.Addr().String())
			conn, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			if _, err := conn.Write([]byte(old.greeting + old.name)); err != nil {
				t.Fatal(err)
			}
			if err := s.WaitConnected(patient(t), 1); err != nil {
				t.Fatal(err)
			}
			// Another connection is given its time: when that is over, so is the first one's.
			timer := newTestSocket(t, newTestContext(t), Pull, WatchPeers(true), HandshakeInterval(100*time.Millisecond))
			half, err := net.Dial("tcp", bindTo(t, timer, "tcp")[len("tcp://"):])
			if err != nil {
				t.Fatal(err)
			}
			defer half.Close()
			eventually(t, "a connection that says nothing is thrown out", func() bool { return timer.Stats().HandshakeFailures == 1 })
			if _, err := conn.Write([]byte(old.message)); err != nil {
				t.Fatal(err)
			}
			expectText(t, s, "hi")
			if stats := s.Stats(); stats.Peers != 1 || stats.HandshakeFailures != 0 {
				t.Errorf("after the handshake's time: %+v", stats)
			}
		})
	}
}

// TestHardenedOldPeersMinute keeps peers of both old protocols at sockets of every type with the default HandshakeInterval,
// beside silent connections that are thrown out, for twice that time, which is a minute. Then each is heard, or hears.
func TestHardenedOldPeersMinute(t *testing.T) {
	if !*oldMinute || !oldPeersStay(t) {
		return
	}
	type stay struct {
		oldPair
		version int
		s       *Socket
		peer    net.Conn
		at      string
	}
	limit := time.Now().Add(3 * time.Minute)
	dial := func(at string) net.Conn {
		conn := dialOld(t, at)
		conn.SetDeadline(limit)
		return conn
	}
	var stays []stay
	for _, pair := range oldPairs {
		for _, version := range []int{1, 2} {
			s := newTestSocket(t, newTestContext(t), pair.typ)
			if pair.typ == Sub {
				if err := s.Set(Subscribe("")); err != nil {
					t.Fatal(err)
				}
			}
			at := strings.TrimPrefix(bindTo(t, s, "tcp"), "tcp://")
			peer := dial(at)
			if _, err := peer.Write(oldGreeting(version, pair.peer)); err != nil {
				t.Fatal(err)
			}
			stays = append(stays, stay{pair, version, s, peer, at})
		}
	}
	for range 2 {
		var silent []net.Conn
		for _, st := range stays {
			silent = append(silent, dial(st.at))
		}
		for i, conn := range silent {
			if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatalf("%v: a connection that says nothing is not thrown out: %v", stays[i].typ, err)
			}
		}
	}
	for _, st := range stays {
		t.Run(fmt.Sprint(st.typ, st.version), func(t *testing.T) { expectOldTalk(t, st.oldPair, st.version, st.s, st.peer) })
	}
}

// TestHardenedSOCKSCloses closes sockets whose proxy is absent, silent, refuses, answers nonsense or resets, at any moment of the
// conversation with it. A plain engine ends the process.
func TestHardenedSOCKSCloses(t *testing.T) {
	if !hardened("socks") {
		t.Skip("this engine has no gate for proxies: see docs/limits.md")
	}
	if !apiVersion().AtLeast(from41) {
		return // there is no such option
	}
	for i := range socksAnswers {
		runChild(t, patience, socksChild, i)
	}
}

// socksAnswers are what a proxy says: its answer to the greeting and, after a bar, to the request. Or what it does instead.
var socksAnswers = []string{"absent", "silent", "reset", "|", "\x05\xff|", "\x05\x00|", "\x05\x00|\x05\x01\x00\x01\x00\x00\x00\x00\x00\x00", "\x04\x00|", "\x05\x00|\x05\x00\x00\x07nonsense"}

var socksChild = child("socks-closes", func(args []string) {
	ln := mustGet(net.Listen("tcp", "127.0.0.1:0"))
	at := ln.Addr().String()
	if answer := socksAnswers[mustGet(strconv.Atoi(args[0]))]; answer == "absent" {
		must(ln.Close())
	} else {
		go answerSOCKS(ln, answer)
	}
	c := mustGet(NewContext())
	defer c.Close()
	for i := range 20 {
		s := mustGet(c.NewSocket(Push, Linger(0), ReconnectInterval(time.Millisecond), SOCKSProxy(at)))
		m := mustGet(s.Monitor(EventConnectDelayed | EventConnectRetried | EventClosed | EventDisconnected))
		const endpoint = "tcp://127.0.0.1:1"
		must(s.Connect(endpoint))
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		for range rand.IntN(4) { // so many steps of the connection, where there are as many
			if _, err := m.Next(ctx); err != nil {
				break
			}
		}
		cancel()
		if i%2 == 1 {
			must(s.Disconnect(endpoint))
		}
		must(s.Close())
		must(m.Close())
	}
})

// answerSOCKS answers whoever connects, and hangs up.
func answerSOCKS(ln net.Listener, answer string) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		switch answer {
		case "silent":
			defer conn.Close() // not before the end
			continue
		case "reset":
			must(conn.(*net.TCPConn).SetLinger(0))
		default:
			buf := make([]byte, 300)
			for _, words := range strings.Split(answer, "|") {
				conn.Read(buf)
				conn.Write([]byte(words))
			}
		}
		conn.Close()
	}
}
