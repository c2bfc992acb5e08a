package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
)

// patience is how long anything may take that has to happen: the flag of that name.
var patience = 20 * time.Second

// targetVariable makes the test binary the process that is thrown at: it holds a folder.
const targetVariable = "WIRE_TARGET"

// kind is one bound socket of the target.
type kind struct {
	name   string
	socket zmq.SocketType
	peers  []string // who may talk to it, as the protocol calls them
	good   zmq.SocketType
	opts   []zmq.SocketOption
}

var serverKey, serverSecret, clientKey, clientSecret = keys()

// keys are made anew in each process: the target tells nobody, since untrusted peers need none to be heard.
func keys() (zmq.CurveKey, zmq.CurveSecretKey, zmq.CurveKey, zmq.CurveSecretKey) {
	if spec := strings.Fields(os.Getenv(keysVariable)); len(spec) == 2 {
		server, err1 := zmq.ParseCurveSecretKey(spec[0])
		client, err2 := zmq.ParseCurveSecretKey(spec[1])
		serverPublic, err3 := server.PublicKey()
		clientPublic, err4 := client.PublicKey()
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			panic(err)
		}
		return serverPublic, server, clientPublic, client
	}
	serverPublic, server, err := zmq.NewCurveKeyPair()
	if err != nil {
		panic(err)
	}
	clientPublic, client, err := zmq.NewCurveKeyPair()
	if err != nil {
		panic(err)
	}
	return serverPublic, server, clientPublic, client
}

const keysVariable = "WIRE_KEYS"

// harshVariable makes the target harsh to its engine.
const harshVariable = "WIRE_HARSH"

// kinds are bareKinds, and all of them behind CURVE that can be.
var kinds = func() []kind {
	all := bareKinds
	for _, k := range bareKinds {
		if k.socket != zmq.Stream && k.name != "REP+PLAIN" {
			k.name += "+CURVE"
			k.opts = append([]zmq.SocketOption{zmq.CurveServer(serverSecret)}, k.opts...)
			all = append(all, k)
		}
	}
	return all
}()

// harshOptions are what a kind has besides if the engine can be trusted with it: full queues and heartbeats. A PUSH keeps its
// queue, since nobody takes anything from it: who sends more than it holds stays, see docs/limits.md.
func (k kind) harshOptions() []zmq.SocketOption {
	opts := []zmq.SocketOption{zmq.Heartbeat(20*time.Millisecond, 2*time.Second), zmq.SendHWM(2)}
	if k.socket != zmq.Push {
		opts = append(opts, zmq.RecvHWM(2))
	}
	return opts
}

func (k kind) curve() bool { return strings.HasSuffix(k.name, "+CURVE") }

var bareKinds = []kind{
	{"PAIR", zmq.Pair, []string{"PAIR"}, zmq.Pair, nil},
	{"PUB", zmq.Pub, []string{"SUB", "XSUB"}, zmq.Sub, nil},
	{"SUB", zmq.Sub, []string{"PUB", "XPUB"}, zmq.Pub, nil},
	{"REQ", zmq.Req, []string{"REP", "ROUTER"}, zmq.Rep, nil},
	{"REP", zmq.Rep, []string{"REQ", "DEALER"}, zmq.Req, nil},
	{"DEALER", zmq.Dealer, []string{"REP", "DEALER", "ROUTER"}, zmq.Dealer, nil},
	{"ROUTER", zmq.Router, []string{"REQ", "DEALER", "ROUTER"}, zmq.Dealer, nil},
	{"PULL", zmq.Pull, []string{"PUSH"}, zmq.Push, nil},
	{"PUSH", zmq.Push, []string{"PULL"}, zmq.Pull, nil},
	{"XPUB", zmq.XPub, []string{"SUB", "XSUB"}, zmq.Sub, nil},
	{"XSUB", zmq.XSub, []string{"PUB", "XPUB"}, zmq.Pub, nil},
	{"STREAM", zmq.Stream, []string{"STREAM"}, zmq.Stream, []zmq.SocketOption{zmq.StreamNotify(false)}},
	{"REP+PLAIN", zmq.Rep, []string{"REQ", "DEALER"}, zmq.Req, []zmq.SocketOption{zmq.PlainServer()}},
	{"ROUTER+options", zmq.Router, []string{"REQ", "DEALER", "ROUTER"}, zmq.Dealer, []zmq.SocketOption{
		zmq.RouterHandover(true), zmq.ProbeRouter(true), zmq.MaxMsgSize(10_000),
	}},
	{"DEALER+options", zmq.Dealer, []string{"REP", "DEALER", "ROUTER"}, zmq.Dealer, []zmq.SocketOption{
		zmq.RecvHWM(0), zmq.MaxMsgSize(10_000), zmq.Heartbeat(10*time.Millisecond, 10*time.Second),
	}},
	{"XPUB+options", zmq.XPub, []string{"SUB", "XSUB"}, zmq.Sub, []zmq.SocketOption{
		zmq.XPubVerboser(true), zmq.XPubWelcomeMsg("welcome"), zmq.XPubNoDrop(true), zmq.MaxMsgSize(10_000),
	}},
}

// target is the running process.
type target struct {
	cmd   *exec.Cmd
	dir   string
	at    [][2]string // tcp address and ipc path of each kind
	stdin interface{ Close() error }
	died  chan struct{} // closed when it has ended
	err   error         // what it ended with

	mu    sync.Mutex
	words map[string]chan struct{} // lines that are awaited
	odd   []string                 // lines that say that something is broken
	said  bytes.Buffer             // its standard error
}

func startTarget(t testing.TB) *target {
	t.Helper()
	dir, err := os.MkdirTemp("", "wire")
	if err != nil {
		t.Fatal(err)
	}
	g := &target{dir: dir, died: make(chan struct{}), words: map[string]chan struct{}{}}
	g.cmd = exec.Command(os.Args[0])
	g.cmd.Env = append(os.Environ(), targetVariable+"="+dir, keysVariable+"="+serverSecret.Z85()+" "+clientSecret.Z85())
	if *harsh {
		g.cmd.Env = append(g.cmd.Env, harshVariable+"=1")
	}
	g.cmd.Stderr = &g.said
	stdin, err := g.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := g.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.stdin = stdin
	lines := bufio.NewScanner(stdout)
	for range kinds {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), "at ") {
			g.cmd.Process.Kill()
			g.cmd.Wait()
			t.Fatalf("the target does not start: %q\n%s", lines.Text(), g.said.String())
		}
		f := strings.Fields(lines.Text())
		g.at = append(g.at, [2]string{f[1], f[2]})
	}
	go func() {
		for lines.Scan() {
			g.hear(lines.Text())
		}
		g.err = g.cmd.Wait()
		close(g.died)
	}()
	return g
}

func (g *target) hear(line string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if strings.HasPrefix(line, "broken") {
		g.odd = append(g.odd, line)
	}
	if heard := g.words[line]; heard != nil {
		close(heard)
		delete(g.words, line)
	}
}

// listen returns a channel that is closed when the target says a line.
func (g *target) listen(line string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	heard := make(chan struct{})
	g.words[line] = heard
	return heard
}

// health returns what is wrong with the target, nil if nothing is.
func (g *target) health() error {
	select {
	case <-g.died:
		return fmt.Errorf("the target died: %v\n%s", g.err, abortLine(g.said.String()))
	default:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.odd) > 0 {
		return errors.New(strings.Join(g.odd, "; "))
	}
	return nil
}

// abortLine returns the line in which the engine says why it aborts, or all if there is none.
func abortLine(said string) string {
	for _, line := range strings.Split(said, "\n") {
		if strings.Contains(line, "src/") && strings.Contains(line, "(") && !strings.Contains(line, "\t") {
			return line
		}
	}
	return said[:min(len(said), 2000)]
}

// held returns how many descriptors the target has for each of its sockets, "" being the rest, and none where nobody can tell.
func (g *target) held() map[string]int {
	proc := fmt.Sprintf("/proc/%d/", g.cmd.Process.Pid)
	owner := map[string]string{}
	tcp, _ := os.ReadFile(proc + "net/tcp")
	unix, _ := os.ReadFile(proc + "net/unix")
	for i, k := range kinds {
		_, port, _ := net.SplitHostPort(g.at[i][0])
		number, _ := strconv.Atoi(port)
		addInodes(owner, k.name, tcp, 9, 1, fmt.Sprintf("0100007F:%04X", number))
		addInodes(owner, k.name, unix, 6, 7, g.at[i][1])
	}
	n := map[string]int{}
	all, _ := os.ReadDir(proc + "fd")
	for _, fd := range all {
		to, _ := os.Readlink(proc + "fd/" + fd.Name())
		inode, socket := strings.CutPrefix(to, "socket:[")
		name := owner[strings.TrimSuffix(inode, "]")]
		if socket && name == "" {
			name = "PAIR?" // the kernel does not list what was reset, so that nobody can tell whose it was
		}
		n[name]++
	}
	return n
}

// addInodes adds those of a list of the kernel's that have an address.
func addInodes(all map[string]string, name string, list []byte, inode, column int, address string) {
	for _, line := range strings.Split(string(list), "\n") {
		if f := strings.Fields(line); len(f) > max(inode, column) && f[column] == address {
			all[f[inode]] = name
		}
	}
}

// files returns how many descriptors the target has, without those of sockets that keep some, see stays. Connections that were
// reset are not counted, since they may be such.
func (g *target) files() (sum int) {
	for name, n := range g.held() {
		if !stays(name) {
			sum += n
		}
	}
	return sum
}

// kept returns how many descriptors the sockets have that keep some.
func (g *target) kept() (sum int) {
	for name, n := range g.held() {
		if stays(name) {
			sum += n
		}
	}
	return sum
}

// stays reports whether the engine, hardened or not, keeps connections of a kind whose peer has gone, since nobody reads what they
// say: those that came in at a PAIR beside the one peer, see TestPairKeepsDescriptors; those that say more to a PUSH than its queue holds; at a ROUTER with handover, those whose name
// was taken over; and where queues are small, those at a ROUTER or REP that came with a name that was taken. Heartbeats end most
// of these, but not those with peers of ZMTP 1.0 and 2.0, which know none, nor those to whom the socket could not finish what
// it was saying.
func stays(name string) bool {
	return strings.HasPrefix(name, "PAIR") || strings.HasPrefix(name, "PUSH") || strings.HasPrefix(name, "ROUTER+options") ||
		*harsh && (strings.HasPrefix(name, "REP") || strings.HasPrefix(name, "ROUTER"))
}

// least returns the fewest descriptors that the target has while its last visitors leave.
func (g *target) least() int {
	n := g.files()
	for range 30 {
		time.Sleep(10 * time.Millisecond)
		n = min(n, g.files())
	}
	return n
}

// forgot returns an error unless the target gives back all descriptors but those that it had.
func (g *target) forgot(had int) error {
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		n := g.files()
		if n <= had {
			return nil
		}
		if time.Now().After(limit) {
			return fmt.Errorf("the target had %d descriptors before, and has %d when all have gone: %v", had, n, g.held())
		}
	}
}

// memory returns how many KiB of its own the target has in memory, 0 where nobody can tell.
func (g *target) memory() (kib int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
	if _, after, found := strings.Cut(string(status), "RssAnon:"); found {
		fmt.Sscan(after, &kib)
	}
	return kib
}

// sample writes how much memory the target has to a file, until the function that it returns is called.
func (g *target) sample(t *testing.T, name string, f *friend) (stop func()) {
	if name == "" {
		return func() {}
	}
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(out, "seconds,kib,conversations,descriptors")
	begun, quit, done := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		every := time.NewTicker(5 * time.Second)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				all, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", g.cmd.Process.Pid))
				fmt.Fprintf(out, "%.0f,%d,%d,%d\n", time.Since(begun).Seconds(), g.memory(), f.talks.Load(), len(all))
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	}
}

// end ends the target and returns what it ended with.
func (g *target) end() error {
	g.stdin.Close()
	select {
	case <-g.died:
	case <-time.After(patience):
		g.cmd.Process.Kill()
		<-g.died
	}
	os.RemoveAll(g.dir)
	if g.err != nil {
		return fmt.Errorf("%w\n%s", g.err, abortLine(g.said.String()))
	}
	return nil
}
