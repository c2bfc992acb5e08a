package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// gauges are what is sampled besides the flows' messages.
var gauges = []string{"rss", "c_heap", "go_live", "descriptors", "threads", "goroutines", "peer_rss", "kills", "events", "sockets"}

// record is the samples of a run, in memory and in a file.
type record struct {
	file *os.File
	csv  *csv.Writer
	rows []row
}

// row is one sample.
type row struct {
	at    time.Duration
	gauge map[string]float64
	flow  map[string]counts
}

func newRecord(path string) (*record, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &record{file: f, csv: csv.NewWriter(f)}, nil
}

func (r *record) close() { r.file.Close() }

// take adds a sample of this process, of its peer and of the flows.
func (r *record) take(at time.Duration, n *node) error {
	s := row{at: at, gauge: map[string]float64{}, flow: map[string]counts{}}
	s.gauge["rss"] = rss("self")
	s.gauge["c_heap"] = float64(cHeap())
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	s.gauge["go_live"] = float64(live[0].Value.Uint64())
	s.gauge["descriptors"] = float64(entries("/proc/self/fd"))
	s.gauge["threads"] = float64(entries("/proc/self/task"))
	s.gauge["goroutines"] = float64(runtime.NumGoroutine())
	if pid := n.peerPID.Load(); pid != 0 {
		s.gauge["peer_rss"] = rss(strconv.FormatInt(pid, 10))
	}
	s.gauge["kills"] = float64(n.kills.Load())
	s.gauge["events"] = float64(n.events.Load())
	s.gauge["sockets"] = float64(n.sockets.Load())
	for _, f := range n.flows {
		s.flow[f.name] = f.counts()
	}
	if len(r.rows) == 0 {
		head := append([]string{"seconds"}, gauges...)
		for _, f := range n.flows {
			head = append(head, f.name+"_received", f.name+"_missing", f.name+"_wrong")
		}
		if err := r.csv.Write(head); err != nil {
			return err
		}
	}
	r.rows = append(r.rows, s)
	line := []string{fmt.Sprintf("%.1f", at.Seconds())}
	for _, g := range gauges {
		line = append(line, strconv.FormatFloat(s.gauge[g], 'f', -1, 64))
	}
	for _, f := range n.flows {
		c := s.flow[f.name]
		line = append(line, fmt.Sprint(c.received), fmt.Sprint(c.missing), fmt.Sprint(c.wrong))
	}
	if err := r.csv.Write(line); err != nil {
		return err
	}
	r.csv.Flush()
	return r.csv.Error()
}

// rss returns the resident memory of a process in bytes, 0 where it cannot be had.
func rss(pid string) float64 {
	text, err := os.ReadFile("/proc/" + pid + "/statm")
	if err != nil {
		return 0
	}
	if f := strings.Fields(string(text)); len(f) > 1 {
		pages, _ := strconv.ParseFloat(f[1], 64)
		return pages * float64(os.Getpagesize())
	}
	return 0
}

func entries(folder string) int {
	list, err := os.ReadDir(folder)
	if err != nil {
		return 0
	}
	return len(list)
}
