package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"html"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// packages renders the documentation of the packages that programs import.
func (s *site) packages() error {
	dirs, err := importable(s.tree)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		p, fset, err := load(filepath.Join(s.tree, filepath.FromSlash(dir)), path.Join("example.org/zmq", dir))
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		if len(p.Consts)+len(p.Vars)+len(p.Funcs)+len(p.Types) == 0 {
			continue // a comment for the folder
		}
		out := "api/" + path.Join(dir, "index.html")
		page := &Page{Out: out, Title: "package " + p.Name}
		if dir != "." {
			page.Title = "package " + dir
		}
		s.pages[out] = page
		a := &api{Package: p, fset: fset}
		s.fill(page, a.render())
	}
	return nil
}

// importable returns the folders of the tree with a package that a program outside may import, the root first.
func importable(tree string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(tree, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(tree, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if base := path.Base(rel); rel != "." && strings.HasPrefix(base, ".") || slices.Contains([]string{"internal", "testdata", "tests", "cmd", "vendor_libzmq", "docs", "site", "deploy", "scripts"}, base) {
			return fs.SkipDir
		}
		p, err := build.ImportDir(name, 0)
		if err == nil && p.Name != "main" && len(p.GoFiles)+len(p.CgoFiles) > 0 {
			dirs = append(dirs, rel)
		}
		return nil
	})
	return dirs, err
}

// load reads a package as it is built with cgo, with its examples.
func load(dir, importPath string) (*doc.Package, *token.FileSet, error) {
	context := build.Default
	context.CgoEnabled = true
	built, err := context.ImportDir(dir, 0)
	if err != nil {
		return nil, nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Concat(built.GoFiles, built.CgoFiles, built.TestGoFiles, built.XTestGoFiles) {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, importPath)
	return p, fset, err
}

// An api is a package whose documentation is being rendered.
type api struct {
	*doc.Package
	fset *token.FileSet
	b    bytes.Buffer
}

func (a *api) render() string {
	fmt.Fprintf(&a.b, "<h1 id=\"top\">package %s</h1>\n<pre><code>import %q</code></pre>\n", a.Name, a.ImportPath)
	a.prose(a.Doc)
	a.examples(a.Examples)
	if len(a.Consts)+len(a.Vars) > 0 {
		a.heading(2, "constants-and-variables", "Constants and variables")
		a.values(a.Consts)
		a.values(a.Vars)
	}
	if len(a.Funcs) > 0 {
		a.heading(2, "functions", "Functions")
		a.funcs(a.Funcs)
	}
	for _, t := range a.Types {
		a.heading(2, t.Name, "type "+t.Name)
		a.decl(t.Decl)
		a.prose(t.Doc)
		a.examples(t.Examples)
		a.values(t.Consts)
		a.values(t.Vars)
		a.funcs(t.Funcs)
		a.funcs(t.Methods)
	}
	return a.b.String()
}

func (a *api) heading(level int, id, text string) {
	fmt.Fprintf(&a.b, "<h%d id=%q>%s</h%d>\n", level, id, html.EscapeString(text), level)
}

// prose renders a comment. Links to the standard library leave the site.
func (a *api) prose(text string) {
	a.b.WriteString(strings.ReplaceAll(string(a.HTML(text)), `href="/`, `href="https://pkg.go.dev/`))
}

func (a *api) decl(d ast.Decl) {
	var b bytes.Buffer
	config := printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 4}
	if err := config.Fprint(&b, a.fset, d); err != nil {
		b.Reset()
		fmt.Fprint(&b, err)
	}
	fmt.Fprintf(&a.b, "<pre><code>%s</code></pre>\n", html.EscapeString(b.String()))
}

func (a *api) values(values []*doc.Value) {
	for _, v := range values {
		for _, name := range v.Names { // links lead to names
			fmt.Fprintf(&a.b, "<a id=%q></a>", name)
		}
		a.decl(v.Decl)
		a.prose(v.Doc)
	}
}

func (a *api) funcs(funcs []*doc.Func) {
	for _, f := range funcs {
		id, text := f.Name, "func "+f.Name
		if f.Recv != "" {
			id = strings.TrimPrefix(strings.Split(f.Recv, "[")[0], "*") + "." + f.Name
			text = "func (" + f.Recv + ") " + f.Name
		}
		a.heading(3, id, text)
		a.decl(f.Decl)
		a.prose(f.Doc)
		a.examples(f.Examples)
	}
}

func (a *api) examples(examples []*doc.Example) {
	for _, e := range examples {
		title := "Example"
		if e.Suffix != "" {
			title += " (" + e.Suffix + ")"
		}
		fmt.Fprintf(&a.b, "<details><summary>%s</summary>\n", html.EscapeString(title))
		a.prose(e.Doc)
		fmt.Fprintf(&a.b, "<pre><code>%s</code></pre>\n", html.EscapeString(a.code(e)))
		if e.Output != "" {
			fmt.Fprintf(&a.b, "<p>Output:</p>\n<pre><code>%s</code></pre>\n", html.EscapeString(e.Output))
		}
		a.b.WriteString("</details>\n")
	}
}

// code is an example's program where it is a whole one, else its body.
func (a *api) code(e *doc.Example) string {
	var node any = e.Code
	if e.Play != nil && e.Name == "" {
		node = e.Play
	}
	var b bytes.Buffer
	if err := format.Node(&b, a.fset, &printer.CommentedNode{Node: node, Comments: e.Comments}); err != nil {
		fmt.Fprintln(os.Stderr, "site: example", e.Name, err)
	}
	text := b.String()
	if body, ok := strings.CutPrefix(text, "{"); ok {
		text = strings.TrimSpace(strings.ReplaceAll(strings.TrimSuffix(body, "}"), "\n\t", "\n"))
	}
	return text
}
