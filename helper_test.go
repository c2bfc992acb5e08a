package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// patience bounds every wait of the tests: far more than anything here takes, so that a hang
// ends with a message instead of with the test binary's own time limit.
const patience = 20 * time.Second

// transports are those that every engine has.
var transports = []string{"inproc", "ipc", "tcp"}

// overTransports runs f once for each transport.
func overTransports(t *testing.T, f func(t *testing.T, transport string)) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) { f(t, transport) })
	}
}

// atFloor reports whether only the 3.1 API may be used.
func atFloor() bool { return !apiVersion().AtLeast(Version{3, 2, 0}) }

// patient returns a context that ends when the test has taken far too long.
func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// newTestContext returns a context that is closed when the test ends, which must succeed.
func newTestContext(t testing.TB, opts ...ContextOption) *Context {
	t.Helper()
	c, err := NewContext(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing the context at the end: %v", err)
		}
	})
	return c
}

// newTestSocket returns a socket that is closed when the test ends. It does not linger unless
// the options say so.
func newTestSocket(t testing.TB, c *Context, typ SocketType, opts ...SocketOption) *Socket {
	t.Helper()
	s, err := c.NewSocket(typ, append([]SocketOption{Linger(0)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the %v socket at the end: %v", typ, err)
		}
	})
	return s
}

var endpointNumber atomic.Int64

// freeEndpoint returns an endpoint that nobody uses. Of tcp it is a port that was free a moment ago;
// where several processes ask for ports, bindTo is the better way.
func freeEndpoint(t testing.TB, transport string) string {
	t.Helper()
	switch transport {
	case "inproc":
		return fmt.Sprintf("inproc://test-%d", endpointNumber.Add(1))
	case "ipc":
		return "ipc://" + filepath.Join(shortDir(t), "s")
	case "tcp":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return "tcp://" + l.Addr().String()
	}
	t.Fatalf("no transport %q in the tests", transport)
	return ""
}

// shortDir returns a directory that goes with the test and whose name leaves room for a socket's.
func shortDir(t testing.TB) string {
	t.Helper()
	if dir := t.TempDir(); len(dir) < 80 {
		return dir
	}
	dir, err := os.MkdirTemp("", "zmq")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// bindTo binds s to a free endpoint of the transport and returns the endpoint to connect to. It
// finds a tcp port without a race where the engine can be asked which one it took.
func bindTo(t testing.TB, s *Socket, transport string) string {
	t.Helper()
	if transport == "tcp" && !atFloor() {
		if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
			t.Fatal(err)
		}
		endpoint, err := s.LastEndpoint()
		if err != nil {
			t.Fatal(err)
		}
		return endpoint
	}
	for try := 0; ; try++ {
		endpoint := freeEndpoint(t, transport)
		err := s.Bind(endpoint)
		if err == nil {
			return endpoint
		}
		if !errors.Is(err, EADDRINUSE) || try == 10 {
			t.Fatal(err)
		}
	}
}

// connectTo connects s, which must succeed.
func connectTo(t testing.TB, s *Socket, endpoint string) {
	t.Helper()
	if err := s.Connect(endpoint); err != nil {
		t.Fatal(err)
	}
}

// newPair returns a bound and a connected socket of these types in one context.
func newPair(t testing.TB, bound, connected SocketType, transport string, opts ...SocketOption) (*Socket, *Socket) {
	t.Helper()
	c := newTestContext(t)
	b, d := newTestSocket(t, c, bound, opts...), newTestSocket(t, c, connected, opts...)
	connectTo(t, d, bindTo(t, b, transport))
	return b, d
}

// awaitSubscription publishes probes until sub has one and then removes the rest, so that nothing that is
// published later is missed. The probe must be among what sub has subscribed to.
func awaitSubscription(t testing.TB, pub, sub *Socket, probe string) {
	t.Helper()
	limit := time.Now().Add(patience)
	for n := 1; ; n++ {
		if time.Now().After(limit) {
			t.Fatalf("no subscription to %q arrived", probe)
		}
		sendText(t, pub, probe, "probe", fmt.Sprint(n))
		items := []PollItem{{Socket: sub, Events: PollIn}}
		ready, err := Poll(items, 5*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if ready == 0 {
			continue
		}
		for last := fmt.Sprint(n); ; {
			if got := recvText(t, sub); got[len(got)-1] == last {
				return
			}
		}
	}
}

// sendText sends a message whose parts are texts.
func sendText(t testing.TB, s *Socket, parts ...string) {
	t.Helper()
	msg := make([][]byte, len(parts))
	for i, p := range parts {
		msg[i] = []byte(p)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.SendParts(ctx, msg...); err != nil {
		t.Fatal(err)
	}
}

// recvText receives a message as texts.
func recvText(t testing.TB, s *Socket) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	msg, err := s.RecvParts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]string, len(msg))
	for i, p := range msg {
		parts[i] = string(p)
	}
	return parts
}

// expectText fails unless the next message is this one.
func expectText(t testing.TB, s *Socket, parts ...string) {
	t.Helper()
	if diff := cmp.Diff(parts, recvText(t, s)); diff != "" {
		t.Fatalf("another message (-want +got):\n%s", diff)
	}
}

// expectNothing fails if a message is there now.
func expectNothing(t testing.TB, s *Socket) {
	t.Helper()
	if n, err := s.Recv(nil, DontWait); !errors.Is(err, ErrWouldBlock) {
		t.Fatalf("receiving where nothing was sent: %d bytes, %v", n, err)
	}
}

// wantError fails unless err is all of the targets and its text has all of the words.
func wantError(t testing.TB, err error, targets []error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v", targets)
	}
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%v (%T) is not %v", err, err, target)
		}
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error %q does not say %q", err, word)
		}
	}
}

// needsEngine skips the rest of a test on an engine older than v, which does not do what the test wants. The errors are of
// calls that such an engine must refuse: each is a *VersionError, where it is the API that is too old.
func needsEngine(t testing.TB, v Version, why string, refused ...error) {
	t.Helper()
	for _, err := range refused {
		needs(t, v, err)
	}
	have := engineVersion()
	if len(refused) > 0 {
		have = apiVersion()
	}
	if !have.AtLeast(v) {
		t.Skipf("this needs libzmq %v: %s. Here is %v", v, why, have)
	}
}

// needsAPI skips the rest of a test where the API at hand is older than v, on whatever engine.
func needsAPI(t testing.TB, v Version, why string) {
	t.Helper()
	if have := apiVersion(); !have.AtLeast(v) {
		t.Skipf("this needs the API of libzmq %v: %s. Here is that of %v", v, why, have)
	}
}

// needsRealEngine skips the rest of a test where a newer engine is taken for one older than v: it does not do what that one does.
func needsRealEngine(t testing.TB, v Version, why string) {
	t.Helper()
	if have := LibraryVersion(); !engineVersion().AtLeast(v) && have.AtLeast(v) {
		t.Skipf("only a libzmq older than %v shows this: %s. Here is %v", v, why, have)
	}
}

// pretend makes the package go the ways of another engine until the test ends.
func pretend(t testing.TB, major, minor, patch int) {
	t.Helper()
	before := pretended.Swap(int64(Version{major, minor, patch}.number()))
	t.Cleanup(func() { pretended.Store(before) })
}

// needs reports whether the API reaches v; if not, it fails the test unless err is a *VersionError that
// says so.
func needs(t testing.TB, v Version, err error) bool {
	t.Helper()
	if apiVersion().AtLeast(v) {
		return true
	}
	var version *VersionError
	if !errors.As(err, &version) || version.Need != v || !errors.Is(err, ErrNotSupported) {
		t.Errorf("%v, want a *VersionError that asks for %v", err, v)
	}
	return false
}

// eventually waits until ok, with the garbage collector running now and then: for what happens
// after something was forgotten or on another thread.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !ok(); {
		if time.Now().After(limit) {
			t.Fatalf("it did not come about that %s", what)
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

// taken returns what comes from ch, which the test waits for under that name.
func taken[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waiting in vain for %s", what)
		panic("not reached")
	}
}

// parkedOn returns when n goroutines are parked on the socket.
func parkedOn(t testing.TB, s *Socket, n int) {
	t.Helper()
	for limit := time.Now().Add(patience); ; {
		parked := parkedCount(s)
		if parked >= n {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%d goroutines are parked, want %d", parked, n)
		}
		runtime.Gosched()
	}
}

// parkedCount returns how many goroutines are parked on the socket.
func parkedCount(s *Socket) int {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	return s.st.parked
}

// must panics where there is no testing.T to fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func mustGet[T any](v T, err error) T {
	must(err)
	return v
}

// within runs f and fails the test if it takes too long, which the caller's goroutine survives.
func within(t testing.TB, what string, f func()) bool {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(patience):
		t.Errorf("%s has not ended after %v", what, patience)
		return false
	}
}

// logMedian logs the median and the longest of some durations.
func logMedian(t testing.TB, what string, took []time.Duration) {
	slices.Sort(took)
	t.Logf("%s %v (median of %d; the longest: %v)", what, took[len(took)/2], len(took), took[len(took)-1])
}

// catchLeaks returns the leaks that are reported from now on to the end of the test.
func catchLeaks(t *testing.T) <-chan Leak {
	t.Helper()
	leaks := make(chan Leak, 100)
	ReportLeaks(func(l Leak) { leaks <- l })
	t.Cleanup(func() { ReportLeaks(noteForgotten) })
	return leaks
}

func forgetSocket(t *testing.T, c *Context, transport string) string {
	s, err := c.NewSocket(Pull)
	if err != nil {
		t.Fatal(err)
	}
	return bindTo(t, s, transport)
}

// newKeys returns a pair of keys.
func newKeys(t testing.TB) (CurveKey, CurveSecretKey) {
	t.Helper()
	public, secret, err := NewCurveKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	return public, secret
}

func sendOne(s *Socket) error { _, err := s.Send([]byte("x"), 0); return err }
