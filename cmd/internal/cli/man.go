package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes the manual pages of a program and its commands: what --help says, for man.
func manCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the manual pages into a folder, such as /usr/local/share/man/man1, which is made if need be",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { // a new system has no /usr/local/share/man/man1
				return Exit(ExitBadUse, err)
			}
			return writePages(root, args[0])
		},
	}
}

func writePages(c *cobra.Command, dir string) error {
	path := filepath.Join(dir, pageName(c)+".1")
	if err := os.WriteFile(path, []byte(ManPage(c)), 0o644); err != nil {
		return Exit(ExitBadUse, err)
	}
	for _, sub := range pages(c) {
		if err := writePages(sub, dir); err != nil {
			return err
		}
	}
	return nil
}

// pages returns the commands of c that have pages.
func pages(c *cobra.Command) []*cobra.Command {
	var subs []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "completion" && sub.Name() != "help" {
			subs = append(subs, sub)
		}
	}
	return subs
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// ManPage returns the manual page of a command.
func ManPage(c *cobra.Command) string {
	c.InitDefaultHelpFlag()
	var b strings.Builder
	name := pageName(c)
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"ØMQ\" \"User Commands\"\n", strings.ToUpper(name))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.CommandPath()))
	if subs := pages(c); len(subs) > 0 {
		fmt.Fprintln(&b, "COMMAND [flags] ...")
	} else {
		fmt.Fprintln(&b, roff(strings.TrimPrefix(c.UseLine(), c.CommandPath()+" ")))
	}
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintln(&b, ".SH DESCRIPTION")
	manText(&b, text)
	if subs := pages(c); len(subs) > 0 {
		fmt.Fprintln(&b, ".SH COMMANDS")
		for _, sub := range subs {
			fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(sub)), roff(sub.Short))
		}
	}
	manFlags(&b, c)
	if c.Example != "" {
		fmt.Fprintln(&b, ".SH EXAMPLES")
		verbatim(&b, strings.Split(c.Example, "\n"))
	}
	if c.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(pageName(c.Parent())))
	}
	return b.String()
}

// manText turns the text of --help into a page's: a line in capitals begins a section, lines that are indented stay as
// they are, and the others flow.
func manText(w io.Writer, text string) {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch head, rest := heading(line); {
		case line == "":
			if next, _ := heading(lines[i+1]); next == "" { // the text is trimmed: a line follows
				fmt.Fprintln(w, ".PP")
			}
		case head != "":
			fmt.Fprintf(w, ".SH %s\n", roff(head))
			if rest != "" {
				fmt.Fprintln(w, roff(rest))
			}
		case line[0] == ' ':
			from := i
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ") {
				i++
			}
			indented(w, lines[from:i+1])
		default:
			fmt.Fprintln(w, roff(line))
		}
	}
}

// heading takes the words in capitals that a line begins with, if it is a section's.
func heading(line string) (head, rest string) {
	if line == "" {
		return "", ""
	}
	words := strings.Fields(line)
	n := 0
	for n < len(words) && strings.IndexFunc(words[n], func(r rune) bool { return !unicode.IsUpper(r) }) < 0 && len(words[n]) > 1 {
		n++
	}
	if n == 0 || line[0] == ' ' || n < len(words) && strings.HasSuffix(line, ".") {
		return "", ""
	}
	return strings.Join(words[:n], " "), strings.Join(words[n:], " ")
}

// indented writes lines that are a table where they have columns, and otherwise text.
func indented(w io.Writer, lines []string) {
	for _, line := range lines {
		if strings.Contains(strings.TrimLeft(line, " "), "  ") || strings.HasPrefix(line, "   ") {
			verbatim(w, lines)
			return
		}
	}
	for _, line := range lines {
		fmt.Fprintln(w, roff(strings.TrimSpace(line)))
	}
}

func verbatim(w io.Writer, lines []string) {
	fmt.Fprintln(w, ".nf")
	for _, line := range lines {
		fmt.Fprintln(w, roff(line))
	}
	fmt.Fprintln(w, ".fi")
}

func manFlags(w io.Writer, c *cobra.Command) {
	fmt.Fprintln(w, ".SH OPTIONS")
	flags := c.Flags()
	flags.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		fmt.Fprint(w, ".TP\n.B ")
		if f.Shorthand != "" {
			fmt.Fprint(w, roff("-"+f.Shorthand+", "))
		}
		fmt.Fprint(w, roff("--"+f.Name))
		if kind != "" && f.NoOptDefVal == "" {
			fmt.Fprintf(w, " \\fI%s\\fR", roff(kind))
		}
		fmt.Fprintf(w, "\n%s\n", roff(usage))
	})
}

// roff keeps the formatter from seeing anything but text.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
