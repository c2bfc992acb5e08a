package guide

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"
)

// taught are the pages whose Go is compiled and run.
var taught = regexp.MustCompile(`^(README\.md|docs/guide/.*|docs/migrating\.md|docs/install\.md)$`)

// patience bounds what a program of the guide may take.
const patience = 60 * time.Second

// A program is a block of Go with a function main.
type program struct {
	Block
	name string
}

// A run is a block of text that programs print: the last of them, while the others run.
type run struct {
	Block
	names  []string
	sorted bool // the lines come in any order
}

// read sorts the blocks of the taught pages.
func read(t *testing.T) (programs map[string]program, pieces []Block, runs []run) {
	t.Helper()
	pages, err := Pages(taught)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(pages))
	for page := range pages {
		names = append(names, page)
	}
	sort.Strings(names)
	programs = map[string]program{}
	for _, page := range names {
		for _, b := range Blocks(page, pages[page]) {
			name, isProgram := strings.CutPrefix(b.Comment, "program ")
			what, isRun := strings.CutPrefix(b.Comment, "run ")
			switch {
			case isProgram && b.Lang == "go":
				if other, twice := programs[name]; twice {
					t.Errorf("%v: %v is called %s, too", b, other.Block, name)
				}
				programs[name] = program{b, name}
			case strings.HasPrefix(b.Comment, "test ") && b.Lang == "go": // TestTests runs it
			case b.Lang == "go" && strings.HasPrefix(b.Text, "package main\n"):
				t.Errorf("%v: a program without a name: put <!-- program NAME --> before it", b)
			case b.Lang == "go":
				pieces = append(pieces, b)
			case isRun:
				what, sorted := strings.CutSuffix(what, ", in any order")
				runs = append(runs, run{b, strings.Split(what, " & "), sorted})
			}
		}
	}
	return programs, pieces, runs
}

// build makes one binary of all programs, which runs the one that its first argument names, and compiles the pieces as bodies
// of functions.
func build(t *testing.T, programs map[string]program, pieces []Block) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(Root)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"go.mod": module(root),
	}
	imports, table := "\t_ \"example.net/guide/pieces\"\n", "" // what main imports is compiled
	for name, p := range programs {
		files[filepath.Join(name, "main.go")] = packaged(t, p)
		imports += fmt.Sprintf("\t%s \"example.net/guide/%s\"\n", name, name)
		table += fmt.Sprintf("\t%q: %s.Main,\n", name, name)
	}
	files["main.go"] = "package main\n\nimport (\n\t\"os\"\n" + imports + ")\n\nvar programs = map[string]func(){\n" + table +
		"}\n\nfunc main() { name := os.Args[1]; os.Args = append(os.Args[:1], os.Args[2:]...); programs[name]() }\n"
	for i, b := range pieces {
		files[filepath.Join("pieces", fmt.Sprintf("piece%d.go", i))] = function(b, i)
	}
	writeAll(t, dir, files)
	binary := filepath.Join(dir, "programs")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the pages' Go does not compile: %v\n%s", err, out)
	}
	return binary
}

// writeAll writes files, by their paths in the folder.
func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// module is the go.mod of a module that uses the tree.
func module(root string) string {
	return "module example.net/guide\n\ngo 1.24\n\nrequire example.org/zmq v0.0.0\n\nreplace example.org/zmq => " + root + "\n"
}

var tcpEndpoint = regexp.MustCompile(`tcp://(127\.0\.0\.1|\*|localhost):(\d+)`)

// packaged makes a package of a program, and ipc paths in the folder where it is run of its fixed ports: those might be taken.
// Compilers report places of the page.
func packaged(t *testing.T, p program) string {
	t.Helper()
	if tidy, err := format.Source([]byte(p.Text)); err != nil || string(tidy) != p.Text {
		t.Errorf("%v: gofmt: %v", p, err)
	}
	text, isMain := strings.CutPrefix(p.Text, "package main\n")
	if !isMain || strings.Count(text, "\nfunc main() {") != 1 {
		t.Errorf("%v: %s has no package main with a function main", p, p.name)
	}
	text = strings.Replace(text, "\nfunc main() {", "\nfunc Main() {", 1)
	text = tcpEndpoint.ReplaceAllString(text, "ipc://$2.sock")
	return fmt.Sprintf("package %s\n\n//line %s:%d\n%s", p.name, p.Page, p.Line+2, text)
}

// pieceImports are the packages that a piece may use without saying so.
var pieceImports = []string{"bytes", "context", "errors", "fmt", "io/fs", "log", "log/slog", "net", "net/http", "net/netip", "os", "os/signal", "sync", "syscall", "time"}

// function makes a function of a piece: it has a context of each kind, and a socket.
func function(b Block, i int) string {
	imports := ""
	for _, p := range pieceImports {
		if p != "context" && regexp.MustCompile(`\b`+p[strings.LastIndex(p, "/")+1:]+`\.[A-Z]`).MatchString(b.Text) {
			imports += fmt.Sprintf("import %q\n", p)
		}
	}
	return "package pieces\n\nimport \"context\"\n" + imports + "import \"example.org/zmq\"\n" +
		fmt.Sprintf("\nfunc Piece%d(ctx context.Context, zc *zmq.Context, s *zmq.Socket) error {\n//line %s:%d\n%sreturn nil\n}\n", i, b.Page, b.Line+1, b.Text)
}

// TestPrograms: every program of the README and the guide prints what its page says, and ends without an error: by itself, or,
// where it serves others, by an interrupt.
func TestPrograms(t *testing.T) {
	programs, pieces, runs := read(t)
	binary := build(t, programs, pieces)
	ran := map[string]bool{}
	for _, r := range runs {
		for _, name := range r.names {
			if _, is := programs[name]; !is {
				t.Errorf("%v runs %s, which no page has", r, name)
			}
			ran[name] = true
		}
		t.Run(strings.Join(r.names, "+"), func(t *testing.T) { r.check(t, binary) })
	}
	for name, p := range programs {
		if !ran[name] {
			t.Errorf("%v: nothing runs %s", p, name)
		}
	}
	if len(programs) < 10 || len(pieces) < 10 {
		t.Errorf("only %d programs and %d pieces of Go were found", len(programs), len(pieces))
	}
}

// check runs the programs and compares what the last one prints.
func (r run) check(t *testing.T, binary string) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dir := t.TempDir()
	for _, name := range r.names[:len(r.names)-1] {
		stop := r.start(ctx, t, binary, dir, name)
		defer stop()
	}
	last := exec.CommandContext(ctx, binary, r.names[len(r.names)-1])
	last.Dir = dir
	var stderr bytes.Buffer
	last.Stderr = &stderr
	out, err := last.Output()
	if err != nil {
		t.Fatalf("%v: %v (within %v: %v)\n%s%s", r, err, patience, ctx.Err(), out, &stderr)
	}
	got := regexp.MustCompile(`ipc://(\d+)\.sock`).ReplaceAllString(string(out), "tcp://127.0.0.1:$1")
	want := r.Text
	if r.sorted {
		got, want = inOrder(got), inOrder(want)
	}
	if got != want {
		t.Errorf("%v: it prints\n%s\nnot\n%s\nstandard error:\n%s", r, got, want, &stderr)
	}
}

// start starts a program that serves the last one; what it returns interrupts it, after which it has to end well.
func (r run) start(ctx context.Context, t *testing.T, binary, dir, name string) (stop func()) {
	t.Helper()
	cmd := exec.CommandContext(ctx, binary, name)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("%v: interrupt %s: %v", r, name, err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s ends by %v\n%s", r, name, err, &out)
		}
	}
}

func inOrder(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
