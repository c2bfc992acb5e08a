package zmq

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

// lingerInC makes brief waits last so long that a test which needs them woken notices when they are not.
func lingerInC(t *testing.T, limit time.Duration) {
	t.Helper()
	openBell()
	if bell < 0 {
		t.Fatal("there is no bell")
	}
	before := briefLimit
	briefLimit = limit
	procs := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(max(procs, 2))
	t.Cleanup(func() {
		briefLimit = before
		runtime.GOMAXPROCS(procs)
	})
}

// newBriefSource returns a source whose waits were short of late.
func newBriefSource(t *testing.T) *fakeSource {
	t.Helper()
	s := newFakeSource(t)
	s.brief.network, s.brief.short = true, briefAfter
	return s
}

// inCNow waits until a goroutine waits in C for the source.
func (s *fakeSource) inCNow(t *testing.T) {
	t.Helper()
	for limit := time.Now().Add(patience); ; runtime.Gosched() {
		s.mu.Lock()
		inC := s.inC
		s.mu.Unlock()
		if inC {
			return
		}
		if time.Now().After(limit) {
			t.Fatal("the goroutine does not wait in C")
		}
	}
}

// parkedNow waits until w is the watcher in Go's poller.
func (s *fakeSource) parkedNow(t *testing.T, w *waiter) {
	t.Helper()
	for limit := time.Now().Add(patience); ; runtime.Gosched() {
		s.mu.Lock()
		parked := s.watcher == w && !s.inC && s.file != nil
		s.mu.Unlock()
		if parked {
			return
		}
		if time.Now().After(limit) {
			t.Fatal("the goroutine does not wait in Go's poller")
		}
	}
}

// receiveParked receives a message that comes when the receiver's brief wait is over, and it is parked.
func (s *fakeSource) receiveParked(t *testing.T) {
	t.Helper()
	c := s.begin(t, opRecv, -1)
	s.parkedNow(t, c.w)
	s.mu.Lock()
	s.arrived = 1
	s.mu.Unlock()
	s.edge(t)
	c.ended(t, "the descriptor is readable, and it watches it")
}

// longInC is longer than any test waits.
const longInC = 2 * patience

func TestWaitBriefEdge(t *testing.T) {
	lingerInC(t, longInC)
	s := newBriefSource(t)
	c := s.begin(t, opRecv, -1)
	s.inCNow(t)
	s.mu.Lock()
	s.arrived = 1
	s.mu.Unlock()
	s.edge(t)
	c.ended(t, "the descriptor is readable, and it polls that in C")
	if c.err != nil || s.file != nil {
		t.Errorf("the call ended with %v; it has opened a descriptor: %v", c.err, s.file != nil)
	}
	s.nobodyParked(t)
}

// TestWaitBriefIsWoken: whoever has to wake a goroutine that waits in C does.
func TestWaitBriefIsWoken(t *testing.T) {
	for what, wake := range map[string]func(*fakeSource){
		"another call has found a message": func(s *fakeSource) {
			s.arrived = 1
			s.afterCall(PollIn)
		},
		"the source has stopped": func(s *fakeSource) {
			s.end = ErrClosed
			s.wakeAll()
		},
		"the engine's context was terminated": func(s *fakeSource) {
			s.dead = true
			s.kick()
		},
	} {
		t.Run(what, func(t *testing.T) {
			lingerInC(t, longInC)
			s := newBriefSource(t)
			c := s.begin(t, opRecv, -1)
			s.inCNow(t)
			s.mu.Lock()
			wake(s)
			s.mu.Unlock()
			c.ended(t, what)
			s.nobodyParked(t)
		})
	}
}

// TestWaitBriefEnds: a brief wait that brings nothing goes on parked, and the next wait does not begin as a brief one.
func TestWaitBriefEnds(t *testing.T) {
	lingerInC(t, time.Millisecond)
	s := newBriefSource(t)
	s.receiveParked(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &waiter{op: &op{kind: opRecv}, began: s.brief.begin()}
	if s.brief.short != 0 || s.takeBrief(w) {
		t.Errorf("after a long wait %d short ones are counted", s.brief.short)
	}
}

// TestWaitBriefDropsFile: while goroutines wait in C, Go's poller does not watch the source: each message would wake it.
func TestWaitBriefDropsFile(t *testing.T) {
	lingerInC(t, time.Millisecond)
	s := newBriefSource(t)
	for range 2 {
		s.mu.Lock()
		s.brief.short = briefAfter
		s.mu.Unlock()
		s.receiveParked(t)
	}
	lingerInC(t, longInC)
	s.mu.Lock()
	s.brief.short = briefAfter
	s.mu.Unlock()
	c := s.begin(t, opRecv, -1)
	s.inCNow(t)
	s.mu.Lock()
	if s.file != nil {
		t.Error("a goroutine waits in C, and Go's poller for the same descriptor")
	}
	s.mu.Unlock()
	c.cancel()
	s.edge(t)
	c.ended(t, "it was cancelled, and looks at that when the descriptor is readable")
	s.nobodyParked(t)
}

// TestWaitBriefNotified: a device that waits in C for its sockets is told what it is told otherwise.
func TestWaitBriefNotified(t *testing.T) {
	lingerInC(t, longInC)
	s, p := newFakeSource(t), newNotifier()
	b := &briefWaits{network: true, short: briefAfter}
	fd, _ := s.waitFD()
	for _, before := range []bool{true, false} {
		if before {
			p.notify()
		}
		if !b.take(b.begin()) {
			t.Fatal("it may not wait in C")
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for p.waitBriefly(b, fd); len(p.sig) == 0; p.waitBriefly(b, fd) {
				for !b.take(b.begin()) { // a signal, such as the garbage collector's, has ended the wait
					runtime.Gosched()
				}
			}
		}()
		if !before {
			eventually(t, "it waits in C", p.inC.Load)
			p.notify()
		}
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatalf("it was notified before it waited in C: %v, and stays there", before)
		}
		<-p.sig
	}
}

// TestWaitBriefOthers: who shares the source, or finds the place in C taken, waits parked; when the one in C goes, another watches.
func TestWaitBriefOthers(t *testing.T) {
	lingerInC(t, longInC)
	s, other := newBriefSource(t), newBriefSource(t)
	first := s.begin(t, opRecv, -1)
	s.inCNow(t)
	elsewhere := other.begin(t, opRecv, -1)
	other.parkedNow(t, elsewhere.w)
	second := s.begin(t, opRecv, -1)
	s.mu.Lock()
	s.arrived = 1
	s.afterCall(PollIn)
	s.mu.Unlock()
	first.ended(t, "there was a message for it")
	s.mu.Lock()
	s.arrived = 1
	s.mu.Unlock()
	s.edge(t)
	second.ended(t, "the descriptor is readable, and it is the only one left to watch")
	elsewhere.cancel()
	elsewhere.ended(t, "it was cancelled")
	other.nobodyParked(t)
	s.nobodyParked(t)
}

// TestWaitBriefCancel: the end of a context is noticed when the millisecond is over, and a method of a context that
// panics leaves nothing behind.
func TestWaitBriefCancel(t *testing.T) {
	lingerInC(t, time.Millisecond)
	s := newBriefSource(t)
	c := s.begin(t, opRecv, -1)
	c.cancel()
	c.ended(t, "it was cancelled")
	if !errors.Is(c.err, context.Canceled) {
		t.Errorf("the cancelled call ended with %v", c.err)
	}
	s.nobodyParked(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic of a context was swallowed")
			}
		}()
		s.mu.Lock()
		s.brief.short = briefAfter
		s.mu.Unlock()
		inner, cancel := context.WithCancel(context.Background())
		defer cancel()
		s.await(newWaiter(trickyContext{inner, func(method string) {
			if method == "Err" {
				panic("as the caller likes")
			}
		}}, &op{kind: opRecv}, -1))
	}()
	s.nobodyParked(t)
	if briefTaken.Load() {
		t.Error("the place in C stays taken")
	}
}

// TestWaitBriefRefused: what may not wait in C does not.
func TestWaitBriefRefused(t *testing.T) {
	lingerInC(t, longInC)
	for what, may := range map[string]func(*fakeSource, *waiter) bool{
		"inproc": func(s *fakeSource, w *waiter) bool {
			s.brief.network = false
			w.began = s.brief.begin()
			return s.takeBrief(w)
		},
		"few short waits": func(s *fakeSource, w *waiter) bool {
			s.brief.short = briefAfter - 1
			return s.takeBrief(w)
		},
		"a burst": func(s *fakeSource, w *waiter) bool {
			w.op = &op{kind: opRecvFrames, limit: 10}
			return s.takeBrief(w)
		},
		"a timeout that is near": func(s *fakeSource, w *waiter) bool {
			w.deadline = time.Now().Add(time.Millisecond)
			return s.takeBrief(w)
		},
		"no descriptor": func(s *fakeSource, w *waiter) bool {
			s.noFD = true
			return s.takeBrief(w)
		},
		"others on the same socket": func(s *fakeSource, w *waiter) bool {
			s.parked = 2
			defer func() { s.parked = 0 }()
			return s.takeBrief(w)
		},
		"one processor": func(s *fakeSource, w *waiter) bool {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			return s.takeBrief(w)
		},
	} {
		t.Run(what, func(t *testing.T) {
			s := newBriefSource(t)
			w := &waiter{op: &op{kind: opRecv}, began: s.brief.begin()}
			if may(s, w) {
				t.Error("it waits in C")
			}
		})
	}
	s := newBriefSource(t)
	if !s.takeBrief(&waiter{op: &op{kind: opRecv}, began: s.brief.begin()}) {
		t.Error("without any of these it does not")
	}
	briefTaken.Store(false)
}

// TestWaitBriefCounts: a few short waits in a row are a reason, and one that is long takes it away.
func TestWaitBriefCounts(t *testing.T) {
	openBell()
	b := &briefWaits{network: true}
	for range briefAfter {
		b.end(time.Since(briefClock), true)
	}
	if b.short != briefAfter {
		t.Errorf("%d short waits are counted as %d", briefAfter, b.short)
	}
	b.end(time.Since(briefClock), false)
	if b.short != 0 {
		t.Error("a wait that was cancelled counts as short")
	}
	b.short = briefAfter
	b.end(time.Since(briefClock)-briefShort-time.Millisecond, true)
	if b.short != 0 {
		t.Error("a long wait counts as short")
	}
}

// TestWaitBriefNetwork: sockets that talk over a network wait in C; those that talk within the process do not.
func TestWaitBriefNetwork(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		rep, req := newPair(t, Rep, Req, transport)
		for _, s := range []*Socket{rep, req} {
			s.st.mu.Lock()
			if s.st.brief.network != (transport != "inproc") {
				t.Errorf("a %v may wait in C: %v", s.st.typ, s.st.brief.network)
			}
			s.st.mu.Unlock()
		}
	})
}
