package zmq

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// TestDeviceCapture gives the capture a copy of what passes, both ways.
func TestDeviceCapture(t *testing.T) {
	for _, kind := range []struct{ capture, eye SocketType }{{Pair, Pair}, {Push, Pull}, {Dealer, Dealer}, {Pub, Sub}} {
		t.Run(kind.capture.String(), func(t *testing.T) {
			c := newTestContext(t)
			capture, eye := newTestSocket(t, c, kind.capture), newTestSocket(t, c, kind.eye)
			connectTo(t, eye, bindTo(t, capture, "inproc"))
			if kind.eye == Sub {
				if err := eye.Set(Subscribe("")); err != nil {
					t.Fatal(err)
				}
				awaitSubscription(t, capture, eye, "probe")
			}
			r := newBench(t, NewProxy, Dealer, Dealer, Dealer, Dealer, "inproc", []DeviceOption{WithCapture(capture)})
			for _, msg := range messagesOfManyShapes {
				sendText(t, r.a, msg...)
				expectText(t, eye, msg...)
				expectText(t, r.b, msg...)
				sendText(t, r.b, append(msg, "reply")...)
				expectText(t, eye, append(msg, "reply")...)
				expectText(t, r.a, append(msg, "reply")...)
			}
		})
	}
}

// TestDeviceCaptureFull holds the traffic up, or misses messages and counts them, as was asked for.
func TestDeviceCaptureFull(t *testing.T) {
	const total = 200
	for _, lossy := range []bool{false, true} {
		t.Run(fmt.Sprint("lossy ", lossy), func(t *testing.T) {
			c := newTestContext(t)
			capture, eye := newTestSocket(t, c, Push, SendHWM(5)), newTestSocket(t, c, Pull, RecvHWM(5))
			connectTo(t, eye, bindTo(t, capture, "inproc"))
			opt := WithCapture(capture)
			if lossy {
				opt = WithLossyCapture(capture)
			}
			r := newBench(t, NewStreamer, Push, Pull, Push, Pull, "inproc", []DeviceOption{opt})
			var sent atomic.Int64
			if err := numbered(patient(t), r.a, 1, total, &sent); err != nil {
				t.Fatal(err)
			}
			if !lossy {
				s := r.awaitStats(t, "the capture is full", func(s DeviceStats) bool { return s.Front.MessagesIn == 11 })
				if s.Back.MessagesOut != 10 {
					t.Errorf("other numbers: %+v", s)
				}
			}
			var order, captured inOrder
			seen := 0
			for i := 0; i < total; i++ {
				if !lossy { // what passes was captured before
					msg, err := eye.RecvParts(patient(t))
					if err == nil {
						err = captured.check(msg)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				msg, err := r.b.RecvParts(patient(t))
				if err == nil {
					err = order.check(msg)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if lossy {
				s := r.awaitStats(t, "all is counted", func(s DeviceStats) bool { return s.Back.MessagesOut == total })
				for ; seen < total; seen++ {
					if _, err := eye.Recv(nil, DontWait); err != nil {
						break
					}
					for more, _ := RecvMore.Get(eye); more; more, _ = RecvMore.Get(eye) {
						if _, err := eye.Recv(nil, DontWait); err != nil {
							t.Fatal("a torn copy")
						}
					}
				}
				if seen+int(s.Missed) != total || s.Missed == 0 || seen < 10 {
					t.Errorf("%d captured and %d missed of %d", seen, s.Missed, total)
				}
			}
		})
	}
}
