package zmq

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var floodSize = flag.Int("flood", 300, "how many bad handshakes TestFlood makes")

// floodReport is what the server of TestFlood says about itself when it is asked.
type floodReport struct {
	Threads, Files, KiB int
	Goroutines          int
	GoKiB               int // Go's memory that the system has not got back
	HeapKiB             int // what Go's heap has in use
	Peers               int
	Failures            uint64
	Answered            uint64
	Strangers           []string // what came from anybody but the good clients
}

// floodServer answers the requests of those on its list. Its arguments are its secret key, whose secret is worth nothing
// outside this test, and the key that is on the list; for each line that it reads, with the number of peers and
// of descriptors to wait for, it reports.
var floodServer = child("floodServer", func(args []string) {
	c := mustGet(NewContext())
	defer c.Close()
	list := &AllowList{}
	list.AllowKey(mustGet(ParseCurveKey(args[1])), "ann")
	list.AllowUser("ann", "password")
	must(c.ServeAuth(context.Background(), list))
	s := mustGet(c.NewSocket(Rep, CurveServer(mustGet(ParseCurveSecretKey(args[0]))), Linger(0), WatchPeers(true)))
	must(s.Bind("tcp://127.0.0.1:*"))
	fmt.Println(mustGet(s.LastEndpoint()))
	var mu sync.Mutex
	var strangers []string
	var answered atomic.Uint64
	go func() {
		for {
			parts, err := s.RecvMsgs(context.Background())
			if err != nil {
				return
			}
			user, _ := parts[0].Gets("User-Id")
			if text := string(parts[0].Bytes()); user != "ann" || !strings.HasPrefix(text, "good") {
				mu.Lock()
				strangers = append(strangers, fmt.Sprintf("%q of %q", text, user))
				mu.Unlock()
			}
			must(s.SendMsgs(context.Background(), parts...))
			answered.Add(1)
		}
	}()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var peers, files int
		mustGet(fmt.Sscan(in.Text(), &peers, &files))
		now := procStatus()
		for limit := time.Now().Add(patience); (s.Stats().Peers != peers || now.files > files) && time.Now().Before(limit); now = procStatus() {
			time.Sleep(5 * time.Millisecond)
		}
		debug.FreeOSMemory()
		now = procStatus()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		st := s.Stats()
		mu.Lock()
		must(json.NewEncoder(os.Stdout).Encode(floodReport{
			Threads: now.threads, Files: now.files, KiB: now.kib, Goroutines: runtime.NumGoroutine(),
			GoKiB: int((m.Sys - m.HeapReleased) / 1024), HeapKiB: int(m.HeapAlloc / 1024),
			Peers: st.Peers, Failures: st.HandshakeFailures, Answered: answered.Load(), Strangers: strangers,
		}))
		mu.Unlock()
	}
})

// floodTarget is the server's process, as the test sees it.
type floodTarget struct {
	endpoint, address string
	key               CurveKey
	out               *bufio.Scanner
	in                io.Writer
}

func newFloodTarget(t *testing.T, good CurveKey) *floodTarget {
	t.Helper()
	key, secret := newKeys(t)
	cmd := childCommand(t.Context(), floodServer, secret.Z85(), good.String())
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	f := &floodTarget{key: key, out: bufio.NewScanner(out), in: in}
	if !f.out.Scan() {
		t.Fatal("the server does not start")
	}
	f.endpoint = f.out.Text()
	f.address = strings.TrimPrefix(f.endpoint, "tcp://")
	return f
}

// report returns what the server has to say when it has so many peers, and no more descriptors than these.
func (f *floodTarget) report(t *testing.T, peers, files int) (r floodReport) {
	t.Helper()
	fmt.Fprintln(f.in, peers, files)
	if !f.out.Scan() {
		t.Fatal("the server is gone")
	}
	if err := json.Unmarshal(f.out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func noise(n int) string {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rand.Uint32())
	}
	return string(p)
}

// badBytes are what untrusted peers say that do not use libzmq.
var badBytes = []func() string{
	func() string {
		return greeting("CURVE", 0) + command("HELLO", "\x01\x00"+strings.Repeat("\x00", 72)+noise(32+8+80)) // a box that cannot be opened
	},
	func() string { return greeting("CURVE", 0) + command("HELLO", "\x01\x00"+strings.Repeat("\x00", 194)) },
	func() string { return greeting("CURVE", 0) + command("HELLO", noise(200))[:rand.IntN(200)] }, // cut off
	func() string { return greeting("CURVE", 0) + command("INITIATE", noise(200)) },
	func() string { return greeting("CURVE", 0) + command("READY", "") + command("MESSAGE", noise(100)) },
	func() string { return greeting("CURVE", 1) + command("WELCOME", noise(160)) }, // a server as well
	func() string { return greeting("CURVE", 0) + "\x00\x05good!" },                // a message before the handshake
	func() string { return greeting("CURVE", 0) + "\x06\x3f" + noise(300) },        // a command of 2^62 bytes
	func() string { return greeting("CURVE", 0) },
	func() string { return greeting("NULL", 0) + command("READY", "\x0bSocket-Type\x00\x00\x00\x03REQ") },
	func() string { return greeting("PLAIN", 0) + command("HELLO", "\x03ann\x08password") },
	func() string { return greeting("XYZZY", 0) + noise(50) },
	func() string { return greeting("CURVE", 0)[:rand.IntN(64)] },
	func() string { return "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x03" + "\x00\x00\x00\x05good!" }, // ZMTP 2.0
	func() string { return "\x01\x00\x06\x00good!" },                                                      // ZMTP 1.0
	func() string { return "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" },
	func() string { return noise(1 + rand.IntN(4096)) },
	func() string { return "" },
}

// badMouth says what it is given, and hears the server out, or leaves at once, or cuts the connection.
func (f *floodTarget) badMouth(text string, manner int) error {
	conn, err := net.Dial("tcp", f.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.Write([]byte(text)) // which fails where the server has hung up already
	switch manner % 3 {
	case 0:
		conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // who said too little waits in vain
		io.Copy(io.Discard, conn)
	case 1:
		conn.(*net.TCPConn).SetLinger(0)
	}
	return nil
}

// badClients are libzmq's, with everything wrong that can be. None but the first has a
// valid pair of keys and the server's key too.
func (f *floodTarget) badClients(t *testing.T, good CurveKey, goodSecret CurveSecretKey) map[string][]SocketOption {
	public, secret := newKeys(t)
	return map[string][]SocketOption{
		"another key":                {CurveClient(f.key, public, secret)},
		"another server's key":       {CurveClient(public, good, goodSecret)},
		"its own as the server's":    {CurveClient(public, public, secret)},
		"no key of its own":          {CurveServerKey(f.key)},
		"a key without its secret":   {CurveServerKey(f.key), CurvePublicKey(good), CurveOwnSecretKey(secret)},
		"PLAIN":                      {PlainClient("ann", "password")},
		"no security":                nil,
		"CURVE, and server as well":  {CurveServer(secret)},
		"PLAIN, and server as well ": {PlainServer()},
	}
}

// floodGuests are the good clients of a flood.
type floodGuests struct {
	t       *testing.T
	to      string        // the server's endpoint
	key     SocketOption  // by which it lets them in
	served  atomic.Uint64 // requests of those that stay
	late    atomic.Uint64 // requests of those that came during the flood
	slowest atomic.Int64
}

// ask sends a request, and reports whether it has come back.
func (g *floodGuests) ask(s *Socket, text string) bool {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := s.SendParts(ctx, []byte(text))
	if err == nil {
		var reply [][]byte
		if reply, err = s.RecvParts(ctx); err == nil && string(reply[0]) != text {
			err = fmt.Errorf("the reply is %q", reply)
		}
	}
	if err != nil {
		g.t.Errorf("%s is not served: %v", text, err)
		return false
	}
	g.slowest.Store(max(g.slowest.Load(), int64(time.Since(began))))
	return true
}

// stay has n clients ask one request after the other, until the context ends. It returns when each has had a reply.
func (g *floodGuests) stay(ctx context.Context, n int, work *sync.WaitGroup) {
	begun := make(chan struct{}, n)
	for c := range n {
		s := newTestSocket(g.t, newTestContext(g.t), Req, g.key)
		connectTo(g.t, s, g.to)
		work.Add(1)
		go func() {
			defer work.Done()
			for i := 0; ctx.Err() == nil && g.ask(s, fmt.Sprintf("good client %d, request %d", c, i)); i++ {
				g.served.Add(1)
				if i == 0 {
					begun <- struct{}{}
				}
				time.Sleep(time.Millisecond) // leaves the processors to the flood
			}
		}()
	}
	for range n {
		select {
		case <-begun:
		case <-patient(g.t).Done():
			g.t.Fatal("a good client is not served before the flood")
		}
	}
}

// come has a client that was not there before ask once.
func (g *floodGuests) come(i int) {
	s := newTestSocket(g.t, newTestContext(g.t), Req, g.key)
	defer s.Close()
	connectTo(g.t, s, g.to)
	if g.ask(s, "good, and new "+strconv.Itoa(i)) {
		g.late.Add(1)
	}
}

// flood makes n bad handshakes, eight at a time: of each kind of bad bytes, and every tenth one by libzmq. Meanwhile ten good
// clients come.
func (f *floodTarget) flood(t *testing.T, n int, guests *floodGuests, bad map[string][]SocketOption) {
	c := newTestContext(t)
	defer c.Close()
	var clients [][]SocketOption
	for name, opts := range bad {
		opts = append(opts, Linger(0), ReconnectInterval(10*time.Millisecond), HandshakeInterval(100*time.Millisecond))
		clients = append(clients, opts)
		s, err := c.NewSocket(Dealer, opts...) // these try again all the time
		if err != nil {
			t.Fatal(name, err)
		}
		defer s.Close()
		connectTo(t, s, f.endpoint)
		s.SendParts(patient(t), nil, []byte("bad: "+name))
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				if i%10 == 0 {
					f.visit(t, c, clients[i/10%len(clients)])
				} else if err := f.badMouth(badBytes[i%len(badBytes)](), i/len(badBytes)); err != nil {
					t.Error(err)
					return
				}
				if i%(n/10+1) == 0 {
					guests.come(i)
				}
			}
		}()
	}
	all.Wait()
}

// TestFlood makes bad handshakes of every kind against a CURVE server in a process of its own: no bad client gets in, good
// ones, old and new, are served throughout, and the server is afterwards as small as before.
func TestFlood(t *testing.T) {
	needsEngine(t, from423, "older ones keep who fails in the handshake until HandshakeInterval is over")
	if !authHere(t) {
		return
	}
	const goods = 3
	good, goodSecret := newKeys(t)
	f := newFloodTarget(t, good)
	guests := &floodGuests{t: t, to: f.endpoint, key: CurveClient(f.key, good, goodSecret)}
	flood := func(n int) { f.flood(t, n, guests, f.badClients(t, good, goodSecret)) }

	var work sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer work.Wait()
	defer stop()
	guests.stay(ctx, goods, &work)
	flood(*floodSize/5 + 2*len(badBytes)) // so that all is there that stays
	before := f.report(t, goods, 1<<20)
	was, began := guests.served.Load(), time.Now()
	flood(*floodSize)
	took, during := time.Since(began), guests.served.Load()-was
	after := f.report(t, goods, before.Files)
	stop()
	work.Wait()

	t.Logf("%d bad handshakes in %v; meanwhile %d requests of good clients were answered, the slowest of all in %v, and %d of new ones; %d handshakes failed",
		*floodSize, took, during, time.Duration(guests.slowest.Load()), guests.late.Load(), after.Failures-before.Failures)
	if during < 10 || guests.late.Load() == 0 {
		t.Errorf("%d requests were answered during the flood, and %d of new clients", during, guests.late.Load())
	}
	if after.Peers != goods {
		t.Errorf("the server has %d peers, want the %d good clients", after.Peers, goods)
	}
	expectUnharmed(t, before, after)
}

// expectUnharmed compares what the server says about itself before and after a flood.
func expectUnharmed(t *testing.T, before, after floodReport) {
	t.Helper()
	t.Logf("the server, before and after: %d and %d KiB resident, %d and %d of Go's, %d and %d in its heap; %d and %d descriptors; %d and %d threads; %d and %d goroutines",
		before.KiB, after.KiB, before.GoKiB, after.GoKiB, before.HeapKiB, after.HeapKiB, before.Files, after.Files, before.Threads, after.Threads, before.Goroutines, after.Goroutines)
	if len(after.Strangers) > 0 {
		t.Errorf("strangers got in: %v", after.Strangers)
	}
	if failed := after.Failures - before.Failures; failed < uint64(*floodSize)/3 {
		t.Errorf("only %d handshakes failed of %d bad ones", failed, *floodSize)
	}
	if after.Files > before.Files || after.Threads > before.Threads+4 || after.Goroutines > before.Goroutines+4 {
		t.Errorf("something is left of the flood: %+v, and before it %+v", after, before)
	}
	// The race detector keeps books about every connection: there the size says nothing.
	if grown := after.KiB - before.KiB; grown > floodGrowth && !raced {
		t.Errorf("the server has grown by %d KiB", grown)
	}
}

// floodGrowth is how many KiB a server may grow by, whatever the size of the flood.
const floodGrowth = 16 << 10

// visit makes one client of libzmq knock.
func (f *floodTarget) visit(t *testing.T, c *Context, opts []SocketOption) {
	s, err := c.NewSocket(Dealer, opts...)
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	m, err := s.Monitor(EventHandshakeSucceeded | EventHandshakeFailed | EventDisconnected)
	if err != nil {
		t.Error(err)
		return
	}
	defer m.Close()
	if err := s.Connect(f.endpoint); err != nil {
		t.Error(err)
		return
	}
	s.Send([]byte("bad: let me in"), DontWait)
	if e, err := m.Next(patient(t)); err != nil || e.Type == EventHandshakeSucceeded {
		t.Errorf("a bad client saw %v, %v", e, err)
	}
}
