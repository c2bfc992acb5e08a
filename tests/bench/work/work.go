// Package work is the part that the measuring programs in Go share: their arguments, their clock, and
// their answer, which are those of the program in C beside it.
package work

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Engine opens sockets for a program that is measured.
type Engine interface {
	// Open returns an end of the type "push", "pull", "req" or "rep", and "xpub" or "sub" where a program sees subscriptions.
	Open(kind string, size, waterMark int) (End, error)
	// Proxy runs a "streamer", "forwarder" or "queue" until stdin ends, and tells where it is bound.
	Proxy(kind, front, back string, waterMark int, at func(front, back string), stop <-chan struct{}) error
	// Idle opens count sockets, with a goroutine that waits for a message on each, and calls ready.
	Idle(count int, ready func()) error
	Term() error
}

// End is one socket and the hot loops over it, which are the binding's own.
type End interface {
	Bind(endpoint string) (string, error)
	Connect(endpoint string) error
	Send(p []byte, n int) error
	Recv(p []byte, n int) (got int, err error) // n messages, or some more
	Request(p []byte) error                    // one round trip
	Reply(p []byte, n int) error
	Close() error
}

// ErrNotYet says that the library lacks what is to be measured.
var ErrNotYet = errors.New("not there yet")

// WaterMark is the default, but never more than 64 MiB of messages.
func WaterMark(size int) int { return min(max((64<<20)/max(size, 1), 2), 1000) }

// Large is the size from which on messages are sent without a copy, where a binding can.
const Large = 32 << 10

// Main does what the arguments say and returns the exit status.
func Main(e Engine, args []string, in io.Reader, out, errs io.Writer) int {
	if err := run(e, args, in, out); err != nil {
		fmt.Fprintln(errs, "bench:", err)
		if errors.Is(err, ErrNotYet) {
			return 77
		}
		return 1
	}
	return 0
}

func run(e Engine, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 4 && args[0] == "proxy" {
		return proxy(e, args[1], args[2], args[3], in, out)
	}
	if len(args) == 2 && args[0] == "idle" {
		return idle(e, args[1], out)
	}
	if len(args) != 4 {
		return errors.New("usage: WORK ENDPOINT SIZE COUNT (see tests/bench/c/bench.c)")
	}
	size, err1 := strconv.Atoi(args[2])
	count, err2 := strconv.Atoi(args[3])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	j := &job{e: e, in: in, out: out, endpoint: args[1], size: size, count: count}
	works := map[string]func() error{
		"thr": j.throughput, "thr-recv": j.receiver, "thr-send": j.sender,
		"lat": j.latency, "lat-rep": j.replier, "lat-req": j.requester,
		"pairs": j.pairs, "sockets": j.sockets, "subscriptions": j.subscriptions, "shared": j.shared,
	}
	work := works[args[0]]
	if work == nil {
		return fmt.Errorf("unknown work %q", args[0])
	}
	if err := work(); err != nil {
		return err
	}
	if err := e.Term(); err != nil {
		return err
	}
	if args[0] == "thr-send" || args[0] == "lat-rep" {
		fmt.Fprintf(out, "cpu=%.9f alloc=%d\n", CPU().Seconds(), allocated())
	}
	return nil
}

type job struct {
	e           Engine
	in          io.Reader
	out         io.Writer
	endpoint    string
	size, count int
}

func (j *job) open(kind string) (End, []byte, error) { return j.openWith(kind, WaterMark(j.size)) }

func (j *job) openWith(kind string, waterMark int) (End, []byte, error) {
	end, err := j.e.Open(kind, j.size, waterMark)
	// Filled: pages that nobody wrote to are all the same one, which would be cheap to read.
	return end, bytes.Repeat([]byte("x"), j.size), err
}

func (j *job) throughput() error { return j.both("pull", "push", j.receive, j.send) }
func (j *job) latency() error    { return j.both("rep", "req", j.reply, j.request) }
func (j *job) receiver() error   { return j.one("pull", true, j.receive) }
func (j *job) sender() error     { return j.one("push", false, j.sendAndStay) }
func (j *job) replier() error    { return j.one("rep", true, j.reply) }
func (j *job) requester() error  { return j.one("req", false, j.request) }

func (j *job) one(kind string, binds bool, work func(End, []byte) error) error {
	end, p, err := j.open(kind)
	if err != nil {
		return err
	}
	if binds {
		at, err := end.Bind(j.endpoint)
		if err != nil {
			return err
		}
		fmt.Fprintln(j.out, "at", at)
	} else if err := end.Connect(j.endpoint); err != nil {
		return err
	}
	return errors.Join(work(end, p), end.Close())
}

// both runs the two ends in one process.
func (j *job) both(binding, other string, here, there func(End, []byte) error) error {
	end, p, err := j.open(binding)
	if err != nil {
		return err
	}
	at, err := end.Bind(j.endpoint)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		end, p, err := j.open(other)
		if err == nil {
			err = end.Connect(at)
		}
		if err == nil {
			err = errors.Join(there(end, p), end.Close())
		}
		done <- err
	}()
	return errors.Join(here(end, p), <-done, end.Close())
}

func (j *job) send(end End, p []byte) error { return end.Send(p, j.count) }

// sendAndStay keeps the connection until the input ends: over ipc the engine loses what the receiver has not read yet
// when the sender goes.
func (j *job) sendAndStay(end End, p []byte) error {
	err := end.Send(p, j.count)
	_, readErr := io.Copy(io.Discard, j.in)
	return errors.Join(err, readErr)
}

func (j *job) receive(end End, p []byte) error {
	got, err := end.Recv(p, 1)
	if err != nil {
		return err
	}
	c := start()
	for n := got; n < j.count && err == nil; n += got {
		got, err = end.Recv(p, j.count-n)
	}
	c.stop(j.out, j.count-1, "")
	return err
}

func (j *job) warmUp() int { return j.count/10 + 1 }

// Requester is an End that has several requests under way at a time.
type Requester interface {
	Requests(p []byte, n int) error // n round trips
}

func (j *job) request(end End, p []byte) error {
	if r, ok := end.(Requester); ok {
		if err := r.Requests(p, j.warmUp()); err != nil {
			return err
		}
		c := start()
		err := r.Requests(p, j.count)
		c.stop(j.out, j.count, "")
		return err
	}
	for range j.warmUp() {
		if err := end.Request(p); err != nil {
			return err
		}
	}
	ns := make([]int64, j.count)
	c := start()
	for i := range ns {
		t := time.Now()
		if err := end.Request(p); err != nil {
			return err
		}
		ns[i] = int64(time.Since(t))
	}
	secs := c.read(len(ns))
	slices.Sort(ns)
	fmt.Fprintf(j.out, "%s p50=%d p99=%d\n", secs, ns[len(ns)/2], ns[len(ns)*99/100])
	return nil
}

func (j *job) reply(end End, p []byte) error { return end.Reply(p, j.warmUp()+j.count) }

// clock measures time, processor time and memory.
type clock struct {
	t     time.Time
	cpu   time.Duration
	alloc uint64
}

func start() clock { return clock{alloc: allocated(), cpu: CPU(), t: time.Now()} }

func (c clock) read(msgs int) string {
	secs := time.Since(c.t).Seconds()
	used := CPU() - c.cpu
	return fmt.Sprintf("msgs=%d secs=%.9f cpu=%.9f alloc=%d", msgs, secs, used.Seconds(), allocated()-c.alloc)
}

func (c clock) stop(out io.Writer, msgs int, more string) { fmt.Fprintln(out, c.read(msgs)+more) }

// CPU is the processor time that the process has used.
func CPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func proxy(e Engine, kind, front, back string, in io.Reader, out io.Writer) error {
	stop := make(chan struct{})
	go func() {
		io.Copy(io.Discard, in)
		close(stop)
	}()
	at := func(front, back string) { fmt.Fprintf(out, "at %s\nat %s\n", front, back) }
	if err := e.Proxy(kind, front, back, WaterMark(64), at, stop); err != nil {
		return err
	}
	fmt.Fprintf(out, "cpu=%.9f alloc=%d\n", CPU().Seconds(), allocated())
	return nil
}

func idle(e Engine, arg string, out io.Writer) error {
	count, err := strconv.Atoi(arg)
	if err != nil {
		return err
	}
	before := Status("VmRSS:")
	return e.Idle(count, func() {
		fmt.Fprintf(out, "sockets=%d threads=%d rss=%d\n", count, Status("Threads:"), (Status("VmRSS:")-before)*1024)
	})
}

// Status reads a number from the process's own status, 0 where the system has none.
func Status(name string) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return field(string(text), name)
}
