package zmq

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var stormFor = flag.Duration("storm", time.Second, "how long TestStormSignals sends signals")

// stormChild sends messages over every transport, by one part a call, by whole messages and by Poll, while its own
// goroutine showers the process with signals. Any error ends it with a panic.
var stormChild = child("storm", func(args []string) {
	length := mustGet(time.ParseDuration(args[0]))
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGCHLD)
	var signals, caught atomic.Int64
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	go func() {
		for range heard {
			caught.Add(1)
		}
	}()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			// To one thread after the other: what is pending for a thread already is not sent to it again.
			threads := mustGet(os.ReadDir("/proc/self/task"))
			for _, thread := range threads {
				tid := mustGet(strconv.Atoi(thread.Name()))
				for _, sig := range []syscall.Signal{syscall.SIGURG, syscall.SIGCHLD} {
					if syscall.Tgkill(os.Getpid(), tid, sig) == nil { // else it has ended
						signals.Add(1)
					}
				}
			}
			time.Sleep(20 * time.Microsecond)
		}
	}()
	c := mustGet(NewContext())
	done := make(chan int)
	transports := []string{"inproc://storm", "ipc://@zmq-storm-" + strconv.Itoa(os.Getpid()), "tcp://127.0.0.1:*"}
	if atFloor() {
		transports = transports[:1] // the others' endpoints cannot be asked for
	}
	for _, endpoint := range transports {
		pull, push := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push))
		must(pull.Bind(endpoint))
		if !atFloor() {
			endpoint = mustGet(pull.LastEndpoint())
		}
		must(push.Connect(endpoint))
		go func() {
			n := 0
			for ; ctx.Err() == nil; n++ {
				if n%2 == 0 {
					_ = mustGet(push.Send(fmt.Append(nil, n), 0))
				} else {
					must(push.SendParts(context.Background(), fmt.Append(nil, n)))
				}
			}
			must(push.SendParts(context.Background(), nil))
		}()
		go func() {
			defer pull.Close()
			// Not before: an engine whose peer hangs up leaves unread what its high-water mark kept it from reading.
			defer push.Close()
			for n := 0; ; n++ {
				if n%3 == 0 {
					_ = mustGet(Poll([]PollItem{{Socket: pull, Events: PollIn}}, Infinite))
				}
				got := mustGet(pull.RecvParts(context.Background()))[0]
				if len(got) == 0 {
					done <- n
					return
				}
				if string(got) != strconv.Itoa(n) {
					panic(fmt.Sprintf("message %d is %q", n, got))
				}
			}
		}()
	}
	for range transports {
		fmt.Printf("%d messages; ", <-done)
	}
	<-ended
	must(c.Term(context.Background()))
	fmt.Printf("%d signals, %d of them noticed by signal.Notify\n", signals.Load(), caught.Load())
	if caught.Load() == 0 {
		panic("signal.Notify has heard nothing")
	}
})

// TestStormSignals sends thousands of signals a second to a process under traffic: no EINTR reaches the user, and
// nothing is lost or out of order.
func TestStormSignals(t *testing.T) {
	t.Log(runChild(t, *stormFor+patience, stormChild, *stormFor))
}

// monitorStormChild watches sockets from a thread that gets one signal after the other.
var monitorStormChild = child("monitor-storm", func(args []string) {
	rounds := mustGet(strconv.Atoi(args[0]))
	runtime.LockOSThread()
	tid := syscall.Gettid()
	alone := runtime.GOMAXPROCS(0) == 1 // one processor, on which nobody else has a turn for long unless it is given
	var signals atomic.Int64
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience) // of all rounds, an emulator's too
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			must(syscall.Tgkill(os.Getpid(), tid, syscall.SIGURG))
			signals.Add(1)
			if alone {
				runtime.Gosched()
			}
		}
	}()
	c := mustGet(NewContext())
	for range rounds {
		s := mustGet(c.NewSocket(Pull))
		m := mustGet(s.Monitor(EventAll))
		// What a signal interrupts is the look for commands, which an event is worth a millisecond after the last.
		time.Sleep(2 * time.Millisecond)
		must(s.Bind("tcp://127.0.0.1:*"))
		if e := mustGet(m.Next(ctx)); e.Type != EventListening {
			panic(fmt.Sprintf("the first event is %v", e))
		}
		must(m.Close()) // waits for the last event
		must(s.Close())
	}
	cancel()
	must(c.Term(context.Background()))
	fmt.Printf("%d signals\n", signals.Load())
})

// TestStormMonitorSignals: libzmq drops the event, or a part of it, that a signal interrupts, and then the first event
// is missing, or Close waits for the last one without end.
func TestStormMonitorSignals(t *testing.T) {
	needsAPI(t, from40, "it brought monitors")
	t.Log(runChild(t, 4*patience, monitorStormChild, 300))
}
