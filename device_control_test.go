package zmq

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// TestDeviceControl gives the words of zmq_proxy_steerable over every kind of socket that may give them.
func TestDeviceControl(t *testing.T) {
	for _, kind := range []struct {
		name          string
		boss, control SocketType
		envelope      []string // before a word, and before its answer
		answers       bool     // to every word
	}{
		{"pair", Pair, Pair, nil, false},
		{"dealer", Dealer, Dealer, nil, false},
		{"rep", Req, Rep, nil, true},
		{"router and req", Req, Router, nil, true},
		{"router and dealer", Dealer, Router, []string{"7", ""}, true},
		{"pull", Push, Pull, nil, false},
		{"sub", Pub, Sub, nil, false},
	} {
		t.Run(kind.name, func(t *testing.T) {
			c := newTestContext(t)
			boss, control := newTestSocket(t, c, kind.boss), newTestSocket(t, c, kind.control)
			if kind.control == Sub {
				if err := control.Set(Subscribe("")); err != nil {
					t.Fatal(err)
				}
			}
			connectTo(t, boss, bindTo(t, control, "inproc"))
			if kind.control == Sub {
				awaitSubscription(t, boss, control, "probe")
			}
			r := newBench(t, NewStreamer, Push, Pull, Push, Pull, "inproc", []DeviceOption{WithControl(control)})
			say := func(word string) { sendText(t, boss, append(kind.envelope, word)...) }
			answer := func(want ...string) {
				if kind.answers || len(want) > 1 || want[0] != "" {
					expectText(t, boss, append(kind.envelope, want...)...)
				}
			}
			say("PAUSE")
			answer("")
			eventually(t, "it is paused", r.Paused)
			sendText(t, r.a, "one", "two")
			if !kind.control.is(Pull, Sub) {
				say("what?")
				answer("ERROR unknown word: what?")
				say("STATISTICS")
				answer(numbersOf(0, 0, 0, 0, 0, 0, 0, 0)...)
			}
			if !r.Paused() {
				t.Error("an unknown word, or STATISTICS, resumed the device")
			}
			say("RESUME")
			answer("")
			expectText(t, r.b, "one", "two")
			if !kind.control.is(Pull, Sub) {
				r.awaitStats(t, "it is counted", func(s DeviceStats) bool { return s.Back.MessagesOut == 1 })
				say("STATISTICS")
				answer(numbersOf(1, 6, 0, 0, 0, 0, 1, 6)...)
				say("")
				answer("ERROR unknown word: ")
				say(strings.Repeat("long", 100))
				answer("ERROR unknown word: " + strings.Repeat("long", 16))
			}
			say("TERMINATE")
			answer("")
			if err := r.wait(t); err != nil {
				t.Errorf("after TERMINATE: %v", err)
			}
		})
	}
}

// TestDeviceControlFull asks for more answers than the controller has room for.
func TestDeviceControlFull(t *testing.T) {
	c := newTestContext(t)
	boss, control := newTestSocket(t, c, Pair, RecvHWM(1)), newTestSocket(t, c, Pair, SendHWM(1), RecvTimeout(time.Millisecond))
	connectTo(t, boss, bindTo(t, control, "inproc"))
	r := newBench(t, NewStreamer, Push, Pull, Push, Pull, "inproc", []DeviceOption{WithControl(control)})
	for i := 0; i < 50; i++ {
		sendText(t, boss, "STATISTICS")
	}
	sendText(t, boss, "PAUSE")
	eventually(t, "it is paused", r.Paused)
	sendText(t, boss, "TERMINATE")
	if err := r.wait(t); err != nil {
		t.Error(err)
	}
}

func numbersOf(n ...uint64) []string {
	var parts []string
	for _, v := range n {
		parts = append(parts, string(binary.NativeEndian.AppendUint64(nil, v)))
	}
	return parts
}
