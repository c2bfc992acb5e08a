package zmq

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRebindAtOnce closes and unbinds what listens, and binds the same endpoint with the next call.
func TestRebindAtOnce(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		first := newTestSocket(t, c, Pull)
		endpoint := bindTo(t, first, transport)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		for n := range 100 {
			s := newTestSocket(t, c, Pull)
			if err := s.Bind(endpoint); err != nil {
				t.Fatalf("after %d times: %v", n, err)
			}
			if n%2 == 0 && !atFloor() {
				if err := s.Unbind(endpoint); err != nil {
					t.Fatal(err)
				}
				if err := s.Bind(endpoint); err != nil {
					t.Fatalf("after Unbind, %d times: %v", n, err)
				}
			}
			// It is this one that whoever connects reaches.
			push := newTestSocket(t, c, Push)
			connectTo(t, push, endpoint)
			sendText(t, push, "hello")
			expectText(t, s, "hello")
			push.Close()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("of another context, by another name", func(t *testing.T) {
		dir := shortDir(t)
		for n := range 30 {
			c := newTestContext(t)
			s := newTestSocket(t, c, Pull)
			if err := s.Bind("ipc://" + filepath.Join(dir, "s")); err != nil {
				t.Fatal(err)
			}
			s.Close()
			other := newTestSocket(t, newTestContext(t), Pull)
			if err := other.Bind("ipc://" + dir + "/./s"); err != nil {
				t.Fatalf("after %d times: %v", n, err)
			}
			other.Close()
		}
	})
	t.Run("a wildcard's", func(t *testing.T) {
		if atFloor() {
			return // the engine cannot be asked
		}
		needsRealEngine(t, from40, wildcardNames)
		c := newTestContext(t)
		for range 30 {
			s := newTestSocket(t, c, Pull)
			endpoint := bindTo(t, s, "tcp")
			if err := s.Unbind(endpoint); err != nil {
				t.Fatal(err)
			}
			if err := s.Bind(endpoint); err != nil {
				t.Fatal(err)
			}
			s.Close()
		}
	})
}

// wildcardNames is why what was bound by a wildcard is not unbound by a newer engine that is taken for an old one.
const wildcardNames = "it knows an endpoint with a wildcard by what was given to Bind"

// TestRebindInUse: who is told that an endpoint is in use is told at once, where the socket that has it is open.
func TestRebindInUse(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		first := newTestSocket(t, c, Pull)
		endpoint := bindTo(t, first, transport)
		first.Close()
		second := newTestSocket(t, c, Pull)
		if err := second.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
		tries := 0
		third := newTestSocket(t, c, Pull)
		err := third.st.bindAgain(endpoint, third.Bind(endpoint), func() error { tries++; return EADDRINUSE })
		if !errors.Is(err, EADDRINUSE) || tries != 0 {
			t.Errorf("%v after %d further tries", err, tries)
		}
	})
}

// TestBindWhereADirectoryIs: no socket's leaving would free the path, so Bind does not wait for it.
func TestBindWhereADirectoryIs(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Pull)
	endpoint := bindTo(t, s, "ipc")
	path := strings.TrimPrefix(endpoint, "ipc://")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	s.st.mu.Lock()
	s.st.letGo(endpoint)
	s.st.mu.Unlock()
	tries := 0
	err := s.st.bindAgain(endpoint, s.st.attachOnce(endpointBind, endpoint), func() error { tries++; return EADDRINUSE })
	if !errors.Is(err, errDirectory) || tries > 0 {
		t.Errorf("%v after %d further tries", err, tries)
	}
	wantError(t, s.Bind(endpoint), []error{EADDRINUSE}, "directory")
}
