//go:build pebbe

package main

import (
	"fmt"
	"syscall"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	scenarios["general"] = general
	scenarios["contexts"] = contexts
	scenarios["default context"] = defaultContext
	scenarios["term"] = term
	scenarios["max sockets"] = maxSockets
	scenarios["sockets"] = sockets
	scenarios["zero values"] = zeroValues
	scenarios["closed socket"] = closedSocket
	scenarios["send and receive"] = sendAndReceive
	scenarios["parts and messages"] = partsAndMessages
	scenarios["would block"] = wouldBlock
	scenarios["metadata"] = metadata
	scenarios["endpoints"] = endpoints
}

func general() {
	major, minor, patch := zmq.Version()
	show("Version", major, minor, patch)
	for _, e := range []int{0, 1, 11, 22, 98, 156384763, 156384764, 156384765, 156384766, 156384767, 99999, -1} {
		show(fmt.Sprintf("Error(%d)", e), zmq.Error(e))
		show(fmt.Sprintf("Errno(%d)", e), zmq.Errno(e).Error())
	}
	for _, err := range []error{nil, zmq.EFSM, zmq.Errno(3), syscall.EAGAIN, fmt.Errorf("x"), fmt.Errorf("x %w", syscall.EAGAIN), zmq.ErrorSocketClosed} {
		show(fmt.Sprintf("AsErrno(%v)", err), uintptr(zmq.AsErrno(err)))
	}
	show("errors", zmq.ErrorContextClosed.Error(), zmq.ErrorSocketClosed.Error(), zmq.ErrorMoreExpected.Error(), zmq.ErrorNoSocket.Error(),
		zmq.ErrorNotImplemented405.Error(), zmq.ErrorNotImplemented41.Error(), zmq.ErrorNotImplemented42.Error(), zmq.ErrorNotImplementedWindows.Error())
	show("Has", zmq.HasIpc(), zmq.HasPgm(), zmq.HasTipc(), zmq.HasNorm(), zmq.HasCurve())
	show("HasGssapi", zmq.HasGssapi())
	for i := -1; i < 21; i++ {
		show(fmt.Sprintf("Type(%d)", i), zmq.Type(i))
	}
	for i := -1; i < 9; i++ {
		show(fmt.Sprintf("%d", i), zmq.Flag(i), zmq.State(i), zmq.Mechanism(i))
	}
	for _, e := range []int{0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x7fff, 0xffff, 0x10000, 3, 0x21, -1} {
		show(fmt.Sprintf("Event(%#x)", e), zmq.Event(e))
	}
	fmt.Printf("%v %d %s %v %v\n", zmq.REQ, zmq.REQ, zmq.SNDMORE, zmq.POLLIN|zmq.POLLOUT, zmq.EVENT_ACCEPTED)
	show("constants", zmq.MaxSocketsDflt, zmq.IoThreadsDflt, zmq.CURVE_ALLOW_ANY)
}

func options(ctx *zmq.Context) {
	show("Get", first(ctx.GetIoThreads()), first(ctx.GetMaxSockets()), first(ctx.GetMaxMsgsz()), first(ctx.GetIpv6()), first(ctx.GetBlocky()), ctx.GetRetryAfterEINTR())
}

func first(v ...interface{}) string { return text(v[0]) + "/" + fmt.Sprint(v[1]) }

func contexts() {
	ctx, err := zmq.NewContext()
	show("NewContext", err)
	options(ctx)
	for _, n := range []int{-1, 0, 1, 2} {
		show(fmt.Sprintf("SetIoThreads(%d)", n), ctx.SetIoThreads(n))
		show(fmt.Sprintf("SetMaxSockets(%d)", n), ctx.SetMaxSockets(n))
		show(fmt.Sprintf("SetMaxMsgsz(%d)", n), ctx.SetMaxMsgsz(n))
		show(fmt.Sprintf("SetThreadSchedPolicy(%d)", n), ctx.SetThreadSchedPolicy(n))
		options(ctx)
	}
	show("SetThreadPriority(-1)", ctx.SetThreadPriority(-1))
	show("SetThreadSchedPolicy(0)", ctx.SetThreadSchedPolicy(0))
	show("SetMaxSockets", ctx.SetMaxSockets(100))
	show("SetMaxMsgsz", ctx.SetMaxMsgsz(1<<31-1))
	show("SetIpv6", ctx.SetIpv6(true))
	show("SetBlocky", ctx.SetBlocky(false))
	options(ctx)
	s, err := ctx.NewSocket(zmq.PUSH)
	show("NewSocket", s, err)
	show("inherited", first(s.GetLinger()), first(s.GetIpv6()))
	show("SetIoThreads", ctx.SetIoThreads(3))
	show("SetMaxSockets", ctx.SetMaxSockets(7))
	show("SetMaxMsgsz", ctx.SetMaxMsgsz(1000))
	show("SetIpv6", ctx.SetIpv6(false))
	show("SetBlocky", ctx.SetBlocky(true))
	ctx.SetRetryAfterEINTR(false)
	options(ctx)
	t, err := ctx.NewSocket(zmq.SUB)
	show("NewSocket", t, err)
	show("inherited", first(t.GetLinger()), first(t.GetIpv6()))
	c, err := t.Context()
	show("Context", c == ctx, err)
	show("Close", s.Close(), t.Close())
	show("Term", ctx.Term())
	show("Term again", ctx.Term())
	options(ctx)
	show("SetIoThreads", ctx.SetIoThreads(1))
	show("SetBlocky", ctx.SetBlocky(true))
	show("SetThreadPriority", ctx.SetThreadPriority(1))
	s, err = ctx.NewSocket(zmq.PUSH)
	show("NewSocket", s, err)
	empty := context()
	show("Term of one without sockets", empty.Term())
	options(empty)
}

func defaultContext() {
	show("Get", first(zmq.GetIoThreads()), first(zmq.GetMaxSockets()), first(zmq.GetMaxMsgsz()), first(zmq.GetIpv6()), first(zmq.GetBlocky()), zmq.GetRetryAfterEINTR())
	show("Set", zmq.SetIoThreads(2), zmq.SetMaxSockets(10), zmq.SetMaxMsgsz(5000), zmq.SetIpv6(true), zmq.SetBlocky(false))
	zmq.SetRetryAfterEINTR(false)
	show("Get", first(zmq.GetIoThreads()), first(zmq.GetMaxSockets()), first(zmq.GetMaxMsgsz()), first(zmq.GetIpv6()), first(zmq.GetBlocky()), zmq.GetRetryAfterEINTR())
	zmq.SetRetryAfterEINTR(true)
	s, err := zmq.NewSocket(zmq.PUSH)
	show("NewSocket", s, err)
	c, err := s.Context()
	show("Context", first(c.GetMaxSockets()), err)
	show("Close", s.Close())
	show("Term", zmq.Term())
	show("Term", zmq.Term())
	show("Get", first(zmq.GetIoThreads()), first(zmq.GetMaxSockets()))
	s, err = zmq.NewSocket(zmq.PUSH)
	show("NewSocket", s, err)
	show("Set", zmq.SetIoThreads(2))
	show("SetThreadSchedPolicy", zmq.SetThreadSchedPolicy(2))
	show("SetThreadPriority", zmq.SetThreadPriority(2))
}

// term terminates a context while a socket waits.
func term() {
	ctx := context()
	s, t := socket(ctx, zmq.PULL), socket(ctx, zmq.PULL)
	check(s.Bind("inproc://term"))
	waiting := make(chan error)
	go func() {
		_, err := s.Recv(0)
		waiting <- err
	}()
	polling := make(chan error)
	go func() {
		p := zmq.NewPoller()
		p.Add(t, zmq.POLLIN)
		_, err := p.Poll(-1)
		polling <- err
	}()
	time.Sleep(50 * time.Millisecond)
	ended := make(chan error)
	go func() { ended <- ctx.Term() }()
	show("Recv", <-waiting)
	show("Poll", <-polling)
	show("Recv again", first(s.Recv(0)))
	show("Send", first(s.Send("x", 0)))
	show("SendMessage", first(s.SendMessage("x")))
	show("Bind", s.Bind("inproc://other"))
	show("Connect", s.Connect("inproc://other"))
	show("GetRcvhwm", first(s.GetRcvhwm()))
	show("SetRcvhwm", s.SetRcvhwm(3))
	show("GetEvents", first(s.GetEvents()))
	show("Monitor", s.Monitor("inproc://monitor", zmq.EVENT_ALL))
	n, err := ctx.NewSocket(zmq.PUSH)
	show("NewSocket", n, err)
	show("GetIoThreads", first(ctx.GetIoThreads()))
	show("Proxy", zmq.Proxy(s, t, nil))
	show("String", s)
	show("Close", s.Close())
	show("Recv of the closed one", first(s.Recv(0)))
	show("Close", t.Close())
	show("Term", <-ended)
	n, err = ctx.NewSocket(zmq.PUSH)
	show("NewSocket", n, err)
}

func maxSockets() {
	ctx := context()
	show("SetMaxSockets", ctx.SetMaxSockets(5))
	var all []*zmq.Socket
	for i := 0; i < 7; i++ {
		s, err := ctx.NewSocket(zmq.PUSH)
		show(fmt.Sprintf("socket %d", i), s, err)
		all = append(all, s)
	}
	for _, s := range all {
		show("Close", s.Close())
	}
	time.Sleep(100 * time.Millisecond)
	s, err := ctx.NewSocket(zmq.PUSH)
	show("NewSocket", s, err)
	show("Close", s.Close())
	show("Term", ctx.Term())
}

func sockets() {
	ctx := context()
	for i := -1; i < 12; i++ {
		s, err := ctx.NewSocket(zmq.Type(i))
		show(fmt.Sprintf("NewSocket(%d)", i), s, err)
		if err != nil {
			show("Close", s.Close())
			continue
		}
		t, err := s.GetType()
		show("GetType", t, err)
		show("GetLinger", first(s.GetLinger()))
		show("GetEvents", first(s.GetEvents()))
		show("GetThreadSafe", first(s.GetThreadSafe()))
		show("Close", s.Close())
		show("Close again", s.Close())
		show("String", s)
	}
	s := socket(ctx, zmq.REQ)
	check(s.SetIdentity("name"))
	show("String", s)
	fmt.Println(addressless(fmt.Sprint(*s)), s)
	copied := *s
	show("copy", copied.Close(), s.Close(), s, &copied)
	show("Term", ctx.Term())
}

func zeroValues() {
	var s zmq.Socket
	show("String", &s)
	_, err := s.Context()
	show("Context", err)
	show("Recv", first(s.Recv(0)))
	show("Close", s.Close())
	var ctx zmq.Context
	c, err := ctx.NewSocket(zmq.PUSH)
	show("NewSocket", c, err)
	show("GetIoThreads", first(ctx.GetIoThreads()))
	show("GetRetryAfterEINTR", ctx.GetRetryAfterEINTR())
	show("Term", ctx.Term())
	var p zmq.Poller
	show("Poll", first(p.Poll(time.Hour)))
	show("String", &p)
	var e zmq.Errno
	show("AsErrno", uintptr(zmq.AsErrno(e)))
}

func closedSocket() {
	ctx := context()
	s := socket(ctx, zmq.DEALER)
	check(s.Close())
	_, err := s.Context()
	show("Context", err)
	show("Send", first(s.Send("x", 0)))
	show("SendBytes", first(s.SendBytes(nil, 0)))
	show("SendMessage", first(s.SendMessage("x", "y")))
	show("SendMessage of nothing", first(s.SendMessage()))
	show("SendMessageDontwait", first(s.SendMessageDontwait("x")))
	show("Recv", first(s.Recv(0)))
	show("RecvBytes", first(s.RecvBytes(0)))
	show("RecvMessage", first(s.RecvMessage(0)))
	show("RecvMessageBytes", first(s.RecvMessageBytes(0)))
	m, meta, err := s.RecvWithMetadata(0, "Socket-Type")
	show("RecvWithMetadata", m, meta, err)
	b, meta, err := s.RecvBytesWithMetadata(0)
	show("RecvBytesWithMetadata", b, meta, err)
	ms, meta, err := s.RecvMessageWithMetadata(0)
	show("RecvMessageWithMetadata", ms, meta, err)
	bs, meta, err := s.RecvMessageBytesWithMetadata(0)
	show("RecvMessageBytesWithMetadata", bs, meta, err)
	e, addr, v, err := s.RecvEvent(0)
	show("RecvEvent", e, addr, v, err)
	show("Bind", s.Bind("inproc://x"))
	show("Unbind", s.Unbind("inproc://x"))
	show("Connect", s.Connect("nonsense"))
	show("Disconnect", s.Disconnect("inproc://x"))
	show("Monitor", s.Monitor("inproc://x", 0))
	show("SetLinger", s.SetLinger(0))
	show("SetIdentity", s.SetIdentity(""))
	show("SetConflate", s.SetConflate(true))
	show("SetAffinity", s.SetAffinity(1))
	show("GetLinger", first(s.GetLinger()))
	show("GetRcvtimeo", first(s.GetRcvtimeo()))
	show("GetIdentity", first(s.GetIdentity()))
	show("GetAffinity", first(s.GetAffinity()))
	show("GetIpv6", first(s.GetIpv6()))
	show("GetType", first(s.GetType()))
	show("GetEvents", first(s.GetEvents()))
	show("GetFd", first(s.GetFd()))
	show("GetMechanism", first(s.GetMechanism()))
	show("GetCurvePublickeyRaw", first(s.GetCurvePublickeyRaw()))
	show("ServerAuthPlain", s.ServerAuthPlain("x"))
	show("ClientAuthCurve", s.ClientAuthCurve("", "", ""))
	p := zmq.NewPoller()
	p.Add(s, zmq.POLLIN)
	show("Poll", first(p.Poll(0)))
	show("PollAll", first(p.PollAll(-1)))
	show("Proxy", zmq.Proxy(s, s, nil))
	open := socket(ctx, zmq.ROUTER)
	show("Proxy", zmq.Proxy(open, s, nil))
	show("Proxy", zmq.Proxy(open, open, s))
	show("ProxySteerable", zmq.ProxySteerable(open, open, nil, s))
	show("Close", open.Close())
	show("Term", ctx.Term())
}

type named string

func sendAndReceive() {
	ctx := context()
	a, b := pair(ctx, zmq.PAIR, zmq.PAIR, "x")
	show("Send", first(a.Send("hello", 0)))
	show("Recv", first(b.Recv(0)))
	show("Send", first(a.Send("", 0)))
	show("Recv", first(b.Recv(0)))
	show("SendBytes", first(a.SendBytes(nil, 0)))
	show("RecvBytes", first(b.RecvBytes(0)))
	show("SendBytes", first(a.SendBytes([]byte{1, 0, 2}, 0)))
	show("RecvBytes", first(b.RecvBytes(0)))
	show("SendMessage", first(a.SendMessage("a", []byte("b"), []string{"c", "d"}, [][]byte{{'e'}, nil}, 17, 2.5, true, nil, named("n"), struct{ X int }{3}, zmq.REQ, zmq.EFSM)))
	show("RecvMessage", first(b.RecvMessage(0)))
	show("SendMessage", first(a.SendMessage([]string{}, "a", [][]byte{}, []string{})))
	show("RecvMessageBytes", first(b.RecvMessageBytes(0)))
	show("SendMessage of nothing", first(a.SendMessage()))
	show("SendMessage of empty slices", first(a.SendMessage([]string{}, [][]byte{}, []string(nil))))
	show("SendMessage", first(a.SendMessage("", "")))
	show("RecvMessage", first(b.RecvMessage(0)))
	show("SendMessage", first(a.SendMessage([]int{1, 2}, []interface{}{"x", 1}, map[string]int{"k": 1})))
	show("RecvMessage", first(b.RecvMessage(0)))
	show("SendMessageDontwait", first(a.SendMessageDontwait("a", "b")))
	show("RecvMessage DONTWAIT", first(b.RecvMessage(zmq.DONTWAIT)))
	big := make([]byte, 100000)
	show("SendMessage", first(a.SendMessage(big, string(big), "end")))
	show("RecvMessage", func() string { m, err := b.RecvMessage(0); return fmt.Sprint(len(m), len(m[0]), len(m[1]), m[2], err) }())
	v := int64(5)
	show("SendMessage", first(a.SendMessage(&struct{ A, B string }{"1", "2"}, v, 'x', time.Second, fmt.Errorf("err"))))
	show("RecvMessage", first(b.RecvMessage(0)))
	show("Recv flags", first(b.Recv(zmq.DONTWAIT|zmq.SNDMORE)))
	check(a.Close())
	check(b.Close())
	show("Term", ctx.Term())
}

func partsAndMessages() {
	ctx := context()
	a, b := pair(ctx, zmq.DEALER, zmq.DEALER, "x")
	show("Send", first(a.Send("1", zmq.SNDMORE)))
	show("SendBytes", first(a.SendBytes([]byte("2"), zmq.SNDMORE|zmq.DONTWAIT)))
	show("SendMessage", first(a.SendMessage("3", "4")))
	show("RecvMessage", first(b.RecvMessage(0)))
	show("Send", first(a.Send("1", zmq.SNDMORE)))
	show("SendMessage of nothing", first(a.SendMessage([]string{})))
	show("SendMessage", first(a.SendMessage("one")))
	show("Recv", first(b.Recv(0)))
	show("GetRcvmore", first(b.GetRcvmore()))
	show("RecvMessage", first(b.RecvMessage(0)))
	show("GetRcvmore", first(b.GetRcvmore()))
	show("SendMessage", first(a.SendMessage("a", "b", "c", "d")))
	show("Recv", first(b.Recv(0)))
	show("RecvBytes", first(b.RecvBytes(0)))
	show("RecvMessageBytes", first(b.RecvMessageBytes(0)))
	show("Recv", first(b.Recv(zmq.DONTWAIT)))
	show("SendMessage", first(a.SendMessage("a", "b")))
	show("Recv", first(b.Recv(0)))
	show("Recv", first(b.Recv(0)))
	show("GetRcvmore", first(b.GetRcvmore()))
	show("Send", first(a.Send("0", 0)))
	show("SendMessage", first(a.SendMessage("1")))
	show("RecvMessage", first(b.RecvMessage(0)))
	show("RecvMessage", first(b.RecvMessage(0)))
	req, rep := pair(ctx, zmq.REP, zmq.REQ, "y")
	req, rep = rep, req
	show("Recv out of turn", first(req.Recv(zmq.DONTWAIT)))
	show("Send out of turn", first(rep.Send("x", zmq.DONTWAIT)))
	show("SendMessage out of turn", first(rep.SendMessage("x", "y")))
	show("Send", first(req.Send("q", 0)))
	show("Send twice", first(req.Send("q", 0)))
	show("RecvMessage", first(rep.RecvMessage(0)))
	show("SendMessage", first(rep.SendMessage("a", "b")))
	show("RecvMessage", first(req.RecvMessage(0)))
	push, pull := pair(ctx, zmq.PULL, zmq.PUSH, "z")
	push, pull = pull, push
	show("Recv of a PUSH", first(push.Recv(zmq.DONTWAIT)))
	show("Send of a PULL", first(pull.Send("x", zmq.DONTWAIT)))
	show("SendMessage of a PULL", first(pull.SendMessage("x")))
	for _, s := range []*zmq.Socket{a, b, req, rep, push, pull} {
		check(s.Close())
	}
	show("Term", ctx.Term())
}

func wouldBlock() {
	ctx := context()
	s := socket(ctx, zmq.DEALER)
	show("Recv", first(s.Recv(zmq.DONTWAIT)))
	show("RecvBytes", first(s.RecvBytes(zmq.DONTWAIT)))
	show("RecvMessage", first(s.RecvMessage(zmq.DONTWAIT)))
	show("RecvMessageBytes", first(s.RecvMessageBytes(zmq.DONTWAIT)))
	show("Send", first(s.Send("x", zmq.DONTWAIT)))
	show("SendBytes", first(s.SendBytes([]byte("x"), zmq.DONTWAIT)))
	show("SendMessageDontwait", first(s.SendMessageDontwait("x", "y")))
	m, meta, err := s.RecvWithMetadata(zmq.DONTWAIT, "Socket-Type")
	show("RecvWithMetadata", m, meta, err)
	ms, meta, err := s.RecvMessageWithMetadata(zmq.DONTWAIT)
	show("RecvMessageWithMetadata", ms, meta, err)
	e, addr, v, err := s.RecvEvent(zmq.DONTWAIT)
	show("RecvEvent", e, addr, v, err)
	check(s.SetRcvtimeo(time.Millisecond))
	check(s.SetSndtimeo(time.Millisecond))
	_, err = s.Recv(0)
	show("Recv", err, err == zmq.Errno(syscall.EAGAIN), zmq.AsErrno(err) == zmq.Errno(syscall.EAGAIN), err.Error() == "resource temporarily unavailable")
	show("Send", first(s.Send("x", 0)))
	show("SendMessage", first(s.SendMessage("x", "y")))
	show("RecvMessage", first(s.RecvMessage(0)))
	router := socket(ctx, zmq.ROUTER)
	check(router.SetRouterMandatory(1))
	show("SendMessage to nobody", first(router.SendMessage("nobody", "x")))
	show("Send to nobody", first(router.Send("nobody", zmq.SNDMORE)))
	check(s.Close())
	check(router.Close())
	show("Term", ctx.Term())
}

func metadata() {
	ctx := context()
	a, b := socket(ctx, zmq.DEALER), socket(ctx, zmq.DEALER)
	check(a.SetIdentity("me"))
	check(b.Bind("tcp://127.0.0.1:*"))
	end, err := b.GetLastEndpoint()
	check(err)
	check(a.Connect(end))
	names := []string{"Socket-Type", "Identity", "Peer-Address", "User-Id", "Nonsense", ""}
	for i := 0; i < 4; i++ {
		check1(a.SendMessage("first", "second"))
	}
	m, meta, err := b.RecvWithMetadata(0, names...)
	show("RecvWithMetadata", m, meta, err)
	p, meta, err := b.RecvBytesWithMetadata(0, names...)
	show("RecvBytesWithMetadata", p, meta, err)
	ms, meta, err := b.RecvMessageWithMetadata(0, names...)
	show("RecvMessageWithMetadata", ms, meta, err)
	ps, meta, err := b.RecvMessageBytesWithMetadata(0, names...)
	show("RecvMessageBytesWithMetadata", ps, meta, err)
	m, meta, err = b.RecvWithMetadata(0)
	show("RecvWithMetadata of none", m, meta, err)
	ms, meta, err = b.RecvMessageWithMetadata(0, "Identity")
	show("RecvMessageWithMetadata of the rest", ms, meta, err)
	check(a.Close())
	check(b.Close())
	show("Term", ctx.Term())
}

func check1(_ interface{}, err error) { check(err) }

func endpoints() {
	ctx := context()
	for _, end := range []string{"", "x", "://", "tcp://", "tcp://*", "tcp://*:", "tcp://*:x", "tcp://*:70000", "tcp://nonsense:1", "tcp://:5555",
		"TCP://*:1", "foo://x", "inproc://", "inproc://a", "inproc://a", "ipc://", "ipc:///no/such/folder/x", "tcp://127.0.0.1:*", "tcp://1.2.3.4:5", "udp://127.0.0.1:5", "pgm://x", "tipc://{1,2,3}"} {
		s := socket(ctx, zmq.REP)
		show("Bind "+end, s.Bind(end))
		if end != "inproc://a" {
			check(s.Close())
		}
	}
	for _, end := range []string{"", "x", "://", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://*:1", "tcp://127.0.0.1:x", "tcp://127.0.0.1:70000", "tcp://127.0.0.1:0",
		"TCP://127.0.0.1:1", "foo://x", "inproc://", "inproc://later", "ipc://", "ipc:///no/such/folder/x", "udp://127.0.0.1:5"} {
		s := socket(ctx, zmq.REQ)
		show("Connect "+end, s.Connect(end))
		show("GetLastEndpoint", first(s.GetLastEndpoint()))
		check(s.Close())
	}
	s := socket(ctx, zmq.DEALER)
	for _, end := range []string{"", "x", "tcp://127.0.0.1:1", "inproc://nobody", "ipc:///tmp/x", "foo://x"} {
		show("Unbind "+end, s.Unbind(end))
		show("Disconnect "+end, s.Disconnect(end))
	}
	check(s.Bind("tcp://127.0.0.1:*"))
	last, err := s.GetLastEndpoint()
	check(err)
	show("Unbind", s.Unbind(last))
	show("Unbind again", s.Unbind(last))
	check(s.Connect("tcp://127.0.0.1:1"))
	show("Disconnect", s.Disconnect("tcp://127.0.0.1:1"))
	show("Disconnect again", s.Disconnect("tcp://127.0.0.1:1"))
	check(s.Bind("inproc://twice"))
	show("Bind twice", s.Bind("inproc://twice"))
	show("Unbind", s.Unbind("inproc://twice"))
	show("Unbind again", s.Unbind("inproc://twice"))
	check(s.Close())
}
