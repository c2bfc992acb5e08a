package zmq

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sources parses the package's files, tests left out. The tests run in the package's folder.
func sources(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no source files here: %v", err)
	}
	fset, files := token.NewFileSet(), map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = f
	}
	return fset, files
}

// TestFenceImports keeps C in one file, unsafe in two, and other people's modules out.
func TestFenceImports(t *testing.T) {
	_, files := sources(t)
	may := map[string][]string{
		"C":      {"zmq_cgo.go"},
		"unsafe": {"zmq_cgo.go", "raw.go"},
	}
	for name, f := range files {
		for _, spec := range f.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			first, _, _ := strings.Cut(path, "/")
			switch {
			case may[path] != nil && !slices.Contains(may[path], name):
				t.Errorf("%s imports %q: only %v may", name, path, may[path])
			case strings.Contains(first, ".") && path != "example.org/zmq/vendor_libzmq" && !strings.HasPrefix(path, "example.org/zmq/internal/"):
				t.Errorf("%s imports %s: the library needs nothing but Go and libzmq", name, path)
			}
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "//export") || strings.HasPrefix(c.Text, "//go:linkname") {
					t.Errorf("%s has %q: C never calls Go, and Go's insides are its own", name, c.Text)
				}
			}
		}
	}
}

// TestFenceModule keeps the module's requirements to what its tests use.
func TestFenceModule(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^(?:require)?\s+(\S+) v\S+`).FindAllStringSubmatch(string(mod), -1) {
		got = append(got, m[1])
	}
	want := []string{"github.com/google/go-cmp", "go.uber.org/goleak"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("go.mod requires other modules (-want +got):\n%s", diff)
	}
}

var calls = regexp.MustCompile(`\bC\.((?:zgo|zmq)_\w+)\(`)

// TestFenceDirectives wants every call into C to keep its arguments off the heap and to promise that it
// does not come back to Go.
func TestFenceDirectives(t *testing.T) {
	text, err := os.ReadFile("zmq_cgo.go")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, m := range calls.FindAllStringSubmatch(string(text), -1) {
		called[m[1]] = true
	}
	if len(called) < 40 {
		t.Fatalf("found only %d functions of C: %v", len(called), called)
	}
	for name := range called {
		for _, directive := range []string{"noescape", "nocallback"} {
			line := fmt.Sprintf("#cgo %s %s\n", directive, name)
			if n := strings.Count(string(text), line); n != 1 {
				t.Errorf("zmq_cgo.go has %d lines %q, want 1", n, strings.TrimSpace(line))
			}
		}
	}
}

// TestFenceStub wants the package without cgo to have the fence's functions, types and constants, all of
// them and no others.
func TestFenceStub(t *testing.T) {
	_, files := sources(t)
	if diff := cmp.Diff(surface(files["zmq_cgo.go"]), surface(files["zmq_nocgo.go"])); diff != "" {
		t.Errorf("zmq_nocgo.go is not what zmq_cgo.go is (-cgo +nocgo):\n%s", diff)
	}
}

// surface lists what a file of the fence declares for the rest of the package. What has C's types in
// its signature is for the file itself.
func surface(f *ast.File) []string {
	var all []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if sig := signature(d); !strings.Contains(sig, "C.") {
				all = append(all, sig)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					all = append(all, "type "+spec.Name.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						if name.Name != "_" {
							all = append(all, d.Tok.String()+" "+name.Name)
						}
					}
				}
			}
		}
	}
	sort.Strings(all)
	return all
}

// signature writes a function's declaration without the names of its parameters.
func signature(d *ast.FuncDecl) string {
	list := func(fields *ast.FieldList) string {
		var all []string
		for _, f := range fieldsOf(fields) {
			for range max(len(f.Names), 1) {
				all = append(all, types.ExprString(f.Type))
			}
		}
		return "(" + strings.Join(all, ", ") + ")"
	}
	s := "func "
	if d.Recv != nil {
		s += list(d.Recv) + " "
	}
	return s + d.Name.Name + list(d.Type.Params) + " " + list(d.Type.Results)
}

func fieldsOf(l *ast.FieldList) []*ast.Field {
	if l == nil {
		return nil
	}
	return l.List
}

// nothing is an importer that knows no package: to see which file of ours uses what of which other
// file, nobody else's declarations are needed.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	p.MarkComplete()
	return p, nil
}

// A header of libzmq is what was declared up to its version. This is what shim.h may find, from 3.1.0
// on, each with the version that brought it.
var declarations = []struct {
	since int
	text  string
}{
	{30100, `void zmq_version(int *, int *, int *);
int zmq_errno(void);
const char *zmq_strerror(int);
typedef struct { unsigned char _[ZMSG]; } zmq_msg_t;
typedef void (zmq_free_fn)(void *, void *);
int zmq_msg_init(zmq_msg_t *);
int zmq_msg_init_size(zmq_msg_t *, size_t);
int zmq_msg_init_data(zmq_msg_t *, void *, size_t, zmq_free_fn *, void *);
int zmq_msg_close(zmq_msg_t *);
int zmq_msg_move(zmq_msg_t *, zmq_msg_t *);
int zmq_msg_copy(zmq_msg_t *, zmq_msg_t *);
void *zmq_msg_data(zmq_msg_t *);
size_t zmq_msg_size(zmq_msg_t *);
void *zmq_init(int);
int zmq_term(void *);
void *zmq_socket(void *, int);
int zmq_close(void *);
int zmq_setsockopt(void *, int, const void *, size_t);
int zmq_getsockopt(void *, int, void *, size_t *);
int zmq_bind(void *, const char *);
int zmq_connect(void *, const char *);
int zmq_send(void *, const void *, size_t, int);
int zmq_recv(void *, void *, size_t, int);
int zmq_sendmsg(void *, zmq_msg_t *, int);
int zmq_recvmsg(void *, zmq_msg_t *, int);
typedef struct { void *socket; int fd; short events; short revents; } zmq_pollitem_t;
int zmq_poll(zmq_pollitem_t *, int, long);
enum { ZMQ_PAIR = 0, ZMQ_PUB = 1, ZMQ_SUB = 2, ZMQ_REQ = 3, ZMQ_REP = 4, ZMQ_DEALER = 5, ZMQ_ROUTER = 6,
  ZMQ_PULL = 7, ZMQ_PUSH = 8, ZMQ_XPUB = 9, ZMQ_XSUB = 10 };
enum { ZMQ_RCVMORE = 13, ZMQ_FD = 14, ZMQ_EVENTS = 15, ZMQ_TYPE = 16, ZMQ_LINGER = 17 };
enum { ZMQ_DONTWAIT = 1, ZMQ_SNDMORE = 2, ZMQ_POLLIN = 1, ZMQ_POLLOUT = 2, ZMQ_POLLERR = 4, ZMQ_MORE = 1 };
#define ZMQ_HAUSNUMERO 156384712
#define EFSM (ZMQ_HAUSNUMERO + 51)
#define ENOCOMPATPROTO (ZMQ_HAUSNUMERO + 52)
#define ETERM (ZMQ_HAUSNUMERO + 53)
#define EMTHREAD (ZMQ_HAUSNUMERO + 54)
`},
	{30201, `void *zmq_ctx_new(void);
int zmq_ctx_destroy(void *);
int zmq_ctx_set(void *, int, int);
int zmq_ctx_get(void *, int);
int zmq_unbind(void *, const char *);
int zmq_disconnect(void *, const char *);
int zmq_socket_monitor(void *, const char *, int);
int zmq_msg_more(zmq_msg_t *);
int zmq_msg_get(zmq_msg_t *, int);
int zmq_msg_send(zmq_msg_t *, void *, int);
int zmq_msg_recv(zmq_msg_t *, void *, int);
int zmq_proxy(void *, void *, void *);
enum { ZMQ_IO_THREADS = 1, ZMQ_MAX_SOCKETS = 2, ZMQ_LAST_ENDPOINT = 32 };
`},
	{40000, `int zmq_ctx_term(void *);
int zmq_ctx_shutdown(void *);
`},
	{40001, `int zmq_curve_keypair(char *, char *);
`},
	{40100, `int zmq_has(const char *);
const char *zmq_msg_gets(zmq_msg_t *, const char *);
`},
	{40200, `int zmq_curve_public(char *, const char *);
`},
}

// writeHeader writes a zmq.h of that version into dir.
func writeHeader(t *testing.T, dir string, number int) {
	t.Helper()
	var h bytes.Buffer
	v := versionOf(number)
	fmt.Fprintf(&h, "#ifndef ZMQ_H\n#define ZMQ_H\n#include <errno.h>\n#include <stddef.h>\n")
	fmt.Fprintf(&h, "#define ZMQ_VERSION_MAJOR %d\n#define ZMQ_VERSION_MINOR %d\n#define ZMQ_VERSION_PATCH %d\n", v.Major, v.Minor, v.Patch)
	fmt.Fprintf(&h, "#define ZMQ_MAKE_VERSION(a, b, c) ((a) * 10000 + (b) * 100 + (c))\n")
	fmt.Fprintf(&h, "#define ZMQ_VERSION ZMQ_MAKE_VERSION(ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)\n#define ZMSG %d\n", msgSize(v))
	for _, d := range declarations {
		if d.since <= number {
			h.WriteString(d.text)
		}
	}
	h.WriteString("#endif\n")
	for name, text := range map[string]string{"zmq.h": h.String(), "zmq_utils.h": "void zmq_sleep(int);\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestShimCompiles compiles the C side against headers of every age, and against the real one with and without
// what is newer than 3.1.
func TestShimCompiles(t *testing.T) {
	real := engineInclude(t)
	for _, number := range []int{30100, 30201, 40000, 40001, 40100, 40200, 40304} {
		t.Run(versionOf(number).String(), func(t *testing.T) {
			dir := t.TempDir()
			writeHeader(t, dir, number)
			compileShim(t, "-I"+dir)
		})
	}
	t.Run("engine", func(t *testing.T) { compileShim(t, real...) })
	t.Run("engine, floor", func(t *testing.T) { compileShim(t, append(real, "-DZMQ_API_FLOOR")...) })
	t.Run("too old", func(t *testing.T) {
		dir := t.TempDir()
		writeHeader(t, dir, 30000)
		out, err := checkC(t, "#include \"shim.h\"\n", "-I"+dir)
		if err == nil || !strings.Contains(out, "needs libzmq 3.1.0 or newer") {
			t.Errorf("a header of 3.0 gives %v:\n%s", err, out)
		}
	})
}

func compileShim(t *testing.T, flags ...string) {
	t.Helper()
	out, err := checkC(t, "#include \"shim.h\"\n", flags...)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// checkC has the compiler look at a C text, with every warning an error but the one for functions that
// are not used.
func checkC(t *testing.T, text string, flags ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.c")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-fsyntax-only", "-D_GNU_SOURCE", "-Wall", "-Werror", "-Wno-unused-function", "-I."}, flags...)
	out, err := exec.Command(compiler(t), append(args, file)...).CombinedOutput()
	return string(out), err
}

// macros returns what the C compiler makes of these names, with the engine's header: sums of numbers are added
// up, and what is no number is left out.
func macros(t *testing.T, names ...string) map[string]int {
	t.Helper()
	text := "#include <errno.h>\n#include <zmq.h>\n"
	for _, name := range names {
		text += "zgo_value " + name + "_ = " + name + ";\n"
	}
	file := filepath.Join(t.TempDir(), "a.c")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(compiler(t), append(engineInclude(t), "-E", "-P", file)...).Output()
	if err != nil {
		t.Fatalf("the C compiler does not find zmq.h: run scripts/vendor or install libzmq's development package: %v", err)
	}
	values := map[string]int{}
	for _, m := range regexp.MustCompile(`zgo_value (\w+)_ = \(?([-\d +]+)\)?;`).FindAllStringSubmatch(string(out), -1) {
		for _, n := range strings.Split(m[2], "+") {
			v, err := strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				t.Fatalf("%s is %q in C", m[1], m[2])
			}
			values[m[1]] += v
		}
	}
	return values
}

// compiler returns the C compiler that cgo uses.
func compiler(t *testing.T) string {
	t.Helper()
	name := os.Getenv("CC")
	if name == "" {
		if out, err := exec.Command("go", "env", "CC").Output(); err == nil {
			name = strings.TrimSpace(string(out))
		}
	}
	if name == "" {
		name = "cc"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this test needs the C compiler that the package was built with: %v", err)
	}
	return path
}

// engineInclude returns the compiler's flags to find the header that cgo has found: CGO_CPPFLAGS and CGO_CFLAGS come first,
// then what pkg-config says, where it was asked, or the staged engine's folder.
func engineInclude(t *testing.T) []string {
	t.Helper()
	env, err := exec.Command("go", "env", "CGO_CPPFLAGS", "CGO_CFLAGS").Output()
	if err != nil {
		env = []byte(os.Getenv("CGO_CPPFLAGS") + " " + os.Getenv("CGO_CFLAGS"))
	}
	flags := includeFlags(strings.Fields(string(env)))
	if !slices.Contains(buildTags(), "zmq_pkgconfig") {
		return append(flags, "-Ivendor_libzmq/include") // if there is one: else the system's
	}
	out, err := exec.Command("pkg-config", "--cflags", "libzmq").Output()
	if err != nil {
		t.Fatalf("the package was built with the tag zmq_pkgconfig, and now pkg-config fails: %v", err)
	}
	return append(flags, includeFlags(strings.Fields(string(out)))...)
}

// includeFlags returns those of the compiler's flags that tell where headers are.
func includeFlags(flags []string) []string {
	var found []string
	for i := 0; i < len(flags); i++ {
		switch flag := strings.Trim(flags[i], `'"`); {
		case flag == "-I" || flag == "-isystem" || flag == "-iquote" || flag == "-idirafter":
			if i++; i < len(flags) {
				found = append(found, flag, flags[i])
			}
		case strings.HasPrefix(flag, "-I") || strings.HasPrefix(flag, "-isystem") || strings.HasPrefix(flag, "--sysroot="):
			found = append(found, flag)
		}
	}
	return found
}

// buildTags returns the tags that the test binary was built with.
func buildTags() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return strings.Split(s.Value, ",")
		}
	}
	return nil
}

// TestFenceEngineInclude: tests that read the C header read the one that the package was compiled against.
func TestFenceEngineInclude(t *testing.T) {
	dir := t.TempDir()
	writeHeader(t, dir, 30203)
	t.Setenv("CGO_CFLAGS", "-g -O2 -I"+dir+" -DX=1")
	got := macros(t, "ZMQ_VERSION_MAJOR", "ZMQ_VERSION_MINOR", "ZMQ_VERSION_PATCH")
	if want := map[string]int{"ZMQ_VERSION_MAJOR": 3, "ZMQ_VERSION_MINOR": 2, "ZMQ_VERSION_PATCH": 3}; !cmp.Equal(got, want) {
		t.Errorf("with the header of 3.2.3 in CGO_CFLAGS the header's version is %v", got)
	}
	for line, want := range map[string]string{
		"-g -O2 -I/a -I /b -DX -isystem /c -L/d": "-I/a -I /b -isystem /c",
		"'-I/a' --sysroot=/s -idirafter /e":      "-I/a --sysroot=/s -idirafter /e",
		"-I":                                     "",
	} {
		if got := strings.Join(includeFlags(strings.Fields(line)), " "); got != want {
			t.Errorf("of %q the flags for headers are %q, want %q", line, got, want)
		}
	}
}
