// Command bench compares the devices in Go with zmq_proxy in C. Source and sink are the same C program for both, in
// processes of their own; the two devices take turns.
//
//	go run ./devices/bench [-pairs 5] [-size 64] [-count 500000] [-transport tcp] [queue forwarder classic streamer]
//
// A line for each run says how many messages a second went through and what processor time the device spent; the
// last line of a kind holds the medians and their ratio.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"time"

	"example.org/zmq/tests/devices/harness"
)

var (
	pairs     = flag.Int("pairs", 5, "runs of each device")
	size      = flag.Int("size", 64, "bytes in a message")
	count     = flag.Int("count", 500_000, "messages in a run (of a queue: a quarter of it)")
	transport = flag.String("transport", "tcp", "tcp or ipc")
)

func main() {
	flag.Parse()
	kinds := flag.Args()
	if len(kinds) == 0 {
		kinds = []string{"queue", "forwarder", "classic", "streamer"}
	}
	if err := run(kinds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(kinds []string) error {
	dir, err := os.MkdirTemp("", "devices")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := harness.Build(dir)
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		if err := compare(programs, dir, kind); err != nil {
			return err
		}
	}
	return nil
}

func compare(programs harness.Programs, dir, kind string) error {
	var c, g []float64
	for i := 0; i < *pairs; i++ {
		for _, turn := range []struct {
			name, program string
			rates         *[]float64
		}{{"c", programs.C, &c}, {"go", programs.Go, &g}} {
			rate, cpu, err := once(turn.program, programs.C, dir, kind)
			if err != nil {
				return err
			}
			*turn.rates = append(*turn.rates, rate)
			fmt.Printf("%s %s: %.0f msg/s, %s\n", kind, turn.name, rate, cpu)
		}
	}
	sort.Float64s(c)
	sort.Float64s(g)
	cm, gm := c[len(c)/2], g[len(g)/2]
	fmt.Printf("%s %s size=%d median c=%.0f go=%.0f ratio=%.3f\n", kind, *transport, *size, cm, gm, gm/cm)
	return nil
}

// once returns messages a second at the sink, of a queue at the source, which waits for the replies.
func once(device, peer, dir, kind string) (rate float64, cpu string, err error) {
	front, back := "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"
	if *transport == "ipc" {
		front, back = "ipc://"+filepath.Join(dir, "f"), "ipc://"+filepath.Join(dir, "b")
	}
	p, err := harness.StartProxy(device, kind, []string{front, back})
	if err != nil {
		return 0, "", err
	}
	n := *count
	if kind == "queue" {
		n /= 4
	}
	args := []string{strconv.Itoa(*size), strconv.Itoa(n)}
	sink := exec.Command(peer, append([]string{"sink", kind, p.Back}, args...)...)
	source := exec.Command(peer, append([]string{"source", kind, p.Front}, args...)...)
	answered := source
	if kind != "queue" {
		answered = sink
	}
	out, err := answered.StdoutPipe()
	if err == nil {
		err = sink.Start()
	}
	if kind == "classic" {
		time.Sleep(300 * time.Millisecond) // nothing tells that the subscription has got through
	}
	if err == nil {
		err = source.Start()
	}
	if err != nil {
		p.Kill()
		return 0, "", err
	}
	var msgs, secs float64
	if _, err := fmt.Fscanf(out, "msgs=%g secs=%g\n", &msgs, &secs); err != nil {
		p.Kill()
		return 0, "", err
	}
	source.Wait()
	sink.Wait()
	cpu, err = p.Stop()
	return msgs / secs, cpu, err
}
