package zmq

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// godoc returns the package as go doc sees it, with its examples, and the example files.
func godoc(t *testing.T) (*doc.Package, map[string]*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	examples := map[string]*ast.File{}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "example_") || name == "zmq_nocgo.go" {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		if strings.HasPrefix(name, "example_") {
			examples[name] = f
		}
	}
	p, err := doc.NewFromFiles(fset, files, "example.org/zmq")
	if err != nil {
		t.Fatal(err)
	}
	return p, examples
}

// TestGodocExamples: every exported type has an example, of its own or of one of its functions or methods.
func TestGodocExamples(t *testing.T) {
	p, _ := godoc(t)
	if len(p.Examples) == 0 {
		t.Error("the package has no example")
	}
	for _, typ := range p.Types {
		if typ.Decl.Specs[0].(*ast.TypeSpec).Assign.IsValid() {
			continue // another name of a type that has one
		}
		n := len(typ.Examples)
		for _, f := range append(typ.Funcs, typ.Methods...) {
			n += len(f.Examples)
		}
		if n == 0 {
			t.Errorf("%s has no example", typ.Name)
		}
	}
}

// TestGodocExamplesEnd: no example ends the process over what it has deferred, as log.Fatal and os.Exit do.
func TestGodocExamplesEnd(t *testing.T) {
	_, files := godoc(t)
	if len(files) < 4 {
		t.Fatalf("only %d files of examples were found", len(files))
	}
	for name, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if id, ok := call.X.(*ast.Ident); ok && (id.Name == "log" && strings.HasPrefix(call.Sel.Name, "Fatal") || id.Name == "os" && call.Sel.Name == "Exit") {
				t.Errorf("%s calls %s.%s: deferred calls of Close do not run", name, id.Name, call.Sel.Name)
			}
			return true
		})
	}
}

// TestGodocLinks: what stands in brackets in the package's comment is a link.
func TestGodocLinks(t *testing.T) {
	p, _ := godoc(t)
	html := string(p.HTML(p.Doc))
	for _, m := range regexp.MustCompile(`\[\*?(\w+\.)?[A-Z][\w.]*\]`).FindAllString(html, -1) {
		t.Errorf("doc.go: %s is no link: there is no such name", m)
	}
	if n := strings.Count(html, "<a href="); n < 40 {
		t.Errorf("doc.go has only %d links", n)
	}
}
