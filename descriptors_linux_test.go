package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// setFileLimit sets the process's limit of descriptors.
func setFileLimit(n uint64) {
	must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}))
}

// filler takes descriptors until some number of them is left.
type filler struct{ fds []int }

func (f *filler) leave(free int) {
	for {
		fd, err := syscall.Dup(1)
		if err != nil {
			break
		}
		f.fds = append(f.fds, fd)
	}
	f.release(free)
}

func (f *filler) release(n int) {
	for ; n > 0 && len(f.fds) > 0; n-- {
		syscall.Close(f.fds[len(f.fds)-1])
		f.fds = f.fds[:len(f.fds)-1]
	}
}

// expectScarce panics unless err says that descriptors are scarce.
func expectScarce(what string, err error) {
	if err != nil && !errors.Is(err, ErrTooManyFiles) {
		panic(fmt.Sprintf("%s: %v, want ErrTooManyFiles", what, err))
	}
}

// TestDescriptorsRunOut makes everything that takes descriptors in processes that have ever fewer of them. The engine must not
// abort, and all must work again when descriptors come back.
func TestDescriptorsRunOut(t *testing.T) {
	for _, limit := range []int{64, 128, 256} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			dir := shortDir(t)
			t.Log(strings.TrimSpace(runChild(t, 2*patience, filesChild, limit, dir)))
		})
	}
}

var filesChild = child("files", func(args []string) {
	limit := mustGet(strconv.ParseUint(args[0], 10, 64))
	dir := args[1]
	setFileLimit(limit)
	done := map[string]int{}
	note := func(what string, err error) {
		expectScarce(what, err)
		if err != nil {
			what += " refused"
		}
		done[what]++
	}
	// With each number of descriptors that may be left, from none up to where all succeeds.
	for free := range 40 {
		for _, threads := range []int{0, 1, 4} {
			var f filler
			f.leave(free)
			c, err := NewContext(IOThreads(threads))
			note("context", err)
			if err == nil {
				for _, typ := range []SocketType{Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, XPub, XSub} {
					s, err := c.NewSocket(typ, Linger(0))
					note("socket", err)
					if err == nil && threads > 0 {
						// Interface names and wildcards make libzmq look through the interfaces.
						if !atFloor() {
							note("bind tcp", s.Bind("tcp://lo:*"))
							note("bind tcp", s.Bind("tcp://*:*"))
						}
						note("bind ipc", s.Bind("ipc://"+filepath.Join(dir, fmt.Sprintf("%d.%d.%v", free, threads, typ))))
						if typ != Pair || engineFrom(3, 2, 0) { // which is refused a second peer
							note("connect tcp", s.Connect("tcp://localhost:1"))
							note("connect ipc", s.Connect("ipc://"+filepath.Join(dir, "nobody")))
						}
						note("bind inproc", s.Bind("inproc://"+typ.String()))
						s.Send(nil, DontWait)
						s.Recv(nil, DontWait)
					}
					if err == nil {
						// Waiting takes descriptors, too.
						ctx, cancel := context.WithTimeout(context.Background(), time.Microsecond)
						s.RecvParts(ctx)
						cancel()
						_, err := Poll([]PollItem{{Socket: s, Events: PollIn}, {FD: 0, Events: PollErr}}, time.Microsecond)
						expectScarce("poll", err)
					}
				}
				for err := c.Close(); err != nil; err = c.Close() {
					expectScarce("close", err)
					f.release(1) // recovery: it must succeed once there are some
				}
			}
			f.release(len(f.fds))
		}
	}
	filesForOne(dir, note)
	sendAndReceive(dir)
	fmt.Printf("limit %d: %v\n", limit, done)
})

// filesForOne makes each call with each number of descriptors that it may find, other things being well.
func filesForOne(dir string, note func(what string, err error)) {
	for free := range 25 {
		calls := map[string]func(s *Socket) error{
			"connect tcp": func(s *Socket) error { return s.Connect("tcp://localhost:1") },
			"connect ipc": func(s *Socket) error { return s.Connect("ipc://" + filepath.Join(dir, "nobody")) },
			"bind ipc":    func(s *Socket) error { return s.Bind(fmt.Sprintf("ipc://%s/one%d", dir, free)) },
			"socket":      func(s *Socket) error { _, err := s.Context().NewSocket(Pair); return err },
			"context": func(*Socket) error {
				c, err := NewContext()
				if err == nil {
					err = c.Close()
				}
				return err
			},
		}
		if !atFloor() {
			calls["bind tcp"] = func(s *Socket) error { return s.Bind("tcp://127.0.0.1:*") }
			calls["bind lo"] = func(s *Socket) error { return s.Bind("tcp://lo:*") }
		}
		if apiVersion().AtLeast(from40) {
			calls["monitor"] = func(s *Socket) error {
				m, err := s.Monitor(EventAll)
				if err == nil {
					err = m.Close()
				}
				return err
			}
		}
		for what, call := range calls {
			c := mustGet(NewContext())
			s := mustGet(c.NewSocket(Dealer, Linger(0)))
			var f filler
			f.leave(free)
			note(what, call(s))
			f.release(len(f.fds))
			must(c.Close())
		}
		// The first socket of a context starts the threads.
		c := mustGet(NewContext())
		var f filler
		f.leave(free)
		_, err := c.NewSocket(Dealer)
		note("first socket", err)
		f.release(len(f.fds))
		must(c.Close())
	}
}

// sendAndReceive sends a message over tcp and ipc: everything works again.
func sendAndReceive(dir string) {
	c := mustGet(NewContext())
	in, out := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push))
	endpoint := "ipc://" + filepath.Join(dir, "echo")
	must(in.Bind(endpoint))
	must(out.Connect(endpoint))
	mustGet(out.Send([]byte("works"), 0))
	if msg := mustGet(in.RecvParts(context.Background())); string(msg[0]) != "works" {
		panic(fmt.Sprintf("%q came", msg))
	}
	must(c.Close())
}

// TestDescriptorsUntrustedPeers has more peers connect to a process than it has descriptors: it must live and serve the next
// one when they have left.
func TestDescriptorsUntrustedPeers(t *testing.T) {
	needsEngine(t, Version{3, 2, 0}, "a listener of 3.1 ends the process when it finds no descriptor for a peer")
	for _, limit := range []int{64, 128} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := l.Addr().String()
			l.Close()
			ready := filepath.Join(shortDir(t), "ready")
			ended := make(chan string, 1)
			go func() {
				out, err := tryChild(2*patience, strangersChild, limit, address, ready)
				if err != nil {
					out = fmt.Sprintf("%v\n%s", err, out)
				}
				ended <- out
			}()
			eventually(t, "the child has bound", func() bool { _, err := os.Stat(ready); return err == nil })
			var conns []net.Conn
			for range 2 * limit {
				conn, err := net.DialTimeout("tcp", address, time.Second)
				if err != nil {
					break // its queue of connections is full
				}
				conns = append(conns, conn)
			}
			for _, conn := range conns {
				conn.Close()
			}
			c := newTestContext(t)
			s := newTestSocket(t, c, Push, Linger(Infinite))
			connectTo(t, s, "tcp://"+address)
			sendText(t, s, "end")
			if out := <-ended; strings.TrimSpace(out) != "end" {
				t.Errorf("%d connections; the child: %s", len(conns), out)
			}
		})
	}
}

var strangersChild = child("strangers", func(args []string) {
	setFileLimit(mustGet(strconv.ParseUint(args[0], 10, 64)))
	c := mustGet(NewContext())
	s := mustGet(c.NewSocket(Pull))
	must(s.Bind("tcp://" + args[1]))
	must(os.WriteFile(args[2], nil, 0o600))
	msg := mustGet(s.RecvParts(context.Background()))
	fmt.Println(string(msg[0]))
	must(c.Close())
})

// TestDescriptorsNoneToWait parks goroutines, and a poller, when there is no descriptor left for the duplicate to wait
// for, nor for Go's own poller: they look by themselves.
func TestDescriptorsNoneToWait(t *testing.T) {
	for _, free := range []int{0, 1, 2, 3, 4, 5} {
		runChild(t, patience, withoutChild, free)
	}
}

var withoutChild = child("without", func(args []string) {
	setFileLimit(100)
	c := mustGet(NewContext())
	in, out := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push))
	polled, push := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push))
	must(in.Bind("inproc://a"))
	must(out.Connect("inproc://a"))
	must(polled.Bind("inproc://b"))
	must(push.Connect("inproc://b"))
	var f filler
	f.leave(mustGet(strconv.Atoi(args[0])))
	const messages = 50
	received, ready := make(chan error), make(chan error)
	for range 2 {
		go func() {
			for range messages / 2 {
				_, err := in.RecvParts(context.Background())
				received <- err
			}
		}()
	}
	go func() {
		_, err := Poll([]PollItem{{Socket: polled, Events: PollIn}}, Infinite)
		ready <- err
	}()
	for range messages {
		mustGet(out.Send(nil, 0))
		must(<-received)
	}
	mustGet(push.Send(nil, 0))
	must(<-ready)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := in.RecvParts(ctx); !errors.Is(err, context.DeadlineExceeded) {
		panic(fmt.Sprint("a receive that nobody answers: ", err))
	}
	f.release(len(f.fds))
	must(c.Close())
})

// TestDescriptorsManyThreads asks for more I/O threads than there are descriptors for.
func TestDescriptorsManyThreads(t *testing.T) { runChild(t, patience, threadsChild) }

var threadsChild = child("threads", func([]string) {
	setFileLimit(128)
	for _, threads := range []int{30, 55, 58, 60, 63, 100, 1024} {
		c, err := NewContext(IOThreads(threads))
		if !engineFrom(3, 2, 0) && errors.Is(err, ErrTooManyFiles) {
			continue // a context of 3.1 has its threads from the beginning
		}
		must(err)
		_, err = c.NewSocket(Pair)
		expectScarce("socket", err)
		must(c.Close())
	}
})

// TestDescriptorsMaxSockets fills contexts with sockets, some of which wait for inproc names that nobody binds or were closed
// while they did: there must always be a slot for terminating.
func TestDescriptorsMaxSockets(t *testing.T) {
	if atFloor() {
		t.Skip("the limit cannot be set")
	}
	runChild(t, 2*patience, maxSocketsChild)
}

var maxSocketsChild = child("maxsockets", func([]string) {
	for limit := 1; limit <= 6; limit++ {
		for _, mode := range []string{"open", "waiting", "closed", "mixed"} {
			c := mustGet(NewContext(MaxSockets(limit), CloseTimeout(patience)))
			opened, refused := 0, false
			for i := range 3 * limit {
				s, err := c.NewSocket(Router, Linger(0))
				if errors.Is(err, ErrMaxSockets) {
					refused = true
					break
				}
				must(err)
				opened++
				if mode != "open" {
					must(s.Connect(fmt.Sprintf("inproc://nobody%d", i%2)))
				}
				if mode == "closed" || mode == "mixed" && i%2 == 0 {
					must(s.Close())
				}
			}
			if !refused || opened != limit {
				panic(fmt.Sprintf("%s: %d sockets with a limit of %d, refused: %v", mode, opened, limit, refused))
			}
			must(c.Close())
		}
	}
})
