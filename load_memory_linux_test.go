package zmq

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"
)

var memoryTurns = flag.Int("memory", 0, "operations of each call in TestMemory, instead of a few thousand")

// memoryMost is how much resident memory may grow over the operations: what allocators keep for themselves.
const memoryMost = 12 << 20

// TestMemory does each call many times, each in a process of its own, and wants resident memory to stay as it is.
func TestMemory(t *testing.T) {
	notEmulated(t, "its resident memory is the emulator's, which keeps what it translates")
	if raced {
		t.Skip("the race detector has memory of its own")
	}
	names := make([]string, 0, len(memoryCalls))
	for name := range memoryCalls {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			turns := memoryCalls[name].turns
			if *memoryTurns > 0 {
				turns = max(2, int(float64(turns)/memoryUsual*float64(*memoryTurns)))
			}
			limit := 3*patience + time.Duration(turns)*time.Duration(500*memoryUsual/memoryCalls[name].turns)*time.Microsecond
			if *memoryTurns > 0 {
				limit *= 20 // it is run beside other work, at the lowest priority
			}
			t.Log(runChild(t, limit, memoryChild, strconv.Itoa(turns), name))
		})
	}
}

// memoryUsual is how often a call that costs little is done.
const memoryUsual = 4000

var memoryChild = child("memory", func(args []string) {
	turns := mustGet(strconv.Atoi(args[0]))
	name := string(bytes.Join(toBytes(args[1:]), []byte(" ")))
	w := newMemoryWorld()
	turn := memoryCalls[name].call(w)
	run := func(n int) int64 {
		for i := range n {
			turn(i)
		}
		// What was forgotten goes some time after the collector has found out.
		for range 3 {
			runtime.GC()
			time.Sleep(5 * time.Millisecond)
		}
		debug.FreeOSMemory()
		return residentMemory()
	}
	before := run(max(turns/4, 1))
	after := run(turns)
	fmt.Printf("%d times: %+d kB, of %d kB", turns, (after-before)>>10, before>>10)
	if after-before > memoryMost {
		panic(fmt.Sprintf("%s, %d times: resident memory grew from %d kB to %d kB", name, turns, before>>10, after>>10))
	}
	w.close()
})

func toBytes(texts []string) (all [][]byte) {
	for _, s := range texts {
		all = append(all, []byte(s))
	}
	return all
}

func residentMemory() int64 {
	var size, resident int64
	mustGet(fmt.Fscan(bytes.NewReader(mustGet(os.ReadFile("/proc/self/statm"))), &size, &resident))
	return resident * int64(os.Getpagesize())
}

// memoryWorld is what the calls need.
type memoryWorld struct {
	c          *Context
	pull, push *Socket
	ctx        context.Context
	opened     []*Socket
}

func newMemoryWorld() *memoryWorld {
	w := &memoryWorld{c: mustGet(NewContext()), ctx: context.Background()}
	w.pull, w.push = w.pair(Pull, Push)
	return w
}

func (w *memoryWorld) pair(bound, connected SocketType) (*Socket, *Socket) {
	a, b := mustGet(w.c.NewSocket(bound, Linger(0))), mustGet(w.c.NewSocket(connected, Linger(0)))
	endpoint := fmt.Sprintf("inproc://memory-%d", len(w.opened))
	must(a.Bind(endpoint))
	must(b.Connect(endpoint))
	w.opened = append(w.opened, a, b)
	return a, b
}

func (w *memoryWorld) close() {
	for _, s := range w.opened {
		must(s.Close())
	}
	must(w.c.Close())
}

// manyParts are n parts of eight bytes.
func manyParts(n int) [][]byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = []byte("12345678")
	}
	return parts
}

// memoryCall is one kind of call: what is done once for all, and in each turn.
type memoryCall struct {
	turns int
	call  func(*memoryWorld) func(i int)
}

var memoryCalls = map[string]memoryCall{
	"Send and Recv": {memoryUsual, func(w *memoryWorld) func(int) {
		buf := make([]byte, 1000)
		return func(int) {
			mustGet(w.push.Send(buf, 0))
			mustGet(w.pull.Recv(buf, 0))
		}
	}},
	"SendMsg and RecvMsg": {memoryUsual, func(w *memoryWorld) func(int) {
		buf := make([]byte, 10_000)
		return func(int) {
			out := mustGet(CopyMessage(buf))
			must(w.push.SendMsg(out, 0))
			var in Message
			must(w.pull.RecvMsg(&in, 0))
			must(in.Close())
		}
	}},
	"Messages, forgotten": {memoryUsual, func(w *memoryWorld) func(int) {
		buf := make([]byte, 10_000)
		return func(i int) {
			mustGet(CopyMessage(buf))
			mustGet(PinMessage(buf, nil))
			mustGet(mustGet(CopyMessage(buf)).Copy())
			collectNow(i)
		}
	}},
	"PinMessage": {memoryUsual, func(w *memoryWorld) func(int) {
		return func(int) {
			m := mustGet(PinMessage(make([]byte, 10_000), func() {}))
			must(w.push.SendMsg(m, 0))
			mustGet(w.pull.Recv(nil, 0))
		}
	}},
	"parts 1":      {memoryUsual, partsCall(1)},
	"parts 2":      {memoryUsual, partsCall(2)},
	"parts 300":    {memoryUsual / 4, partsCall(300)},
	"parts 100000": {memoryUsual / 400, partsCall(100_000)},
	"SendMsgs and RecvMsgs of 300 parts": {memoryUsual / 20, func(w *memoryWorld) func(int) {
		return func(int) {
			var out []*Message
			for _, p := range manyParts(300) {
				out = append(out, mustGet(CopyMessage(p)))
			}
			must(w.push.SendMsgs(w.ctx, out...))
			for _, m := range mustGet(w.pull.RecvMsgs(w.ctx)) {
				must(m.Close())
			}
		}
	}},
	"batches": {memoryUsual / 10, func(w *memoryWorld) func(int) {
		out, in := mustGet(NewBatch(100)), mustGet(NewBatch(100))
		large := make([]byte, 10_000)
		return func(int) {
			for range 40 {
				must(out.Add(large, []byte("x")))
			}
			mustGet(w.push.SendBatch(w.ctx, out))
			for got := 0; got < 40; {
				got += mustGet(w.pull.RecvBatch(w.ctx, in))
			}
		}
	}},
	"batches, forgotten": {memoryUsual / 4, func(w *memoryWorld) func(int) {
		return func(i int) {
			must(mustGet(NewBatch(100)).Add(make([]byte, 10_000)))
			collectNow(i)
		}
	}},
	"Request": {memoryUsual / 2, func(w *memoryWorld) func(int) {
		service, client := w.pair(Rep, Dealer)
		go func() {
			for {
				parts, err := service.RecvParts(w.ctx)
				if err != nil {
					return
				}
				service.SendParts(w.ctx, parts...)
			}
		}()
		return func(int) {
			mustGet(client.Request(w.ctx, []byte("x"), []byte("y")))
			given, cancel := context.WithCancel(w.ctx)
			cancel()
			if _, err := client.Request(given, []byte("x")); !errors.Is(err, context.Canceled) {
				panic(err)
			}
		}
	}},
	"Poll": {memoryUsual / 4, func(w *memoryWorld) func(int) {
		items := []PollItem{{Socket: w.pull, Events: PollIn}, {Socket: w.push, Events: PollOut}}
		idle := items[:1]
		return func(int) {
			mustGet(Poll(items, Infinite))
			mustGet(Poll(idle, 50*time.Microsecond))
		}
	}},
	"Poller": {memoryUsual, func(w *memoryWorld) func(int) {
		p := mustGet(NewPoller())
		must(p.Add(w.push, PollOut))
		return func(int) {
			must(p.Add(w.pull, PollIn))
			mustGet(p.Wait(w.ctx))
			must(p.Remove(w.pull))
		}
	}},
	"pollers, forgotten": {memoryUsual / 4, func(w *memoryWorld) func(int) {
		return func(i int) {
			p := mustGet(NewPoller())
			must(p.Add(w.pull, PollIn))
			brief, cancel := context.WithTimeout(w.ctx, 20*time.Microsecond)
			p.Wait(brief)
			cancel()
			collectNow(i)
		}
	}},
	"Monitor": {memoryUsual / 20, func(w *memoryWorld) func(int) {
		if !engineFrom(4, 0, 0) || atFloor() {
			return func(int) {}
		}
		return func(i int) {
			m := mustGet(w.pull.Monitor(EventAll))
			if i%2 == 0 {
				must(m.Close())
			}
			collectNow(i)
		}
	}},
	"NewSocket": {memoryUsual / 4, func(w *memoryWorld) func(int) {
		types := []SocketType{Pub, Sub, Dealer, Router, Pull, Push, Rep, Req}
		return func(i int) {
			s := mustGet(w.c.NewSocket(types[i%len(types)], Linger(0)))
			must(s.Bind(fmt.Sprintf("inproc://comes-and-goes-%d", i)))
			other := mustGet(w.c.NewSocket(Pair, Linger(0)))
			must(other.Close())
			must(s.Close())
		}
	}},
	"sockets, forgotten": {memoryUsual / 20, func(w *memoryWorld) func(int) {
		return func(i int) {
			for range 2 {
				mustGet(w.c.NewSocket(Dealer, Linger(0)))
			}
			collectNow(16 * i)
		}
	}},
	"NewContext": {memoryUsual / 20, func(w *memoryWorld) func(int) {
		return func(i int) {
			c := mustGet(NewContext())
			mustGet(c.NewSocket(Pull))
			must(c.Close())
		}
	}},
	"subscriptions": {memoryUsual, func(w *memoryWorld) func(int) {
		pub, sub := w.pair(XPub, Sub)
		must(sub.Set(Subscribe("news")))
		must(pub.WaitSubscriber(w.ctx, "news"))
		return func(i int) {
			topic := fmt.Sprintf("a topic that comes and goes, %d", i%1000)
			must(sub.Set(Subscribe(topic)))
			must(sub.Set(Unsubscribe(topic)))
			must(pub.SendParts(w.ctx, []byte("weather")))
		}
	}},
}

// partsCall sends a message of n parts in both ways and receives it in both ways.
func partsCall(n int) func(w *memoryWorld) func(int) {
	return func(w *memoryWorld) func(int) {
		out := manyParts(n)
		var in [][]byte
		return func(i int) {
			must(w.push.SendParts(w.ctx, out...))
			var err error
			if i%2 == 0 {
				in, err = w.pull.AppendParts(w.ctx, in[:0])
			} else {
				_, err = w.pull.RecvParts(w.ctx)
			}
			must(err)
		}
	}
}

// collectNow runs the collector now and then, for what was forgotten: a program that makes little garbage waits
// longer for that.
func collectNow(i int) {
	if i%64 == 0 {
		runtime.GC()
		runtime.Gosched()
	}
}
