package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

//go:embed assets
var assets embed.FS

var layout = template.Must(template.ParseFS(assets, "assets/page.html"))

// mark is the file by which a folder is known to be a site, and may be replaced.
const mark = "search-index.js"

// A Page is a page of the site.
type Page struct {
	Out     string // path in the site, with slashes
	Title   string
	Body    template.HTML
	Heads   []Head // for the list beside the page
	entries []Entry
}

// A Head is a heading of a page.
type Head struct {
	ID, Text string
	Level    int
}

// An Entry is what the search knows of a part of a page.
type Entry struct {
	Title string `json:"t"` // of the page
	Head  string `json:"h"` // of the part
	URL   string `json:"u"`
	Text  string `json:"x"`
}

// A site is what is being made.
type site struct {
	tree  string
	pages map[string]*Page  // by Out
	files map[string]string // what is copied or listed: path in the site, path in the tree
}

// Make writes the site of a tree, and returns how many pages it has.
func Make(tree, out string) (int, error) {
	if err := replaceable(out); err != nil {
		return 0, err
	}
	s := &site{tree: tree, pages: map[string]*Page{}, files: map[string]string{}}
	if err := s.packages(); err != nil { // first: pages link to them
		return 0, err
	}
	if err := s.markdown(); err != nil {
		return 0, err
	}
	if err := s.sources(); err != nil {
		return 0, err
	}
	if err := os.RemoveAll(out); err != nil {
		return 0, err
	}
	return len(s.pages), s.write(out)
}

// replaceable says whether a folder may be replaced by a site: it is not there, empty, or a site.
func replaceable(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(out, mark)); err != nil {
		return fmt.Errorf("%s has files and is not a site: name another folder", out)
	}
	return nil
}

func (s *site) write(out string) error {
	var index []Entry
	names := make([]string, 0, len(s.pages))
	for name := range s.pages {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		p := s.pages[name]
		index = append(index, p.entries...)
		var b bytes.Buffer
		if err := layout.Execute(&b, map[string]any{"Page": p, "Root": root(name), "Nav": s.nav(name)}); err != nil {
			return err
		}
		if err := save(out, name, b.Bytes()); err != nil {
			return err
		}
	}
	text, err := json.Marshal(index)
	if err != nil {
		return err
	}
	// A script, not JSON: pages that are files may not read other files, but may name scripts.
	if err := save(out, mark, append([]byte("var searchIndex = "), text...)); err != nil {
		return err
	}
	for _, name := range []string{"style.css", "search.js"} {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		if err := save(out, name, text); err != nil {
			return err
		}
	}
	for to, from := range s.files {
		text, err := os.ReadFile(filepath.Join(s.tree, filepath.FromSlash(from)))
		if err != nil {
			return err
		}
		if err := save(out, to, text); err != nil {
			return err
		}
	}
	return nil
}

func save(out, name string, text []byte) error {
	to := filepath.Join(out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// root is the way from a page to the root of the site: "", "../", "../../".
func root(name string) string { return strings.Repeat("../", strings.Count(name, "/")) }

// A Link is one of the list of pages.
type Link struct {
	URL, Text string
	Here      bool
}

// A Section is a part of the list of pages.
type Section struct {
	Title string
	Links []Link
}

// sections says which pages the list has, in which order, by their paths in the tree or the site.
var sections = []struct {
	title string
	match func(out string) bool
}{
	{"Start", func(out string) bool {
		return out == "index.html" || out == "docs/install.html" || out == "docs/migrating.html" || out == "examples/index.html"
	}},
	{"Guide", func(out string) bool { return path.Dir(out) == "docs/guide" }},
	{"API", func(out string) bool { return strings.HasPrefix(out, "api/") }},
	{"Programs", func(out string) bool {
		return strings.HasPrefix(out, "docs/zmq") || out == "deploy/index.html"
	}},
	{"Reference", func(out string) bool { return path.Dir(out) == "docs" }},
	{"The tree", func(out string) bool { return true }},
}

// nav is the list of pages as the page name shows it.
func (s *site) nav(name string) []Section {
	list := make([]Section, len(sections))
	names := make([]string, 0, len(s.pages))
	for out := range s.pages {
		if !strings.HasPrefix(out, "source/") && (!strings.HasPrefix(out, "examples/") || out == "examples/index.html") {
			names = append(names, out)
		}
	}
	sort.Slice(names, func(i, j int) bool { return s.place(names[i]) < s.place(names[j]) })
	for i, section := range sections {
		list[i].Title = section.title
	}
	for _, out := range names {
		for i, section := range sections {
			if section.match(out) {
				list[i].Links = append(list[i].Links, Link{root(name) + out, s.pages[out].Title, out == name})
				break
			}
		}
	}
	return list
}

// place sorts pages: those of the guide as its index does, others by name, indexes first.
func (s *site) place(out string) string {
	dir, base := path.Split(out)
	if base == "index.html" {
		return dir
	}
	title := s.pages[out].Title
	if number, _, ok := strings.Cut(title, ". "); ok && len(number) <= 2 {
		return dir + fmt.Sprintf("%02s", number)
	}
	return dir + base
}
