package zmq4

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// onThread runs f on a thread of its own and sends that thread signals until f has returned.
func onThread(t *testing.T, f func() error) error {
	t.Helper()
	return withSignal(t, syscall.SIGUSR1, f)
}

func withSignal(t *testing.T, sig syscall.Signal, f func() error) error {
	t.Helper()
	if sig == syscall.SIGUSR1 {
		signals := make(chan os.Signal, 100)
		signal.Notify(signals, sig)
		defer signal.Stop(signals)
	}
	id, done := make(chan int, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		id <- syscall.Gettid()
		done <- f()
	}()
	thread := <-id
	for end := time.After(patience); ; {
		syscall.Tgkill(syscall.Getpid(), thread, sig)
		select {
		case err := <-done:
			return err
		case <-time.After(time.Millisecond):
		case <-end:
			t.Fatalf("waited %v for a signal to end the call", patience)
		}
	}
}

// TestSignals has signals end calls where they may, and lets them go on where they may not.
func TestSignals(t *testing.T) {
	ctx := newTestContext(t)
	s := open(t, ctx, DEALER)
	p := NewPoller()
	p.Add(s, POLLIN)
	calls := map[string]func() error{
		"Recv":        func() error { _, err := s.Recv(0); return err },
		"RecvMessage": func() error { _, err := s.RecvMessage(0); return err },
		"Send":        func() error { _, err := s.Send("x", 0); return err },
		"SendMessage": func() error { _, err := s.SendMessage("x", "y"); return err },
		"metadata":    func() error { _, _, err := s.RecvWithMetadata(0); return err },
		"Poll":        func() error { _, err := p.Poll(-1); return err },
	}
	ctx.SetRetryAfterEINTR(false)
	for name, call := range calls {
		if err := onThread(t, call); err != Errno(syscall.EINTR) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, s.SetRcvtimeo(50*time.Millisecond))
	must(t, s.SetSndtimeo(50*time.Millisecond))
	for name, call := range calls {
		if name == "Poll" {
			call = func() error { _, err := p.Poll(50 * time.Millisecond); return err }
		}
		err := withSignal(t, syscall.SIGURG, call) // Go's own
		if name == "Poll" && err != nil || name != "Poll" && err != Errno(syscall.EAGAIN) {
			t.Errorf("%s without a signal: %v", name, err)
		}
	}
	ctx.SetRetryAfterEINTR(true)
	if err := onThread(t, calls["Recv"]); err != Errno(syscall.EAGAIN) {
		t.Errorf("Recv that goes on: %v", err)
	}
	// What is there comes, a signal or not.
	ctx.SetRetryAfterEINTR(false)
	a, b := pair(t, ctx, PAIR, PAIR)
	if _, err := a.SendMessage("a", "b"); err != nil {
		t.Fatal(err)
	}
	if msg, err := b.RecvMessage(0); err != nil || len(msg) != 2 {
		t.Errorf("%q, %v", msg, err)
	}
}
