package zmq

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Some tests need a process of their own: they exhaust its descriptors, flood it with signals, or
// would take the test run with them if the engine aborted. Such a test starts the test binary once more
// with the name of a function in this variable.
const childVariable = "ZMQ_TEST_CHILD"

// childFuncs are the functions that a child process can be asked to run. A child ends well by returning.
var childFuncs = map[string]func(args []string){}

// child registers f and returns its name, for a package-level variable.
func child(name string, f func(args []string)) string {
	childFuncs[name] = f
	return name
}

// init runs the function that the parent asked for: before the testing package begins, since that starts
// timers and opens files of its own.
func init() {
	must(goWaysOf(os.Getenv(engineVariable)))
	name, args, _ := strings.Cut(os.Getenv(childVariable), " ")
	if name == "" {
		return
	}
	os.Unsetenv(childVariable)
	childFuncs[name](strings.Fields(args))
	os.Exit(0)
}

// runChild runs the function in a child process and returns what it wrote. A child that fails, aborts or takes too
// long fails the test.
func runChild(t testing.TB, limit time.Duration, name string, args ...any) string {
	t.Helper()
	out, err := tryChild(limit, name, args...)
	if err != nil {
		t.Fatalf("child %s %v: %v\n%s", name, args, err, out)
	}
	return out
}

func tryChild(limit time.Duration, name string, args ...any) (string, error) {
	return tryChildWith(limit, nil, name, args...)
}

// tryChildWith is tryChild for a process that is set up by the system as attr says.
func tryChildWith(limit time.Duration, attr *syscall.SysProcAttr, name string, args ...any) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := againCommand(ctx)
	cmd.SysProcAttr = attr
	cmd.Env = append(os.Environ(), childVariable+"="+strings.TrimSpace(name+" "+fmt.Sprintln(args...)))
	// Where it hangs, the stacks say why.
	cmd.Cancel = func() error { return cmd.Process.Signal(quitSignal) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("still running after %v", limit)
	}
	return out.String(), err
}

// must panics where there is no testing.T to fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func mustGet[T any](v T, err error) T {
	must(err)
	return v
}

// within runs f and fails the test if it takes too long, which the caller's goroutine survives.
func within(t testing.TB, what string, f func()) bool {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(patience):
		t.Errorf("%s has not ended after %v", what, patience)
		return false
	}
}

// waitersOf returns how many are parked to receive and to send, and how many of them were refused by a socket that
// calls itself ready.
func waitersOf(s *Socket) (receivers, senders, uneasy int) {
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	for w := s.s.receivers.first; w != nil; w = w.next {
		receivers++
		if w.uneasy {
			uneasy++
		}
	}
	for w := s.s.senders.first; w != nil; w = w.next {
		senders++
		if w.uneasy {
			uneasy++
		}
	}
	return receivers, senders, uneasy
}

// logMedian logs the median and the longest of some durations.
func logMedian(t testing.TB, what string, took []time.Duration) {
	slices.Sort(took)
	t.Logf("%s %v (median of %d; the longest: %v)", what, took[len(took)/2], len(took), took[len(took)-1])
}
