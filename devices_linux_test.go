package zmq

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestIdleDevices has many devices wait, which takes no thread.
func TestIdleDevices(t *testing.T) {
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
