package zmq

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestDeviceIdle has many devices wait, which takes no thread.
func TestDeviceIdle(t *testing.T) {
	const devices = 30
	c := newTestContext(t)
	threads := func() int {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		return len(tasks)
	}
	before := threads()
	for i := 0; i < devices; i++ {
		front, back := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
		bindTo(t, front, "inproc")
		bindTo(t, back, "inproc")
		d, err := NewQueue(front, back)
		start(t, d, err)
		parkedOn(t, front, 1)
		parkedOn(t, back, 1)
	}
	if more := threads() - before; more > devices/2 {
		t.Errorf("%d devices that wait take %d threads", devices, more)
	}
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	runtime.GC()
	const while = 50 * time.Millisecond
	cpu := used()
	time.Sleep(while)
	t.Logf("%d devices at rest for %v: %v of processor time, %d threads more than without them", devices, while, used()-cpu, threads()-before)
}

// TestDeviceEdgesDrained has other goroutines look at a device's sockets all the time, which takes the edges
// that it waits for: nothing may wait for ever.
func TestDeviceEdgesDrained(t *testing.T) {
	for name, meddling := range map[string][]func(r *bench){
		"look": {func(r *bench) { r.front.Events() }, func(r *bench) { r.back.Events() }},
		"wait": {func(r *bench) {
			Poll([]PollItem{{Socket: r.front, Events: PollIn}, {Socket: r.back, Events: PollIn}}, 100*time.Microsecond)
		}},
		"steer": {func(r *bench) { r.Pause(); r.Resume() }, func(r *bench) { r.front.Events() }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newBench(t, NewQueue, Req, Router, Dealer, Rep, "inproc", nil)
			stop := make(chan struct{})
			var others sync.WaitGroup
			defer others.Wait()
			defer close(stop)
			for _, meddle := range meddling {
				others.Add(1)
				go func() {
					defer others.Done()
					for {
						select {
						case <-stop:
							return
						default:
							meddle(r)
							runtime.Gosched()
						}
					}
				}()
			}
			for i := range 100 {
				sendText(t, r.a, fmt.Sprint(i))
				expectText(t, r.b, fmt.Sprint(i))
				sendText(t, r.b, "re", fmt.Sprint(i))
				expectText(t, r.a, "re", fmt.Sprint(i))
			}
		})
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// TestDeviceComeAndGo runs devices one after the other, which end in either of three ways while they wait: they work,
// although descriptors are used again, and leave none behind.
func TestDeviceComeAndGo(t *testing.T) {
	const lives = 30
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would close what was forgotten
	c := newTestContext(t)
	front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	fixed, err := NewStreamer(front, back)
	if err != nil {
		t.Fatal(err)
	}
	in, out := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
	connectTo(t, in, bindTo(t, front, "inproc"))
	connectTo(t, out, bindTo(t, back, "inproc"))
	for _, s := range []*Socket{front, back, in, out} {
		s.st.mu.Lock()
		s.st.openFile() // the duplicate with which a socket waits stays open from its first wait on, which may come late
		s.st.mu.Unlock()
	}
	before := 0
	for i := range lives {
		if i == 2 {
			before = openFiles(t)
		}
		// The same device again, ended by its context.
		r := start(t, fixed, nil)
		sendText(t, in, "x")
		expectText(t, out, "x")
		parkedOn(t, front, 1)
		r.stop(t)
		// Another one, ended by closing one of its sockets.
		b := newBench(t, NewQueue, Req, Router, Dealer, Rep, "inproc", nil)
		sendText(t, b.a, "?")
		expectText(t, b.b, "?")
		parkedOn(t, b.front, 1)
		[]*Socket{b.front, b.back}[i%2].Close()
		wantError(t, b.wait(t), []error{ErrClosed})
		for _, s := range []*Socket{b.a, b.b, b.front, b.back} {
			s.Close()
		}
		b.c.Close()
	}
	for limit := time.Now().Add(patience); openFiles(t) > before; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%d files are open, %d were", openFiles(t), before)
		}
	}
}

// TestDeviceWithoutEpoll runs a device where descriptors are scarce, and one whose sockets wait in the shared epoll set.
func TestDeviceWithoutEpoll(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	c := newTestContext(t)
	var socks [4]*Socket
	for i, typ := range []SocketType{Req, Router, Dealer, Rep} {
		socks[i] = newTestSocket(t, c, typ)
	}
	connectTo(t, socks[0], bindTo(t, socks[1], "inproc"))
	connectTo(t, socks[3], bindTo(t, socks[2], "inproc"))
	fillGaps(t)
	few := limit
	few.Cur = uint64(2 * (openFiles(t) - 3))
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	before := openFiles(t)
	if e := newEpollSet(nil); e != nil {
		e.Close()
		t.Error("a device takes a descriptor where few are left")
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d files were open, then %d", before, after)
	}
	d, err := NewQueue(socks[1], socks[2])
	r := start(t, d, err)
	for range 20 {
		sendText(t, socks[0], "?")
		expectText(t, socks[3], "?")
		r.Pause()
		sendText(t, socks[3], "!")
		r.Resume()
		expectText(t, socks[0], "!")
	}
	parkedOn(t, socks[1], 1)
	if r.Device.wait.set.Load() != nil {
		t.Error("it waits with a descriptor of its own")
	}
	r.stop(t)
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	r = start(t, d, nil)
	parkedOn(t, socks[1], 1)
	sendText(t, socks[0], "?")
	expectText(t, socks[3], "?")
	if r.Device.wait.set.Load() == nil {
		t.Error("it does not wait with a descriptor of its own")
	}
}

// TestDevicePausedNoticesPeers has peers of a paused device come and go: it has to take notice, or the engine keeps
// them.
func TestDevicePausedNoticesPeers(t *testing.T) {
	if atFloor() {
		t.Skip("the number of sockets cannot be set")
	}
	c := newTestContext(t, MaxSockets(12))
	front, back := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
	at := bindTo(t, front, "inproc")
	d, err := NewQueue(front, back)
	r := start(t, d, err)
	r.Pause()
	for i := range 60 {
		s, err := c.NewSocket(Dealer, Linger(0))
		if err != nil {
			t.Fatalf("peer %d: %v", i, err)
		}
		connectTo(t, s, at)
		s.Close()
	}
}

// fillGaps opens descriptors until the end of the test, so that the next one has a number that nothing below it lacks.
func fillGaps(t *testing.T) {
	t.Helper()
	for {
		fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(fd) })
		if fd >= openFiles(t)-2 {
			return
		}
	}
}
