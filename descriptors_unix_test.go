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
			r := fewRound{spare: spare, step: step, path: filepath.Join(args[0], fmt.Sprint(spare, step)), outcomes: outcomes}
			if err := r.run(); err != nil {
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

// fewRound is one round of fewFiles: it opens a context, sockets and endpoints, of which it leaves the first steps to a process
// that has descriptors enough, and does the rest with so many.
type fewRound struct {
	spare, step int
	path        string         // of ipc endpoints
	outcomes    map[string]int // how often each thing was done, and refused
	filler      []int          // descriptors that are taken so that few are left
}

func (r *fewRound) run() error {
	defer r.relax()
	r.scarceFrom(0)
	c, err := NewContext(CloseTimeout(patience))
	if ok, err := r.did("context", err); !ok {
		return err
	}
	defer r.close(c)
	var socks []*Socket
	for i := range 3 {
		if i == 1 {
			r.scarceFrom(1)
		}
		s, err := c.NewSocket(Dealer, Linger(0), ReconnectInterval(time.Millisecond))
		if ok, err := r.did("socket", err); err != nil {
			return err
		} else if ok {
			socks = append(socks, s)
		}
	}
	r.scarceFrom(2)
	for _, s := range socks {
		if err := r.attach(s); err != nil {
			return err
		}
		if err := r.wait(s); err != nil {
			return err
		}
	}
	return nil
}

// scarceFrom takes all descriptors but the spare ones if they are to be scarce from this step on.
func (r *fewRound) scarceFrom(step int) {
	if r.step != step {
		return
	}
	for {
		fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		r.filler = append(r.filler, fd)
	}
	for range min(r.spare, len(r.filler)) {
		syscall.Close(r.filler[len(r.filler)-1])
		r.filler = r.filler[:len(r.filler)-1]
	}
}

func (r *fewRound) relax() {
	for _, fd := range r.filler {
		syscall.Close(fd)
	}
	r.filler = nil
}

// did counts what has come of something. The error is one that should not be.
func (r *fewRound) did(what string, err error) (bool, error) {
	switch {
	case err == nil:
		r.outcomes[what]++
	case errors.Is(err, ErrTooManyFiles) && errors.Is(err, EMFILE):
		r.outcomes[what+" refused"]++
	default:
		return false, fmt.Errorf("%s: %w", what, err)
	}
	return err == nil, nil
}

// close closes the context: what is open can be closed, however few descriptors are left, or else when there are enough.
func (r *fewRound) close(c *Context) {
	err := c.Close()
	if errors.Is(err, ErrTooManyFiles) {
		r.relax()
		err = c.Close()
	}
	if err != nil {
		fmt.Println("closing:", err)
		os.Exit(1)
	}
}

// attach binds and connects the socket over each transport.
func (r *fewRound) attach(s *Socket) error {
	for what, f := range map[string]func() error{
		"bind tcp":       func() error { return s.Bind("tcp://127.0.0.1:*") },
		"bind ipc":       func() error { return s.Bind("ipc://" + r.path + fmt.Sprint(r.outcomes["bind ipc"])) },
		"bind inproc":    func() error { return s.Bind(fmt.Sprint("inproc://", r.outcomes["bind inproc"])) },
		"connect tcp":    func() error { return s.Connect("tcp://127.0.0.1:1") },
		"connect ipc":    func() error { return s.Connect("ipc://" + r.path + "0") },
		"connect inproc": func() error { return s.Connect("inproc://never-bound") },
	} {
		if what == "connect inproc" && r.spare%4 != 0 {
			continue // terminating has to find descriptors for it, which may take a moment
		}
		if atFloor() && what == "bind tcp" {
			f = func() error {
				r.outcomes["port"]++ // another one each time, since another program may have it
				return s.Bind(fmt.Sprint("tcp://127.0.0.1:", 20000+os.Getpid()%20000+r.outcomes["port"]%10000))
			}
		}
		err := f()
		if errors.Is(err, EADDRINUSE) || errors.Is(err, ECONNREFUSED) {
			continue
		}
		if _, err := r.did(what, err); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for the socket, in vain, by itself and with Poll.
func (r *fewRound) wait(s *Socket) error {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Microsecond)
	defer cancel()
	if _, err := s.RecvParts(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("a receive that waits: %w", err)
	}
	_, err := Poll([]PollItem{{Socket: s, Events: PollIn}}, 100*time.Microsecond)
	return err
}
