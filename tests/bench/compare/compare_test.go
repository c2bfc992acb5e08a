package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sampleOutcome() outcome {
	return outcome{
		test{title: "PUSH/PULL", work: "2thr", endpoint: tcp, size: 64, ways: []way{inC, pebbe, calls},
			goals: []goal{{of: calls.name, to: inC.name, what: "rate", at: 0.5}, {of: calls.name, to: pebbe.name, what: "rate", at: 9}}},
		map[string][]sample{
			inC.name:   {{"msgs": 100, "secs": 1, "cpu": 1}, {"msgs": 100, "secs": 2, "cpu": 1}, {"msgs": 100, "secs": 4, "cpu": 1}},
			calls.name: {{"msgs": 100, "secs": 2, "cpu": 1}, {"msgs": 100, "secs": 2, "cpu": 1}, {"msgs": 100, "secs": 2, "cpu": 1}},
			pebbe.name: {{"msgs": 100, "secs": 4, "cpu": 1}, {"msgs": 100, "secs": 4, "cpu": 1}, {"msgs": 100, "secs": 4, "cpu": 1}},
		},
	}
}

func TestRatioIsTakenTurnByTurn(t *testing.T) {
	if got := sampleOutcome().ratio(calls.name, inC.name, "rate"); got != (spread{0.5, 1, 2}) {
		t.Errorf("ratio %v", got)
	}
	if got := spreadOf([]float64{4, 1, 3, 2}); got != (spread{1, 2.5, 4}) {
		t.Errorf("spread %v", got)
	}
}

func TestTables(t *testing.T) {
	text := tables([]outcome{sampleOutcome()}, 3, "0.10")
	for _, want := range []string{
		"| PUSH/PULL, tcp, 64 B | Send, Recv to C, rate | at least 0.5 | 1.00 [0.50, 2.00] | reached |",
		"| PUSH/PULL, tcp, 64 B | Send, Recv to pebbe/zmq4, rate | at least 9 | 2.00 [2.00, 2.00] | missed |",
		"load 0.10 before",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestReplaceKeepsTheRest(t *testing.T) {
	name := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(name, []byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replace(name, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if want := "before\n" + begin + "\nnew\n" + end + "\nafter\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if err := replace(os.DevNull, "new\n"); err == nil {
		t.Error("a document without the lines was accepted")
	}
}

func TestPicture(t *testing.T) {
	o := sampleOutcome()
	o.goals = nil
	name := filepath.Join(t.TempDir(), "p.svg")
	if err := drawAll([]outcome{o}, name); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(name); err != nil || !strings.Contains(string(text), "<svg") {
		t.Errorf("%v", err)
	}
}

func TestAnswers(t *testing.T) {
	s, err := read([]byte("msgs=10 secs=2.5 cpu=1\ncpu=0.5\n"), nil)
	if err != nil || s.of("rate") != 4 || s["cpu"] != 1.5 {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := read([]byte("what?"), nil); err == nil {
		t.Error("nonsense was accepted")
	}
}
