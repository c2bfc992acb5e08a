package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// TestPartialNoMemory: a message of more parts than there is memory for is an error, and lost as a whole: the next
// message is the next one.
func TestPartialNoMemory(t *testing.T) {
	notEmulated(t, "its limits of memory are the emulator's")
	runChild(t, 2*patience, noMemoryChild)
}

var noMemoryChild = child("nomemory", func([]string) {
	const parts = 1 << 18
	c := mustGet(NewContext())
	pull, push := mustGet(c.NewSocket(Pull, RecvTimeout(patience))), mustGet(c.NewSocket(Push, SendTimeout(patience)))
	must(pull.Bind("inproc://x"))
	must(push.Connect("inproc://x"))
	message := make([][]byte, parts)
	ctx := context.Background()
	for range 2 { // the first one for RecvParts, the second one for RecvBatch, behind one that fits
		must(push.SendParts(ctx, []byte("before")))
		must(push.SendParts(ctx, message...))
		must(push.SendParts(ctx, []byte("after")))
	}
	expect := func(want string) {
		if got := mustGet(pull.RecvParts(ctx)); len(got) != 1 || string(got[0]) != want {
			panic(fmt.Sprintf("%d parts, the first is %q, want %q", len(got), got[0], want))
		}
	}
	b := mustGet(NewBatch(8))
	defer b.Close()
	expect("before")
	free := scarceMemory(4 << 20)
	got, err := pull.RecvParts(ctx)
	free()
	if !errors.Is(err, ENOMEM) {
		panic(fmt.Sprintf("%d parts, %v", len(got), err))
	}
	expect("after")
	free = scarceMemory(4 << 20)
	n, err := pull.RecvBatch(ctx, b)
	free()
	if n != 1 || !errors.Is(err, ENOMEM) || string(b.Message(0)[0]) != "before" {
		panic(fmt.Sprintf("%d messages, %v", n, err))
	}
	expect("after")
	must(pull.Close())
	must(push.Close())
	must(c.Close())
})

// scarceMemory leaves the process so many bytes of address space, until it is called off.
func scarceMemory(spare uint64) func() {
	var old syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_AS, &old))
	var pages uint64
	stat := mustGet(os.ReadFile("/proc/self/statm"))
	mustGet(fmt.Fscan(bytes.NewReader(stat), &pages))
	must(syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: pages*uint64(os.Getpagesize()) + spare, Max: old.Max}))
	return func() { must(syscall.Setrlimit(syscall.RLIMIT_AS, &old)) }
}
