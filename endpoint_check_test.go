package zmq

import (
	"errors"
	"strings"
	"testing"
)

// TestCheckEndpoint says of each what Bind and Connect would, and looks at nothing but the text.
func TestCheckEndpoint(t *testing.T) {
	for endpoint, want := range map[string][2]bool{ // may be bound, may be connected to
		"tcp://*:5555":                      {true, false},
		"tcp://*:*":                         {true, false},
		"tcp://127.0.0.1:5555":              {true, true},
		"tcp://[::1]:5555":                  {true, true},
		"tcp://no-such-host.invalid:5555":   {true, true},
		"tcp://no-such-interface:0":         {true, false},
		"tcp://localhost":                   {false, false},
		"tcp://:5555":                       {false, false},
		"tcp://localhost:65536":             {false, false},
		"tcp://local host:1":                {false, false},
		"ipc:///no/such/folder/s":           {true, true},
		"ipc:///":                           {true, true},
		"ipc://" + strings.Repeat("x", 500): {false, false},
		"inproc://x":                        {true, true},
		"inproc://":                         {false, false},
		"localhost:5555":                    {false, false},
		"":                                  {false, false},
		"TCP://localhost:1":                 {false, false},
		"http://localhost:1":                {false, false},
		"epgm://lo;239.0.0.1:5555":          {true, true},
		"epgm://lo;10.0.0.1:5555":           {false, false},
		"tcp://x\x00:1":                     {false, false},
		"ws://127.0.0.1:*":                  {true, false},
		"ws://127.0.0.1:80/path":            {true, true},
		"ws://127.0.0.1:x":                  {false, false},
		"ipc://*":                           {true, true},
		"ipc://*name":                       {!engineFrom(3, 2, 0), true},
		"tcp://" + strings.Repeat("x", 256) + ":1": {false, false},
		"tipc://{5555,1}":                          {true, true},
		"tipc://{5555, 1, 2}@0.0.0":                {true, true},
		"tipc://<1.2.3:4>":                         {true, true},
		"tipc://<*>":                               {true, false},
		"tipc://x":                                 {false, false},
		"tipc://{64,1}":                            {false, false},
		"tipc://{5555,2,1}":                        {false, false},
		"tipc://{5555,1}@1.2":                      {false, false},
		"tipc://{4294967296,1}":                    {false, false},
		"tipc://<1.2.3>":                           {false, false},
	} {
		if (strings.HasPrefix(endpoint, "ws:") || strings.HasPrefix(endpoint, "tipc:")) && !engineFrom(4, 0, 0) {
			want = [2]bool{} // all transports of such an engine are known
		}
		for i, check := range []func(string) error{CheckBind, CheckConnect} {
			err := check(endpoint)
			if (err == nil) != want[i] {
				t.Errorf("%q, %d: %v", endpoint, i, err)
			}
			if err != nil {
				wantError(t, err, nil, "zmq: check ")
				if bare(err) || !errors.Is(err, EINVAL) && !errors.Is(err, EPROTONOSUPPORT) && !errors.Is(err, ENAMETOOLONG) && !errors.Is(err, ENODEV) {
					t.Errorf("%q: %v", endpoint, err)
				}
			}
		}
	}
	if err := CheckBind("quic://x"); engineFrom(4, 0, 0) {
		wantError(t, err, []error{EPROTONOSUPPORT}, "tcp, ipc and inproc")
	}
}

// TestEndpointErrorsSay: errors about endpoints do not carry the errno of another call, and say what to write.
func TestEndpointErrorsSay(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	wantError(t, s.Connect("tcp://127.0.0.1:*"), isInvalid, "* is for Bind")
	if engineFrom(3, 2, 0) {
		wantError(t, s.Bind("ipc://*name"), isInvalid, "put ./ before it")
	}
	err := s.Connect("tcp://" + strings.Repeat("x", 10_000) + ":1")
	wantError(t, err, isInvalid, "no more than 255 bytes", "... (10008 bytes)")
	if len(err.Error()) > 2*longestShown {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
	wantError(t, s.Connect("tcp://\xff:x"), isInvalid, `"tcp://\xff:x"`)
	if err := s.Connect("tcp://\u00fc:1"); err != nil && engineFrom(3, 2, 0) { // older engines look the name up later, or have it looked up before
		wantError(t, err, isInvalid, "xn--")
	}
	if !Has("tipc") || !engineFrom(4, 0, 0) {
		return
	}
	wantError(t, s.Bind("tipc://x"), isInvalid, "tipc://{type,lower}")
	wantError(t, s.Connect("tipc://<*>"), isInvalid, "<*> is for Bind")
	if tryTIPC() != nil {
		wantError(t, s.Connect("tipc://{5555,0}"), []error{EAFNOSUPPORT}, "no TIPC", "modprobe")
		wantError(t, s.Bind("tipc://{5555,0}"), []error{EAFNOSUPPORT}, "no TIPC", "modprobe")
	}
}
