//go:build pebbe

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

// Scenarios in the style of libzmq's own tests.

func init() {
	scenarios["ipc"] = ipc
	scenarios["conflate"] = conflate
	scenarios["disconnect inproc"] = disconnectInproc
	scenarios["high-water marks"] = highWaterMarks
	scenarios["immediate"] = immediate
	scenarios["many sockets"] = manySockets
	scenarios["probe router"] = probeRouter
	scenarios["request options"] = requestOptions
	scenarios["router mandatory"] = routerMandatory
	scenarios["router handover"] = routerHandover
	scenarios["stream"] = stream
	scenarios["xpub"] = xpub
	scenarios["timeouts"] = timeouts
	scenarios["term endpoint"] = termEndpoint
	scenarios["several contexts"] = severalContexts
	scenarios["max message size"] = maxMessageSize
}

func echo(call string, a, b *zmq.Socket) {
	check1(a.SendMessage("question", call))
	m, err := b.RecvMessage(0)
	show(call, m[len(m)-2:], err)
}

// endpoint returns where a socket is bound to.
func endpoint(s *zmq.Socket) string {
	end, err := s.GetLastEndpoint()
	check(err)
	return end
}

func ipc() {
	ctx := context()
	dir, err := os.MkdirTemp("", "zmq")
	check(err)
	defer os.RemoveAll(dir)
	for _, end := range []string{"ipc://" + filepath.Join(dir, "x"), "ipc://@zmq-compat-" + fmt.Sprint(os.Getpid()), "ipc://*"} {
		a, b := socket(ctx, zmq.DEALER), socket(ctx, zmq.DEALER)
		show("Bind", a.Bind(end))
		last := endpoint(a)
		if end != "ipc://*" {
			show("same", last == end)
		}
		show("Connect", b.Connect(last))
		echo("there", a, b)
		echo("back", b, a)
		show("Unbind", a.Unbind(last))
		check(a.Close())
		check(b.Close())
	}
	_, err = os.Stat(filepath.Join(dir, "x"))
	show("the file is gone", os.IsNotExist(err))
	show("Term", ctx.Term())
}

func conflate() {
	ctx := context()
	pull, push := socket(ctx, zmq.PULL), socket(ctx, zmq.PUSH)
	show("SetConflate", pull.SetConflate(true), push.SetConflate(true))
	check(pull.Bind("tcp://127.0.0.1:*"))
	check(push.Connect(endpoint(pull)))
	for i := 0; i < 20; i++ {
		check1(push.Send(fmt.Sprint(i), 0))
	}
	for {
		m, err := pull.Recv(0)
		check(err)
		if m == "19" {
			break
		}
	}
	show("the last one was received", first(pull.Recv(zmq.DONTWAIT)))
	check(push.Close())
	check(pull.Close())
	show("Term", ctx.Term())
}

func disconnectInproc() {
	ctx := context()
	pub, sub := socket(ctx, zmq.XPUB), socket(ctx, zmq.SUB)
	check(pub.Bind("inproc://someInProcDescriptor"))
	check(sub.SetSubscribe("foo"))
	check(sub.Connect("inproc://someInProcDescriptor"))
	show("subscription", first(pub.RecvBytes(0)))
	check1(pub.SendMessage("foo", "this is foo!"))
	show("RecvMessage", first(sub.RecvMessage(0)))
	show("Disconnect", sub.Disconnect("inproc://someInProcDescriptor"))
	for { // both sides have a part in it
		check1(sub.GetEvents())
		m, err := pub.RecvBytes(zmq.DONTWAIT)
		if err == nil {
			show("unsubscription", m)
			break
		}
		time.Sleep(time.Millisecond)
	}
	check1(pub.SendMessage("foo", "this is foo!"))
	show("RecvMessage", first(sub.RecvMessage(zmq.DONTWAIT)))
	show("Disconnect", sub.Disconnect("inproc://someInProcDescriptor"))
	check(sub.Connect("inproc://someInProcDescriptor"))
	show("subscription", first(pub.RecvBytes(0)))
	check(sub.Close())
	check(pub.Close())
	show("Term", ctx.Term())
}

func highWaterMarks() {
	ctx := context()
	for n, marks := range [][2]int{{1, 1}, {2, 0}, {0, 2}, {4, 6}, {-1, 5}} {
		for _, connectFirst := range []bool{false, true} {
			pull, push := socket(ctx, zmq.PULL), socket(ctx, zmq.PUSH)
			show("SetSndhwm", push.SetSndhwm(marks[0]))
			show("SetRcvhwm", pull.SetRcvhwm(marks[1]))
			end := fmt.Sprintf("inproc://%d-%v", n, connectFirst)
			if connectFirst {
				check(push.Connect(end))
				check(pull.Bind(end))
			} else {
				check(pull.Bind(end))
				check(push.Connect(end))
			}
			sent := 0
			for sent < 2000 {
				if _, err := push.Send("x", zmq.DONTWAIT); err != nil {
					show("Send", err)
					break
				}
				sent++
			}
			show("sent", sent)
			for i := 0; i < sent; i++ {
				check1(pull.Recv(0))
			}
			show("Recv", first(pull.Recv(zmq.DONTWAIT)))
			check1(push.Send("again", 0))
			show("Recv", first(pull.Recv(0)))
			check(push.Close())
			check(pull.Close())
		}
	}
	show("Term", ctx.Term())
}

func immediate() {
	ctx := context()
	pull := socket(ctx, zmq.PULL)
	check(pull.Bind("tcp://127.0.0.1:*"))
	for _, only := range []bool{false, true} {
		push := socket(ctx, zmq.PUSH)
		check(push.SetImmediate(only))
		check(push.Connect("ipc:///no/such/folder/x"))
		check(push.Connect(endpoint(pull)))
		if only {
			for i := 0; i < 10; i++ {
				check1(push.Send("x", 0))
			}
			for i := 0; i < 10; i++ {
				check1(pull.Recv(0))
			}
			show("all ten", first(pull.Recv(zmq.DONTWAIT)))
		} else {
			for i := 0; i < 10; i++ {
				check1(push.Send("x", 0))
			}
			for i := 0; i < 5; i++ {
				check1(pull.Recv(0))
			}
			show("half of them", first(pull.Recv(zmq.DONTWAIT)))
		}
		check(push.Close())
	}
	lone := socket(ctx, zmq.PUSH)
	check(lone.SetImmediate(true))
	check(lone.Connect("ipc:///no/such/folder/x"))
	show("Send to nobody", first(lone.Send("x", zmq.DONTWAIT)), first(lone.GetEvents()))
	check(lone.Close())
	check(pull.Close())
	show("Term", ctx.Term())
}

func manySockets() {
	ctx := context()
	var all []*zmq.Socket
	var err error
	for err == nil && len(all) < 2000 {
		var s *zmq.Socket
		if s, err = ctx.NewSocket(zmq.PAIR); err == nil {
			all = append(all, s)
		}
	}
	show("sockets", len(all) <= 1023, err)
	for _, s := range all {
		check(s.Close())
	}
	show("Term", ctx.Term())
}

func probeRouter() {
	ctx := context()
	server, client := socket(ctx, zmq.ROUTER), socket(ctx, zmq.ROUTER)
	check(server.Bind("tcp://127.0.0.1:*"))
	check(client.SetIdentity("X"))
	check(client.SetProbeRouter(1))
	check(client.Connect(endpoint(server)))
	show("RecvMessage", first(server.RecvMessage(0)))
	show("SendMessage", first(server.SendMessage("X", "Hello")))
	m, err := client.RecvMessage(0)
	show("RecvMessage", len(m), m[1], err)
	check(server.Close())
	check(client.Close())
	show("Term", ctx.Term())
}

func requestOptions() {
	ctx := context()
	router, req := socket(ctx, zmq.ROUTER), socket(ctx, zmq.REQ)
	check(router.Bind("inproc://x"))
	check(req.SetIdentity("R"))
	check(req.SetReqCorrelate(1))
	check(req.SetReqRelaxed(1))
	check(req.Connect("inproc://x"))
	var ids []string
	for i := 0; i < 2; i++ {
		check1(req.SendMessage("A", i))
		m, err := router.RecvMessageBytes(0)
		show("RecvMessage", len(m), len(m[1]), m[2:], err)
		ids = append(ids, string(m[1]))
	}
	show("ids differ", ids[0] != ids[1])
	check1(router.SendMessage("R", ids[0], "", "late"))
	check1(router.SendMessage("R", "nonsense", "", "wrong"))
	check1(router.SendMessage("R", "malformed"))
	check1(router.SendMessage("R", ids[1], "", "right", "end"))
	show("RecvMessage", first(req.RecvMessage(0)))
	show("RecvMessage out of turn", first(req.RecvMessage(0)))
	check(router.Close())
	check(req.Close())
	show("Term", ctx.Term())
}

func routerMandatory() {
	ctx := context()
	router := socket(ctx, zmq.ROUTER)
	check(router.Bind("tcp://127.0.0.1:*"))
	show("SendMessage", first(router.SendMessage("UNKNOWN", "DATA")))
	check(router.SetRouterMandatory(1))
	show("SendMessage", first(router.SendMessage("UNKNOWN", "DATA")))
	show("Send", first(router.Send("UNKNOWN", zmq.SNDMORE)))
	dealer := socket(ctx, zmq.DEALER)
	check(dealer.SetIdentity("X"))
	check(dealer.Connect(endpoint(router)))
	check1(dealer.Send("Hello", 0))
	show("RecvMessage", first(router.RecvMessage(0)))
	show("Send", first(router.Send("X", zmq.SNDMORE)), first(router.Send("Hello", 0)))
	show("Recv", first(dealer.Recv(0)))
	check(router.Close())
	check(dealer.Close())
	show("Term", ctx.Term())
}

func routerHandover() {
	ctx := context()
	router := socket(ctx, zmq.ROUTER)
	check(router.SetRouterHandover(true))
	check(router.Bind("inproc://x"))
	var dealers []*zmq.Socket
	for i := 0; i < 2; i++ {
		d := socket(ctx, zmq.DEALER)
		check(d.SetIdentity("X"))
		check(d.Connect("inproc://x"))
		check1(d.Send(fmt.Sprint("Hello ", i), 0))
		show("RecvMessage", first(router.RecvMessage(0)))
		dealers = append(dealers, d)
	}
	check1(router.SendMessage("X", "Hello"))
	show("Recv of the second", first(dealers[1].Recv(0)))
	show("Recv of the first", first(dealers[0].Recv(zmq.DONTWAIT)))
	check(router.Close())
	check(dealers[0].Close())
	check(dealers[1].Close())
	show("Term", ctx.Term())
}

func stream() {
	ctx := context()
	server, client := socket(ctx, zmq.STREAM), socket(ctx, zmq.STREAM)
	check(server.Bind("tcp://127.0.0.1:*"))
	check(client.Connect(endpoint(server)))
	id, err := client.Recv(0)
	check(err)
	show("connected", len(id), first(client.RecvBytes(0)))
	peer, err := server.Recv(0)
	check(err)
	show("connected", len(peer), first(server.RecvBytes(0)))
	check1(client.SendMessage(id, "bytes"))
	m, err := server.RecvMessage(0)
	show("RecvMessage", len(m), m[0] == peer, m[1], err)
	check1(server.SendMessage(peer, "answer"))
	m, err = client.RecvMessage(0)
	show("RecvMessage", len(m), m[0] == id, m[1], err)
	check(server.Close())
	check(client.Close())
	show("Term", ctx.Term())
}

func xpub() {
	ctx := context()
	pub, sub := socket(ctx, zmq.XPUB), socket(ctx, zmq.XSUB)
	show("SetXpubManual", pub.SetXpubManual(1), pub.SetXpubWelcomeMsg("W"), pub.SetXpubNodrop(true))
	check(pub.Bind("inproc://x"))
	check(sub.Connect("inproc://x"))
	check1(sub.Send("\001W", 0))
	show("subscription", first(pub.RecvBytes(0)))
	check(pub.SetSubscribe("B"))
	check1(pub.Send("A1", 0))
	check1(pub.Send("B1", 0))
	show("Recv", first(sub.Recv(0)))
	check1(sub.Send("user message", 0))
	show("user message", first(pub.Recv(0)))
	check1(sub.Send("\000W", 0))
	show("unsubscription", first(pub.RecvBytes(0)))
	check(pub.SetUnsubscribe("B"))
	check1(pub.Send("B2", 0))
	show("Recv", first(sub.Recv(zmq.DONTWAIT)))
	check(pub.Close())
	check(sub.Close())
	inverted, filter := socket(ctx, zmq.PUB), socket(ctx, zmq.SUB)
	show("SetInvertMatching", inverted.SetInvertMatching(1), filter.SetInvertMatching(1))
	check(filter.SetSubscribe("no"))
	check(inverted.Bind("inproc://y"))
	check(filter.Connect("inproc://y"))
	time.Sleep(20 * time.Millisecond)
	check1(inverted.Send("nothing", 0))
	check1(inverted.Send("yes", 0))
	show("Recv", first(filter.Recv(0)))
	check(inverted.Close())
	check(filter.Close())
	show("Term", ctx.Term())
}

func timeouts() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "x")
	check(a.SetRcvtimeo(30 * time.Millisecond))
	begin := time.Now()
	show("Recv", first(a.Recv(0)), time.Since(begin) >= 29*time.Millisecond)
	check(a.SetRcvtimeo(0))
	show("Recv", first(a.Recv(0)))
	check(a.SetRcvtimeo(time.Hour))
	go func() {
		time.Sleep(20 * time.Millisecond)
		check1(b.Send("late", 0))
	}()
	show("Recv", first(a.Recv(0)))
	lone := socket(ctx, zmq.PUSH)
	check(lone.SetSndtimeo(30 * time.Millisecond))
	begin = time.Now()
	show("Send", first(lone.Send("x", 0)), time.Since(begin) >= 29*time.Millisecond)
	show("SendMessage", first(lone.SendMessage("x", "y")))
	check(lone.Close())
	check(a.Close())
	check(b.Close())
	show("Term", ctx.Term())
}

func termEndpoint() {
	ctx := context()
	push, pull := socket(ctx, zmq.PUSH), socket(ctx, zmq.PULL)
	check(push.Bind("tcp://127.0.0.1:*"))
	end := endpoint(push)
	check(pull.Connect(end))
	check1(push.Send("ABC", 0))
	show("Recv", first(pull.Recv(0)))
	show("Unbind", push.Unbind(end))
	show("Unbind", push.Unbind(end))
	show("Disconnect", pull.Disconnect(end))
	show("Disconnect", pull.Disconnect(end))
	other := socket(ctx, zmq.PULL)
	var err error
	for i := 0; i < 200; i++ { // the listener goes some time after Unbind
		if err = other.Bind(end); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	show("Bind", err)
	check(other.Close())
	check(push.Close())
	check(pull.Close())
	show("Term", ctx.Term())
}

func severalContexts() {
	var all []*zmq.Context
	for i := 0; i < 3; i++ {
		ctx := context()
		a, b := pair(ctx, zmq.REP, zmq.REQ, "same name")
		check1(b.SendMessage("context", i))
		show("RecvMessage", first(a.RecvMessage(0)))
		c, err := b.Context()
		show("Context", c == ctx, err)
		check(a.Close())
		check(b.Close())
		all = append(all, ctx)
	}
	for _, ctx := range all {
		show("Term", ctx.Term())
	}
}

func maxMessageSize() {
	ctx := context()
	pull, push := socket(ctx, zmq.PULL), socket(ctx, zmq.PUSH)
	check(pull.SetMaxmsgsize(100))
	check(pull.Bind("tcp://127.0.0.1:*"))
	check(push.Connect(endpoint(pull)))
	check1(push.Send(strings.Repeat("x", 100), 0))
	show("Recv", first(pull.Recv(0)))
	check1(push.Send(strings.Repeat("x", 101), 0))
	check(pull.SetRcvtimeo(100 * time.Millisecond))
	show("Recv", first(pull.Recv(0)))
	small := context()
	check(small.SetMaxMsgsz(5))
	a := socket(small, zmq.PUSH)
	show("Send", first(a.Send("123456", zmq.DONTWAIT)))
	check(a.Close())
	check(push.Close())
	check(pull.Close())
	show("Term", ctx.Term(), small.Term())
}
