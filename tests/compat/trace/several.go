//go:build pebbe

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	scenarios["poller"] = poller
	scenarios["poller lists"] = pollerLists
	scenarios["reactor"] = reactor
	scenarios["reactor channels"] = reactorChannels
	scenarios["reactor ends"] = reactorEnds
	scenarios["reactor verbose"] = reactorVerbose
	scenarios["proxy"] = proxy
	scenarios["proxy steerable"] = proxySteerable
	scenarios["default inproc"] = defaultInproc
}

func poller() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "a")
	c, d := pair(ctx, zmq.PAIR, zmq.PAIR, "b")
	p := zmq.NewPoller()
	show("Poll of an empty one", first(p.Poll(-1)))
	show("Poll of an empty one", first(p.Poll(time.Hour)))
	show("PollAll of an empty one", first(p.PollAll(time.Hour)))
	show("Add", p.Add(b, zmq.POLLIN), p.Add(d, zmq.POLLIN))
	show("Poll", first(p.Poll(0)))
	show("Poll", first(p.Poll(time.Millisecond)))
	show("Poll", first(p.Poll(time.Microsecond)))
	check1(c.Send("x", 0))
	show("Poll", first(p.Poll(-1)))
	show("Poll", first(p.Poll(0)))
	show("PollAll", first(p.PollAll(0)))
	show("PollAll", first(p.PollAll(-1)))
	check1(a.Send("x", 0))
	show("Poll", first(p.Poll(-time.Hour)))
	show("Add", p.Add(d, zmq.POLLOUT), p.Add(b, 0), p.Add(b, zmq.POLLIN|zmq.POLLOUT), p.Add(b, zmq.State(255)))
	show("Poll", first(p.Poll(-1)))
	check1(b.Recv(0))
	check1(d.Recv(0))
	show("Poll", first(p.Poll(-1)))
	show("PollAll", first(p.PollAll(time.Second)))
	found, err := p.Poll(0)
	check(err)
	show("same socket", found[0].Socket == d)
	done := make(chan string)
	q := zmq.NewPoller()
	q.Add(b, zmq.POLLIN)
	go func() { done <- first(q.Poll(-1)) }()
	time.Sleep(20 * time.Millisecond)
	check1(a.Send("late", 0))
	show("Poll that waited", <-done)
	for _, s := range []*zmq.Socket{a, b, c, d} {
		check(s.Close())
	}
	show("Term", ctx.Term())
	show("Poll", first(p.Poll(0)))
}

func pollerLists() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "a")
	check(a.SetIdentity("a"))
	check(b.SetIdentity("b"))
	p := zmq.NewPoller()
	show("String", p.String())
	show("Add", p.Add(a, zmq.POLLIN), p.Add(b, zmq.POLLOUT), p.Add(a, zmq.POLLIN|zmq.POLLOUT), p.Add(b, 0))
	show("String", p.String())
	s, err := p.Update(1, zmq.POLLIN)
	show("Update", s, err)
	s, err = p.Update(4, zmq.POLLIN)
	show("Update", s, err)
	s, err = p.Update(-1, zmq.POLLIN)
	show("Update", s, err)
	s, err = p.UpdateBySocket(a, zmq.POLLOUT)
	show("UpdateBySocket", s, err)
	other := socket(ctx, zmq.PAIR)
	s, err = p.UpdateBySocket(other, zmq.POLLOUT)
	show("UpdateBySocket", s, err)
	show("String", p.String())
	show("Remove", p.Remove(4), p.Remove(-1), p.Remove(0))
	show("String", p.String())
	show("RemoveBySocket", p.RemoveBySocket(other), p.RemoveBySocket(b))
	show("String", p.String())
	show("Remove", p.Remove(0), p.Remove(0), p.Remove(0))
	show("String", p.String())
	show("Add", p.Add(a, zmq.POLLOUT))
	show("Poll", first(p.Poll(0)))
	check(a.Close())
	show("String", p.String())
	show("Poll", first(p.Poll(0)))
	show("Add", p.Add(b, zmq.POLLIN))
	show("Poll", first(p.Poll(-1)))
	show("Remove", p.Remove(0))
	show("Poll", first(p.Poll(0)))
	check(b.Close())
	check(other.Close())
	show("Term", ctx.Term())
}

func reactor() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "a")
	c, d := pair(ctx, zmq.PAIR, zmq.PAIR, "b")
	r := zmq.NewReactor()
	stop := errors.New("stop")
	r.AddSocket(b, zmq.POLLIN, func(s zmq.State) error { panic("replaced") })
	r.AddSocket(b, zmq.POLLIN, func(s zmq.State) error {
		m, err := b.Recv(0)
		show("handler of b", s, m, err)
		if m == "stop" {
			return stop
		}
		return nil
	})
	r.AddSocket(d, zmq.POLLIN|zmq.POLLOUT, func(s zmq.State) error {
		show("handler of d", s)
		if s&zmq.POLLIN != 0 {
			show("d", first(d.Recv(0)))
			r.RemoveSocket(d)
			check1(a.Send("removed", 0))
			check1(a.Send("stop", 0))
			return nil
		}
		check1(c.Send("in", 0))
		return nil
	})
	check1(a.Send("first", 0))
	err := r.Run(-1)
	show("Run", err == stop)
	r.RemoveSocket(b)
	show("Run of nothing", r.Run(-1))
	r.RemoveSocket(b)
	r.RemoveChannel(17)
	for _, s := range []*zmq.Socket{a, b, c, d} {
		check(s.Close())
	}
	show("Term", ctx.Term())
}

func reactorChannels() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "a")
	r := zmq.NewReactor()
	ch := make(chan interface{}, 10)
	other := make(chan interface{}, 10)
	stop := errors.New("stop")
	var order []string
	say := func(s string) { order = append(order, s) }
	id := r.AddChannel(ch, 2, func(v interface{}) error {
		say(fmt.Sprintf("ch %v", v))
		if v == "stop" {
			return stop
		}
		return nil
	})
	id2 := r.AddChannel(other, 0, func(v interface{}) error {
		say(fmt.Sprintf("other %v", v))
		if v == 3 {
			r.RemoveChannel(2)
		}
		return nil
	})
	tick := make(chan time.Time, 1)
	id3 := r.AddChannelTime(tick, -1, func(v interface{}) error {
		_, ok := v.(time.Time)
		say(fmt.Sprintf("time %v", ok))
		return nil
	})
	show("ids", id, id2, id3)
	r.AddSocket(b, zmq.POLLIN, func(zmq.State) error {
		m, err := b.Recv(0)
		say(fmt.Sprintf("socket %v %v", m, err))
		if m == "end" {
			go func() {
				time.Sleep(50 * time.Millisecond) // a channel of times may be read by way of another
				ch <- "stop"
			}()
		}
		return nil
	})
	for i := 0; i < 5; i++ {
		ch <- i
		other <- i
	}
	tick <- time.Now()
	check1(a.Send("m1", 0))
	check1(a.Send("m2", 0))
	check1(a.Send("end", 0))
	show("Run", r.Run(time.Millisecond) == stop)
	for _, prefix := range []string{"ch", "other", "time", "socket"} {
		var some []string
		for _, o := range order {
			if strings.HasPrefix(o, prefix) {
				some = append(some, o)
			}
		}
		show(prefix, some)
	}
	show("AddChannel", r.AddChannel(ch, 0, nil))
	check(a.Close())
	check(b.Close())
	show("Term", ctx.Term())
}

func reactorEnds() {
	ctx := context()
	_, b := pair(ctx, zmq.PAIR, zmq.PAIR, "a")
	r := zmq.NewReactor()
	show("empty", r.Run(0), r.Run(-1), r.Run(time.Hour))
	ch := make(chan interface{})
	id := r.AddChannel(ch, 0, func(interface{}) error { return nil })
	show("channel and infinite", r.Run(-1))
	r.AddSocket(b, zmq.POLLIN, func(zmq.State) error { return nil })
	show("channel and infinite", r.Run(-1))
	r.RemoveChannel(id)
	check(b.Close())
	show("closed socket", r.Run(-1), r.Run(0))
	r.RemoveSocket(b)
	show("empty", r.Run(0))
	r.AddChannel(ch, 0, func(interface{}) error { return nil })
	go func() {
		time.Sleep(10 * time.Millisecond)
		close(ch)
	}()
	show("closed channel", r.Run(time.Millisecond))
	r = zmq.NewReactor()
	late := make(chan interface{}, 1)
	begin := time.Now()
	r.AddChannel(late, 0, func(interface{}) error { return fmt.Errorf("late") })
	go func() {
		time.Sleep(10 * time.Millisecond)
		late <- 1
	}()
	show("late value", r.Run(300*time.Millisecond))
	show("slept", time.Since(begin) > 150*time.Millisecond)
}

func proxy() {
	ctx := context()
	front, back, capture := socket(ctx, zmq.ROUTER), socket(ctx, zmq.DEALER), socket(ctx, zmq.PUSH)
	check(front.Bind("inproc://front"))
	check(back.Bind("inproc://back"))
	check(capture.Bind("inproc://capture"))
	captured := socket(ctx, zmq.PULL)
	check(captured.Connect("inproc://capture"))
	ended := make(chan error)
	go func() {
		err := zmq.Proxy(front, back, capture)
		check(front.Close())
		check(back.Close())
		check(capture.Close())
		ended <- err
	}()
	req, rep := socket(ctx, zmq.REQ), socket(ctx, zmq.REP)
	check(req.Connect("inproc://front"))
	check(rep.Connect("inproc://back"))
	for i := 0; i < 3; i++ {
		check1(req.SendMessage("question", i))
		show("question", first(rep.RecvMessage(0)))
		check1(rep.SendMessage("answer", i))
		show("answer", first(req.RecvMessage(0)))
		m, err := captured.RecvMessage(0)
		show("captured", m[1:], err)
		m, err = captured.RecvMessage(0)
		show("captured", m[1:], err)
	}
	check(req.Close())
	check(rep.Close())
	check(captured.Close())
	show("Term", ctx.Term())
	show("Proxy", <-ended)
}

func proxySteerable() {
	for _, t := range [][2]zmq.Type{{zmq.PAIR, zmq.PAIR}, {zmq.SUB, zmq.PUB}, {zmq.PULL, zmq.PUSH}} {
		ctx := context()
		front, back := socket(ctx, zmq.PULL), socket(ctx, zmq.PUSH)
		check(front.Bind("inproc://front"))
		check(back.Bind("inproc://back"))
		control := socket(ctx, t[0])
		check(control.Bind("inproc://control"))
		if t[0] == zmq.SUB {
			check(control.SetSubscribe(""))
		}
		ended := make(chan error)
		go func() { ended <- zmq.ProxySteerable(front, back, nil, control) }()
		push, pull, remote := socket(ctx, zmq.PUSH), socket(ctx, zmq.PULL), socket(ctx, t[1])
		check(push.Connect("inproc://front"))
		check(pull.Connect("inproc://back"))
		check(remote.Connect("inproc://control"))
		if t[0] == zmq.SUB {
			time.Sleep(100 * time.Millisecond)
		}
		for i := 0; i < 3; i++ {
			check1(push.SendMessage("one", i))
			show("through", first(pull.RecvMessage(0)))
		}
		check1(remote.Send("PAUSE", 0))
		time.Sleep(50 * time.Millisecond)
		check1(push.Send("paused", 0))
		check(pull.SetRcvtimeo(100 * time.Millisecond))
		show("paused", first(pull.Recv(0)))
		check(pull.SetRcvtimeo(-1))
		check1(remote.Send("RESUME", 0))
		show("resumed", first(pull.Recv(0)))
		if t[0] == zmq.PAIR {
			check1(remote.Send("STATISTICS", 0))
			show("statistics", first(remote.RecvMessageBytes(0)))
		}
		check1(remote.Send("TERMINATE", 0))
		show("ProxySteerable", <-ended)
		for _, s := range []*zmq.Socket{front, back, control, push, pull, remote} {
			check(s.Close())
		}
		show("Term", ctx.Term())
	}
}

// defaultInproc finds that names are a context's own.
func defaultInproc() {
	a, err := zmq.NewSocket(zmq.PAIR)
	check(err)
	check(a.Bind("inproc://x"))
	b, err := zmq.NewSocket(zmq.PAIR)
	check(err)
	check(b.Connect("inproc://x"))
	check1(a.Send("default", 0))
	show("Recv", first(b.Recv(0)))
	ctx := context()
	show("Bind in another context", socket(ctx, zmq.PAIR).Bind("inproc://x"))
	show("Bind again", socket(ctx, zmq.PAIR).Bind("inproc://x"))
}

// reactorVerbose shows what a reactor prints.
func reactorVerbose() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "x")
	r := zmq.NewReactor()
	r.SetVerbose(true)
	r.AddSocket(b, zmq.POLLIN, func(zmq.State) error {
		if msg, err := b.Recv(0); err != nil || msg == "last" {
			return errors.New("over")
		}
		return nil
	})
	ch := make(chan interface{}, 2)
	ch <- "value"
	ch <- []int{1, 2}
	close(ch)
	r.AddChannel(ch, 0, func(interface{}) error { return nil })
	r.RemoveChannel(r.AddChannel(make(chan interface{}), 1, nil))
	check1(a.Send("first", 0))
	check1(a.Send("last", 0))
	in, out, err := os.Pipe()
	check(err)
	stdout := os.Stdout
	os.Stdout = out
	err = r.Run(time.Millisecond)
	r.RemoveSocket(b)
	os.Stdout = stdout
	check(out.Close())
	show("Run", err)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		fmt.Println(addressless(lines.Text()))
	}
	check(a.Close())
	check(b.Close())
	show("Term", ctx.Term())
}
