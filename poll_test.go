package zmq

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newPipe returns the ends of a pipe and their descriptors.
func newPipe(t *testing.T) (r, w *os.File, rfd, wfd int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w, int(r.Fd()), int(w.Fd())
}

// poll polls and compares what is ready.
func poll(t *testing.T, items []PollItem, timeout time.Duration, want ...PollEvents) {
	t.Helper()
	ready := 0
	for _, ev := range want {
		if ev != 0 {
			ready++
		}
	}
	n, err := Poll(items, timeout)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]PollEvents, len(items))
	for i := range items {
		got[i] = items[i].REvents
	}
	if diff := cmp.Diff(append([]PollEvents{}, want...), got); diff != "" || n != ready {
		t.Errorf("%d of %d are ready (-want +got):\n%s", n, ready, diff)
	}
}

// TestPollSockets: sockets of several contexts and transports, by themselves and twice.
func TestPollSockets(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc", SendHWM(1), RecvHWM(1))
	rep, req := newPair(t, Rep, Req, "tcp")
	items := []PollItem{
		{Socket: pull, Events: PollIn}, {Socket: push, Events: PollOut}, {Socket: rep, Events: PollIn | PollOut},
		{Socket: pull, Events: PollIn}, {Socket: push, Events: PollIn | PollErr | PollPri}, {Socket: pull, Events: 0},
		{Socket: pull, Events: PollOut}, {Socket: push, Events: PollIn | PollOut, FD: -7},
	}
	poll(t, items, 0, 0, PollOut, 0, 0, 0, 0, 0, PollOut)
	sendText(t, push, "1")
	poll(t, items, 0, PollIn, PollOut, 0, PollIn, 0, 0, 0, PollOut)
	sendText(t, push, "2")
	poll(t, items, 0, PollIn, 0, 0, PollIn, 0, 0, 0, 0)
	expectText(t, pull, "1")
	expectText(t, pull, "2")
	sendText(t, req, "question")
	only := []PollItem{{Socket: rep, Events: PollIn | PollOut}, {Socket: req, Events: PollIn}}
	poll(t, only, Infinite, PollIn, 0)
	poll(t, only, patience, PollIn, 0) // it does not go by being looked at
	expectText(t, rep, "question")
	poll(t, only, 0, PollOut, 0)
	sendText(t, rep, "answer")
	poll(t, only, Infinite, 0, PollIn)
	expectText(t, req, "answer")
}

// TestPollDescriptors: pipes, files, numbers that are not open and none.
func TestPollDescriptors(t *testing.T) {
	r, w, rfd, wfd := newPipe(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	items := []PollItem{
		{FD: rfd, Events: PollIn}, {FD: wfd, Events: PollOut}, {FD: -1, Events: PollIn | PollOut}, {FD: -99, Events: PollIn},
		{FD: int(file.Fd()), Events: PollIn | PollOut}, {FD: rfd, Events: PollIn}, {FD: rfd, Events: 0}, {FD: wfd, Events: PollIn},
	}
	poll(t, items, 0, 0, PollOut, 0, 0, PollIn|PollOut, 0, 0, 0)
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	poll(t, items, Infinite, PollIn, PollOut, 0, 0, PollIn|PollOut, PollIn, 0, 0)
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	// A hang-up is told to whoever asks for nothing.
	poll(t, items[5:7], Infinite, PollErr, PollErr)
	// A number that is not open is an error of the item, not of Poll.
	const notOpen = 99_999
	poll(t, []PollItem{{FD: -1, Events: PollIn}, {FD: notOpen, Events: PollIn}}, Infinite, 0, PollErr)
	poll(t, []PollItem{{FD: notOpen}}, time.Hour, PollErr)
}

// TestPollTimeout: nothing comes, and that is no error.
func TestPollTimeout(t *testing.T) {
	pull := newTestSocket(t, newTestContext(t), Pull)
	_, _, rfd, _ := newPipe(t)
	for _, timeout := range []time.Duration{0, 1, time.Millisecond} {
		poll(t, []PollItem{{Socket: pull, Events: PollIn, REvents: PollIn}, {FD: rfd, Events: PollIn, REvents: PollErr}, {FD: -1}}, timeout, 0, 0, 0)
		poll(t, []PollItem{{FD: -1, Events: PollIn}}, timeout, 0)
		poll(t, nil, timeout)
	}
}

// TestPollWakes: whatever becomes ready wakes Poll, and the next Poll as well.
func TestPollWakes(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		r, w, rfd, _ := newPipe(t)
		items := []PollItem{{Socket: pull, Events: PollIn}, {FD: rfd, Events: PollIn}}
		turn := make(chan int)
		go func() {
			for i := range turn {
				parkedOn(t, pull, 1) // Poll waits
				if i%2 == 0 {
					sendText(t, push, "x")
				} else if _, err := w.Write([]byte("x")); err != nil {
					t.Error(err)
				}
			}
		}()
		for i := range 50 {
			turn <- i
			if i%2 == 0 {
				poll(t, items, Infinite, PollIn, 0)
				expectText(t, pull, "x")
			} else {
				poll(t, items, Infinite, 0, PollIn)
				if _, err := r.Read(make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
			}
		}
		close(turn)
	})
}

// TestPollMany has more descriptors and sockets than any fixed array, and goroutines that poll the same ones.
func TestPollMany(t *testing.T) {
	c := newTestContext(t)
	push := newTestSocket(t, c, Push)
	endpoint := bindTo(t, push, "inproc")
	var items []PollItem
	var want []PollEvents
	for range 40 {
		s := newTestSocket(t, c, Pull)
		connectTo(t, s, endpoint)
		_, _, rfd, wfd := newPipe(t)
		items = append(items, PollItem{Socket: s, Events: PollIn}, PollItem{FD: rfd, Events: PollIn}, PollItem{FD: wfd, Events: PollIn})
		want = append(want, PollIn, 0, 0)
	}
	poll(t, items, 0, make([]PollEvents, len(items))...)
	var all sync.WaitGroup
	for range 4 {
		own := append([]PollItem(nil), items...)
		all.Add(1)
		go func() {
			defer all.Done()
			if n, err := Poll(own, Infinite); n < 1 || err != nil {
				t.Errorf("%d are ready, %v", n, err)
			}
		}()
	}
	for i := range 40 {
		parkedOn(t, items[3*i].Socket, 4)
	}
	for range 40 {
		sendText(t, push, "x")
	}
	all.Wait()
	poll(t, items, Infinite, want...)
	for i := range 40 {
		expectText(t, items[3*i].Socket, "x")
	}
}

// TestPollBesideReceivers: who polls does not keep a message from who receives, nor the other way round.
func TestPollBesideReceivers(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "tcp")
	const count = 100
	var all sync.WaitGroup
	for range 2 {
		all.Add(2)
		go func() {
			defer all.Done()
			for range count {
				if _, err := pull.RecvParts(context.Background()); err != nil {
					t.Error(err)
				}
			}
		}()
		go func() {
			defer all.Done()
			for range count { // takes nothing, and may see that nothing is left
				if _, err := Poll([]PollItem{{Socket: pull, Events: PollIn}}, time.Millisecond/10); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range 2 * count {
		sendText(t, push, "x")
	}
	all.Wait()
	expectNothing(t, pull)
}

// TestPollStops: a socket that is closed, or whose context is, ends a Poll over many.
func TestPollStops(t *testing.T) {
	for name, stop := range map[string]struct {
		do func(*Socket) error
		is []error
	}{
		"Close":         {(*Socket).Close, isClosed},
		"Shutdown":      {func(s *Socket) error { return s.Context().Shutdown() }, isTerminated},
		"Context.Close": {func(s *Socket) error { return s.Context().Close() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestContext(t)
			a, b := newTestSocket(t, newTestContext(t), Sub), newTestSocket(t, c, Pull)
			_, _, rfd, _ := newPipe(t)
			done := make(chan error)
			go func() {
				_, err := Poll([]PollItem{{Socket: a, Events: PollIn}, {FD: rfd, Events: PollIn}, {Socket: b, Events: PollIn}}, Infinite)
				done <- err
			}()
			parkedOn(t, b, 1)
			if err := stop.do(b); err != nil {
				t.Fatal(err)
			}
			err := <-done
			wantError(t, err, stop.is, "poll (pull)")
			if !errors.Is(err, ErrClosed) && !errors.Is(err, ErrTerminated) {
				t.Errorf("%v", err)
			}
			a.st.mu.Lock()
			defer a.st.mu.Unlock()
			if a.st.parked != 0 {
				t.Errorf("%d stay parked on the other socket", a.st.parked)
			}
		})
	}
}

// TestPollLeavesNoWaiter: when Poll is over nobody watches the sockets any more, though nothing has happened on them.
func TestPollLeavesNoWaiter(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		a, b := newPair(t, Pair, Pair, transport)
		items := []PollItem{{Socket: a, Events: PollIn}, {Socket: b, Events: PollIn}}
		for range 3 {
			if n, err := Poll(items, time.Millisecond); n != 0 || err != nil {
				t.Fatalf("%d are ready, %v", n, err)
			}
			for _, s := range []*Socket{a, b} {
				eventually(t, "the goroutine that watched a socket for Poll is gone", func() bool {
					s.st.mu.Lock()
					defer s.st.mu.Unlock()
					return s.st.watcher == nil && s.st.parked == 0
				})
			}
		}
	})
}
