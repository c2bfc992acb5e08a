package zmq

import (
	"flag"
	"fmt"
	"go/ast"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/api.md instead of comparing it")

// goFunctions says by which Go names each function of C is reached, and since when it is in C. What has
// a package's name before it is Go's own.
var goFunctions = []struct{ c, since, names, note string }{
	{"zmq_errno", "3.1.0", "Errno OpError", "each error carries its number"},
	{"zmq_strerror", "3.1.0", "StrError Errno.Error", ""},
	{"zmq_version", "3.1.0", "LibraryVersion HeaderVersion", ""},
	{"zmq_init", "3.1.0", "NewContext", ""},
	{"zmq_term", "3.1.0", "Context.Term Context.Close", ""},
	{"zmq_ctx_new", "3.2.1", "NewContext", ""},
	{"zmq_ctx_destroy", "3.2.1", "Context.Term", ""},
	{"zmq_ctx_term", "4.0.0", "Context.Term", ""},
	{"zmq_ctx_shutdown", "4.0.0", "Context.Shutdown", "on every engine"},
	{"zmq_ctx_set", "3.2.1", "Context.Set ContextOption", ""},
	{"zmq_ctx_get", "3.2.1", "ContextSetting.Get ContextGetter.Get", ""},
	{"zmq_socket", "3.1.0", "Context.NewSocket", ""},
	{"zmq_close", "3.1.0", "Socket.Close", ""},
	{"zmq_setsockopt", "3.1.0", "Socket.Set Socket.SetsockoptInt Socket.SetsockoptInt64 Socket.SetsockoptBytes Socket.SetsockoptNull", ""},
	{"zmq_getsockopt", "3.1.0", "Option.Get Socket.GetsockoptInt Socket.GetsockoptInt64 Socket.GetsockoptBytes", "Get of each option"},
	{"zmq_bind", "3.1.0", "Socket.Bind", ""},
	{"zmq_connect", "3.1.0", "Socket.Connect", ""},
	{"zmq_unbind", "3.2.1", "Socket.Unbind", ""},
	{"zmq_disconnect", "3.2.1", "Socket.Disconnect", ""},
	{"zmq_socket_monitor", "3.2.1", "Socket.Monitor", "from 4.0, where the events have their present form"},
	{"zmq_send", "3.1.0", "Socket.Send Socket.SendPart Socket.SendRest Socket.SendParts", ""},
	{"zmq_recv", "3.1.0", "Socket.Recv Socket.RecvPart Socket.RecvRest Socket.RecvParts", ""},
	{"zmq_sendmsg", "3.1.0", "Socket.SendMsg", ""},
	{"zmq_recvmsg", "3.1.0", "Socket.RecvMsg", ""},
	{"zmq_send_const", "4.0.0", "PinMessage Socket.SendMsg", ""},
	{"zmq_sendiov", "3.2.1", "Socket.SendParts", ""},
	{"zmq_recviov", "3.2.1", "Socket.RecvParts Socket.AppendParts", ""},
	{"zmq_msg_init", "3.1.0", "Message", "the zero Message"},
	{"zmq_msg_init_size", "3.1.0", "NewMessage CopyMessage", ""},
	{"zmq_msg_init_data", "3.1.0", "PinMessage", ""},
	{"zmq_msg_send", "3.2.1", "Socket.SendMsg Socket.SendMsgs", ""},
	{"zmq_msg_recv", "3.2.1", "Socket.RecvMsg Socket.RecvMsgs", ""},
	{"zmq_msg_close", "3.1.0", "Message.Close", ""},
	{"zmq_msg_move", "3.1.0", "Message.Move", ""},
	{"zmq_msg_copy", "3.1.0", "Message.Copy", ""},
	{"zmq_msg_data", "3.1.0", "Message.Bytes", ""},
	{"zmq_msg_size", "3.1.0", "Message.Len", ""},
	{"zmq_msg_more", "3.2.1", "Message.More", ""},
	{"zmq_msg_get", "3.2.1", "Message.More Message.Raw", "ZMQ_SHARED and ZMQ_SRCFD by C code in Raw"},
	{"zmq_msg_set", "3.2.1", "Message.Raw", "libzmq has no property that can be set"},
	{"zmq_msg_gets", "4.1.0", "Message.Gets", ""},
	{"zmq_poll", "3.1.0", "Poll Poller", ""},
	{"zmq_proxy", "3.2.1", "NewProxy", ""},
	{"zmq_proxy_steerable", "4.0.5", "NewProxy Device.Pause Device.Resume Device.Stats", "on every engine"},
	{"zmq_device", "3.2.1", "NewQueue NewForwarder NewStreamer", "on every engine"},
	{"zmq_has", "4.1.0", "Has", ""},
	{"zmq_z85_encode", "4.0.0", "Z85Encode", "on every engine"},
	{"zmq_z85_decode", "4.0.0", "Z85Decode", "on every engine"},
	{"zmq_curve_keypair", "4.0.1", "NewCurveKeyPair", "on every engine"},
	{"zmq_curve_public", "4.2.0", "CurveSecretKey.PublicKey", "on every engine"},
	{"zmq_atomic_counter_new", "4.2.0", "atomic.Int64", "Go's own"},
	{"zmq_atomic_counter_set", "4.2.0", "atomic.Int64", "Go's own"},
	{"zmq_atomic_counter_inc", "4.2.0", "atomic.Int64", "Go's own"},
	{"zmq_atomic_counter_dec", "4.2.0", "atomic.Int64", "Go's own"},
	{"zmq_atomic_counter_value", "4.2.0", "atomic.Int64", "Go's own"},
	{"zmq_atomic_counter_destroy", "4.2.0", "atomic.Int64", "Go's own"},
	{"zmq_timers_new", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_timers_destroy", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_timers_add", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_timers_cancel", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_timers_set_interval", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_timers_reset", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_timers_timeout", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_timers_execute", "4.2.0", "time.AfterFunc time.NewTicker", "Go's own"},
	{"zmq_stopwatch_start", "3.1.0", "time.Now", "Go's own"},
	{"zmq_stopwatch_intermediate", "4.2.0", "time.Since", "Go's own"},
	{"zmq_stopwatch_stop", "3.1.0", "time.Since", "Go's own"},
	{"zmq_sleep", "3.1.0", "time.Sleep", "Go's own"},
	{"zmq_threadstart", "4.0.0", "sync.WaitGroup", "Go's own, with the go statement"},
	{"zmq_threadclose", "4.0.0", "sync.WaitGroup", "Go's own, with the go statement"},
}

// goMacros says what Go calls the header's macros that are no options.
var goMacros = map[string]string{
	"ZMQ_PAIR": "Pair", "ZMQ_PUB": "Pub", "ZMQ_SUB": "Sub", "ZMQ_REQ": "Req", "ZMQ_REP": "Rep", "ZMQ_DEALER": "Dealer",
	"ZMQ_ROUTER": "Router", "ZMQ_PULL": "Pull", "ZMQ_PUSH": "Push", "ZMQ_XPUB": "XPub", "ZMQ_XSUB": "XSub", "ZMQ_STREAM": "Stream",
	"ZMQ_XREQ": "XReq", "ZMQ_XREP": "XRep",
	"ZMQ_DONTWAIT": "DontWait", "ZMQ_SNDMORE": "SndMore", "ZMQ_NOBLOCK": "NoBlock",
	"ZMQ_POLLIN": "PollIn", "ZMQ_POLLOUT": "PollOut", "ZMQ_POLLERR": "PollErr", "ZMQ_POLLPRI": "PollPri",
	"ZMQ_MORE": "Message.More", "ZMQ_SHARED": "Message.Raw", "ZMQ_SRCFD": "Message.Raw",
	"ZMQ_NULL": "MechanismNull", "ZMQ_PLAIN": "MechanismPlain", "ZMQ_CURVE": "MechanismCurve", "ZMQ_GSSAPI": "MechanismGSSAPI",
	"ZMQ_GSSAPI_NT_HOSTBASED": "GSSAPIHostBased", "ZMQ_GSSAPI_NT_USER_NAME": "GSSAPIUserName", "ZMQ_GSSAPI_NT_KRB5_PRINCIPAL": "GSSAPIKrb5Principal",
	"ZMQ_STREAMER": "NewStreamer", "ZMQ_FORWARDER": "NewForwarder", "ZMQ_QUEUE": "NewQueue",
	"ZMQ_EVENTS": "Socket.Events", "ZMQ_TYPE": "Socket.Type", "ZMQ_LAST_ENDPOINT": "Socket.LastEndpoint", "ZMQ_IDENTITY": "Identity",
	"ZMQ_CONNECT_RID": "ConnectRoutingID", "ZMQ_DELAY_ATTACH_ON_CONNECT": "DelayAttachOnConnect", "ZMQ_FAIL_UNROUTABLE": "FailUnroutable",
	"ZMQ_ROUTER_BEHAVIOR": "RouterBehavior", "ZMQ_ROUTING_ID": "RoutingID", "ZMQ_IPV4ONLY": "IPv4Only",
	"ZMQ_IO_THREADS": "IOThreads", "ZMQ_MAX_SOCKETS": "MaxSockets", "ZMQ_SOCKET_LIMIT": "SocketLimit",
	"ZMQ_THREAD_PRIORITY": "ThreadPriority", "ZMQ_THREAD_SCHED_POLICY": "ThreadSchedPolicy", "ZMQ_MAX_MSGSZ": "ContextMaxMsgSize",
	"ZMQ_MSG_T_SIZE": "MsgTSize", "ZMQ_THREAD_AFFINITY_CPU_ADD": "ThreadAffinityAdd", "ZMQ_THREAD_AFFINITY_CPU_REMOVE": "ThreadAffinityRemove",
	"ZMQ_THREAD_NAME_PREFIX": "ThreadNamePrefix", "ZMQ_BLOCKY": "Blocky", "ZMQ_IPV6": "IPv6",
}

// notInGo are macros without a meaning of their own for programs: versions, defaults, limits of drafts, and
// what the header defines for itself.
var notInGo = regexp.MustCompile(`^ZMQ_(VERSION.*|MAKE_VERSION|EXPORT|HAVE_\w+|DEFINED_STDINT|HAUSNUMERO|HAS_CAPABILITIES|POLLITEMS_DFLT|\w+_DFLT|GROUP_MAX_LENGTH|CPP11\w*|H_INCLUDED|.*__)$`)

// stableHeader returns the header without its drafts.
func stableHeader(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("vendor_libzmq/include/zmq.h")
	if err != nil {
		t.Skipf("the engine is not the vendored one, so its header is not at hand: %v", err)
	}
	stable, _, ok := strings.Cut(string(text), "#ifdef ZMQ_BUILD_DRAFT_API")
	if !ok {
		t.Log("the header has no drafts")
	}
	return regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`).ReplaceAllString(stable, "")
}

// exportedNames returns the package's exported names, methods as Type.Method.
func exportedNames(t *testing.T) map[string]bool {
	names := map[string]bool{}
	_, files := sources(t)
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					recv := d.Recv.List[0].Type
					if star, ok := recv.(*ast.StarExpr); ok {
						recv = star.X
					}
					if generic, ok := recv.(*ast.IndexExpr); ok {
						recv = generic.X
					}
					if id, ok := recv.(*ast.Ident); ok {
						name = id.Name + "." + name
					}
				}
				names[name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range spec.Names {
							names[n.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}

// TestAPIComplete wants a Go name for each stable function and macro of the header, and each Go name to be one.
func TestAPIComplete(t *testing.T) {
	header, names := stableHeader(t), exportedNames(t)
	known := map[string]bool{}
	for _, f := range goFunctions {
		known[f.c] = true
		for _, name := range strings.Fields(f.names) {
			if !names[name] && !isGos.MatchString(name) {
				t.Errorf("%s: this package has no %s", f.c, name)
			}
		}
	}
	declared := declaration.FindAllStringSubmatch(header, -1)
	if len(declared) < 60 {
		t.Fatalf("only %d functions were found in the header", len(declared))
	}
	for _, m := range declared {
		if !known[m[1]] {
			t.Errorf("%s has no Go name", m[1])
		}
		delete(known, m[1])
	}
	for c := range known {
		t.Errorf("%s is not in the header", c)
	}
	options := map[string]bool{}
	for _, r := range optionTable {
		options[r.c] = true
		if r.c != "" && !names[r.name] && r.name != "LastEndpoint" {
			t.Errorf("%s: this package has no %s", r.c, r.name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^#\s*define (ZMQ_\w+)`).FindAllStringSubmatch(header, -1) {
		c := m[1]
		name := goMacros[c]
		switch {
		case options[c] || notInGo.MatchString(c):
		case strings.HasPrefix(c, "ZMQ_EVENT_") || strings.HasPrefix(c, "ZMQ_PROTOCOL_ERROR_"): // TestMonitorEventNumbers
		case name == "":
			t.Errorf("%s has no Go name", c)
		case !names[name]:
			t.Errorf("%s: this package has no %s", c, name)
		}
	}
}

// apiPage is written from the tables.
var apiPage = filepath.Join("docs", "api.md")

// TestAPIDocument compares docs/api.md with the tables; with -update it writes it.
func TestAPIDocument(t *testing.T) {
	if *update {
		if err := os.WriteFile(apiPage, []byte(apiDocument()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readText(t, apiPage), apiDocument()); diff != "" {
		t.Errorf("%s is out of date, write it with go test -run TestAPIDocument -update (-there +tables):\n%s", apiPage, diff)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// optionAliases are the other names of socket options.
var optionAliases = []struct{ c, of, name string }{
	{"ZMQ_ROUTING_ID", "ZMQ_IDENTITY", "RoutingID"},
	{"ZMQ_CONNECT_RID", "ZMQ_CONNECT_ROUTING_ID", "ConnectRoutingID"},
	{"ZMQ_DELAY_ATTACH_ON_CONNECT", "ZMQ_IMMEDIATE", "DelayAttachOnConnect"},
	{"ZMQ_FAIL_UNROUTABLE", "ZMQ_ROUTER_MANDATORY", "FailUnroutable"},
	{"ZMQ_ROUTER_BEHAVIOR", "ZMQ_ROUTER_MANDATORY", "RouterBehavior"},
}

// messageOptions are those of zmq_msg_get.
var messageOptions = []struct{ c, name, since string }{
	{"ZMQ_MORE", "Message.More", "3.1.0"},
	{"ZMQ_SRCFD", "Message.Raw", "4.1.0"},
	{"ZMQ_SHARED", "Message.Raw", "4.1.0"},
}

// goName is what the option is in Go.
func (r *optionRow) goName() string {
	if r.name == "LastEndpoint" {
		return "Socket.LastEndpoint"
	}
	return r.name
}

// TestAPIHeader holds docs/api.md against the header, whatever the tables say: each stable function and option has
// one row, with a name that exists and a version.
func TestAPIHeader(t *testing.T) {
	header, macros, names := stableHeader(t), headerMacros(t), exportedNames(t)
	before, constants, _ := strings.Cut(readText(t, apiPage), "\n## Draft socket options\n")
	_, after, _ := strings.Cut(constants, "\n## Context options\n")
	after, _, found := strings.Cut(after, "\n## Constants\n")
	if !found {
		t.Fatalf("%s has other headings", apiPage)
	}
	rows := map[string]int{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (?:\\d+ \\| )?((?:`[^`]+`(?:, )?)+) \\|(?:.* \\|)? (\\d+\\.\\d+\\.\\d+) \\|").FindAllStringSubmatch(before+after, -1) {
		if strings.Contains(m[0], ", draft |") {
			continue
		}
		rows[m[1]]++
		found := quoted.FindAllStringSubmatch(m[2], -1)
		if len(found) == 0 {
			t.Errorf("%s: %s has no name in Go", apiPage, m[1])
		}
		for _, name := range found {
			if _, c := macros[name[1]]; !c && !names[name[1]] && !isGos.MatchString(name[1]) {
				t.Errorf("%s: %s: this package has no %s", apiPage, m[1], name[1])
			}
		}
	}
	for _, a := range optionAliases {
		if macros[a.c] != macros[a.of] {
			t.Errorf("%s is not %s", a.c, a.of)
		}
	}
	all := map[string]bool{}
	for _, m := range declaration.FindAllStringSubmatch(header, -1) {
		all[m[1]] = true
	}
	functions := len(all)
	// What is an option is said by the comments; all others of the header's macros are for TestAPIComplete.
	text := readText(t, filepath.Join("vendor_libzmq", "include", "zmq.h"))
	for _, title := range []string{"Context options", "Socket options", "Message options", "Deprecated options and aliases", "Deprecated Message options"} {
		_, part, ok := strings.Cut(text, "/*  "+title)
		if !ok {
			t.Fatalf("the header has no %q", title)
		}
		part, _, _ = strings.Cut(part, "/*")
		if _, rest, more := strings.Cut(part, "*/"); more {
			part = rest
		}
		for _, m := range regexp.MustCompile(`(?m)^#define (ZMQ_\w+)`).FindAllStringSubmatch(part, -1) {
			all[m[1]] = true
		}
	}
	delete(all, "ZMQ_NOBLOCK") // a flag, among the deprecated
	if functions < 60 || len(all)-functions < 95 {
		t.Fatalf("only %d functions and %d options were found in the header", functions, len(all)-functions)
	}
	for c := range all {
		want := 1
		if c == "ZMQ_IPV6" {
			want = 2 // an option of sockets, and of contexts
		}
		if rows[c] != want {
			t.Errorf("%s has %d rows for %s, want %d", apiPage, rows[c], c, want)
		}
	}
	for c := range rows {
		if _, macro := macros[c]; !all[c] && !macro {
			t.Errorf("%s has a row for %s, which is not in the header", apiPage, c)
		}
	}
}

// isGos matches the names that are Go's own.
var isGos = regexp.MustCompile(`^(atomic|sync|time)\.[A-Z]`)

// declaration matches a function's declaration in the header.
var declaration = regexp.MustCompile(`ZMQ_EXPORT[^;(]*?\b(zmq_\w+)\s*\(`)

func apiDocument() string {
	b := &strings.Builder{}
	b.WriteString("# C names and Go names\n\nEvery stable function and option of libzmq 4.3.4, the name it has here, and the first libzmq that has it. On an\nolder engine what is missing gives a `*VersionError`. Made by `go test -run TestAPIDocument -update`; a test compares\nit with the code and with the header.\n")
	b.WriteString("\n## Functions\n\n| C | Go | since | |\n| --- | --- | --- | --- |\n")
	for _, f := range goFunctions {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", code(f.c), code(strings.Fields(f.names)...), f.since, f.note)
	}
	b.WriteString("\n## Socket options\n\n| C | number | Go | value | default | | since | socket types |\n| --- | --: | --- | --- | --- | --- | --- | --- |\n")
	rows := append([]*optionRow(nil), optionTable...)
	sort.Slice(rows, func(i, j int) bool { return rows[i].id < rows[j].id })
	for _, r := range rows {
		if r.c != "" && r.has != "draft" {
			fmt.Fprintln(b, r.line())
		}
	}
	fmt.Fprint(b, "| `ZMQ_EVENTS` | 15 | `Socket.Events` | `PollEvents` | 0 | get | 3.1.0 | all |\n| `ZMQ_TYPE` | 16 | `Socket.Type` | `SocketType` |  | get | 3.1.0 | all |\n")
	b.WriteString("\nOther names of the same options:\n\n| C | number | Go | the same as | since |\n| --- | --: | --- | --- | --- |\n")
	for _, a := range optionAliases {
		of := rows[slices.IndexFunc(rows, func(r *optionRow) bool { return r.c == a.of })]
		fmt.Fprintf(b, "| %s | %d | %s | %s | %v |\n", code(a.c), of.id, code(a.name), code(a.of), of.since)
	}
	b.WriteString("\nThis package's own: `MaxTopic`, `WatchPeers`. Several at once: `Heartbeat`, `Keepalive`, `PlainServer`, `PlainClient`,\n`CurveServer`, `CurveClient`.\n")
	b.WriteString("\n## Draft socket options\n\nIn engines with `Has(\"draft\")`, and where it says \"every engine\" in 4.3.4 and 4.3.5 however they were built; elsewhere\n`ErrNotSupported`.\n\n| C | number | Go | value | default | | since | socket types |\n| --- | --: | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		if r.has == "draft" {
			fmt.Fprintln(b, r.line())
		}
	}
	b.WriteString("\n## Context options\n\n| C | number | Go | | since |\n| --- | --: | --- | --- | --- |\n")
	for _, c := range contextDocs {
		fmt.Fprintf(b, "| %s | %d | %s | %s | %v |\n", code(c.c), c.id, code(c.name), c.how, c.since)
	}
	b.WriteString("\nThis package's own: `CloseTimeout`.\n\n## Message options\n\n| C | Go | since |\n| --- | --- | --- |\n")
	for _, m := range messageOptions {
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(m.c), code(m.name), m.since)
	}
	b.WriteString("\n## Constants\n\n| C | Go |\n| --- | --- |\n")
	macros := make([]string, 0, len(goMacros))
	for c := range goMacros {
		macros = append(macros, c)
	}
	sort.Strings(macros)
	for _, c := range macros {
		fmt.Fprintf(b, "| %s | %s |\n", code(c), code(goMacros[c]))
	}
	b.WriteString("\nEvents are `EventConnected` and so on, protocol errors `ProtocolZMTPUnspecified` and so on, error numbers have their\nC names.\n")
	return b.String()
}

var contextDocs = []struct {
	c     string
	id    int
	name  string
	how   string
	since Version
}{
	{"ZMQ_IO_THREADS", 1, "IOThreads", "new, get", floor},
	{"ZMQ_MAX_SOCKETS", 2, "MaxSockets", "new, get", from32},
	{"ZMQ_SOCKET_LIMIT", 3, "SocketLimit", "get", from41},
	{"ZMQ_THREAD_PRIORITY", 3, "ThreadPriority", "set", from41},
	{"ZMQ_THREAD_SCHED_POLICY", 4, "ThreadSchedPolicy", "set, get", from41},
	{"ZMQ_MAX_MSGSZ", 5, "ContextMaxMsgSize", "set, get", from42},
	{"ZMQ_MSG_T_SIZE", 6, "MsgTSize", "get", MsgTSize.row.since},
	{"ZMQ_THREAD_AFFINITY_CPU_ADD", 7, "ThreadAffinityAdd", "set", from423},
	{"ZMQ_THREAD_AFFINITY_CPU_REMOVE", 8, "ThreadAffinityRemove", "set", from423},
	{"ZMQ_THREAD_NAME_PREFIX", 9, "ThreadNamePrefix", "set, get", from423},
	{"ZMQ_ZERO_COPY_RECV", 10, "ZeroCopyRecv", "set, get, draft", from434},
	{"ZMQ_IPV6", 42, "ContextIPv6", "set, get", from40},
	{"ZMQ_BLOCKY", 70, "Blocky", "set, get", from42},
}

func code(names ...string) string { return "`" + strings.Join(names, "`, `") + "`" }

// line is the option's line of the document.
func (r *optionRow) line() string {
	name := code(r.goName())
	value := map[optKind]string{kindInt: "int", kindBool: "bool", kindMillis: "time.Duration", kindSeconds: "time.Duration", kindInt64: "int64", kindUint64: "uint64", kindBytes: "string"}[r.kind]
	value = code(value) + r.limits()
	if r.size > 0 {
		value = code("CurveKey")
	}
	if r.size > 0 && r.secret {
		value = code("CurveSecretKey")
	}
	def := fmt.Sprint(r.def)
	switch r.kind {
	case kindBool:
		def = fmt.Sprint(r.def != 0)
	case kindMillis:
		def = fromMillis(r.def).String()
	case kindSeconds:
		def = fromSeconds(r.def).String()
	case kindBytes:
		def = ""
	}
	def = strings.Replace(def, "-1ns", "-1", 1)
	how := map[[2]bool]string{{true, true}: "set, get", {false, true}: "get", {true, false}: "set"}[[2]bool{r.set, r.get}]
	types := "all"
	if r.c == "ZMQ_SUBSCRIBE" || r.c == "ZMQ_UNSUBSCRIBE" {
		types = "sub; xpub with `XPubManual`"
	}
	if r.types != nil {
		var list []string
		for _, t := range r.types {
			list = append(list, t.String())
		}
		types = strings.Join(list, ", ")
	}
	if r.has != "" && r.has != "draft" {
		types += `, with ` + code(`Has("`+r.has+`")`)
	}
	if r.built {
		types += ", every engine"
	}
	return fmt.Sprintf("| %s | %d | %s | %s | %s | %s | %v | %s |", code(r.c), r.id, name, value, def, how, r.since, types)
}

// limits is the option's range, if it has one to speak of.
func (r *optionRow) limits() string {
	unit := r.unit
	switch {
	case !r.set || r.kind == kindBool || r.kind == kindUint64:
		return ""
	case r.kind == kindBytes && r.max >= math.MaxInt32:
		return ""
	case r.kind == kindBytes:
		unit = "bytes"
	case r.kind == kindMillis:
		unit = "ms in C"
	case r.kind == kindSeconds:
		unit = "s in C"
	}
	s := fmt.Sprintf(", from %d", r.min)
	if r.max < math.MaxInt32 {
		s = fmt.Sprintf(", %d to %d", r.min, r.max)
	}
	return strings.TrimRight(s+" "+unit, " ")
}
