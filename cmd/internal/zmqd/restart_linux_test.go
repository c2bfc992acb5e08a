package zmqd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// traffic is what clients asked and had answered, and what a service did.
type traffic struct {
	mu                sync.Mutex
	handled, answered map[string]bool
}

func (tr *traffic) note(m map[string]bool, id string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	m[id] = true
}

func (tr *traffic) count() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.answered)
}

// client asks one thing after the other until it is told to stop; what has no answer for a while it no longer waits for, but
// takes, if it comes.
func (tr *traffic) client(ctx context.Context, stop <-chan struct{}, s *zmq.Socket, name int) {
	for n := 0; ctx.Err() == nil; n++ {
		select {
		case <-stop:
			return
		default:
		}
		id := fmt.Sprintf("%d.%d", name, n)
		if s.SendParts(ctx, nil, []byte(id)) != nil {
			return
		}
		asked, cancel := context.WithTimeout(ctx, time.Second)
		for tr.take(asked, s) != id && asked.Err() == nil {
		}
		cancel()
	}
}

// take notes an answer, and returns what it is to.
func (tr *traffic) take(ctx context.Context, s *zmq.Socket) string {
	parts, err := s.RecvParts(ctx)
	if err != nil {
		return ""
	}
	id := string(parts[len(parts)-1])
	tr.note(tr.answered, id)
	return id
}

func (tr *traffic) missing() (ids []string) {
	for id := range tr.handled {
		if !tr.answered[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// lost returns how many requests that the service had have no answer.
func (tr *traffic) lost() (n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for id := range tr.handled {
		if !tr.answered[id] {
			n++
		}
	}
	return n
}

func (tr *traffic) service(ctx context.Context, s *zmq.Socket) {
	for msg, err := range s.Messages(ctx) {
		if err != nil {
			return
		}
		tr.note(tr.handled, string(msg[0]))
		if s.SendParts(ctx, msg...) != nil {
			return
		}
	}
}

// TestRollingRestart starts a queue anew under traffic, several times, with and without sockets that the service manager holds. Each
// request that a service had has its reply at the client, and both go on by themselves with the next queue.
func TestRollingRestart(t *testing.T) {
	for _, held := range []bool{false, true} {
		t.Run(map[bool]string{false: "alone", true: "activated"}[held], func(t *testing.T) {
			t.Parallel()
			dir := filepath.Dir(strings.TrimPrefix(clitest.Endpoint(t, "x"), "ipc://"))
			front, back := filepath.Join(dir, "f"), filepath.Join(dir, "b")
			var names []string
			var files []*os.File
			if held {
				names = []string{"frontend", "backend"}
				files, _ = listening(t, "unix", front, back)
			}
			tr := &traffic{handled: map[string]bool{}, answered: map[string]bool{}}
			z := clitest.Context(t)
			ctx, cancel := context.WithCancel(context.Background())
			stop := make(chan struct{})
			var all, asking sync.WaitGroup
			t.Cleanup(all.Wait)
			t.Cleanup(cancel)
			start := func(f func()) {
				all.Add(1)
				go func() { defer all.Done(); f() }()
			}
			rep := clitest.Socket(t, z, zmq.Rep, "ipc://"+back)
			rep.Set(zmq.RecvTimeout(zmq.Infinite))
			start(func() { tr.service(ctx, rep) })
			for i := range 4 {
				dealer := clitest.Socket(t, z, zmq.Dealer, "ipc://"+front)
				dealer.Set(zmq.RecvTimeout(zmq.Infinite), zmq.SendTimeout(zmq.Infinite))
				asking.Add(1)
				start(func() {
					func() { defer asking.Done(); tr.client(ctx, stop, dealer, i) }()
					for ctx.Err() == nil {
						tr.take(ctx, dealer)
					}
				})
			}
			for run := range 3 {
				p := startActivated(t, names, files, "queue", "--frontend-bind", "ipc://"+front, "--backend-bind", "ipc://"+back)
				before := tr.count()
				for limit := time.Now().Add(clitest.Patience); tr.count() < before+50; time.Sleep(5 * time.Millisecond) {
					if time.Now().After(limit) {
						t.Fatalf("run %d: %d requests are answered, after %d\n%s", run, tr.count(), before, p.log)
					}
				}
				if run == 2 {
					close(stop) // the last end is quiet
					asking.Wait()
				}
				defer func() {
					if t.Failed() {
						t.Logf("run %d, after %d answers:\n%s", run, before, p.log)
					}
				}()
				if code := p.end(t); code != 0 && code != exitLeft {
					t.Fatalf("exit code %d\n%s", code, p.log)
				}
			}
			for limit := time.Now().Add(5 * time.Second); tr.lost() > 0; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(limit) {
					t.Fatalf("%d of %d requests that a service had have no reply: %v", tr.lost(), len(tr.handled), tr.missing())
				}
			}
		})
	}
}
