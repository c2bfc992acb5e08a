package main

import (
	"errors"
	"os"
	"time"
	_ "unsafe" // for go:linkname
)

// briefLimit is the library's own: how long a goroutine waits in C before it parks.
//
//go:linkname briefLimit example.org/zmq.briefLimit
var briefLimit time.Duration

// brief switches brief waits off where BENCH_BRIEF says so.
func brief() error {
	if briefLimit == 0 {
		return errors.New("the library has no briefLimit any more: brief waits cannot be switched off")
	}
	if os.Getenv("BENCH_BRIEF") == "off" {
		briefLimit = 0
	}
	return nil
}
