package zmq

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAPIGolden compares what the package exports, a line for each name, with docs/api.txt, so that a change shows in review; with
// -update it writes the file.
func TestAPIGolden(t *testing.T) {
	path := filepath.Join("docs", "api.txt")
	fset, files := sources(t)
	var lines []string
	for name, f := range files {
		if ok, err := build.Default.MatchFile(".", name); !ok || err != nil {
			continue // of another system, which has the same names
		}
		for _, d := range f.Decls {
			lines = append(lines, exportedLines(fset, d)...)
		}
	}
	slices.Sort(lines)
	got := strings.Join(slices.Compact(lines), "\n") + "\n"
	if *update {
		must(os.WriteFile(path, []byte(got), 0o644))
		return
	}
	if diff := cmp.Diff(readText(t, path), got); diff != "" {
		t.Errorf("what the package exports has changed; if it is meant to, write it down with go test -run TestAPIGolden -update (-there +now):\n%s", diff)
	}
	if len(lines) < 500 {
		t.Errorf("only %d lines", len(lines))
	}
}

// exportedLines writes what a declaration exports.
func exportedLines(fset *token.FileSet, d ast.Decl) (lines []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			typ, _, _ := strings.Cut(text(fset, d.Recv.List[0].Type), "[")
			if !ast.IsExported(strings.TrimPrefix(typ, "*")) {
				return nil
			}
		}
		if !d.Name.IsExported() {
			return nil
		}
		return []string{text(fset, &ast.FuncDecl{Recv: d.Recv, Name: d.Name, Type: d.Type})}
	case *ast.GenDecl:
		var last ast.Expr
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					lines = append(lines, typeLines(fset, spec)...)
				}
			case *ast.ValueSpec:
				if spec.Type != nil || len(spec.Values) > 0 {
					last = spec.Type
				}
				for i, n := range spec.Names {
					if !n.IsExported() {
						continue
					}
					line := d.Tok.String() + " " + n.Name
					if last != nil {
						line += " " + text(fset, last)
					}
					if d.Tok == token.CONST && i < len(spec.Values) {
						line += " = " + text(fset, spec.Values[i])
					}
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}

// typeLines writes a type: a struct's exported fields and an interface's methods in lines of their own.
func typeLines(fset *token.FileSet, spec *ast.TypeSpec) (lines []string) {
	name := "type " + spec.Name.Name
	if spec.TypeParams != nil {
		name += "[" + text(fset, spec.TypeParams.List[0].Names[0]) + " " + text(fset, spec.TypeParams.List[0].Type) + "]"
	}
	if spec.Assign.IsValid() {
		name += " ="
	}
	var fields *ast.FieldList
	switch typ := spec.Type.(type) {
	case *ast.StructType:
		fields = typ.Fields
		lines = append(lines, name+" struct")
	case *ast.InterfaceType:
		fields = typ.Methods
		lines = append(lines, name+" interface")
	default:
		return []string{name + " " + text(fset, spec.Type)}
	}
	for _, f := range fields.List {
		if len(f.Names) == 0 && ast.IsExported(strings.TrimPrefix(text(fset, f.Type), "*")) {
			lines = append(lines, name+", embeds "+text(fset, f.Type))
		}
		for _, n := range f.Names {
			if n.IsExported() {
				lines = append(lines, name+", "+n.Name+" "+text(fset, f.Type))
			}
		}
	}
	return lines
}

var spaces = regexp.MustCompile(`\s+`)

// text writes a piece of source in one line.
func text(fset *token.FileSet, node any) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, fset, node); err != nil {
		panic(err)
	}
	return spaces.ReplaceAllString(b.String(), " ")
}
