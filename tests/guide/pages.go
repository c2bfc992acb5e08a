// Package guide holds what the README and the pages of docs say against the library: their programs are compiled and run,
// their links and names are looked up.
package guide

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Block is a fenced block of a page, with the comment on the line before it.
type Block struct {
	Page    string // path from the root of the tree
	Line    int    // of the fence
	Lang    string
	Comment string // of <!-- comment -->, without the marks
	Text    string
}

func (b Block) String() string { return fmt.Sprintf("%s:%d", b.Page, b.Line) }

// Blocks returns the fenced blocks of a text.
func Blocks(page, text string) []Block {
	var blocks []Block
	var open *Block
	before := ""
	for i, line := range strings.Split(text, "\n") {
		switch {
		case open != nil && line == "```":
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.Text += line + "\n"
		case strings.HasPrefix(line, "```"):
			open = &Block{Page: page, Line: i + 1, Lang: strings.TrimPrefix(line, "```"), Comment: comment(before)}
		}
		if line != "" {
			before = line
		}
	}
	return blocks
}

func comment(line string) string {
	text, ok := strings.CutPrefix(line, "<!--")
	if text, end := strings.CutSuffix(text, "-->"); ok && end {
		return strings.TrimSpace(text)
	}
	return ""
}

// Root is the root of the tree, seen from this package's folder.
var Root = filepath.Join("..", "..")

// Pages returns the text of each page of the tree whose path matches, by its path from the root.
func Pages(match *regexp.Regexp) (map[string]string, error) {
	pages := map[string]string{}
	err := filepath.WalkDir(Root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(Root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() && (name == ".git" || strings.HasPrefix(name, "vendor_libzmq/") || strings.Contains(name, "node_modules")) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, ".md") && match.MatchString(name) {
			text, err := os.ReadFile(path)
			pages[name] = string(text)
			return err
		}
		return nil
	})
	return pages, err
}
