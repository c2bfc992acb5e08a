package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

var (
	callsFor  = flag.Duration("calls", time.Second, "how long TestCalls makes random calls")
	callsSeed = flag.Uint64("calls-seed", 0, "the first sequence of TestCalls; 0 takes a random one")
)

// FuzzCalls makes the calls that the input spells, from several goroutines. Whatever they are, the engine must
// not abort the process, which ends the fuzzing with the input that did it, and all of them must end.
func FuzzCalls(f *testing.F) {
	needsEngine(f, Version{3, 2, 0}, "peers of any kind end the process of a pair, rep or xpub of 3.1")
	for seed := range uint64(8) {
		f.Add(callsOf(seed))
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 4000 {
			return
		}
		dir, err := os.MkdirTemp("", "zmq")
		must(err)
		defer os.RemoveAll(dir)
		runCalls(program, dir)
	})
}

// TestCalls makes random calls in a child process and counts the sequences.
func TestCalls(t *testing.T) {
	needsEngine(t, Version{3, 2, 0}, "peers of any kind end the process of a pair, rep or xpub of 3.1")
	seed := *callsSeed
	if seed == 0 {
		seed = rand.Uint64() >> 1
	}
	dir, err := os.MkdirTemp("", "zmq")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	out, err := tryChild(*callsFor+2*patience, callsChild, seed, *callsFor, dir)
	if err != nil {
		at, _ := os.ReadFile(filepath.Join(dir, "seed"))
		t.Fatalf("sequence %s (-calls-seed): %v\n%s", at, err, out)
	}
	t.Log(strings.TrimSpace(out))
}

var callsChild = child("calls", func(args []string) {
	seed := mustGet(strconv.ParseUint(args[0], 10, 64))
	limit := time.Now().Add(mustGet(time.ParseDuration(args[1])))
	dir := args[2]
	// Where a sequence aborts the process this file names it.
	at := mustGet(os.Create(filepath.Join(dir, "seed")))
	sequences, calls := 0, 0
	for time.Now().Before(limit) {
		mustGet(at.WriteAt(fmt.Appendf(nil, "%d", seed), 0))
		scratch := filepath.Join(dir, "d")
		must(os.MkdirAll(scratch, 0o700))
		calls += runCalls(callsOf(seed), scratch)
		must(os.RemoveAll(scratch))
		sequences++
		seed++
	}
	fmt.Printf("%d sequences, %d calls\n", sequences, calls)
})

// callsOf returns a random program.
func callsOf(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	program := make([]byte, 40+r.IntN(600))
	for i := range program {
		program[i] = byte(r.Uint32())
	}
	return program
}

// world is what the calls of one program act upon. Its slots are shared between goroutines and keep what was closed.
// Half of the programs send messages of one part only, with which more is allowed.
type world struct {
	dir   string
	whole bool

	mu       sync.Mutex
	contexts [2]*Context
	sockets  [8]*Socket
	messages [4]*Message
	batches  [2]*Batch
}

// runCalls runs the program, a part of it in each of several goroutines, ends what it has made, and returns the
// number of calls.
func runCalls(program []byte, dir string) int {
	w := &world{dir: dir}
	const lanes = 3
	var wg sync.WaitGroup
	var calls [lanes]int
	if len(program) > 0 {
		// The first bytes run alone, so that there is something to share.
		head := min(len(program), 1+int(program[0])%60)
		w.whole = program[0] >= 128
		calls[0] += w.run(program[:head])
		program = program[head:]
	}
	for lane := range lanes {
		wg.Add(1)
		go func() {
			defer wg.Done()
			calls[lane] += w.run(program[len(program)*lane/lanes : len(program)*(lane+1)/lanes])
		}()
	}
	wg.Wait()
	w.end()
	return calls[0] + calls[1] + calls[2]
}

func (w *world) end() {
	for _, m := range w.messages {
		if m != nil {
			m.Close()
		}
	}
	for _, b := range w.batches {
		if b != nil {
			b.Close()
		}
	}
	w.mu.Lock()
	contexts := w.contexts
	w.mu.Unlock()
	for _, c := range contexts {
		if c != nil {
			endContext(c)
		}
	}
}

// endContext terminates a context for good. Sockets in it linger for milliseconds at most.
func endContext(c *Context) {
	err := c.Close()
	// The threads of the engine may have to wait long for a processor.
	for limit := time.Now().Add(3 * patience); err != nil && time.Now().Before(limit); err = c.Close() {
		time.Sleep(time.Millisecond)
	}
	must(err)
}

// script hands out the bytes of a program; when they have run out it hands out zeros.
type script struct {
	rest  []byte
	whole bool
}

func (p *script) n(limit int) int {
	if len(p.rest) == 0 {
		return 0
	}
	v := p.rest[0]
	p.rest = p.rest[1:]
	return int(v) % limit
}

func (w *world) run(program []byte) (calls int) {
	p := &script{program, w.whole}
	for len(p.rest) > 0 {
		callKinds[p.n(len(callKinds))](w, p)
		calls++
	}
	return calls
}

func (w *world) socket(p *script) *Socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.sockets[p.n(len(w.sockets))]
	if s == nil {
		return w.anySocket()
	}
	return s
}

// forgettableSocket makes a socket that a later call may forget: the slots are overwritten, and only the end of the
// context closes what was in them, unless the garbage collector comes first.
func forgettableSocket(c *Context, t SocketType, opts ...SocketOption) (*Socket, error) {
	return c.NewSocket(t, opts...)
}

// anySocket returns a socket, and makes one if there is none. w.mu is held.
func (w *world) anySocket() *Socket {
	for _, s := range w.sockets {
		if s != nil {
			return s
		}
	}
	s, err := forgettableSocket(w.context(0), Dealer, Linger(0))
	if err != nil {
		c := mustGet(NewContext(CloseTimeout(20 * time.Millisecond)))
		defer endContext(c)
		return mustGet(c.NewSocket(Dealer, Linger(0))) // will soon be a closed one
	}
	w.sockets[0] = s
	return s
}

// context returns the context in a slot, and makes it if need be. w.mu is held.
func (w *world) context(slot int) *Context {
	if w.contexts[slot] == nil {
		w.contexts[slot] = mustGet(NewContext(CloseTimeout(20 * time.Millisecond)))
	}
	return w.contexts[slot]
}

func briefly(p *script) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Duration(p.n(4))*300*time.Microsecond)
}

func (p *script) bytes() []byte {
	return make([]byte, []int{0, 1, 5, 30, 40, 300, 9000, 70000}[p.n(8)])
}

func (p *script) parts() [][]byte {
	parts := make([][]byte, []int{0, 1, 2, 3, 4, 5, 9, 40, 300}[p.n(9)])
	if p.whole && len(parts) > 1 {
		parts = parts[:1]
	}
	for i := range parts {
		if parts[i] = nil; i < 9 || i == len(parts)-1 {
			parts[i] = p.bytes()
		}
	}
	if len(parts) > 0 && p.n(3) == 0 {
		parts[0] = []byte{byte(p.n(2)), 'a'} // a subscription, where one is wanted
	}
	return parts
}

func (p *script) flags() Flag {
	if p.n(2) == 0 || p.whole {
		return DontWait
	}
	return DontWait | SndMore
}

func (w *world) endpoint(p *script) string {
	switch kind := p.n(16); {
	case kind < 7:
		return "inproc://" + string("abc"[p.n(3)])
	case kind < 10:
		return "ipc://" + filepath.Join(w.dir, string("xyz"[p.n(3)]))
	case kind < 12:
		return "tcp://127.0.0.1:*"
	case kind < 14:
		if last, err := w.socket(p).LastEndpoint(); err == nil {
			return last
		}
		return "tcp://127.0.0.1:1"
	case kind < 15:
		return "tcp://127.0.0.1:1"
	}
	return []string{"", "tcp://", "inproc://", "ipc://", "tcp://*:x", "tcp://nosuch0:*", "udp://127.0.0.1:5", "a\x00b"}[p.n(8)]
}

func (p *script) option() SocketOption {
	n := p.n(256)
	return []SocketOption{
		Linger(time.Duration(n%3) * time.Millisecond), SendTimeout(time.Duration(n%3) * 100 * time.Microsecond),
		RecvTimeout(time.Duration(n%3) * 100 * time.Microsecond), Identity(strings.Repeat("i", n%4)), Subscribe("a"[:n%2]),
		Unsubscribe("a"[:n%2]), MaxMsgSize(int64(n) * 50), Affinity(uint64(n % 3)), Backlog(n % 5),
		ReconnectInterval(time.Duration(n%20) * time.Millisecond), SendBuf(n * 10), RecvBuf(n * 10), IPv4Only(n%2 == 0),
		XPubVerbose(n%2 == 0), ReqRelaxed(n%2 == 0), ProbeRouter(n%2 == 0), Immediate(n%2 == 0), RouterHandover(n%2 == 0),
		// Sockets abort when a peer sends a message of several parts to one that keeps only the last part.
		Conflate(n%2 == 0 && p.whole),
	}[p.n(19)]
}

// device makes a device of any sockets, perhaps with a capture.
func (w *world) device(p *script) (*Device, error) {
	var opts []DeviceOption
	switch p.n(3) {
	case 1:
		opts = append(opts, WithCapture(w.socket(p)))
	case 2:
		opts = append(opts, WithLossyCapture(w.socket(p)))
	}
	return NewProxy(w.socket(p), w.socket(p), opts...)
}

// share opens a context once more, as C code does that has its handle, and uses a socket in it while others use the
// context. The two Contexts do not know of each other's inproc names, so that it keeps away from two things with which libzmq
// aborts the process (docs/limits.md): it connects to no inproc name, which the first Context could not bind at its end, and a Pair
// binds none, for which a Router of the first Context may wait.
func (w *world) share(p *script, handle unsafe.Pointer) error {
	c, err := BorrowContext(handle)
	if err != nil {
		return err
	}
	defer endContext(c)
	typ := []SocketType{Pair, Dealer, Router, Push, Pull, XPub, XSub}[p.n(7)]
	s, err := forgettableSocket(c, typ, Linger(0))
	if err != nil {
		return err
	}
	if endpoint := w.endpoint(p); typ != Pair || !strings.HasPrefix(endpoint, "inproc://") {
		s.Bind(endpoint)
	}
	if endpoint := w.endpoint(p); !strings.HasPrefix(endpoint, "inproc://") {
		s.Connect(endpoint)
	}
	ctx, cancel := briefly(p)
	defer cancel()
	s.SendParts(ctx, p.parts()...)
	s.RecvParts(ctx)
	if p.n(2) == 0 {
		s.Close() // else the end of the context does it
	}
	return nil
}

// callKinds are the calls that programs are made of. What they return does not matter.
var callKinds = []func(w *world, p *script){
	func(w *world, p *script) { // a socket of any type, and of some that do not exist
		w.mu.Lock()
		defer w.mu.Unlock()
		opts := []SocketOption{Linger(0), SendHWM(p.n(3)), RecvHWM(p.n(3))}
		if p.n(2) == 0 {
			opts = append(opts, p.option())
		}
		in, typ := p.n(2), SocketType(p.n(14))
		if p.whole && (typ == Req || typ == Rep) {
			return // their messages have an empty part on the wire
		}
		s, err := forgettableSocket(w.context(in), typ, opts...)
		if err == nil {
			at := p.n(len(w.sockets))
			if old := w.sockets[at]; old != nil && p.n(2) == 0 {
				old.Close()
			}
			w.sockets[at] = s
		}
	},
	func(w *world, p *script) { w.socket(p).Bind(w.endpoint(p)) },
	func(w *world, p *script) { w.socket(p).Connect(w.endpoint(p)) },
	func(w *world, p *script) {
		s, endpoint := w.socket(p), w.endpoint(p)
		// At other endpoints messages of several parts that are under way can make an engine without that gate abort.
		if p.whole || hardened("clean_pipes") || strings.HasPrefix(endpoint, "inproc://") {
			s.Unbind(endpoint)
		}
	},
	func(w *world, p *script) { w.socket(p).Disconnect(w.endpoint(p)) },
	func(w *world, p *script) { w.socket(p).Send(p.bytes(), p.flags()) },
	func(w *world, p *script) { w.socket(p).Recv(p.bytes(), p.flags()) },
	func(w *world, p *script) {
		ctx, cancel := briefly(p)
		defer cancel()
		w.socket(p).SendParts(ctx, p.parts()...)
	},
	func(w *world, p *script) {
		ctx, cancel := briefly(p)
		defer cancel()
		w.socket(p).RecvParts(ctx)
	},
	func(w *world, p *script) { w.socket(p).Close() },
	func(w *world, p *script) { w.socket(p).Set(p.option()) },
	func(w *world, p *script) {
		s := w.socket(p)
		s.Events()
		s.Type()
		_ = s.String()
		s.LastEndpoint()
		s.GetsockoptInt(p.n(128))
		s.GetsockoptBytes(p.n(128))
		Linger.Get(s)
		s.Stats()
	},
	func(w *world, p *script) {
		items := make([]PollItem, p.n(4))
		for i := range items {
			if p.n(5) == 0 {
				items[i].FD = p.n(20) - 1
			} else {
				items[i].Socket = w.socket(p)
			}
			items[i].Events = PollEvents(p.n(8))
		}
		Poll(items, time.Duration(p.n(3))*500*time.Microsecond)
	},
	func(w *world, p *script) { // messages, and the use of those that are gone
		i, j := p.n(len(w.messages)), p.n(len(w.messages))
		w.mu.Lock()
		m, from := w.messages[i], w.messages[j]
		if m == nil {
			m, _ = NewMessage(p.n(100))
			w.messages[i] = m
		}
		if p.n(4) == 0 {
			m, _ = CopyMessage(p.bytes())
			if old := w.messages[i]; old != nil {
				old.Close()
			}
			w.messages[i] = m
		}
		w.mu.Unlock()
		switch p.n(6) {
		case 0:
			w.socket(p).SendMsg(m, p.flags())
		case 1:
			w.socket(p).RecvMsg(m, p.flags())
		case 2:
			m.Close()
		case 3:
			if c, err := m.Copy(); err == nil {
				c.Close()
			}
		case 4:
			if from != nil {
				m.Move(from)
			}
		case 5:
			ctx, cancel := briefly(p)
			defer cancel()
			if p.whole {
				w.socket(p).SendMsgs(ctx, m)
			} else {
				w.socket(p).SendMsgs(ctx, m, m)
			}
		}
	},
	func(w *world, p *script) { // ends a context, now and then
		if p.n(4) != 0 {
			return
		}
		w.mu.Lock()
		c := w.context(p.n(2))
		w.mu.Unlock()
		switch p.n(4) {
		case 0:
			c.Shutdown()
		case 1:
			ctx, cancel := briefly(p)
			defer cancel()
			c.Term(ctx)
		default:
			c.Close()
		}
	},
	func(w *world, p *script) { // puts a new context, with few sockets, in the place of one that it ends
		if p.n(3) != 0 {
			return
		}
		opts := []ContextOption{CloseTimeout(20 * time.Millisecond), IOThreads(p.n(3))}
		if !atFloor() {
			opts = append(opts, MaxSockets(1+p.n(6)))
		}
		c := mustGet(NewContext(opts...))
		w.mu.Lock()
		i := p.n(2)
		old := w.contexts[i]
		w.contexts[i] = c
		w.mu.Unlock()
		if old != nil {
			endContext(old)
		}
	},
	func(w *world, p *script) { // bursts
		i := p.n(len(w.batches))
		w.mu.Lock()
		if w.batches[i] == nil {
			w.batches[i] = mustGet(NewBatch(1 + p.n(8)))
		}
		b := w.batches[i]
		w.mu.Unlock()
		ctx, cancel := briefly(p)
		defer cancel()
		switch kind := p.n(4); {
		case kind == 0:
			w.socket(p).SendBatch(ctx, b)
		case kind == 1 && !p.whole: // as for a proxy
			w.socket(p).RecvBatch(ctx, b)
		default:
			b.Add(p.parts()...)
		}
	},
	func(w *world, p *script) { // memory that is lent
		m, err := PinMessage(make([]byte, 1+p.n(200)*100), func() {})
		if err == nil {
			w.socket(p).SendMsg(m, p.flags())
			m.Close()
		}
	},
	func(w *world, p *script) {
		m, err := w.socket(p).Monitor(MonitorEventType(p.n(256)))
		if err != nil {
			return
		}
		ctx, cancel := briefly(p)
		defer cancel()
		m.Next(ctx)
		m.Close()
	},
	func(w *world, p *script) {
		poller, err := NewPoller()
		if err != nil {
			return
		}
		defer poller.Close()
		for range p.n(4) {
			poller.Add(w.socket(p), PollEvents(p.n(4)))
		}
		ctx, cancel := briefly(p)
		defer cancel()
		poller.Wait(ctx)
		poller.Remove(w.socket(p))
		poller.Wait(ctx)
	},
	func(w *world, p *script) {
		if p.whole {
			return // what comes from a ROUTER has several parts
		}
		d, err := w.device(p)
		if err != nil {
			return
		}
		ctx, cancel := briefly(p)
		defer cancel()
		d.Run(ctx)
	},
	func(w *world, p *script) { // a context that C code shares
		w.mu.Lock()
		c := w.context(p.n(2))
		w.mu.Unlock()
		c.Raw(func(handle unsafe.Pointer) error { return w.share(p, handle) })
	},
	func(w *world, p *script) {
		if p.whole {
			return // a request has a number in front
		}
		ctx, cancel := briefly(p)
		defer cancel()
		if _, err := w.socket(p).Request(ctx, p.parts()...); errors.Is(err, EINTR) {
			panic("EINTR")
		}
	},
	func(w *world, p *script) { // numbers that mean nothing, or something else
		id := p.n(128)
		switch id {
		case 17, 89:
			return // the linger period, and a descriptor to take over (ZMQ_USE_FD)
		case 23, 24:
			if pretended.Load() != 0 {
				return // high-water marks: engines before 4.2 may be told at any time, what runs here may not
			}
		case 54:
			if !p.whole {
				return // Conflate: see option
			}
		}
		var raw [8]byte
		binary.LittleEndian.PutUint64(raw[:], uint64(p.n(256)))
		switch s := w.socket(p); p.n(3) {
		case 0:
			s.SetsockoptInt(id, p.n(256)-1)
		case 1:
			s.SetsockoptInt64(id, int64(p.n(256)-1))
		case 2:
			s.SetsockoptBytes(id, raw[:p.n(9)])
		}
	},
}
