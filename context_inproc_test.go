package zmq

import (
	"errors"
	"fmt"
	"testing"
	"unsafe"
)

// TestInprocRefused makes the calls that make libzmq abort the process, there and then or when a socket binds or the context
// terminates, over inproc or by an option. All must be refused, and what is allowed must end well.
func TestInprocRefused(t *testing.T) {
	t.Run("a pair binds what routers wait for", pairBindsForRouters)
	t.Run("terminate while routers wait", terminatedWhileRoutersWait)
	t.Run("a socket with Conflate waits", conflateWaits)
	t.Run("a welcome message for one who has left", welcomeAfterLeaving)
	t.Run("a router no longer waits", routerNoLongerWaits)
	t.Run("a binder disconnects", binderDisconnects)
	t.Run("a stream", streamOverInproc)
	t.Run("RouterMandatory on a rep", routerMandatoryOnRep)
}

// waitingRouter returns a Router that may wait for a name, and its context.
func waitingRouter(t *testing.T) (*Context, *Socket) {
	c := newTestContext(t)
	return c, newTestSocket(t, c, Router)
}

func pairBindsForRouters(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
	c, first := waitingRouter(t)
	connectTo(t, first, "inproc://x")
	connectTo(t, newTestSocket(t, c, Rep), "inproc://x")
	err := newTestSocket(t, c, Pair).Bind("inproc://x")
	wantError(t, err, []error{EINVAL}, "inproc://x", "pair")
	if err := newTestSocket(t, c, Dealer).Bind("inproc://x"); err != nil {
		t.Error(err)
	}
}

func terminatedWhileRoutersWait(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
	c, s := waitingRouter(t)
	for range 3 {
		connectTo(t, s, "inproc://x")
		connectTo(t, newTestSocket(t, c, Rep), "inproc://x")
	}
}

func conflateWaits(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 0, 0}) {
		t.Skip("there is no Conflate")
	}
	c := newTestContext(t)
	s := newTestSocket(t, c, Dealer, Conflate(true))
	wantError(t, s.Connect("inproc://x"), []error{ECONNREFUSED}, "inproc://x", "Conflate")
	if err := newTestSocket(t, c, Dealer).Bind("inproc://x"); err != nil {
		t.Fatal(err)
	}
	connectTo(t, s, "inproc://x")
}

func welcomeAfterLeaving(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 2, 0}) {
		t.Skip("there is no XPubWelcomeMsg")
	}
	c := newTestContext(t)
	for _, leave := range []func(*Socket, string) error{
		func(s *Socket, _ string) error { return s.Close() },
		(*Socket).Disconnect,
		(*Socket).Unbind,
	} {
		name := freeEndpoint(t, "inproc")
		gone := newTestSocket(t, c, XSub, Linger(0))
		connectTo(t, gone, name)
		if err := leave(gone, name); err != nil {
			t.Fatal(err)
		}
		_, _ = gone.Events()
		s := newTestSocket(t, c, XPub)
		if err := s.SetsockoptInt(72, 1); err != nil {
			t.Fatal(err)
		}
		wantError(t, s.Bind(name), []error{EINVAL}, name, "after that")
		if err := s.Bind(freeEndpoint(t, "inproc")); err != nil {
			t.Error(err)
		}
		if err := s.Set(XPubWelcomeMsg("")); err != nil {
			t.Fatal(err)
		}
		if err := s.Bind(name); err != nil {
			t.Error(err)
		}
	}
	name := freeEndpoint(t, "inproc")
	pair := newTestSocket(t, c, Pair)
	connectTo(t, pair, name)
	wantError(t, newTestSocket(t, c, Pub, XPubWelcomeMsg("welcome")).Bind(name), []error{EINVAL}, name, "pair")
}

func routerNoLongerWaits(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
	if atFloor() {
		t.Skip("there is no Disconnect")
	}
	c, s := waitingRouter(t)
	connectTo(t, s, "inproc://x")
	wantError(t, s.Disconnect("inproc://x"), []error{EINVAL}, "inproc://x", "close the socket")
	wantError(t, s.Unbind("inproc://x"), []error{EINVAL}, "inproc://x", "close the socket")
	d := newTestSocket(t, c, Dealer)
	connectTo(t, d, "inproc://x")
	if err := d.Disconnect("inproc://x"); err != nil {
		t.Error(err)
	}
	if err := newTestSocket(t, c, Dealer).Bind("inproc://x"); err != nil {
		t.Fatal(err)
	}
	if err := s.Disconnect("inproc://x"); err != nil {
		t.Error(err)
	}
}

func binderDisconnects(t *testing.T) {
	needsEngine(t, Version{4, 1, 0}, "before, an inproc name stays bound")
	if atFloor() {
		t.Skip("there is no Disconnect")
	}
	c, s := waitingRouter(t)
	if err := s.Bind("inproc://x"); err != nil {
		t.Fatal(err)
	}
	if err := s.Disconnect("inproc://x"); err != nil {
		t.Fatal(err)
	}
	s = newTestSocket(t, c, Dealer)
	if apiVersion().AtLeast(Version{4, 0, 0}) {
		if err := s.Set(Conflate(true)); err != nil {
			t.Fatal(err)
		}
		wantError(t, s.Connect("inproc://x"), []error{ECONNREFUSED})
	}
}

func streamOverInproc(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 0, 0}) {
		t.Skip("there is no Stream")
	}
	s := newTestSocket(t, newTestContext(t), Stream)
	wantError(t, s.Bind("inproc://x"), []error{ENOCOMPATPROTO}, "inproc://x")
	wantError(t, s.Connect("inproc://x"), []error{ENOCOMPATPROTO}, "inproc://x")
}

func routerMandatoryOnRep(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Rep)
	if err := s.SetsockoptInt(optRouterMandatory, 1); !errors.Is(err, EINVAL) {
		t.Errorf("by number: %v, want EINVAL", err)
	}
}

// TestInprocAwaitedShutdown: a context whose calls were ended while there was no socket left to bind what its sockets wait for
// can be terminated when there is one again. C code has the others.
func TestInprocAwaitedShutdown(t *testing.T) {
	needsEngine(t, Version{4, 0, 0}, "before, inproc names are bound first")
	needsAPI(t, Version{3, 2, 0}, "it brought MaxSockets")
	c := newTestContext(t, MaxSockets(2))
	if err := c.Raw(func(unsafe.Pointer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	s := newTestSocket(t, c, Dealer)
	connectTo(t, s, "inproc://nobody")
	var others []sockHandle
	for {
		h, errno := cSocket(c.st.h, Dealer)
		if errno != 0 {
			break
		}
		others = append(others, h)
	}
	if err := c.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantError(t, c.Close(), []error{ErrMaxSockets}, "MaxSockets")
	for _, h := range others {
		cClose(h)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestInprocAfterClose connects to the name of a socket that was just closed, and binds another one there: they find each
// other, and not the one that is gone.
func TestInprocAfterClose(t *testing.T) {
	if !apiVersion().AtLeast(from41) {
		t.Skip("the engine, or its header, has no way to unbind: a socket that is closed keeps its name until libzmq's reaper has run")
	}
	c := newTestContext(t)
	const rounds = 300
	for n := range rounds {
		old := newTestSocket(t, c, Pull)
		if err := old.Bind("inproc://name"); err != nil {
			t.Fatal(err)
		}
		client := newTestSocket(t, c, Push)
		old.Close()
		connectTo(t, client, "inproc://name")
		server := newTestSocket(t, c, Pull)
		if err := server.Bind("inproc://name"); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(n)
		sendText(t, client, text)
		expectText(t, server, text)
		client.Close()
		server.Close()
	}
}
