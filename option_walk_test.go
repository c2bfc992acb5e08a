package zmq

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	walkFor  = flag.Duration("options", 3*time.Second, "how long TestOptionsWalk sets options; all of them take some minutes")
	walkSeed = flag.Uint64("options-seed", 0, "the order in which TestOptionsWalk takes them; 0 takes a random one")
	walkOnly = flag.String("options-case", "", "the one case, by its number, that TestOptionsWalk runs, again and again")
)

// TestOptionsWalk sets every option of sockets and contexts to values from both ends of its range and beyond, alone and
// together with those that touch it, on every type of socket, with and without privileges: before Bind and Connect and after, under
// traffic over tcp, ipc and inproc, with raw peers. Whatever is accepted must not end the process.
func TestOptionsWalk(t *testing.T) {
	needsAPI(t, Version{4, 2, 3}, "the walk sets the options of the engine at hand, most of which are newer")
	seed := *walkSeed
	if seed == 0 {
		seed = rand.Uint64() >> 1
	}
	users := []string{"as-is"}
	if dropPrivileges != nil && os.Getuid() == 0 {
		users = append(users, "nobody")
	}
	var ran atomic.Int64
	var wg sync.WaitGroup
	for i, user := range users {
		wg.Add(1)
		go func() {
			defer wg.Done()
			at := filepath.Join(t.TempDir(), "at")
			if os.WriteFile(at, nil, 0o666) != nil || os.Chmod(at, 0o666) != nil {
				t.Error("no file for the cases at hand")
				return
			}
			f, err := os.OpenFile(at, os.O_RDWR, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			out, err := tryChild(*walkFor+2*patience, walkChild, seed, i, len(users), *walkFor, fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd()), user, "case="+*walkOnly)
			if err != nil {
				nameDeadCases(t, at, user, seed, err, out)
				return
			}
			n, err := strconv.Atoi(strings.TrimSpace(out))
			if err != nil {
				t.Errorf("as %s the child says %s", user, out)
			}
			ran.Add(int64(n))
		}()
	}
	wg.Wait()
	t.Logf("%d of %d cases in the order of -options-seed %d", ran.Load(), len(walkCases()), seed)
	if ran.Load() < 10 && !t.Failed() && *walkFor >= time.Second {
		t.Errorf("only %d cases", ran.Load())
	}
}

// nameDeadCases finds out which of the cases that were under way when a child ended made it do so.
func nameDeadCases(t *testing.T, at, user string, seed uint64, err error, out string) {
	text, _ := os.ReadFile(at)
	cases := walkCases()
	t.Errorf("as %s, -options-seed %d: %v\n%s", user, seed, err, out)
	for _, field := range strings.Fields(string(text)) {
		n, convErr := strconv.Atoi(field)
		if convErr != nil || n < 0 || n >= len(cases) {
			continue
		}
		out, err := tryChild(patience, walkChild, seed, 0, 1, time.Second, os.DevNull, user, "case="+field)
		if err != nil {
			t.Errorf("it is -options-case %d: %v: %v\n%s", n, cases[n], err, out)
		} else {
			t.Logf("under way was case %d: %v", n, cases[n])
		}
	}
}

// dropPrivileges makes the process an ordinary user's, where the tests know how.
var dropPrivileges func()

const walkLanes = 16

var walkChild = child("options-walk", func(args []string) {
	seed := mustGet(strconv.ParseUint(args[0], 10, 64))
	part, parts := mustGet(strconv.Atoi(args[1])), mustGet(strconv.Atoi(args[2]))
	limit := time.Now().Add(mustGet(time.ParseDuration(args[3])))
	at := mustGet(os.OpenFile(args[4], os.O_WRONLY, 0))
	if args[5] == "nobody" {
		dropPrivileges()
	}
	cases := walkCases()
	order := rand.New(rand.NewPCG(seed, 2)).Perm(len(cases))
	only, onlyErr := strconv.Atoi(strings.TrimPrefix(args[6], "case="))
	dir := mustGet(os.MkdirTemp("", "zmq"))
	defer os.RemoveAll(dir)
	var next, ran atomic.Int64
	next.Store(int64(part))
	var wg sync.WaitGroup
	for lane := range walkLanes {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(limit) {
				i := int(next.Add(int64(parts))) - parts
				if i >= len(order) && onlyErr != nil {
					return
				}
				n := only
				if onlyErr != nil {
					n = order[i]
				}
				at.WriteAt(fmt.Appendf(nil, "%-9d\n", n), int64(10*lane))
				runWalkCase(cases[n], filepath.Join(dir, strconv.Itoa(lane)), rand.New(rand.NewPCG(seed, uint64(n))))
				ran.Add(1)
			}
			at.WriteAt(fmt.Appendf(nil, "%-9d\n", -1), int64(10*lane))
		}()
	}
	wg.Wait()
	fmt.Println(ran.Load())
})

// wants reports whether the case is about an option that is set to something.
func (c walkCase) wants(prefix string) bool {
	for _, o := range c.opts {
		if strings.HasPrefix(o.row.name, prefix) && (o.num != 0 || o.str != "") {
			return true
		}
	}
	return false
}

// hasty reports whether connections are made again without a pause.
func (c walkCase) hasty() bool {
	return slices.ContainsFunc(c.opts, func(o SocketOption) bool { return o.row.name == "ReconnectInterval" && o.num == 0 })
}

// apply sets the options; what it answers must be an error of this package.
func (c walkCase) apply(s *Socket) {
	for _, o := range c.opts {
		var err error
		switch {
		case !c.numbers || o.row.id < 0 || o.row.apply != nil:
			err = s.Set(o)
		case o.row.kind == kindBytes:
			err = s.SetsockoptBytes(o.row.id, []byte(o.str))
		case o.row.kind == kindInt64 || o.row.kind == kindUint64:
			err = s.SetsockoptInt64(o.row.id, o.num)
		default:
			err = s.SetsockoptInt(o.row.id, int(o.num))
		}
		var op *OpError
		if err != nil && (!errors.As(err, &op) || op.Option == "" || len(op.Err.Error()) < 20 && !errors.Is(err, ErrClosed)) {
			panic(fmt.Sprintf("%v: the error is %v", c, err))
		}
	}
}

// runWalkCase uses a socket with the options in all the ways, and closes it.
func runWalkCase(c walkCase, dir string, r *rand.Rand) {
	zc, err := NewContext(append([]ContextOption{CloseTimeout(20 * time.Millisecond)}, c.context...)...)
	if err != nil {
		var op *OpError
		if !errors.As(err, &op) || op.Option == "" {
			panic(fmt.Sprintf("%v: %v", c, err))
		}
		return
	}
	defer endContext(zc)
	s, err := zc.NewSocket(c.typ, Linger(0))
	if err != nil {
		panic(fmt.Sprintf("%v: %v", c, err))
	}
	c.apply(s)
	c.boundLinger(s)
	s.Set(SendTimeout(time.Millisecond), RecvTimeout(time.Millisecond))
	w := &walk{walkCase: c, zc: zc, s: s, r: r}
	defer w.end()
	w.attach(dir)
	w.rawPeers()
	w.traffic()
	c.apply(s) // while there are connections
	c.boundLinger(s)
	s.Set(SendTimeout(time.Millisecond), RecvTimeout(time.Millisecond))
	w.attach(dir + "2")
	w.traffic()
	w.detach()
	w.traffic()
}

// boundLinger bounds the Linger of a socket whose connections the engine ends for good by itself: what waits for them lingers from
// then on, whatever bounds the context's end.
func (c walkCase) boundLinger(s *Socket) {
	if c.wants("Linger") && (c.wants("ReconnectInterval") || c.wants("ReconnectStop")) {
		s.Set(Linger(10 * time.Millisecond))
	}
}

// walk is a case under way.
type walk struct {
	walkCase
	zc    *Context
	s     *Socket
	r     *rand.Rand
	peer  *Socket
	bound []string
	conns []net.Conn
	wait  []net.Listener
}

// attach binds and connects the socket, and a peer to it.
func (w *walk) attach(path string) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://" + path, "inproc://" + path, "tcp://lo:*"} {
		if w.s.Bind(endpoint) != nil {
			continue
		}
		if last, err := w.s.LastEndpoint(); err == nil {
			endpoint = last
		}
		w.bound = append(w.bound, endpoint)
	}
	if w.typ != Stream && w.peer == nil {
		w.peer, _ = w.zc.NewSocket(peerOf(w.typ), Linger(0), SendTimeout(time.Millisecond), RecvTimeout(time.Millisecond))
	}
	for _, endpoint := range w.bound {
		if w.peer != nil && !strings.HasPrefix(endpoint, "tcp://[") && !strings.HasPrefix(endpoint, "tcp://0") {
			w.peer.Connect(endpoint)
		}
	}
	if w.peer != nil && w.peer.Type() == Sub {
		w.peer.Set(Subscribe(""))
	}
	if w.wants("SOCKSProxy") {
		return // libzmq can end the process when it closes a connection by way of a proxy that does not answer
	}
	if w.hasty() {
		return // all would wait for an I/O thread that tries again without a pause
	}
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		w.wait = append(w.wait, l)
		w.s.Connect("tcp://" + l.Addr().String())
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.SetDeadline(time.Now().Add(patience))
				conn.Write(rawGreeting(w.peerType()))
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
		}()
	}
	w.s.Connect("tcp://127.0.0.1:1")
}

// peerType is what a raw peer calls itself.
func (w *walk) peerType() SocketType {
	if w.typ == Stream {
		return Dealer
	}
	return peerOf(w.typ)
}

// rawPeers come to the bound tcp endpoints, say something and are gone.
func (w *walk) rawPeers() {
	for _, endpoint := range w.bound {
		address, tcp := strings.CutPrefix(endpoint, "tcp://")
		if !tcp {
			continue
		}
		for kind := range 3 {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				continue
			}
			w.conns = append(w.conns, conn)
			conn.SetDeadline(time.Now().Add(20 * time.Millisecond))
			if kind > 0 && w.wants("Conflate") {
				continue // a message of several parts ends the process
			}
			conn.Write(w.rawWords(kind))
			if kind == 0 {
				conn.Read(make([]byte, 64))
			}
		}
	}
}

// rawWords are a peer's first words: a handshake and messages, one of ZMTP 1.0, or nonsense.
func (w *walk) rawWords(kind int) []byte {
	message := []byte("\x00\x03abc\x00\x05\x01topi")
	if w.typ == Rep || w.typ == Req {
		message = []byte("\x01\x00\x00\x03abc")
	} else if !w.wants("Conflate") && !w.wants("Heartbeat") { // with these, several parts or a full queue end the process
		message = append(message, []byte("\x01\x01a\x01\x00\x00\x03abc\x04\x05\x04PING")...)
	}
	switch kind {
	case 0:
		return append(rawGreeting(w.peerType()), message...)
	case 1:
		return []byte("\x01\x00\x02\x00x\x02\x00y")
	}
	nonsense := make([]byte, w.r.IntN(200))
	for i := range nonsense {
		nonsense[i] = byte(w.r.Uint32())
	}
	return nonsense
}

// rawGreeting is a handshake of ZMTP 3.0 without security.
func rawGreeting(typ SocketType) []byte {
	g := make([]byte, 64)
	copy(g, "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL")
	name := strings.ToUpper(typ.String())
	body := "\x05READY\x0bSocket-Type\x00\x00\x00" + string(rune(len(name))) + name + "\x08Identity\x00\x00\x00\x06worker"
	return append(append(g, 4, byte(len(body))), body...)
}

// traffic sends and receives what can be, both ways.
func (w *walk) traffic() {
	for range 2 {
		for _, s := range []*Socket{w.peer, w.s} {
			if s == nil {
				continue
			}
			s.Send([]byte("\x01word"), DontWait)
			if !w.wants("Conflate") {
				s.SendParts(forever, []byte("worker"), nil, []byte("words"))
			}
			s.Recv(nil, DontWait)
			s.RecvParts(forever)
		}
	}
}

// detach takes one endpoint off.
func (w *walk) detach() {
	if w.wants("Linger") {
		return // what waits for that peer would linger as long, whatever bounds the context's end
	}
	if len(w.bound) > 0 {
		w.s.Unbind(w.bound[w.r.IntN(len(w.bound))])
	}
	if len(w.wait) > 0 {
		w.s.Disconnect("tcp://" + w.wait[0].Addr().String())
	}
}

// end breaks the connections and closes the sockets, the one or the other first.
func (w *walk) end() {
	hang := func() {
		for _, c := range w.conns {
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
		for _, l := range w.wait {
			l.Close()
		}
	}
	if w.r.IntN(2) == 0 {
		hang()
		hang = func() {}
	}
	if !w.wants("Linger") {
		w.s.Close()
	} // else the context bounds it
	if w.peer != nil {
		w.peer.Close()
	}
	hang()
}
