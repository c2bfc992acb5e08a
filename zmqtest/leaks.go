package zmqtest

import (
	"sync"
	"testing"
	"time"

	"example.org/zmq"
)

// leaveWithin is how long a handle may take to go when a test has ended: what closes it may be on its way.
var leaveWithin = time.Second

var reporting = sync.OnceFunc(func() { zmq.ReportLeaks(func(zmq.Leak) {}) })

// CheckLeaks fails the test if a context, socket, monitor, poller or batch that was opened after this call is still open
// when the test ends, and says where it was opened. Call it first in a test, so that the test's own cleanups have run by
// then. It tells handles apart by time and not by test: do not call it in tests that run in parallel with others.
//
// The first call switches zmq.ReportLeaks on for the rest of the test binary: a program that calls ReportLeaks itself must
// not call CheckLeaks.
func CheckLeaks(t testing.TB) {
	t.Helper()
	reporting()
	before := map[zmq.Leak]int{}
	for _, l := range zmq.OpenHandles() {
		before[l]++
	}
	t.Cleanup(func() {
		left := since(before)
		for limit := time.Now().Add(leaveWithin); len(left) > 0 && time.Now().Before(limit); left = since(before) {
			time.Sleep(time.Millisecond)
		}
		for _, l := range left {
			t.Errorf("zmqtest: a %s was left open; it was opened here:\n%s", l.Kind, l.Stack)
		}
	})
}

// since returns the handles that are open and were not before. Those that were opened by the same lines are counted.
func since(before map[zmq.Leak]int) []zmq.Leak {
	var left []zmq.Leak
	now := map[zmq.Leak]int{}
	for _, l := range zmq.OpenHandles() {
		if now[l]++; now[l] > before[l] {
			left = append(left, l)
		}
	}
	return left
}
