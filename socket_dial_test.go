package zmq

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// dialInVain dials where a Dial is to fail, and returns its error. It gives it more time until it has found out why, on a busy machine.
func dialInVain(t testing.TB, z *Context, at string, opts []SocketOption, targets []error, words ...string) error {
	t.Helper()
	for limit := 700 * time.Millisecond; ; limit *= 2 {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		_, err := z.Dial(ctx, Req, at, opts...)
		cancel()
		if err == nil || limit > patience || saysAll(err, targets, words) {
			wantError(t, err, targets, words...)
			return err
		}
	}
}

func saysAll(err error, targets []error, words []string) bool {
	return !slices.ContainsFunc(targets, func(target error) bool { return !errors.Is(err, target) }) &&
		!slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(err.Error(), word) })
}

// TestListenAndDial: several endpoints, options, and a peer that is there when Dial returns.
func TestListenAndDial(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		z := newTestContext(t)
		first, second := freeEndpoint(t, transport), freeEndpoint(t, transport)
		third := freeEndpoint(t, "inproc") // a port may be given to the connections that Dial makes before it binds
		pull, err := z.Listen(Pull, first, AlsoBind(second), RecvHWM(7))
		if err != nil {
			t.Fatal(err)
		}
		defer pull.Close()
		if n, err := RecvHWM.Get(pull); n != 7 || err != nil {
			t.Errorf("RecvHWM is %d, %v", n, err)
		}
		push, err := z.Dial(patient(t), Push, first, AlsoConnect(second), SendHWM(8), Linger(0), AlsoBind(third))
		if transport == "inproc" || !atFloor() && engineFrom(4, 0, 0) {
			if err != nil {
				t.Fatal(err)
			}
			defer push.Close()
			for i := range 2 {
				sendText(t, push, "x", strings.Repeat("y", i))
			}
			for range 2 {
				if got := recvText(t, pull); len(got) != 2 {
					t.Errorf("%q", got)
				}
			}
			late := newTestSocket(t, z, Pull)
			connectTo(t, late, third)
		} else {
			needs(t, from40, err)
		}
	})
}

// TestListenLeavesNothing: a failure closes the socket, whichever call it is that fails, and says what failed.
func TestListenLeavesNothing(t *testing.T) {
	z := newTestContext(t)
	taken := newTestSocket(t, z, Pull)
	in := bindTo(t, taken, "ipc")
	free := freeEndpoint(t, "ipc")
	for name, f := range map[string]struct {
		call func() (*Socket, error)
		want error
		text string
	}{
		"type":          {func() (*Socket, error) { return z.Listen(SocketType(99), free) }, EINVAL, "open socket"},
		"option":        {func() (*Socket, error) { return z.Listen(Pull, free, RecvHWM(-1)) }, EINVAL, "set RecvHWM (pull)"},
		"bind":          {func() (*Socket, error) { return z.Listen(Pull, in) }, EADDRINUSE, "bind " + in},
		"second bind":   {func() (*Socket, error) { return z.Listen(Pull, free, AlsoBind(in)) }, EADDRINUSE, "bind " + in},
		"connect":       {func() (*Socket, error) { return z.Listen(Pull, free, AlsoConnect("tcp://x")) }, EINVAL, "connect tcp://x"},
		"dial":          {func() (*Socket, error) { return z.Dial(forever, Pull, "inproc://") }, EINVAL, "connect inproc://"},
		"dial and bind": {func() (*Socket, error) { return z.Dial(forever, Pull, "inproc://x", AlsoBind(in)) }, EADDRINUSE, "bind " + in},
		"NewSocket":     {func() (*Socket, error) { return z.NewSocket(Pull, AlsoBind(free, in)) }, EADDRINUSE, "bind " + in},
	} {
		s, err := f.call()
		if s != nil {
			t.Errorf("%s: a socket", name)
		}
		wantError(t, err, []error{f.want}, f.text)
		z.st.mu.Lock()
		users := len(z.st.openSockets) - z.st.internal
		z.st.mu.Unlock()
		if users != 1 {
			t.Errorf("%s: %d sockets are open", name, users)
		}
	}
	s, err := z.Listen(Pull, free)
	if err != nil {
		t.Fatalf("what failed has left the endpoint bound: %v", err)
	}
	s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = z.Dial(ctx, Pull, "inproc://x")
	wantError(t, err, []error{context.Canceled}, "dial inproc://x (pull)")
	if text := AlsoConnect("a", "b").String(); text != `AlsoConnect("a", "b")` {
		t.Error(text)
	}
}

// TestDialWaits: a peer that comes later ends the wait.
func TestDialWaits(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		if transport != "inproc" {
			needsAPI(t, from40, "it brought the events by which Dial waits")
		}
		z := newTestContext(t)
		at := freeEndpoint(t, transport)
		got := make(chan error, 1)
		go func() {
			s, err := z.Dial(patient(t), Req, at, Linger(0))
			if err == nil {
				err = s.Close()
			}
			got <- err
		}()
		eventually(t, "a socket is opened", func() bool {
			z.st.mu.Lock()
			defer z.st.mu.Unlock()
			return len(z.st.openSockets) > 0
		})
		select {
		case err := <-got:
			t.Fatalf("it does not wait: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
		rep := newTestSocket(t, z, Rep)
		must(rep.Bind(at))
		if err := taken(t, "Dial", got); err != nil {
			t.Fatal(err)
		}
	})
}

// TestDialEnds: the end of its socket's context ends it.
func TestDialEnds(t *testing.T) {
	for name, end := range map[string]func(*Context) error{"Shutdown": (*Context).Shutdown, "Close": (*Context).Close} {
		for _, at := range []string{"inproc://nobody", freeEndpoint(t, "ipc")} {
			if networked(at) && atFloor() || !engineFrom(4, 0, 0) {
				continue
			}
			z := newTestContext(t)
			got := make(chan error, 1)
			go func() {
				_, err := z.Dial(patient(t), Req, at)
				got <- err
			}()
			eventually(t, "a socket is opened", func() bool {
				z.st.mu.Lock()
				defer z.st.mu.Unlock()
				return len(z.st.openSockets) > 0
			})
			must(end(z))
			if err := taken(t, "Dial", got); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestDialEndsAmidShutdown has Shutdown held up while it marks the sockets: a Dial over inproc that waits for a name looks again when all
// are marked.
func TestDialEndsAmidShutdown(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
	for range 20 { // which socket Shutdown marks first is up to chance
		z := newTestContext(t)
		other := newTestSocket(t, z, Pull)
		waits := func(stopped bool) func() bool {
			return func() bool {
				z.st.mu.Lock()
				defer z.st.mu.Unlock()
				return z.st.stopped == stopped && z.st.changed != nil
			}
		}
		dialed, shut := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := z.Dial(patient(t), Req, "inproc://nobody")
			dialed <- err
		}()
		eventually(t, "Dial waits", waits(false))
		other.st.mu.Lock()
		go func() { shut <- z.Shutdown() }()
		eventually(t, "the context is stopped, and Dial waits", waits(true))
		other.st.mu.Unlock()
		must(taken(t, "Shutdown", shut))
		if err := taken(t, "Dial", dialed); !errors.Is(err, ErrTerminated) {
			t.Fatal(err)
		}
	}
}

// TestDialWhy: the error says why there is no peer.
func TestDialWhy(t *testing.T) {
	needsAPI(t, from40, "it brought the events by which Dial waits")
	z := newTestContext(t)
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	t.Cleanup(func() { silent.Close() })
	wrong := newTestSocket(t, z, Pub)
	wrongAt := bindTo(t, wrong, "tcp")
	// A port that is in use, and not for listening: no other test is given it.
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	must(err)
	t.Cleanup(func() { conn.Close() })
	refused := "tcp://" + conn.LocalAddr().String()
	path := filepath.Join(shortDir(t), "nobody")
	rows := map[string]struct {
		at    string
		opts  []SocketOption
		is    []error
		words []string
	}{
		"refused":       {refused, nil, []error{context.DeadlineExceeded, ECONNREFUSED}, []string{"dial " + refused + " (req)", "nobody listens there"}},
		"no path":       {"ipc://" + path, nil, []error{context.DeadlineExceeded, ENOENT, fs.ErrNotExist}, []string{"nobody has bound the path"}},
		"name":          {"tcp://no-such-host.invalid:5555", nil, []error{context.DeadlineExceeded}, []string{"no-such-host.invalid"}},
		"inproc":        {"inproc://nobody", nil, []error{context.DeadlineExceeded, ECONNREFUSED}, []string{"nobody has bound the name"}},
		"HTTP":          {"tcp://" + server.Listener.Addr().String(), nil, []error{context.DeadlineExceeded}, []string{"not a ØMQ socket"}},
		"silent":        {"tcp://" + silent.Addr().String(), nil, []error{context.DeadlineExceeded, EPROTO}, []string{"handshake", "not a ØMQ socket"}},
		"type":          {wrongAt, nil, []error{context.DeadlineExceeded, EPROTO}, nil},
		"two endpoints": {refused, []SocketOption{AlsoConnect("ipc://" + path)}, []error{ECONNREFUSED, ENOENT}, []string{"nobody listens there", "; ipc://" + path}},
	}
	if !reportsHandshakes() { // a connection is a peer there
		for _, name := range []string{"HTTP", "silent", "type"} {
			delete(rows, name)
		}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(dialInVain(t, z, row.at, row.opts, row.is, row.words...))
		})
	}
}

// TestDialDenied: it does not go on where that is of no use.
func TestDialDenied(t *testing.T) {
	if !authHere(t) {
		return
	}
	needsEngine(t, from423, "it brought the events that say why a handshake failed")
	z := newTestContext(t)
	allow(t, z, func(l *AllowList) { l.AllowUser("ann", "password") })
	at := bindTo(t, newTestSocket(t, z, Rep, PlainServer()), "tcp")
	clients := newTestContext(t)
	_, err := clients.Dial(patient(t), Req, at, PlainClient("ann", "wrong"))
	wantError(t, err, []error{fs.ErrPermission, &AuthError{400}}, "denied")
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it went on until its context ended: %v", err)
	}
	t.Log(err)
	_, err = clients.Dial(patient(t), Req, at)
	wantError(t, err, []error{EPROTO}, "security mechanism")
	t.Log(err)
	s, err := clients.Dial(patient(t), Req, at, PlainClient("ann", "password"), Linger(0))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// TestDialOtherKeys: a server that the client has another key for says nothing; the error says that this may be it.
func TestDialOtherKeys(t *testing.T) {
	needsEngine(t, from423, "it brought the events that say why a handshake failed")
	if !Has("curve") {
		t.Skip("the engine has no CURVE")
	}
	z := newTestContext(t)
	other, _ := newKeys(t)
	_, secret := newKeys(t)
	at := bindTo(t, newTestSocket(t, z, Rep, CurveServer(secret)), "tcp")
	public, own := newKeys(t)
	dialInVain(t, z, at, []SocketOption{CurveClient(other, public, own)}, nil, "dial "+at+" (req)", "other keys")
}

// TestDialInprocLeavesNothing: a socket that was to connect to an inproc name that nobody binds takes no slot of its context when
// Dial has failed. Where Dial has another peer it waits for the name all the same.
func TestDialInprocLeavesNothing(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
	needsAPI(t, Version{3, 2, 0}, "it brought MaxSockets")
	z := newTestContext(t, MaxSockets(3))
	for range 10 {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
		_, err := z.Dial(ctx, Dealer, "inproc://nobody")
		cancel()
		wantError(t, err, []error{context.DeadlineExceeded, ECONNREFUSED}, "nobody has bound the name")
	}
	if _, err := z.Dial(patient(t), Dealer, "inproc://"); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no name: %v", err)
	}
	one := newTestSocket(t, z, Dealer)
	must(one.Bind("inproc://one"))
	s, err := z.Dial(patient(t), Dealer, "inproc://later", AlsoConnect("inproc://one"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	later := newTestSocket(t, z, Dealer)
	must(later.Bind("inproc://later"))
	sendText(t, later, "x")
	expectText(t, s, "x")
}
