package zmq

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
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
		if r.has != "draft" {
			continue
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
