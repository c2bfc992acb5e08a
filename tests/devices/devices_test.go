// Package devices holds the devices in Go against zmq_proxy in C: the same peers talk through both, and what they see
// is compared.
package devices

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/devices/harness"
	"github.com/google/go-cmp/cmp"
)

const patience = 30 * time.Second

var programs harness.Programs

func TestMain(m *testing.M) {
	if spec := os.Getenv(peerEnv); spec != "" {
		fmt.Fprintln(os.Stderr, runPeer(spec))
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "devices")
	if err == nil {
		programs, err = harness.Build(dir)
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// stage is a running device with the test's own sockets around it, and what they saw.
type stage struct {
	t     *testing.T
	c     *zmq.Context
	dir   string
	proxy *harness.Proxy
	lines []string
}

func newStage(t *testing.T, program, kind, transport string, control bool) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir()}
	endpoints := []string{"tcp://127.0.0.1:*", "tcp://127.0.0.1:*"}
	if transport == "ipc" {
		endpoints = []string{"ipc://" + filepath.Join(s.dir, "f"), "ipc://" + filepath.Join(s.dir, "b")}
	}
	if control {
		endpoints = append(endpoints, "tcp://127.0.0.1:*")
	}
	var err error
	if s.proxy, err = harness.StartProxy(program, kind, endpoints); err != nil {
		t.Fatal(err)
	}
	if s.c, err = zmq.NewContext(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.proxy.Kill()
		if err := s.c.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *stage) open(typ zmq.SocketType, at string, opts ...zmq.SocketOption) *zmq.Socket {
	s.t.Helper()
	sock, err := s.c.NewSocket(typ, append([]zmq.SocketOption{zmq.Linger(0), zmq.RecvTimeout(patience), zmq.SendTimeout(patience)}, opts...)...)
	if err == nil {
		err = sock.Connect(at)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return sock
}

// send sends a message of texts.
func (s *stage) send(sock *zmq.Socket, parts ...string) {
	s.t.Helper()
	msg := make([][]byte, len(parts))
	for i, p := range parts {
		msg[i] = []byte(p)
	}
	if err := sock.SendParts(context.Background(), msg...); err != nil {
		s.t.Fatal(err)
	}
}

// recv notes what arrives at who, and returns it.
func (s *stage) recv(who string, sock *zmq.Socket) []string {
	s.t.Helper()
	msg, err := sock.RecvParts(context.Background())
	if err != nil {
		s.t.Fatalf("%s: %v (so far: %q)", who, err, s.lines)
	}
	text := make([]string, len(msg))
	for i, p := range msg {
		text[i] = string(p)
	}
	s.lines = append(s.lines, fmt.Sprintf("%s %q", who, text))
	return text
}

var shapes = [][]string{{"one"}, {""}, {"one", "two"}, {"", "", ""}, {strings.Repeat("x", 70_000), "y"}}

var scenarios = map[string]func(s *stage){
	"queue": func(s *stage) {
		dealer, req := s.open(zmq.Dealer, s.proxy.Front), s.open(zmq.Req, s.proxy.Front)
		workers := []*zmq.Socket{s.open(zmq.Rep, s.proxy.Back), s.open(zmq.Rep, s.proxy.Back)}
		for _, shape := range shapes {
			s.send(req, shape...)
			s.send(dealer, append([]string{"id", ""}, shape...)...)
			for range 2 { // in which order they come to which worker is the network's business
				items := []zmq.PollItem{{Socket: workers[0], Events: zmq.PollIn}, {Socket: workers[1], Events: zmq.PollIn}}
				if _, err := zmq.Poll(items, patience); err != nil {
					s.t.Fatal(err)
				}
				ready := workers[0]
				if items[0].REvents == 0 {
					ready = workers[1]
				}
				s.send(ready, append(s.recv("worker", ready), "reply")...)
			}
			s.recv("req", req)
			s.recv("dealer", dealer)
		}
	},
	"streamer": func(s *stage) {
		push := s.open(zmq.Push, s.proxy.Front)
		workers := []*zmq.Socket{s.open(zmq.Pull, s.proxy.Back), s.open(zmq.Pull, s.proxy.Back)}
		// Until both are connected one may get everything.
		var got [2]int
		for got[0] == 0 || got[1] == 0 {
			s.send(push, "hello")
			items := []zmq.PollItem{{Socket: workers[0], Events: zmq.PollIn}, {Socket: workers[1], Events: zmq.PollIn}}
			if _, err := zmq.Poll(items, patience); err != nil {
				s.t.Fatal(err)
			}
			for i := range items {
				if items[i].REvents != 0 {
					workers[i].Recv(nil, zmq.DontWait)
					got[i]++
				}
			}
		}
		for _, shape := range shapes {
			s.send(push, append([]string{"1"}, shape...)...)
			s.send(push, append([]string{"1"}, shape...)...)
			s.recv("worker", workers[0]) // round robin: one each
			s.recv("worker", workers[1])
		}
	},
	"forwarder": func(s *stage) {
		pub, sub := s.open(zmq.XPub, s.proxy.Front), s.open(zmq.XSub, s.proxy.Back)
		s.send(sub, "\x01a")
		s.recv("publisher", pub)
		s.send(sub, "\x01bb")
		s.recv("publisher", pub)
		for _, topic := range []string{"a", "b", "bb", "ab", "c"} {
			for _, shape := range shapes {
				s.send(pub, append([]string{topic}, shape...)...)
			}
		}
		for range 3 * len(shapes) {
			s.recv("subscriber", sub)
		}
		s.send(sub, "\x00a")
		s.recv("publisher", pub)
		s.send(pub, "a", "no more")
		s.send(pub, "bb", "last")
		s.recv("subscriber", sub)
	},
	"classic": func(s *stage) {
		pub, sub := s.open(zmq.XPub, s.proxy.Front), s.open(zmq.Sub, s.proxy.Back, zmq.Subscribe("a"))
		s.recv("publisher", pub) // the device subscribes to everything
		for probe := true; probe; {
			s.send(pub, "a", "probe")
			items := []zmq.PollItem{{Socket: sub, Events: zmq.PollIn}}
			n, err := zmq.Poll(items, 5*time.Millisecond)
			if err != nil {
				s.t.Fatal(err)
			}
			probe = n == 0
		}
		for _, shape := range shapes {
			s.send(pub, append([]string{"b"}, shape...)...)
			s.send(pub, append([]string{"a"}, shape...)...)
		}
		s.send(pub, "a", "last")
		for last := ""; last != "last"; {
			before := s.lines
			got := s.recv("subscriber", sub)
			if last = got[len(got)-1]; last == "probe" {
				s.lines = before
			}
		}
	},
}

// TestLikeC has the same peers talk through zmq_proxy in C and through the device in Go.
func TestLikeC(t *testing.T) {
	for kind, act := range scenarios {
		for _, transport := range []string{"tcp", "ipc"} {
			t.Run(kind+" "+transport, func(t *testing.T) {
				var seen [2][]string
				for i, program := range []string{programs.C, programs.Go} {
					s := newStage(t, program, kind, transport, false)
					act(s)
					seen[i] = s.lines
				}
				if kind == "queue" { // two clients at once: either may be first
					for _, lines := range seen {
						sortGroups(lines, 4)
					}
				}
				if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
					t.Errorf("seen through C (-) and through Go (+):\n%s", diff)
				}
				if len(seen[0]) == 0 {
					t.Error("nothing was seen")
				}
			})
		}
	}
}

// sortGroups sorts the lines within groups of n.
func sortGroups(lines []string, n int) {
	for i := 0; i+n <= len(lines); i += n {
		for j := i; j < i+n; j++ {
			for k := j + 1; k < i+n; k++ {
				if lines[k] < lines[j] {
					lines[j], lines[k] = lines[k], lines[j]
				}
			}
		}
	}
}

// TestSteeredLikeC gives the words of zmq_proxy_steerable to both, and compares what they count.
func TestSteeredLikeC(t *testing.T) {
	var seen [2][]string
	for i, program := range []string{programs.C, programs.Go} {
		s := newStage(t, program, "queue", "tcp", true)
		boss := s.open(zmq.Pair, s.proxy.Control)
		req, rep := s.open(zmq.Req, s.proxy.Front), s.open(zmq.Rep, s.proxy.Back)
		numbers := func() {
			s.send(boss, "STATISTICS")
			msg, err := boss.RecvParts(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			line := "statistics"
			for _, p := range msg {
				line += fmt.Sprintf(" %d", binary.NativeEndian.Uint64(p))
			}
			s.lines = append(s.lines, line)
		}
		numbers()
		for _, shape := range shapes {
			s.send(req, shape...)
			s.send(rep, append(s.recv("rep", rep), "reply")...)
			s.recv("req", req)
		}
		// The reply may be here before it is counted there.
		for limit := time.Now().Add(patience); ; s.lines = s.lines[:len(s.lines)-1] {
			numbers()
			if fields := strings.Fields(s.lines[len(s.lines)-1]); fields[3] == fmt.Sprint(len(shapes)) || time.Now().After(limit) {
				break
			}
		}
		s.send(boss, "PAUSE")
		numbers() // it is paused when this is answered
		s.send(req, "later")
		if n, err := zmq.Poll([]zmq.PollItem{{Socket: rep, Events: zmq.PollIn}}, 50*time.Millisecond); n != 0 || err != nil {
			t.Errorf("%s moves messages while it is paused: %v", filepath.Base(program), err)
		}
		s.send(boss, "RESUME")
		s.send(rep, append(s.recv("rep", rep), "reply")...)
		s.recv("req", req)
		s.send(boss, "TERMINATE")
		line, err := s.proxy.Stop()
		s.lines = append(s.lines, fmt.Sprint(line, " ", err))
		seen[i] = s.lines
	}
	if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
		t.Errorf("C (-) and Go (+):\n%s", diff)
	}
}
