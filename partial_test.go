package zmq

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestShutdownAmidMessage lets C code shut the context down while a message of many parts is being sent: what was
// begun is lost, and nothing that the program holds refers to what libzmq has or has freed.
func TestShutdownAmidMessage(t *testing.T) {
	if !apiVersion().AtLeast(Version{4, 0, 0}) {
		t.Skip("C code cannot shut a context down without zmq_ctx_shutdown")
	}
	for _, call := range []string{"SendBatch", "SendMsgs", "SendParts"} {
		t.Run(call, func(t *testing.T) {
			t.Log(runChild(t, 4*patience, amidChild, call))
		})
	}
}

// amidParts are so many that sending them takes milliseconds, of which the shutdown has to meet one.
const amidParts = 20_000

var amidChild = child("amid", func(args []string) {
	hit, after, step, wasLate := 0, 2*time.Millisecond, 0.5, false
	for round := 0; round < 1000 && hit < 1; round++ {
		amid, late := shutDownAmid(args[0], after)
		if amid {
			hit++
		}
		if late != wasLate {
			step = max(step/2, 1./32) // it is somewhere between
		}
		if wasLate = late; late {
			after -= time.Duration(float64(after) * step)
		} else {
			after += time.Duration(float64(after)*step) + time.Microsecond
		}
	}
	fmt.Printf("%s: %d contexts were shut down amid the message\n", args[0], hit)
	if hit == 0 {
		panic("no context was shut down amid the message")
	}
})

// shutDownAmid sends a message of one part, one of many, and one of one part, and shuts the context down after a
// while. It reports whether that was amid the second message, or when all was sent.
func shutDownAmid(call string, after time.Duration) (amid, late bool) {
	c := mustGet(NewContext())
	pull, push := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push, Linger(0)))
	must(pull.Bind("inproc://amid"))
	must(push.Connect("inproc://amid"))
	many := make([][]byte, amidParts)
	for i := range many {
		many[i] = []byte(fmt.Sprintf("part %d", i))
	}
	begin, ended := make(chan struct{}), make(chan struct{})
	var shut atomic.Bool
	go func() {
		defer close(ended)
		<-begin
		time.Sleep(after)
		shut.Store(true)
		cCtxShutdown(c.z.h)
	}()
	amid = map[string]func(*Socket, chan struct{}, [][]byte) bool{
		"SendBatch": batchAmid, "SendMsgs": msgsAmid, "SendParts": partsAmid,
	}[call](push, begin, many)
	late = !shut.Load()
	<-ended
	runtime.KeepAlive(pull) // the garbage collector would close it, and the message would wait for a peer
	must(c.Close())
	return amid, late
}

func batchAmid(push *Socket, begin chan struct{}, many [][]byte) bool {
	b := mustGet(NewBatch(len(many) + 2))
	defer b.Close()
	must(b.Add([]byte("first")))
	must(b.Add(many...))
	must(b.Add([]byte("last")))
	close(begin)
	sent, err := push.SendBatch(context.Background(), b)
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
	return err != nil && sent == 2 && push.Stats().Sent.Parts == amidParts+1
}

func msgsAmid(push *Socket, begin chan struct{}, many [][]byte) bool {
	msgs := make([]*Message, len(many))
	for i, p := range many {
		msgs[i] = mustGet(CopyMessage(p))
	}
	close(begin)
	err := push.SendMsgs(context.Background(), msgs...)
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

func partsAmid(push *Socket, begin chan struct{}, many [][]byte) bool {
	close(begin)
	err := push.SendParts(context.Background(), many...)
	if err != nil && !errors.Is(err, ErrTerminated) {
		panic(err)
	}
	return err != nil && push.Stats().Sent.Messages == 1
}
