package compat

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program is somebody else's: it imports the package by the path that is put in.
const program = `package main

import (
	"fmt"
	"os"

	zmq "%s"
)

func main() {
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run() error {
	rep, err := zmq.NewSocket(zmq.REP)
	if err != nil {
		return err
	}
	defer rep.Close()
	req, err := zmq.NewSocket(zmq.REQ)
	if err != nil {
		return err
	}
	defer req.Close()
	if err := rep.Bind("inproc://way"); err != nil {
		return err
	}
	if err := req.Connect("inproc://way"); err != nil {
		return err
	}
	if _, err := req.SendMessage("hello", 1); err != nil {
		return err
	}
	msg, err := rep.RecvMessage(0)
	fmt.Println(msg, req.Unwrap() != nil)
	return err
}
`

// works is what the program prints: Unwrap is what only the stand-in has.
const works = "[hello 1] true\n"

// way is one of the ways in: the files of the program's module, for a package and the tree, and what go build is given.
type way struct {
	name  string
	path  func(pkg string) string
	files func(pkg, tree string) map[string]string
	env   func(t *testing.T, pkg, tree string) []string
}

func original4(pkg string) string { return "github.com/pebbe/" + pkg }
func own(pkg string) string       { return "example.org/zmq/compat/" + pkg }

var ways = []way{
	{"import changed", own, func(pkg, tree string) map[string]string {
		return map[string]string{"go.mod": fmt.Sprintf(`module example.net/user

go 1.24

require example.org/zmq/compat/%[1]s v0.0.0

require example.org/zmq v0.0.0

replace (
	example.org/zmq => %[2]s
	example.org/zmq/compat/%[1]s => %[2]s/compat/%[1]s
)
`, pkg, tree)}
	}, nil},
	{"replace by folder", original4, func(pkg, tree string) map[string]string {
		return map[string]string{"go.mod": fmt.Sprintf(`module example.net/user

go 1.24

require github.com/pebbe/%[1]s v1.0.0

require example.org/zmq v0.0.0

replace (
	github.com/pebbe/%[1]s => %[2]s/compat/%[1]s
	example.org/zmq => %[2]s
)
`, pkg, tree)}
	}, nil},
	{"replace by version", original4, func(pkg, tree string) map[string]string {
		return map[string]string{"go.mod": fmt.Sprintf(`module example.net/user

go 1.24

require github.com/pebbe/%[1]s v1.0.0

require example.org/zmq v0.1.0

replace github.com/pebbe/%[1]s => example.org/zmq/compat/%[1]s v0.1.0
`, pkg)}
	}, func(t *testing.T, pkg, tree string) []string {
		return []string{"GOPROXY=file://" + proxy(t, pkg, tree), "GOSUMDB=off", "GOMODCACHE=" + modcache(t)}
	}},
	{"go.work", original4, func(pkg, tree string) map[string]string {
		return map[string]string{
			// The go.mod of somebody who never heard of the library.
			"go.mod":  fmt.Sprintf("module example.net/user\n\ngo 1.24\n\nrequire github.com/pebbe/%s v1.0.0\n", pkg),
			"go.work": fmt.Sprintf("go 1.24\n\nuse (\n\t.\n\t%[2]s\n)\n\nreplace github.com/pebbe/%[1]s => %[2]s/compat/%[1]s\n", pkg, tree),
		}
	}, func(t *testing.T, pkg, tree string) []string { return []string{"GOWORK=", "GOFLAGS="} }},
}

// TestWays builds somebody else's program in each of the ways in, with the staged engine and with one of the system's.
func TestWays(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"zmq4", "zmq3"} {
		for _, w := range ways {
			for _, system := range []bool{false, true} {
				if system && pkg == "zmq3" {
					continue // what links zmq4 links zmq3
				}
				name := pkg + " " + w.name
				if system {
					name += " with the system's engine"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					defer atATime()()
					w.test(t, pkg, system)
				})
			}
		}
	}
}

func (w way) test(t *testing.T, pkg string, system bool) {
	dir, from := t.TempDir(), tree()
	env := append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=1", "CGO_LDFLAGS=", "CGO_CFLAGS=-g -O2")
	switch {
	case system:
		from = bare(t)
		env = append(env, prefix(t)...)
	case w.name == "replace by version" && exists(filepath.Join(tree(), "vendor_libzmq", "lib", "libzmq.a")):
		// A module of the proxy has no engine staged in it: it is named to cgo.
		lib := filepath.Join(tree(), "vendor_libzmq", "lib")
		env = append(env, "CGO_CFLAGS=-g -O2 -I"+filepath.Dir(lib)+"/include", "CGO_LDFLAGS=-L"+lib)
	}
	files := w.files(pkg, from)
	files["main.go"] = fmt.Sprintf(program, w.path(pkg))
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if w.env != nil {
		env = append(env, w.env(t, pkg, from)...)
	}
	do := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	do("go", "build", "-o", "program", ".")
	if out := do(filepath.Join(dir, "program")); out != works {
		t.Errorf("the program says %q, want %q", out, works)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || w.name == "go.work" && string(got) != files["go.mod"] {
		t.Errorf("go.mod has changed: %v\n%s", err, got)
	}
}

// modcache is a folder for the modules of a proxy. The go command makes its files read-only.
func modcache(t *testing.T) string {
	dir := t.TempDir()
	t.Cleanup(func() {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				os.Chmod(path, 0o755)
			}
			return nil
		})
	})
	return dir
}

// proxy makes a file-system module proxy that has the library, and one of the packages, as version 1.0.0.
func proxy(t *testing.T, pkg, from string) string {
	t.Helper()
	dir := t.TempDir()
	for path, folder := range map[string]string{"example.org/zmq": from, own(pkg): filepath.Join(from, "compat", pkg)} {
		mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		// A release requires a version, and has no replace line.
		before, _, _ := strings.Cut(string(mod), "\nreplace ")
		mod = []byte(strings.ReplaceAll(before, "example.org/zmq v0.0.0", "example.org/zmq v0.1.0"))
		at := filepath.Join(dir, path, "@v")
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string][]byte{
			"list": []byte("v0.1.0\n"), "v0.1.0.info": []byte(`{"Version":"v0.1.0"}`), "v0.1.0.mod": mod,
			"v0.1.0.zip": zipped(t, path+"@v0.1.0/", folder, mod),
		} {
			if err := os.WriteFile(filepath.Join(at, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// zipped packs the files of a module. Folders with a go.mod of their own are other modules.
func zipped(t *testing.T, prefix, folder string, mod []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	walk(t, folder, func(name, path string) {
		text, err := os.ReadFile(path)
		if name == "go.mod" {
			text = mod
		}
		if err == nil {
			w, errCreate := z.Create(prefix + name)
			err = errCreate
			if err == nil {
				_, err = w.Write(text)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// walk calls f for the files of a module that a go command needs.
func walk(t *testing.T, folder string, f func(name, path string)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		switch {
		case d.IsDir() && name != "." && (exists(filepath.Join(path, "go.mod")) || strings.HasPrefix(d.Name(), ".") || d.Name() == "lib" || d.Name() == "testdata"):
			return fs.SkipDir
		case d.Type().IsRegular() && !strings.HasSuffix(name, "_test.go") && (strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".h") || slices.Contains([]string{"go.mod", "go.sum", "engine.txt"}, d.Name())):
			f(filepath.ToSlash(name), path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// bare copies the library and the stand-ins, without an engine.
func bare(t *testing.T) string {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	to := filepath.Join(work, "bare")
	if exists(to) {
		return to
	}
	for _, folder := range []string{".", "compat/zmq4", "compat/zmq3"} {
		walk(t, filepath.Join(tree(), folder), func(name, path string) {
			if strings.HasPrefix(name, "vendor_libzmq/include") {
				return
			}
			text, err := os.ReadFile(path)
			at := filepath.Join(to, folder, name)
			if err == nil {
				err = os.MkdirAll(filepath.Dir(at), 0o755)
			}
			if err == nil {
				err = os.WriteFile(at, text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	return to
}

// prefix returns what names the system's engine to cgo: nothing if the compiler finds one by itself, or else one in an
// unusual place, which stands in for it.
func prefix(t *testing.T) []string {
	t.Helper()
	cc, err := exec.Command("go", "env", "CC").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(strings.TrimSpace(string(cc)), "-E", "-")
	cmd.Stdin = strings.NewReader("#include <zmq.h>\n")
	if cmd.Run() == nil {
		return nil
	}
	lib, to := filepath.Join(tree(), "vendor_libzmq", "lib"), t.TempDir()
	if !exists(filepath.Join(lib, "libzmq.a")) {
		t.Skip("there is no engine but the system's")
	}
	for from, name := range map[string]string{
		"libzmq.a": "lib/libzmq.a", "include/zmq.h": "include/zmq.h", "include/zmq_utils.h": "include/zmq_utils.h",
	} {
		text, err := os.ReadFile(filepath.Join(lib, from))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return []string{"CGO_CFLAGS=-g -O2 -I" + filepath.Join(to, "include"), "CGO_LDFLAGS=-L" + filepath.Join(to, "lib")}
}
