package zmqperf

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	thrOutput = `^message size: 64 \[B\]\nmessage count: 1000\nmean throughput: \d+ \[msg/s\]\nmean throughput: \d+\.\d{3} \[Mb/s\]\n$`
	latOutput = `^message size: 64 \[B\]\nroundtrip count: 100\naverage latency: \d+\.\d{3} \[us\]\n$`
)

// TestThroughput asserts that the ends find each other, under both names and with and without batches, and print what
// libzmq's tools print.
func TestThroughput(t *testing.T) {
	for _, batch := range []string{"1", "256"} {
		e := clitest.Endpoint(t, "e")
		local := clitest.Start(t, Main, nil, "local_thr", e, "64", "1000", "--batch", batch)
		if code, out, err := clitest.Run(t, Main, "", "/usr/bin/zmqperf", "remote_thr", "--batch", batch, e, "64", "1000"); code != 0 || out != "" {
			t.Fatalf("exit %d, %q, %s", code, out, err)
		}
		if code := local.Wait(t); code != 0 || !regexp.MustCompile(thrOutput).MatchString(local.Out.String()) {
			t.Errorf("exit %d, %q, %s", code, local.Out, local.Err)
		}
	}
}

func TestLatency(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	local := clitest.Start(t, Main, nil, "local_lat", e, "64", "100")
	code, out, err := clitest.Run(t, Main, "", "remote_lat", e, "64", "100")
	if code != 0 || !regexp.MustCompile(latOutput).MatchString(out) {
		t.Errorf("exit %d, %q, %s", code, out, err)
	}
	if code := local.Wait(t); code != 0 || local.Out.String() != "" {
		t.Errorf("exit %d, %q", code, local.Out)
	}
}

func TestInproc(t *testing.T) {
	for _, args := range [][]string{{"inproc_thr", "64", "1000", "--json"}, {"inproc_lat", "64", "1000", "--json", "--percentiles"}} {
		code, out, err := clitest.Run(t, Main, "", append([]string{"zmqperf"}, args...)...)
		var r result
		if e := json.Unmarshal([]byte(out), &r); code != 0 || e != nil || r.Size != 64 || r.Count != 1000 {
			t.Errorf("%q: exit %d, %q, %s", args, code, out, err)
		}
	}
}

// TestWrongSize asserts that ends with different sizes say so.
func TestWrongSize(t *testing.T) {
	e := clitest.Endpoint(t, "e")
	local := clitest.Start(t, Main, nil, "local_thr", e, "64", "1000")
	push := clitest.Socket(t, clitest.Context(t), zmq.Push, e)
	clitest.Send(t, push, "short")
	if code := local.Wait(t); code != exitFailed || !strings.Contains(local.Err.String(), "5 bytes") {
		t.Errorf("exit %d, %s", code, local.Err)
	}
}

func TestBadUse(t *testing.T) {
	for _, c := range []struct {
		code int
		args []string
	}{
		{1, []string{"local_thr", "x"}}, {1, []string{"local_thr", "tcp://*:1", "-1", "1"}}, {1, []string{"inproc_thr", "1", "0"}},
		{1, []string{"inproc_thr", "99999999999", "1"}},
		{1, []string{"--frobnicate"}}, {2, []string{"local_thr", "tcp://127.0.0.1", "1", "1"}},
	} {
		code, _, err := clitest.Run(t, Main, "", append([]string{"zmqperf"}, c.args...)...)
		if code != c.code || strings.Count(err, "\n") != 1 {
			t.Errorf("%q: exit %d, %q", c.args, code, err)
		}
	}
}

func TestPercentiles(t *testing.T) {
	var trips []time.Duration
	for i := 1000; i > 0; i-- {
		trips = append(trips, time.Duration(2*i)*time.Microsecond)
	}
	p := percentiles(trips)
	if p["minimum"] != 1 || p["50%"] != 501 || p["99.9%"] != 1000 || p["maximum"] != 1000 {
		t.Error(p)
	}
}
