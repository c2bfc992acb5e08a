//go:build pebbe

package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	scenarios["large numbers"] = largeNumbers
	scenarios["nil sockets"] = nilSockets
	scenarios["events"] = events
	scenarios["term with open sockets"] = termOpen
	scenarios["after term"] = afterTerm
	scenarios["printing"] = printing
	scenarios["handlers"] = handlers
	scenarios["several senders"] = severalSenders
}

// largeNumbers are those that are no C int.
func largeNumbers() {
	ctx := context()
	for _, n := range []int{math.MaxInt32, math.MaxInt32 + 1, math.MinInt32} {
		c := context()
		show(fmt.Sprintf("SetIoThreads(%d)", n), c.SetIoThreads(n))
		show(fmt.Sprintf("SetMaxSockets(%d)", n), c.SetMaxSockets(n))
		show(fmt.Sprintf("SetMaxMsgsz(%d)", n), c.SetMaxMsgsz(n))
		show("Get", first(c.GetIoThreads()), first(c.GetMaxSockets()), first(c.GetMaxMsgsz()))
	}
	s := socket(ctx, zmq.DEALER)
	for _, d := range []time.Duration{time.Microsecond, 1500 * time.Microsecond, -time.Millisecond, -2, -time.Hour, 24 * 24 * time.Hour} {
		show(fmt.Sprint("SetLinger ", d), s.SetLinger(d), first(s.GetLinger()))
		show(fmt.Sprint("SetRcvtimeo ", d), s.SetRcvtimeo(d), first(s.GetRcvtimeo()))
		show(fmt.Sprint("SetReconnectIvl ", d), s.SetReconnectIvl(d), first(s.GetReconnectIvl()))
		show(fmt.Sprint("SetHeartbeatIvl ", d), s.SetHeartbeatIvl(d))
		show(fmt.Sprint("SetHandshakeIvl ", d), s.SetHandshakeIvl(d), first(s.GetHandshakeIvl()))
	}
	check(s.SetLinger(0))
	check(s.Close())
	show("Term", ctx.Term())
}

// panicsAs reports whether a call panics, and how.
func panicsAs(call string, f func()) {
	defer func() {
		r := recover()
		_, isRuntime := r.(runtime.Error)
		show(call, r != nil, isRuntime)
	}()
	f()
}

func nilSockets() {
	var s *zmq.Socket
	panicsAs("Send", func() { s.Send("x", 0) })
	panicsAs("SendMessage", func() { s.SendMessage("x") })
	panicsAs("RecvMessage", func() { s.RecvMessage(0) })
	panicsAs("Bind", func() { s.Bind("inproc://x") })
	panicsAs("SetLinger", func() { s.SetLinger(0) })
	panicsAs("Close", func() { s.Close() })
	panicsAs("String", func() { _ = s.String() })
	var ctx *zmq.Context
	panicsAs("NewSocket", func() { ctx.NewSocket(zmq.REQ) })
	var p *zmq.Poller
	panicsAs("Add", func() { p.Add(s, zmq.POLLIN) })
	var r *zmq.Reactor
	panicsAs("AddSocket", func() { r.AddSocket(s, zmq.POLLIN, nil) })
	p = zmq.NewPoller()
	panicsAs("Add", func() { p.Add(nil, zmq.POLLIN) })
	panicsAs("AddSocket of nil", func() { zmq.NewReactor().AddSocket(nil, zmq.POLLIN, nil) })
	show("RemoveBySocket", p.RemoveBySocket(nil))
	show("Poll", first(p.Poll(0)))
}

func events() {
	ctx := context()
	for _, types := range [][2]zmq.Type{{zmq.PAIR, zmq.PAIR}, {zmq.REP, zmq.REQ}, {zmq.ROUTER, zmq.DEALER}, {zmq.PULL, zmq.PUSH}, {zmq.XSUB, zmq.XPUB}} {
		lone := socket(ctx, types[1])
		show("GetEvents of a lone "+types[1].String(), first(lone.GetEvents()))
		check(lone.Close())
		a, b := pair(ctx, types[0], types[1], types[1].String())
		show("GetEvents", first(a.GetEvents()), first(b.GetEvents()))
		if types[0] == zmq.XSUB {
			check1(a.Send("\001", 0))
			show("subscription", first(b.Recv(0)))
		}
		check1(b.Send("x", 0))
		p := zmq.NewPoller()
		p.Add(a, zmq.POLLIN)
		show("Poll", first(p.Poll(-1)))
		show("GetEvents", first(a.GetEvents()), first(b.GetEvents()))
		show("RecvMessage", func() int { m, _ := a.RecvMessage(0); return len(m) }())
		show("GetEvents", first(a.GetEvents()), first(b.GetEvents()))
		check(a.Close())
		check(b.Close())
	}
	show("Term", ctx.Term())
}

// termOpen terminates a context whose sockets are closed later, one by one.
func termOpen() {
	ctx := context()
	var all []*zmq.Socket
	for i := 0; i < 4; i++ {
		all = append(all, socket(ctx, zmq.DEALER))
	}
	ended := make(chan error)
	go func() { ended <- ctx.Term() }()
	_, err := all[0].Recv(0)
	show("Recv", err, err == zmq.ETERM)
	for i, s := range all {
		select {
		case err := <-ended:
			show("Term is early", i, err)
		case <-time.After(20 * time.Millisecond):
		}
		show("SendMessage", first(s.SendMessage("x")))
		show("Close", s.Close())
	}
	show("Term", <-ended)
	for _, s := range all {
		show("Recv", first(s.Recv(0)))
		show("Close", s.Close())
	}
}

func afterTerm() {
	ctx := context()
	s := socket(ctx, zmq.PUB)
	check(s.Close())
	show("Term", ctx.Term())
	show("SetMaxSockets", ctx.SetMaxSockets(0), ctx.SetMaxSockets(3))
	show("SetMaxMsgsz", ctx.SetMaxMsgsz(-1))
	show("GetMaxMsgsz", first(ctx.GetMaxMsgsz()))
	show("SetThreadSchedPolicy", ctx.SetThreadSchedPolicy(-1))
	c, err := s.Context()
	show("Context", c == nil, err)
	show("String", s, s.Close())
	show("AuthStart", zmq.AuthStart(), zmq.AuthStart())
	zmq.AuthStop()
	zmq.AuthStop()
	err = zmq.AuthStart()
	for ; err == zmq.EADDRINUSE; err = zmq.AuthStart() { // AuthStop of the original is over some time later
		time.Sleep(20 * time.Millisecond) // each try of the original keeps a socket, and a context has 1,023
	}
	show("AuthStart after AuthStop", err)
	zmq.AuthStop()
	show("Term", zmq.Term())
	show("AuthStart", zmq.AuthStart())
	zmq.AuthStop()
}

func printing() {
	ctx := context()
	s := socket(ctx, zmq.ROUTER)
	check(s.SetIdentity("a\"b\x01"))
	for _, v := range []interface{}{zmq.REQ, zmq.SNDMORE, zmq.POLLIN, zmq.EVENT_CLOSED, zmq.CURVE, zmq.ETERM, zmq.Errno(11), zmq.Type(-5), zmq.Errno(0)} {
		for _, verb := range []string{"%v", "%+v", "%s", "%d", "%x", "%q"} {
			if verb == "%x" || verb == "%q" {
				if _, isErr := v.(error); isErr {
					continue
				}
			}
			fmt.Printf("%s of %T = %s\n", verb, v, fmt.Sprintf(verb, v))
		}
	}
	for _, verb := range []string{"%v", "%s", "%+v"} {
		fmt.Printf("%s of a socket = %s, %s\n", verb, addressless(fmt.Sprintf(verb, s)), addressless(fmt.Sprintf(verb, *s)))
	}
	p := zmq.NewPoller()
	p.Add(s, zmq.POLLIN|zmq.POLLOUT)
	fmt.Println("poller =", addressless(fmt.Sprintf("%v %s", p, p)))
	found, err := p.PollAll(0)
	fmt.Println("found =", len(found), found[0].Events, found[0].Socket == s, err)
	check(s.Close())
	show("Term", ctx.Term())
}

// handlers do to a reactor what they may.
func handlers() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "a")
	r := zmq.NewReactor()
	stop := errors.New("stop")
	var lines []string
	say := func(format string, args ...interface{}) { lines = append(lines, fmt.Sprintf(format, args...)) }
	ch := make(chan interface{}, 3)
	var id uint64
	r.AddSocket(b, zmq.POLLIN, func(s zmq.State) error {
		msg, err := b.Recv(0)
		say("first handler %v %v %v", s, msg, err)
		id = r.AddChannel(ch, 1, func(v interface{}) error {
			say("channel %v", v)
			r.RemoveChannel(id)
			check1(a.Send("again", 0))
			return nil
		})
		ch <- "value"
		ch <- "left"
		r.AddSocket(b, zmq.POLLIN, func(s zmq.State) error {
			msg, err := b.Recv(0)
			say("second handler %v %v %v", s, msg, err)
			r.RemoveSocket(b)
			r.RemoveSocket(b)
			return stop
		})
		return nil
	})
	check1(a.Send("one", 0))
	show("Run", r.Run(time.Millisecond) == stop, id, len(ch))
	show("lines", lines)
	show("Run", r.Run(-1))
	r.AddSocket(a, 0, func(zmq.State) error { return stop })
	done := make(chan error)
	go func() { done <- r.Run(10 * time.Millisecond) }()
	check1(b.Send("nobody waits for it", 0))
	select {
	case err := <-done:
		show("Run with no events", err)
	case <-time.After(50 * time.Millisecond):
		show("Run with no events", "goes on")
	}
}

// severalSenders uses a mutex, as a program must there.
func severalSenders() {
	ctx := context()
	push, pull := socket(ctx, zmq.PUSH), socket(ctx, zmq.PULL)
	check(pull.Bind("inproc://x"))
	check(push.Connect("inproc://x"))
	var mu sync.Mutex
	for i := 0; i < 4; i++ {
		go func(i int) {
			for n := 0; n < 50; n++ {
				mu.Lock()
				check1(push.Send(fmt.Sprint(i), zmq.SNDMORE))
				check1(push.Send(fmt.Sprint(n), zmq.SNDMORE))
				check1(push.SendMessage(i+n, "end"))
				mu.Unlock()
			}
		}(i)
	}
	var counts [4]int
	for n := 0; n < 200; n++ {
		m, err := pull.RecvMessage(0)
		check(err)
		var i, k, sum int
		_, err = fmt.Sscan(strings.Join(m, " "), &i, &k, &sum)
		if err != nil || len(m) != 4 || k != counts[i] || sum != i+k {
			show("message", m, err)
		}
		counts[i]++
	}
	show("counts", fmt.Sprint(counts))
	check(push.Close())
	check(pull.Close())
	show("Term", ctx.Term())
}
