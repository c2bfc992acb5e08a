package zmq

import (
	"runtime"
	"sync"
)

// Leak describes a handle that was not closed and that the garbage collector has found unreachable, so that no goroutine
// could close it any more. Its C resources have been released by then.
type Leak struct {
	Kind  string // "context", "socket", "batch", ...
	Stack string // the stack that opened it
}

// leaks is what ReportLeaks has set, and what is open meanwhile.
var leaks struct {
	mu     sync.Mutex
	report func(Leak)
	open   map[*record]struct{}
}

// record remembers where a handle was opened. It is nil while ReportLeaks is off.
type record struct{ leak Leak }

// ReportLeaks makes the package record the stack that opens each context, socket, monitor, poller and batch from now on,
// and call f, on a goroutine of its own, for each of them that the garbage collector finds unreachable and not closed. A
// nil f ends it. Recording costs some microseconds for each handle. It is safe for concurrent use.
func ReportLeaks(f func(Leak)) {
	leaks.mu.Lock()
	defer leaks.mu.Unlock()
	leaks.report = f
	if leaks.open == nil {
		leaks.open = map[*record]struct{}{}
	}
}

// OpenHandles returns the handles that were opened since ReportLeaks was called and are still open. Tests use it to check
// that none is left. It is safe for concurrent use.
func OpenHandles() []Leak {
	leaks.mu.Lock()
	defer leaks.mu.Unlock()
	var all []Leak
	for r := range leaks.open {
		all = append(all, r.leak)
	}
	return all
}

// opened notes that a handle was opened here.
func opened(kind string) *record {
	leaks.mu.Lock()
	defer leaks.mu.Unlock()
	if leaks.report == nil {
		return nil
	}
	buf := make([]byte, 8<<10)
	r := &record{Leak{kind, string(buf[:runtime.Stack(buf, false)])}}
	leaks.open[r] = struct{}{}
	return r
}

// closed notes that the handle was closed by its owner.
func (r *record) closed() {
	if r != nil {
		leaks.mu.Lock()
		delete(leaks.open, r)
		leaks.mu.Unlock()
	}
}

// forgotten reports the handle as leaked. It is called by cleanups.
func (r *record) forgotten() {
	if r == nil {
		return
	}
	leaks.mu.Lock()
	_, open := leaks.open[r]
	delete(leaks.open, r)
	report := leaks.report
	leaks.mu.Unlock()
	if open && report != nil {
		go report(r.leak)
	}
}
