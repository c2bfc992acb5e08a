package main

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
)

// trafficCount is one stream of numbered messages, or several, that end at one place of the node.
type flow struct {
	name                     string
	received, missing, wrong atomic.Uint64

	mu    sync.Mutex
	last  map[string]uint64 // by sender
	first error             // what was wrong first
}

type counts struct{ received, missing, wrong uint64 }

func (f *flow) counts() counts {
	return counts{f.received.Load(), f.missing.Load(), f.wrong.Load()}
}

// body returns the parts of message n of a sender: who and which, and bytes that follow from that.
func body(sender string, n uint64) [][]byte {
	fill := bytes.Repeat([]byte{byte(n)}, int(n*37%2000))
	return [][]byte{[]byte(sender), fmt.Append(nil, n), fill}
}

// take checks a message: it is whole, and later than the one before it of the same sender.
func (f *flow) take(msg [][]byte) {
	var n uint64
	if len(msg) != 3 {
		f.blame("%d parts instead of 3: %.60q", len(msg), msg)
		return
	}
	if _, err := fmt.Sscan(string(msg[1]), &n); err != nil || !bytes.Equal(msg[2], body("", n)[2]) {
		f.blame("torn: %.60q", msg)
		return
	}
	f.received.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	sender := string(msg[0])
	last, seen := f.last[sender]
	switch {
	case f.last == nil:
		f.last = map[string]uint64{}
	case seen && n <= last:
		f.wrong.Add(1)
		if f.first == nil {
			f.first = fmt.Errorf("%s: %d of %s after %d", f.name, n, sender, last)
		}
		return
	case seen && n > last+1:
		f.missing.Add(n - last - 1)
	}
	if len(f.last) > 4 { // senders that were killed do not come back
		clear(f.last)
	}
	f.last[sender] = n
}

func (f *flow) blame(format string, args ...any) {
	f.wrong.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = fmt.Errorf(f.name+": "+format, args...)
	}
}
