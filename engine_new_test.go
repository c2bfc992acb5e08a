package zmq

import "testing"

// TestEngineNewBindHostName: where Bind takes the name of a host, peers reach it there; where the name means nothing, the error says
// what is taken.
func TestEngineNewBindHostName(t *testing.T) {
	c := newTestContext(t)
	if bindsHostNames() && !atFloor() {
		a, b := newTestSocket(t, c, Push), newTestSocket(t, c, Pull)
		if err := a.Bind("tcp://localhost:*"); err != nil {
			t.Fatal(err)
		}
		endpoint, err := a.LastEndpoint()
		if err != nil {
			t.Fatal(err)
		}
		connectTo(t, b, endpoint)
		sendText(t, a, "by name")
		expectText(t, b, "by name")
	}
	pretend(t, 4, 3, 5)
	wantError(t, newTestSocket(t, c, Rep).Bind("tcp://nosuch0:5555"), []error{ENODEV}, "zmq: ", "bind tcp://nosuch0:5555", "no host of that name")
	pretend(t, 4, 3, 4)
	wantError(t, newTestSocket(t, c, Rep).Bind("tcp://nosuch0:5555"), []error{ENODEV}, "zmq: ", "bind tcp://nosuch0:5555", "not a host's name")
}
