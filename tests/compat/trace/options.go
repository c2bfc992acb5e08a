//go:build pebbe

package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	scenarios["late marks"] = lateMarks
	scenarios["option defaults"] = optionDefaults
	scenarios["number options"] = numberOptions
	scenarios["flag options"] = flagOptions
	scenarios["time options"] = timeOptions
	scenarios["text options"] = textOptions
	scenarios["curve options"] = curveOptions
	scenarios["option effects"] = optionEffects
}

var numbers = []struct {
	name string
	set  func(*zmq.Socket, int) error
	get  func(*zmq.Socket) (int, error)
}{
	{"Sndhwm", (*zmq.Socket).SetSndhwm, (*zmq.Socket).GetSndhwm},
	{"Rcvhwm", (*zmq.Socket).SetRcvhwm, (*zmq.Socket).GetRcvhwm},
	{"Rate", (*zmq.Socket).SetRate, (*zmq.Socket).GetRate},
	{"Sndbuf", (*zmq.Socket).SetSndbuf, (*zmq.Socket).GetSndbuf},
	{"Rcvbuf", (*zmq.Socket).SetRcvbuf, (*zmq.Socket).GetRcvbuf},
	{"Backlog", (*zmq.Socket).SetBacklog, (*zmq.Socket).GetBacklog},
	{"MulticastHops", (*zmq.Socket).SetMulticastHops, (*zmq.Socket).GetMulticastHops},
	{"RouterMandatory", (*zmq.Socket).SetRouterMandatory, nil},
	{"RouterRaw", (*zmq.Socket).SetRouterRaw, nil},
	{"ProbeRouter", (*zmq.Socket).SetProbeRouter, nil},
	{"XpubVerbose", (*zmq.Socket).SetXpubVerbose, nil},
	{"ReqCorrelate", (*zmq.Socket).SetReqCorrelate, nil},
	{"ReqRelaxed", (*zmq.Socket).SetReqRelaxed, nil},
	{"TcpKeepalive", (*zmq.Socket).SetTcpKeepalive, (*zmq.Socket).GetTcpKeepalive},
	{"TcpKeepaliveIdle", (*zmq.Socket).SetTcpKeepaliveIdle, (*zmq.Socket).GetTcpKeepaliveIdle},
	{"TcpKeepaliveCnt", (*zmq.Socket).SetTcpKeepaliveCnt, (*zmq.Socket).GetTcpKeepaliveCnt},
	{"TcpKeepaliveIntvl", (*zmq.Socket).SetTcpKeepaliveIntvl, (*zmq.Socket).GetTcpKeepaliveIntvl},
	{"PlainServer", (*zmq.Socket).SetPlainServer, (*zmq.Socket).GetPlainServer},
	{"CurveServer", (*zmq.Socket).SetCurveServer, nil},
	{"Tos", (*zmq.Socket).SetTos, (*zmq.Socket).GetTos},
	{"XpubManual", (*zmq.Socket).SetXpubManual, nil},
	{"StreamNotify", (*zmq.Socket).SetStreamNotify, nil},
	{"InvertMatching", (*zmq.Socket).SetInvertMatching, (*zmq.Socket).GetInvertMatching},
	{"XpubVerboser", (*zmq.Socket).SetXpubVerboser, nil},
	{"MulticastMaxtpdu", (*zmq.Socket).SetMulticastMaxtpdu, (*zmq.Socket).GetMulticastMaxtpdu},
	{"UseFd", (*zmq.Socket).SetUseFd, (*zmq.Socket).Getusefd},
}

var flags = []struct {
	name string
	set  func(*zmq.Socket, bool) error
	get  func(*zmq.Socket) (bool, error)
}{
	{"Ipv6", (*zmq.Socket).SetIpv6, (*zmq.Socket).GetIpv6},
	{"Immediate", (*zmq.Socket).SetImmediate, (*zmq.Socket).GetImmediate},
	{"Conflate", (*zmq.Socket).SetConflate, nil},
	{"RouterHandover", (*zmq.Socket).SetRouterHandover, nil},
	{"XpubNodrop", (*zmq.Socket).SetXpubNodrop, nil},
}

var times = []struct {
	name string
	set  func(*zmq.Socket, time.Duration) error
	get  func(*zmq.Socket) (time.Duration, error)
}{
	{"RecoveryIvl", (*zmq.Socket).SetRecoveryIvl, (*zmq.Socket).GetRecoveryIvl},
	{"Linger", (*zmq.Socket).SetLinger, (*zmq.Socket).GetLinger},
	{"ReconnectIvl", (*zmq.Socket).SetReconnectIvl, (*zmq.Socket).GetReconnectIvl},
	{"ReconnectIvlMax", (*zmq.Socket).SetReconnectIvlMax, (*zmq.Socket).GetReconnectIvlMax},
	{"Rcvtimeo", (*zmq.Socket).SetRcvtimeo, (*zmq.Socket).GetRcvtimeo},
	{"Sndtimeo", (*zmq.Socket).SetSndtimeo, (*zmq.Socket).GetSndtimeo},
	{"HandshakeIvl", (*zmq.Socket).SetHandshakeIvl, (*zmq.Socket).GetHandshakeIvl},
	{"HeartbeatIvl", (*zmq.Socket).SetHeartbeatIvl, nil},
	{"HeartbeatTtl", (*zmq.Socket).SetHeartbeatTtl, nil},
	{"HeartbeatTimeout", (*zmq.Socket).SetHeartbeatTimeout, nil},
	{"ConnectTimeout", (*zmq.Socket).SetConnectTimeout, (*zmq.Socket).GetConnectTimeout},
	{"TcpMaxrt", (*zmq.Socket).SetTcpMaxrt, (*zmq.Socket).GetTcpMaxrt},
	{"VmciConnectTimeout", (*zmq.Socket).SetVmciConnectTimeout, (*zmq.Socket).GetVmciConnectTimeout},
}

var longs = []struct {
	name string
	set  func(*zmq.Socket, uint64) error
	get  func(*zmq.Socket) (uint64, error)
}{
	{"Affinity", (*zmq.Socket).SetAffinity, (*zmq.Socket).GetAffinity},
	{"VmciBufferSize", (*zmq.Socket).SetVmciBufferSize, (*zmq.Socket).GetVmciBufferSize},
	{"VmciBufferMinSize", (*zmq.Socket).SetVmciBufferMinSize, (*zmq.Socket).GetVmciBufferMinSize},
	{"VmciBufferMaxSize", (*zmq.Socket).SetVmciBufferMaxSize, (*zmq.Socket).GetVmciBufferMaxSize},
}

var texts = []struct {
	name string
	set  func(*zmq.Socket, string) error
	get  func(*zmq.Socket) (string, error)
}{
	{"Identity", (*zmq.Socket).SetIdentity, (*zmq.Socket).GetIdentity},
	{"Subscribe", (*zmq.Socket).SetSubscribe, nil},
	{"Unsubscribe", (*zmq.Socket).SetUnsubscribe, nil},
	{"TcpAcceptFilter", (*zmq.Socket).SetTcpAcceptFilter, nil},
	{"PlainUsername", (*zmq.Socket).SetPlainUsername, (*zmq.Socket).GetPlainUsername},
	{"PlainPassword", (*zmq.Socket).SetPlainPassword, (*zmq.Socket).GetPlainPassword},
	{"ZapDomain", (*zmq.Socket).SetZapDomain, (*zmq.Socket).GetZapDomain},
	{"ConnectRid", (*zmq.Socket).SetConnectRid, nil},
	{"SocksProxy", (*zmq.Socket).SetSocksProxy, (*zmq.Socket).GetSocksProxy},
	{"XpubWelcomeMsg", (*zmq.Socket).SetXpubWelcomeMsg, nil},
	{"CurvePublickey", (*zmq.Socket).SetCurvePublickey, (*zmq.Socket).GetCurvePublickeykeyZ85},
	{"CurveSecretkey", (*zmq.Socket).SetCurveSecretkey, (*zmq.Socket).GetCurveSecretkeyZ85},
	{"CurveServerkey", (*zmq.Socket).SetCurveServerkey, (*zmq.Socket).GetCurveServerkeyZ85},
}

var types = []zmq.Type{zmq.PAIR, zmq.PUB, zmq.SUB, zmq.REQ, zmq.REP, zmq.DEALER, zmq.ROUTER, zmq.PULL, zmq.PUSH, zmq.XPUB, zmq.XSUB, zmq.STREAM}

// overTypes calls f with a new socket of each type.
func overTypes(f func(*zmq.Socket, zmq.Type)) {
	ctx := context()
	for _, t := range types {
		s := socket(ctx, t)
		f(s, t)
		check(s.Close())
	}
	check(ctx.Term())
}

func optionDefaults() {
	overTypes(func(s *zmq.Socket, t zmq.Type) {
		for _, o := range numbers {
			if o.get != nil {
				show(fmt.Sprintf("%v Get%s", t, o.name), first(o.get(s)))
			}
		}
		for _, o := range flags {
			if o.get != nil {
				show(fmt.Sprintf("%v Get%s", t, o.name), first(o.get(s)))
			}
		}
		for _, o := range times {
			if o.get != nil {
				show(fmt.Sprintf("%v Get%s", t, o.name), first(o.get(s)))
			}
		}
		for _, o := range longs {
			show(fmt.Sprintf("%v Get%s", t, o.name), first(o.get(s)))
		}
		for _, o := range texts {
			if o.get != nil {
				show(fmt.Sprintf("%v Get%s", t, o.name), first(o.get(s)))
			}
		}
		show(fmt.Sprintf("%v Maxmsgsize", t), first(s.GetMaxmsgsize()))
		show(fmt.Sprintf("%v GetMechanism", t), first(s.GetMechanism()))
		show(fmt.Sprintf("%v GetRcvmore", t), first(s.GetRcvmore()))
		show(fmt.Sprintf("%v GetLastEndpoint", t), first(s.GetLastEndpoint()))
		show(fmt.Sprintf("%v Raw", t), first(s.GetCurvePublickeyRaw()), first(s.GetCurveSecretkeyRaw()), first(s.GetCurveServerkeyRaw()))
	})
}

func numberOptions() {
	overTypes(func(s *zmq.Socket, t zmq.Type) {
		for _, o := range numbers {
			for _, v := range []int{-2, -1, 0, 1, 2, 100, math.MaxInt32} {
				if o.name == "RouterRaw" && v > 0 || o.name == "UseFd" {
					continue
				}
				show(fmt.Sprintf("%v Set%s(%d)", t, o.name, v), o.set(s, v))
				if o.get != nil {
					show("Get", first(o.get(s)))
				}
			}
		}
		for _, o := range longs {
			for _, v := range []uint64{0, 1, math.MaxUint64} {
				show(fmt.Sprintf("%v Set%s(%d)", t, o.name, v), o.set(s, v))
				show("Get", first(o.get(s)))
			}
		}
		for _, v := range []int64{-2, -1, 0, 1, 64, math.MaxInt64, math.MinInt64} {
			show(fmt.Sprintf("%v SetMaxmsgsize(%d)", t, v), s.SetMaxmsgsize(v))
			show("Get", first(s.GetMaxmsgsize()))
		}
	})
}

func flagOptions() {
	overTypes(func(s *zmq.Socket, t zmq.Type) {
		for _, o := range flags {
			for _, v := range []bool{true, false} {
				show(fmt.Sprintf("%v Set%s(%v)", t, o.name, v), o.set(s, v))
				if o.get != nil {
					show("Get", first(o.get(s)))
				}
			}
		}
	})
}

func timeOptions() {
	overTypes(func(s *zmq.Socket, t zmq.Type) {
		for _, o := range times {
			for _, v := range []time.Duration{-1, 0, 1, time.Microsecond, 1999 * time.Microsecond, time.Second, -time.Millisecond, -time.Second, -2 * time.Millisecond, -2, 6553599 * time.Millisecond, 6553600 * time.Millisecond, math.MaxInt32 * time.Millisecond} {
				show(fmt.Sprintf("%v Set%s(%v)", t, o.name, v), o.set(s, v))
				if o.get != nil {
					show("Get", first(o.get(s)))
				}
			}
		}
	})
}

func textOptions() {
	overTypes(func(s *zmq.Socket, t zmq.Type) {
		for _, o := range texts {
			for _, v := range []string{"", "a", "a\x00b", "a\x00", "\x00", "127.0.0.1", strings.Repeat("x", 31), strings.Repeat("x", 32), strings.Repeat("x", 40), strings.Repeat("x", 41), strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("x", 2000), ""} {
				show(fmt.Sprintf("%v Set%s(%.10q of %d)", t, o.name, v, len(v)), o.set(s, v))
				if o.get != nil {
					show("Get", first(o.get(s)))
				}
				show("GetMechanism", first(s.GetMechanism()))
			}
		}
	})
}

// The keys of ØMQ's own manual.
const (
	publicKey = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
	secretKey = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
)

func curveOptions() {
	ctx := context()
	s := socket(ctx, zmq.DEALER)
	show("SetCurveServerkey", s.SetCurveServerkey(publicKey))
	show("GetMechanism", first(s.GetMechanism()))
	show("SetCurvePublickey", s.SetCurvePublickey(publicKey))
	show("SetCurveSecretkey", s.SetCurveSecretkey(secretKey))
	show("Get", first(s.GetCurvePublickeykeyZ85()), first(s.GetCurveSecretkeyZ85()), first(s.GetCurveServerkeyZ85()))
	show("Get", first(s.GetCurvePublickeyRaw()), first(s.GetCurveSecretkeyRaw()), first(s.GetCurveServerkeyRaw()))
	show("SetCurveServer", s.SetCurveServer(1))
	show("GetMechanism", first(s.GetMechanism()))
	show("SetCurveServer", s.SetCurveServer(0))
	show("GetMechanism", first(s.GetMechanism()))
	raw := zmq.Z85decode(publicKey)
	show("SetCurvePublickey of raw bytes", s.SetCurvePublickey(raw))
	show("Get", first(s.GetCurvePublickeykeyZ85()), first(s.GetCurvePublickeyRaw()))
	show("ServerAuthNull", s.ServerAuthNull("d"), first(s.GetMechanism()), first(s.GetZapDomain()))
	show("ServerAuthPlain", s.ServerAuthPlain("e"), first(s.GetMechanism()), first(s.GetZapDomain()), first(s.GetPlainServer()))
	show("ServerAuthCurve", s.ServerAuthCurve("f", secretKey), first(s.GetMechanism()), first(s.GetZapDomain()))
	show("ServerAuthNull", s.ServerAuthNull(""), first(s.GetMechanism()), first(s.GetZapDomain()), first(s.GetPlainServer()))
	show("ServerAuthPlain", s.ServerAuthPlain(""), first(s.GetMechanism()), first(s.GetZapDomain()))
	show("ServerAuthCurve", s.ServerAuthCurve("", "short"), first(s.GetMechanism()), first(s.GetZapDomain()))
	c := socket(ctx, zmq.DEALER)
	show("ClientAuthPlain", c.ClientAuthPlain("u", "p"), first(c.GetMechanism()), first(c.GetPlainUsername()), first(c.GetPlainPassword()))
	show("ClientAuthPlain", c.ClientAuthPlain("", "p"), first(c.GetMechanism()), first(c.GetPlainUsername()), first(c.GetPlainPassword()))
	show("ClientAuthPlain", c.ClientAuthPlain("u", ""), first(c.GetMechanism()), first(c.GetPlainUsername()), first(c.GetPlainPassword()))
	show("ClientAuthCurve", c.ClientAuthCurve(publicKey, publicKey, secretKey), first(c.GetMechanism()))
	show("ClientAuthCurve", c.ClientAuthCurve("x", publicKey, secretKey), first(c.GetMechanism()))
	check(s.Close())
	check(c.Close())
	check(ctx.Term())
	pub, sec, err := zmq.NewCurveKeypair()
	show("NewCurveKeypair", len(pub), len(sec), err)
	derived, err := zmq.AuthCurvePublic(sec)
	show("AuthCurvePublic", derived == pub, err)
	show("AuthCurvePublic", first(zmq.AuthCurvePublic(secretKey)))
	for _, key := range []string{"", strings.Repeat("x", 41), strings.Repeat("~", 40), strings.Repeat("#", 40)} {
		show(fmt.Sprintf("AuthCurvePublic(%q)", key), first(zmq.AuthCurvePublic(key)))
	}
	show("Z85", zmq.Z85encode("\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b"), zmq.Z85decode("HelloWorld"))
	for _, s := range []string{"~~~~~", "     ", "#####", "\x00\xff123", "ab\"\\'"} {
		show(fmt.Sprintf("Z85decode(%q)", s), zmq.Z85decode(s))
	}
	for _, s := range []string{"1", "123", "123456"} {
		show(fmt.Sprintf("Z85 of %q", s), panics(func() { zmq.Z85encode(s) }), panics(func() { zmq.Z85decode(s) }))
	}
	for _, kv := range [][2]string{{"k", "v"}, {"", ""}, {strings.Repeat("k", 255), "v"}, {strings.Repeat("k", 256), "v"}} {
		b, err := zmq.AuthMetaBlob(kv[0], kv[1])
		if len(b) > 100 {
			b = b[250:]
		}
		show("AuthMetaBlob", b, err)
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// optionEffects finds that options do what they say.
func optionEffects() {
	ctx := context()
	filtersOf(ctx)
	fullQueues(ctx)
	conflated(ctx)
	probed(ctx)
	relaxedRequests(ctx)
	namedStreams(ctx)
}

// filtersOf subscribes and cancels, by short and long filters, and as a manual publisher.
func filtersOf(ctx *zmq.Context) {
	pub, sub := pair(ctx, zmq.XPUB, zmq.SUB, "pub")
	check(sub.SetSubscribe("a"))
	show("subscription", first(pub.Recv(0)))
	check(sub.SetSubscribe("b"))
	show("subscription", first(pub.Recv(0)))
	check(sub.SetUnsubscribe("a"))
	show("cancellation", first(pub.Recv(0)))
	check(sub.SetUnsubscribe("unknown"))
	for _, m := range []string{"a1", "b1", "c1", "b2"} {
		check1(pub.Send(m, 0))
	}
	show("Recv", first(sub.Recv(0)))
	show("Recv", first(sub.Recv(0)))
	long := strings.Repeat("l", 5000)
	check(sub.SetSubscribe(long))
	show("long subscription", func() int { p, err := pub.RecvBytes(0); check(err); return len(p) }())
	check1(pub.SendMessage(long, "x"))
	show("RecvMessage", func() int { m, err := sub.RecvMessage(0); check(err); return len(m[0]) }())
	show("SetSubscribe of a PUB", pub.SetSubscribe("x"))
	check(pub.SetXpubManual(1))
	show("SetSubscribe of a manual one", pub.SetSubscribe("x"))
}

// fullQueues fills a queue to its high-water marks, and empties it.
func fullQueues(ctx *zmq.Context) {
	push, pull := socket(ctx, zmq.PUSH), socket(ctx, zmq.PULL)
	check(push.SetSndhwm(2))
	check(pull.SetRcvhwm(2))
	check(push.Bind("inproc://hwm"))
	check(pull.Connect("inproc://hwm"))
	n := 0
	for ; n < 100; n++ {
		if _, err := push.Send("x", zmq.DONTWAIT); err != nil {
			show("full", err)
			break
		}
	}
	show("messages", n)
	show("GetEvents", first(push.GetEvents()), first(pull.GetEvents()))
	check(pull.SetRcvtimeo(0))
	for i := 0; i < n; i++ {
		check1(pull.Recv(0))
	}
	show("Recv of an empty one", first(pull.Recv(0)))
}

// conflated has both ends keep the last message only.
func conflated(ctx *zmq.Context) {
	cpush, cpull := socket(ctx, zmq.PUSH), socket(ctx, zmq.PULL)
	check(cpush.SetConflate(true))
	check(cpull.SetConflate(true))
	check(cpull.Bind("inproc://conflate"))
	check(cpush.Connect("inproc://conflate"))
	for i := 0; i < 5; i++ {
		check1(cpush.Send(fmt.Sprint(i), 0))
	}
	show("conflated", first(cpull.Recv(0)))
}

// probed has a dealer announce itself to a router.
func probed(ctx *zmq.Context) {
	router, dealer := socket(ctx, zmq.ROUTER), socket(ctx, zmq.DEALER)
	check(dealer.SetIdentity("dealer"))
	check(router.Bind("tcp://127.0.0.1:*"))
	end, err := router.GetLastEndpoint()
	check(err)
	check(dealer.SetProbeRouter(1))
	check(dealer.Connect(end))
	show("probe", first(router.RecvMessage(0)))
	check1(router.SendMessage("dealer", "hi"))
	show("RecvMessage", first(dealer.RecvMessage(0)))
}

// relaxedRequests sends a request again before the reply to the first.
func relaxedRequests(ctx *zmq.Context) {
	req, rep := socket(ctx, zmq.REQ), socket(ctx, zmq.ROUTER)
	check(req.SetReqRelaxed(1))
	check(req.SetReqCorrelate(1))
	check(rep.Bind("inproc://relaxed"))
	check(req.Connect("inproc://relaxed"))
	check1(req.Send("1", 0))
	m, err := rep.RecvMessage(0)
	show("request", len(m), err)
	check1(req.Send("2", 0))
	m2, err := rep.RecvMessage(0)
	show("request", len(m2), err)
	check1(rep.SendMessage(m))
	check1(rep.SendMessage(m2))
	show("reply", first(req.Recv(0)))
}

// namedStreams connects a stream by a name of its own.
func namedStreams(ctx *zmq.Context) {
	stream := socket(ctx, zmq.STREAM)
	check(stream.Bind("tcp://127.0.0.1:*"))
	end, err := stream.GetLastEndpoint()
	check(err)
	other := socket(ctx, zmq.STREAM)
	check(other.SetConnectRid("other"))
	check(other.Connect(end))
	show("RecvMessage", func() string { m, err := other.RecvMessage(0); return fmt.Sprint(len(m), m[0] == "other", err) }())
	m, err := stream.RecvMessage(0)
	show("RecvMessage", len(m), len(m[0]), len(m[1]), err)
	check1(stream.SendMessage(m[0], "data"))
	show("RecvMessage", func() string { m, err := other.RecvMessage(0); return fmt.Sprint(len(m), m[1], err) }())
}

// lateMarks sets high-water marks once there are endpoints, as programs do, and ends with those that are there already.
func lateMarks() {
	ctx := context()
	for _, t := range []zmq.Type{zmq.PUSH, zmq.DEALER, zmq.PUB, zmq.SUB, zmq.PAIR} {
		s := socket(ctx, t)
		check(s.Bind("tcp://127.0.0.1:*"))
		for _, n := range []int{100, 0, -1, 1000, 7} {
			show(fmt.Sprintf("%v SetSndhwm(%d)", t, n), s.SetSndhwm(n), first(s.GetSndhwm()))
			show(fmt.Sprintf("%v SetRcvhwm(%d)", t, n), s.SetRcvhwm(n), first(s.GetRcvhwm()))
		}
		check(s.Close())
		show("closed", s.SetSndhwm(1), first(s.GetSndhwm()))
	}
	show("Term", ctx.Term())
}
