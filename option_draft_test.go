package zmq

import (
	"errors"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// draftMacros returns the numbers that the header defines for drafts, under one of its headings.
func draftMacros(t *testing.T, heading string) map[string]int {
	t.Helper()
	text, err := os.ReadFile("vendor_libzmq/include/zmq.h")
	if err != nil {
		t.Skipf("the engine is not the vendored one, so its header is not at hand: %v", err)
	}
	_, drafts, _ := strings.Cut(string(text), "#ifdef ZMQ_BUILD_DRAFT_API")
	_, part, _ := strings.Cut(drafts, "/*  "+heading)
	_, part, _ = strings.Cut(part, "*/")
	part, _, _ = strings.Cut(part, "/*")
	macros := map[string]int{}
	for _, m := range regexp.MustCompile(`#define (ZMQ_\w+) (\w+)`).FindAllStringSubmatch(part, -1) {
		n, err := strconv.ParseInt(m[2], 0, 32)
		if err != nil {
			t.Fatal(err)
		}
		macros[m[1]] = int(n)
	}
	if len(macros) == 0 {
		t.Fatalf("the header has nothing under %q", heading)
	}
	return macros
}

// draftsOf435 are options that came with 4.3.5, and are not wrapped.
var draftsOf435 = map[string]int{
	"ZMQ_BUSY_POLL": 113, "ZMQ_HICCUP_MSG": 114, "ZMQ_XSUB_VERBOSE_UNSUBSCRIBE": 115, "ZMQ_TOPICS_COUNT": 116,
	"ZMQ_NORM_MODE": 117, "ZMQ_NORM_UNICAST_NACK": 118, "ZMQ_NORM_BUFFER_SIZE": 119, "ZMQ_NORM_SEGMENT_SIZE": 120,
	"ZMQ_NORM_BLOCK_SIZE": 121, "ZMQ_NORM_NUM_PARITY": 122, "ZMQ_NORM_NUM_AUTOPARITY": 123, "ZMQ_NORM_PUSH": 124,
}

// TestDraftNumbers wants all of the header's draft socket types and options here, and no others.
func TestDraftNumbers(t *testing.T) {
	types := draftMacros(t, "DRAFT Socket types")
	for typ := Server; typ <= Channel; typ++ {
		c := "ZMQ_" + strings.ToUpper(typ.String())
		if n, ok := types[c]; !ok || SocketType(n) != typ {
			t.Errorf("%v is %d here, %s is %d", typ, int(typ), c, n)
		}
		delete(types, c)
	}
	options := draftMacros(t, "DRAFT Socket options")
	for _, r := range optionTable {
		if r.has != "draft" {
			continue
		}
		if n, ok := options[r.c]; !ok || n != r.id || r.since != from434 {
			t.Errorf("%s is %d here since %v, %d in the header", r.c, r.id, r.since, n)
		}
		delete(options, r.c)
	}
	if HeaderVersion().AtLeast(Version{4, 3, 5}) {
		for c, id := range draftsOf435 {
			if options[c] != id {
				t.Errorf("%s is %d here, %d in the header", c, id, options[c])
			}
			delete(options, c)
		}
	}
	if len(types)+len(options) > 0 {
		t.Errorf("not here: %v %v", types, options)
	}
	if n := draftMacros(t, "DRAFT Context options")["ZMQ_ZERO_COPY_RECV"]; ZeroCopyRecv(true).row.id != n {
		t.Errorf("ZeroCopyRecv is %d here, %d in the header", ZeroCopyRecv(true).row.id, n)
	}
}

// draftOptions are all of them, with a value that they may have.
func draftOptions() map[*optionRow]SocketOption {
	all := map[*optionRow]SocketOption{}
	for _, o := range []SocketOption{
		ZAPEnforceDomain(true), LoopbackFastpath(true), ApplicationMetadata("X-a:b"), MulticastLoop(false), RouterNotify(3),
		XPubManualLastValue(true), SOCKSUsername("ann"), SOCKSPassword("secret"), InBatchSize(1), OutBatchSize(1), WSSKeyPEM("secret"),
		WSSCertPEM("x"), WSSTrustPEM("x"), WSSHostname("x"), WSSTrustSystem(true), OnlyFirstSubscribe(true), ReconnectStop(1),
		HelloMsg("x"), DisconnectMsg("x"), SocketPriority(1),
	} {
		all[o.row] = o
	}
	return all
}

// TestDraftRefused wants a clear refusal of every draft where the engine has none.
func TestDraftRefused(t *testing.T) {
	if Has("draft") {
		t.Skip("this engine has drafts: TestDraftWorks")
	}
	c := newTestContext(t)
	refused := func(err error, words ...string) {
		t.Helper()
		if needs(t, from434, err) {
			wantError(t, err, []error{ErrNotSupported, errors.ErrUnsupported}, append(words, "built without draft")...)
		}
		var version *VersionError
		if errors.As(err, &version) && apiVersion().AtLeast(from434) {
			t.Errorf("%v: another version would be no better", err)
		}
	}
	for typ := Server; typ <= Channel; typ++ {
		s, err := c.NewSocket(typ)
		if s != nil {
			t.Errorf("a socket of type %v", typ)
		}
		if needs(t, from434, err) {
			wantError(t, err, []error{ErrNotSupported, errors.ErrUnsupported}, "open socket", typ.String(), "draft socket types")
		}
		wantError(t, err, nil, typ.String())
	}
	options := draftOptions()
	for _, r := range optionTable {
		if r.has != "draft" || r.built && apiVersion().AtLeast(from434) {
			continue // TestDraftsOfEveryEngine
		}
		o, ok := options[r]
		if !ok {
			t.Errorf("%s is not tested", r.name)
			continue
		}
		typ := Router
		if r.types != nil {
			typ = r.types[0]
		}
		s := newTestSocket(t, c, typ)
		err := s.Set(o)
		refused(err, r.name)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the value: %v", err)
		}
		if r.get {
			_, err := r.read64(s)
			refused(err, r.name)
		}
		// The whole socket is refused with the option.
		if s, err := c.NewSocket(typ, o); err == nil {
			s.Close()
			t.Errorf("a socket with %s", r.name)
		}
	}
	if err := c.Set(ZeroCopyRecv(false)); !errors.Is(err, ErrNotSupported) || !strings.Contains(err.Error(), "ZeroCopyRecv") {
		t.Errorf("ZeroCopyRecv: %v", err)
	} else {
		refused(err)
	}
	_, err := ZeroCopyRecv.Get(c)
	refused(err, "ZeroCopyRecv")
	// By number the engine itself refuses them: no value does harm.
	s := newTestSocket(t, c, Router)
	wantError(t, s.SetsockoptInt(RouterNotify(1).row.id, 1), []error{EINVAL}, "97")
}

// TestDraftsOfEveryEngine uses the options that the header calls drafts, and that engines have whichever way they were built.
func TestDraftsOfEveryEngine(t *testing.T) {
	if !apiVersion().AtLeast(from434) {
		return // TestDraftRefused
	}
	c := newTestContext(t)
	for r, o := range draftOptions() {
		if !r.built {
			continue
		}
		typ := Router
		if r.types != nil {
			typ = r.types[len(r.types)-1]
		}
		s := newTestSocket(t, c, typ)
		if err := s.Set(o); err != nil && r != LoopbackFastpath(true).row {
			t.Error(err)
		}
		if r.get && r.kind != kindBytes {
			if v, err := r.read64(s); err != nil || v != o.num {
				t.Errorf("%s is %d after %d was set: %v", r.name, v, o.num, err)
			}
		}
	}
	draftDomain(t, c)
	draftMetadata(t, c)
	draftLastValue(t, c)
	if hardened("socks") { // a plain engine may end the process when a socket that waits for a proxy is closed
		draftSOCKS(t, c)
	}
	draftFirst(t, c)
}

// draftDomain: where nobody can be asked about a client of CURVE it is accepted, unless that was forbidden.
func draftDomain(t *testing.T, c *Context) {
	if !Has("curve") {
		return
	}
	serverPublic, serverSecret := newKeys(t)
	clientPublic, clientSecret := newKeys(t)
	for _, enforced := range []bool{false, true} {
		server := newTestSocket(t, c, Pull, CurveServer(serverSecret), ZAPDomain("x"), ZAPEnforceDomain(enforced))
		m := newTestMonitor(t, server, EventHandshakeSucceeded|EventHandshakeFailed)
		connectTo(t, newTestSocket(t, c, Push, CurveClient(serverPublic, clientPublic, clientSecret)), bindTo(t, server, "tcp"))
		if e := awaitEvent(t, m, EventHandshakeSucceeded|EventHandshakeFailed); (e.Type == EventHandshakeSucceeded) == enforced {
			t.Errorf("ZAPEnforceDomain(%v): %v", enforced, e)
		}
	}
}

// draftMetadata: the peer sees what was said.
func draftMetadata(t *testing.T, c *Context) {
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push, ApplicationMetadata("X-a:b"))
	connectTo(t, push, bindTo(t, pull, "tcp"))
	sendText(t, push, "x")
	m, err := NewMessage(0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := pull.RecvMsg(m, 0); err != nil {
		t.Fatal(err)
	}
	if v, err := m.Gets("X-a"); v != "b" {
		t.Errorf("the property is %q, %v", v, err)
	}
}

// draftLastValue: what is sent after a subscription goes to its subscriber alone.
func draftLastValue(t *testing.T, c *Context) {
	pub := newTestSocket(t, c, XPub, XPubManualLastValue(true))
	endpoint := bindTo(t, pub, "tcp")
	var subs []*Socket
	for _, text := range []string{"a first", "a second"} {
		sub := newTestSocket(t, c, Sub, Subscribe("a"))
		connectTo(t, sub, endpoint)
		expectText(t, pub, "\x01a")
		if err := pub.Set(Subscribe("a")); err != nil {
			t.Fatal(err)
		}
		sendText(t, pub, text)
		expectText(t, sub, text)
		subs = append(subs, sub)
	}
	sendText(t, pub, "a third")
	for _, sub := range subs {
		expectText(t, sub, "a third")
	}
}

// draftSOCKS: a proxy is told who asks.
func draftSOCKS(t *testing.T, c *Context) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		methods, who := make([]byte, 3), make([]byte, 1+1+3+1+6)
		io.ReadFull(conn, methods)
		conn.Write([]byte{5, 2})
		io.ReadFull(conn, who)
		said <- string(methods) + string(who)
	}()
	s := newTestSocket(t, c, Push, SOCKSProxy(l.Addr().String()), SOCKSUsername("ann"), SOCKSPassword("secret"))
	connectTo(t, s, "tcp://127.0.0.1:9")
	select {
	case got := <-said:
		if want := "\x05\x01\x02" + "\x01\x03ann\x06secret"; got != want {
			t.Errorf("the proxy was told %q instead of %q", got, want)
		}
	case <-time.After(patience):
		t.Error("the proxy was asked for nothing")
	}
}

// draftFirst: what a message says after a first part that is no subscription is none either.
func draftFirst(t *testing.T, c *Context) {
	pub := newTestSocket(t, c, XPub, OnlyFirstSubscribe(true))
	sub := newTestSocket(t, c, XSub)
	connectTo(t, sub, bindTo(t, pub, "tcp"))
	if err := sub.SendParts(patient(t), []byte("first"), []byte("\x01a")); err != nil {
		t.Fatal(err)
	}
	sendText(t, sub, "\x01b")
	expectText(t, pub, "first", "\x01a")
	expectText(t, pub, "\x01b")
	sendText(t, pub, "a")
	sendText(t, pub, "b")
	expectText(t, sub, "b")
}

// TestDraftWorks uses drafts where the engine has them.
func TestDraftWorks(t *testing.T) {
	if !Has("draft") {
		t.Skip("this engine was built without drafts, as distributions build it: TestDraftRefused")
	}
	c := newTestContext(t)
	for typ := Server; typ <= Channel; typ++ {
		if s := newTestSocket(t, c, typ); s.Type() != typ {
			t.Errorf("opened %v, got %v", typ, s.Type())
		}
	}
	for r, o := range draftOptions() {
		typ := Router
		if r.types != nil {
			typ = r.types[0]
		}
		if err := newTestSocket(t, c, typ).Set(o); err != nil && !strings.HasPrefix(r.name, "WSS") && r != LoopbackFastpath(true).row {
			t.Error(err)
		}
	}
	router := newTestSocket(t, c, Router, RouterNotify(3))
	dealer := newTestSocket(t, c, Dealer, Identity("me"))
	connectTo(t, dealer, bindTo(t, router, "tcp"))
	expectText(t, router, "me", "")
	dealer.Close()
	expectText(t, router, "me", "")
	gather, scatter := newTestSocket(t, c, Gather), newTestSocket(t, c, Scatter)
	connectTo(t, scatter, bindTo(t, gather, "tcp"))
	sendText(t, scatter, "x")
	expectText(t, gather, "x")
}
