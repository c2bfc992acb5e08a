package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestMain makes the test program the members' program, too.
func TestMain(m *testing.M) {
	if spec := os.Getenv(roleVariable); spec != "" {
		os.Exit(beMember(spec, os.Stdin, os.Stdout, os.Stderr))
	}
	// With the race detector each member would sleep for a second before it ends.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	os.Exit(m.Run())
}

// buffer is what several members print to.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestDemo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte("one\ntwo\n\nthree, without an end"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, words buffer
	if code := demo(context.Background(), []string{"-size", "5000", file}, &out, &words); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), words.String())
	}
	if got, want := strings.Count(out.String(), ", equal\n"), len(runs()); got != want {
		t.Errorf("%d runs are equal, want %d\n%s", got, want, out.String())
	}
}

// A message that is lost or changed must show, in every pattern.
func TestDemoNotices(t *testing.T) {
	for _, pattern := range []string{"PUSH/PULL", "REQ/REP", "PUB/SUB"} {
		t.Run(strings.ReplaceAll(pattern, "/", "-"), func(t *testing.T) {
			t.Parallel()
			var out, words buffer
			args := []string{"-tree", "..", "-lose", "-patience", "1s", "-size", "1", "-only", pattern + " inproc 1"}
			if code := demo(context.Background(), args, &out, &words); code != 1 {
				t.Errorf("exit code %d, want 1\n%s%s", code, out.String(), words.String())
			}
			if !strings.Contains(out.String(), "WRONG") {
				t.Errorf("no run is called wrong:\n%s%s", out.String(), words.String())
			}
		})
	}
}

func TestTallySeesEveryChange(t *testing.T) {
	of := func(messages ...[][]byte) (sum tally) {
		for _, m := range messages {
			sum.add(m)
		}
		return sum
	}
	p := func(parts ...string) (m [][]byte) {
		for _, s := range parts {
			m = append(m, []byte(s))
		}
		return m
	}
	was := of(p("ab", "c"), p("d"))
	if is := of(p("d"), p("ab", "c")); is != was {
		t.Errorf("the order matters: %v, was %v", is, was)
	}
	for name, is := range map[string]tally{
		"a byte":   of(p("ab", "C"), p("d")),
		"borders":  of(p("a", "bc"), p("d")),
		"messages": of(p("ab"), p("c", "d")),
		"an empty": of(p("ab", "c"), p("d"), p("")),
		"lost":     of(p("ab", "c")),
	} {
		if is == was {
			t.Errorf("%s: the tally is the same", name)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -123: "-123"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
