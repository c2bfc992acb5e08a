package main

import (
	"os"
	"path/filepath"
	"slices"
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
	text := heading(part{name: "rates", turns: 3}, "0.10", 0) + tables([]outcome{sampleOutcome()})
	for _, want := range []string{
		"| PUSH/PULL, tcp, 64 B | Send, Recv to C, rate | at least 0.5 | 1.00 [0.50, 2.00] | reached |",
		"| PUSH/PULL, tcp, 64 B | Send, Recv to pebbe/zmq4, rate | at least 9 | 2.00 [2.00, 2.00] | missed |",
		"load 0.10 before",
		"`scripts/bench rates` measures anew",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestReplaceKeepsTheRest(t *testing.T) {
	name := filepath.Join(t.TempDir(), "doc.md")
	begin, end := marks("rates")
	other := "<!-- measured by scripts/bench trips: begin -->\nothers\n"
	if err := os.WriteFile(name, []byte(other+"before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replace(name, "rates", "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if want := other + "before\n" + begin + "\n\nnew\n\n" + end + "\nafter\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if err := replace(os.DevNull, "rates", "new\n"); err == nil {
		t.Error("a document without the lines was accepted")
	}
}

// TestReport writes every part, with made-up samples, where the document has a place for it.
func TestReport(t *testing.T) {
	docs := t.TempDir()
	document, err := os.ReadFile("../../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range inOrder {
		if err := os.WriteFile(filepath.Join(docs, "performance-figures.md"), document, 0o600); err != nil {
			t.Fatal(err)
		}
		var done []outcome
		for _, test := range p.tests(extent{scale: 1}) {
			o := outcome{test, map[string][]sample{}}
			for i, w := range test.ways {
				if w.name != gozmq.name {
					o.samples[w.name] = []sample{{"msgs": 123_456, "secs": 1 + float64(i), "cpu": 1, "p50": 2000, "p99": 3000, "threads": 4, "rss": 5}}
				}
			}
			done = append(done, o)
		}
		if err := report(p, done, "", docs); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		got, err := os.ReadFile(filepath.Join(docs, "performance-figures.md"))
		if err != nil {
			t.Fatal(err)
		}
		begin, _ := marks(p.name)
		_, text, found := strings.Cut(string(got), begin)
		if !found || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s: not written, or no numbers:\n%s", p.name, text)
		}
		if p.picture == "" {
			continue
		}
		svg, err := os.ReadFile(filepath.Join(docs, p.picture))
		if err != nil || !strings.Contains(string(svg), "prefers-color-scheme: dark") || strings.Contains(string(svg), "NaN") {
			t.Errorf("%s: no picture, or none for the dark: %v", p.name, err)
		}
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-pairs", "7", "http", "-longer", "2", "curves"})
	if err != nil || o.pairs != 7 || o.scale != 20 || !slices.Equal(o.parts, []string{"http", "curves"}) {
		t.Errorf("%+v, %v", o, err)
	}
	chosen, err := choose(o.parts, false)
	if err != nil || len(chosen) != 5 || chosen[0].name != "http" || chosen[4].name != "goroutines" {
		t.Errorf("%v, %v", chosen, err)
	}
	if _, err := choose([]string{"nothing"}, false); err == nil {
		t.Error("a part that is not there was accepted")
	}
	if o, err := parse([]string{"-quick"}); err != nil || o.pairs != 3 || o.scale != 1 {
		t.Errorf("%+v, %v", o, err)
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
