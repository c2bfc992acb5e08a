package zmq

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// manual31 is every name of the libzmq 3.1 manual and header: functions and types, socket types, options,
// flags, events and the message option, transports, and error numbers.
var manual31 = strings.Fields(`
zmq_init zmq_term
zmq_socket zmq_close zmq_setsockopt zmq_getsockopt zmq_bind zmq_connect
zmq_send zmq_recv zmq_sendmsg zmq_recvmsg
zmq_msg_init zmq_msg_init_size zmq_msg_init_data zmq_free_fn zmq_msg_close zmq_msg_move zmq_msg_copy
zmq_msg_data zmq_msg_size zmq_getmsgopt
zmq_poll zmq_pollitem_t zmq_errno zmq_strerror zmq_version
zmq_stopwatch_start zmq_stopwatch_stop zmq_sleep
ZMQ_VERSION ZMQ_MAKE_VERSION

ZMQ_PAIR ZMQ_PUB ZMQ_SUB ZMQ_REQ ZMQ_REP ZMQ_XREQ ZMQ_DEALER ZMQ_XREP ZMQ_ROUTER ZMQ_PULL ZMQ_PUSH ZMQ_XPUB ZMQ_XSUB

ZMQ_AFFINITY ZMQ_IDENTITY ZMQ_SUBSCRIBE ZMQ_UNSUBSCRIBE ZMQ_RATE ZMQ_RECOVERY_IVL ZMQ_SNDBUF ZMQ_RCVBUF
ZMQ_RCVMORE ZMQ_FD ZMQ_EVENTS ZMQ_TYPE ZMQ_LINGER ZMQ_RECONNECT_IVL ZMQ_BACKLOG ZMQ_RECONNECT_IVL_MAX
ZMQ_MAXMSGSIZE ZMQ_SNDHWM ZMQ_RCVHWM ZMQ_MULTICAST_HOPS ZMQ_RCVTIMEO ZMQ_SNDTIMEO ZMQ_IPV4ONLY

ZMQ_DONTWAIT ZMQ_SNDMORE ZMQ_POLLIN ZMQ_POLLOUT ZMQ_POLLERR ZMQ_MORE

tcp ipc inproc pgm epgm

zmq_queue zmq_forwarder zmq_streamer

EFSM ENOCOMPATPROTO ETERM EMTHREAD ZMQ_HAUSNUMERO
EAGAIN EINVAL EFAULT ENOTSOCK ENOTSUP EMFILE ENOMEM EINTR ENODEV EPROTONOSUPPORT EADDRINUSE EADDRNOTAVAIL
ECONNREFUSED ECANTROUTE ENOBUFS ENETDOWN EINPROGRESS EAFNOSUPPORT EACCES ENOENT ENAMETOOLONG
`)

// manualRow is a row of the tables of docs/manual-3.1.md.
type manualRow struct {
	line        int
	c           string
	text        string
	goes, tests []string
}

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	isTest   = regexp.MustCompile(`^(Test|Example|Fuzz|Benchmark)`)
	manualIn = filepath.Join("docs", "manual-3.1.md")
)

// manualRows reads the tables.
func manualRows(t *testing.T) (rows []manualRow, mentioned []string) {
	t.Helper()
	for i, line := range strings.Split(readText(t, manualIn), "\n") {
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			if isTest.MatchString(m[1]) {
				mentioned = append(mentioned, m[1])
			}
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) == 2 {
			cells = append(cells, "") // trimmed away
		}
		if len(cells) != 3 {
			t.Errorf("%s:%d: %d columns, want 3", manualIn, i+1, len(cells))
			continue
		}
		row := manualRow{line: i + 1, c: strings.Trim(cells[0], "` "), text: cells[1]}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			row.goes = append(row.goes, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			row.tests = append(row.tests, m[1])
		}
		rows = append(rows, row)
	}
	return rows, mentioned
}

// declared returns the exported names of the package, methods as Type.Method, and its test functions.
func declared(t *testing.T) (names, tests map[string]bool) {
	t.Helper()
	names, tests = map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		into := names
		if strings.HasSuffix(file, "_test.go") {
			into = tests
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				into[receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						into[spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							into[name.Name] = true
						}
					}
				}
			}
		}
	}
	return names, tests
}

// receiver returns "Type." for a method.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	if id, ok := typ.(*ast.Ident); ok {
		return id.Name + "."
	}
	return "?."
}

// TestManualTable: docs/manual-3.1.md names every name of the manual, once, and what it names beside them exists.
func TestManualTable(t *testing.T) {
	rows, mentioned := manualRows(t)
	names, tests := declared(t)
	in := map[string]int{}
	for _, r := range rows {
		in[r.c]++
		if len(r.goes) == 0 && !strings.HasPrefix(r.text, "none") && !strings.HasPrefix(r.text, "the ") {
			t.Errorf("%s:%d: %s: neither a name nor the reason why there is none", manualIn, r.line, r.c)
		}
		for _, name := range r.goes {
			if first := strings.TrimSuffix(name, "."); !names[first] || !ast.IsExported(strings.Split(first, ".")[0]) {
				t.Errorf("%s:%d: the package has no %s", manualIn, r.line, name)
			}
		}
		if len(r.tests) == 0 && !strings.HasPrefix(r.text, "none: Go's") {
			t.Errorf("%s:%d: no test shows %s", manualIn, r.line, r.c)
		}
		for _, name := range r.tests {
			if !isTest.MatchString(name) {
				t.Errorf("%s:%d: %s is no test", manualIn, r.line, name)
			}
		}
	}
	for _, name := range mentioned {
		if !tests[name] {
			t.Errorf("%s names %s, which is in no test file", manualIn, name)
		}
	}
	known := map[string]bool{}
	for _, name := range manual31 {
		known[name] = true
		if in[name] != 1 {
			t.Errorf("%s has %d rows for %s, want one", manualIn, in[name], name)
		}
	}
	for name := range in {
		if !known[name] {
			t.Errorf("%s has a row for %s, which is not in the 3.1 manual", manualIn, name)
		}
	}
}

// TestManualOptionsAreAll: every option of 3.1 in the package's own table is in docs/manual-3.1.md's, under the same name.
func TestManualOptionsAreAll(t *testing.T) {
	rows, _ := manualRows(t)
	goes := map[string][]string{}
	for _, r := range rows {
		goes[r.c] = r.goes
	}
	seen := 0
	for _, r := range optionTable {
		if r.c == "" || r.since != floor {
			continue
		}
		seen++
		if len(goes[r.c]) == 0 || goes[r.c][0] != r.name {
			t.Errorf("%s calls %s %q, the package %s", manualIn, r.c, goes[r.c], r.name)
		}
	}
	// ZMQ_EVENTS and ZMQ_TYPE are methods.
	if seen != 21 {
		t.Errorf("the package has %d options of 3.1, want 21", seen)
	}
}
