package faults

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"example.org/zmq"
)

// allowance is what a process in a cgroup may take on top of what it has.
const allowance = 64 << 20

type entry struct {
	pattern, fault string
	a              account
	connections    int
}

var (
	entriesMu sync.Mutex
	entries   = map[string][]entry{}
	notes     = map[string]string{}
)

// report keeps what became of a run for the document.
func report(table, pattern, fault string, a account, connections int) {
	entriesMu.Lock()
	defer entriesMu.Unlock()
	entries[table] = append(entries[table], entry{pattern, fault, a, connections})
}

// note keeps what a test has seen for the document.
func note(key, text string) {
	entriesMu.Lock()
	defer entriesMu.Unlock()
	notes[key] = text
}

const head = `# Faults

What becomes of messages when networks, processes and machines fail. The tests in ` + "`tests/faults`" + ` break things, and keep an account;
they wrote this page:

    cd tests && go test ./faults -write

Each run sends %d messages of three parts, each of which follows from the message's number, one every millisecond. The fault
strikes when a quarter has arrived. The last quarter is sent after it is over. The last run was on %s with %s, %s/%s.

## What is promised

| | the manual promises | seen here |
| --- | --- | --- |
| whole messages | a message arrives with all of its parts, or not at all | held in every run: any torn one fails it |
| twice | a message is delivered at most once; nothing is sent again by itself | held in every run: any that comes twice fails it |
| order | what arrives over one connection is in the order in which it was sent | held in every run: what arrived is never made of more ordered streams than there were connections |
| delivery | none, once a connection breaks: what was in the system's buffers, or on its way, is gone | the column "lost" |
| reconnection | the side that connected tries again, for as long as its socket is open | held in every run |
| a request's answer | REQ waits for it. With ` + "`ReqRelaxed` and `ReqCorrelate`" + ` it may ask again, and an answer to an earlier question is dropped | held in every run |

Who needs to know that a message has arrived asks for an answer. REQ/REP did that here: all questions were answered, some after
asking again, which means that a service may see a question twice.

`

// document writes docs/faults.md from what was reported.
func document() string {
	entriesMu.Lock()
	defer entriesMu.Unlock()
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p(head, *count, runtime.Version(), zmq.LinkInfo(), runtime.GOOS, runtime.GOARCH)
	p("## The network fails\n\nBetween two sockets over tcp stands a proxy (Toxiproxy, and a relay of our own for the reset). \"Half-open\" is a network that swallows all and\n")
	p("says nothing: only heartbeats (here every 50 ms, with 250 ms of patience) notice it. \"Lost\" there is what was sent meanwhile.\n\n")
	var names []string
	for _, f := range faults {
		names = append(names, f.name)
	}
	table(p, "network", names)
	if len(entries["line"]) > 0 {
		p("\n### The line fails\n\nSender and receiver are in network namespaces of their own, over tcp, with a line between them (`TestLine`). As long as tcp itself holds\n")
		p("on, an outage costs time and nothing else. Of a peer that is gone without a word the sender learns from heartbeats, or, without them, when\n")
		p("somebody answers at that address again: what it sent meanwhile is queued or lost.\n\n")
		names = nil
		for _, e := range entries["line"] {
			if !slices.Contains(names, e.fault) {
				names = append(names, e.fault)
			}
		}
		slices.Sort(names)
		table(p, "line", names)
	}
	p("\n## The process at the other end fails\n\nThe receiver is a process of its own, which writes down what it has received.\n\n")
	names = nil
	for _, f := range processFaults {
		names = append(names, f.name)
	}
	table(p, "process", names)
	p("\n### Stopped, without heartbeats\n\nWater marks are 10 messages at both ends (500 for PUB/SUB), besides what the system buffers. PUSH, DEALER and PAIR are held up and lose\n")
	p("nothing; PUB drops what has no room, for that subscriber alone.\n\n| pattern | | sent | arrived | lost |\n| --- | --- | --: | --: | --: |\n")
	for _, e := range sorted(entries["stopped"]) {
		if e.pattern == "REQ/REP" {
			p("| %s | %s | %d | %d | |\n", e.pattern, e.fault, e.a.Sent, e.a.Arrived)
			continue
		}
		p("| %s | %s | %d | %d | %d |\n", e.pattern, e.fault, e.a.Sent, e.a.Arrived, e.a.Lost)
	}
	if len(entries["cgroup"]) > 0 {
		p("\n### Fed more than its cgroup allows\n\nThe receiver stops to take after %d messages. Its cgroup allows it %d MiB more than it had, and the sender sends as fast as it can.\n", *count/4, allowance>>20)
		p("Without a high-water mark (0) the kernel kills it, and what it had not taken is gone. The sender sees a lost peer and no error, and goes\n")
		p("on with the next one at the same place. With marks the receiver lives, and nothing is lost.\n\n| pattern | | sent | arrived | lost |\n| --- | --- | --: | --: | --: |\n")
		for _, e := range sorted(entries["cgroup"]) {
			p("| %s | %s | %d | %d | %d |\n", e.pattern, e.fault, e.a.Sent, e.a.Arrived, e.a.Lost)
		}
	}
	p("\n## The machine fails\n\n| what is missing | what happens | seen |\n| --- | --- | --- |\n")
	row := func(what, happens, key string) {
		if seen := notes[key]; seen != "" {
			p("| %s | %s | %s |\n", what, happens, strings.ReplaceAll(strings.ReplaceAll(seen, "|", "\\|"), "\n", "<br>"))
		}
	}
	row("room on the disk of an ipc path, or the right to write there", "an error that names the endpoint; the same socket binds when there is room. Connections that are there go on", "disk")
	row("descriptors (64 in all)", "an error before the engine would abort; untrusted peers cannot take the last ones; all works again when they are gone", "files")
	row("memory, for messages of 1 MiB", "ENOMEM, and the program goes on", "memory 1048576")
	row("memory, for messages of 100 bytes", "whoever asks last ends: the send (ENOMEM), the engine (it aborts) or Go (it ends the program). Bound what queues up, see [limits](limits.md)", "memory 100")
	row("memory, by cgroup", "the kernel kills the process: neither the engine nor Go is notified of it, no send gives an error. Bound what queues up", "cgroup")
	row("memory, for a part of 4 GiB that an untrusted peer announces", "the connection ends", "frame limited")
	row("the same, refused by `MaxMsgSize`", "the connection ends before memory is asked for", "frame unlimited")
	row("a steady wall clock: it steps by an hour, there and back, with every look of the C side", "nothing: the engine goes by the monotonic clock, and Go does, too", "clock")
	return b.String()
}

func sorted(list []entry) []entry {
	at := func(e entry) int {
		return slices.IndexFunc(patterns, func(p pattern) bool { return p.name == e.pattern })
	}
	slices.SortStableFunc(list, func(a, b entry) int {
		if at(a) != at(b) {
			return at(a) - at(b)
		}
		return strings.Compare(a.fault, b.fault)
	})
	return list
}

func table(p func(string, ...any), name string, faults []string) {
	p("| fault | pattern | sent | arrived | lost | in gaps | twice | torn | connections | streams | asked again |\n")
	p("| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, fault := range faults {
		for _, e := range sorted(entries[name]) {
			if e.fault != fault {
				continue
			}
			again := ""
			if e.pattern == "REQ/REP" {
				again = fmt.Sprint(e.a.Again)
			}
			p("| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %s |\n", e.fault, e.pattern,
				e.a.Sent, e.a.Arrived, e.a.Lost, e.a.Gaps, e.a.Twice, e.a.Torn, e.connections, e.a.Streams, again)
		}
	}
}
