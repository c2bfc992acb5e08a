package zmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newTestPoller(t testing.TB) *Poller {
	t.Helper()
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func addTo(t testing.TB, p *Poller, s *Socket, events PollEvents) {
	t.Helper()
	if err := p.Add(s, events); err != nil {
		t.Fatal(err)
	}
}

// waitFor fails unless the next Wait returns exactly this.
func waitFor(t testing.TB, p *Poller, want ...PollReady) {
	t.Helper()
	got, err := p.Wait(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	wantReady(t, want, got)
}

func wantReady(t testing.TB, want, got []PollReady) {
	t.Helper()
	same := cmp.Comparer(func(a, b PollReady) bool {
		return a.Socket == b.Socket && a.Conn == b.Conn && a.FD == b.FD && a.Events == b.Events
	})
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Fatalf("another answer (-want +got):\n%s", diff)
	}
}

func onSocket(s *Socket, events PollEvents) PollReady {
	return PollReady{Socket: s, FD: -1, Events: events}
}

// pollerWait is a Wait that runs.
type pollerWait struct {
	ready chan []PollReady
	err   chan error
}

func goWait(ctx context.Context, p *Poller) pollerWait {
	w := pollerWait{make(chan []PollReady, 1), make(chan error, 1)}
	go func() {
		ready, err := p.Wait(ctx)
		w.ready <- ready
		w.err <- err
	}()
	return w
}

func (w pollerWait) get(t testing.TB) ([]PollReady, error) {
	t.Helper()
	select {
	case ready := <-w.ready:
		return ready, <-w.err
	case <-time.After(patience):
		t.Fatal("Wait does not end")
		panic("not reached")
	}
}

// TestPollerLevelTriggered reports what is ready until it is dealt with.
func TestPollerLevelTriggered(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		in, out := newPair(t, Pull, Push, transport)
		p := newTestPoller(t)
		addTo(t, p, in, PollIn)
		w := goWait(patient(t), p)
		sendText(t, out, "one", "part two")
		sendText(t, out, "two")
		got, err := w.get(t)
		if err != nil {
			t.Fatal(err)
		}
		wantReady(t, []PollReady{onSocket(in, PollIn)}, got)
		waitFor(t, p, onSocket(in, PollIn))
		expectText(t, in, "one", "part two")
		waitFor(t, p, onSocket(in, PollIn))
		expectText(t, in, "two")
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, err = p.Wait(ctx)
		wantError(t, err, []error{context.DeadlineExceeded}, "zmq: wait: ")
		addTo(t, p, out, PollOut)
		waitFor(t, p, onSocket(out, PollOut))
	})
}

// TestPollerAllKinds waits for sockets, descriptors and Go's connections together.
func TestPollerAllKinds(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc")
	p := newTestPoller(t)
	pipeOut, pipeIn := rawPipe(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer dialled.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()

	conn := accepted.(*net.TCPConn)
	addTo(t, p, in, PollIn)
	for _, err := range []error{p.AddFD(pipeOut, PollIn), p.AddConn(conn, PollIn), p.AddConn(r, PollIn)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wake := goWait(patient(t), p)
	if _, err := dialled.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	got, err := wake.get(t)
	if err != nil || len(got) != 1 || got[0].Conn != syscall.Conn(conn) || got[0].Events != PollIn {
		t.Fatalf("%+v, %v", got, err)
	}
	fd := got[0].FD
	wake = goWait(patient(t), p)
	sendText(t, out, "x")
	if _, err := rawWrite(pipeIn, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := wake.get(t); err != nil {
		t.Fatal(err)
	}
	for got = nil; len(got) < 4; { // a socket is heard of a moment later
		if got, err = p.Wait(patient(t)); err != nil {
			t.Fatal(err)
		}
	}
	wantReady(t, []PollReady{onSocket(in, PollIn), {FD: pipeOut, Events: PollIn}, {Conn: conn, FD: fd, Events: PollIn}}, got[:3])
	// The connection is still its owner's.
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	expectText(t, in, "x")
	if _, err := rawRead(pipeOut, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, p, PollReady{Conn: r, FD: got[3].FD, Events: PollIn})
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	// What its owner closes is reported until it is removed, also to one who waits already.
	if err := p.Modify(conn, PollIn); err != nil { // which makes it set the descriptors up anew
		t.Fatal(err)
	}
	wake = goWait(patient(t), p)
	eventually(t, "the descriptors are watched", func() bool {
		p.p.mu.Lock()
		defer p.p.mu.Unlock()
		return p.p.fds != nil
	})
	conn.Close()
	got, err = wake.get(t)
	if err != nil {
		t.Fatal(err)
	}
	wantReady(t, []PollReady{{Conn: conn, FD: fd, Events: PollErr}}, got)
	waitFor(t, p, PollReady{Conn: conn, FD: fd, Events: PollErr})
	if err := p.Remove(conn); err != nil {
		t.Fatal(err)
	}
	if err := p.Modify(r, PollIn); err != nil {
		t.Fatal(err)
	}
	w.Close() // a hang-up
	got, err = p.Wait(patient(t))
	if err != nil || len(got) != 1 || got[0].Conn != syscall.Conn(r) || got[0].Events&PollErr == 0 {
		t.Fatalf("after a hang-up: %+v, %v", got, err)
	}
}

// TestPollerChanges adds, modifies and removes while a goroutine waits.
func TestPollerChanges(t *testing.T) {
	in, out := newPair(t, Pair, Pair, "inproc")
	p := newTestPoller(t)
	w := goWait(patient(t), p) // for nothing
	addTo(t, p, in, PollIn)
	sendText(t, out, "x")
	got, err := w.get(t)
	if err != nil {
		t.Fatal(err)
	}
	wantReady(t, []PollReady{onSocket(in, PollIn)}, got)
	expectText(t, in, "x")

	w = goWait(patient(t), p)
	if err := p.Modify(in, PollOut); err != nil {
		t.Fatal(err)
	}
	if got, err = w.get(t); err != nil {
		t.Fatal(err)
	}
	wantReady(t, []PollReady{onSocket(in, PollOut)}, got)
	if err := p.Modify(in, PollIn|PollOut); err != nil {
		t.Fatal(err)
	}
	sendText(t, out, "y")
	waitFor(t, p, onSocket(in, PollIn|PollOut))
	if err := p.Modify(in, PollIn); err != nil {
		t.Fatal(err)
	}
	expectText(t, in, "y")

	ctx, cancel := context.WithCancel(patient(t))
	w = goWait(ctx, p)
	if err := p.Remove(in); err != nil {
		t.Fatal(err)
	}
	sendText(t, out, "z")
	cancel()
	if got, err = w.get(t); !errors.Is(err, context.Canceled) || len(got) > 0 {
		t.Errorf("after Remove: %+v, %v", got, err)
	}
	in.st.mu.Lock()
	if in.st.pollers.first != nil {
		t.Error("what was removed is still watched")
	}
	in.st.mu.Unlock()
}

// TestPollerItemCloses tells which socket was closed, or terminated, also those who wait already.
func TestPollerItemCloses(t *testing.T) {
	for name, end := range map[string]struct {
		do   func(s *Socket) error
		want error
	}{
		"closed":     {(*Socket).Close, ErrClosed},
		"terminated": {func(s *Socket) error { return s.Context().Shutdown() }, ErrTerminated},
	} {
		t.Run(name, func(t *testing.T) {
			in, out := newPair(t, Pull, Push, "inproc")
			gone, _ := newPair(t, Pull, Push, "inproc")
			p := newTestPoller(t)
			addTo(t, p, in, PollIn)
			addTo(t, p, gone, PollIn)
			w := goWait(patient(t), p)
			parkedOn(t, gone, 1)
			if err := end.do(gone); err != nil {
				t.Fatal(err)
			}
			for i := 0; i < 2; i++ {
				got, err := w.get(t)
				wantError(t, err, []error{end.want}, "zmq: wait (pull): ")
				wantReady(t, []PollReady{onSocket(gone, PollErr)}, got)
				w = goWait(patient(t), p)
			}
			w.get(t)
			if err := p.Remove(gone); err != nil {
				t.Fatal(err)
			}
			sendText(t, out, "x")
			waitFor(t, p, onSocket(in, PollIn))
		})
	}
}

// TestPollerErrors refuses what cannot be waited for.
func TestPollerErrors(t *testing.T) {
	c := newTestContext(t)
	s := newTestSocket(t, c, Pull)
	p := newTestPoller(t)
	wantError(t, p.Add(s, 0), []error{EINVAL}, "add to poller (pull)", "events are")
	wantError(t, p.Add(s, PollErr), []error{EINVAL})
	wantError(t, p.AddFD(-1, PollIn), []error{EINVAL}, "not a descriptor: -1")
	wantError(t, p.AddFD(0, 64), []error{EINVAL}, "events are")
	wantError(t, p.AddConn(nil, PollIn), []error{EINVAL})
	wantError(t, p.AddConn(untellable{}, PollIn), []error{EINVAL}, "told from others")
	wantError(t, p.Modify(s, PollIn), []error{ENOENT}, "was not added")
	wantError(t, p.Remove(s), []error{ENOENT}, "was not added")
	wantError(t, p.Remove("s"), []error{EINVAL}, "a *Socket, a descriptor (int) or a syscall.Conn")
	wantError(t, p.Remove(untellable{}), []error{EINVAL})
	addTo(t, p, s, PollIn)
	wantError(t, p.Add(s, PollIn), []error{EINVAL}, "use Modify")
	wantError(t, p.Modify(s, 0), []error{EINVAL})
	w := goWait(context.Background(), p)
	parkedOn(t, s, 1)
	second := goWait(context.Background(), p)
	for i := 0; i < 2; i++ {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []pollerWait{w, second} {
		_, err := w.get(t)
		wantError(t, err, []error{ErrClosed}, "zmq: wait: ")
	}
	_, err := p.Wait(context.Background())
	wantError(t, err, []error{ErrClosed})
	wantError(t, p.Add(s, PollIn), []error{ErrClosed})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = newTestPoller(t).Wait(ended)
	wantError(t, err, []error{context.Canceled})
}

type untellable struct{ _ []byte }

func (untellable) SyscallConn() (syscall.RawConn, error) { return nil, nil }

// TestPollerMany waits for many sockets with several goroutines, which change the poller meanwhile.
func TestPollerMany(t *testing.T) {
	const socks, waiters, total = 500, 4, 2000
	c := newTestContext(t)
	p := newTestPoller(t)
	feed := newTestSocket(t, c, Router, SendHWM(total))
	at := bindTo(t, feed, "inproc")
	for i := 0; i < socks; i++ {
		s := newTestSocket(t, c, Dealer, Identity(fmt.Sprint("s", i)))
		connectTo(t, s, at)
		sendText(t, s, "hello")
		recvText(t, feed)
		addTo(t, p, s, PollIn)
	}
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	var got atomic.Int64
	var all sync.WaitGroup
	for i := 0; i < waiters; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				ready, err := p.Wait(ctx)
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					return
				}
				for _, r := range ready {
					// Another waiter may have been told of the same message.
					if _, err := r.Socket.Recv(nil, DontWait); err == nil {
						if got.Add(1) == total {
							cancel()
						}
					} else if !errors.Is(err, ErrWouldBlock) {
						t.Error(err)
					}
					if r.Events != PollIn {
						t.Errorf("ready for %v", r.Events)
					}
				}
				if len(ready) > 0 {
					if err := p.Modify(ready[0].Socket, PollIn); err != nil {
						t.Error(err)
					}
				}
			}
		}()
	}
	for i := 0; i < total; i++ {
		sendText(t, feed, fmt.Sprint("s", rand.IntN(socks)), fmt.Sprint(i))
	}
	all.Wait()
	if got.Load() != total {
		t.Errorf("%d of %d messages arrived", got.Load(), total)
	}
}

// TestPollerSharedSockets has goroutines receive from a socket that a poller waits for, too.
func TestPollerSharedSockets(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		const total = 500
		in, out := newPair(t, Pull, Push, transport)
		ctx, cancel := context.WithCancel(patient(t))
		defer cancel()
		var got [2]atomic.Int64
		count := func(who int) {
			got[who].Add(1)
			if got[0].Load()+got[1].Load() == total {
				cancel()
			}
		}
		var all sync.WaitGroup
		for i := 0; i < 3; i++ {
			p := newTestPoller(t)
			addTo(t, p, in, PollIn)
			all.Add(2)
			go func() {
				defer all.Done()
				for {
					if _, err := p.Wait(ctx); err != nil {
						return
					}
					if _, err := in.Recv(nil, DontWait); err == nil {
						count(0)
					}
				}
			}()
			go func() {
				defer all.Done()
				for _, err := range in.Messages(ctx) {
					if err != nil {
						return
					}
					count(1)
				}
			}()
		}
		for i := 0; i < total; i++ {
			sendText(t, out, "x")
		}
		all.Wait()
		if n := got[0].Load() + got[1].Load(); n != total {
			t.Errorf("%d of %d messages arrived: %d by pollers, %d directly", n, total, got[0].Load(), got[1].Load())
		}
	})
}

// parkedWait returns when the goroutine waits inside Poller.Wait for a reason to look again, and was not told of one.
func parkedWait(t *testing.T, p *Poller) {
	t.Helper()
	for limit := time.Now().Add(patience); ; runtime.Gosched() {
		buf := make([]byte, 1<<20)
		stacks := string(buf[:runtime.Stack(buf, true)])
		if len(p.p.wait.sig) == 0 && strings.Contains(stacks, "[select]:\nexample.org/zmq.(*poller).park") {
			return
		}
		if time.Now().After(limit) {
			t.Fatal("nobody waits in the poller")
		}
	}
}

// TestPollerChangedWhileParked: a Wait that is parked looks anew when something is added, modified or removed.
func TestPollerChangedWhileParked(t *testing.T) {
	in, out := newPair(t, Pair, Pair, "inproc")
	_, _, _, wfd := newPipe(t)
	sendText(t, out, "x")
	p := newTestPoller(t)
	for name, change := range map[string]struct {
		do   func() error
		undo func() error
	}{
		"Add":   {func() error { return p.Add(in, PollIn) }, func() error { return p.Remove(in) }},
		"AddFD": {func() error { return p.AddFD(wfd, PollOut) }, func() error { return p.Remove(wfd) }},
	} {
		waiting := goWait(patient(t), p)
		parkedWait(t, p)
		if err := change.do(); err != nil {
			t.Fatal(err)
		}
		got, err := waiting.get(t)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s while Wait is parked: %v, %v", name, got, err)
		}
		if err := change.undo(); err != nil {
			t.Fatal(err)
		}
	}
	addTo(t, p, out, PollIn) // from which nothing comes
	addTo(t, p, in, PollOut)
	if _, err := p.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := p.Remove(in); err != nil {
		t.Fatal(err)
	}
	waiting := goWait(patient(t), p)
	parkedWait(t, p)
	if err := p.Modify(out, PollOut); err != nil {
		t.Fatal(err)
	}
	if got, err := waiting.get(t); err != nil || len(got) != 1 {
		t.Fatalf("Modify while Wait is parked: %v, %v", got, err)
	}
}

// TestPollerForgotten: of a Poller that was forgotten nothing stays: no interest in its sockets, no goroutine, no
// descriptor, and the sockets can be forgotten with it.
func TestPollerForgotten(t *testing.T) {
	leaks := catchLeaks(t)
	c := newTestContext(t)
	s := newTestSocket(t, c, Pull)
	inner := forgetPoller(t, s)
	eventually(t, "the poller is found", func() bool { return len(leaks) > 0 })
	leak := <-leaks
	if leak.Kind != "poller" || !strings.Contains(leak.Stack, "forgetPoller") {
		t.Errorf("the leak is a %s of\n%s", leak.Kind, leak.Stack)
	}
	eventually(t, "the poller's interest in the socket has ended", func() bool {
		s.st.mu.Lock()
		defer s.st.mu.Unlock()
		return s.st.parked == 0 && s.st.watcher == nil
	})
	eventually(t, "the poller's descriptor is closed", func() bool {
		inner.mu.Lock()
		defer inner.mu.Unlock()
		return inner.closed && inner.fds == nil
	})
}

// forgetPoller leaves a Poller behind that has waited for a socket and a descriptor.
func forgetPoller(t *testing.T, s *Socket) *poller {
	r, _, rfd, _ := newPipe(t)
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	addTo(t, p, s, PollIn)
	if err := p.AddFD(rfd, PollIn); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	if got, err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v, %v", got, err)
	}
	runtime.KeepAlive(r)
	return p.p
}
