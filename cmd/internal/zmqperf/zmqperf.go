// Package zmqperf is the program zmqperf, which measures throughput and latency as the tools of libzmq do, with one of
// those on the other end if need be.
package zmqperf

import (
	"context"
	"encoding/json"

	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

const exitFailed = 2 // the measurement could not be made

const long = `zmqperf measures what ØMQ does between two processes, with the arguments, the roles and the
output of the tools that come with libzmq. Either end may be one of those tools.

Throughput: local_thr binds a PULL, waits for the first of COUNT messages and takes the time until the last;
remote_thr connects a PUSH and sends them. Start them in either order.

Latency: local_lat binds a REP and answers; remote_lat connects a REQ, sends COUNT requests, and prints half the
average round trip.

inproc_thr and inproc_lat do the same between two goroutines.

Called by one of these names zmqperf is that command.

EXIT CODES
  0  measured
  1  wrong arguments
  2  the measurement could not be made`

const example = `  zmqperf local_thr tcp://127.0.0.1:5555 64 1000000 &
  zmqperf remote_thr tcp://127.0.0.1:5555 64 1000000

  zmqperf local_lat tcp://127.0.0.1:5556 64 10000 &
  zmqperf remote_lat --percentiles tcp://127.0.0.1:5556 64 10000`

// job is one end of a measurement.
type job struct {
	endpoint    string
	size, count int
	batch       int
	threads     int
	percentiles bool
	json        bool
	out         io.Writer
	zctx        *zmq.Context
}

var commands = []struct {
	name, args, short string
	run               func(*job, context.Context) error
}{
	{"local_thr", "BIND-TO SIZE COUNT", "Receive COUNT messages of SIZE bytes and print the throughput", (*job).localThr},
	{"remote_thr", "CONNECT-TO SIZE COUNT", "Send COUNT messages of SIZE bytes to local_thr", (*job).remoteThr},
	{"local_lat", "BIND-TO SIZE COUNT", "Answer COUNT requests of SIZE bytes", (*job).localLat},
	{"remote_lat", "CONNECT-TO SIZE COUNT", "Make COUNT round trips to local_lat and print the latency", (*job).remoteLat},
	{"inproc_thr", "SIZE COUNT", "Measure throughput between two goroutines", (*job).inprocThr},
	{"inproc_lat", "SIZE COUNT", "Measure latency between two goroutines", (*job).inprocLat},
}

// Main runs the program and returns its exit code. args[0] is the name it was called by.
func Main(ctx context.Context, args []string, s cli.Streams) int {
	ctx, cancel := cli.UntilSignal(ctx, s.Signals)
	defer cancel()
	root := &cobra.Command{
		Use: "zmqperf", Short: "Measure ØMQ's throughput and latency", Long: long, Example: example,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	name := cli.Name(args, "zmqperf")
	rest := args[min(len(args), 1):]
	for _, c := range commands {
		root.AddCommand(command(c.name, c.args, c.short, c.run, s))
		if c.name == name {
			rest = append([]string{name}, rest...)
		}
	}
	return cli.Execute(ctx, root, rest, s)
}

// maxSize is how large messages may be: a process without memory for one ends.
const maxSize = 1 << 30

func command(name, usage, short string, run func(*job, context.Context) error, s cli.Streams) *cobra.Command {
	j := &job{out: s.Out}
	inproc := usage == "SIZE COUNT"
	want := 3
	if inproc {
		want = 2
	}
	cmd := &cobra.Command{
		Use: name + " [flags] " + usage, Short: short, Long: short + ".\n\n" + long,
		Args: cobra.ExactArgs(want), ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if !inproc {
			j.endpoint, args = args[0], args[1:]
		}
		if j.size, err = strconv.Atoi(args[0]); err != nil || j.size < 0 {
			return cli.BadUse("SIZE: %q is no number of bytes", args[0])
		}
		if j.size > maxSize {
			return cli.BadUse("SIZE: a message of %d bytes is more than %d, which a measurement can hold in memory", j.size, maxSize)
		}
		if j.count, err = strconv.Atoi(args[1]); err != nil || j.count < 1 {
			return cli.BadUse("COUNT: %q is no number of messages", args[1])
		}
		if j.zctx, err = zmq.NewContext(zmq.IOThreads(j.threads)); err != nil {
			return cli.Exit(exitFailed, err)
		}
		err = run(j, cmd.Context())
		if end := j.zctx.Close(); err == nil {
			err = end
		}
		return cli.Exit(exitFailed, err)
	}
	flags := cmd.Flags()
	flags.IntVar(&j.batch, "batch", 256, "messages for one crossing into C, of the throughput commands; 1 sends and receives one at a time")
	flags.IntVar(&j.threads, "io-threads", 1, "threads of the engine")
	flags.BoolVar(&j.percentiles, "percentiles", false, "of the latency commands: print the distribution too")
	flags.BoolVar(&j.json, "json", false, "print one line of JSON instead")
	return cmd
}

// result is what is printed: as the tools of libzmq do, or as JSON.
type result struct {
	Size       int                `json:"message_size"`
	Count      int                `json:"count"`
	Seconds    float64            `json:"seconds"`
	PerSecond  float64            `json:"messages_per_second,omitempty"`
	Megabits   float64            `json:"megabits_per_second,omitempty"`
	Latency    float64            `json:"average_latency_us,omitempty"`
	Percentile map[string]float64 `json:"latency_us,omitempty"`
}

func (j *job) throughput(took time.Duration) error {
	took = max(took, time.Microsecond)
	r := result{Size: j.size, Count: j.count, Seconds: took.Seconds()}
	r.PerSecond = float64(j.count) / r.Seconds
	r.Megabits = r.PerSecond * float64(j.size) * 8 / 1e6
	if j.json {
		return json.NewEncoder(j.out).Encode(r)
	}
	_, err := fmt.Fprintf(j.out, "message size: %d [B]\nmessage count: %d\nmean throughput: %d [msg/s]\nmean throughput: %.3f [Mb/s]\n", r.Size, r.Count, int64(r.PerSecond), r.Megabits)
	return err
}

func (j *job) latency(took time.Duration, trips []time.Duration) error {
	r := result{Size: j.size, Count: j.count, Seconds: took.Seconds()}
	r.Latency = took.Seconds() * 1e6 / float64(2*j.count)
	if len(trips) > 0 {
		r.Percentile = percentiles(trips)
	}
	if j.json {
		return json.NewEncoder(j.out).Encode(r)
	}
	_, err := fmt.Fprintf(j.out, "message size: %d [B]\nroundtrip count: %d\naverage latency: %.3f [us]\n", r.Size, r.Count, r.Latency)
	for _, name := range percentileNames {
		if v, ok := r.Percentile[name]; ok {
			fmt.Fprintf(j.out, "%s latency: %.3f [us]\n", name, v)
		}
	}
	return err
}

func (j *job) wrongSize(got int) error {
	return fmt.Errorf("a message of %d bytes came, where %d were expected: start both ends with the same SIZE", got, j.size)
}
