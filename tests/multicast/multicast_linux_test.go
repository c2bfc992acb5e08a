package multicast

import (
	"bytes"
	"context"
	"errors"
	"flag"
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

// patience is how long anything may take that has to happen.
const patience = 10 * time.Second

var cuts = flag.Bool("cut", false, "cut a line for longer than can be recovered, too: the subscriber comes back after half a minute")

// roleVariable makes the test binary a lab or a host.
const roleVariable = "MULTICAST_ROLE"

func TestMain(m *testing.M) {
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	f := strings.Fields(os.Getenv(roleVariable))
	var err error
	switch {
	case len(f) == 0:
		os.Exit(m.Run())
	case f[0] == "host":
		err = beHost(f[1:])
	case f[0] == "lab":
		err = beLab(f[1:])
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// plan is what is tried. The rate is above what is sent, but for one plan: engine 4.3.4 can fall silent when it holds a publisher back, see
// docs/limits.md. Over lines that lose messages have one part: when something is lost for good, which is seldom, the engine
// makes one message of the parts of two.
type plan struct {
	name      string
	transport string
	rate      int // kbit/s
	recovery  time.Duration
	count     int
	size      int
	parts     int
	pace      time.Duration // the least pause between two messages
	loss      int64         // to each subscriber, frames of a thousand
	late      int64
	cut       bool // the second subscriber hears nothing for longer than can be recovered
	held      bool // there is more to send than the rate allows
}

var plans = []plan{
	{name: "epgm", transport: "epgm", rate: 20_000, recovery: 5 * time.Second, count: 500, size: 2000, parts: 2},
	{name: "epgm, a tenth lost, a tenth late", transport: "epgm", rate: 20_000, recovery: 10 * time.Second, count: 500, size: 2000, parts: 1, loss: 100, late: 100},
	{name: "epgm, cut for longer than the recovery interval", transport: "epgm", rate: 40_000, recovery: 20 * time.Millisecond, count: 1000, size: 1000, parts: 1, pace: time.Millisecond, cut: true},
	{name: "epgm, more to send than the rate allows", transport: "epgm", rate: 800, recovery: 5 * time.Second, count: 300, size: 1000, parts: 1, held: true},
	{name: "pgm", transport: "pgm", rate: 20_000, recovery: 5 * time.Second, count: 500, size: 2000, parts: 2},
	{name: "pgm, a tenth lost, a tenth late", transport: "pgm", rate: 20_000, recovery: 10 * time.Second, count: 500, size: 2000, parts: 1, loss: 100, late: 100},
}

// limit is how long a lab may take. Who was cut off for too long hears nothing for half a minute.
func (p plan) limit() time.Duration {
	if p.cut {
		return 9 * patience
	}
	return 2 * patience
}

// least is half of what the messages take at the rate of the plan.
func (p plan) least() time.Duration {
	bits := p.count * p.size * 8
	return time.Duration(bits) * time.Second / time.Duration(p.rate*1000) / 2
}

// TestMulticast tries each plan in a lab: a process in a network namespace of its own.
func TestMulticast(t *testing.T) {
	if !zmq.Has("pgm") {
		t.Skip("this engine was built without PGM")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skipf("ip is not there: run tests/multicast/install (%v)", err)
	}
	for i, p := range plans {
		t.Run(p.name, func(t *testing.T) {
			if p.cut && !*cuts {
				t.Skip("it takes half a minute: -cut")
			}
			out, err := lab(t, i)
			// Over a line that loses frames, and when it holds a publisher back, the engine falls silent for good now and
			// then, see docs/limits.md. What is tried here is that nothing wrong arrives, and that all can.
			for tries := 1; err != nil && (p.loss > 0 || p.held) && strings.Contains(out, stalled) && tries < 4; tries++ {
				t.Logf("the engine has fallen silent: %s", out)
				out, err = lab(t, i)
			}
			if strings.Contains(out, noLab) {
				t.Skip(out)
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Log(out)
		})
	}
}

// lab carries out a plan, and returns what it says.
func lab(t *testing.T, plan int) (string, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprint(roleVariable, "=lab ", plan))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("this machine allows no network namespaces: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*plans[plan].limit())
	defer cancel()
	// The hosts are in the lab's process group, and end with it.
	stop := context.AfterFunc(ctx, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer stop()
	err := cmd.Wait()
	return strings.TrimSpace(out.String()), err
}

// stalled is what a lab says when a message does not come in time.
const stalled = "waits for end, after"

// noLab is what a lab says that cannot be set up here.
const noLab = "this machine allows no lab"

func beLab(args []string) error {
	var i int
	if _, err := fmt.Sscan(args[0], &i); err != nil {
		return err
	}
	return plans[i].run()
}

// run sets up a publisher and two subscribers, and says what became of the messages.
func (p plan) run() error {
	if err := errors.Join(netns.IP("link", "add", "bridge", "type", "bridge", "mcast_snooping", "0"), netns.IP("link", "set", "bridge", "up")); err != nil {
		return fmt.Errorf("%s: %w", noLab, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.limit())
	defer cancel()
	var hosts []*host
	var lines []*netns.Line
	defer func() {
		for i := range hosts {
			hosts[i].cmd.Process.Kill()
			hosts[i].await(ctx, "its end", func() bool { return hosts[i].ended })
			lines[i].Close()
		}
	}()
	for i, role := range []string{"pub", "sub", "sub"} {
		name := fmt.Sprint(role, i)
		l, err := netns.NewLine(name, uint64(i))
		if err != nil {
			return fmt.Errorf("%s: %w", noLab, err)
		}
		h, err := startHost(name, role, name+"h", fmt.Sprint("10.77.0.", 1+i), p.transport, p.rate, p.recovery.Milliseconds(), p.count, p.size, p.pace.Microseconds(), p.parts)
		if err != nil {
			return err
		}
		hosts, lines = append(hosts, h), append(lines, l)
		err = errors.Join(netns.IP("link", "set", name+"h", "netns", fmt.Sprint(h.cmd.Process.Pid)),
			netns.IP("link", "set", name+"p", "master", "bridge"), netns.IP("link", "set", name+"p", "up"), h.tell())
		if err != nil {
			return err
		}
		if err := h.said(ctx, "ready"); err != nil {
			return err
		}
	}
	pub, subs := hosts[0], hosts[1:]
	for _, s := range subs {
		if err := s.said(ctx, begin); err != nil {
			return err
		}
	}
	for _, l := range lines[1:] {
		l.Loss.Store(p.loss)
		l.Late.Store(p.late)
	}
	if err := pub.tell(); err != nil {
		return err
	}
	if p.cut {
		if err := p.cutLine(ctx, subs, lines[2]); err != nil {
			return err
		}
	}
	for _, s := range subs {
		if err := s.said(ctx, end); err != nil {
			return err
		}
	}
	if err := pub.tell(); err != nil {
		return err
	}
	return p.judge(subs, lines[1:])
}

// cutLine lets nothing through to the second subscriber while the first one gets half of the messages.
func (p plan) cutLine(ctx context.Context, subs []*host, l *netns.Line) error {
	if err := subs[1].await(ctx, "some messages", func() bool { return len(subs[1].order) > p.count/5 }); err != nil {
		return err
	}
	l.Loss.Store(1000)
	subs[0].mu.Lock()
	enough := len(subs[0].order) + p.count/2
	subs[0].mu.Unlock()
	err := subs[0].await(ctx, "half of the messages", func() bool { return len(subs[0].order) >= enough })
	l.Loss.Store(0)
	return err
}

// judge compares what arrived with what the manual promises.
func (p plan) judge(subs []*host, lines []*netns.Line) error {
	for i, s := range subs {
		missing, err := s.check(p.count)
		if err != nil {
			return err
		}
		took := s.when[len(s.when)-1].Sub(s.when[0])
		fmt.Printf("%s: %d of %d arrived, in order, in %v (%d frames lost on the line, %d late)\n",
			s.name, p.count-missing, p.count, took.Round(time.Millisecond), lines[i].Lost.Load(), lines[i].Past.Load())
		if least := p.least(); p.held && took < least {
			return fmt.Errorf("%s had all in %v: at %d kbit/s that takes %v and more", s.name, took, p.rate, least)
		}
		gap := p.cut && i == 1
		bearable := 0
		if p.loss > 0 {
			bearable = p.count / 20
		}
		if gap && missing == 0 || !gap && missing > bearable {
			return fmt.Errorf("%s misses %d messages", s.name, missing)
		}
		if p.loss > 0 && lines[i].Lost.Load() == 0 {
			return fmt.Errorf("no frame was lost on the line of %s", s.name)
		}
	}
	return nil
}
