package zmq

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// TestSubscribersDrained: after WaitSubscriber the subscriptions of those who come and go do not pile up in a publisher
// that never receives, and one that begins to receive gets those that come from then on.
func TestSubscribersDrained(t *testing.T) {
	pub, sub := newPair(t, XPub, Sub, "tcp", SendHWM(0), RecvHWM(0))
	set := func(o SocketOption) {
		t.Helper()
		if err := sub.Set(o); err != nil {
			t.Fatal(err)
		}
	}
	waitFor := func(topic string) {
		t.Helper()
		if err := pub.WaitSubscriber(patient(t), topic); err != nil {
			t.Fatal(err)
		}
	}
	set(Subscribe("news"))
	waitFor("news")
	for round := range 3 {
		for i := range 2000 {
			set(Subscribe(fmt.Sprint("passing ", i)))
			set(Unsubscribe(fmt.Sprint("passing ", i)))
		}
		last := fmt.Sprint("last ", round)
		set(Subscribe(last))
		eventually(t, "the publisher has taken all subscriptions", func() bool {
			for range drainEvery {
				sendText(t, pub, "x")
			}
			pub.st.mu.Lock()
			defer pub.st.mu.Unlock()
			return pub.st.subscribed[last] > 0 && len(pub.st.subscribed) == 2+round
		})
		if ev, err := pub.Events(); err != nil || ev&PollIn != 0 {
			t.Errorf("subscriptions are left, that nobody will receive: %v, %v", ev, err)
		}
	}
	expectNothing(t, pub) // the program receives by itself now
	set(Subscribe("mine"))
	for limit := time.Now().Add(patience); ; {
		sendText(t, pub, "x")
		if ev, err := pub.Events(); err != nil || ev&PollIn != 0 {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("the subscription was taken from a program that receives")
		}
	}
	for range 2 * drainEvery {
		sendText(t, pub, "x")
	}
	expectText(t, pub, "\x01mine")
}

// TestSubscribersCounted: WaitSubscriber knows who is left, whatever the engine passes on.
func TestSubscribersCounted(t *testing.T) {
	ways := map[string][]SocketOption{"": nil}
	if apiVersion().AtLeast(from32) {
		ways["verbose"] = []SocketOption{XPubVerbose(true)}
	}
	if apiVersion().AtLeast(from42) {
		ways["verboser"] = []SocketOption{XPubVerboser(true)}
		ways["by number"] = []SocketOption{{row: rawRow(78, kindInt), num: 1}}
		ways["verboser, then verbose"] = []SocketOption{XPubVerboser(true), XPubVerbose(true)}
	}
	for name, opts := range ways {
		t.Run(name, func(t *testing.T) {
			c := newTestContext(t)
			pub := newTestSocket(t, c, XPub, opts...)
			endpoint := bindTo(t, pub, "tcp")
			subs := [3]*Socket{}
			for i := range subs {
				subs[i] = newTestSocket(t, c, Sub, Subscribe("news"), Subscribe(fmt.Sprint("of ", i)))
				connectTo(t, subs[i], endpoint)
				if err := pub.WaitSubscriber(patient(t), fmt.Sprint("of ", i)); err != nil {
					t.Fatal(err)
				}
			}
			left := func(i int) {
				t.Helper()
				subs[i].Close()
				eventually(t, "the publisher has noticed that one has left", func() bool {
					for range drainEvery {
						sendText(t, pub, "x")
					}
					pub.st.mu.Lock()
					defer pub.st.mu.Unlock()
					return pub.st.subscribed[fmt.Sprint("of ", i)] == 0
				})
			}
			left(0)
			left(1)
			if err := pub.WaitSubscriber(patient(t), "news"); err != nil {
				t.Fatalf("with one that is left: %v", err)
			}
			left(2)
			eventually(t, "nobody is left", func() bool {
				for range drainEvery {
					sendText(t, pub, "x")
				}
				return !pub.st.subscribedTo("news")
			})
		})
	}
}

func TestWaitSubscriber(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pub, sub := newPair(t, XPub, Sub, transport)
		if err := sub.Set(Subscribe("weather.")); err != nil {
			t.Fatal(err)
		}
		for _, topic := range []string{"weather.", "weather.rome"} {
			if err := pub.WaitSubscriber(patient(t), topic); err != nil {
				t.Fatal(err)
			}
		}
		sendText(t, pub, "weather.rome")
		expectText(t, sub, "weather.rome")
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		wantError(t, pub.WaitSubscriber(ctx, "sports"), []error{context.Canceled})
		if err := sub.Set(Unsubscribe("weather."), Subscribe("end")); err != nil {
			t.Fatal(err)
		}
		if err := pub.WaitSubscriber(patient(t), "end"); err != nil {
			t.Fatal(err)
		}
		wantError(t, pub.WaitSubscriber(ctx, "weather."), []error{context.Canceled})
		wantError(t, sub.WaitSubscriber(ctx, ""), []error{ENOTSUP})
	})
}
