package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"example.org/zmq/tests/picture"
	"gonum.org/v1/plot/vg"
)

// document is the file with the tables. What a part wrote is between the lines of marks.
const document = "performance-figures.md"

func marks(part string) (begin, end string) {
	return "<!-- measured by scripts/bench " + part + ": begin -->", "<!-- measured by scripts/bench " + part + ": end -->"
}

// report prints what was measured, and writes it to the documents in docs, unless that is empty.
func report(p part, done []outcome, heading, docs string) error {
	text := heading + p.table(done)
	fmt.Printf("\n## %s\n\n%s\n", p.name, text)
	if docs == "" {
		return nil
	}
	if p.picture != "" {
		charts, err := p.draw(done)
		if err == nil {
			err = picture.Write(filepath.Join(docs, p.picture), charts, 18*vg.Centimeter, 9*vg.Centimeter)
		}
		if err != nil {
			return err
		}
		text = "![" + p.alt + "](" + p.picture + ")\n\n" + text
	}
	return replace(filepath.Join(docs, document), p.name, text)
}

// replace puts text into the document in place of the part's last one.
func replace(name, part, text string) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	begin, end := marks(part)
	before, rest, found := strings.Cut(string(old), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no lines %q and %q", name, begin, end)
	}
	return os.WriteFile(name, []byte(before+begin+"\n\n"+text+"\n"+end+after), 0o644)
}

// heading says how a part was measured.
func heading(p part, before string, took time.Duration) string {
	return fmt.Sprintf("Measured on %s with %s on %s/%s, %d processors, load %s before and %s after, %d turns of each, in %v. A ratio is the median of the\n"+
		"turns, with the lowest and the highest in brackets. `scripts/bench %s` measures anew.\n\n",
		time.Now().Format("2006-01-02"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), before, load(), p.turns, took.Round(time.Second), p.name)
}

// load is the system's load average of the last minute: much more than the processors that the programs keep
// busy themselves means that others took part.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	if first == "" {
		return "unknown"
	}
	return first
}

func (s spread) String() string {
	if s.median == 0 {
		return ""
	}
	f := "%.2f"
	if s.median < 0.1 {
		f = "%.2g"
	}
	return fmt.Sprintf(f+" ["+f+", "+f+"]", s.median, s.low, s.high)
}
