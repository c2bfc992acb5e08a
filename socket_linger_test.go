package zmq

import (
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"
)

var tearFor = flag.Duration("tear", time.Second, "how long TestLingerGiveUp goes on")

// TestLingerGiveUp: two ends with full queues give up at the same time. libzmq aborts the process when a
// connection is lost while a queue is dropped that has some parts of a message left, see stretchLinger.
func TestLingerGiveUp(t *testing.T) {
	if atFloor() {
		t.Skip("there is no Disconnect and no wildcard")
	}
	ways := map[string]func(t *testing.T, c *Context, a, b *Socket, endpoint string){
		"close": func(t *testing.T, c *Context, a, b *Socket, endpoint string) {
			a.Close()
			b.Close()
		},
		"context": func(t *testing.T, c *Context, a, b *Socket, endpoint string) {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		},
		"disconnect": func(t *testing.T, c *Context, a, b *Socket, endpoint string) {
			if err := b.Disconnect(endpoint); err != nil {
				t.Error(err)
			}
			a.Close()
			b.Close()
		},
	}
	for name, end := range ways {
		for _, transport := range []string{"tcp", "ipc"} {
			t.Run(name+"/"+transport, func(t *testing.T) {
				rounds := 0
				for began := time.Now(); time.Since(began) < *tearFor/time.Duration(2*len(ways)); rounds++ {
					tear(t, transport, end)
				}
				t.Logf("%d times", rounds)
			})
		}
	}
}

func tear(t *testing.T, transport string, end func(t *testing.T, c *Context, a, b *Socket, endpoint string)) {
	c := newTestContext(t)
	a := newTestSocket(t, c, Dealer, Linger(0), SendHWM(300), RecvHWM(300))
	b := newTestSocket(t, c, Dealer, Linger(0), SendHWM(300), RecvHWM(300))
	endpoint := bindTo(t, a, transport)
	connectTo(t, b, endpoint)
	sendText(t, b, "here")
	expectText(t, a, "here")
	part := make([]byte, 1000)
	for _, s := range []*Socket{a, b} {
		for s.sendable(part) {
		}
	}
	end(t, c, a, b, endpoint)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// sendable reports whether a message of three parts could be sent.
func (s *Socket) sendable(part []byte) bool {
	for i, flags := range []Flag{SndMore | DontWait, SndMore | DontWait, DontWait} {
		if _, err := s.Send(part, flags); err != nil {
			if i > 0 {
				panic(fmt.Sprintf("part %d: %v", i, err))
			}
			return false
		}
	}
	return true
}

// TestLingerAsSet: a linger period is stretched only for an engine that needs it.
func TestLingerAsSet(t *testing.T) {
	c := newTestContext(t)
	a, b := newTestSocket(t, c, Dealer, Linger(0)), newTestSocket(t, c, Dealer, Linger(0))
	connectTo(t, b, bindTo(t, a, "tcp"))
	if err := a.SendParts(t.Context(), []byte("one"), []byte("two")); err != nil {
		t.Fatal(err)
	}
	if err := a.st.lock(); err != nil {
		t.Fatal(err)
	}
	_, now, stretched := a.st.stretchLinger()
	a.st.mu.Unlock()
	if stretched == hardened("clean_pipes") {
		t.Errorf("the engine has the gate: %v; the period was stretched: %v, to %d ms", hardened("clean_pipes"), stretched, now)
	}
}

// TestLingerDelivers: what was sent before Close and Term arrives.
func TestLingerDelivers(t *testing.T) {
	for _, transport := range []string{"ipc", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			pull := newTestSocket(t, newTestContext(t), Pull)
			endpoint := bindTo(t, pull, transport)
			c := newTestContext(t)
			push, err := c.NewSocket(Push)
			if err != nil {
				t.Fatal(err)
			}
			connectTo(t, push, endpoint)
			for i := range 500 {
				sendText(t, push, fmt.Sprint(i))
			}
			if err := errors.Join(push.Close(), c.Term(patient(t))); err != nil {
				t.Fatal(err)
			}
			for i := range 500 {
				expectText(t, pull, fmt.Sprint(i))
			}
		})
	}
}
