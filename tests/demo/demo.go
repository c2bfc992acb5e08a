package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.org/zmq"
)

// run is one deployment: a pattern over a transport.
type run struct {
	pattern   string
	transport string
	parts     int
	deploy    func(context.Context, *stage) (outcome, error)
}

// demo runs all deployments and returns the exit code: 0 if every byte arrived.
func demo(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: scripts/demo [-lose] [-size BYTES] [FILE...]\n\n"+
			"Sends the lines of the files, or of this project's own sources, through a small deployment\n"+
			"of processes and checks that every byte arrives.\n\n")
		flags.PrintDefaults()
	}
	tree := flags.String("tree", ".", "where the project's sources are")
	size := flags.Int("size", 4<<20, "repeat the text until it has this many bytes")
	lose := flags.Bool("lose", false, "make one member lose one message, to see the demo notice it")
	patience := flags.Duration("patience", 10*time.Second, "how much silence means that messages are lost")
	only := flags.String("only", "", "do only the runs whose name contains this, such as \"PUSH/PULL ipc\"")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	fmt.Fprintln(stdout, zmq.LinkInfo())
	if *lose {
		*patience = min(*patience, time.Second)
	}
	began := time.Now()
	st, err := newStage(*tree, flags.Args(), *size)
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	defer st.close()
	st.only, st.lose, st.patience, st.stderr = *only, *lose, *patience, stderr
	st.introduce(stdout)

	bad, err := st.runAll(ctx, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	took := time.Since(began).Seconds()
	if bad > 0 {
		fmt.Fprintf(stdout, "\nFAILED: in %d runs something was lost or changed, in %.1f s\n", bad, took)
		return 1
	}
	fmt.Fprintf(stdout, "\nok: every byte arrived in every run, in %.1f s\n", took)
	return 0
}

func runs() []run {
	transports := []string{"tcp", "ipc", "inproc"}
	if !zmq.Has("ipc") {
		transports = []string{"tcp", "inproc"}
	}
	var all []run
	for _, p := range []struct {
		name   string
		deploy func(context.Context, *stage) (outcome, error)
	}{
		{"PUSH/PULL", pipeline},
		{"REQ/REP", service},
		{"PUB/SUB", broadcast},
	} {
		for _, t := range transports {
			for parts := 1; parts <= 2; parts++ {
				all = append(all, run{p.name, t, parts, p.deploy})
			}
		}
	}
	return all
}

// runAll prints a row for each run and returns how many went wrong.
func (st *stage) runAll(ctx context.Context, w io.Writer) (bad int, err error) {
	fmt.Fprintln(w, tableHead)
	for _, r := range runs() {
		if !strings.Contains(fmt.Sprint(r.pattern, " ", r.transport, " ", r.parts), st.only) {
			continue
		}
		st.run = r
		out, err := r.deploy(ctx, st)
		st.strike()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return bad, fmt.Errorf("%s over %s: %w", r.pattern, r.transport, err)
		}
		if !out.good() {
			bad++
		}
		fmt.Fprintln(w, out.row(r))
	}
	return bad, nil
}

// introduce says what is about to happen.
func (st *stage) introduce(w io.Writer) {
	fmt.Fprintf(w, "\ntext       %s: %s lines, %s bytes\n", st.origin, grouped(len(st.text.lines)), grouped(st.text.size))
	fmt.Fprintf(w, "PUSH/PULL  1 ventilator -> %d workers -> 1 sink\n", workers)
	fmt.Fprintf(w, "REQ/REP    %d clients with %d REQ sockets each -> a ROUTER/DEALER queue -> %d servers\n", clients, clientSockets, servers)
	fmt.Fprintf(w, "PUB/SUB    1 publisher -> %d subscribers, to lines that begin with", len(st.text.filters))
	for i, f := range st.text.filters {
		sep := ", "
		if i == 0 {
			sep = " "
		}
		if f == "" {
			fmt.Fprint(w, sep+"anything")
		} else {
			fmt.Fprintf(w, "%s%q", sep, f)
		}
	}
	fmt.Fprint(w, "\ntcp, ipc   each of these is a process of its own; inproc: goroutines of one process\n")
	fmt.Fprint(w, "parts      1: the line; 2: the line and its number\n")
	fmt.Fprint(w, "messages   what all receivers got; a request and its reply are two\n\n")
}

// A row of the table. Bytes are those of all parts, summed over all receivers.
const (
	tableHead = "pattern    transport  parts    messages         bytes     messages/s       lost  checksum of both ends"
	tableRow  = "%-9s  %-9s  %5d  %10s  %12s  %13s  %9s  %s"
)

// outcome is what was sent in a run and what has arrived.
type outcome struct {
	sent, arrived tally
	took          time.Duration
	detail        string // why it is bad although nothing seems lost
}

func (o outcome) good() bool { return o.sent == o.arrived && o.detail == "" }

func (o outcome) row(r run) string {
	rate := "-"
	if o.took > 0 {
		rate = grouped(int(float64(o.arrived.Messages) / o.took.Seconds()))
	}
	verdict := fmt.Sprintf("%016x, equal", o.arrived.Sum)
	switch {
	case o.detail != "":
		verdict = "WRONG: " + o.detail
	case !o.good():
		verdict = fmt.Sprintf("WRONG: %016x sent, %016x arrived", o.sent.Sum, o.arrived.Sum)
	}
	return fmt.Sprintf(tableRow, r.pattern, r.transport, r.parts, grouped(o.arrived.Messages), grouped(o.arrived.Bytes),
		rate, grouped(o.sent.Messages-o.arrived.Messages), verdict)
}

// grouped writes a number as 1,234,567.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// tempDir makes a folder whose path leaves room for the name of an ipc endpoint.
func tempDir() (string, error) {
	dir, err := os.MkdirTemp("", "zmq-demo-")
	if err == nil && len(dir) > 80 {
		os.RemoveAll(dir)
		return os.MkdirTemp("/tmp", "zmq-demo-")
	}
	return dir, err
}
