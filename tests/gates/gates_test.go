package gates

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
)

var (
	times   = flag.Int("times", 1, "how often each program runs on the hardened engine")
	lasting = flag.Duration("for", 0, "how long all programs of TestHarm go on in turns on the hardened engine after that")
	rounds  = flag.Int("rounds", 100, "how often ten peers come and go in TestMemory")
	suite   = flag.String("suite", "", "the release of the distribution whose libzmq is tested, if not that of the machine")
)

// patience is how long staging, a compilation or one run of a program may take, on however busy a machine.
const patience = 2 * time.Minute

const (
	tree   = "../.."
	stages = tree + "/vendor_libzmq/stage"
)

// work is a folder that ends with the tests.
var work string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if work, err = os.MkdirTemp("", "gates"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(work)
	os.Exit(code)
}

// noteSources lets the go command know what a test depends on, so that it does not take an old result for a new one: the files that
// it sees opened, and, by zmq, the engine in the tree, which is staged anew when a gate or the script changes.
func noteSources(t *testing.T, dir string) {
	t.Helper()
	names, err := filepath.Glob(dir + "/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, name := range names {
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	_ = zmq.LinkInfo()
}

// skip skips a test on a machine that cannot do it; where everything must be tested, it fails.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func abs(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a command in a folder of its own, without leaving a core, and returns what it says.
func run(t *testing.T, env []string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -c 0; exec "$@"`, "sh", name}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("%s %v: not done after %v", filepath.Base(name), args, patience)
	}
	return string(out), err
}

// stage stages an engine by a script into a folder. Packages are fetched once.
func stage(t *testing.T, script, into string, options ...string) (string, error) {
	t.Helper()
	options = append(options, "--into", into, "--packages", filepath.Join(work, "packages"))
	if *suite != "" {
		options = append(options, "--suite", *suite)
	}
	return run(t, []string{"ZMQ_STAGE="}, script, options...)
}

var staging sync.Mutex

// engine returns the folder of an engine, which is staged when it is first asked for.
func engine(t *testing.T, hardened bool) string {
	t.Helper()
	staging.Lock()
	defer staging.Unlock()
	dir, options := filepath.Join(work, "plain"), []string{"--plain"}
	if hardened {
		dir, options = filepath.Join(work, "hardened"), nil
	}
	if _, err := os.Stat(filepath.Join(dir, "lib", "libzmq.a")); err == nil {
		return dir
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		skip(t, "there is no apt here to stage engines with")
	}
	if out, err := stage(t, abs(t, tree+"/scripts/vendor"), dir, options...); err != nil {
		skip(t, "no engine can be staged: %v\n%s", err, out)
	}
	return dir
}

// gatesOf returns the gates of an engine.
func gatesOf(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "lib", "engine.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if names, ok := strings.CutPrefix(line, "gates "); ok {
			return strings.Fields(names)
		}
	}
	return nil
}

// compile compiles a program, and returns where it is.
func compile(t *testing.T, source string, options ...string) string {
	t.Helper()
	noteSources(t, filepath.Dir(source))
	to := filepath.Join(t.TempDir(), "program")
	args := append([]string{"-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", abs(t, source), "-o", to}, options...)
	if out, err := run(t, nil, "cc", args...); err != nil {
		t.Fatalf("%s: %v\n%s", source, err, out)
	}
	return to
}

// on compiles a program for an engine.
func on(t *testing.T, dir, program string) string {
	t.Helper()
	return compile(t, "c/"+program+".c", "-I"+dir+"/include", "-L"+dir+"/lib", "-lzmq", "-lm", "-lpthread", "-lrt")
}

// The status of a program that lost something, see c/peer.h.
const lost = 1

// harm is what a plain engine does.
type harm struct {
	gate, program string
	args          []string // FOLDER is an empty one; of "60|3" the first is the plain engine's, the other the hardened one's
	aborts        string   // what the engine says when it ends the process; "" if it goes on and loses something
	says          string   // what the hardened engine's program says, or part of it
}

var harms = []harm{
	{"epoll", "full_queue", []string{"heartbeats"}, "!_io_error", ""},
	{"epoll", "full_queue", []string{"pings"}, "!_io_error", ""},
	{"epoll", "last_words", []string{"FOLDER"}, "!_io_error", ""},
	{"epoll", "given_up", []string{"pair"}, "!_io_error", ""},
	{"epoll", "given_up", []string{"router"}, "!_io_error", ""},
	{"epoll", "sender_leaves", []string{"FOLDER"}, "", ""},
	{"poll", "signals", []string{"60|3"}, "", ""},
	{"clean_pipes", "give_up", []string{"before", "60|3"}, "session_base.cpp", ""},
	{"clean_pipes", "give_up", []string{"after", "60|3"}, "session_base.cpp", ""},
	{"clean_pipes", "give_up", []string{"unbind", "60|3"}, "session_base.cpp", ""},
	{"old_peers", "old_peer", []string{"1"}, "", oldPeerStays},
	{"old_peers", "old_peer", []string{"2"}, "", oldPeerStays},
	{"socks", "socks", []string{"absent"}, "epoll.cpp", ""},
	{"socks", "socks", []string{"hangs-up"}, "epoll.cpp", ""},
	{"socks", "socks", []string{"refuses"}, "epoll.cpp", ""},
	{"socks", "socks", []string{"denies"}, "epoll.cpp", ""},
	{"socks", "socks", []string{"resets"}, "epoll.cpp", ""},
	{"socks", "socks", []string{"nonsense"}, "epoll.cpp", ""},
	{"netlink", "netlink", nil, "ip_resolver.cpp", "No such device"},
	{"accept", "accepting", []string{"files", "FOLDER"}, "ipc_listener.cpp", ""},
	{"accept", "accepting", []string{"firewall"}, "tcp_listener.cpp", ""},
	{"network_errors", "unreachable", nil, "tcp_connecter.cpp", ""},
	{"network_errors", "sending", []string{"FOLDER"}, "tcp.cpp", ""},
	{"unread", "unread", []string{"dealer"}, "", ""},
	{"unread", "unread", []string{"req"}, "", ""},
	{"unread", "unread", []string{"pull"}, "", ""},
	{"hiccup", "taken_back", []string{"push"}, "socket_base.cpp", ""},
	{"hiccup", "taken_back", []string{"pair"}, "socket_base.cpp", ""},
	{"full_queue", "comes_back", []string{"heartbeats"}, "_input_stopped", ""},
	{"full_queue", "comes_back", []string{"leaves"}, "_input_stopped", ""},
	{"full_queue", "comes_back", []string{"old"}, "zmtp_engine.cpp", ""},
	{"full_queue", "comes_back", []string{"subscribes"}, "zmtp_engine.cpp", ""},
	{"full_queue", "comes_back", []string{"streams"}, "_input_stopped", ""},
	{"refusal", "refused", nil, "", ""},
}

const oldPeerStays = "old peer: accepted succeeded disconnected\nhalf a peer: accepted failed disconnected\n"

// words are the program's arguments on one engine.
func (h harm) words(t *testing.T, hardened bool) []string {
	var words []string
	for _, w := range h.args {
		if plain, other, both := strings.Cut(w, "|"); both {
			if w = plain; hardened {
				w = other
			}
		}
		if w == "FOLDER" {
			w = shortFolder(t)
		}
		words = append(words, w)
	}
	return words
}

// shortFolder is one whose name leaves room in an address of ipc.
func shortFolder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "g")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestHarm runs each program on both engines.
func TestHarm(t *testing.T) {
	hardened, plain := engine(t, true), engine(t, false)
	t.Run("once", func(t *testing.T) { harmOnce(t, hardened, plain) })
	inTurns(t, hardened)
}

func harmOnce(t *testing.T, hardened, plain string) {
	for _, h := range harms {
		t.Run(strings.Join(append([]string{h.gate, h.program}, h.args...), "_"), func(t *testing.T) {
			t.Parallel() // most of them wait most of the time
			if h.needsRoot() {
				skip(t, "who is not root cannot answer as a router does")
			}
			if !slices.Contains(gatesOf(t, hardened), h.gate) {
				t.Fatalf("the gate was not staged: the gates are %v", gatesOf(t, hardened))
			}
			if h.gate == "old_peers" && keepsOldPeers(t, plain) {
				t.Skip("since libzmq 4.3.5 the greeting of an old peer ends its time, finished or not: neither engine throws it out, and the root module's TestHardenedOldPeersStay tests what the gate still does")
			}
			t.Run("plain", func(t *testing.T) { h.onPlain(t, on(t, plain, h.program)) })
			t.Run("hardened", func(t *testing.T) { h.onHardened(t, on(t, hardened, h.program)) })
		})
	}
}

// needsRoot reports whether the program cannot play its part as this user.
func (h harm) needsRoot() bool { return h.program == "unreachable" && os.Geteuid() != 0 }

// inTurns runs all programs on the hardened engine, one after the other, for as long as the flag says.
func inTurns(t *testing.T, dir string) {
	if *lasting == 0 || t.Failed() {
		return
	}
	programs := map[string]string{}
	for _, h := range harms {
		if programs[h.program] == "" {
			programs[h.program] = on(t, dir, h.program)
		}
	}
	begun, round, runs := time.Now(), 0, 0
	defer func() {
		t.Logf("%d rounds of %d programs, %d runs in %v", round, len(harms), runs, time.Since(begun).Round(time.Second))
	}()
	for ; time.Since(begun) < *lasting; round++ {
		for _, h := range harms {
			if h.needsRoot() {
				continue
			}
			h.onHardened(t, programs[h.program])
			runs++
		}
	}
}

// keepsOldPeers reports whether the engine takes the timer off when an old peer has sent its greeting.
func keepsOldPeers(t *testing.T, dir string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "include", "zmq.h"))
	if err != nil {
		t.Fatal(err)
	}
	var v zmq.Version
	for name, number := range map[string]*int{"MAJOR": &v.Major, "MINOR": &v.Minor, "PATCH": &v.Patch} {
		_, after, _ := strings.Cut(string(text), "#define ZMQ_VERSION_"+name+" ")
		if _, err := fmt.Sscan(after, number); err != nil {
			t.Fatalf("zmq.h has no %s: %v", name, err)
		}
	}
	return v.AtLeast(zmq.Version{Major: 4, Minor: 3, Patch: 5})
}

// onPlain wants the harm to be done. What depends on timing may take several runs.
func (h harm) onPlain(t *testing.T, program string) {
	var out string
	var err error
	for limit := time.Now().Add(patience); time.Now().Before(limit); {
		out, err = run(t, nil, program, h.words(t, false)...)
		var end *exec.ExitError
		if !errors.As(err, &end) {
			continue
		}
		if h.aborts == "" && end.ExitCode() == lost || h.aborts != "" && !end.Exited() && strings.Contains(out, h.aborts) {
			return
		}
	}
	t.Errorf("a plain engine does no harm any more: is the gate %s still needed? The last run ended with %v and said:\n%s", h.gate, err, out)
}

func (h harm) onHardened(t *testing.T, program string) {
	for i := range *times {
		out, err := run(t, nil, program, h.words(t, true)...)
		if err != nil || !strings.Contains(out, h.says) {
			t.Fatalf("%s %v, run %d: %v\n%s", h.program, h.args, i+1, err, out)
		}
	}
}

// TestMemory has thousands of peers come and go on both engines: nothing of them is kept.
func TestMemory(t *testing.T) {
	for _, how := range []struct {
		hardened bool
		word     string
	}{{false, "mild"}, {true, "mild"}, {true, "harsh"}} {
		out, err := run(t, nil, on(t, engine(t, how.hardened), "memory"), how.word, fmt.Sprint(*rounds))
		if err != nil {
			t.Errorf("hardened %v, %s: %v\n%s", how.hardened, how.word, err, out)
		}
		t.Logf("hardened %v, %s: %s", how.hardened, how.word, out)
	}
}

// TestNames has a ROUTER name its first peer in several processes.
func TestNames(t *testing.T) {
	for _, hardened := range []bool{false, true} {
		program := on(t, engine(t, hardened), "names")
		seen := map[string]bool{}
		const runs = 4
		for range runs {
			out, err := run(t, nil, program)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			seen[out] = true
		}
		if want := map[bool]int{false: 1, true: runs}[hardened]; len(seen) != want {
			t.Errorf("hardened %v: %d processes have %d names: %v", hardened, runs, len(seen), seen)
		}
	}
}

// TestRefused has staging meet gates that do not fit. It leaves them out, says so, and puts the others in.
func TestRefused(t *testing.T) {
	engine(t, true) // which has fetched the packages, if they can be
	copied := t.TempDir()
	for _, dir := range []string{"scripts", "vendor_libzmq"} {
		if err := os.Mkdir(filepath.Join(copied, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script, dir := filepath.Join(copied, "scripts", "vendor"), filepath.Join(copied, "vendor_libzmq", "stage")
	if out, err := run(t, nil, "cp", "-r", abs(t, stages), dir); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := run(t, nil, "cp", abs(t, tree+"/scripts/vendor"), script); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	edit(t, filepath.Join(dir, "gates.txt"),
		"signaler      poll ", "signaler      pol ",
		"ip_resolver ", "ip_resolve ")
	edit(t, filepath.Join(dir, "gate_random.c"), "int zgate_rand(void) {", "int zgate_rand(void) { this is no C")
	edit(t, filepath.Join(dir, "gate_socks.c"), "9rm_handleEv", "9rm_nothingEv")
	into := filepath.Join(t.TempDir(), "engine")
	out, err := stage(t, script, into)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, said := range []string{
		"gate poll is left out: libzmq_la-signaler.o does not call pol\n",
		"gate netlink is left out: libzmq.a has no member ip_resolve.o",
		"gate random is left out: it does not compile",
		"gate socks is left out: libzmq.a has no _ZN3zmq23stream_connecter_base_t9rm_nothingEv\n",
		"it is hardened (gates: epoll clean_pipes old_peers accept unread hiccup network_errors full_queue refusal)\n",
	} {
		if !strings.Contains(out, said) {
			t.Errorf("it does not say %q:\n%s", said, out)
		}
	}
	if got, want := fmt.Sprint(gatesOf(t, into)), "[epoll clean_pipes old_peers accept unread hiccup network_errors full_queue refusal]"; got != want {
		t.Errorf("the gates are %s instead of %s", got, want)
	}
	harm{program: "sender_leaves", args: []string{"FOLDER"}}.onHardened(t, on(t, into, "sender_leaves"))
}

// edit replaces strings in a file, each of which must be there.
func edit(t *testing.T, path string, pairs ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(text), pairs[i]) {
			t.Fatalf("%s has no %q", path, pairs[i])
		}
		text = []byte(strings.ReplaceAll(string(text), pairs[i], pairs[i+1]))
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestStagings: the two kinds are told apart, and each is found to be there.
func TestStagings(t *testing.T) {
	for _, hardened := range []bool{false, true} {
		dir, kind, options := engine(t, hardened), "plain", []string{"--plain"}
		if hardened {
			kind, options = "hardened (gates: epoll ", nil
		}
		out, err := stage(t, abs(t, tree+"/scripts/vendor"), dir, options...)
		if err != nil || !strings.Contains(out, "already staged: libzmq ") || !strings.Contains(out, ", "+kind) {
			t.Errorf("%v: %s", err, out)
		}
		header, err := os.ReadFile(filepath.Join(dir, "include", "zmq_staged.h"))
		if err != nil {
			t.Fatal(err)
		}
		want := `#define ZMQ_STAGED_GATES ""`
		if hardened {
			want = `#define ZMQ_STAGED_GATES " ` + strings.Join(gatesOf(t, dir), " ") + ` "`
		}
		if !strings.Contains(string(header), want) {
			t.Errorf("the header does not say %q:\n%s", want, header)
		}
	}
}
