package zmq

import (
	"math"
	"testing"
	"time"
)

func TestContextOptionNumbers(t *testing.T) {
	macros := headerMacros(t)
	for c, r := range map[string]contextRow{
		"ZMQ_IO_THREADS": IOThreads(0).row, "ZMQ_MAX_SOCKETS": MaxSockets(0).row, "ZMQ_SOCKET_LIMIT": SocketLimit.row,
		"ZMQ_THREAD_SCHED_POLICY": ThreadSchedPolicy(0).row, "ZMQ_MAX_MSGSZ": ContextMaxMsgSize(0).row, "ZMQ_MSG_T_SIZE": MsgTSize.row,
		"ZMQ_THREAD_NAME_PREFIX": ThreadNamePrefix(0).row, "ZMQ_IPV6": ContextIPv6(false).row, "ZMQ_BLOCKY": Blocky(false).row,
	} {
		if macros[c] != r.id {
			t.Errorf("%s has number %d, %s is %d", r.name, r.id, c, macros[c])
		}
	}
	for c, want := range map[string]int{
		"ZMQ_THREAD_PRIORITY": 3, "ZMQ_THREAD_AFFINITY_CPU_ADD": 7, "ZMQ_THREAD_AFFINITY_CPU_REMOVE": 8,
	} {
		if macros[c] != want {
			t.Errorf("%s is %d here, %d in the header", c, want, macros[c])
		}
	}
}

func TestContextOptionDefaults(t *testing.T) {
	c := newTestContext(t)
	ints := []struct {
		o    interface{ Get(*Context) (int, error) }
		row  contextRow
		want int
	}{
		{IOThreads, IOThreads(0).row, 1},
		{ThreadSchedPolicy, ThreadSchedPolicy(0).row, -1},
		{ContextMaxMsgSize, ContextMaxMsgSize(0).row, math.MaxInt32},
		{MsgTSize, MsgTSize.row, msgSize(LibraryVersion())},
		{ThreadNamePrefix, ThreadNamePrefix(0).row, 0},
	}
	for _, i := range ints {
		v, err := i.o.Get(c)
		since := i.row.since
		if apiVersion().AtLeast(since) && i.row.reads.AtLeast(since) {
			since = i.row.reads
		}
		if needs(t, since, err) && (v != i.want || err != nil) {
			t.Errorf("%s is %d, %v unless set, want %d", i.row.name, v, err, i.want)
		}
	}
	for _, b := range []struct {
		o    ContextSetting[bool]
		want bool
	}{{ContextIPv6, false}, {Blocky, true}} {
		v, err := b.o.Get(c)
		if row := b.o(false).row; needs(t, row.since, err) && (v != b.want || err != nil) {
			t.Errorf("%s is %v, %v unless set, want %v", row.name, v, err, b.want)
		}
	}
	limit, err := SocketLimit.Get(c)
	if n, err2 := MaxSockets.Get(c); needs(t, from41, err) && (n != limit-1 || err2 != nil) {
		t.Errorf("MaxSockets is %d, %v unless set; the engine allows %d", n, err2, limit)
	}
}

func TestContextOptionsReadBack(t *testing.T) {
	if !apiVersion().AtLeast(from423) {
		for _, o := range []ContextOption{ThreadPriority(1), Blocky(false), ContextIPv6(true), ThreadAffinityAdd(0)} {
			c, err := NewContext(o)
			var since = from40
			switch o.name {
			case "ThreadPriority":
				since = from41
			case "Blocky":
				since = from42
			case "ThreadAffinityAdd":
				since = from423
			}
			if needs(t, since, err) && o.name == "ThreadPriority" {
				wantError(t, err, isInvalid, "ThreadPriority", "SCHED_FIFO") // the engine would end the process
			} else if apiVersion().AtLeast(since) && err != nil {
				t.Error(err)
			}
			if c != nil {
				c.Close()
			}
		}
		return
	}
	c := newTestContext(t, IOThreads(3), MaxSockets(77), ContextIPv6(true), Blocky(false), ThreadNamePrefix(12), ThreadSchedPolicy(0),
		ThreadAffinityAdd(0), ThreadAffinityAdd(1), ThreadAffinityRemove(1), ContextMaxMsgSize(1<<20))
	for _, i := range []struct {
		o    ContextSetting[int]
		want int
	}{{IOThreads, 3}, {MaxSockets, 77}, {ThreadNamePrefix, 12}, {ThreadSchedPolicy, 0}, {ContextMaxMsgSize, 1 << 20}} {
		if v, err := i.o.Get(c); v != i.want || err != nil {
			t.Errorf("%s is %d, %v, want %d", i.o(0).name, v, err, i.want)
		}
	}
	s := newTestSocket(t, c, Push)
	if v6, err := IPv6.Get(s); !v6 || err != nil {
		t.Errorf("a socket of a context with IPv6 has %v, %v", v6, err)
	}
	bare, err := c.NewSocket(Push)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if linger, err := Linger.Get(bare); linger != 0 || err != nil {
		t.Errorf("a socket of a context that is not Blocky lingers for %v, %v", linger, err)
	}
	if err := c.Set(ContextMaxMsgSize(4096), ContextIPv6(false)); err != nil {
		t.Error(err)
	}
	if v, err := ContextMaxMsgSize.Get(c); v != 4096 || err != nil {
		t.Errorf("MaxMsgSz is %d, %v after Set", v, err)
	}
}

func TestContextOptionErrors(t *testing.T) {
	c := newTestContext(t)
	wantError(t, c.Set(IOThreads(2)), []error{EINVAL}, "IOThreads", "NewContext")
	wantError(t, c.Set(CloseTimeout(time.Second)), []error{EINVAL}, "CloseTimeout", "NewContext")
	_, priority := NewContext(ThreadPriority(-2))
	tooLarge, remove := c.Set(ContextMaxMsgSize(-1)), c.Set(ThreadAffinityRemove(5))
	if needs(t, from41, priority) {
		wantError(t, priority, []error{EINVAL}, "ThreadPriority", "new context")
	}
	if needs(t, from42, tooLarge) {
		wantError(t, tooLarge, []error{EINVAL}, "ContextMaxMsgSize", "out of range")
	}
	if needs(t, from423, remove) {
		wantError(t, remove, []error{EINVAL}, "ThreadAffinityRemove")
	}
	if err := c.Shutdown(); err != nil {
		t.Fatal(err)
	}
	wantError(t, c.Set(ContextMaxMsgSize(1)), []error{ErrTerminated})
	_, err := IOThreads.Get(c)
	wantError(t, err, []error{ErrTerminated}, "IOThreads")
}
