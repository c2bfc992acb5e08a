package main

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	render "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

var toHTML = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(render.WithUnsafe()), // the tree's own pages, which have <details> and tables of code
)

// ids makes the names of headings as forges do, so that the links of the pages hold here too.
type ids struct{ used map[string]int }

func (i *ids) Generate(value []byte, _ ast.NodeKind) []byte {
	name := string(value)
	name = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(name, "$1")
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, name)
	n := i.used[name]
	i.used[name]++
	if n > 0 {
		name = fmt.Sprintf("%s-%d", name, n)
	}
	return []byte(name)
}

func (i *ids) Put([]byte) {}

// markdown renders the pages of the tree.
func (s *site) markdown() error {
	var names []string
	err := filepath.WalkDir(s.tree, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.tree, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if base := path.Base(rel); rel != "." && (strings.HasPrefix(base, ".") || base == "site" || base == "testdata" || base == "node_modules") || strings.HasPrefix(rel, "vendor_libzmq/") {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, ".md") {
			names = append(names, rel)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names { // all are known before links are looked at
		s.pages[outOf(name)] = &Page{Out: outOf(name)}
	}
	for _, name := range names {
		if err := s.renderPage(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// outOf is where a page of the tree is in the site.
func outOf(name string) string {
	dir, base := path.Split(name)
	if base == "README.md" {
		return dir + "index.html"
	}
	return strings.TrimSuffix(name, ".md") + ".html"
}

func (s *site) renderPage(name string) error {
	source, err := os.ReadFile(filepath.Join(s.tree, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	doc := toHTML.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(&ids{map[string]int{}}))))
	p := s.pages[outOf(name)]
	err = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = []byte(s.target(name, string(n.Destination)))
		case *ast.Image:
			n.Destination = []byte(s.target(name, string(n.Destination)))
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := toHTML.Renderer().Render(&b, source, doc); err != nil {
		return err
	}
	s.fill(p, b.String())
	if p.Title == "" {
		p.Title = name
	}
	return nil
}

var (
	headings = regexp.MustCompile(`(?s)<h([1-6]) id="([^"]*)">(.*?)</h[1-6]>`)
	tables   = regexp.MustCompile(`(?s)<table>.*?</table>`)
	tags     = regexp.MustCompile(`(?s)<[^>]*>`)
	spaces   = regexp.MustCompile(`\s+`)
	comments = regexp.MustCompile(`(?s)<!--.*?-->\n?`)
)

// fill gives a page its body, and finds its title, its headings and what can be searched for.
func (s *site) fill(p *Page, body string) {
	body = comments.ReplaceAllString(body, "")
	heads := headings.FindAllStringSubmatchIndex(body, -1)
	for i, h := range heads {
		head := Head{ID: body[h[4]:h[5]], Text: plain(body[h[6]:h[7]]), Level: int(body[h[2]] - '0')}
		if p.Title == "" {
			p.Title = head.Text
		}
		if head.Level == 2 || head.Level == 3 && strings.HasPrefix(p.Out, "docs/migrating") {
			p.Heads = append(p.Heads, head)
		}
		end := len(body)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		p.entries = append(p.entries, Entry{Title: p.Title, Head: head.Text, URL: p.Out + "#" + head.ID, Text: plain(body[h[1]:end])})
	}
	if len(heads) == 0 {
		p.entries = append(p.entries, Entry{Title: p.Title, Head: p.Title, URL: p.Out, Text: plain(body)})
	}
	body = tables.ReplaceAllString(body, `<div class="wide" tabindex="0">$0</div>`)
	p.Body = template.HTML(body)
}

// plain is a piece of HTML without its marks.
func plain(text string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(text, " ")), " "))
}

// target is where a link of a page leads in the site. What is no page is shown as a source, and pictures are copied.
func (s *site) target(page, to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Path == "" {
		return to
	}
	file := path.Join(path.Dir(page), u.Path)
	if file == ".." || strings.HasPrefix(file, "../") {
		return to
	}
	info, err := os.Stat(filepath.Join(s.tree, filepath.FromSlash(file)))
	if err != nil {
		return to // a test of the pages reports it
	}
	out := ""
	switch {
	case info.IsDir() && s.pages[path.Join(file, "index.html")] != nil:
		out = path.Join(file, "index.html")
	case info.IsDir() && s.pages[path.Join("api", file, "index.html")] != nil:
		out = path.Join("api", file, "index.html")
	case strings.HasSuffix(file, ".md"):
		out = outOf(file)
	case strings.HasSuffix(file, ".svg"), strings.HasSuffix(file, ".png"):
		out = file
		s.files[out] = file
	default:
		out = "source/" + file + ".html"
		if s.pages[out] == nil {
			s.pages[out] = &Page{Out: out, Title: file}
		}
	}
	if u.Fragment != "" {
		out += "#" + u.Fragment
	}
	return root(outOf(page)) + out
}

// sources renders the files and folders that pages link to.
func (s *site) sources() error {
	for out, p := range s.pages {
		if !strings.HasPrefix(out, "source/") {
			continue
		}
		file := filepath.Join(s.tree, filepath.FromSlash(p.Title))
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		body := fmt.Sprintf("<h1 id=\"top\">%s</h1>\n", html.EscapeString(p.Title))
		if info.IsDir() {
			entries, err := os.ReadDir(file)
			if err != nil {
				return err
			}
			body += "<ul>\n"
			for _, e := range entries {
				body += fmt.Sprintf("<li><code>%s</code></li>\n", html.EscapeString(e.Name()))
			}
			body += "</ul>\n"
		} else {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			body += "<pre><code>" + html.EscapeString(string(text)) + "</code></pre>\n"
		}
		s.fill(p, body)
	}
	return nil
}
