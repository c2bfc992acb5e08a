package zmq

import (
	"context"
	"flag"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWaitSizes keeps what a socket and a waiting goroutine take in the heap within the sizes that Go's allocator gives for it.
func TestWaitSizes(t *testing.T) {
	if reflect.TypeFor[uintptr]().Size() != 8 {
		t.Skip("the sizes are those of 64-bit systems")
	}
	for _, c := range []struct {
		of   reflect.Type
		most uintptr
	}{
		{reflect.TypeFor[Socket](), 48},
		{reflect.TypeFor[socketState](), 704 - 8}, // the allocator has 8 for itself from 512 on
		{reflect.TypeFor[waiter](), 128},
		{reflect.TypeFor[op](), 192},
	} {
		if c.of.Size() > c.most {
			t.Errorf("%v takes %d bytes: up to %d it is of a smaller size of the allocator", c.of, c.of.Size(), c.most)
		}
	}
}

// stackOfWaiters returns how much stack a goroutine takes that begin starts, and that waits for a socket of the type.
func stackOfWaiters(c *Context, typ SocketType, begin func(*Socket)) uint64 {
	const n = 200
	var before, after runtime.MemStats
	socks := make([]*Socket, n)
	for i := range socks {
		socks[i] = mustGet(c.NewSocket(typ, Linger(0)))
	}
	runtime.ReadMemStats(&before)
	for _, s := range socks {
		begin(s)
	}
	refused := func(s *socketState) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.receivers.first != nil && s.receivers.first.refused || s.senders.first != nil && s.senders.first.refused
	}
	for limit := time.Now().Add(patience); ; runtime.Gosched() {
		parked := 0
		for _, s := range socks {
			if refused(s.st) {
				parked++
			}
		}
		if parked == n {
			break
		}
		if time.Now().After(limit) {
			panic(fmt.Sprintf("%d of %d goroutines wait", parked, n))
		}
	}
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(socks)
	return (after.StackInuse - before.StackInuse) / n
}

// waitCalls start goroutines that wait, for a message on a Pull or for a peer on a Push, and do nothing else: what calls them
// takes stack, too.
var waitCalls = map[string]struct {
	typ   SocketType
	begin func(context.Context, *Socket)
}{
	"Recv":      {Pull, func(_ context.Context, s *Socket) { go s.Recv(nil, 0) }},
	"RecvMsg":   {Pull, func(_ context.Context, s *Socket) { go s.RecvMsg(new(Message), 0) }},
	"RecvParts": {Pull, func(ctx context.Context, s *Socket) { go s.RecvParts(ctx) }},
	"Send":      {Push, func(_ context.Context, s *Socket) { go s.Send(nil, 0) }},
}

var waitStackChild = child("wait-stack", func(args []string) {
	debug.SetGCPercent(-1) // a collection changes the size that stacks begin with
	w := waitCalls[args[0]]
	if files := mustGet(strconv.ParseUint(args[1], 10, 64)); files > 0 {
		var limit syscall.Rlimit
		must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
		limit.Cur = files
		must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	}
	c := mustGet(NewContext())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if args[2] == "forever" {
		ctx = context.Background()
	}
	fmt.Print(stackOfWaiters(c, w.typ, func(s *Socket) { w.begin(ctx, s) }))
})

var measureStacks = flag.Bool("stacks", false, "let TestWaitStack measure, on a machine that has nothing else to do")

// TestWaitStack: a goroutine that waits for a socket, with a descriptor of the socket's own or in the shared set, gets by with
// the stack of 2 KiB that it begins with. Where all need more it is 4 KiB, and stays so.
func TestWaitStack(t *testing.T) {
	if raced || runtime.GOARCH != "amd64" || strings.HasPrefix(runtime.Version(), "go1.24") {
		t.Skip("the race detector, other processors and older compilers make larger frames")
	}
	if !*measureStacks {
		t.Skip("on a busy machine goroutines wait for locks as well, which takes more: go test -run TestWaitStack -stacks .")
	}
	for name := range waitCalls {
		for _, files := range []int{0, 300} { // with 300 the sockets get no descriptor of their own to wait with
			if name == "Send" && files == 0 {
				continue // it takes a little more
			}
			for _, until := range []string{"forever", "cancelled"} {
				// Goroutines that have to wait for a lock of the process meanwhile need more: on a busy machine all may.
				took := 0
				for turn := 0; turn < 5 && (turn == 0 || took > 3500); turn++ {
					took = mustGet(strconv.Atoi(runChild(t, patience, waitStackChild, name, files, until)))
				}
				t.Logf("%s, %s, limit of descriptors %d: %d bytes of stack", name, until, files, took)
				if took > 3500 {
					t.Errorf("%s, %s, limit of descriptors %d: a goroutine that waits takes %d bytes of stack", name, until, files, took)
				}
			}
		}
	}
}
