package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/netns"
)

func init() { children["host"] = beHost }

const (
	// labVariable is set where the test runs in a network namespace of its own.
	labVariable = "FAULTS_LAB"
	// resultWord begins a line in which a lab says what became of a run.
	resultWord = "RESULT "
	noLab      = "this machine allows no network of the test's own"
	port       = 5555
)

// beHost is a receiver in a network namespace of its own, "DEVICE ADDRESS receive ...". It begins when it is told.
func beHost(ctx context.Context, args []string) error {
	if _, err := fmt.Scanln(); err != nil && !strings.Contains(err.Error(), "newline") {
		return err
	}
	for _, command := range [][]string{
		{"link", "set", "lo", "up"}, {"addr", "add", args[1] + "/24", "dev", args[0]}, {"link", "set", args[0], "up"},
	} {
		if err := netns.IP(command...); err != nil {
			return err
		}
	}
	return children[args[2]](ctx, args[3:])
}

// site is a line from a lab, in which a socket sends, to a host, in which one receives.
type site struct {
	number  int // of its network
	made    int // lines
	line    *netns.Line
	name    string // of its devices
	r       *receiver
	mon     *zmq.Monitor
	l       *ledger
	command []any
}

func (s *site) here() string   { return fmt.Sprintf("10.78.%d.1", s.number) }
func (s *site) there() string  { return fmt.Sprintf("10.78.%d.2", s.number) }
func (s *site) device() string { return s.name + "p" }

// join makes a line, and another one when the first has gone with its host.
func (s *site) join() error {
	if s.line != nil {
		s.line.Close()
	}
	s.made++
	s.name = fmt.Sprintf("n%dl%d", s.number, s.made)
	var err error
	if s.line, err = netns.NewLine(s.name, uint64(s.number)); err != nil {
		return err
	}
	s.r.args = append([]any{"host", s.name + "h", s.there()}, s.command...)
	return errors.Join(s.give(), netns.IP("link", "set", s.device(), "up"))
}

// give gives the lab's end of the line its address, take takes it away.
func (s *site) give() error { return netns.IP("addr", "add", s.here()+"/24", "dev", s.device()) }
func (s *site) take() error { return netns.IP("addr", "del", s.here()+"/24", "dev", s.device()) }

// halfOpen ends the line, and then the host, which can tell nobody.
func (s *site) halfOpen() error {
	err := netns.IP("link", "set", s.device(), "down")
	s.r.kill()
	return err
}

// next is the next host at the same address.
func (s *site) next() error { return errors.Join(s.join(), s.r.start()) }

const (
	outage    = 300 * time.Millisecond
	unnoticed = 500 * time.Millisecond // longer than heartbeats would take
)

var lineFaults = []struct {
	name    string
	beats   string
	whole   bool // no connection breaks: all must arrive
	disturb func(ctx context.Context, s *site) error
}{
	{"link down for 300 ms, and up", "quiet", true, func(_ context.Context, s *site) error {
		err := netns.IP("link", "set", s.device(), "down")
		time.Sleep(outage)
		return errors.Join(err, netns.IP("link", "set", s.device(), "up"))
	}},
	{"address removed for 300 ms, and back", "quiet", true, func(_ context.Context, s *site) error {
		err := s.take()
		time.Sleep(outage)
		return errors.Join(err, s.give())
	}},
	{"5 % of the frames lost", "quiet", true, func(ctx context.Context, s *site) error {
		s.l.mu.Lock()
		enough := len(s.l.order) + *count*3/8
		s.l.mu.Unlock()
		s.line.Loss.Store(50)
		err := s.l.await(ctx, func() bool { return len(s.l.order) >= enough })
		s.line.Loss.Store(0)
		if err == nil && s.line.Lost.Load() == 0 {
			err = errors.New("no frame was lost")
		}
		return err
	}},
	{"half-open (link down, then the peer killed), heartbeats", "beats", false, func(ctx context.Context, s *site) error {
		return errors.Join(s.halfOpen(), await(ctx, s.mon, zmq.EventDisconnected), s.next())
	}},
	{"half-open, no heartbeats: unnoticed until the next peer is there", "quiet", false, func(ctx context.Context, s *site) error {
		err := s.halfOpen()
		limit, cancel := context.WithTimeout(ctx, unnoticed)
		defer cancel()
		if aerr := await(limit, s.mon, zmq.EventDisconnected); !errors.Is(aerr, context.DeadlineExceeded) {
			err = errors.Join(err, fmt.Errorf("it was noticed: %v", aerr))
		}
		return errors.Join(err, s.next())
	}},
}

// result is what a lab tells the test that started it.
type result struct {
	Pattern, Fault string
	Account        account
	Connections    int
}

// TestLine disturbs lines between network namespaces, under tcp.
func TestLine(t *testing.T) {
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	if os.Getenv(labVariable) != "" {
		inLab(t)
		return
	}
	t.Parallel()
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skipf("ip is not there: run tests/multicast/install (%v)", err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestLine$", "-test.v", fmt.Sprint("-messages=", *count))
	cmd.Env = append(os.Environ(), labVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("%s: %v", noLab, err)
	}
	// The hosts are in the lab's process group, and end with it.
	stop := context.AfterFunc(patientTwice(t), func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer stop()
	err := cmd.Wait()
	if strings.Contains(out.String(), noLab) {
		t.Skip(out.String())
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	ran := 0
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		_, text, found := strings.Cut(lines.Text(), resultWord)
		if !found {
			continue
		}
		var got result
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		ran++
		t.Log(text)
		report("line", got.Pattern, got.Fault, got.Account, got.Connections)
	}
	if want := len(lineFaults) * len(linePatterns()); ran != want {
		t.Errorf("the lab told of %d runs, want %d", ran, want)
	}
}

// patientTwice is for a test that others are in.
func patientTwice(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	return ctx
}

// linePatterns are all but PAIR, which the process at the other end is tried with.
func linePatterns() []pattern { return patterns[:4] }

func inLab(t *testing.T) {
	if err := netns.IP("link", "set", "lo", "up"); err != nil {
		t.Fatalf("%s: %v", noLab, err)
	}
	probe, err := netns.NewLine("probe", 0)
	if err != nil {
		t.Fatalf("%s: %v", noLab, err)
	}
	probe.Close()
	number := 0
	for _, f := range lineFaults {
		for _, p := range linePatterns() {
			number++
			s := &site{number: number}
			t.Run(p.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				ctx := patient(t)
				var opts []zmq.SocketOption
				if f.beats == "beats" {
					opts = heartbeat
				}
				sender := newSocket(t, newContext(t), p.sender, opts...)
				s.start(t, p, sender, f.beats)
				connections := countConnections(t, ctx, sender)
				s.mon = monitor(t, sender)
				if !p.senderBinds {
					if err := sender.Connect(fmt.Sprintf("tcp://%s:%d", s.there(), port)); err != nil {
						t.Fatal(err)
					}
				} else if err := sender.Bind(fmt.Sprintf("tcp://%s:%d", s.here(), port)); err != nil {
					t.Fatal(err)
				}
				a, err := p.run(ctx, sender, s.l, *count, func() error { return f.disturb(ctx, s) })
				sender.Close()
				if err != nil {
					t.Fatalf("%v: %+v", err, a)
				}
				made := connections()
				a.must(t, made)
				// A REQ that asks again may do so over another connection.
				if f.whole && (a.Lost > 0 || p.sender != zmq.Req && made != 1) {
					t.Errorf("%d messages lost over %d connections although none broke", a.Lost, made)
				}
				if !f.whole && made < 2 {
					t.Errorf("%d connection was made: nothing broke", made)
				}
				text, err := json.Marshal(result{p.name, f.name, a, made})
				if err != nil {
					t.Fatal(err)
				}
				fmt.Printf("\n%s%s\n", resultWord, text)
			})
		}
	}
}

// start makes the line and the host at its other end.
func (s *site) start(t *testing.T, p pattern, sender *zmq.Socket, beats string) {
	t.Helper()
	s.l = newLedger()
	s.command = []any{"receive", int(p.receiver), "bind", fmt.Sprintf("tcp://%s:%d", s.there(), port), 1000, beats}
	if p.senderBinds {
		s.command[2], s.command[3] = "connect", fmt.Sprintf("tcp://%s:%d", s.here(), port)
	}
	s.r = &receiver{t: t, l: s.l}
	if p.receiver == zmq.Rep {
		s.r.l = nil // the answers count
	}
	s.r.before = func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET} }
	s.r.after = func(cmd *exec.Cmd) error {
		return errors.Join(netns.IP("link", "set", s.name+"h", "netns", fmt.Sprint(cmd.Process.Pid)), s.r.resume())
	}
	if err := s.next(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.r.kill(); s.line.Close() })
}
