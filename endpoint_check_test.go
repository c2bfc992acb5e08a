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
	} {
		if strings.HasPrefix(endpoint, "ws:") && !engineFrom(4, 0, 0) {
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
