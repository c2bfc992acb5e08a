package zmq4

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"syscall"
	"testing"
)

// extras are what the package has beyond testdata/api.txt. No identifier of theirs is among those of the package that this
// one stands in for, whatever its version.
var extras = []string{
	"func (*Context) Unwrap() *zmq.Context",
	"func (*Socket) RecvMessageBytesContext(context.Context) ([][]byte, error)",
	"func (*Socket) RecvMessageContext(context.Context) ([]string, error)",
	"func (*Socket) SendMessageContext(context.Context, ...interface{}) (int, error)",
	"func (*Socket) Unwrap() *zmq.Socket",
	"func (Errno) Is(error) bool",
	"func (Errno) Temporary() bool",
	"func (Errno) Timeout() bool",
}

// TestAPI holds the exported functions, methods, types and fields against the list, with their types.
func TestAPI(t *testing.T) {
	want := map[string]bool{}
	for _, line := range listed(t) {
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "const", "var":
			name, _, _ := strings.Cut(rest, " ")
			want[word+" "+name] = true
		case "func":
			f, err := parser.ParseFile(token.NewFileSet(), "", "package p; "+line, 0)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			want[signature(f.Decls[0].(*ast.FuncDecl))] = true
		default:
			want[line] = true
		}
	}
	if len(want) != 313 {
		t.Errorf("the list has %d identifiers, want 313", len(want))
	}
	have := exported(t)
	for _, name := range extras {
		if !have[name] {
			t.Errorf("it has no %s", name)
		}
		delete(have, name)
	}
	for name := range want {
		if !have[name] {
			t.Errorf("it has no %s", name)
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("it has %s, which is not on the list", name)
	}
}

func listed(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/api.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// exported lists what the package's sources export, in the list's words.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if ast.IsExported(d.Name.Name) && (d.Recv == nil || ast.IsExported(strings.TrimPrefix(text(d.Recv.List[0].Type), "*"))) {
					all[signature(d)] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					declare(all, d.Tok, spec)
				}
			}
		}
	}
	return all
}

func declare(all map[string]bool, tok token.Token, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() {
				all[tok.String()+" "+name.Name] = true
			}
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		s, isStruct := spec.Type.(*ast.StructType)
		if !isStruct {
			all["type "+spec.Name.Name+" "+text(spec.Type)] = true
			return
		}
		all["type "+spec.Name.Name+" struct"] = true
		for _, field := range s.Fields.List {
			for _, name := range field.Names {
				if name.IsExported() {
					all["field "+spec.Name.Name+"."+name.Name+" "+text(field.Type)] = true
				}
			}
		}
	}
}

// signature returns a function without the names of its parameters and results.
func signature(d *ast.FuncDecl) string {
	s := "func "
	if d.Recv != nil {
		s += "(" + text(d.Recv.List[0].Type) + ") "
	}
	s += d.Name.Name + "(" + fields(d.Type.Params) + ")"
	if results := fields(d.Type.Results); strings.Contains(results, ", ") {
		s += " (" + results + ")"
	} else if results != "" {
		s += " " + results
	}
	return s
}

func fields(list *ast.FieldList) string {
	var all []string
	if list == nil {
		return ""
	}
	for _, f := range list.List {
		for range max(len(f.Names), 1) {
			all = append(all, text(f.Type))
		}
	}
	return strings.Join(all, ", ")
}

func text(e ast.Expr) string {
	if f, ok := e.(*ast.FuncType); ok {
		return signature(&ast.FuncDecl{Name: ast.NewIdent(""), Type: f})
	}
	var b bytes.Buffer
	printer.Fprint(&b, token.NewFileSet(), e)
	return b.String()
}

// values are the constants and variables of the list.
var values = map[string]interface{}{
	"MaxSocketsDflt": MaxSocketsDflt, "IoThreadsDflt": IoThreadsDflt, "CURVE_ALLOW_ANY": CURVE_ALLOW_ANY,
	"REQ": REQ, "REP": REP, "DEALER": DEALER, "ROUTER": ROUTER, "PUB": PUB, "SUB": SUB, "XPUB": XPUB, "XSUB": XSUB,
	"PUSH": PUSH, "PULL": PULL, "PAIR": PAIR, "STREAM": STREAM, "DONTWAIT": DONTWAIT, "SNDMORE": SNDMORE,
	"POLLIN": POLLIN, "POLLOUT": POLLOUT, "NULL": NULL, "PLAIN": PLAIN, "CURVE": CURVE, "GSSAPI": GSSAPI,
	"EVENT_ALL": EVENT_ALL, "EVENT_CONNECTED": EVENT_CONNECTED, "EVENT_CONNECT_DELAYED": EVENT_CONNECT_DELAYED,
	"EVENT_CONNECT_RETRIED": EVENT_CONNECT_RETRIED, "EVENT_LISTENING": EVENT_LISTENING,
	"EVENT_BIND_FAILED": EVENT_BIND_FAILED, "EVENT_ACCEPTED": EVENT_ACCEPTED, "EVENT_ACCEPT_FAILED": EVENT_ACCEPT_FAILED,
	"EVENT_CLOSED": EVENT_CLOSED, "EVENT_CLOSE_FAILED": EVENT_CLOSE_FAILED, "EVENT_DISCONNECTED": EVENT_DISCONNECTED,
	"EVENT_MONITOR_STOPPED": EVENT_MONITOR_STOPPED, "EVENT_HANDSHAKE_FAILED_NO_DETAIL": EVENT_HANDSHAKE_FAILED_NO_DETAIL,
	"EVENT_HANDSHAKE_SUCCEEDED": EVENT_HANDSHAKE_SUCCEEDED, "EVENT_HANDSHAKE_FAILED_PROTOCOL": EVENT_HANDSHAKE_FAILED_PROTOCOL,
	"EVENT_HANDSHAKE_FAILED_AUTH": EVENT_HANDSHAKE_FAILED_AUTH,
	"EADDRINUSE":                  EADDRINUSE, "EADDRNOTAVAIL": EADDRNOTAVAIL, "EAFNOSUPPORT": EAFNOSUPPORT, "ECONNABORTED": ECONNABORTED,
	"ECONNREFUSED": ECONNREFUSED, "ECONNRESET": ECONNRESET, "EHOSTUNREACH": EHOSTUNREACH, "EINPROGRESS": EINPROGRESS,
	"EMSGSIZE": EMSGSIZE, "ENETDOWN": ENETDOWN, "ENETRESET": ENETRESET, "ENETUNREACH": ENETUNREACH, "ENOBUFS": ENOBUFS,
	"ENOTCONN": ENOTCONN, "ENOTSOCK": ENOTSOCK, "ENOTSUP": ENOTSUP, "EPROTONOSUPPORT": EPROTONOSUPPORT, "ETIMEDOUT": ETIMEDOUT,
	"EFSM": EFSM, "ENOCOMPATPROTO": ENOCOMPATPROTO, "ETERM": ETERM, "EMTHREAD": EMTHREAD,
	"ErrorContextClosed": ErrorContextClosed, "ErrorSocketClosed": ErrorSocketClosed, "ErrorMoreExpected": ErrorMoreExpected,
	"ErrorNoSocket": ErrorNoSocket, "ErrorNotImplemented405": ErrorNotImplemented405, "ErrorNotImplemented41": ErrorNotImplemented41,
	"ErrorNotImplemented42": ErrorNotImplemented42, "ErrorNotImplementedWindows": ErrorNotImplementedWindows,
}

// numbers are the system's.
var numbers = map[string]syscall.Errno{
	"EADDRINUSE": syscall.EADDRINUSE, "EADDRNOTAVAIL": syscall.EADDRNOTAVAIL, "EAFNOSUPPORT": syscall.EAFNOSUPPORT,
	"ECONNABORTED": syscall.ECONNABORTED, "ECONNREFUSED": syscall.ECONNREFUSED, "ECONNRESET": syscall.ECONNRESET,
	"EHOSTUNREACH": syscall.EHOSTUNREACH, "EINPROGRESS": syscall.EINPROGRESS, "EMSGSIZE": syscall.EMSGSIZE,
	"ENETDOWN": syscall.ENETDOWN, "ENETRESET": syscall.ENETRESET, "ENETUNREACH": syscall.ENETUNREACH, "ENOBUFS": syscall.ENOBUFS,
	"ENOTCONN": syscall.ENOTCONN, "ENOTSOCK": syscall.ENOTSOCK, "ENOTSUP": syscall.ENOTSUP,
	"EPROTONOSUPPORT": syscall.EPROTONOSUPPORT, "ETIMEDOUT": syscall.ETIMEDOUT,
}

// TestAPIValues holds the constants' types and values and the variables' texts against the list.
func TestAPIValues(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range listed(t) {
		word, rest, _ := strings.Cut(line, " ")
		if word != "const" && word != "var" {
			continue
		}
		declared, want, _ := strings.Cut(rest, " = ")
		name, typ, _ := strings.Cut(declared, " ")
		v, ok := values[name]
		if !ok {
			t.Errorf("%s is not compared", name)
			continue
		}
		seen[name] = true
		if typ == "" {
			typ = "string"
		}
		got := reflect.TypeOf(v).Name()
		if word == "var" {
			got, v = "string", v.(error).Error()
		}
		if got != typ {
			t.Errorf("%s is a %s, want %s", name, got, typ)
		}
		if number, ok := numbers[name]; ok {
			want = fmt.Sprint(uintptr(number))
		}
		if !same(v, want) {
			t.Errorf("%s is %v, want %s", name, v, want)
		}
	}
	for name := range values {
		if !seen[name] {
			t.Errorf("%s is not on the list", name)
		}
	}
}

func same(v interface{}, want string) bool {
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return fmt.Sprint(r.Int()) == want || fmt.Sprintf("%#x", r.Int()) == want
	case r.CanUint():
		return fmt.Sprint(r.Uint()) == want
	}
	return fmt.Sprintf("%q", v) == want
}

// TestAPIIsSorted keeps the extras in order.
func TestAPIIsSorted(t *testing.T) {
	if !sort.StringsAreSorted(extras) {
		t.Errorf("sort the extras: %q", extras)
	}
}
