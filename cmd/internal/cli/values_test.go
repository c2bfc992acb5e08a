package cli

import (
	"testing"
	"time"

	"example.org/zmq"
)

func TestParseType(t *testing.T) {
	for name, want := range map[string]zmq.SocketType{"pub": zmq.Pub, "XREP": zmq.Router, "xreq": zmq.Dealer, "Stream": zmq.Stream} {
		if got, err := ParseType(name); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := ParseType("queue"); err == nil {
		t.Error("queue is no socket type")
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "4096": 4096, "16MiB": 16 << 20, "1.5k": 1536, "2 GB": 2e9, "7b": 7, "none": -1, "-1": -1,
	} {
		if got, err := ParseSize(text); got != want || err != nil {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "-2", "1e9", "0x10", "99999999999GiB", "NaN", "inf", "k"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"10s": 10 * time.Second, "0s": 0, "none": zmq.Infinite, "1m30s": 90 * time.Second} {
		if got, err := ParseDuration(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"10", "-5s", "soon"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestDurationVar asserts that no end is "none" in help and on the command line.
func TestDurationVar(t *testing.T) {
	var d time.Duration
	v := DurationVar(&d, zmq.Infinite)
	if d != zmq.Infinite || v.String() != "none" {
		t.Errorf("unset it is %v, shown as %q", d, v)
	}
	for text, want := range map[string]time.Duration{"2s": 2 * time.Second, "0s": 0, "none": zmq.Infinite, "-1ns": zmq.Infinite} {
		if err := v.Set(text); err != nil || d != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	d = time.Second
	if err := v.Set("5"); err == nil || d != time.Second {
		t.Errorf("5: %v, %v", d, err)
	}
}

func TestFormatSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 16 << 20: "16 MiB", -1: "none"} {
		if got := FormatSize(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
