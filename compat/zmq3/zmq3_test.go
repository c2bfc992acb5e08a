package zmq3

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"example.org/zmq/compat/zmq4"
)

// onlyHere is what package zmq4 has not.
const onlyHere = "ErrorNoEvent"

// TestAPI finds that every exported constant, variable, type and function of package zmq4 is here under its name, and
// nothing else is.
func TestAPI(t *testing.T) {
	want, got := names(t, "../zmq4", "zmq4."), names(t, ".", "")
	if len(want) < 100 {
		t.Fatalf("package zmq4 has %d names", len(want))
	}
	for name, what := range want {
		if got[name] != what {
			t.Errorf("%s is %q, want %q", name, got[name], what)
		}
		delete(got, name)
	}
	delete(got, onlyHere)
	for name := range got {
		t.Errorf("package zmq4 has no %s", name)
	}
}

// names returns the exported names of a package, and how they are declared. With a prefix it is how they should be declared
// here.
func names(t *testing.T, folder, prefix string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(filepath.Base(name), "signal_") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					all[d.Name.Name] = function(d, prefix)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					declared(all, d.Tok.String(), spec, prefix)
				}
			}
		}
	}
	return all
}

func declared(all map[string]string, word string, spec ast.Spec, prefix string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		name := spec.Name.Name
		switch {
		case !spec.Name.IsExported():
		case prefix != "":
			all[name] = "type " + name + " = " + prefix + name
		default:
			all[name] = "type " + name + map[bool]string{true: " = "}[spec.Assign.IsValid()] + text(spec.Type)
		}
	case *ast.ValueSpec:
		for i, name := range spec.Names {
			switch {
			case !name.IsExported():
			case prefix != "":
				all[name.Name] = word + " " + name.Name + " = " + prefix + name.Name
			default:
				all[name.Name] = word + " " + name.Name + " = " + text(spec.Values[i])
			}
		}
	}
}

// function returns a function of this package as text: with a prefix one that passes its arguments on.
func function(d *ast.FuncDecl, prefix string) string {
	body := ""
	if prefix != "" {
		var args []string
		for _, p := range d.Type.Params.List {
			_, spread := p.Type.(*ast.Ellipsis)
			for _, name := range p.Names {
				args = append(args, name.Name+map[bool]string{true: "..."}[spread])
			}
		}
		body = prefix + d.Name.Name + "(" + strings.Join(args, ", ") + ")"
		if d.Type.Results != nil {
			body = "return " + body
		}
	} else if len(d.Body.List) == 1 {
		body = text(d.Body.List[0])
	}
	return text(d.Type) + " { " + body + " }"
}

func text(n ast.Node) string {
	var b bytes.Buffer
	printer.Fprint(&b, token.NewFileSet(), n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// TestOnlyHere uses what only the older package has.
func TestOnlyHere(t *testing.T) {
	ctx, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := ctx.NewSocket(DEALER)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, get func() (bool, error), want bool) {
		t.Helper()
		if got, err := get(); err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", what, got, err, want)
		}
	}
	check("Ipv4only", s.GetIpv4only, true)
	check("DelayAttachOnConnect", s.GetDelayAttachOnConnect, false)
	if err := s.SetIpv4only(false); err != nil {
		t.Fatal(err)
	}
	if err := s.SetDelayAttachOnConnect(true); err != nil {
		t.Fatal(err)
	}
	check("Ipv4only", s.GetIpv4only, false)
	check("Ipv6", s.GetIpv6, true)
	check("DelayAttachOnConnect", s.GetDelayAttachOnConnect, true)
	check("Immediate", s.GetImmediate, true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetIpv4only(); err != ErrorSocketClosed {
		t.Errorf("of a closed socket: %v", err)
	}
	if _, err := s.Recv(0); err != zmq4.ErrorSocketClosed {
		t.Errorf("of a closed socket: %v", err)
	}
	if ErrorNoEvent == nil {
		t.Error("there is no ErrorNoEvent")
	}
	if err := ctx.Term(); err != nil {
		t.Fatal(err)
	}
}
