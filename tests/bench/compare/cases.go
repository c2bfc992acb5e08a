package main

import (
	"fmt"
	"strconv"
	"time"
)

// extent is how much a run of the program does.
type extent struct {
	scale int // of the numbers of messages
	quick bool
}

// rates are the works that move many messages, of which the design says how fast they must be.
func rates(x extent) []test {
	most := 200_000 * x.scale
	few := append([]way{inC, pebbe, gozmq}, parts)
	all := []way{inC, pebbe, gozmq, calls, batches, parts, msgs}
	goals := func(batch float64) []goal {
		return []goal{
			{of: calls.name, to: pebbe.name, what: "rate", at: 1.3},
			{of: calls.name, to: inC.name, what: "rate", at: 0.75},
			{of: batches.name, to: inC.name, what: "rate", at: batch},
			{of: msgs.name, to: pebbe.name, what: "rate", at: 1.2},
		}
	}
	toC := []goal{{of: parts.name, to: inC.name, what: "rate", at: 0.75}}
	overTCP := append(goals(0.9), toC...)
	three := []string{"BENCH_PARTS=3"}
	list := []test{
		{title: "PUSH/PULL", work: "thr", endpoint: inproc, size: 64, count: most, ways: all, goals: goals(1)},
		{title: "PUSH/PULL, two processes", work: "2thr", endpoint: tcp, size: 64, count: most, ways: all, goals: overTCP},
		{title: "three parts", work: "thr", endpoint: inproc, size: 64, count: most / 3, ways: few, env: three},
		{title: "three parts, two processes", work: "2thr", endpoint: tcp, size: 64, count: most / 3, ways: few, env: three, goals: toC},
	}
	for _, transport := range []string{tcp, ipc} {
		list = append(list, test{title: "1 MiB, two processes", work: "2thr", endpoint: transport, size: 1 << 20, count: 100 * x.scale,
			ways: []way{inC, pebbe, gozmq, pins}, goals: []goal{{of: pins.name, to: inC.name, what: "rate", at: 0.95}}})
	}
	return append(list, test{title: "10,000 sockets, a goroutine waiting on each", work: "idle", count: 10_000, ways: []way{inC, waits},
		goals: []goal{
			{of: waits.name, what: "threads", at: 30, atMost: true},
			{of: waits.name, to: inC.name, what: "rss", at: 1.9, atMost: true},
		}})
}

// sizes is the same work with messages of every size.
func sizes(x extent) []test {
	works := map[string]string{inproc: "thr", ipc: "2thr", tcp: "2thr"}
	all := []int{8, 64, 512, 4 << 10, 32 << 10, 256 << 10, 1 << 20, 8 << 20}
	if x.quick {
		works, all = map[string]string{tcp: "2thr"}, []int{8, 512, 32 << 10, 1 << 20, 8 << 20}
	}
	var list []test
	for _, endpoint := range []string{inproc, ipc, tcp} {
		work, ok := works[endpoint]
		if !ok {
			continue
		}
		for _, size := range all {
			ways := []way{inC, pebbe, gozmq, calls, batches}
			if size >= 32<<10 {
				ways = []way{inC, pebbe, gozmq, calls, pins}
			}
			list = append(list, test{title: "PUSH/PULL", work: work, endpoint: endpoint, size: size, count: count(size, 100_000*x.scale), ways: ways})
		}
	}
	return list
}

// count keeps a run short: so many bytes, so many messages at most.
func count(size, most int) int { return min(max(256<<20/size, 40), most) }

// trips are the works whose time is that of waking a goroutine up, with brief waits and without.
func trips(x extent) []test {
	n := 500 * x.scale
	all := []way{inC, pebbe, gozmq, parked("call"), briefly("call")}
	toC := []goal{
		{of: "brief waits", to: inC.name, what: "rate", at: 0.95},
		{of: "brief waits", to: inC.name, what: "p50", at: 1.1, atMost: true},
		{of: "brief waits", to: inC.name, what: "p99", at: 1.2, atMost: true},
	}
	toParked := func(at float64) []goal { return []goal{{of: "brief waits", to: "parked", what: "rate", at: at}} }
	toRate := func(at float64) []goal { return []goal{{of: "brief waits", to: inC.name, what: "rate", at: at}} }
	list := []test{
		{title: "REQ/REP, two processes", work: "2lat", endpoint: tcp, count: n, ways: all, goals: toC},
		{title: "REQ/REP, two processes", work: "2lat", endpoint: ipc, count: n, ways: all},
		{title: "REQ/REP", work: "lat", endpoint: tcp, count: n, ways: all, goals: append(toParked(1.15), toC[1:]...)},
		{title: "REQ/REP, 8 pairs", work: "pairs", endpoint: tcp, count: 2 * n, ways: all, number: 8, goals: toParked(1)},
		{title: "REQ/REP, 64 pairs", work: "pairs", endpoint: tcp, count: 2 * n, ways: all, number: 64, goals: toParked(1)},
		{title: "REQ/REP", work: "lat", endpoint: inproc, count: 2 * n, ways: all, goals: append(toParked(1), toC[1:]...)},
	}
	requests := func(goroutines string, at float64) test {
		return test{title: "Request on a Dealer, goroutines: " + goroutines, work: "lat", endpoint: tcp, count: 2 * n,
			ways: []way{inC, parked("request"), briefly("request")}, env: []string{"BENCH_GOROUTINES=" + goroutines}, goals: toRate(at)}
	}
	list = append(list, requests("1", 0.8), requests("64", 4))
	devices := []way{inC, parked(""), briefly("")}
	list = append(list, test{title: "queue with one client and one worker", work: "trip", count: n, ways: devices, goals: toRate(0.95)})
	for _, kind := range []string{"queue", "streamer", "forwarder"} {
		most := 100_000 * x.scale
		if kind == "queue" {
			most /= 4
		}
		list = append(list, test{title: kind, work: "proxy", endpoint: kind, count: most, ways: devices, goals: toRate(0.9)})
	}
	for i := range list {
		list[i].size = 64
	}
	return append(list, test{title: "1 MiB, two processes", work: "2thr", endpoint: tcp, size: 1 << 20, count: 100 * x.scale,
		ways: []way{inC, parked("pin"), briefly("pin")}, goals: toRate(1)})
}

// busy is trips, and a few of an HTTP server, beside two processes that loop.
func busy(x extent) []test {
	list := trips(extent{max(x.scale/5, 1), x.quick})
	list = append(list, mixed(x, 1, 0), mixed(x, 4, 0), mixed(x, 4, 2*time.Millisecond))
	for i := range list {
		list[i].busy, list[i].goals = 2, nil
	}
	return list
}

// https is an HTTP server in the process of goroutines that make round trips.
func https(x extent) []test {
	list := []test{mixed(x, 0, 0)}
	for _, loops := range []int{1, 4, 16} {
		for _, pause := range []time.Duration{0, 2 * time.Millisecond, 20 * time.Millisecond} {
			list = append(list, mixed(x, loops, pause))
		}
	}
	return list
}

func mixed(x extent, loops int, pause time.Duration) test {
	title := "HTTP alone"
	if loops > 0 {
		title = "HTTP, loops: " + strconv.Itoa(loops)
	}
	if pause > 0 {
		title += fmt.Sprint(", answered after ", pause)
	}
	return test{title: title, work: "http", endpoint: pause.String(), count: 80 * x.scale, number: loops, ways: []way{parked(""), briefly("")},
		goals: []goal{
			{of: "brief waits", to: "parked", what: "p50", at: 1.15, atMost: true},
			{of: "brief waits", to: "parked", what: "p99", at: 1.15, atMost: true},
		}}
}
