package zmq

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestPartialShutdown lets C code shut the context down while a message of many parts is being sent: what was
// begun is lost, and nothing that the program holds refers to what libzmq has or has freed.
func TestPartialShutdown(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 0, 0}) {
		t.Skip("C code cannot shut a context down without zmq_ctx_shutdown")
	}
	notEmulated(t, "libzmq looks for commands by the processor's counter, so its moment takes minutes to find")
	for _, call := range []string{"SendBatch", "SendMsgs", "SendParts"} {
		t.Run(call, func(t *testing.T) {
			t.Log(runChild(t, 4*patience, amidChild, call))
		})
	}
}

// amidParts is how many parts the message has at first. It gets longer until the engine looks for commands in the middle of the
// message: it does so once in three million ticks of the processor's counter, and fast processors send all in less.
const amidParts = 50_000

var amidChild = child("amid", func(args []string) {
	hit := 0
	for n := amidParts; n <= 32*amidParts && hit == 0; n *= 2 {
		many := make([][]byte, n)
		for i := range many {
			many[i] = []byte(fmt.Sprintf("part %d", i))
		}
		_, took := shutDownAmid(args[0], many, time.Hour)
		for round := 0; round < 40 && hit == 0; round++ {
			// Another moment of the send each time: 0.5, 0.25, 0.75, 0.125, ... of it.
			if amid, _ := shutDownAmid(args[0], many, time.Duration(float64(took)*vanDerCorput(round+1))); amid {
				hit = n
			}
		}
	}
	if hit == 0 {
		panic("no context was shut down in the middle of the message")
	}
	fmt.Printf("%s: a context was shut down in the middle of a message of %d parts\n", args[0], hit)
})

// vanDerCorput is the n-th number of a sequence that fills the space between 0 and 1 evenly.
func vanDerCorput(n int) float64 {
	return float64(bits.Reverse32(uint32(n))) / (1 << 32)
}

// shutDownAmid sends a message of one part, one of many, and one of one part, and shuts the context down after a
// while, at the latest when all was sent. It reports whether that was in the middle of the second message, and how long sending took.
func shutDownAmid(call string, many [][]byte, after time.Duration) (amid bool, took time.Duration) {
	c := mustGet(NewContext())
	pull, push := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push, Linger(0)))
	must(pull.Bind("inproc://amid"))
	must(push.Connect("inproc://amid"))
	begin, ended := make(chan struct{}), make(chan struct{})
	var start, end time.Time
	var sent atomic.Bool
	go func() {
		defer close(ended)
		<-begin
		start = time.Now()
		for !sent.Load() && time.Since(start) < after {
			runtime.Gosched() // a timer may be coarser than the whole send
		}
		cCtxShutdown(c.st.h)
	}()
	amid = map[string]func(*Socket, func(func()), [][]byte) bool{
		"SendBatch": batchAmid, "SendMsgs": msgsAmid, "SendParts": partsAmid,
	}[call](push, func(send func()) {
		close(begin)
		send()
		end = time.Now()
		sent.Store(true)
		<-ended
	}, many)
	runtime.KeepAlive(pull) // the garbage collector would close it, and the message would wait for a peer
	must(c.Close())
	return amid, end.Sub(start)
}

func batchAmid(push *Socket, run func(func()), many [][]byte) bool {
	b := mustGet(NewBatch(len(many) + 2))
	defer b.Close()
	must(b.Add([]byte("first")))
	must(b.Add(many...))
	must(b.Add([]byte("last")))
	var sent int
	var err error
	run(func() { sent, err = push.SendBatch(context.Background(), b) })
	if err != nil && !errors.Is(err, ErrTerminated) {
		panic(err)
	}
	left := 0
	for i, parts := range b.All() {
		want := "last"
		if len(parts) > 1 {
			want = "part 0"
		} else if left == 0 && sent == 0 {
			want = "first"
		}
		if string(parts[0]) != want {
			panic(fmt.Sprintf("after %d messages were sent message %d of the rest begins with %q", sent, i, parts[0]))
		}
		for j, p := range parts {
			if len(parts) > 1 && string(p) != fmt.Sprintf("part %d", j) {
				panic(fmt.Sprintf("part %d is %q", j, p))
			}
		}
		left++
	}
	if sent+left != 3 || b.Len() != left {
		panic(fmt.Sprintf("%d were sent, and %d of 3 are left, or %d", sent, left, b.Len()))
	}
	// What was sent whole is told from what was lost by the number of parts.
	return err != nil && sent == 2 && push.Stats().Sent.Parts == uint64(len(many))+1
}

func msgsAmid(push *Socket, run func(func()), many [][]byte) bool {
	msgs := make([]*Message, len(many))
	for i, p := range many {
		msgs[i] = mustGet(CopyMessage(p))
		must(msgs[i].toC()) // or most of the time would go by before the first is sent
	}
	var err error
	run(func() { err = push.SendMsgs(context.Background(), msgs...) })
	if err != nil && !errors.Is(err, ErrTerminated) {
		panic(err)
	}
	again := msgs[0].Len() > 0
	for i, m := range msgs {
		switch {
		case again && m.String() != string(many[i]):
			panic(fmt.Sprintf("a message that was not sent is %q", m.String()))
		case !again && m.Len() != 0:
			panic(fmt.Sprintf("message %d of one that was begun is %q", i, m.String()))
		}
		if _, copyErr := m.Copy(); !again && !errors.Is(copyErr, ErrMessageSent) {
			panic(fmt.Sprintf("message %d of one that was begun can be copied: %v", i, copyErr))
		}
		must(m.Close())
	}
	if err == nil && again {
		panic("messages that were sent are still there")
	}
	return err != nil && !again
}

func partsAmid(push *Socket, run func(func()), many [][]byte) bool {
	var err error
	run(func() { err = push.SendParts(context.Background(), many...) })
	if err != nil && !errors.Is(err, ErrTerminated) {
		panic(err)
	}
	return err != nil && push.Stats().Sent.Messages == 1
}
