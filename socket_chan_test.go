package zmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inHand opens a Chan on s and returns when it has taken a message out of the socket that nobody will receive from it.
func inHand(t testing.TB, s *Socket) (c *Chan, end func()) {
	t.Helper()
	s.st.mu.Lock()
	before, waiting := uint64(0), 0
	if h := s.st.handed; h != nil {
		before, waiting = h.taken, len(h.back)
	}
	s.st.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	c = s.Chan(ctx)
	eventually(t, "the Chan takes a message", func() bool {
		s.st.mu.Lock()
		defer s.st.mu.Unlock()
		h := s.st.handed
		return h != nil && (h.taken > before || len(h.back) < waiting)
	})
	return c, cancel
}

// stringsOf turns a message into texts.
func stringsOf(parts [][]byte) []string {
	var out []string
	for _, p := range parts {
		out = append(out, string(p))
	}
	return out
}

// wholeReceives receive a message each in another way.
var wholeReceives = map[string]func(s *Socket) ([]string, error){
	"RecvParts":      func(s *Socket) ([]string, error) { p, err := s.RecvParts(forever); return stringsOf(p), err },
	"TryRecvParts":   func(s *Socket) ([]string, error) { p, err := s.TryRecvParts(); return stringsOf(p), err },
	"AppendParts":    func(s *Socket) ([]string, error) { p, err := s.AppendParts(forever, nil); return stringsOf(p), err },
	"TryAppendParts": func(s *Socket) ([]string, error) { p, err := s.TryAppendParts(nil); return stringsOf(p), err },
	"RecvMsgs":       func(s *Socket) ([]string, error) { return textsOfMsgs(s.RecvMsgs(forever)) },
	"TryRecvMsgs":    func(s *Socket) ([]string, error) { return textsOfMsgs(s.TryRecvMsgs()) },
	"RecvRest":       func(s *Socket) ([]string, error) { p, err := s.RecvRest(forever, 0); return stringsOf(p), err },
	"Messages": func(s *Socket) ([]string, error) {
		for p, err := range s.Messages(forever) {
			return stringsOf(p), err
		}
		return nil, nil
	},
	"Chan": func(s *Socket) ([]string, error) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		return stringsOf(<-s.Chan(ctx).C), nil
	},
	"RecvBatch": func(s *Socket) ([]string, error) {
		b := mustGet(NewBatch(1))
		defer b.Close()
		_, err := s.RecvBatch(forever, b)
		return stringsOf(b.Message(0)), err
	},
	"TryRecvBatch": func(s *Socket) ([]string, error) {
		b := mustGet(NewBatch(1))
		defer b.Close()
		_, err := s.TryRecvBatch(b)
		return stringsOf(b.Message(0)), err
	},
	"Recv": func(s *Socket) (got []string, err error) {
		for more := true; more; {
			buf := make([]byte, 8)
			n, err := s.Recv(buf, DontWait)
			if err != nil {
				return got, err
			}
			got = append(got, string(buf[:n]))
			if more, err = RecvMore.Get(s); err != nil {
				return got, err
			}
		}
		return got, nil
	},
	"RecvMsg": func(s *Socket) (got []string, err error) {
		var m Message
		defer m.Close()
		for more := true; more; more = m.More() {
			if err := s.RecvMsg(&m, 0); err != nil {
				return got, err
			}
			got = append(got, m.String())
		}
		return got, nil
	},
	"RecvPart": func(s *Socket) (got []string, err error) {
		for more := true; more; {
			var p []byte
			if p, more, err = s.RecvPart(forever, 0); err != nil {
				return got, err
			}
			got = append(got, string(p))
		}
		return got, nil
	},
	"RecvPart and RecvRest": func(s *Socket) ([]string, error) {
		p, more, err := s.RecvPart(forever, 0)
		if err != nil || !more {
			return []string{string(p)}, err
		}
		rest, err := s.RecvRest(forever, DontWait)
		return append([]string{string(p)}, stringsOf(rest)...), err
	},
	"Recv and RecvMsgs by parts": func(s *Socket) ([]string, error) {
		buf := make([]byte, 8)
		n, err := s.Recv(buf, 0)
		if err != nil {
			return nil, err
		}
		got := []string{string(buf[:n])}
		if _, err := s.TryRecvParts(); !errors.Is(err, ErrWouldBlock) {
			if more, _ := RecvMore.Get(s); more {
				return got, fmt.Errorf("a whole message in the middle of another: %v", err)
			}
		}
		if more, err := s.GetsockoptInt(optRecvMore); more == 0 || err != nil {
			return got, err
		}
		rest, err := s.RecvRest(forever, 0)
		return append(got, stringsOf(rest)...), err
	},
}

func textsOfMsgs(msgs []*Message, err error) (out []string, _ error) {
	for _, m := range msgs {
		out = append(out, m.String())
		m.Close()
	}
	return out, err
}

// TestChanHandsBack: the message in hand when the context ends is the next that any receive gets, before those that came
// after it, and at once.
func TestChanHandsBack(t *testing.T) {
	for way, receive := range wholeReceives {
		if strings.HasSuffix(way, "by parts") {
			continue
		}
		for _, transport := range transports {
			t.Run(way+" over "+transport, func(t *testing.T) {
				in, out := newPair(t, Pull, Push, transport)
				want := [][]string{{"a", "", "c"}, {"b"}, {"d", strings.Repeat("x", 3)}}
				for _, m := range want {
					sendText(t, out, m...)
				}
				if transport != "inproc" { // all of them are there before it begins
					eventually(t, "all messages arrive", func() bool { return true })
				}
				c, end := inHand(t, in)
				end()
				for i, m := range want {
					if i > 0 {
						eventually(t, "the next message arrives", func() bool { ev, _ := in.Events(); return ev&PollIn != 0 })
					}
					got, err := receive(in)
					if diff := cmp.Diff(m, got); diff != "" || err != nil {
						t.Fatalf("message %d, %v (-want +got):\n%s", i, err, diff)
					}
				}
				expectNothing(t, in)
				if _, open := <-c.C; open {
					t.Error("a message over the Chan whose context has ended")
				}
				wantError(t, c.Err(), []error{context.Canceled}, "recv (pull)")
				if in.st.handed != nil && way != "Chan" {
					t.Error("the short ways of receiving are still closed")
				}
			})
		}
	}
}

// TestChanHandsBackByParts: whole messages wait while one that was handed back is received part by part.
func TestChanHandsBackByParts(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc")
	for range 2 {
		sendText(t, out, "a", "b", "c")
	}
	_, end := inHand(t, in)
	end()
	for range 2 {
		got, err := wholeReceives["Recv and RecvMsgs by parts"](in)
		if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" || err != nil {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	}
}

// TestChanHandsBackInOrder: several Chans hand back in the order in which the messages came, whichever ends first, also into
// the middle of a message that another goroutine receives part by part.
func TestChanHandsBackInOrder(t *testing.T) {
	for name, order := range map[string][]int{"first to last": {0, 1, 2}, "last to first": {2, 1, 0}, "mixed": {1, 2, 0}} {
		t.Run(name, func(t *testing.T) {
			in, out := newPair(t, Pull, Push, "inproc")
			var ends []func()
			for i := range 3 {
				sendText(t, out, fmt.Sprint(i), "more")
				_, end := inHand(t, in)
				ends = append(ends, end)
			}
			sendText(t, out, "3")
			ends[order[0]]()
			for _, i := range order[1:] {
				in.st.settle()
				ends[i]()
			}
			for i := range 3 {
				expectText(t, in, fmt.Sprint(i), "more")
			}
			expectText(t, in, "3")
		})
	}
	in, out := newPair(t, Pull, Push, "inproc")
	sendText(t, out, "0", "zero")
	_, end := inHand(t, in)
	sendText(t, out, "1", "one")
	_, end1 := inHand(t, in)
	end1()
	if p, _, err := in.RecvPart(patient(t), 0); string(p) != "1" || err != nil {
		t.Fatal(string(p), err)
	}
	end()
	if p, more, err := in.RecvPart(patient(t), 0); string(p) != "one" || more || err != nil {
		t.Fatalf("another message came between: %q, %v, %v", p, more, err)
	}
	expectText(t, in, "0", "zero")
}

// TestChanHandsBackBatch: a burst has what was handed back, as much as it holds.
func TestChanHandsBackBatch(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc")
	large := strings.Repeat("l", 5000)
	var ends []func()
	for i := range 3 {
		sendText(t, out, fmt.Sprint(i), large)
		_, end := inHand(t, in)
		ends = append(ends, end)
	}
	for _, end := range ends {
		end()
	}
	b := newTestBatch(t, 3)
	for _, want := range []int{2, 1} {
		if n, err := in.RecvBatch(patient(t), b); n != want || err != nil {
			t.Fatalf("%d messages, %v, want %d", n, err, want)
		}
		if p := b.Message(want - 1); len(p) != 2 || string(p[1]) != large {
			t.Fatalf("parts of other lengths: %d", len(p))
		}
	}
}

// TestChanHandsBackProperties: what the engine knows of a message is not lost on the way there and back.
func TestChanHandsBackProperties(t *testing.T) {
	needsAPI(t, from41, "it brought Message.Gets")
	in, out := newPair(t, Pull, Push, "tcp")
	sendText(t, out, "a", "b")
	_, end := inHand(t, in)
	end()
	msgs, err := in.RecvMsgs(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range msgs {
		if typ, err := m.Gets("Socket-Type"); typ != "PUSH" || err != nil {
			t.Errorf("%v says the peer is a %q, %v", m, typ, err)
		}
		m.Close()
	}
}

// TestChanReady: a message that was handed back is there for Events, Poll and Poller, at once, and wakes those who wait.
func TestChanReady(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc")
	looks := map[string]func() PollEvents{
		"Events":        func() PollEvents { return mustGet(in.Events()) },
		"GetsockoptInt": func() PollEvents { in.st.settle(); return PollEvents(mustGet(in.GetsockoptInt(optEvents))) },
		"Poll": func() PollEvents {
			items := []PollItem{{Socket: in, Events: PollIn}}
			mustGet(Poll(items, 0))
			return items[0].REvents
		},
		"Poller": func() PollEvents {
			p := mustGet(NewPoller())
			defer p.Close()
			must(p.Add(in, PollIn))
			ready := mustGet(p.TryWait())
			if len(ready) == 0 {
				return 0
			}
			return ready[0].Events
		},
	}
	for name, look := range looks {
		sendText(t, out, "x")
		_, end := inHand(t, in)
		if ev := look(); ev != 0 {
			t.Errorf("%s: %v while the message is in hand", name, ev)
		}
		end()
		if ev := look(); ev != PollIn {
			t.Errorf("%s: %v after the message was handed back", name, ev)
		}
		expectText(t, in, "x")
		if ev := look(); ev != 0 {
			t.Errorf("%s: %v after it was received", name, ev)
		}
	}
	sendText(t, out, "x")
	_, end := inHand(t, in)
	p := mustGet(NewPoller())
	defer p.Close()
	must(p.Add(in, PollIn))
	got := make(chan error, 1)
	go func() {
		_, err := p.Wait(patient(t))
		got <- err
	}()
	parkedOn(t, in, 1)
	end()
	if err := taken(t, "the Poller", got); err != nil {
		t.Error(err)
	}
	expectText(t, in, "x")
}

// TestChanWakesReceivers: those who wait for a message get the one that was handed back, each way of waiting.
func TestChanWakesReceivers(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		in, out := newPair(t, Pull, Push, transport)
		for range 20 {
			var ends []func()
			for i := range 2 {
				sendText(t, out, fmt.Sprint(i))
				_, end := inHand(t, in)
				ends = append(ends, end)
			}
			got := make(chan string, 2)
			for range 2 {
				go func() { got <- recvText(t, in)[0] }()
			}
			parkedOn(t, in, 2)
			for _, end := range ends {
				end()
			}
			seen := map[string]bool{taken(t, "the first", got): true, taken(t, "the second", got): true}
			if !seen["0"] || !seen["1"] {
				t.Fatalf("received %v", seen)
			}
		}
	})
}

// TestChanEnds: what ends it is said after C was closed.
func TestChanEnds(t *testing.T) {
	for name, f := range map[string]struct {
		typ  SocketType
		end  func(*Socket) error
		want error
	}{
		"closed socket":     {Pull, (*Socket).Close, ErrClosed},
		"context shut down": {Pull, func(s *Socket) error { return s.Context().Shutdown() }, ErrTerminated},
		"no receiver":       {Push, func(*Socket) error { return nil }, ENOTSUP},
		"RecvTimeout":       {Pull, func(s *Socket) error { return nil }, EAGAIN},
	} {
		for _, held := range []bool{false, true} {
			if held && f.typ == Push || held && name == "RecvTimeout" {
				continue
			}
			t.Run(fmt.Sprintf("%s, in hand: %v", name, held), func(t *testing.T) {
				z := newTestContext(t)
				in := newTestSocket(t, z, f.typ)
				if name == "RecvTimeout" {
					must(in.Set(RecvTimeout(time.Millisecond)))
				}
				var c *Chan
				if held {
					out := newTestSocket(t, z, Push)
					connectTo(t, out, bindTo(t, in, "inproc"))
					sendText(t, out, "x")
					c, _ = inHand(t, in)
				} else {
					c = in.Chan(forever)
				}
				must(f.end(in))
				for range c.C {
					t.Error("a message")
				}
				wantError(t, c.Err(), []error{f.want}, "recv ("+f.typ.String()+")")
				again := in.Chan(context.Background())
				if _, open := <-again.C; open {
					t.Error("a message over another Chan")
				}
				wantError(t, again.Err(), []error{f.want})
			})
		}
	}
	in := newTestSocket(t, newTestContext(t), Pull)
	c := in.Chan(context.Background())
	if err := c.Err(); err != nil {
		t.Errorf("%v while it is open", err)
	}
	in.Close()
	<-c.C
	if c.Err() == nil {
		t.Error("no error although C is closed")
	}
}

// TestChanTurn: over a Req or Rep it waits until a message can come.
func TestChanTurn(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		rep, req := newPair(t, Rep, Req, transport)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		requests, replies := rep.Chan(ctx), req.Chan(ctx)
		for i := range 50 {
			sendText(t, req, fmt.Sprint(i))
			if got := taken(t, "the request", requests.C); string(got[0]) != fmt.Sprint(i) {
				t.Fatalf("%q", got)
			}
			sendText(t, rep, "reply", fmt.Sprint(i))
			if got := taken(t, "the reply", replies.C); len(got) != 2 || string(got[1]) != fmt.Sprint(i) {
				t.Fatalf("%q", got)
			}
		}
		cancel()
		sendText(t, req, "last")
		expectText(t, rep, "last")
	})
}

// TestChanRefuses: who would not see what was handed back says so.
func TestChanRefuses(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc")
	d := mustGet(NewProxy(in, newTestSocket(t, in.Context(), Push)))
	sendText(t, out, "x")
	_, end := inHand(t, in)
	check := func(word string) {
		t.Helper()
		wantError(t, d.Run(patient(t)), []error{EFSM}, word)
		_, err := in.Disown()
		wantError(t, err, []error{EFSM}, "disown socket", word)
	}
	check("end its context first")
	end()
	check("receive it first")
	expectText(t, in, "x")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	wantError(t, d.Run(ctx), []error{context.Canceled})
}

// TestChanStats counts a message once, however often it was in hand.
func TestChanStats(t *testing.T) {
	in, out := newPair(t, Pull, Push, "inproc")
	sendText(t, out, "a", "b")
	for range 3 {
		_, end := inHand(t, in)
		end()
		in.st.settle()
	}
	expectText(t, in, "a", "b")
	if got := in.Stats().Received; got.Messages != 1 || got.Parts != 2 || got.Bytes != 2 {
		t.Errorf("%+v", got)
	}
}

// BenchmarkChan receives over a Chan.
func BenchmarkChan(b *testing.B) {
	in := fed(b)
	c := in.Chan(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		<-c.C
	}
}

// BenchmarkChanPlain receives the same without one.
func BenchmarkChanPlain(b *testing.B) {
	in := fed(b)
	b.ReportAllocs()
	for b.Loop() {
		mustGet(in.RecvParts(b.Context()))
	}
}

// fed returns a socket that is sent messages until the benchmark ends.
func fed(b *testing.B) *Socket {
	in, out := newPair(b, Pull, Push, "inproc")
	go func() {
		msg := make([]byte, 64)
		for out.SendParts(b.Context(), msg) == nil {
		}
	}()
	return in
}
