package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestGuardHWM: once there is an endpoint the high-water marks are what they are, whoever made it and however they are set.
func TestGuardHWM(t *testing.T) {
	if !engineFrom(4, 2, 0) {
		t.Skip("this engine does not tell its connections")
	}
	ways := map[string]func(*Socket, int) error{
		"SendHWM": func(s *Socket, n int) error { return s.Set(SendHWM(n)) },
		"RecvHWM": func(s *Socket, n int) error { return s.Set(RecvHWM(n)) },
		"23":      func(s *Socket, n int) error { return s.SetsockoptInt(23, n) },
		"24 as bytes": func(s *Socket, n int) error {
			return s.SetsockoptBytes(24, []byte((&SocketOption{row: rawRow(24, kindInt), num: int64(n)}).bytes()))
		},
	}
	for way, set := range ways {
		overTransports(t, func(t *testing.T, transport string) {
			c := newTestContext(t)
			bound, connected := newTestSocket(t, c, Pair), newTestSocket(t, c, Pair)
			for _, s := range []*Socket{bound, connected} {
				if err := set(s, 7); err != nil {
					t.Fatal(err)
				}
			}
			connectTo(t, connected, bindTo(t, bound, transport))
			for _, s := range []*Socket{bound, connected} {
				wantError(t, set(s, 8), isInvalid, "set ", "before the first Bind or Connect")
				if err := set(s, 7); err != nil {
					t.Errorf("%s to what it is: %v", way, err)
				}
			}
		})
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	bindTo(t, s, "tcp")
	s.st.endpoint = "" // as if C code had bound it
	wantError(t, s.Set(RecvHWM(1)), isInvalid, "before the first Bind")
}

// TestGuardNames refuses names that are libzmq's own, and a second use of one that would end the process.
func TestGuardNames(t *testing.T) {
	c := newTestContext(t)
	for _, typ := range []SocketType{Req, Rep, Dealer, Router} {
		s := newTestSocket(t, c, typ)
		wantError(t, s.Set(Identity("\x00abcd")), isInvalid, "set Identity", "zero byte")
		wantError(t, s.Set(RoutingID("\x00")), isInvalid, "zero byte")
		wantError(t, s.SetsockoptBytes(5, []byte("\x00abcd")), isInvalid, "set option 5", "zero byte")
		wantError(t, s.SetsockoptInt(5, 0), isInvalid, "set option 5", "zero byte")
		if err := s.Set(Identity("a\x00")); err != nil {
			t.Error(err)
		}
	}
	needsEngine(t, from41, "it brought ConnectRoutingID", newTestSocket(t, c, Router).Set(ConnectRoutingID("first")))
	for _, transport := range transports {
		r := newTestSocket(t, c, Router)
		ep := bindTo(t, newTestSocket(t, c, Router), transport)
		wantError(t, r.Set(ConnectRoutingID("\x00x")), isInvalid, "zero byte")
		set(t, r, ConnectRoutingID("first"), ConnectRoutingID("worker")) // it is the last that counts
		connectTo(t, r, ep)
		for _, again := range []error{r.Set(ConnectRoutingID("worker")), r.SetsockoptBytes(61, []byte("worker"))} {
			wantError(t, again, isInvalid, "set ", "before", "another name")
		}
		set(t, r, ConnectRoutingID("first"))
		connectTo(t, r, ep)
		connectTo(t, r, ep) // the name was used
	}
	r := newTestSocket(t, c, Router, Immediate(true), ConnectRoutingID("worker"))
	wantError(t, r.Connect("tcp://127.0.0.1:1"), isInvalid, "connect tcp://127.0.0.1:1", "Immediate")
	set(t, r, Immediate(false))
	connectTo(t, r, "tcp://127.0.0.1:1")
	wantError(t, r.Set(ConnectRoutingID("worker")), isInvalid, "before")
}

// TestGuardRawRouter: a Router that speaks plain TCP stays one, and does not greet its peers with what they do not understand.
func TestGuardRawRouter(t *testing.T) {
	c := newTestContext(t)
	needsEngine(t, from40, "it brought both options", newTestSocket(t, c, Router).Set(RouterRaw(true)), newTestSocket(t, c, Router).Set(ProbeRouter(true)))
	wantError(t, newTestSocket(t, c, Router).Set(RouterRaw(true), ProbeRouter(true)), isInvalid, "set ProbeRouter", "do not go together")
	wantError(t, newTestSocket(t, c, Router).Set(ProbeRouter(true), RouterRaw(true)), isInvalid, "set RouterRaw", "do not go together")
	probing := newTestSocket(t, c, Router, ProbeRouter(true))
	wantError(t, probing.SetsockoptInt(optRouterRaw, 1), isInvalid, "do not go together")
	set(t, probing, ProbeRouter(false), RouterRaw(true), RouterRaw(false))
	for _, raw := range []bool{false, true} {
		r := newTestSocket(t, c, Router, RouterRaw(raw))
		bindTo(t, r, "tcp")
		wantError(t, r.Set(RouterRaw(!raw)), isInvalid, "before the first Bind")
		set(t, r, RouterRaw(raw))
	}
}

// TestGuardIDsDiffer: the names that a Router makes up are others in each process.
func TestGuardIDsDiffer(t *testing.T) {
	first := runChild(t, patience, idChild)
	if second := runChild(t, patience, idChild); first == second || len(first) != 10 {
		t.Errorf("two processes call their peers %q and %q", first, second)
	}
}

var idChild = child("made-up-id", func([]string) {
	c := mustGet(NewContext())
	defer c.Close()
	r, d := mustGet(c.NewSocket(Router)), mustGet(c.NewSocket(Dealer))
	must(r.Bind("inproc://ids"))
	must(d.Connect("inproc://ids"))
	must(d.SendParts(forever, []byte("x")))
	fmt.Printf("%x", mustGet(r.RecvParts(forever))[0])
})

// TestGuardUseFD gives Bind descriptors that are not what it needs. libzmq would end the process, later.
func TestGuardUseFD(t *testing.T) {
	needsEngine(t, from42, "it brought UseFD", newTestSocket(t, newTestContext(t), Pull).Set(UseFD(3)))
	runChild(t, patience, useFDChild, shortDir(t))
}

var useFDChild = child("use-fd", func(args []string) {
	c := mustGet(NewContext())
	defer c.Close()
	dir := args[0]
	file := mustGet(os.Create(filepath.Join(dir, "file")))
	tcp, tcp6 := mustGet(net.Listen("tcp4", "127.0.0.1:0")), net.Listener(nil)
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		tcp6 = l
	}
	unix := mustGet(net.Listen("unix", filepath.Join(dir, "s")))
	packet := mustGet(net.ListenPacket("udp4", "127.0.0.1:0"))
	idle := mustGet(syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0))
	conn := mustGet(net.Dial("tcp4", tcp.Addr().String()))
	null := mustGet(os.OpenFile(os.DevNull, os.O_RDWR, 0))
	const anyTCP, anyIPC = "tcp://127.0.0.1:*", "ipc://"
	path := anyIPC + filepath.Join(dir, "other")
	for _, bad := range []struct {
		fd       int
		endpoint string
		says     string
	}{
		{987, anyTCP, "bad file descriptor"}, {987, path, "bad file descriptor"},
		{int(file.Fd()), anyTCP, "listening socket"}, {int(file.Fd()), path, "listening socket"},
		{int(null.Fd()), anyTCP, "listening socket"}, {0, anyTCP, "listening socket"},
		{int(idle), anyTCP, "not listening"}, {fdOf(packet.(*net.UDPConn)), anyTCP, "not listening"},
		{fdOf(conn.(*net.TCPConn)), anyTCP, "not listening"},
		{fdOf(unix.(*net.UnixListener)), anyTCP, "family"}, {fdOf(tcp.(*net.TCPListener)), path, "family"},
	} {
		s := mustGet(c.NewSocket(Pull, UseFD(bad.fd), Linger(0)))
		err := s.Bind(bad.endpoint)
		if !errors.Is(err, EINVAL) || !strings.Contains(err.Error(), bad.says) || !strings.Contains(err.Error(), "UseFD") {
			panic(fmt.Sprintf("Bind(%s) with UseFD(%d): %v, want %q", bad.endpoint, bad.fd, err, bad.says))
		}
		must(s.Close())
	}
	// It serves one Bind, and one socket.
	fd := mustGet(dupFD(fdOf(tcp.(*net.TCPListener))))
	s := mustGet(c.NewSocket(Pull, UseFD(fd), Linger(0)))
	must(s.Bind(anyTCP))
	if at := mustGet(s.LastEndpoint()); at != "tcp://"+tcp.Addr().String() {
		panic(at)
	}
	must(s.Bind(anyTCP))
	if at := mustGet(s.LastEndpoint()); at == "tcp://"+tcp.Addr().String() || mustGet(UseFD.Get(s)) != -1 {
		panic("the descriptor served a second Bind: " + at)
	}
	other := mustGet(c.NewSocket(Pull, UseFD(fd), Linger(0)))
	if err := other.Bind(anyTCP); err == nil || !strings.Contains(err.Error(), "another endpoint") {
		panic(fmt.Sprint("two sockets have one descriptor: ", err))
	}
	// Families that go together, a path that a listener has among them.
	tell(c, s, "tcp://"+tcp.Addr().String())
	local := mustGet(c.NewSocket(Pull, UseFD(mustGet(dupFD(fdOf(unix.(*net.UnixListener))))), Linger(0)))
	must(local.Bind(anyIPC + filepath.Join(dir, "s")))
	tell(c, local, anyIPC+filepath.Join(dir, "s"))
	if tcp6 != nil {
		six := mustGet(c.NewSocket(Pull, UseFD(mustGet(dupFD(fdOf(tcp6.(*net.TCPListener))))), Linger(0), IPv6(true)))
		must(six.Bind("tcp://[::1]:*"))
	}
})

// tell sends a word to a bound Pull.
func tell(c *Context, to *Socket, endpoint string) {
	from := mustGet(c.NewSocket(Push, Linger(0)))
	must(from.Connect(endpoint))
	must(from.SendParts(forever, []byte("word")))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	mustGet(to.RecvParts(ctx))
	must(from.Close())
}

func fdOf(c syscall.Conn) (fd int) {
	raw := mustGet(c.SyscallConn())
	must(raw.Control(func(n uintptr) { fd = int(n) }))
	return fd
}

// TestGuardAcceptFilter: a network means the same whether the socket has IPv6, and whichever option comes first.
func TestGuardAcceptFilter(t *testing.T) {
	if atFloor() {
		t.Skip("TestOptionAcceptFilters has the floor")
	}
	hasIPv6 := func() bool {
		l, err := net.Listen("tcp6", "[::1]:0")
		if err == nil {
			l.Close()
		}
		return err == nil
	}()
	for _, f := range []struct {
		filter    string
		four, six bool // whether 127.0.0.1 and ::1 get in
	}{
		{"10.0.0.0/8", false, false}, {"127.0.0.0/8", true, false}, {"127.0.0.1", true, false}, {"127.9.9.9/8", true, false},
		{"0.0.0.0/0", true, false}, {"::ffff:127.0.0.0/104", true, false}, {"::ffff:10.0.0.0/104", false, false}, {"10.0.0.0/1", true, false}, {"128.0.0.0/1", false, false},
		{"::1", false, true}, {"::/0", false, true}, {"fe80::/10", false, false}, {"::/64", false, true}, {"::/96", false, true}, {"::/8", false, true},
	} {
		for name, opts := range map[string][]SocketOption{
			"filter, then IPv6": {TCPAcceptFilter(f.filter), IPv4Only(false)},
			"IPv6, then filter": {IPv4Only(false), TCPAcceptFilter(f.filter)},
			"no IPv6":           {TCPAcceptFilter(f.filter)},
		} {
			t.Run(f.filter+" "+name, func(t *testing.T) {
				s := newTestSocket(t, newTestContext(t), Pull, opts...)
				before, err := IPv4Only.Get(s)
				if err != nil || before != (len(opts) == 1) {
					t.Errorf("IPv4Only is %v, %v", before, err)
				}
				if err := s.Bind("tcp://*:*"); err != nil {
					t.Fatal(err)
				}
				at := mustGet(s.LastEndpoint())
				port := at[strings.LastIndexByte(at, ':')+1:]
				if got := greeted(t, "127.0.0.1:"+port); got != f.four {
					t.Errorf("127.0.0.1 gets in: %v, want %v", got, f.four)
				}
				if len(opts) == 2 && hasIPv6 {
					if got := greeted(t, "[::1]:"+port); got != f.six {
						t.Errorf("::1 gets in: %v, want %v", got, f.six)
					}
				}
			})
		}
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	for _, bad := range []string{"10.0.0.0/33", "::/129", "host", "10.0.0", "fe80::1%lo", "10.0.0.0/", "/8", " 10.0.0.1", "10.0.0.0/8\x00"} {
		wantError(t, s.Set(TCPAcceptFilter(bad)), isInvalid, "set TCPAcceptFilter", printable(bad))
		wantError(t, s.SetsockoptBytes(38, []byte(bad)), isInvalid, "set option 38")
	}
	if err := s.SetsockoptBytes(38, []byte("10.0.0.0/8")); err != nil {
		t.Error(err)
	}
}

// TestGuardFilterForms compares what a network is turned into with what it means, address by address.
func TestGuardFilterForms(t *testing.T) {
	addresses := []netip.Addr{}
	for _, a := range []string{"10.0.0.1", "10.255.0.0", "11.0.0.0", "127.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "::fffe:0:0", "::1:0:0:0", "fe80::1", "8000::", "::ffff:ffff:ffff:ffff", "ffff::"} {
		addresses = append(addresses, netip.MustParseAddr(a))
	}
	for _, text := range []string{"10.0.0.0/8", "0.0.0.0/0", "10.0.0.1", "::/0", "::/1", "::/64", "::/80", "::/95", "::/96", "::1", "fe80::/10", "::ffff:10.0.0.0/104", "::ffff:0:0/96", "::ffff:0:0/95"} {
		forms, err := filterForms(text)
		if err != nil {
			t.Fatal(err)
		}
		meant, err := netip.ParsePrefix(text)
		if err != nil {
			a := netip.MustParseAddr(text)
			meant = netip.PrefixFrom(a, a.BitLen())
		}
		for _, a := range addresses {
			want := meant.Contains(a)
			if meant.Addr().Is4In6() && meant.Bits() >= 96 {
				want = netip.PrefixFrom(meant.Addr().Unmap(), meant.Bits()-96).Contains(a)
			}
			// As a socket with IPv6 and one without see it.
			mapped := netip.AddrFrom16(a.As16())
			in := slices.ContainsFunc(forms, func(p netip.Prefix) bool { return p.Addr().Is4() == mapped.Is4() && p.Contains(mapped) })
			plain := slices.ContainsFunc(forms, func(p netip.Prefix) bool { return p.Addr().Is4() == a.Is4() && p.Contains(a) })
			if in != want || plain != want {
				t.Errorf("%s accepts %v: %v with IPv6, %v without, want %v", text, a, in, plain, want)
			}
		}
	}
}

// greeted reports whether a plain connection gets libzmq's greeting.
func greeted(t *testing.T, address string) bool {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f")); err != nil {
		return false
	}
	_, err = io.ReadFull(conn, make([]byte, 10))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("nothing has come from %s within %v", address, patience)
	}
	return err == nil
}

// TestGuardLostFilters: on engines that lose filters of some lengths they are refused, on whatever road; on others all arrive.
func TestGuardLostFilters(t *testing.T) {
	v := LibraryVersion()
	loses := v == Version{4, 3, 3} || v == Version{4, 3, 4}
	for n := 244; n <= 257; n++ {
		filter := strings.Repeat("f", n)
		refused := loses && n >= 246 && n <= 255
		for way, subscribe := range map[string]func(sub, xsub *Socket) error{
			"Subscribe":       func(sub, _ *Socket) error { return sub.Set(Subscribe(filter)) },
			"SetsockoptBytes": func(sub, _ *Socket) error { return sub.SetsockoptBytes(6, []byte(filter)) },
			"Unsubscribe": func(sub, _ *Socket) error {
				if err := sub.Set(Unsubscribe(filter)); err != nil {
					return err
				}
				return sub.Set(Subscribe(filter))
			},
			"Send":      func(_, x *Socket) error { _, err := x.Send([]byte("\x01"+filter), 0); return err },
			"SendParts": func(_, x *Socket) error { return x.SendParts(forever, []byte("\x01"+filter)) },
			"SendParts, two": func(_, x *Socket) error {
				return x.SendParts(forever, []byte("\x01"+filter), []byte("more"))
			},
			"SendMsg": func(_, x *Socket) error {
				m := mustGet(CopyMessage([]byte("\x01" + filter)))
				defer m.Close()
				return x.SendMsg(m, 0)
			},
			"SendMsgs": func(_, x *Socket) error {
				m := mustGet(CopyMessage([]byte("\x01" + filter)))
				defer m.Close()
				return x.SendMsgs(forever, m)
			},
			"SendBatch": func(_, x *Socket) error {
				b := mustGet(NewBatch(4))
				defer b.Close()
				must(b.Add([]byte("\x01" + filter)))
				_, err := x.SendBatch(forever, b)
				return err
			},
		} {
			c := newTestContext(t)
			sub, xsub := newTestSocket(t, c, Sub), newTestSocket(t, c, XSub)
			xpub := newTestSocket(t, c, XPub)
			at := bindTo(t, xpub, "tcp")
			err := subscribe(sub, xsub)
			if refused {
				wantError(t, err, isInvalid, "246 to 255", "look at the rest")
				continue
			}
			if way == "SendParts, two" && !engineFrom(4, 0, 0) {
				wantError(t, err, isInvalid, "subscriptions only")
				continue
			}
			if err != nil {
				t.Errorf("%s of %d bytes: %v", way, n, err)
				continue
			}
			who := xsub
			if strings.HasPrefix(way, "Sub") || strings.HasPrefix(way, "Set") || strings.HasPrefix(way, "Un") {
				who = sub
			}
			connectTo(t, who, at) // only now: what is subscribed to already is lost most easily
			if got := recvText(t, xpub); len(got[0]) != n+1 {
				t.Errorf("%s of %d bytes: %d arrive", way, n, len(got[0]))
			}
		}
	}
}

// TestGuardForwarderFilters: a forwarder does not pass on what the engine would lose with all that follows.
func TestGuardForwarderFilters(t *testing.T) {
	v := LibraryVersion()
	if v != (Version{4, 3, 3}) && v != (Version{4, 3, 4}) {
		t.Skipf("libzmq %v loses no filters", v)
	}
	r := newBench(t, NewForwarder, XPub, XSub, XPub, XSub, "inproc", nil)
	s := r.b.st
	for _, n := range []int{245, 246, 250, 255, 256} {
		s.mu.Lock()
		var res result
		cSend(s.h, []byte("\x01"+strings.Repeat("f", n)), 0, &res) // as others send it
		s.unlock()
		if res.err != 0 {
			t.Fatal(res.err)
		}
	}
	for _, n := range []int{245, 256} {
		if got := recvText(t, r.a); len(got[0]) != n+1 {
			t.Errorf("a filter of %d bytes was passed on, want %d", len(got[0])-1, n)
		}
	}
	r.awaitStats(t, "three were refused", func(s DeviceStats) bool { return s.Refused == 3 })
}

// TestGuardXSubFilters: an xsub's subscriptions are bounded as a sub's are. A long one would exhaust a stack.
func TestGuardXSubFilters(t *testing.T) {
	x := newTestSocket(t, newTestContext(t), XSub)
	long := make([]byte, defaultTopicMax+2)
	for _, first := range []byte{0, 1} {
		long[0] = first
		_, err := x.Send(long, 0)
		wantError(t, err, isInvalid, "send (xsub)", "MaxTopic")
		wantError(t, x.SendParts(forever, long), isInvalid, "MaxTopic")
	}
	if _, err := x.Send(long[:defaultTopicMax+1], 0); err != nil {
		t.Error(err)
	}
	set(t, x, MaxTopic(2*defaultTopicMax))
	if _, err := x.Send(long, 0); err != nil {
		t.Error(err)
	}
	sub := newTestSocket(t, newTestContext(t), Sub)
	wantError(t, sub.SetsockoptBytes(6, long), isInvalid, "MaxTopic")
	if engineFrom(4, 0, 0) {
		long[0] = 2 // no subscription
		if err := x.SendParts(forever, long); err != nil {
			t.Error(err)
		}
	}
}

// TestGuardProxyAddress refuses what is no proxy's address.
func TestGuardProxyAddress(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Push)
	for _, bad := range []string{"host", "host:", ":1080", "host:0", "host:65536", "host:x", "a b:1", "*:1080", "x://host:1/"} {
		if err := s.Set(SOCKSProxy(bad)); needs(t, from41, err) {
			wantError(t, err, isInvalid, "set SOCKSProxy")
		}
	}
}

// TestImmediateStays: the option does not change under connections over a network, in whatever way it is set.
func TestImmediateStays(t *testing.T) {
	if !apiVersion().AtLeast(from40) {
		return
	}
	c := newTestContext(t)
	ways := map[string]func(s *Socket, on bool) error{
		"by name":   func(s *Socket, on bool) error { return s.Set(Immediate(on)) },
		"by number": func(s *Socket, on bool) error { return s.SetsockoptInt(optImmediate, int(number(on))) },
		"by bytes": func(s *Socket, on bool) error {
			return s.SetsockoptBytes(optImmediate, binary.NativeEndian.AppendUint32(nil, uint32(number(on))))
		},
	}
	for name, set := range ways {
		for _, transport := range []string{"tcp", "ipc", "inproc"} {
			endpoint := bindTo(t, newTestSocket(t, c, Pull), transport)
			for _, was := range []bool{false, true} {
				s := newTestSocket(t, c, Push, Immediate(!was))
				bindTo(t, s, transport)
				if err := set(s, was); err != nil {
					t.Errorf("%s, %s, bound: %v", name, transport, err)
				}
				connectTo(t, s, endpoint)
				if err := set(s, was); err != nil {
					t.Errorf("%s, %s, as it is: %v", name, transport, err)
				}
				if err := set(s, !was); transport == "inproc" && err != nil {
					t.Errorf("%s, %s: %v", name, transport, err)
				} else if transport != "inproc" {
					wantError(t, err, []error{EINVAL}, "before the first Connect")
				}
				s.Close()
			}
		}
	}
}

// TestImmediateAfterRefusal: once a peer has refused the socket, the engine keeps the option on, and the program can set and
// take back its own as often as it likes.
func TestImmediateAfterRefusal(t *testing.T) {
	if !apiVersion().AtLeast(from40) {
		return
	}
	c := newTestContext(t)
	s := newTestSocket(t, c, Push)
	connectTo(t, s, bindTo(t, newTestSocket(t, c, Pull), "tcp"))
	k := s.inner()
	k.mu.Lock()
	k.delayRefused()
	k.mu.Unlock()
	for _, on := range []bool{true, false, false, true, false} {
		if err := s.Set(Immediate(on)); err != nil {
			t.Errorf("to %v: %v", on, err)
		}
		if got, err := Immediate.Get(s); err != nil || got != on {
			t.Errorf("it is %v, %v, not %v", got, err, on)
		}
		if v, errno := cGetInt(k.h, optImmediate); errno != 0 || v != 1 {
			t.Errorf("the engine has %d, %v", v, errno)
		}
	}
}
