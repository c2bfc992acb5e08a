package zmq

import (
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// copyable are the exported structs whose values may be copied: they hold no handle and no lock, or share what they hold.
var copyable = []string{
	"AuthError", "AuthRequest", "Certificate", "ContextGetter", "ContextOption", "DeviceSide", "DeviceStats", "Getter", "Leak", "MonitorEvent", "OpError",
	"PollItem", "PollReady", "ProtocolError", "SocketOption", "Stats", "Traffic", "Version", "VersionError",
}

// TestVetCopies lets go vet look at a program that copies a value of every exported struct: it reports each that must not be copied.
func TestVetCopies(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command here")
	}
	var types []string
	_, files := sources(t)
	for _, f := range files {
		for _, d := range f.Decls {
			d, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range d.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.IsExported() && spec.TypeParams == nil {
					if _, ok := spec.Type.(*ast.StructType); ok && !slices.Contains(types, spec.Name.Name) {
						types = append(types, spec.Name.Name)
					}
				}
			}
		}
	}
	program := "package main\n\nimport \"example.org/zmq\"\n\nfunc main() {}\n"
	for _, name := range types {
		program += "\nfunc copy" + name + "(p *zmq." + name + ") any { v := *p; return &v }\n"
	}
	path := filepath.Join(t.TempDir(), "main.go")
	must(os.WriteFile(path, []byte(program), 0o644))
	out, err := exec.Command(goTool, "vet", "-copylocks", path).CombinedOutput()
	reported := map[string]bool{}
	for _, m := range regexp.MustCompile(`copies lock value to v: example\.org/zmq\.(\w+)`).FindAllStringSubmatch(string(out), -1) {
		reported[m[1]] = true
	}
	if len(reported) == 0 {
		t.Fatalf("go vet reports nothing of this kind: %v\n%s", err, out)
	}
	for _, name := range types {
		if may := slices.Contains(copyable, name); may == reported[name] {
			t.Errorf("%s: go vet reports a copy: %v; it may be copied: %v", name, reported[name], may)
		}
	}
	if len(types) < 25 {
		t.Errorf("only %d types were found: %s", len(types), strings.Join(types, ", "))
	}
}
