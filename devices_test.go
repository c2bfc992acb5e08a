package zmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDeviceTable carries messages of one part and of many through every kind of device.
func TestDeviceTable(t *testing.T) {
	for _, kind := range []struct {
		name           string
		make           newDeviceFunc
		a, front, back SocketType
		b              SocketType
		answers        bool
	}{
		{"queue", NewQueue, Req, Router, Dealer, Rep, true},
		{"forwarder", NewForwarder, Pub, Sub, Pub, Sub, false},
		{"forwarder of subscriptions", NewForwarder, Pub, XSub, XPub, Sub, false},
		{"forwarder to xpub", NewForwarder, Pub, Sub, XPub, Sub, false},
		{"streamer", NewStreamer, Push, Pull, Push, Pull, false},
		{"proxy of pairs", NewProxy, Pair, Pair, Pair, Pair, true},
		{"proxy of dealers", NewProxy, Dealer, Dealer, Dealer, Dealer, true},
		{"proxy of a queue", NewProxy, Req, Router, Dealer, Rep, true},
		{"proxy of rep and req", NewProxy, Req, Rep, Req, Rep, true},
		{"proxy of pull and push", NewProxy, Push, Pull, Push, Pull, false},
	} {
		t.Run(kind.name, func(t *testing.T) {
			overTransports(t, func(t *testing.T, transport string) {
				r := newBench(t, kind.make, kind.a, kind.front, kind.back, kind.b, transport, nil)
				var parts, size uint64
				for round := 0; round < 3; round++ {
					for _, msg := range messagesOfManyShapes {
						sendText(t, r.a, msg...)
						expectText(t, r.b, msg...)
						if kind.answers {
							sendText(t, r.b, append(msg, "reply")...)
							expectText(t, r.a, append(msg, "reply")...)
						}
						parts += uint64(len(msg))
						size += uint64(len(strings.Join(msg, "")))
					}
				}
				n := uint64(3 * len(messagesOfManyShapes))
				got := r.awaitStats(t, "all is counted", func(s DeviceStats) bool {
					return s.Back.MessagesOut >= n && (!kind.answers || s.Front.MessagesOut == n)
				})
				if kind.front == Router || kind.b == Sub {
					return // envelopes and probes count too
				}
				want := DeviceStats{}
				want.Front.MessagesIn, want.Front.PartsIn, want.Front.BytesIn = n, parts, size
				if kind.answers {
					want.Front.MessagesOut, want.Front.PartsOut, want.Front.BytesOut = n, parts+n, size+n*5
				}
				want.Back = DeviceSide{want.Front.MessagesOut, want.Front.PartsOut, want.Front.BytesOut, n, parts, size}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("other numbers (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDeviceQueueManyClients lets each client have its own replies, whichever worker makes them.
func TestDeviceQueueManyClients(t *testing.T) {
	const clients, workers, requests = 20, 4, 30
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		front, back := newTestSocket(t, c, Router), newTestSocket(t, c, Dealer)
		at, bt := bindTo(t, front, transport), bindTo(t, back, transport)
		d, err := NewQueue(front, back)
		r := start(t, d, err)
		ctx, cancel := context.WithCancel(patient(t))
		var serving, asking sync.WaitGroup
		for w := 0; w < workers; w++ {
			s := newTestSocket(t, c, Rep)
			connectTo(t, s, bt)
			serving.Add(1)
			go func() {
				defer serving.Done()
				for msg, err := range s.Messages(ctx) {
					if err == nil {
						err = s.SendParts(ctx, append(msg, []byte("reply"))...)
					}
					if err != nil {
						if !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
						return
					}
				}
			}()
		}
		for n := 0; n < clients; n++ {
			s := newTestSocket(t, c, Req)
			connectTo(t, s, at)
			asking.Add(1)
			go func() {
				defer asking.Done()
				for i := 0; i < requests; i++ {
					want := [][]byte{[]byte(fmt.Sprint(n)), []byte(fmt.Sprint(i)), make([]byte, i*5), []byte("reply")}
					if err := s.SendParts(ctx, want[:1+i%3]...); err != nil {
						t.Error(err)
						return
					}
					got, err := s.RecvParts(ctx)
					if diff := cmp.Diff(append(want[:1+i%3:1+i%3], want[3]), got); err != nil || diff != "" {
						t.Errorf("another reply: %v\n%s", err, diff)
						return
					}
				}
			}()
		}
		asking.Wait()
		got := r.awaitStats(t, "all replies are counted", func(s DeviceStats) bool { return s.Front.MessagesOut == clients*requests })
		for _, n := range []uint64{got.Front.MessagesIn, got.Back.MessagesIn, got.Back.MessagesOut} {
			if n != clients*requests {
				t.Errorf("%d messages are counted, want %d: %+v", n, clients*requests, got)
			}
		}
		cancel()
		serving.Wait()
	})
}

// TestDeviceChain passes requests through several queues of one process and back.
func TestDeviceChain(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		c := newTestContext(t)
		worker := newTestSocket(t, c, Rep)
		at := bindTo(t, worker, transport)
		at = behindQueues(t, c, at, transport, 5)
		client := newTestSocket(t, c, Req)
		connectTo(t, client, at)
		for _, msg := range messagesOfManyShapes {
			sendText(t, client, msg...)
			expectText(t, worker, msg...)
			sendText(t, worker, append(msg, "reply")...)
			expectText(t, client, append(msg, "reply")...)
		}
	})
}

// TestDeviceUnknownPeer sends to a peer that the router does not know: the whole message goes, and no part of it is taken
// for the address of another.
func TestDeviceUnknownPeer(t *testing.T) {
	c := newTestContext(t)
	front, back := newTestSocket(t, c, Pull), newTestSocket(t, c, Router)
	if err := back.Set(RouterMandatory(true)); !needs(t, Version{3, 2, 0}, err) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	feed, known := newTestSocket(t, c, Push), newTestSocket(t, c, Dealer, Identity("known"))
	connectTo(t, feed, bindTo(t, front, "tcp"))
	connectTo(t, known, bindTo(t, back, "tcp"))
	sendText(t, known, "hello")
	if got := recvText(t, back); got[0] != "known" {
		t.Fatalf("%q says hello", got)
	}
	d, err := NewProxy(front, back)
	r := start(t, d, err)
	for i := 0; i < 10; i++ {
		sendText(t, feed, "ghost", "known", "torn")
		sendText(t, feed, "known", "whole", fmt.Sprint(i))
		expectText(t, known, "whole", fmt.Sprint(i))
	}
	s := r.awaitStats(t, "all is counted", func(s DeviceStats) bool { return s.Back.MessagesOut == 10 })
	if s.Refused != 10 || s.Front.MessagesIn != 20 {
		t.Errorf("other numbers: %+v", s)
	}
}
