package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"
	"time"

	"example.org/zmq"
)

// summary is what a run comes to.
type summary struct {
	lasted  time.Duration
	rows    int
	names   []string // the flows'
	total   map[string]counts
	silent  []string // flows in which nothing came in the last quarter
	growth  []growth
	left    leftovers
	last    map[string]float64
	sampled bool // there are samples enough to judge numbers and silence by
	settled bool // the run was long enough to judge memory by it
}

// enough is how many samples a run needs before numbers are judged by it. With fewer, a quarter is a moment: a peer
// that is being started again, or a context that is being made or ended, decides what it shows.
const enough = 40

// growth compares the second quarter of a run with the last.
type growth struct {
	name        string
	early, late float64 // medians
	peak        float64
	bytes       bool
}

func (r *record) summarise(lasted time.Duration, left leftovers) *summary {
	s := &summary{lasted: lasted, rows: len(r.rows), left: left,
		sampled: len(r.rows) >= enough, settled: lasted >= 10*time.Minute}
	if len(r.rows) == 0 {
		return s
	}
	q := len(r.rows) / 4
	last := r.rows[len(r.rows)-1]
	s.total, s.last = last.flow, last.gauge
	for name := range s.total {
		s.names = append(s.names, name)
		if last.flow[name].received == r.rows[len(r.rows)-1-q].flow[name].received && s.sampled {
			s.silent = append(s.silent, name)
		}
	}
	sort.Strings(s.names)
	for _, g := range []string{"rss", "c_heap", "go_live", "descriptors", "threads", "goroutines"} {
		of := func(rows []row) (values []float64) {
			for _, r := range rows {
				values = append(values, r.gauge[g])
			}
			return values
		}
		s.growth = append(s.growth, growth{
			name: g, early: median(of(r.rows[q : 2*q+1])), late: median(of(r.rows[3*q:])),
			peak: slices.Max(of(r.rows)), bytes: g == "rss" || g == "c_heap" || g == "go_live",
		})
	}
	return s
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// verdict says what must not be. Memory is judged after runs of ten minutes or more: before, queues and the
// allocators' arenas still find their size.
func (s *summary) verdict() error {
	var errs []error
	if s.rows == 0 {
		return errors.New("no sample was taken: the run was too short")
	}
	for _, name := range s.names {
		if c := s.total[name]; c.wrong > 0 {
			errs = append(errs, fmt.Errorf("%s: %d messages came twice, torn or out of order", name, c.wrong))
		}
		if c := s.total[name]; c.missing > 0 && slices.Contains(sure, name) {
			errs = append(errs, fmt.Errorf("%s: %d messages are missing", name, c.missing))
		}
	}
	if len(s.silent) > 0 {
		errs = append(errs, fmt.Errorf("nothing came any more in %s", strings.Join(s.silent, ", ")))
	}
	for _, g := range s.growth {
		if g.bytes && s.settled && g.late > 1.1*g.early+4<<20 || !g.bytes && s.sampled && g.late > g.early+16 {
			errs = append(errs, fmt.Errorf("%s grows: %s, later %s", g.name, g.text(g.early), g.text(g.late)))
		}
	}
	if s.left.handles > 0 || s.left.goroutines > 0 {
		errs = append(errs, fmt.Errorf("%d handles and %d goroutines are left after the end", s.left.handles, s.left.goroutines))
	}
	return errors.Join(errs...)
}

func (g growth) text(v float64) string {
	if g.bytes {
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	}
	return fmt.Sprintf("%.0f", v)
}

func (s *summary) received() (n uint64) {
	for _, c := range s.total {
		n += c.received
	}
	return n
}

func (s *summary) short() string {
	return fmt.Sprintf("soak: %v, %d messages checked, %.0f peers killed, %.0f connection events, %.0f sockets opened\n",
		s.lasted.Round(time.Second), s.received(), s.last["kills"], s.last["events"], s.last["sockets"])
}

// sure are the flows in which nothing may be missing.
var sure = []string{"inproc", "bursts", "churn"}

// titles of what is sampled, for people.
var titles = map[string]string{
	"rss": "resident memory", "c_heap": "C heap", "go_live": "live Go heap", "descriptors": "descriptors",
	"threads": "threads", "goroutines": "goroutines",
}

// what says what each flow is.
var what = map[string]string{
	"req":       "REQ over tcp with CURVE, queue device, REP over ipc in the peer, and back",
	"dealer":    "eight goroutines that share a DEALER (`Request`), the same way",
	"forwarder": "PUB over ipc in the peer, forwarder device, SUB over tcp with CURVE",
	"streamer":  "PUSH over tcp with CURVE in the peer, streamer device, PULL over ipc",
	"router":    "DEALER in the peer over tcp with CURVE, ROUTER",
	"pair":      "PAIR in the peer over tcp, PAIR",
	"inproc":    "PAIR to PAIR in one process",
	"bursts":    "PUSH to PULL over ipc by `Batch`; between bursts 100 kB by `PinMessage`",
	"churn":     "each second a context with eight sockets is made, used over tcp, and ended",
}

func (s *summary) document(life time.Duration) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# Soak\n\n`scripts/soak -write DURATION` wrote this page and its picture; without `-write` it leaves them alone.\n\n")
	p("One process, the node, holds all of the flows below at once, with security, three devices and six monitors of connections. The peer\n")
	p("process is killed (SIGKILL) every %v and started again. Senders keep a pace, so that the\nmachine is busy and not overloaded. ", life)
	p("Each message has a number and a content that follows from it. All run at a low priority (nice): what other programs\n")
	p("do to the machine shows as fewer messages and more requests abandoned.\n\n")
	p("The last run: **%v** on %s with %s, %s/%s, %d processors that other programs were using, too. %d messages were checked, %.0f peers killed,\n%.0f connection events seen and %.0f sockets opened by the node.\n\n",
		s.lasted.Round(time.Second), runtime.Version(), zmq.LinkInfo(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		s.received(), s.last["kills"], s.last["events"], s.last["sockets"])
	p("![what was sampled over time](soak.svg)\n\n")
	p("## Does anything grow?\n\nMedians of the second and the last quarter of the run, in the node.\n\n")
	p("| | second quarter | last quarter | highest |\n| --- | --: | --: | --: |\n")
	for _, g := range s.growth {
		p("| %s | %s | %s | %s |\n", titles[g.name], g.text(g.early), g.text(g.late), g.text(g.peak))
	}
	p("\nThe run fails if memory grows by more than a tenth and 4 MiB, which a run of ten minutes or more is judged by, or if descriptors,\nthreads or goroutines grow by more than 16, in a run of %d samples or more. ", enough)
	p("The C heap is what `mallinfo2` says is allocated.\n")
	p("After the end %d handles and %d goroutines were left.\n\n", s.left.handles, max(0, s.left.goroutines))
	p("## What arrived\n\n\"Wrong\" are messages that came twice, torn, or before an earlier one: any ends the run with a failure. \"Missing\" are numbers\n")
	p("skipped between two that arrived, and requests abandoned after %v; where no process is killed (inproc, bursts, churn) any ends the run with\n", answerTime)
	p("a failure, too. What a killed peer had sent last is not known, and not counted.\n\n")
	p("| flow | | arrived | missing | wrong |\n| --- | --- | --: | --: | --: |\n")
	for _, name := range s.names {
		c := s.total[name]
		p("| %s | %s | %d | %d | %d |\n", name, what[name], c.received, c.missing, c.wrong)
	}
	return b.String()
}
