package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
)

func init() { children["pile"] = bePiledUp }

// cgroup is a control group of its own, with a limit of memory: version 2, or 1 where memory is still there.
type cgroup struct{ dir, limit, kills string }

// newCgroup makes a cgroup. Where that is not allowed, the test is skipped.
func newCgroup(t *testing.T) cgroup {
	t.Helper()
	g, err := makeCgroup()
	if err != nil {
		t.Skipf("this machine allows no cgroup with a limit of memory: %v", err)
	}
	t.Cleanup(func() {
		// The kernel takes a moment to forget who was in it.
		err := os.Remove(g.dir)
		for tries := patience / resend; errors.Is(err, syscall.EBUSY) && tries > 0; tries-- {
			time.Sleep(resend)
			err = os.Remove(g.dir)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return g
}

func makeCgroup() (g cgroup, err error) {
	parent, old, err := memoryCgroup()
	if err != nil {
		return g, err
	}
	if !old {
		control := filepath.Join(parent, "cgroup.subtree_control")
		if b, err := os.ReadFile(control); err != nil {
			return g, err
		} else if !slices.Contains(strings.Fields(string(b)), "memory") {
			if err := os.WriteFile(control, []byte("+memory"), 0); err != nil {
				return g, fmt.Errorf("%s does not hand memory down: %w", parent, err)
			}
		}
	}
	if g.dir, err = os.MkdirTemp(parent, "faults"); err != nil {
		return g, err
	}
	defer func() {
		if err != nil {
			os.Remove(g.dir)
		}
	}()
	swap := "memory.swap.max"
	g.limit, g.kills = "memory.max", "memory.events"
	if old {
		g.limit, g.kills, swap = "memory.limit_in_bytes", "memory.oom_control", "memory.memsw.limit_in_bytes"
	}
	if err := os.WriteFile(filepath.Join(g.dir, g.limit), []byte(fmt.Sprint(allowance)), 0); err != nil {
		return g, err
	}
	// What is swapped out counts for nothing in version 2, and for both in version 1. Where neither is there, nothing is swapped.
	most := "0"
	if old {
		most = fmt.Sprint(allowance)
	}
	if err := os.WriteFile(filepath.Join(g.dir, swap), []byte(most), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
		return g, err
	}
	return g, nil
}

// memoryCgroup returns the folder of the cgroup in which this process is, and whether it is one of version 1.
func memoryCgroup() (dir string, old bool, err error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", false, err
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false, err
	}
	why := errors.New("none is mounted that controls memory")
	for _, line := range strings.Split(string(mounts), "\n") {
		before, after, _ := strings.Cut(line, " - ")
		f, kind := strings.Fields(before), strings.Fields(after)
		if len(f) < 5 || len(kind) < 3 {
			continue
		}
		version1 := kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), "memory")
		if !version1 && kind[0] != "cgroup2" {
			continue
		}
		dir := f[4]
		if rel, err := filepath.Rel(f[3], cgroupPath(string(groups), version1)); err == nil && !strings.HasPrefix(rel, "..") {
			dir = filepath.Join(dir, rel)
		}
		if version1 {
			return dir, true, nil
		}
		b, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
		if err != nil {
			why = err
		} else if slices.Contains(strings.Fields(string(b)), "memory") {
			return dir, false, nil
		}
	}
	return "", false, why
}

// cgroupPath finds a path in /proc/self/cgroup, whose lines are NUMBER:CONTROLLERS:PATH.
func cgroupPath(groups string, version1 bool) string {
	for _, line := range strings.Split(groups, "\n") {
		f := strings.SplitN(line, ":", 3)
		if len(f) == 3 && (version1 && slices.Contains(strings.Split(f[1], ","), "memory") || !version1 && f[0] == "0") {
			return f[2]
		}
	}
	return "/"
}

// add puts a process in the cgroup. The memory that it has already does not count.
func (g cgroup) add(pid int) error {
	return os.WriteFile(filepath.Join(g.dir, "cgroup.procs"), []byte(fmt.Sprint(pid)), 0)
}

// killed returns how many processes the kernel has killed for lack of memory.
func (g cgroup) killed(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(g.dir, g.kills))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		if n, found := strings.CutPrefix(line, "oom_kill "); found {
			kills, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			return kills
		}
	}
	t.Fatalf("%s/%s does not count kills:\n%s", g.dir, g.kills, b)
	return 0
}

// mustDie reports an error unless the kernel killed the process of r, which has ended, for lack of memory.
func (g cgroup) mustDie(t *testing.T, r *receiver) {
	t.Helper()
	<-r.read
	r.cmd.Wait()
	status := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGKILL || g.killed(t) == 0 {
		t.Errorf("the receiver ended with %v, and the kernel killed %d", r.cmd.ProcessState, g.killed(t))
	}
}

// TestHoarder feeds a receiver without a high-water mark, which has stopped to take, more than its cgroup may hold. The kernel kills
// it; who sends notices a lost peer, and goes on with the next one.
func TestHoarder(t *testing.T) {
	for _, p := range patterns {
		if p.sender == zmq.Req { // it waits for answers, and cannot feed
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			ctx := patient(t)
			g := newCgroup(t)
			sender := newSocket(t, newContext(t), p.sender)
			connections, m := countConnections(t, ctx, sender), monitor(t, sender)
			r := startReceiver(t, p, sender, 0, "quiet", *count/4)
			if err := g.add(r.cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			if err := until(ctx, sender, r.l, begin, func() bool { return r.l.began }); err != nil {
				t.Fatal(err)
			}
			var sent atomic.Int64
			var healed atomic.Bool
			fed := make(chan error, 1)
			go func() { fed <- feed(ctx, sender, &sent, &healed) }()
			err := await(ctx, m, zmq.EventDisconnected)
			if err != nil {
				t.Fatalf("%v, after %d messages", err, sent.Load())
			}
			g.mustDie(t, r)
			r.args = []any{"receive", r.args[1], r.args[2], r.args[3], 1000, "quiet"} // one with a mark, that takes
			if err := errors.Join(r.start(), await(ctx, m, zmq.EventHandshakeSucceeded)); err != nil {
				t.Fatal(err)
			}
			healed.Store(true)
			if err := <-fed; err != nil {
				t.Fatalf("message %d: %v", sent.Load(), err)
			}
			if err := until(ctx, sender, r.l, end, func() bool { return r.l.ended }); err != nil {
				t.Fatal(err)
			}
			sender.Close()
			a, made := r.l.account(int(sent.Load())), connections()
			a.must(t, made)
			if a.Lost == 0 || made != 2 {
				t.Errorf("%d of %d messages lost over %d connections: nothing broke", a.Lost, a.Sent, made)
			}
			t.Logf("%+v over %d connections", a, made)
			report("cgroup", p.name, "no mark: killed by the kernel; the next one goes on", a, made)
		})
	}
}

// feed sends messages as fast as it can, and as many as a run has after it was healed.
func feed(ctx context.Context, s *zmq.Socket, sent *atomic.Int64, healed *atomic.Bool) error {
	for left := *count; left > 0; sent.Add(1) {
		if healed.Load() {
			left--
		}
		if err := s.SendParts(ctx, message(int(sent.Load()))...); err != nil {
			return err
		}
	}
	return nil
}

// TestHoarderBounded feeds a receiver with a high-water mark, in the same cgroup, which has stopped to take: it lives, and nothing
// is lost.
func TestHoarderBounded(t *testing.T) {
	for _, p := range patterns {
		if p.sender == zmq.Req || p.sender == zmq.Pub { // PUB drops what is above the mark: TestStoppedSubscriber
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			ctx := patient(t)
			g := newCgroup(t)
			sender := newSocket(t, newContext(t), p.sender)
			r := startReceiver(t, p, sender, 1000, "quiet", *count/4)
			if err := g.add(r.cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			if err := until(ctx, sender, r.l, begin, func() bool { return r.l.began }); err != nil {
				t.Fatal(err)
			}
			sent := fill(ctx, t, sender, 1_000_000)
			if err := r.resume(); err != nil {
				t.Fatal(err)
			}
			if err := until(ctx, sender, r.l, end, func() bool { return r.l.ended }); err != nil {
				t.Fatal(err)
			}
			sender.Close()
			a := r.l.account(sent)
			a.must(t, 1)
			if a.Lost > 0 || g.killed(t) > 0 {
				t.Errorf("%d of %d messages lost, %d processes killed", a.Lost, sent, g.killed(t))
			}
			t.Logf("%+v", a)
			report("cgroup", p.name, "marks of 1000: the sender is held up, and all arrives", a, 1)
		})
	}
}

// TestPileUp lets a sender without a peer and without a high-water mark pile up more than its cgroup may hold. There is no error that
// it could handle: the kernel hands out address space, and kills who uses it.
func TestPileUp(t *testing.T) {
	t.Parallel()
	g := newCgroup(t)
	out, err := runChild(t, child("pile", filepath.Join(g.dir, "cgroup.procs")))
	var exit interface{ Sys() any }
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL || g.killed(t) == 0 {
		t.Fatalf("it ended with %v, and the kernel killed %d\n%s", err, g.killed(t), out)
	}
	said := strings.Fields(out)
	if len(said) == 0 {
		t.Fatal("it never sent")
	}
	how := fmt.Sprintf("after %s messages or more of 1000 bytes: %v", said[len(said)-1], err)
	t.Log(how)
	note("cgroup", how)
}

// openUnheard makes a sender without a high-water mark that has no peer.
func openUnheard() (*zmq.Socket, error) {
	c, err := zmq.NewContext()
	if err != nil {
		return nil, err
	}
	push, err := c.NewSocket(zmq.Push, zmq.SendHWM(0), zmq.Linger(0))
	if err != nil {
		return nil, err
	}
	return push, push.Connect("tcp://127.0.0.1:1")
}

func bePiledUp(ctx context.Context, args []string) error {
	push, err := openUnheard()
	if err != nil {
		return err
	}
	if err := os.WriteFile(args[0], []byte(fmt.Sprint(os.Getpid())), 0); err != nil {
		return err
	}
	body := make([]byte, 1000)
	for sent := range 10 * allowance / len(body) {
		if sent%1000 == 0 {
			fmt.Println(sent)
		}
		if err := push.SendParts(ctx, body); err != nil {
			return err
		}
	}
	return errors.New("the limit does not hold")
}
