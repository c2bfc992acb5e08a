package zmq

import (
	"strings"
	"testing"
)

// TestDeviceForwarderSubscriptions follows a subscription to the publisher, and messages that nobody subscribed
// to stay away from the device.
func TestDeviceForwarderSubscriptions(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		r := newBench(t, NewForwarder, XPub, XSub, XPub, XSub, transport, nil)
		sendText(t, r.b, "\x01weather.")
		expectText(t, r.a, "\x01weather.")
		sendText(t, r.a, "sport.", "lost")
		sendText(t, r.a, "weather.", "rain")
		expectText(t, r.b, "weather.", "rain")
		second := newTestSocket(t, r.c, Sub, Subscribe("weather."))
		connectTo(t, second, r.bt)
		awaitSubscription(t, r.a, second, "weather.")
		sendText(t, r.a, "weather.", "sun")
		expectText(t, second, "weather.", "sun")
		sendText(t, r.b, "\x00weather.")
		if err := second.Close(); err != nil {
			t.Fatal(err)
		}
		expectText(t, r.a, "\x00weather.")
		sendText(t, r.a, "weather.", "nobody")
		sendText(t, r.b, "\x01weather.")
		expectText(t, r.a, "\x01weather.")
		sendText(t, r.a, "weather.", "last")
		for got := ""; got != "last"; {
			msg := recvText(t, r.b)
			if got = msg[1]; got == "nobody" || got == "lost" {
				t.Errorf("%q came through", msg)
			}
		}
		if s := r.Stats(); engineFrom(4, 2, 0) && s.Front.MessagesOut != 3 || s.Refused != 0 { // duplicates pass before
			t.Errorf("other numbers: %+v", s)
		}
	})
}

// TestDeviceForwarderLongTopics keeps subscriptions that are too long away from the publisher.
func TestDeviceForwarderLongTopics(t *testing.T) {
	for _, limit := range []int{0, 10, defaultTopicMax} {
		opts := []DeviceOption{WithMaxTopic(limit)}
		if limit == defaultTopicMax {
			opts = nil
		}
		r := newBench(t, NewForwarder, XPub, XSub, XPub, XSub, "tcp", opts)
		set(t, r.b, MaxTopic(limit+1))
		long, longest := strings.Repeat("x", limit+1), strings.Repeat("y", limit)
		sendText(t, r.b, "\x01"+long)
		sendText(t, r.b, "\x01"+longest)
		expectText(t, r.a, "\x01"+longest)
		sendText(t, r.b, "\x00"+long)
		sendText(t, r.b, "\x00"+longest)
		expectText(t, r.a, "\x00"+longest)
		s := r.awaitStats(t, "both are counted", func(s DeviceStats) bool { return s.Front.MessagesOut == 2 })
		if s.Refused != 2 || s.Back.MessagesIn != 4 {
			t.Errorf("limit %d: other numbers: %+v", limit, s)
		}
	}
}
