package zmq

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
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

// childCommand returns the command that runs the function in a child process.
func childCommand(ctx context.Context, name string, args ...any) *exec.Cmd {
	cmd := againCommand(ctx)
	cmd.Env = append(os.Environ(), childVariable+"="+strings.TrimSpace(name+" "+fmt.Sprintln(args...)))
	return cmd
}

// startChild starts a child process and returns when it says that it is ready. The function that it returns, which
// must be called, ends it.
func startChild(t *testing.T, name string, args ...any) (end func()) {
	t.Helper()
	cmd := childCommand(context.Background(), name, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Errorf("the other process says %q, %v", line, err)
	}
	return func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process: %v", err)
		}
	}
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
	cmd := childCommand(ctx, name, args...)
	cmd.SysProcAttr = attr
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

// runnerVariable names the environment variable with the command, if any, that runs the test binary where the system cannot by
// itself: an emulator, and its options.
const runnerVariable = "ZMQ_TEST_RUNNER"

// againCommand returns the command that starts this test binary once more.
func againCommand(ctx context.Context, args ...string) *exec.Cmd {
	words := append(append(strings.Fields(os.Getenv(runnerVariable)), os.Args[0]), args...)
	return exec.CommandContext(ctx, words[0], words[1:]...)
}

// emulated reports whether an emulator runs this test binary.
func emulated() bool { return os.Getenv(runnerVariable) != "" }

// notEmulated skips a test that asks of the system what an emulator does not do as the system would.
func notEmulated(t *testing.T, why string) {
	t.Helper()
	if emulated() {
		t.Skipf("%s does not run under an emulator (%s): %s", t.Name(), os.Getenv(runnerVariable), why)
	}
}

// listsInterfaces reports whether the network's interfaces can be listed, as they cannot where an emulator runs a big-endian machine.
func listsInterfaces() bool {
	_, err := net.Interfaces()
	return err == nil
}
