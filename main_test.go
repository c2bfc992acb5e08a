package zmq

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain fails a run that leaves a handle or a goroutine behind.
func TestMain(m *testing.M) {
	ReportLeaks(func(Leak) {}) // forgotten on purpose by some tests; what is still open is not
	code := m.Run()
	if code == 0 && !leftNothing() {
		code = 1
	}
	os.Exit(code)
}

// leftNothing reports whether all handles are closed and all goroutines gone, and prints those that are not.
func leftNothing() bool {
	left := OpenHandles()
	for limit := time.Now().Add(5 * time.Second); len(left) > 0 && time.Now().Before(limit); left = OpenHandles() {
		time.Sleep(time.Millisecond) // a test may have ended while something closes
	}
	for _, leak := range left {
		fmt.Fprintf(os.Stderr, "left open: a %s, opened here:\n%s\n", leak.Kind, leak.Stack)
	}
	err := goleak.Find()
	if err != nil {
		fmt.Fprintf(os.Stderr, "left running: %v\n", err)
	}
	return len(left) == 0 && err == nil
}
