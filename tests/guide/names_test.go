package guide

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// prose are the pages whose names in code are looked up.
var prose = regexp.MustCompile(`^(README\.md|docs/(guide/.*|migrating|install|limits)\.md)$`)

// exported returns the names that a package of the tree gives to programs: Name, and Type.Name of methods and fields.
func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(Root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			declare(names, d)
		}
	}
	return names
}

func declare(names map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names[d.Name.Name] = true
			return
		}
		typ := d.Recv.List[0].Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		if generic, ok := typ.(*ast.IndexExpr); ok {
			typ = generic.X
		}
		names[typ.(*ast.Ident).Name+"."+d.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names[spec.Name.Name] = true
				if s, ok := spec.Type.(*ast.StructType); ok {
					for _, field := range s.Fields.List {
						for _, name := range field.Names {
							names[spec.Name.Name+"."+name.Name] = true
						}
					}
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names[name.Name] = true
				}
			}
		}
	}
}

// testNames returns the names of the tests of the tree.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example|Benchmark)\w*)\(`)
	err := filepath.WalkDir(Root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil // it was removed meanwhile
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(text, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var (
	qualified = regexp.MustCompile(`\b(zmq|zmqtest)\.([A-Z]\w*)`)
	method    = regexp.MustCompile(`^(\*?[A-Z]\w+)\.([A-Z]\w+)\b`)
	testName  = regexp.MustCompile(`\b(?:Test|Fuzz|Example)[A-Z]\w+`)
)

// missing returns the names in a page's code that are neither the package's nor a test's.
func missing(text string, names, forTests, tests map[string]bool) []string {
	var none []string
	text = fenced.ReplaceAllString(text, "")
	for _, code := range inCode.FindAllString(text, -1) {
		code = strings.Trim(code, "`")
		for _, m := range qualified.FindAllStringSubmatch(code, -1) {
			if m[1] == "zmq" && !names[m[2]] || m[1] == "zmqtest" && !forTests[m[2]] {
				none = append(none, m[0])
			}
		}
		if m := method.FindStringSubmatch(code); m != nil && names[strings.TrimPrefix(m[1], "*")] && !names[m[1]+"."+m[2]] {
			none = append(none, m[0])
		}
		for _, name := range testName.FindAllString(code, -1) {
			if !tests[name] {
				none = append(none, name)
			}
		}
	}
	return none
}

// TestNames: the names of the package and of tests that the README and the guide mention are there.
func TestNames(t *testing.T) {
	pages, err := Pages(prose)
	if err != nil {
		t.Fatal(err)
	}
	names, forTests, tests := exported(t, "."), exported(t, "zmqtest"), testNames(t)
	for page, text := range pages {
		if page == "docs/guide/from-elsewhere.md" {
			continue // zmq is pyzmq's, too, there
		}
		for _, name := range missing(text, names, forTests, tests) {
			t.Errorf("%s: there is no %s", page, name)
		}
	}
	if got := strings.Join(missing("`zmq.Rep`, `zmq.Nothing`, `zmqtest.Nothing`, `Socket.Close()`, `Socket.Nothing`, `TestNothing`", names, forTests, tests), " "); got != "zmq.Nothing zmqtest.Nothing Socket.Nothing TestNothing" {
		t.Errorf("missing: %q", got)
	}
}
