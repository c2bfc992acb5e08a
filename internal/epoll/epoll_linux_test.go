package epoll

import (
	"errors"
	"os"
	"testing"
	"time"
)

// pipe returns both ends of a pipe, which the test closes.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func newSet(t *testing.T) *Set {
	t.Helper()
	s, err := New("test", 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// wait fails the test where Wait does not end by itself.
func wait(t *testing.T, s *Set) []int32 {
	t.Helper()
	s.SetDeadline(time.Now().Add(20 * time.Second))
	ready, err := s.Wait()
	if err != nil {
		t.Fatalf("waiting for a descriptor: %v", err)
	}
	return ready
}

func TestSetReportsWhatIsReady(t *testing.T) {
	s := newSet(t)
	r1, w1 := pipe(t)
	r2, _ := pipe(t)
	fd := int(r1.Fd())
	for _, f := range []*os.File{r1, r2} {
		if err := s.Add(int(f.Fd()), In); err != nil {
			t.Fatal(err)
		}
	}
	w1.Write([]byte("x"))
	for range 2 { // as long as the state lasts
		if ready := wait(t, s); len(ready) != 1 || int(ready[0]) != fd {
			t.Fatalf("ready: %v, want %d", ready, fd)
		}
	}
	if err := s.Remove(fd); err != nil {
		t.Fatal(err)
	}
	s.SetDeadline(time.Unix(1, 0))
	if ready, err := s.Wait(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("after Remove: %v %v", ready, err)
	}
}

func TestSetReportsAnEdgeOnce(t *testing.T) {
	s := newSet(t)
	r, w := pipe(t)
	if err := s.Add(int(r.Fd()), In|Edge); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.Write([]byte("x"))
		wait(t, s)
		s.SetDeadline(time.Unix(1, 0))
		if ready, err := s.Wait(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("the same edge again: %v %v", ready, err)
		}
	}
}

func TestSetCloseEndsWait(t *testing.T) {
	s := newSet(t)
	r, _ := pipe(t)
	if err := s.Add(int(r.Fd()), In); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := s.Wait()
		ended <- err
	}()
	s.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Fatal("Wait found something ready in a closed set")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Wait goes on after Close")
	}
}

func TestSetWaitAllocatesNothing(t *testing.T) {
	s := newSet(t)
	r, w := pipe(t)
	if err := s.Add(int(r.Fd()), In); err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("x"))
	if n := testing.AllocsPerRun(100, func() { s.Wait() }); n != 0 {
		t.Errorf("%v allocations for a Wait", n)
	}
}
