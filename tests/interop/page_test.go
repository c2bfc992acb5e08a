package interop

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = "../../docs/interop.md"

// comparePage writes the page, or compares it with what was seen.
func comparePage(t *testing.T) {
	want := renderPage()
	if *write {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Error(err)
		}
		return
	}
	got, err := os.ReadFile(page)
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("docs/interop.md is not what was seen (-seen +page); -write writes it: %v\n%s", err, diff)
	}
}

func renderPage() string {
	var b strings.Builder
	b.WriteString(`# Does it talk to ...?

Made by

    tests/interop/install && (cd tests && go test ./interop -whole -write)

which has this package talk to programs with other implementations inside. CI runs the same without ` + "`-write`" + `,
and fails where anything differs from this page.

| | what it is |
| --- | --- |
`)
	for _, imp := range implementations {
		fmt.Fprintf(&b, "| **%s** | %s |\n", imp.name, imp.note)
	}
	fmt.Fprintf(&b, `
## Messages

Each pattern, over tcp and ipc, with this side bound and with the other side bound: %d messages each way that the pattern
has, of one part and of up to %d, of 0 bytes to 8 MiB a part, compared by size and checksum; for subscribers also that a filter
holds. "yes" stands for all of that, "tcp" for all of that over tcp. A number is that of a failure below, "-" means that the
implementation does not have it.

`, len(messages), most(messages))
	table(&b, "exchange", func(r *result) map[setting]outcome { return r.exchange })
	b.WriteString(`
## After kill -9

The same settings: messages, then the other program is ended by ` + "`kill -9`" + ` and started anew at the same endpoint, then messages
again, with the socket on this side open all the time.

`)
	table(&b, "reconnect", func(r *result) map[setting]outcome { return r.reconnect })
	failuresOf(&b)
	b.WriteString(`
## Seen on the way

What libzmq does, in C as in Go:

* A PAIR that is bound takes a second peer only after its program has called it between the end of the first and the
  coming of the second: a receive, a poll, or ` + "`Events`" + `. Otherwise it ignores the second for as long as that stays connected.
* An XSUB or SUB that is bound passes its subscriptions on to a publisher that connects later only when its program
  calls it: a receive, a poll, or ` + "`Events`" + `.
* To a peer that speaks ZMTP 1.0, a PUB sends everything: the version has no subscriptions, and leaves filters to the subscriber.
`)
	return b.String()
}

func most(messages [][]int) int {
	n := 0
	for _, m := range messages {
		n = max(n, len(m))
	}
	return n
}

// table draws patterns down and implementations across.
func table(b *strings.Builder, part string, of func(*result) map[setting]outcome) {
	b.WriteString("| here, there |")
	for _, imp := range implementations {
		b.WriteString(" " + imp.name + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(implementations)) + "\n")
	for _, p := range patterns {
		fmt.Fprintf(b, "| %s, %s |", strings.ToUpper(p.ours), strings.ToUpper(p.theirs))
		for _, imp := range implementations {
			fmt.Fprintf(b, " %s |", cell(imp, part, p, of(results[imp.key])))
		}
		b.WriteString("\n")
	}
}

// cell says what became of a pattern with an implementation.
func cell(imp implementation, part string, p pattern, outcomes map[setting]outcome) string {
	var numbers []string
	over := map[string]bool{}
	for s, o := range outcomes {
		if s.pattern != p {
			continue
		}
		over[s.transport] = true
		if o.err != nil {
			n := fmt.Sprint(1 + slices.Index(failures, expected(imp.key, part, s)))
			if !slices.Contains(numbers, n) {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	switch {
	case len(over) == 0:
		return "-"
	case len(numbers) > 0:
		return strings.Join(numbers, ", ")
	case !over["ipc"]:
		return "tcp"
	}
	return "yes"
}

func failuresOf(b *strings.Builder) {
	b.WriteString("\n## What fails\n\nThe same exchange was tried with a C program on libzmq in the place of this package.\n\n" +
		"| | with | setting | what is wrong | with C in our place | whose fault |\n| --- | --- | --- | --- | --- | --- |\n")
	for i, f := range failures {
		name := f.key
		for _, imp := range implementations {
			if imp.key == f.key {
				name = imp.name
			}
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s | fails too | theirs |\n", i+1, name, f.where(), f.why)
	}
}

func (f *failure) where() string {
	where := "all patterns"
	if f.ours != "*" {
		where = strings.ToUpper(f.ours) + " to " + strings.ToUpper(f.theirs)
	}
	if f.bind != "*" {
		where += ", " + f.bind + " bind"
	}
	if f.transport != "*" {
		where += ", " + f.transport
	}
	if f.part == "reconnect" {
		where += ", after kill -9"
	}
	return where
}
