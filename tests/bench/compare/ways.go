package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A way is one program doing a work in one manner.
type way struct {
	name    string // as the tables call it
	program string // c, ours, pebbe or gozmq
	mode    string // BENCH_MODE
	env     []string
}

var (
	inC     = way{name: "C", program: "c"}
	pebbe   = way{name: "pebbe/zmq4", program: "pebbe"}
	gozmq   = way{name: "go-zeromq/zmq4", program: "gozmq"}
	calls   = way{name: "Send, Recv", program: "ours", mode: "call"}
	batches = way{name: "Batch", program: "ours", mode: "batch"}
	msgs    = way{name: "SendMsg, RecvMsg", program: "ours", mode: "message"}
	pins    = way{name: "PinMessage", program: "ours", mode: "pin"}
	parts   = way{name: "SendParts, AppendParts", program: "ours", mode: "parts"}
	waits   = way{name: "Recv", program: "ours"}
)

// briefly is the way with brief waits, as they are by default, and parked the one without, both of this library.
func briefly(mode string) way { return way{name: "brief waits", program: "ours", mode: mode} }

func parked(mode string) way {
	return way{name: "parked", program: "ours", mode: mode, env: []string{"BENCH_BRIEF=off"}}
}

// A test is one work that is done in several ways, which take turns.
type test struct {
	title    string
	work     string // thr, lat: one process; 2thr, 2lat: two; proxy; trip: round trips through a queue; idle; http; those of numbers.go
	endpoint string // or the kind of proxy, or how long an HTTP server's neighbours are kept waiting
	size     int
	count    int
	ways     []way // the first one is the measure of the others
	goals    []goal
	number   int // of parts, goroutines and the like: BENCH_NUMBER
	env      []string
	busy     int // so many processes loop meanwhile
}

// A goal is a line of the design: the ratio of one way to another.
type goal struct {
	of, to string
	what   string // rate, p50, p99, threads, rss
	at     float64
	atMost bool
}

const tcp, ipc, inproc = "tcp://127.0.0.1:*", "ipc", "inproc://bench"

// environment is what the program of a way is told about the test.
func (t test) environment(w way) []string {
	env := append([]string{"BENCH_MODE=" + w.mode}, w.env...)
	if t.number > 0 {
		env = append(env, "BENCH_NUMBER="+strconv.Itoa(t.number))
	}
	return append(env, t.env...)
}

// parts is how many parts of its size a message has.
func (t test) parts() int {
	for _, e := range t.env {
		if n, found := strings.CutPrefix(e, "BENCH_PARTS="); found {
			count, _ := strconv.Atoi(n)
			return count
		}
	}
	return 1
}

// messages is how many messages a way moves in a run: go-zeromq/zmq4 takes much longer for small ones, and moves a tenth of them.
func (t test) messages(w way) int {
	if w.program == gozmq.program && t.count > 1000 && (strings.HasSuffix(t.work, "thr") || t.work == "shared") {
		return t.count / 10
	}
	return t.count
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
	case "idle", "http":
		return t.title
	case "proxy", "trip":
		return t.title + ", tcp, " + bytes(t.size)
	}
	transport, _, _ := strings.Cut(t.endpoint, ":")
	return fmt.Sprintf("%s, %s, %s", t.title, transport, bytes(t.size))
}
