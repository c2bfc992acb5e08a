package guide

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// plain are the pages that users read first.
var plain = regexp.MustCompile(`^(README|CHANGELOG|deploy/README|examples/README|docs/(guide/.*|install|limits|migrating|zmq\w+))\.md$`)

// vague are words that hide who does what.
var vague = regexp.MustCompile(`(?i)\b(somebody|anybody|nobody|whoever)\b`)

// TestVagueWords: the pages name who does something.
func TestVagueWords(t *testing.T) {
	pages, err := Pages(plain)
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) < 20 {
		t.Errorf("only %d pages were found", len(pages))
	}
	for page, text := range pages {
		for i, line := range strings.Split(text, "\n") {
			if word := vague.FindString(inCode.ReplaceAllString(line, "")); word != "" { // what programs print is theirs
				t.Errorf("%s:%d: %q: say who, such as a peer, a client, a process", page, i+1, word)
			}
		}
	}
}

// TestReadmeShort: the README is read in one sitting.
func TestReadmeShort(t *testing.T) {
	pages, err := Pages(regexp.MustCompile(`^README\.md$`))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(pages["README.md"], "\n"); n == 0 || n > 200 {
		t.Errorf("README.md has %d lines; 200 are enough", n)
	}
}

// sections are those of Keep a Changelog, in their order.
var sections = []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

// disorder returns what is wrong with a changelog: sections out of order, and changes that it has twice.
func disorder(text string) []string {
	var wrong []string
	last, seen := -1, map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "## "):
			last, seen = -1, map[string]bool{}
		case strings.HasPrefix(line, "### "):
			at := slices.Index(sections, line[4:])
			if at <= last {
				wrong = append(wrong, line)
			}
			last = at
		case strings.HasPrefix(line, "- "):
			if seen[line] {
				wrong = append(wrong, line)
			}
			seen[line] = true
		}
	}
	return wrong
}

// TestChangelog: the changelog's sections are in order, and no change is there twice.
func TestChangelog(t *testing.T) {
	pages, err := Pages(regexp.MustCompile(`^CHANGELOG\.md$`))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range disorder(pages["CHANGELOG.md"]) {
		t.Errorf("CHANGELOG.md: out of order, or there twice: %s", line)
	}
	versions := strings.Split(pages["CHANGELOG.md"], "\n## [")
	for _, section := range []string{"Changed", "Removed", "Fixed", "Security"} {
		if strings.Contains(versions[len(versions)-1], "\n### "+section+"\n") {
			t.Errorf("CHANGELOG.md: the first version has a section %q: there was nothing before it; say what there is, under Added", section)
		}
	}
	got := disorder("## [2]\n### Added\n- a\n- b\n- a\n### Fixed\n### Changed\n### New\n## [1]\n### Added\n- a\n")
	if want := "- a, ### Changed, ### New"; strings.Join(got, ", ") != want {
		t.Errorf("disorder: %q", got)
	}
}
