package zmq

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/types"
	"sort"
	"strings"
	"testing"
)

// groups are the parts of the package, each with the beginnings of its files' names. A group uses itself and the
// groups before it. ARCHITECTURE.md draws them.
var groups = []struct {
	name  string
	files []string
}{
	{"fence", []string{"doc", "version", "engine", "constants", "errno", "errors", "leak", "z85", "curve_key", "zmq_cgo", "zmq_nocgo"}},
	{"wait", []string{"wait", "descriptors"}},
	{"socket", []string{"zmq", "context", "socket", "option", "endpoint", "auth_types"}},
	{"message", []string{"message", "batch"}},
	{"poll", []string{"poll"}},
	{"monitor", []string{"monitor"}},
	{"auth", []string{"auth", "curve", "plain"}},
	{"serve", []string{"serve"}},
	{"raw", []string{"raw"}},
	{"device", []string{"device", "devices"}},
}

// groupOf returns the number of the group that a file belongs to by the longest beginning of its name, or -1.
func groupOf(file string) int {
	base := strings.TrimSuffix(file, ".go")
	best, longest := -1, 0
	for n, g := range groups {
		for _, prefix := range g.files {
			if (base == prefix || strings.HasPrefix(base, prefix+"_")) && len(prefix) > longest {
				best, longest = n, len(prefix)
			}
		}
	}
	return best
}

// checked type-checks the files that this system builds, and counts an import of anything else as an empty package.
func checked(t *testing.T) (info *types.Info, at func(types.Object) string, where func(*ast.Ident) (string, int)) {
	t.Helper()
	fset, files := sources(t)
	var built []*ast.File
	for name, f := range files {
		if ok, err := build.Default.MatchFile(".", name); ok && err == nil {
			built = append(built, f)
		}
	}
	info = &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	conf := types.Config{Importer: nothing{}, FakeImportC: true, Error: func(error) {}}
	pkg, _ := conf.Check("zmq", fset, built, info)
	at = func(o types.Object) string {
		if o.Pkg() != pkg || !o.Pos().IsValid() {
			return ""
		}
		return fset.Position(o.Pos()).Filename
	}
	where = func(id *ast.Ident) (string, int) {
		p := fset.Position(id.Pos())
		return p.Filename, p.Line
	}
	return info, at, where
}

// TestLayers keeps the groups apart: each uses itself and those before it. Fields and methods count like every other name.
func TestLayers(t *testing.T) {
	_, files := sources(t)
	for name := range files {
		if groupOf(name) < 0 {
			t.Errorf("%s is in no group: name it after one, or add its name to groups", name)
		}
	}
	info, at, where := checked(t)
	arrows := map[[2]string]int{}
	for id, obj := range info.Uses {
		to := at(obj)
		if to == "" {
			continue
		}
		from, line := where(id)
		a, b := groupOf(from), groupOf(to)
		if a < 0 || b < 0 {
			continue
		}
		if a < b {
			t.Errorf("%s:%d (%s) uses %s of %s (%s), which comes after it", from, line, groups[a].name, obj.Name(), to, groups[b].name)
		}
		if a != b {
			arrows[[2]string{groups[a].name, groups[b].name}]++
		}
	}
	var lines []string
	for k, n := range arrows {
		lines = append(lines, fmt.Sprintf("%s uses %s: %d times", k[0], k[1], n))
	}
	sort.Strings(lines)
	if len(lines) < 15 {
		t.Errorf("only %d arrows were found between the groups: does the test still see them?\n%s", len(lines), strings.Join(lines, "\n"))
	}
	t.Logf("arrows between groups:\n%s", strings.Join(lines, "\n"))
}

// TestSizes keeps files and structs to a size that can be read at once. The fields that are written in a struct are counted:
// an embedded one is one.
func TestSizes(t *testing.T) {
	fset, files := sources(t)
	structs := 0
	for name, f := range files {
		lines := fset.File(f.Pos()).LineCount()
		if lines > 450 && name != "zmq_cgo.go" {
			t.Errorf("%s has %d lines: 450 are the most", name, lines)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			st, ok := n.(*ast.StructType)
			if !ok {
				return true
			}
			structs++
			if fields := st.Fields.NumFields(); fields > 25 {
				t.Errorf("%s has a struct with %d fields: 25 are the most; group them by what they are about", fset.Position(st.Pos()), fields)
			}
			return true
		})
	}
	if structs < 50 {
		t.Errorf("only %d structs were found: does the test still see them?", structs)
	}
}
