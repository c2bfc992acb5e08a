package zmq

import (
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// headerMacros returns the numeric macros of the engine's header that the package was compiled
// against, aliases resolved.
func headerMacros(t testing.TB) map[string]int {
	t.Helper()
	text, err := os.ReadFile("vendor_libzmq/include/zmq.h")
	if err != nil {
		t.Skipf("the engine is not the vendored one, so its header is not at hand: %v", err)
	}
	macros, alias := map[string]int{}, map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\s*#define (ZMQ_\w+)\s+(\S+)`).FindAllStringSubmatch(string(text), -1) {
		if n, err := strconv.ParseInt(m[2], 0, 64); err == nil {
			macros[m[1]] = int(n)
		} else {
			alias[m[1]] = m[2]
		}
	}
	for from, to := range alias {
		if n, ok := macros[to]; ok {
			macros[from] = n
		}
	}
	return macros
}

func TestOptionNumbers(t *testing.T) {
	macros := headerMacros(t)
	seen := map[int]string{}
	for _, r := range optionTable {
		if r.c == "" {
			continue
		}
		want, ok := macros[r.c]
		if !ok {
			t.Errorf("%s: the header has no %s", r.name, r.c)
		} else if want != r.id {
			t.Errorf("%s has number %d, %s is %d", r.name, r.id, r.c, want)
		}
		if other := seen[r.id]; other != "" {
			t.Errorf("%s and %s have the same number %d", r.name, other, r.id)
		}
		seen[r.id] = r.name
	}
}

// canDo says whether the engine at hand has an option.
func canDo(r *optionRow) bool { return r.supported() == nil }

// TestOptionDefaults compares what the table says with what the engine has.
func TestOptionDefaults(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	if err := s.Set(Linger(Infinite)); err != nil {
		t.Fatal(err)
	}
	for _, r := range optionTable {
		if !r.get || r.c == "ZMQ_FD" || !canDo(r) {
			continue
		}
		if r.kind == kindBytes {
			v, err := r.readValue(s)
			if want := strings.Repeat("\x00", r.size); err != nil || v != want {
				t.Errorf("%s is %q, %v unless set, want %q", r.name, v, err, want)
			}
			continue
		}
		v, err := r.read64(s)
		if err != nil || v != r.def {
			t.Errorf("%s is %d, %v unless set, want %d", r.name, v, err, r.def)
		}
	}
}

// TestOptionVersions wants each option that is newer than the API in use to say so, and those that the
// engine was built without to be refused as not supported.
func TestOptionVersions(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	for _, r := range optionTable {
		if canDo(r) {
			continue
		}
		if r.set {
			err := s.Set(SocketOption{row: r, str: "x", num: max(r.min, 0)})
			if needs(t, r.since, err) {
				wantError(t, err, []error{ErrNotSupported, errors.ErrUnsupported}, r.name)
			}
		}
		if r.get {
			_, err := r.read64(s)
			if needs(t, r.since, err) {
				wantError(t, err, []error{ErrNotSupported}, r.name)
			}
		}
	}
}

// TestOptionTypes sets each option that only some types have on all of them.
func TestOptionTypes(t *testing.T) {
	c := newTestContext(t)
	socks := map[SocketType]*Socket{}
	for typ := Pair; typ <= Stream; typ++ {
		if typ != Stream || apiVersion().AtLeast(from40) {
			socks[typ] = newTestSocket(t, c, typ)
		}
	}
	for _, r := range optionTable {
		if r.types == nil || !canDo(r) {
			continue
		}
		for typ, s := range socks {
			err := s.Set(SocketOption{row: r, str: "name", num: 0})
			if has := typ.is(r.types...); has && err != nil {
				t.Errorf("%s on a socket that has it: %v", r.name, err)
			} else if !has {
				wantError(t, err, []error{EINVAL}, r.name, typ.String(), "a socket of this type does not have it")
			}
		}
	}
}

// TestOptionRanges sets the limits of each range, and what lies outside.
func TestOptionRanges(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	for _, r := range optionTable {
		if !r.set || r.types != nil || r.check != nil || !canDo(r) || r.kind == kindUint64 || r.kind == kindBytes {
			continue
		}
		for _, v := range []int64{r.min, r.max} {
			if err := s.Set(SocketOption{row: r, num: v}); err != nil && !strings.Contains(r.name, "Keepalive") {
				t.Errorf("%s: %d: %v", r.name, v, err)
			}
		}
		if r.max == 1<<63-1 {
			continue
		}
		for _, v := range []int64{r.min - 1, r.max + 1} {
			wantError(t, s.Set(SocketOption{row: r, num: v}), []error{EINVAL}, r.name, "out of range")
		}
	}
}

func TestOptionsReadBack(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	check := func(what string, since Version, set SocketOption, get func() (any, error), want any) {
		t.Helper()
		err := s.Set(set)
		if !needs(t, since, err) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if got, err := get(); err != nil || got != want {
			t.Errorf("%s is %v, %v after it was set to %v", what, got, err, want)
		}
	}
	check("Immediate", from32, Immediate(true), func() (any, error) { return Immediate.Get(s) }, true)
	check("IPv6", from40, IPv6(true), func() (any, error) { return IPv6.Get(s) }, true)
	check("IPv4Only", from40, IPv6(true), func() (any, error) { return IPv4Only.Get(s) }, false)
	check("Conflate", from40, Conflate(true), func() (any, error) { return Conflate.Get(s) }, true)
	check("ZAPDomain", from40, ZAPDomain("global"), func() (any, error) { return ZAPDomain.Get(s) }, "global")
	check("PlainServerMode", from40, PlainServerMode(true), func() (any, error) { return PlainServerMode.Get(s) }, true)
	check("Mechanism", from40, PlainServerMode(true), func() (any, error) { return Mechanism.Get(s) }, MechanismPlain)
	check("Mechanism", from40, PlainServerMode(false), func() (any, error) { return Mechanism.Get(s) }, MechanismNull)
	check("PlainUsername", from40, PlainUsername("ann"), func() (any, error) { return PlainUsername.Get(s) }, "ann")
	check("TOS", from41, TOS(0x28), func() (any, error) { return TOS.Get(s) }, 0x28)
	check("SOCKSProxy", from41, SOCKSProxy("127.0.0.1:1080"), func() (any, error) { return SOCKSProxy.Get(s) }, "127.0.0.1:1080")
	check("SOCKSProxy", from41, SOCKSProxy(""), func() (any, error) { return SOCKSProxy.Get(s) }, "")
	check("HeartbeatTTL", from42, HeartbeatTTL(1234*time.Millisecond), func() (any, error) { return HeartbeatTTL.Get(s) }, 1200*time.Millisecond)
	check("BindToDevice", from423, BindToDevice("lo"), func() (any, error) { return BindToDevice.Get(s) }, "lo")
	check("BindToDevice", from423, BindToDevice(""), func() (any, error) { return BindToDevice.Get(s) }, "")
	check("RoutingID", floor, RoutingID("me"), func() (any, error) { return Identity.Get(s) }, "me")
	check("TCPKeepaliveIdle", from32, TCPKeepaliveIdle(1500*time.Millisecond), func() (any, error) { return TCPKeepaliveIdle.Get(s) }, 2*time.Second)
	check("TCPKeepaliveIdle", from32, TCPKeepaliveIdle(SystemDefault), func() (any, error) { return TCPKeepaliveIdle.Get(s) }, time.Duration(-1))
}

func TestOptionHelpers(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	if err := s.Set(Heartbeat(time.Second, 3*time.Second)); needs(t, from42, err) {
		if err != nil {
			t.Fatal(err)
		}
		var got []time.Duration
		for _, o := range []Option[time.Duration]{HeartbeatInterval, HeartbeatTimeout, HeartbeatTTL} {
			d, err := o.Get(s)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d)
		}
		if diff := cmp.Diff([]time.Duration{time.Second, 3 * time.Second, 4 * time.Second}, got); diff != "" {
			t.Errorf("Heartbeat (-want +got):\n%s", diff)
		}
		wantError(t, s.Set(Heartbeat(time.Second, -5)), []error{EINVAL}, "HeartbeatTimeout", "negative")
	}
	if err := s.Set(Keepalive(time.Minute, SystemDefault, 4)); needs(t, from32, err) {
		if err != nil {
			t.Fatal(err)
		}
		on, _ := TCPKeepalive.Get(s)
		idle, _ := TCPKeepaliveIdle.Get(s)
		every, _ := TCPKeepaliveInterval.Get(s)
		count, err := TCPKeepaliveCount.Get(s)
		if on != 1 || idle != time.Minute || every != SystemDefault || count != 4 || err != nil {
			t.Errorf("Keepalive set %d, %v, %v, %d, %v", on, idle, every, count, err)
		}
	}
}

// TestOptionAcceptFilters refuses and accepts by address and by user, and takes the filters back.
func TestOptionAcceptFilters(t *testing.T) {
	if atFloor() {
		s := newTestSocket(t, newTestContext(t), Pull)
		needs(t, from32, s.Set(TCPAcceptFilter("127.0.0.1")))
		needs(t, from41, s.Set(IPCFilterUID(1)))
		return
	}
	for _, c := range []struct {
		transport string
		add       SocketOption
		clear     SocketOption
	}{
		{"tcp", TCPAcceptFilter("10.255.255.0/24"), TCPAcceptFilter("")},
		{"ipc", IPCFilterUID(os.Getuid() + 1), IPCFilterUID(-1)},
		{"ipc", IPCFilterGID(1 << 30), IPCFilterGID(-1)},
		{"ipc", IPCFilterPID(1 << 30), IPCFilterPID(-1)},
	} {
		t.Run(fmt.Sprint(c.add), func(t *testing.T) {
			ctx := newTestContext(t)
			if since := c.add.row.since; !apiVersion().AtLeast(since) {
				needsEngine(t, since, "it brought the filter", newTestSocket(t, ctx, Pull).Set(c.add))
			}
			closed := newTestSocket(t, ctx, Pull, c.add)
			open := newTestSocket(t, ctx, Pull, c.add, c.clear)
			push := newTestSocket(t, ctx, Push, Immediate(true), ReconnectInterval(Infinite))
			if err := dial(bindTo(t, closed, c.transport)); err == nil {
				t.Error("the filter accepted a peer that it does not name")
			}
			connectTo(t, push, bindTo(t, open, c.transport))
			sendText(t, push, "x")
			expectText(t, open, "x")
		})
	}
}

// dial reports how a plain connection to an endpoint ends that gets no greeting.
func dial(endpoint string) error {
	network, address, _ := strings.Cut(endpoint, "://")
	if network == "ipc" {
		network = "unix"
	}
	conn, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, err = conn.Read(make([]byte, 1))
	return err
}

// TestOptionStrings keeps secrets out of logs.
func TestOptionStrings(t *testing.T) {
	for _, c := range []struct {
		o    SocketOption
		want string
	}{
		{Linger(0), "Linger(0s)"},
		{Linger(Infinite), "Linger(-1ns)"},
		{RecvHWM(7), "RecvHWM(7)"},
		{Affinity(1 << 63), "Affinity(9223372036854775808)"},
		{Conflate(true), "Conflate(true)"},
		{Subscribe("a\n"), `Subscribe("a\n")`},
		{TCPKeepaliveIdle(time.Minute), "TCPKeepaliveIdle(1m0s)"},
		{PlainPassword("hunter2"), "PlainPassword(...)"},
		{Heartbeat(1, 2), "Heartbeat(...)"},
		{SocketOption{}, "SocketOption()"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, c.o); got != c.want {
				t.Errorf("%s gives %s, want %s", verb, got, c.want)
			}
		}
	}
}

// TestOptionZeroBytes refuses values that C would cut short.
func TestOptionZeroBytes(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	for _, o := range []SocketOption{PlainUsername("a\x00"), PlainPassword("a\x00b"), ZAPDomain("\x00"), SOCKSProxy("a\x00b")} {
		if err := s.Set(o); needs(t, o.row.since, err) {
			wantError(t, err, []error{EINVAL}, o.row.name, "zero byte")
		}
	}
}
