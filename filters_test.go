package zmq

import (
	"errors"
	"fmt"
	"testing"
)

// manyFilters is more than any queue holds by default.
const manyFilters = 2500

// subscribeMany has sub, a Sub or XSub, subscribe to many filters, or take them back.
func subscribeMany(t *testing.T, sub *Socket, on bool) {
	t.Helper()
	for n := range manyFilters {
		filter := fmt.Sprintf("t%05d|", n)
		var err error
		switch {
		case sub.Type() == XSub && on:
			_, err = sub.Send([]byte("\x01"+filter), DontWait)
		case sub.Type() == XSub:
			_, err = sub.Send([]byte("\x00"+filter), DontWait)
		case on:
			err = sub.Set(Subscribe(filter))
		default:
			err = sub.Set(Unsubscribe(filter))
		}
		if err != nil {
			t.Fatalf("filter %d: %v", n, err)
		}
	}
}

// expectFilters waits until the publisher has been told of as many filters.
func expectFilters(t *testing.T, pub, sub *Socket, first byte) {
	t.Helper()
	seen := map[string]bool{}
	eventually(t, fmt.Sprintf("all filters arrive with %d", first), func() bool {
		sub.Events() // a bound socket notices its peer when it is called
		buf := make([]byte, 64)
		for {
			n, err := pub.Recv(buf, DontWait)
			if errors.Is(err, ErrWouldBlock) {
				return len(seen) == manyFilters
			}
			if err != nil || n < 2 || buf[0] != first {
				t.Fatalf("%q, %v", buf[:n], err)
			}
			seen[string(buf[1:n])] = true
		}
	})
}

// TestFiltersMany subscribes to more than a queue holds by default, before and after there is a publisher and once more when it
// has come back: each filter arrives.
func TestFiltersMany(t *testing.T) {
	for _, typ := range []SocketType{Sub, XSub} {
		for _, binds := range []bool{false, true} {
			overTransports(t, func(t *testing.T, transport string) {
				c := newTestContext(t)
				t.Run(fmt.Sprintf("%v binds: %v", typ, binds), func(t *testing.T) {
					pub, sub := newTestSocket(t, c, XPub), newTestSocket(t, c, typ)
					bound, connected := pub, sub
					if binds {
						bound, connected = sub, pub
					}
					endpoint := bindTo(t, bound, transport)
					connectTo(t, connected, endpoint)
					subscribeMany(t, sub, true)
					expectFilters(t, pub, sub, 1)
					subscribeMany(t, sub, false)
					expectFilters(t, pub, sub, 0)
					subscribeMany(t, sub, true)
					expectFilters(t, pub, sub, 1)
					if binds {
						another := newTestSocket(t, c, XPub)
						connectTo(t, another, endpoint)
						expectFilters(t, another, sub, 1)
						return
					}
					if transport != "inproc" {
						pub.Close()
						again := newTestSocket(t, c, XPub)
						if err := again.Bind(endpoint); err != nil {
							t.Fatal(err)
						}
						expectFilters(t, again, sub, 1)
					}
				})
			})
		}
	}
}

// TestFiltersSubSendHWM: a mark that is set on a Sub reads back, and drops no filter.
func TestFiltersSubSendHWM(t *testing.T) {
	c := newTestContext(t)
	pub, sub := newTestSocket(t, c, XPub), newTestSocket(t, c, Sub)
	if n, err := SendHWM.Get(sub); err != nil || n != 1000 {
		t.Errorf("%d, %v", n, err)
	}
	if err := sub.Set(SendHWM(7)); err != nil {
		t.Fatal(err)
	}
	if n, err := SendHWM.Get(sub); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
	connectTo(t, sub, bindTo(t, pub, "tcp"))
	for _, n := range []int{8, 0, 9} { // the engine's connections are told nothing
		if err := sub.Set(SendHWM(n)); err != nil {
			t.Error(err)
		}
		expectOption(t, SendHWM, sub, n)
	}
	subscribeMany(t, sub, true)
	expectFilters(t, pub, sub, 1)
}
