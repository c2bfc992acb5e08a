package main

import (
	"fmt"
	"strings"
)

// A way is one program doing a work in one manner.
type way struct {
	name    string // as the tables call it
	program string // c, ours or pebbe
	mode    string // BENCH_MODE
}

var (
	inC     = way{"C", "c", ""}
	pebbe   = way{"pebbe/zmq4", "pebbe", ""}
	calls   = way{"Send, Recv", "ours", "call"}
	batches = way{"Batch", "ours", "batch"}
	msgs    = way{"SendMsg, RecvMsg", "ours", "message"}
	pins    = way{"PinMessage", "ours", "pin"}
	parts   = way{"SendParts, AppendParts", "ours", "parts"}
	device  = way{"Device", "ours", ""}
)

// A test is one work that is done in several ways, which take turns.
type test struct {
	title    string
	work     string // thr, lat: one process; 2thr, 2lat: two; proxy; trip: round trips through a queue; idle
	endpoint string // or the kind of proxy
	size     int
	count    int
	ways     []way // the first one is the measure of the others
	goals    []goal
}

// A goal is a line of the design: the ratio of one way to another.
type goal struct {
	of, to string
	what   string // rate, p50, p99, threads, rss
	at     float64
	atMost bool
}

const tcp, ipc, inproc = "tcp://127.0.0.1:*", "ipc", "inproc://bench"

// count keeps a run short: so many bytes, so many messages at most.
func count(size, most int) int { return min(max(256<<20/size, 40), most) }

// goals are the works of which the design says how fast they must be.
func goals(scale int) []test {
	most := 200_000 * scale
	trips := 2000 * scale
	callGoals := func() []goal {
		return []goal{
			{of: calls.name, to: pebbe.name, what: "rate", at: 1.3},
			{of: calls.name, to: inC.name, what: "rate", at: 0.5},
		}
	}
	trip := []goal{
		{of: calls.name, to: inC.name, what: "p50", at: 1.1, atMost: true},
		{of: calls.name, to: inC.name, what: "p99", at: 1.1, atMost: true},
	}
	all := []way{inC, pebbe, calls, batches, parts, msgs}
	large := func(transport string) test {
		return test{title: "1 MiB, two processes", work: "2thr", endpoint: transport, size: 1 << 20, count: 100 * scale,
			ways: []way{inC, pebbe, pins}, goals: []goal{{of: pins.name, to: inC.name, what: "rate", at: 0.95}}}
	}
	list := []test{
		{"PUSH/PULL", "thr", inproc, 64, most, all, append(callGoals(), goal{of: batches.name, to: inC.name, what: "rate", at: 0.85})},
		{"PUSH/PULL, two processes", "2thr", tcp, 64, most, all, append(callGoals(), goal{of: batches.name, to: inC.name, what: "rate", at: 0.95})},
		{"REQ/REP", "lat", inproc, 64, trips * 5, []way{inC, pebbe, calls}, trip},
		{"REQ/REP", "lat", tcp, 64, trips, []way{inC, pebbe, calls}, trip},
		{"REQ/REP, two processes", "2lat", tcp, 64, trips, []way{inC, pebbe, calls}, trip},
		large(tcp),
		large(ipc),
	}
	for _, kind := range []string{"streamer", "forwarder", "queue"} {
		n := most
		if kind == "queue" {
			n /= 4
		}
		list = append(list, test{kind, "proxy", kind, 64, n, []way{inC, device},
			[]goal{{of: device.name, to: inC.name, what: "rate", at: 0.9}}})
	}
	list = append(list, test{"queue with one client and one worker", "trip", "", 64, trips, []way{inC, device},
		[]goal{{of: device.name, to: inC.name, what: "rate", at: 0.95}}})
	return append(list, test{"10,000 sockets, a goroutine waiting on each", "idle", "", 0, 10_000, []way{inC, {"Recv", "ours", ""}}, []goal{
		{of: "Recv", what: "threads", at: 30, atMost: true},
		{of: "Recv", to: inC.name, what: "rss", at: 1.3, atMost: true},
	}})
}

// sweep is the same work with messages of every size.
func sweep(scale int, sizes []int, works map[string]string) []test {
	var list []test
	for _, endpoint := range []string{inproc, ipc, tcp} {
		work, ok := works[endpoint]
		if !ok {
			continue
		}
		for _, size := range sizes {
			ways := []way{inC, pebbe, calls, batches}
			if size >= 32<<10 {
				ways = []way{inC, pebbe, calls, pins}
			}
			list = append(list, test{title: "PUSH/PULL", work: work, endpoint: endpoint, size: size, count: count(size, 100_000*scale), ways: ways})
		}
	}
	return list
}

// bytes writes a size as people do.
func bytes(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func (t test) String() string {
	switch t.work {
	case "idle":
		return t.title
	case "proxy":
		return t.title + ", tcp, " + bytes(t.size)
	}
	transport, _, _ := strings.Cut(t.endpoint, ":")
	return fmt.Sprintf("%s, %s, %s", t.title, transport, bytes(t.size))
}
