package zmq

import (
	"syscall"
	"testing"
)

// TestWaitSharedEpoll makes sockets wait in the shared epoll set, as they do when descriptors are scarce, and sends through all.
func TestWaitSharedEpoll(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	scarce := limit
	scarce.Cur = 200
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &scarce); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	const pairs = 60
	c, ctx := newTestContext(t), patient(t)
	var pulls, pushes []*Socket
	for range pairs {
		pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
		connectTo(t, push, bindTo(t, pull, "inproc"))
		pulls, pushes = append(pulls, pull), append(pushes, push)
	}
	got := make(chan string, pairs)
	for range 20 {
		for _, pull := range pulls {
			go func() {
				parts, err := pull.RecvParts(ctx)
				if err != nil {
					got <- err.Error()
					return
				}
				got <- string(parts[0])
			}()
		}
		for _, pull := range pulls {
			parkedOn(t, pull, 1)
		}
		for _, push := range pushes {
			if err := push.SendParts(ctx, []byte("work")); err != nil {
				t.Fatal(err)
			}
		}
		for range pairs {
			if text := taken(t, "a message through the shared epoll set", got); text != "work" {
				t.Fatal(text)
			}
		}
	}
	in := 0
	for _, pull := range pulls {
		pull.st.mu.Lock()
		if pull.st.shared {
			in++
		}
		pull.st.mu.Unlock()
	}
	if in == 0 {
		t.Error("no socket waited in the shared epoll set")
	}
	t.Logf("%d of %d sockets waited in the shared epoll set", in, pairs)
}
