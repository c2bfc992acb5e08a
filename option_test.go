package zmq

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// TestOptionDefaultsByType reads what differs between types from a fresh socket of each.
func TestOptionDefaultsByType(t *testing.T) {
	c := newTestContext(t)
	for _, typ := range allTypes {
		s, err := c.NewSocket(typ)
		if err != nil {
			t.Fatal(err)
		}
		want := Infinite
		if typ.is(Sub, XSub) {
			want = 0
		}
		if got, err := Linger.Get(s); got != want || err != nil {
			t.Errorf("%v lingers %v (%v), want %v", typ, got, err, want)
		}
		for name, o := range map[string]Option[int]{"SendHWM": SendHWM, "RecvHWM": RecvHWM} {
			if got, err := o.Get(s); got != 1000 || err != nil {
				t.Errorf("%s of %v is %d (%v)", name, typ, got, err)
			}
		}
		ready := PollEvents(0)
		if typ.is(Pub, XPub, Router, XSub) {
			ready = PollOut
		}
		if got, err := s.Events(); got != ready || err != nil {
			t.Errorf("%v without peers is ready for %v (%v), want %v", typ, got, err, ready)
		}
		if more, err := RecvMore.Get(s); more || err != nil {
			t.Errorf("RecvMore of a fresh %v: %v, %v", typ, more, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOptionDurations rounds up to C's milliseconds: what is not zero stays not zero.
func TestOptionDurations(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Push)
	for d, want := range map[time.Duration]time.Duration{
		0: 0, 1: time.Millisecond, time.Microsecond: time.Millisecond, time.Millisecond: time.Millisecond,
		time.Millisecond + 1: 2 * time.Millisecond, time.Hour: time.Hour, Infinite: Infinite, math.MaxInt32 * time.Millisecond: math.MaxInt32 * time.Millisecond,
	} {
		for name, o := range map[string]Option[time.Duration]{"Linger": Linger, "SendTimeout": SendTimeout, "RecvTimeout": RecvTimeout} {
			set(t, s, o(d))
			if got, err := o.Get(s); got != want || err != nil {
				t.Errorf("%s is %v (%v) after it was set to %v, want %v", name, got, err, d, want)
			}
		}
	}
}

// TestOptionTimeouts: both timeouts bound all ways to wait, at once, and a context that ends earlier wins.
func TestOptionTimeouts(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Pair)
	for _, ways := range []map[string]func(*Socket) error{sends, receives} {
		for name, f := range ways {
			if strings.HasPrefix(name, "Try") {
				continue // never waits
			}
			set(t, s, SendTimeout(time.Millisecond), RecvTimeout(time.Millisecond))
			wantError(t, f(s), []error{os.ErrDeadlineExceeded, EAGAIN}, "Timeout ran out")
			set(t, s, SendTimeout(0), RecvTimeout(0))
			if err := f(s); !errors.Is(err, ErrWouldBlock) || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s with a timeout of 0: %v", name, err)
			}
		}
	}
	set(t, s, SendTimeout(time.Hour), RecvTimeout(time.Hour))
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := s.RecvParts(ctx)
	wantError(t, err, []error{context.DeadlineExceeded})
	wantError(t, s.SendParts(ctx, nil), []error{context.DeadlineExceeded})
}

// TestOptionTimeoutsByNumber: the options' numbers do the same, and so does a value that C alone has changed.
func TestOptionTimeoutsByNumber(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Pair)
	for _, id := range []int{optRecvTimeout, optSendTimeout} {
		if err := s.SetsockoptInt(id, 1); err != nil {
			t.Fatal(err)
		}
		if v, err := s.GetsockoptInt(id); v != 1 || err != nil {
			t.Errorf("option %d is %d, %v", id, v, err)
		}
	}
	wantError(t, recvOne(s), []error{os.ErrDeadlineExceeded})
	wantError(t, sendOne(s), []error{os.ErrDeadlineExceeded})
	for _, id := range []int{optRecvTimeout, optSendTimeout} {
		if err := s.SetsockoptBytes(id, []byte{0, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, recvOne(s), []error{ErrWouldBlock})
	wantError(t, sendOne(s), []error{ErrWouldBlock})
}

// TestOptionRaw reads and writes options by their numbers in all the ways.
func TestOptionRaw(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("int", s.SetsockoptInt(19, 7))
	if v, err := Backlog.Get(s); v != 7 || err != nil {
		t.Errorf("Backlog is %d, %v", v, err)
	}
	check("int64", s.SetsockoptInt64(22, 1<<40))
	if v, err := s.GetsockoptInt64(22); v != 1<<40 || err != nil {
		t.Errorf("MaxMsgSize is %d, %v", v, err)
	}
	check("bytes", s.SetsockoptBytes(5, []byte("a\x00b")))
	if v, err := s.GetsockoptBytes(5); string(v) != "a\x00b" || err != nil {
		t.Errorf("Identity is %q, %v", v, err)
	}
	if v, err := s.GetsockoptInt(16); v != int(Dealer) || err != nil {
		t.Errorf("the type is %d, %v", v, err)
	}
	if v, err := Identity.Get(s); v != "a\x00b" || err != nil {
		t.Errorf("Identity is %q, %v", v, err)
	}
	// Nothing is evened out: 0 is 0 here, and -1 where the engine has it.
	check("SNDBUF", s.SetsockoptInt(11, 0))
	if v, err := s.GetsockoptInt(11); v != 0 || err != nil {
		t.Errorf("SNDBUF is %d, %v", v, err)
	}
	if engineFrom(4, 2, 0) {
		set(t, s, SendBuf(0), RecvBuf(0))
		for _, id := range []int{11, 12} {
			if v, err := s.GetsockoptInt(id); v != -1 || err != nil {
				t.Errorf("option %d is %d (%v): the system's default is -1 in this engine", id, v, err)
			}
		}
	}
	for name, o := range map[string]Option[int]{"SendBuf": SendBuf, "RecvBuf": RecvBuf} {
		if v, err := o.Get(s); v != 0 || err != nil {
			t.Errorf("%s is %d, %v", name, v, err)
		}
	}
	// An option that this package has no name for, where the engine has one: 93 is a draft's.
	if _, err := s.GetsockoptInt(93); err != nil {
		wantError(t, err, []error{EINVAL}, "get option 93")
	}
}

// TestOptionIdentity: a Router knows its peers by the names that they gave themselves.
func TestOptionIdentity(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		router := newTestSocket(t, c, Router)
		endpoint := bindTo(t, router, transport)
		for _, name := range []string{"A", strings.Repeat("n", 255), "with\x00zero"} {
			dealer := newTestSocket(t, c, Dealer, Identity(name))
			if got, err := Identity.Get(dealer); got != name || err != nil {
				t.Errorf("the identity is %q, %v", got, err)
			}
			connectTo(t, dealer, endpoint)
			sendText(t, dealer, "hello")
			expectText(t, router, name, "hello")
			sendText(t, router, name, "and back")
			expectText(t, dealer, "and back")
		}
		sendText(t, router, "nobody", "dropped")
		nameless := newTestSocket(t, c, Req)
		connectTo(t, nameless, endpoint)
		sendText(t, nameless, "x")
		got := recvText(t, router)
		if len(got) != 3 || len(got[0]) != 5 || got[0][0] != 0 || got[1] != "" || got[2] != "x" {
			t.Errorf("a nameless request is %q", got)
		}
		sendText(t, router, got[0], "", "y")
		expectText(t, nameless, "y")
	})
}

// TestOptionIdentityLate: setting it after Connect is accepted, and has no effect on what is connected.
func TestOptionIdentityLate(t *testing.T) {
	router, dealer := newPair(t, Router, Dealer, "tcp")
	set(t, dealer, Identity("late"))
	sendText(t, dealer, "x")
	if got := recvText(t, router); got[0] == "late" {
		t.Error("the identity of a connection changed after it was made")
	}
}

// TestOptionSubscribeCounts: two equal filters need two Unsubscribe, on the wire too.
func TestOptionSubscribeCounts(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pub, sub := newPair(t, Pub, Sub, transport)
		set(t, sub, Subscribe("a"), Subscribe("a"), Subscribe("ab"), Subscribe("sync"))
		awaitSubscription(t, pub, sub, "sync")
		said := func(topics ...string) (got []string) {
			for _, topic := range topics {
				sendText(t, pub, topic)
			}
			sendText(t, pub, "sync")
			for {
				if m := recvText(t, sub); m[0] != "sync" {
					got = append(got, m[0])
				} else {
					return got
				}
			}
		}
		check := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, said("a", "abc", "b", "")); diff != "" {
				t.Errorf("received (-want +got):\n%s", diff)
			}
		}
		check("a", "abc")
		set(t, sub, Unsubscribe("a"))
		check("a", "abc")
		set(t, sub, Unsubscribe("a"), Unsubscribe("a"))
		check("abc")
		set(t, sub, Unsubscribe("ab"))
		check()
	})
}

// TestOptionMaxTopic moves the bound on filters.
func TestOptionMaxTopic(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Sub)
	long := strings.Repeat("x", 2000)
	wantError(t, s.Set(Subscribe(long)), []error{EINVAL}, "2000 bytes", "1024")
	set(t, s, MaxTopic(2000), Subscribe(long), Unsubscribe(long))
	set(t, s, MaxTopic(3))
	wantError(t, s.Set(Subscribe("four")), []error{EINVAL}, "4 bytes", "MaxTopic (3)")
	set(t, s, MaxTopic(0), Subscribe(""), Unsubscribe(""))
}

// TestOptionHWMUnlimited: 0 is no limit.
func TestOptionHWMUnlimited(t *testing.T) {
	push := newTestSocket(t, newTestContext(t), Push, SendHWM(0))
	connectTo(t, push, freeEndpoint(t, "ipc"))
	for i := range 5000 {
		if _, err := push.Send(nil, DontWait); err != nil {
			t.Fatalf("after %d: %v", i, err)
		}
	}
}

// TestOptionHWMDrops: a publisher drops for a subscriber that is behind, and does not wait.
func TestOptionHWMDrops(t *testing.T) {
	c := newTestContext(t)
	pub, sub := newTestSocket(t, c, Pub, SendHWM(5)), newTestSocket(t, c, Sub, RecvHWM(5), Subscribe(""))
	connectTo(t, sub, bindTo(t, pub, "inproc"))
	awaitSubscription(t, pub, sub, "")
	for i := range 100 {
		sendText(t, pub, fmt.Sprint(i))
	}
	for i := 0; ; i++ {
		buf := make([]byte, 10)
		n, err := sub.Recv(buf, DontWait)
		if errors.Is(err, ErrWouldBlock) {
			if i < 1 || i > 10 {
				t.Errorf("%d messages were kept, want at most 5 and 5", i)
			}
			break
		}
		if err != nil || string(buf[:n]) != fmt.Sprint(i) {
			t.Fatalf("message %d is %q, %v", i, buf[:n], err)
		}
	}
}

// TestOptionAffinity picks a thread that exists.
func TestOptionAffinity(t *testing.T) {
	c := newTestContext(t, IOThreads(3))
	for mask, good := range map[uint64]bool{0: true, 1: true, 4: true, 7: true, 8: false, 12: true, 1 << 63: false, math.MaxUint64: true} {
		s := newTestSocket(t, c, Pull)
		err := s.Set(Affinity(mask))
		if good != (err == nil) {
			t.Errorf("Affinity(%#x) with 3 threads: %v", mask, err)
		}
		if got, err := Affinity.Get(s); good && (got != mask || err != nil) {
			t.Errorf("Affinity is %#x (%v), want %#x", got, err, mask)
		}
		bindTo(t, s, "tcp")
	}
	set(t, newTestSocket(t, newTestContext(t, IOThreads(0)), Pull), Affinity(1)) // Bind will say why it cannot
	set(t, newTestSocket(t, newTestContext(t, IOThreads(100)), Pull), Affinity(1<<63))
}

// TestOptionSetStopsAtFailure: what came before it stays set, what comes after it is not.
func TestOptionSetStopsAtFailure(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Pull)
	wantError(t, s.Set(RecvHWM(1), RecvHWM(-1), RecvHWM(2)), []error{EINVAL}, "RecvHWM")
	if v, err := RecvHWM.Get(s); v != 1 || err != nil {
		t.Errorf("RecvHWM is %d, %v", v, err)
	}
	set(t, s)
}

// TestOptionReconnect: a peer that comes back is found again, and what was queued for it arrives.
func TestOptionReconnect(t *testing.T) {
	for _, transport := range []string{"ipc", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			c := newTestContext(t)
			push := newTestSocket(t, c, Push, ReconnectInterval(time.Millisecond), ReconnectIntervalMax(4*time.Millisecond))
			first := newTestContext(t)
			pull := newTestSocket(t, first, Pull)
			endpoint := bindTo(t, pull, transport)
			connectTo(t, push, endpoint)
			sendText(t, push, "1")
			expectText(t, pull, "1")
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			pull = newTestSocket(t, c, Pull)
			eventually(t, "the endpoint is free again", func() bool { return pull.Bind(endpoint) == nil })
			// What goes into the old connection before its end is noticed is lost.
			for n := 0; ; n++ {
				sendText(t, push, "2")
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
				msg, err := pull.RecvParts(ctx)
				cancel()
				if err == nil {
					if string(msg[0]) != "2" {
						t.Errorf("received %q", msg)
					}
					return
				}
				if n > 2000 {
					t.Fatal("the connection did not come back")
				}
			}
		})
	}
}

// TestOptionRawTimeouts: timeouts that C code sets inside Raw are obeyed afterwards.
func TestOptionRawTimeouts(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	setTimeouts := func(recv, send int32) {
		t.Helper()
		err := s.Raw(func(p unsafe.Pointer) error {
			h := handleOf[sockHandle](p)
			if errno := cSetInt(h, optRecvTimeout, recv); errno != 0 {
				return errno
			}
			if errno := cSetInt(h, optSendTimeout, send); errno != 0 {
				return errno
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	setTimeouts(0, 0)
	within(t, "calls whose timeout C code has set to zero", func() {
		_, err := s.Recv(nil, 0)
		wantError(t, err, isWouldBlock)
		_, err = s.Send(nil, 0)
		wantError(t, err, isWouldBlock)
	})
	setTimeouts(3600_000, -1)
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if s.st.recvTimeout != time.Hour || s.st.sendTimeout != Infinite {
		t.Errorf("the timeouts are %v and %v", s.st.recvTimeout, s.st.sendTimeout)
	}
}
