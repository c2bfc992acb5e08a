//go:build unix

package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
)

func init() { children["receive"] = beReceiver }

// beReceiver is a process with one socket: "KIND bind|connect ENDPOINT HWM beats|quiet [COUNT]". It writes a line for what it gets. After COUNT messages
// it takes no more until a line comes on its standard input.
func beReceiver(ctx context.Context, args []string) error {
	kind, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	hwm, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	opts := append(options(zmq.SocketType(kind)), zmq.RecvHWM(hwm), zmq.RecvTimeout(zmq.Infinite))
	if args[4] == "beats" {
		opts = append(opts, heartbeat...)
	}
	s, err := c.NewSocket(zmq.SocketType(kind), opts...)
	if err != nil {
		return err
	}
	if args[1] == "bind" {
		// The one that was killed may not have let go of the port yet.
		for err = s.Bind(args[2]); errors.Is(err, zmq.EADDRINUSE); err = s.Bind(args[2]) {
			time.Sleep(resend)
		}
	} else {
		err = s.Connect(args[2])
	}
	if err != nil {
		return err
	}
	at, err := s.LastEndpoint()
	if err != nil {
		return err
	}
	if _, err := fmt.Println("at", at); err != nil {
		return err
	}
	pause := -1
	if len(args) > 5 {
		if pause, err = strconv.Atoi(args[5]); err != nil {
			return err
		}
	}
	in := bufio.NewReader(os.Stdin)
	return receive(ctx, s, func(msg [][]byte) {
		if n, good := number(msg); good {
			fmt.Println(n)
			if n == pause {
				if _, err := in.ReadString('\n'); err != nil {
					os.Exit(1) // nobody is there any more
				}
			}
		} else {
			fmt.Println(string(msg[0]), len(msg))
		}
	})
}

// receiver is a running child that receives.
type receiver struct {
	t    *testing.T
	args []any
	at   string
	l    *ledger // nil if what it gets does not count
	cmd  *exec.Cmd
	in   io.Writer
	// before and after are called around the start of its process.
	before func(*exec.Cmd)
	after  func(*exec.Cmd) error
	read   chan struct{} // closed when all of its words have been read
}

func (r *receiver) start() error {
	r.cmd, r.read = child(r.args...), nil
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return err
	}
	if r.before != nil {
		r.before(r.cmd)
	}
	if err := r.cmd.Start(); err != nil {
		return err
	}
	if r.after != nil {
		if err := r.after(r.cmd); err != nil {
			r.kill()
			return err
		}
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "at ") {
		r.kill()
		return fmt.Errorf("the receiver says %q", lines.Text())
	}
	r.at = strings.TrimPrefix(lines.Text(), "at ")
	r.read = make(chan struct{})
	go func() {
		defer close(r.read)
		for lines.Scan() {
			r.enter(lines.Text())
		}
	}()
	return nil
}

// enter enters a line in the ledger.
func (r *receiver) enter(line string) {
	if r.l == nil {
		return
	}
	if n, err := strconv.Atoi(line); err == nil {
		r.l.take(message(n))
		return
	}
	word, _, _ := strings.Cut(line, " ")
	r.l.take([][]byte{[]byte(word)})
}

// kill kills the receiver and reads what it still had to say.
func (r *receiver) kill() {
	r.cmd.Process.Kill()
	if r.read != nil {
		<-r.read
	}
	r.cmd.Wait()
}

// resume lets a receiver go on that has paused.
func (r *receiver) resume() error {
	_, err := r.in.Write([]byte("\n"))
	return err
}

// signal sends a signal. A process with many threads goes on for a moment after a SIGSTOP, which is waited for.
func (r *receiver) signal(s syscall.Signal) error {
	err := r.cmd.Process.Signal(s)
	for limit := time.Now().Add(patience); err == nil && s == syscall.SIGSTOP && !standsStill(r.cmd.Process.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			return fmt.Errorf("process %d does not stop", r.cmd.Process.Pid)
		}
	}
	return err
}

// standsStill reports whether all threads of a process are stopped, as far as the system can be asked.
func standsStill(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, file := range threads {
		text, err := os.ReadFile(file)
		if _, state, ok := strings.Cut(string(text), ") "); err == nil && ok && !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

// startReceiver starts a receiver for a pattern whose sender is at hand, and joins the two.
func startReceiver(t *testing.T, p pattern, sender *zmq.Socket, hwm int, beats string, pause ...any) *receiver {
	t.Helper()
	r := &receiver{t: t, l: newLedger()}
	if p.senderBinds {
		r.args = []any{"receive", int(p.receiver), "connect", "tcp://" + bind(t, sender), hwm, beats}
	} else {
		r.args = []any{"receive", int(p.receiver), "bind", "tcp://127.0.0.1:*", hwm, beats}
	}
	r.args = append(r.args, pause...)
	if p.receiver == zmq.Rep {
		r.l = nil // the answers count
	}
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.kill() })
	if !p.senderBinds {
		r.args[3] = r.at // the next one is at the same place
		if err := sender.Connect(r.at); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// processFaults happen to the receiver's process.
var processFaults = []struct {
	name    string
	beats   string
	disturb func(ctx context.Context, r *receiver, m *zmq.Monitor) error
}{
	{"killed (SIGKILL), started again", "quiet", func(_ context.Context, r *receiver, _ *zmq.Monitor) error {
		r.kill()
		return r.start()
	}},
	{"stopped (SIGSTOP), noticed by heartbeats, continued", "beats", func(ctx context.Context, r *receiver, m *zmq.Monitor) error {
		if err := r.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		err := await(ctx, m, zmq.EventDisconnected)
		return errors.Join(err, r.signal(syscall.SIGCONT))
	}},
}

// TestProcess disturbs the process that receives, in each pattern.
func TestProcess(t *testing.T) {
	for _, f := range processFaults {
		for _, p := range patterns {
			t.Run(p.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				ctx := patient(t)
				c := newContext(t)
				var opts []zmq.SocketOption
				if f.beats == "beats" {
					opts = heartbeat
				}
				sender := newSocket(t, c, p.sender, opts...)
				connections := countConnections(t, ctx, sender)
				m := monitor(t, sender)
				l := newLedger()
				r := startReceiver(t, p, sender, 1000, f.beats)
				if r.l != nil {
					l = r.l
				}
				a, err := p.run(ctx, sender, l, *count, func() error { return f.disturb(ctx, r, m) })
				sender.Close()
				if err != nil {
					t.Fatalf("%v: %+v", err, a)
				}
				made := connections()
				a.must(t, made)
				if made < 2 {
					t.Errorf("%d connection was made: nothing broke", made)
				}
				t.Logf("%+v over %d connections", a, made)
				report("process", p.name, f.name, a, made)
			})
		}
	}
}

// TestStoppedHolds stops the receiver without heartbeats: the sender is held up at the high-water mark and loses nothing.
func TestStoppedHolds(t *testing.T) {
	for _, p := range patterns {
		if p.sender == zmq.Req || p.sender == zmq.Pub {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			ctx := patient(t)
			const hwm = 10
			sender := newSocket(t, newContext(t), p.sender, zmq.SendHWM(hwm), zmq.SendBuf(4096))
			r := startReceiver(t, p, sender, hwm, "quiet")
			if err := until(ctx, sender, r.l, begin, func() bool { return r.l.began }); err != nil {
				t.Fatal(err)
			}
			if err := r.signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			sent := fill(ctx, t, sender, 100_000)
			if err := r.signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			if err := until(ctx, sender, r.l, end, func() bool { return r.l.ended }); err != nil {
				t.Fatal(err)
			}
			a := r.l.account(sent)
			sender.Close()
			a.must(t, 1)
			if a.Lost > 0 {
				t.Errorf("%d of %d messages lost", a.Lost, sent)
			}
			t.Logf("held up after %d messages: %+v", sent, a)
			report("stopped", p.name, fmt.Sprintf("held up after %d messages", sent), a, 1)
		})
	}
}

// TestStoppedSubscriber stops one of two subscribers: it misses messages, the other one none.
func TestStoppedSubscriber(t *testing.T) {
	t.Parallel()
	ctx := patient(t)
	const hwm = 500
	c := newContext(t)
	p := pattern{"PUB/SUB", zmq.Pub, zmq.Sub, true}
	pub := newSocket(t, c, zmq.Pub, zmq.SendHWM(hwm), zmq.SendBuf(4096))
	r := startReceiver(t, p, pub, hwm, "quiet")
	at, err := pub.LastEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	sub := newSocket(t, c, zmq.Sub, zmq.RecvHWM(hwm))
	if err := sub.Connect(at); err != nil {
		t.Fatal(err)
	}
	lively := newLedger()
	done := make(chan error, 1)
	go func() { done <- receive(ctx, sub, lively.take) }()
	both := func() bool { r.l.mu.Lock(); defer r.l.mu.Unlock(); return lively.began && r.l.began }
	if err := until(ctx, pub, lively, begin, both); err != nil {
		t.Fatal(err)
	}
	if err := r.signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	const sent = 10_000 // more than marks and the system's buffers hold
	for n := range sent {
		if err := pub.SendParts(ctx, message(n)...); err != nil {
			t.Fatal(err)
		}
		// The lively one is given the time to keep up.
		if err := lively.await(ctx, func() bool { return len(lively.order) > n }); err != nil {
			t.Fatalf("the lively subscriber waits for message %d: %v", n, err)
		}
	}
	if err := r.signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := until(ctx, pub, r.l, end, func() bool { return r.l.ended }); err != nil {
		t.Fatal(err)
	}
	sub.Close()
	<-done
	slow, quick := r.l.account(sent), lively.account(sent)
	slow.must(t, 1)
	quick.must(t, 1)
	if quick.Lost > 0 || slow.Lost == 0 {
		t.Errorf("the lively subscriber lost %d, the stopped one %d", quick.Lost, slow.Lost)
	}
	t.Logf("stopped: %+v, lively: %+v", slow, quick)
	report("stopped", "PUB/SUB", "the subscriber that was stopped", slow, 1)
	report("stopped", "PUB/SUB", "another subscriber meanwhile", quick, 1)
}

// TestStoppedService stops a REP: the REQ's time runs out, and another request gets its own answer when it goes on.
func TestStoppedService(t *testing.T) {
	t.Parallel()
	ctx := patient(t)
	p := pattern{"REQ/REP", zmq.Req, zmq.Rep, false}
	req := newSocket(t, newContext(t), zmq.Req)
	r := startReceiver(t, p, req, 10, "quiet")
	if err := r.signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	const asked = 3
	for n := range asked {
		if err := req.SendParts(ctx, message(n)...); err != nil {
			t.Fatal(err)
		}
		if _, err := req.RecvParts(ctx); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a stopped service answers: %v", err)
		}
	}
	if err := errors.Join(r.signal(syscall.SIGCONT), req.Set(zmq.RecvTimeout(zmq.Infinite))); err != nil {
		t.Fatal(err)
	}
	l := newLedger()
	if err := req.SendParts(ctx, message(asked)...); err != nil {
		t.Fatal(err)
	}
	answer, err := req.RecvParts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if l.take(answer); len(l.order) != 1 || l.order[0] != asked {
		t.Errorf("the answer is %.60q, want that of question %d", answer, asked)
	}
	a := l.account(asked + 1)
	report("stopped", "REQ/REP", fmt.Sprintf("%d questions time out; the next gets its own answer", asked), a, 1)
}

// fill sends until the socket has no room any more, and returns how many messages it took; most is more than it may take.
func fill(ctx context.Context, t *testing.T, sender *zmq.Socket, most int) (sent int) {
	t.Helper()
	if err := sender.Set(zmq.SendTimeout(answerTime)); err != nil {
		t.Fatal(err)
	}
	for ; ; sent++ {
		err := sender.SendParts(ctx, message(sent)...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil || sent > most {
			t.Fatalf("after %d messages: %v", sent, err)
		}
	}
	if err := sender.Set(zmq.SendTimeout(zmq.Infinite)); err != nil {
		t.Fatal(err)
	}
	return sent
}
