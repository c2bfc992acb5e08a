//go:build pebbe

package main

import (
	"fmt"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	scenarios["monitor"] = monitor
	scenarios["monitor calls"] = monitorCalls
	scenarios["monitor of a client"] = monitorClient
	scenarios["events by hand"] = eventsByHand
	scenarios["monitor without reader"] = monitorAlone
}

// event shows an event. Descriptors and ports differ from run to run.
func event(s *zmq.Socket, flags zmq.Flag) zmq.Event {
	e, addr, value, err := s.RecvEvent(flags)
	if i := strings.LastIndex(addr, ":"); i > 0 {
		addr = addr[:i]
	}
	show("RecvEvent", e, addr, value > 0, err)
	return e
}

func monitor() {
	ctx := context()
	s := socket(ctx, zmq.REP)
	show("Monitor", s.Monitor("inproc://monitor", zmq.EVENT_ALL))
	m := socket(ctx, zmq.PAIR)
	check(m.Connect("inproc://monitor"))
	check(s.Bind("tcp://127.0.0.1:*"))
	event(m, 0)
	end, err := s.GetLastEndpoint()
	check(err)
	c := socket(ctx, zmq.REQ)
	check(c.Connect(end))
	event(m, 0)
	event(m, 0)
	check1(c.Send("x", 0))
	check1(s.Recv(0))
	check(c.Close())
	event(m, 0)
	check(s.Close())
	for event(m, 0) != zmq.EVENT_MONITOR_STOPPED {
	}
	check(m.SetRcvtimeo(50 * time.Millisecond))
	event(m, 0)
	check(m.Close())
	show("Term", ctx.Term())
}

func monitorCalls() {
	ctx := context()
	s := socket(ctx, zmq.PULL)
	taken := socket(ctx, zmq.PAIR)
	check(taken.Bind("inproc://taken"))
	for _, addr := range []string{"x", "tcp://127.0.0.1:*", "ipc://x", "foo://x", "inproc://taken", ""} {
		show("Monitor "+addr, s.Monitor(addr, zmq.EVENT_ALL))
	}
	// Where nobody is connected to a monitor the other package's never ends.
	connected := func(name string) *zmq.Socket {
		m := socket(ctx, zmq.PAIR)
		check(m.Connect("inproc://" + name))
		return m
	}
	show("Monitor", s.Monitor("inproc://a", zmq.EVENT_LISTENING|zmq.EVENT_MONITOR_STOPPED))
	old := connected("a")
	show("Monitor again", s.Monitor("inproc://b", zmq.EVENT_ALL))
	event(old, 0)
	check(old.Close())
	old = connected("b")
	show("Monitor of no events", s.Monitor("inproc://c", 0))
	check(old.Close())
	old = connected("c")
	check(s.Bind("inproc://nothing"))
	check(old.SetRcvtimeo(50 * time.Millisecond))
	event(old, 0)
	show("Monitor", s.Monitor("inproc://d", zmq.EVENT_LISTENING))
	event(old, 0)
	check(old.Close())
	m := connected("d")
	check(s.Bind("tcp://127.0.0.1:*"))
	event(m, 0)
	show("Monitor ended", s.Monitor("", 0))
	check(m.SetRcvtimeo(50 * time.Millisecond))
	event(m, 0)
	check(m.Close())
	show("Monitor", s.Monitor("inproc://e", zmq.EVENT_ALL))
	m = connected("e")
	show("Monitor ended", s.Monitor("", zmq.EVENT_ALL))
	event(m, 0)
	show("Monitor ended again", s.Monitor("", zmq.EVENT_ALL))
	check(m.Close())
	check(s.Close())
	check(taken.Close())
	show("Term", ctx.Term())
}

func monitorClient() {
	ctx := context()
	s := socket(ctx, zmq.DEALER)
	check(s.Monitor("inproc://monitor", zmq.EVENT_ALL))
	m := socket(ctx, zmq.PAIR)
	check(m.Connect("inproc://monitor"))
	server := socket(ctx, zmq.ROUTER)
	check(server.Bind("tcp://127.0.0.1:*"))
	end, err := server.GetLastEndpoint()
	check(err)
	check(s.SetReconnectIvl(10 * time.Millisecond))
	check(s.Connect(end))
	event(m, 0)
	event(m, 0)
	event(m, 0)
	check(server.Close())
	event(m, 0)
	event(m, 0)
	check(s.Close())
	seen := map[zmq.Event]bool{}
	for e := zmq.Event(0); e != zmq.EVENT_MONITOR_STOPPED; {
		e, _, _, err = m.RecvEvent(0)
		check(err)
		seen[e] = true
	}
	show("stopped", seen[zmq.EVENT_MONITOR_STOPPED])
	check(m.Close())
	show("Term", ctx.Term())
}

func eventsByHand() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "x")
	try := func(parts ...interface{}) {
		check1(a.SendMessage(parts...))
		e, addr, v, err := b.RecvEvent(0)
		show(fmt.Sprintf("RecvEvent of %q", parts), e, addr, v, err)
	}
	try([]byte{1, 0, 5, 0, 0, 0}, "tcp://x:1")
	try([]byte{0, 2, 0xff, 0xff, 0xff, 0xff}, "")
	try([]byte{0x00, 0x04, 0, 0, 1, 0}, "end")
	try([]byte{1, 0, 5, 0, 0, 0})
	check(a.Close())
	check(b.Close())
	show("Term", ctx.Term())
}

// monitorAlone has a monitor that nobody reads.
func monitorAlone() {
	ctx := context()
	s := socket(ctx, zmq.PULL)
	check(s.Monitor("inproc://monitor", zmq.EVENT_ALL))
	m := socket(ctx, zmq.PAIR)
	check(m.Connect("inproc://monitor"))
	for i := 0; i < 20; i++ {
		check(s.Bind("tcp://127.0.0.1:*"))
		end, err := s.GetLastEndpoint()
		check(err)
		check(s.Unbind(end))
	}
	check(s.Close())
	count := map[zmq.Event]int{}
	for e := zmq.Event(0); e != zmq.EVENT_MONITOR_STOPPED; {
		var err error
		e, _, _, err = m.RecvEvent(0)
		check(err)
		count[e]++
	}
	show("listening", count[zmq.EVENT_LISTENING])
	show("closed", count[zmq.EVENT_CLOSED])
	check(m.Close())
	show("Term", ctx.Term())
}
