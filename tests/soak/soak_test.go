package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(peerVariable); spec != "" {
		fmt.Fprintln(os.Stderr, "peer:", runPeer(context.Background(), spec))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestRun runs everything for a moment, and looks whether the documents say so.
func TestRun(t *testing.T) {
	out := t.TempDir()
	if err := run(t.Context(), []string{"-for", "5s", "-life", "2s", "-out", out}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"soak.md": "| churn |", "soak.csv": "rss,c_heap", "soak.svg": "<svg"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, or it lacks %q", name, err, want)
		}
	}
}

// TestWrongIsNoticed gives a flow what must not come.
func TestWrongIsNoticed(t *testing.T) {
	torn := body("a", 5)
	torn[2] = torn[2][1:]
	for name, bad := range map[string][][]byte{
		"twice": body("a", 3), "earlier": body("a", 2), "torn": torn, "half": body("a", 5)[:2],
	} {
		f := &flow{name: name}
		f.take(body("a", 1))
		f.take(body("a", 3))
		if c := f.counts(); c.missing != 1 || c.wrong != 0 {
			t.Fatalf("a gap of one counts as %+v", c)
		}
		f.take(bad)
		if f.counts().wrong != 1 || f.first == nil {
			t.Errorf("%s was not noticed", name)
		}
	}
}

// TestVerdictOfFewSamples takes a run of five samples, in which chance decides what a quarter of it shows.
func TestVerdictOfFewSamples(t *testing.T) {
	r := &record{}
	for i := range 5 {
		r.rows = append(r.rows, row{
			at:    time.Duration(i) * time.Second,
			gauge: map[string]float64{"rss": 30 << 20, "descriptors": 94 + 21*float64(i/4)},
			flow:  map[string]counts{"churn": {received: uint64(min(i, 3))}},
		})
	}
	if err := r.summarise(5*time.Second, leftovers{}).verdict(); err != nil {
		t.Errorf("the verdict is %v", err)
	}
	r.rows[4].flow["churn"] = counts{received: 3, wrong: 1}
	if err := r.summarise(5*time.Second, leftovers{}).verdict(); err == nil {
		t.Error("a message that came twice was not noticed")
	}
}

// TestVerdict states what fails a run.
func TestVerdict(t *testing.T) {
	quiet := func() *record {
		r := &record{}
		for i := range 40 {
			r.rows = append(r.rows, row{
				at:    time.Duration(i) * time.Minute,
				gauge: map[string]float64{"rss": 30 << 20, "descriptors": 90},
				flow:  map[string]counts{"churn": {received: uint64(i)}},
			})
		}
		return r
	}
	for name, spoil := range map[string]func(r *record, left *leftovers){
		"":                     func(*record, *leftovers) {},
		"rss grows":            func(r *record, _ *leftovers) { each(r, 30, func(r row) { r.gauge["rss"] = 40 << 20 }) },
		"descriptors grows":    func(r *record, _ *leftovers) { each(r, 30, func(r row) { r.gauge["descriptors"] = 120 }) },
		"nothing came":         func(r *record, _ *leftovers) { each(r, 29, func(r row) { r.flow["churn"] = counts{received: 9} }) },
		"came twice":           func(r *record, _ *leftovers) { each(r, 39, func(r row) { r.flow["churn"] = counts{40, 0, 1} }) },
		"messages are missing": func(r *record, _ *leftovers) { each(r, 39, func(r row) { r.flow["churn"] = counts{40, 1, 0} }) },
		"are left":             func(_ *record, left *leftovers) { left.handles = 1 },
	} {
		r, left := quiet(), leftovers{}
		spoil(r, &left)
		err := r.summarise(time.Hour, left).verdict()
		if name == "" && err != nil || name != "" && (err == nil || !strings.Contains(err.Error(), name)) {
			t.Errorf("%q: the verdict is %v", name, err)
		}
	}
}

func each(r *record, from int, f func(row)) {
	for _, r := range r.rows[from:] {
		f(r)
	}
}
