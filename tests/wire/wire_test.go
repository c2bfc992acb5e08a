package wire

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/zmq"
)

var (
	lasting = flag.Duration("for", 4*time.Second, "how long TestWire talks")
	first   = flag.Uint64("seed", 0, "the first conversation of TestWire; 0 takes a random one")
	runs    = flag.Uint64("runs", 0, "how many conversations TestWire has at most; 0 is as many as the time allows")
	harsh   = flag.Bool("harsh", hardened(), "whether every socket has heartbeats and small high-water marks, which ends an engine that is not hardened")
	pairs   = flag.Bool("pairs", true, "whether anybody talks to PAIRs, where the engine keeps connections and what they hold")
	only    = flag.String("only", "", "which kinds of sockets anybody talks to: those whose names begin so")
	slow    = flag.Duration("patience", 20*time.Second, "how long anything may take that has to happen")
	samples = flag.String("samples", "", "a file that gets the target's memory every few seconds, as CSV")
)

// chosen reports whether the flags say that anybody talks to a kind.
func chosen(k kind) bool {
	return strings.HasPrefix(k.name, *only) && (*pairs || k.socket != zmq.Pair)
}

func hardened() bool { return strings.HasSuffix(zmq.LinkInfo(), "hardened") }

func TestMain(m *testing.M) {
	if dir := os.Getenv(targetVariable); dir != "" {
		if err := beTarget(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	patience = *slow
	os.Exit(m.Run())
}

const (
	lanes = 4    // conversations at a time
	round = 2000 // conversations between two looks whether the target still serves

	mostGrowth = 64 << 10 // KiB, after the first round
	mostKept   = 2 << 10  // KiB, of a connection that stays: it holds what nobody reads
)

// TestWire has random conversations with every socket.
func TestWire(t *testing.T) {
	seed := *first
	if seed == 0 {
		seed = rand.Uint64() >> 1
	}
	begun := seed
	g := startTarget(t)
	f := newFriend(t)
	f.serve(t, g)
	files, memory := g.least(), 0
	stopSampling := g.sample(t, *samples, f)
	for limit := time.Now().Add(*lasting); time.Now().Before(limit) && (*runs == 0 || seed-begun < *runs); {
		n := uint64(round)
		if *runs > 0 {
			n = min(n, *runs-(seed-begun))
		}
		alive := haveTalks(g, f, seed, n, limit)
		if err := g.health(); err != nil || !alive {
			g.end()
			t.Fatalf("in a conversation from %d to %d: %v\n%s", seed, seed+n, err, suspects(t, f, seed, n))
		}
		seed += n
		if err := f.check(g); err != nil {
			g.end()
			t.Fatalf("after the conversations from %d to %d: %v", seed-n, seed, err)
		}
		if memory == 0 {
			memory = g.memory()
		}
	}
	f.serve(t, g)
	stopSampling()
	if err := g.forgot(files); err != nil {
		t.Error(err)
	}
	grown, kept := g.memory()-memory, g.kept()
	if grown > mostGrowth+kept*mostKept {
		t.Errorf("the target has grown by %d KiB, and keeps %d connections", grown, kept)
	}
	knocked, entered := f.knocked.Load(), f.entered.Load()
	if entered < knocked/2 {
		t.Errorf("of %d good handshakes of CURVE only %d were finished: the rest was said outside", knocked, entered)
	}
	if err := g.end(); err != nil {
		t.Errorf("the target ends with %v", err)
	}
	t.Logf("%d conversations from seed %d; of %d good handshakes of CURVE %d were finished, and %d commands sent inside; "+
		"the target has grown by %d KiB and keeps %d connections; friends tried again: %v", f.talks.Load(), begun, knocked, entered, f.deep.Load(), grown, kept, f.again)
}

// haveTalks has the conversations [seed, seed+n), several at a time. It reports whether the target lived.
func haveTalks(g *target, f *friend, seed, n uint64, limit time.Time) bool {
	var next atomic.Uint64
	var wg sync.WaitGroup
	for range lanes {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				i := next.Add(1) - 1
				if i >= n || g.health() != nil || time.Now().After(limit) {
					return
				}
				f.have(g, talkOf(seed+i))
			}
		}()
	}
	wg.Wait()
	return g.health() == nil
}

// suspects has the conversations again, one at a time, each with a look whether the target lives.
func suspects(t *testing.T, f *friend, seed, n uint64) string {
	g := startTarget(t)
	defer func() { g.end() }()
	for i := range n {
		f.have(g, talkOf(seed+i))
		if i%16 == 15 {
			if err := f.check(g); err != nil {
				return fmt.Sprintf("again, in one of -seed %d -runs 16: %v", seed+i-15, err)
			}
		}
	}
	return "which does not come again when the conversations are had one at a time"
}

// friend is who behaves, and counts.
type friend struct {
	zc      *zmq.Context
	nonce   int
	again   map[string]int // how often a kind had to be tried again
	talks   atomic.Uint64
	knocked atomic.Uint64 // good handshakes of CURVE that were begun
	entered atomic.Uint64 // and finished
	deep    atomic.Uint64 // what was said in boxes after that
}

func newFriend(t testing.TB) *friend {
	t.Helper()
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := zc.Close(); err != nil {
			t.Error(err)
		}
	})
	return friendOf(zc)
}

func friendOf(zc *zmq.Context) *friend {
	return &friend{zc: zc, again: map[string]int{}}
}

// have has one conversation. Whatever becomes of it is good, except for the target.
func (f *friend) have(g *target, t talk) {
	if !chosen(kinds[t.kind]) {
		return
	}
	f.talks.Add(1)
	if t.relayed {
		f.relay(g, t)
		return
	}
	network, at := "tcp", g.at[t.kind][0]
	if t.ipc {
		network, at = "unix", g.at[t.kind][1]
	}
	conn, err := net.DialTimeout(network, at, patience)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if t.inside != nil {
		f.goInside(conn, t)
	}
	for i, p := range t.pieces {
		if _, err := conn.Write(p); err != nil {
			return
		}
		if i == 0 && t.stay {
			conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
			io.CopyN(io.Discard, conn, 64)
		}
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if t.reset {
			tcp.SetLinger(0)
		} else if t.stay {
			tcp.CloseWrite()
			tcp.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
			io.Copy(io.Discard, conn)
		}
	}
}

// peerOptions are what a friend needs to talk to a kind.
func peerOptions(k kind) []zmq.SocketOption {
	opts := []zmq.SocketOption{zmq.Linger(0), zmq.ReconnectInterval(10 * time.Millisecond)}
	switch {
	case k.name == "REP+PLAIN":
		opts = append(opts, zmq.PlainClient("name", "password"))
	case k.curve():
		opts = append(opts, zmq.CurveClient(serverKey, clientKey, clientSecret))
	}
	switch k.good {
	case zmq.Sub:
		opts = append(opts, zmq.Subscribe(""))
	case zmq.Req:
		opts = append(opts, zmq.ReqRelaxed(true))
	}
	return opts
}

// relay has a friend connect over a line that changes a few bytes, which gets further into handshakes with keys than
// bytes that were made up.
func (f *friend) relay(g *target, t talk) {
	k := kinds[t.kind]
	if k.good == zmq.Stream {
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	defer ln.Close()
	s, err := f.zc.NewSocket(k.good, append(peerOptions(k), zmq.ReconnectInterval(-1))...)
	if err != nil {
		return
	}
	defer s.Close()
	if s.Connect("tcp://"+ln.Addr().String()) != nil {
		return
	}
	in, err := ln.Accept()
	if err != nil {
		return
	}
	defer in.Close()
	out, err := net.DialTimeout("tcp", g.at[t.kind][0], patience)
	if err != nil {
		return
	}
	defer out.Close()
	limit := time.Now().Add(30 * time.Millisecond)
	in.SetDeadline(limit)
	out.SetDeadline(limit)
	for range 3 {
		s.Send([]byte("good enough"), zmq.DontWait)
	}
	go io.Copy(in, out)
	r := rand.New(rand.NewPCG(uint64(len(t.pieces)), uint64(t.kind)))
	buf := make([]byte, 4096)
	for {
		n, err := in.Read(buf)
		if err != nil {
			return
		}
		text := buf[:n]
		if r.IntN(2) == 0 {
			text = mutate(r, text)
		}
		if _, err := out.Write(text); err != nil {
			return
		}
	}
}

func (f *friend) serve(t testing.TB, g *target) {
	t.Helper()
	if err := f.check(g); err != nil {
		t.Fatal(err)
	}
}

// check returns an error unless every socket of the target serves a friend.
func (f *friend) check(g *target) error {
	for i, k := range kinds {
		if !chosen(k) {
			continue
		}
		for _, at := range []string{"tcp://" + g.at[i][0], "ipc://" + g.at[i][1]} {
			if err := f.checkOne(g, k, at); err != nil {
				return errors.Join(fmt.Errorf("%s does not serve a friend at %s: %w; descriptors: %v", k.name, strings.SplitN(at, ":", 2)[0], err, g.held()), g.health())
			}
		}
	}
	return g.health()
}

func (f *friend) checkOne(g *target, k kind, at string) error {
	limit := patience
	if k.socket == zmq.Pair {
		limit *= 3 // it may have hundreds of thousands of messages to receive from somebody who has gone
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	go func() { // a target that has died serves nobody
		select {
		case <-g.died:
			cancel()
		case <-ctx.Done():
		}
	}()
	if k.good == zmq.Stream {
		return checkStream(strings.SplitN(at, "://", 2))
	}
	if k.good != zmq.Pair && k.good != zmq.Req {
		return f.talkTo(ctx, g, k, at)
	}
	// The engine lets a PAIR's second peer wait for ever, even when the first has gone, and notices that the first has gone
	// when all that it sent was received. A REP loses its next answer when a request without an envelope came from somebody
	// who has gone. Who behaves tries again.
	for tries := 0; ; tries++ {
		limit, cancel := context.WithTimeout(ctx, answerTime)
		err := f.talkTo(limit, g, k, at)
		cancel()
		if err == nil || ctx.Err() != nil {
			f.again[k.name] += tries
			return err
		}
	}
}

// answerTime is how long a friend waits before it tries again.
const answerTime = 300 * time.Millisecond

func (f *friend) talkTo(ctx context.Context, g *target, k kind, at string) error {
	s, err := f.zc.NewSocket(k.good, peerOptions(k)...)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Connect(at); err != nil {
		return err
	}
	f.nonce++
	word := fmt.Sprint("good ", f.nonce)
	switch k.good {
	case zmq.Sub, zmq.Pull, zmq.Rep:
		_, err = s.RecvParts(ctx)
		return err
	case zmq.Push, zmq.Pub:
		return repeat(ctx, s, word, g.listen(word))
	}
	// The rest echo, if not for somebody else's sake.
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for msg, err := range s.Messages(ctx) {
			if err != nil || string(msg[len(msg)-1]) == word {
				return
			}
		}
	}()
	if k.good == zmq.Req {
		if err := s.SendParts(ctx, []byte(word)); err != nil {
			return err
		}
		<-heard
	} else if err := repeat(ctx, s, word, heard); err != nil {
		return err
	}
	return ctx.Err()
}

// repeat says a word until it was heard.
func repeat(ctx context.Context, s *zmq.Socket, word string, heard <-chan struct{}) error {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		if err := s.SendParts(ctx, []byte(word)); err != nil {
			return err
		}
		select {
		case <-heard:
			return nil
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkStream talks plain tcp, which a STREAM echoes.
func checkStream(at []string) error {
	if at[0] == "ipc" {
		at[0] = "unix"
	}
	conn, err := net.DialTimeout(at[0], at[1], patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write([]byte("good")); err != nil {
		return err
	}
	echo := make([]byte, 4)
	_, err = io.ReadFull(conn, echo)
	if err == nil && string(echo) != "good" {
		err = fmt.Errorf("the echo is %q", echo)
	}
	return err
}

// fuzzTarget is the one of this process, which FuzzWire's inputs share.
var fuzzTarget struct {
	sync.Mutex
	g *target
	f *friend
	n int
}

// FuzzWire writes what the fuzzer makes up. The engine is not instrumented, so that what guides it is the seeds.
func FuzzWire(f *testing.F) {
	for seed := range uint64(4 * len(kinds)) {
		t := talkOf(seed)
		var text []byte
		for _, p := range t.pieces {
			text = append(text, p...)
		}
		if len(text) < 10_000 {
			f.Add(byte(t.kind), t.ipc, text)
		}
	}
	f.Cleanup(func() {
		if z := &fuzzTarget; z.g != nil {
			if err := errors.Join(z.g.end(), z.f.zc.Close()); err != nil {
				f.Error(err)
			}
			z.g = nil
		}
	})
	f.Fuzz(func(t *testing.T, k byte, ipc bool, text []byte) {
		z := &fuzzTarget
		z.Lock()
		defer z.Unlock()
		if z.g == nil {
			zc, err := zmq.NewContext()
			if err != nil {
				t.Fatal(err)
			}
			z.g, z.f = startTarget(t), friendOf(zc)
		}
		z.f.have(z.g, talk{kind: int(k) % len(kinds), ipc: ipc, pieces: [][]byte{text}, stay: true})
		z.n++
		if z.n%500 == 0 {
			z.f.serve(t, z.g)
		}
		if err := z.g.health(); err != nil {
			z.g.end()
			z.g = nil
			t.Fatal(err)
		}
	})
}

// TestDeathIsNoticed kills a target, and breaks one of its sockets.
func TestDeathIsNoticed(t *testing.T) {
	g := startTarget(t)
	f := newFriend(t)
	f.serve(t, g)
	g.cmd.Process.Kill()
	if err := f.check(g); err == nil || !strings.Contains(err.Error(), "the target died") {
		t.Errorf("a dead target is seen as %v", err)
	}
	g.end()
	g = &target{died: make(chan struct{})}
	g.hear("broken REP because of this test")
	if err := g.health(); err == nil || !strings.Contains(err.Error(), "broken REP") {
		t.Errorf("a broken socket is seen as %v", err)
	}
}
