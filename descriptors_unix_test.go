//go:build unix

package zmq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var fewFilesChild = child("fewFiles", func(args []string) { must(fewFiles(args)) })

// TestDescriptorsFew does everything that takes descriptors in a process that has few of them: with too few libzmq
// aborts the process, in the calling thread or in one of its own.
func TestDescriptorsFew(t *testing.T) {
	t.Parallel()
	if out := runChild(t, 2*patience, fewFilesChild, shortDir(t)); !strings.HasSuffix(out, "alive\n") {
		t.Error(out)
	}
}

// fewFiles is the other process of TestDescriptorsFew.
func fewFiles(args []string) error {
	r, w, err := os.Pipe() // Go's poller takes its descriptors now
	if err != nil {
		return err
	}
	r.SetReadDeadline(time.Now())
	r.Read(make([]byte, 1))
	defer r.Close()
	defer w.Close()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 100, Max: 100}); err != nil {
		return err
	}
	outcomes := map[string]int{}
	for spare := range 32 {
		for step := range 3 {
			if err := withSpare(spare, step, filepath.Join(args[0], fmt.Sprint(spare, step)), outcomes); err != nil {
				return fmt.Errorf("with %d descriptors left at step %d: %w", spare, step, err)
			}
		}
	}
	for _, what := range []string{"context", "socket", "bind tcp", "bind ipc", "connect tcp", "connect ipc"} {
		if outcomes[what] == 0 || outcomes[what+" refused"] == 0 {
			return fmt.Errorf("%s was done %d times and refused %d times: both must occur", what, outcomes[what], outcomes[what+" refused"])
		}
	}
	fmt.Println(outcomes, "alive")
	return nil
}

// withSpare opens a context, sockets and endpoints, of which it leaves the first steps to a process that has
// descriptors enough, and does the rest with so many.
func withSpare(spare, step int, path string, outcomes map[string]int) error {
	var filler []int
	defer func() {
		for _, fd := range filler {
			syscall.Close(fd)
		}
	}()
	scarce := func() {
		for {
			fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
			if err != nil {
				break
			}
			filler = append(filler, fd)
		}
		for range min(spare, len(filler)) {
			syscall.Close(filler[len(filler)-1])
			filler = filler[:len(filler)-1]
		}
	}
	did := func(what string, err error) (bool, error) {
		switch {
		case err == nil:
			outcomes[what]++
		case errors.Is(err, ErrTooManyFiles) && errors.Is(err, EMFILE):
			outcomes[what+" refused"]++
		default:
			return false, fmt.Errorf("%s: %w", what, err)
		}
		return err == nil, nil
	}
	if step == 0 {
		scarce()
	}
	c, err := NewContext(CloseTimeout(patience))
	if ok, err := did("context", err); !ok {
		return err
	}
	defer func() {
		// What is open can be closed, however few are left.
		if err := c.Close(); err != nil && !errors.Is(err, ErrTooManyFiles) {
			fmt.Println("closing:", err)
			os.Exit(1)
		} else if err != nil {
			for _, fd := range filler {
				syscall.Close(fd)
			}
			filler = nil
			if err := c.Close(); err != nil {
				fmt.Println("closing with descriptors enough:", err)
				os.Exit(1)
			}
		}
	}()
	var socks []*Socket
	for i := range 3 {
		if step == 1 && i == 1 {
			scarce()
		}
		s, err := c.NewSocket(Dealer, Linger(0), ReconnectInterval(time.Millisecond))
		if ok, err := did("socket", err); err != nil {
			return err
		} else if ok {
			socks = append(socks, s)
		}
	}
	if step == 2 {
		scarce()
	}
	for _, s := range socks {
		for what, f := range map[string]func() error{
			"bind tcp":       func() error { return s.Bind("tcp://127.0.0.1:*") },
			"bind ipc":       func() error { return s.Bind("ipc://" + path + fmt.Sprint(outcomes["bind ipc"])) },
			"bind inproc":    func() error { return s.Bind(fmt.Sprint("inproc://", outcomes["bind inproc"])) },
			"connect tcp":    func() error { return s.Connect("tcp://127.0.0.1:1") },
			"connect ipc":    func() error { return s.Connect("ipc://" + path + "0") },
			"connect inproc": func() error { return s.Connect("inproc://never-bound") },
		} {
			if what == "connect inproc" && spare%4 != 0 {
				continue // terminating has to find descriptors for it, which may take a moment
			}
			if atFloor() && what == "bind tcp" {
				f = func() error {
					outcomes["port"]++ // another one each time, since somebody may have it
					return s.Bind(fmt.Sprint("tcp://127.0.0.1:", 20000+os.Getpid()%20000+outcomes["port"]%10000))
				}
			}
			err := f()
			if errors.Is(err, EADDRINUSE) || errors.Is(err, ECONNREFUSED) {
				continue
			}
			if _, err := did(what, err); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Microsecond)
		_, err := s.RecvParts(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("a receive that waits: %w", err)
		}
		if _, err := Poll([]PollItem{{Socket: s, Events: PollIn}}, 100*time.Microsecond); err != nil {
			return err
		}
	}
	return nil
}
