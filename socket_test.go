package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSocketPatterns has each pair of types that belongs together exchange messages, with either end bound.
func TestSocketPatterns(t *testing.T) {
	both := func(t *testing.T, a, b *Socket) {
		sendText(t, a, "1", "", "2")
		expectText(t, b, "1", "", "2")
		sendText(t, b, "3")
		expectText(t, a, "3")
	}
	there := func(t *testing.T, a, b *Socket) {
		sendText(t, a, "1", "", "2")
		sendText(t, a, "")
		expectText(t, b, "1", "", "2")
		expectText(t, b, "")
	}
	publish := func(t *testing.T, pub, sub *Socket) {
		if sub.Type() == Sub {
			set(t, sub, Subscribe("a"))
		} else {
			sendText(t, sub, "\x01a")
		}
		if pub.Type() == XPub {
			// A subscriber that is bound is notified of a new publisher when it looks: Poll looks at both.
			if _, err := Poll([]PollItem{{Socket: pub, Events: PollIn}, {Socket: sub, Events: PollIn}}, patience); err != nil {
				t.Fatal(err)
			}
			expectText(t, pub, "\x01a")
		}
		awaitSubscription(t, pub, sub, "a")
		sendText(t, pub, "b", "not this")
		sendText(t, pub, "abc", "", "this")
		expectText(t, sub, "abc", "", "this")
	}
	for _, p := range []struct {
		a, b SocketType
		run  func(t *testing.T, a, b *Socket)
	}{
		{Pair, Pair, both},
		{Dealer, Dealer, both},
		{Push, Pull, there},
		{Pub, Sub, publish}, {XPub, Sub, publish}, {Pub, XSub, publish}, {XPub, XSub, publish},
		{Req, Rep, both},
		{Dealer, Rep, func(t *testing.T, dealer, rep *Socket) {
			sendText(t, dealer, "", "1", "2")
			expectText(t, rep, "1", "2")
			sendText(t, rep, "3", "4")
			expectText(t, dealer, "", "3", "4")
		}},
		{Req, Router, func(t *testing.T, req, router *Socket) {
			sendText(t, req, "1", "2")
			got := recvText(t, router)
			if len(got) != 4 || got[1] != "" || got[2] != "1" || got[3] != "2" {
				t.Fatalf("the router got %q", got)
			}
			sendText(t, router, got[0], "", "3")
			expectText(t, req, "3")
		}},
		{Dealer, Router, func(t *testing.T, dealer, router *Socket) {
			for i := range 3 {
				sendText(t, dealer, fmt.Sprint(i))
			}
			for i := range 3 {
				got := recvText(t, router)
				if len(got) != 2 || got[1] != fmt.Sprint(i) {
					t.Fatalf("the router got %q", got)
				}
				sendText(t, router, got[0], "answer", got[1])
			}
			for i := range 3 {
				expectText(t, dealer, "answer", fmt.Sprint(i))
			}
		}},
	} {
		t.Run(p.a.String()+" "+p.b.String(), func(t *testing.T) {
			overTransports(t, func(t *testing.T, transport string) {
				a, b := newPair(t, p.a, p.b, transport)
				p.run(t, a, b)
				b, a = newPair(t, p.b, p.a, transport)
				p.run(t, a, b)
			})
		})
	}
}

// TestSocketUnsubscribe: an xpub is notified of the first subscription to a topic and of the last one that goes.
func TestSocketUnsubscribe(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		xpub, xsub := newTestSocket(t, c, XPub), newTestSocket(t, c, XSub)
		endpoint := bindTo(t, xpub, transport)
		connectTo(t, xsub, endpoint)
		sendText(t, xsub, "\x01topic")
		expectText(t, xpub, "\x01topic")
		sendText(t, xsub, "\x00topic")
		expectText(t, xpub, "\x00topic")
		sub := newTestSocket(t, c, Sub, Subscribe("x"))
		connectTo(t, sub, endpoint)
		expectText(t, xpub, "\x01x")
		sub.Close()
		expectText(t, xpub, "\x00x")
	})
}

// TestSocketUnbindDisconnect: they end what Bind and Connect began, and what was queued for others stays.
func TestSocketUnbindDisconnect(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
		endpoint := bindTo(t, pull, transport)
		connectTo(t, push, endpoint)
		sendText(t, push, "x")
		expectText(t, pull, "x")
		err := push.Disconnect(endpoint)
		if !needs(t, Version{3, 2, 0}, err) {
			needs(t, Version{3, 2, 0}, pull.Unbind(endpoint))
			return
		}
		if transport == "inproc" && !engineFrom(4, 0, 0) {
			needsRealEngine(t, from40, "an inproc endpoint cannot be left")
			needsEngine(t, Version{4, 0, 0}, "an inproc endpoint cannot be left before", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "nobody is there to send to", func() bool {
			_, err := push.Send([]byte("lost"), DontWait)
			return errors.Is(err, ErrWouldBlock)
		})
		wantError(t, push.Disconnect(endpoint), []error{ENOENT}, "disconnect "+endpoint)
		needsRealEngine(t, from40, wildcardNames)
		if err := pull.Unbind(endpoint); err != nil {
			t.Fatal(err)
		}
		wantError(t, pull.Unbind(endpoint), []error{ENOENT}, "unbind "+endpoint)
		again := newTestSocket(t, c, Pull)
		eventually(t, "the endpoint is free", func() bool { return again.Bind(endpoint) == nil })
		connectTo(t, push, endpoint)
		sendText(t, push, "y")
		expectText(t, again, "y")
	})
}

// TestSocketManyEndpoints: one socket bound and connected to several.
func TestSocketManyEndpoints(t *testing.T) {
	c := newTestContext(t)
	pull := newTestSocket(t, c, Pull)
	want := map[string]bool{}
	for i, transport := range append(transports, transports...) {
		push := newTestSocket(t, c, Push)
		if i < len(transports) {
			connectTo(t, push, bindTo(t, pull, transport))
		} else {
			connectTo(t, pull, bindTo(t, push, transport))
		}
		text := fmt.Sprint(transport, i)
		want[text] = true
		sendText(t, push, text)
	}
	got := map[string]bool{}
	for range want {
		got[recvText(t, pull)[0]] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSocketLastEndpoint names what was bound or connected last.
func TestSocketLastEndpoint(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Pull)
	if _, err := s.LastEndpoint(); !needs(t, Version{3, 2, 0}, err) {
		return
	}
	check := func(want string) {
		t.Helper()
		if got, err := s.LastEndpoint(); got != want || err != nil {
			t.Errorf("the last endpoint is %q (%v), want %q", got, err, want)
		}
	}
	check("")
	for _, transport := range transports {
		endpoint := freeEndpoint(t, transport)
		if err := s.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
		check(endpoint)
	}
	dir := shortDir(t)
	t.Setenv("TMPDIR", dir) // where the engine makes one up
	if err := s.Bind("ipc://*"); err != nil {
		t.Fatal(err)
	}
	wild, err := s.LastEndpoint()
	if err != nil || !strings.HasPrefix(wild, "ipc://"+dir) && engineFrom(4, 2, 0) { // older ones take the working directory
		t.Errorf("the wildcard became %q, %v", wild, err)
	}
	needsRealEngine(t, from40, wildcardNames)
	if err := s.Unbind(wild); err != nil {
		t.Error(err)
	}
}

// TestSocketEvents: what a socket is ready for.
func TestSocketEvents(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc", SendHWM(1), RecvHWM(1))
	check := func(s *Socket, want PollEvents) {
		t.Helper()
		if got, err := s.Events(); got != want || err != nil {
			t.Errorf("%v is ready for %v (%v), want %v", s.Type(), got, err, want)
		}
	}
	check(pull, 0)
	check(push, PollOut)
	sendText(t, push, "1")
	check(pull, PollIn)
	sendText(t, push, "2")
	check(push, 0)
	expectText(t, pull, "1")
	expectText(t, pull, "2")
	check(pull, 0)
	eventually(t, "there is room again", func() bool { ev, err := push.Events(); return ev == PollOut && err == nil })
}

// TestSocketRouterMandatory: a message for nobody fails, all of it, and the next one is not touched.
func TestSocketRouterMandatory(t *testing.T) {
	c := newTestContext(t)
	router := newTestSocket(t, c, Router)
	if !needs(t, Version{3, 2, 0}, router.Set(RouterMandatory(true))) {
		return
	}
	dealer := newTestSocket(t, c, Dealer, Identity("known"))
	connectTo(t, dealer, bindTo(t, router, "tcp"))
	sendText(t, dealer, "hello")
	expectText(t, router, "known", "hello")
	unreachable := []error{EHOSTUNREACH}
	for name, send := range sendWays {
		err := send(router, [][]byte{[]byte("unknown"), []byte("known"), []byte("torn")})
		wantError(t, err, unreachable)
		if err := send(router, [][]byte{[]byte("known"), []byte(name), []byte("whole")}); err != nil {
			t.Fatalf("%s after a message for nobody: %v", name, err)
		}
		expectText(t, dealer, name, "whole")
		expectNothing(t, dealer)
	}
	for range 3 {
		if _, err := router.Send([]byte("known"), SndMore); err != nil {
			t.Fatal(err)
		}
		if _, err := router.Send([]byte("part by part"), 0); err != nil {
			t.Fatal(err)
		}
		expectText(t, dealer, "part by part")
		_, err := router.Send([]byte("unknown"), SndMore|DontWait)
		wantError(t, err, unreachable, "send", "router")
	}
}

// TestSocketReqRepGoesOn: a request that failed leaves the turn where it was.
func TestSocketReqRepGoesOn(t *testing.T) {
	c := newTestContext(t)
	req := newTestSocket(t, c, Req, SendTimeout(0))
	for range 3 {
		wantError(t, req.SendParts(context.Background(), []byte("1"), []byte("2")), isWouldBlock)
	}
	rep := newTestSocket(t, c, Rep)
	connectTo(t, req, bindTo(t, rep, "inproc"))
	for i := range 10 {
		sendText(t, req, fmt.Sprint("question ", i), "part")
		wantError(t, sendOne(req), []error{EFSM})
		expectText(t, rep, fmt.Sprint("question ", i), "part")
		wantError(t, recvOne(rep), []error{EFSM})
		cancelled, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := req.RecvParts(cancelled)
		wantError(t, err, []error{context.Canceled})
		sendText(t, rep, fmt.Sprint("answer ", i))
		expectText(t, req, fmt.Sprint("answer ", i))
	}
}

// TestSocketManySenders: messages of goroutines that share a socket stay whole and in each one's order.
func TestSocketManySenders(t *testing.T) {
	const senders, each = 8, 100
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport, SendHWM(10), RecvHWM(10))
		var all sync.WaitGroup
		for g := range senders {
			all.Add(1)
			go func() {
				defer all.Done()
				for i := range each {
					id, n := []byte{byte(g)}, []byte{byte(i)}
					if err := push.SendParts(context.Background(), id, n, id); err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		next := make([]int, senders)
		for range senders * each {
			msg, err := pull.RecvParts(patient(t))
			if err != nil {
				t.Fatal(err)
			}
			if len(msg) != 3 || !bytes.Equal(msg[0], msg[2]) {
				t.Fatalf("a mixed message: %q", msg)
			}
			g := msg[0][0]
			if int(msg[1][0]) != next[g] {
				t.Fatalf("message %d of %d came when %d was due", msg[1][0], g, next[g])
			}
			next[g]++
		}
		all.Wait()
		expectNothing(t, pull)
	})
}

// TestSocketMessagesEnds: the loop ends with the error that ended it, or when it is left.
func TestSocketMessagesEnds(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	for i := range 5 {
		sendText(t, push, fmt.Sprint(i))
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var got []string
	for msg, err := range pull.Messages(ctx) {
		if err != nil {
			wantError(t, err, []error{context.Canceled})
			got = append(got, "end")
			continue // which is the last turn all the same
		}
		if got = append(got, string(msg[0])); len(got) == 3 {
			cancel()
		}
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "end"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for msg := range pull.Messages(context.Background()) {
		if string(msg[0]) != "3" {
			t.Errorf("received %q", msg)
		}
		break
	}
	expectText(t, pull, "4")
}
