package guide

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	src     = regexp.MustCompile(`(?:src|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`^#{1,6} (.*)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	inCode  = regexp.MustCompile("`[^`\n]*`")
)

// anchors returns the names of a page's headings, as the common forges make them.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, line := range strings.Split(fenced.ReplaceAllString(text, ""), "\n") {
		if m := heading.FindStringSubmatch(line); m != nil {
			names[anchor(m[1])] = true
		}
	}
	return names
}

func anchor(heading string) string {
	heading = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, heading)
}

// links returns the targets of a page's links and pictures.
func links(text string) []string {
	text = inCode.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
	var targets []string
	for _, m := range append(link.FindAllStringSubmatch(text, -1), src.FindAllStringSubmatch(text, -1)...) {
		targets = append(targets, m[1])
	}
	return targets
}

// TestLinks: what a page of this tree links to in this tree is there, headings too.
func TestLinks(t *testing.T) {
	pages, err := Pages(regexp.MustCompile(`.`))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for page, text := range pages {
		for _, target := range links(text) {
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			checked++
			file, fragment, _ := strings.Cut(target, "#")
			to := page
			if file != "" {
				to = path.Join(path.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(Root, to)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, target)
				continue
			}
			if fragment != "" && strings.HasSuffix(to, ".md") && !anchors(pages[to])[fragment] {
				t.Errorf("%s links to %s: that page has no such heading", page, target)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d links were found", checked)
	}
}

// TestLinksNotice: a link to nowhere is found.
func TestLinksNotice(t *testing.T) {
	text := "# A *b*: `c`-d\n[x](#a-b-c-d) `[no](link)`\n```\n# no heading\n[no](link)\n```\n<img src=\"p.svg\">\n"
	if got := strings.Join(links(text), " "); got != "#a-b-c-d p.svg" {
		t.Errorf("links: %q", got)
	}
	if got := anchors(text); len(got) != 1 || !got["a-b-c-d"] {
		t.Errorf("anchors: %v", got)
	}
}
