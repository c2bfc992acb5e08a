//go:build unix

// Package run starts the examples as processes, for their tests.
//
// A test starts the programs of a pattern, waits for what they print, and does to one of them what happens to programs:
//
//	func TestMain(m *testing.M) { os.Exit(run.Main(m, "...")) }
//
//	func TestHelloworld(t *testing.T) {
//		t.Parallel()
//		at := run.Endpoint(t)
//		server := run.Start(t, "helloworld", "-endpoint", at, "server")
//		client := run.Start(t, "helloworld", "-endpoint", at, "-n", "2", "client")
//		client.Line("2: World")
//		server.Kill()
//		...
//	}
//
// A program is named by its folder in the module. It is built once for each test binary, with the race detector if the
// test has it. Endpoints are given by flags: run.Endpoint returns one of ipc, which is known before anybody is bound to it,
// so that programs can be started in any order, and started again. A program that is told to bind to
// tcp://127.0.0.1:* prints the endpoint that it got, which Line waits for.
//
// Nothing sleeps: Line waits until the program has printed a line, Wait until it has ended. Both fail the test when the
// program ends before, and when [Patience] is over; what the program has printed is in the test's log then.
//
// A program that still runs when its test ends is told to end by SIGTERM. Whenever it ended, and unless the test has killed it
// or has called Wait, its exit code must be 0: so each test also sees that its programs end as they should, without a data race.
// Only a program that has printed nothing yet may be ended by the signal: it may not have got so far as to wait for it.
package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience bounds every wait: far more than anything here takes.
const Patience = 30 * time.Second

// Proc is an example that runs as a process.
type Proc struct {
	t       testing.TB
	name    string
	process *os.Process
	ended   chan struct{} // closed when state is set and all output is there
	state   *os.ProcessState

	mu      sync.Mutex
	output  strings.Builder // all that was printed, on both streams
	read    int             // how much of output Line has returned or passed over
	changed chan struct{}   // closed when output grows
	judged  bool            // the test has killed the program, or has asked for its exit code
}

// Start starts the example in the folder program with these arguments. It ends with the test at the latest.
func Start(t testing.TB, program string, args ...string) *Proc {
	t.Helper()
	path, err := binary(program)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, strings.Join(append([]string{program}, args...), " "), exec.Command(path, args...))
}

func start(t testing.TB, name string, cmd *exec.Cmd) *Proc {
	t.Helper()
	p := &Proc{t: t, name: name, ended: make(chan struct{}), changed: make(chan struct{})}
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10 "+os.Getenv("GORACE")) // by default a race detector ends after a second
	cmd.Stdout, cmd.Stderr = p, p                                                    // one writer, so that lines of both streams do not mix
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.process = cmd.Process
	go func() {
		defer close(p.ended)
		cmd.Wait()
		p.state = cmd.ProcessState
	}()
	t.Cleanup(p.cleanup)
	return p
}

// Write takes what the program prints.
func (p *Proc) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
	return p.output.Write(b)
}

// Output returns all that the program has printed so far.
func (p *Proc) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// Line waits for a line that contains text and returns it. It passes over the lines before it, and the next Line begins
// behind it.
func (p *Proc) Line(text string) string {
	p.t.Helper()
	late := time.After(Patience)
	for {
		line, changed := p.next(text)
		if line != "" {
			return line
		}
		select {
		case <-changed:
		case <-p.ended:
			if line, _ := p.next(text); line != "" {
				return line
			}
			p.t.Fatalf("%s has ended (%v) without %q", p.name, p.state, text)
		case <-late:
			p.t.Fatalf("%s has not printed %q after %v", p.name, text, Patience)
		}
	}
}

// next returns the next line that contains text, and what to wait for if it is not there yet.
func (p *Proc) next(text string) (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for rest := p.output.String()[p.read:]; ; {
		line, after, whole := strings.Cut(rest, "\n")
		if !whole {
			return "", p.changed
		}
		p.read += len(line) + 1
		if strings.Contains(line, text) {
			return line, nil
		}
		rest = after
	}
}

// After is what stands behind text in the next line that contains it: After("bound to ") returns an endpoint.
func (p *Proc) After(text string) string {
	p.t.Helper()
	_, after, _ := strings.Cut(p.Line(text), text)
	return after
}

// Wait waits until the program has ended, which it is to do by itself or for a signal, and returns its exit code: -1 if a
// signal has killed it.
func (p *Proc) Wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.t.Fatalf("%s has not ended after %v", p.name, Patience)
	}
	p.mu.Lock()
	p.judged = true
	p.mu.Unlock()
	return p.state.ExitCode()
}

// Ends waits until the program has ended, which must be with exit code 0.
func (p *Proc) Ends() {
	p.t.Helper()
	if code := p.Wait(); code != 0 {
		p.t.Fatalf("%s has ended with %v", p.name, p.state)
	}
}

// Interrupt sends SIGINT, as Ctrl-C does; Ends waits for the end.
func (p *Proc) Interrupt() { p.signal(syscall.SIGINT) }

// Terminate sends SIGTERM, as kill and service managers do; Ends waits for the end.
func (p *Proc) Terminate() { p.signal(syscall.SIGTERM) }

// Kill ends the program at once, as a crash does, and waits for its end.
func (p *Proc) Kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
	p.Wait()
}

// Stop makes the program stand still with its connections open, as an overloaded peer does, until Continue.
func (p *Proc) Stop() { p.signal(syscall.SIGSTOP) }

// Continue ends a Stop.
func (p *Proc) Continue() { p.signal(syscall.SIGCONT) }

func (p *Proc) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.process.Signal(s); err != nil {
		p.t.Fatalf("%v for %s: %v", s, p.name, err)
	}
}

// cleanup ends the program as a service manager would, and says what it has printed if the test has failed.
func (p *Proc) cleanup() {
	early := p.Output() == ""
	p.process.Signal(syscall.SIGCONT)
	p.process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.t.Errorf("%s has not ended %v after SIGTERM", p.name, Patience)
		p.process.Signal(syscall.SIGQUIT) // its stacks say why
		select {
		case <-p.ended:
		case <-time.After(Patience):
			p.process.Kill()
			<-p.ended
		}
	}
	p.mu.Lock()
	judged := p.judged
	p.mu.Unlock()
	if !judged && !p.state.Success() && !(early && p.state.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM) {
		p.t.Errorf("%s has ended with %v", p.name, p.state)
	}
	if p.t.Failed() {
		p.t.Logf("%s (%v) has printed:\n%s", p.name, p.state, p.Output())
	}
}

// Endpoint returns an ipc endpoint of the test's own; each call another one.
func Endpoint(t testing.TB) string {
	t.Helper()
	// Not TempDir: the name of a socket has place for some hundred bytes only.
	dir, err := os.MkdirTemp("", "zmq")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return "ipc://" + filepath.Join(dir, "s")
}

// Args is a command line in one string: Args("-n %d client", 3). Arguments have no spaces.
func Args(format string, values ...any) []string {
	return strings.Fields(fmt.Sprintf(format, values...))
}
