package zmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// badRow is one input that must be refused, and how.
type badRow struct {
	name string
	do   func(t *testing.T) error
	is   []error  // what the error is
	says []string // what its text names: the operation, the endpoint or option, and the way out
}

// TestBadInput refuses everything that a user can get wrong, one row for each mistake, and comes out of it
// alive. Rows are made by the functions below.
func TestBadInput(t *testing.T) {
	var rows []badRow
	for _, more := range [][]badRow{
		malformedEndpoints(), tcpBindRows(), tcpConnectRows(), ipcRows(), inprocRows(), multicastRows(),
		rangeRows(), optionRows(), directionRows(), turnRows(), messageRows(), contextRows(), pollRows(),
	} {
		rows = append(rows, more...)
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			err := row.do(t)
			var version *VersionError
			if errors.As(err, &version) && !apiVersion().AtLeast(version.Need) {
				return // the feature is newer than the engine, which is the clearest of answers
			}
			wantError(t, err, row.is, append(row.says, "zmq: ")...)
			var op *OpError
			if err != nil && !errors.As(err, &op) {
				t.Errorf("%v (%T) is no *OpError", err, err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Errorf("%q would break a log", err)
			}
		})
	}
	if len(rows) < 250 {
		t.Errorf("only %d rows: where is the rest?", len(rows))
	}
	t.Logf("%d rows", len(rows))
}

// attachRow is a row for an endpoint that a socket must not bind or connect to.
func attachRow(what string, typ SocketType, endpoint string, errno Errno, says string, opts ...SocketOption) badRow {
	return badRow{
		name: fmt.Sprintf("%s %v %q", what, typ, endpoint),
		do: func(t *testing.T) error {
			s := newTestSocket(t, newTestContext(t), typ, opts...)
			if what == "bind" {
				return s.Bind(endpoint)
			}
			return s.Connect(endpoint)
		},
		is:   []error{errno},
		says: []string{what + " " + printable(endpoint), typ.String(), says},
	}
}

// malformedEndpoints are of no transport.
func malformedEndpoints() (rows []badRow) {
	const form = `transport://address`
	for endpoint, want := range map[string]struct {
		errno Errno
		says  string
	}{
		"":                      {EINVAL, form},
		"tcp":                   {EINVAL, form},
		"tcp:":                  {EINVAL, form},
		"tcp:/":                 {EINVAL, form},
		"tcp://":                {EINVAL, form},
		"ipc://":                {EINVAL, form},
		"inproc://":             {EINVAL, form},
		"epgm://":               {EINVAL, form},
		"://127.0.0.1:5":        {EINVAL, form},
		"127.0.0.1:5":           {EINVAL, form},
		"/tmp/socket":           {EINVAL, form},
		"TCP://127.0.0.1:5":     {EPROTONOSUPPORT, "tcp://"},
		"Inproc://x":            {EPROTONOSUPPORT, "inproc://"},
		"nosuch://x":            {EPROTONOSUPPORT, "not supported"},
		"http://127.0.0.1:5":    {EPROTONOSUPPORT, "not supported"},
		" tcp://127.0.0.1:5":    {EPROTONOSUPPORT, "not supported"},
		"sys://log":             {EPROTONOSUPPORT, "not supported"},
		"inproc://a\x00b":       {EINVAL, "zero byte"},
		"tcp://127.0.0.1:5\x00": {EINVAL, "zero byte"},
		"a\n://b":               {EPROTONOSUPPORT, "not supported"},
	} {
		rows = append(rows, attachRow("bind", Rep, endpoint, want.errno, want.says), attachRow("connect", Req, endpoint, want.errno, want.says))
	}
	return rows
}

func tcpBindRows() (rows []badRow) {
	for endpoint, want := range map[string]struct {
		errno Errno
		says  string
	}{
		"tcp://*":                         {EINVAL, "port is missing"},
		"tcp://*:":                        {EINVAL, "port is missing"},
		"tcp://:":                         {EINVAL, "port is missing"},
		"tcp://127.0.0.1":                 {EINVAL, "port is missing"},
		"tcp://:5555":                     {ENODEV, "tcp://*:port"},
		"tcp://*:abc":                     {EINVAL, "not a number: abc"},
		"tcp://*:12x":                     {EINVAL, "not a number: 12x"},
		"tcp://*:-1":                      {EINVAL, "not a number: -1"},
		"tcp://*:+5":                      {EINVAL, "not a number: +5"},
		"tcp://*: 5":                      {EINVAL, "not a number"},
		"tcp://*:5\n":                     {EINVAL, `not a number: "5\n"`},
		"tcp://*:٥":                       {EINVAL, "not a number"},
		"tcp://*:65536":                   {EINVAL, "65535"},
		"tcp://*:70000":                   {EINVAL, "65535"},
		"tcp://*:99999999999999999999999": {EINVAL, "65535"},
		"tcp://nosuch0:5555":              {ENODEV, noInterface()},
		"tcp://example.invalid:5555":      {ENODEV, noInterface()},
		"tcp://256.1.1.1:5555":            {ENODEV, noInterface()},
		"tcp://203.0.113.1:5555":          {EADDRNOTAVAIL, "no network interface of this machine"},
		"tcp://a b:5555":                  {EINVAL, "character"},
		"tcp://127.0.0.1/:5555":           {EINVAL, "character"},
		"tcp://127.0.0.1:1;127.0.0.1:2":   {EINVAL, "character"},
		"tcp://[::1]:5555":                {ENODEV, "IPv4Only(false)"},
		"tcp://::1:5555":                  {ENODEV, "IPv4Only(false)"},
		"tcp://[::]:5555":                 {ENODEV, "IPv4Only(false)"},
		"tcp://[::1:5555":                 {EINVAL, "not an address: [::1"},
		"tcp://::1]:5555":                 {EINVAL, "not an address: ::1]"},
		"tcp://[]:5555":                   {EINVAL, "not an address"},
		"tcp://[nosuch0]:5555":            {EINVAL, "not an address"},
		"tcp://1:2:3:5555":                {EINVAL, "not an address"},
	} {
		rows = append(rows, attachRow("bind", Rep, endpoint, want.errno, want.says))
	}
	if !bindsHostNames() {
		rows = append(rows, attachRow("bind", Rep, "tcp://localhost:5555", ENODEV, "not a host's name"))
	}
	return append(rows,
		attachRow("bind", Rep, "tcp://[::1:5555", EINVAL, "not an address", IPv4Only(false)),
		attachRow("bind", Rep, "tcp://[2001:db8::1]:5555", EADDRNOTAVAIL, "no network interface of this machine", IPv4Only(false)),
		badRow{"bind tcp, port in use", func(t *testing.T) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			return newTestSocket(t, newTestContext(t), Rep).Bind("tcp://" + l.Addr().String())
		}, []error{EADDRINUSE, syscall.EADDRINUSE}, []string{"bind tcp://127.0.0.1:"}},
		badRow{"bind tcp, the same endpoint twice", func(t *testing.T) error {
			s := newTestSocket(t, newTestContext(t), Rep)
			return s.Bind(bindTo(t, s, "tcp"))
		}, []error{EADDRINUSE}, []string{"bind tcp://127.0.0.1:"}},
		badRow{"bind tcp without I/O threads", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t, IOThreads(0)), Rep).Bind("tcp://127.0.0.1:5555")
		}, []error{EMTHREAD}, []string{"bind tcp://127.0.0.1:5555", "IOThreads"}},
	)
}

func tcpConnectRows() (rows []badRow) {
	for endpoint, says := range map[string]string{
		"tcp://127.0.0.1":                           "port is missing",
		"tcp://127.0.0.1:":                          "port is missing",
		"tcp://:":                                   "port is missing",
		"tcp://:5555":                               "host is missing",
		"tcp://*:5555":                              "* is for Bind",
		"tcp://127.0.0.1:*":                         "not a number: *",
		"tcp://127.0.0.1:0":                         "port 0",
		"tcp://127.0.0.1:00":                        "port 0",
		"tcp://127.0.0.1:abc":                       "not a number: abc",
		"tcp://127.0.0.1:-1":                        "not a number: -1",
		"tcp://127.0.0.1:65536":                     "65535",
		"tcp://127.0.0.1:70000":                     "65535",
		"tcp://a b:5555":                            "character",
		"tcp://a\tb:5555":                           "character",
		"tcp://[::1]:5555":                          "IPv4Only(false)",
		"tcp://::1:5555":                            "IPv4Only(false)",
		"tcp://[::1:5555":                           "not an address",
		"tcp://;127.0.0.1:5555":                     "port is missing",
		"tcp://127.0.0.1:0;":                        "port is missing",
		"tcp://127.0.0.1:0;127.0.0.1:0":             "port 0",
		"tcp://127.0.0.1:x;127.0.0.1:5555":          "not a number: x",
		"tcp://127.0.0.1:0;127.0.0.1:0;127.0.0.1:5": "character",
	} {
		rows = append(rows, attachRow("connect", Req, endpoint, EINVAL, says))
	}
	return rows
}

func ipcRows() []badRow {
	// at makes a row for a path that prepare has put something at, which must be there still.
	at := func(what, name string, prepare func(t *testing.T, path string), is []error, says string) badRow {
		return badRow{what + " ipc, " + name, func(t *testing.T) error {
			path := filepath.Join(shortDir(t), "s")
			prepare(t, path)
			before := whatIsAt(path)
			s := newTestSocket(t, newTestContext(t), Pull)
			err := s.Bind("ipc://" + path)
			if what == "connect" {
				err = s.Connect("ipc://" + path)
			}
			if after := whatIsAt(path); after != before {
				t.Errorf("there was %s at the path, and now there is %s", before, after)
			}
			return err
		}, is, []string{what + " ipc:///", says}}
	}
	const content = "nobody's business"
	file := func(t *testing.T, path string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	isFile := []error{EEXIST, syscall.EEXIST, fs.ErrExist}
	tooLong := "ipc:///tmp/" + strings.Repeat("x", ipcPathMax+1-len("/tmp/"))
	return []badRow{
		at("bind", "a file", file, isFile, "no socket"),
		at("bind", "a link to a file", func(t *testing.T, path string) {
			file(t, path+"2")
			if err := os.Symlink(path+"2", path); err != nil {
				t.Fatal(err)
			}
		}, isFile, "no socket"),
		at("bind", "a pipe", func(t *testing.T, path string) {
			if err := mkfifo(path); err != nil {
				t.Fatal(err)
			}
		}, isFile, "no socket"),
		at("bind", "a directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, []error{EADDRINUSE}, "directory"),
		at("bind", "a socket of this process", func(t *testing.T, path string) {
			s := newTestSocket(t, newTestContext(t), Push)
			if err := s.Bind("ipc://" + path); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { mustReach(t, path) })
		}, []error{EADDRINUSE}, "another socket is listening"),
		at("bind", "a socket of another process", func(t *testing.T, path string) {
			hold := startChild(t, holdChild, "ipc://"+path)
			t.Cleanup(func() { mustReach(t, path); hold() })
		}, []error{EADDRINUSE}, "another socket is listening"),
		at("bind", "a plain listener", func(t *testing.T, path string) {
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
		}, []error{EADDRINUSE}, "another socket is listening"),
		{"bind ipc twice on one socket", func(t *testing.T) error {
			s := newTestSocket(t, newTestContext(t), Pull)
			return s.Bind(bindTo(t, s, "ipc"))
		}, []error{EADDRINUSE}, []string{"bind ipc:///", "another socket is listening"}},
		{"bind ipc, no directory", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), Pull).Bind("ipc://" + shortDir(t) + "/none/s")
		}, []error{ENOENT, fs.ErrNotExist}, []string{"bind ipc:///", "directory does not exist"}},
		attachRow("bind", Pull, tooLong, ENAMETOOLONG, "longer than"),
		attachRow("connect", Pull, tooLong, ENAMETOOLONG, "longer than"),
		attachRow("connect", Pull, "ipc://"+strings.Repeat("x", 5000), ENAMETOOLONG, "longer than"),
	}
}

// whatIsAt describes a file by what must not change.
func whatIsAt(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprint(info.Mode(), " ", inode(info))
	if info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0 {
		content, err := os.ReadFile(path)
		text += fmt.Sprint(" ", string(content), err)
	}
	return text
}

// mustReach fails unless somebody accepts connections at the path.
func mustReach(t *testing.T, path string) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Errorf("who listened at the path no longer does: %v", err)
		return
	}
	conn.Close()
}

func inprocRows() []badRow {
	rows := []badRow{
		{"bind inproc, name in use", func(t *testing.T) error {
			c := newTestContext(t)
			endpoint := bindTo(t, newTestSocket(t, c, Pull), "inproc")
			return newTestSocket(t, c, Pull).Bind(endpoint)
		}, []error{EADDRINUSE}, []string{"bind inproc://"}},
		{"bind inproc twice", func(t *testing.T) error {
			s := newTestSocket(t, newTestContext(t), Pull)
			return s.Bind(bindTo(t, s, "inproc"))
		}, []error{EADDRINUSE}, []string{"bind inproc://"}},
	}
	for op, detach := range map[string]func(*Socket, string) error{"unbind": (*Socket).Unbind, "disconnect": (*Socket).Disconnect} {
		for _, endpoint := range []string{"inproc://nobody", "tcp://127.0.0.1:5", "ipc:///nowhere"} {
			rows = append(rows, badRow{op + " " + endpoint, func(t *testing.T) error {
				return detach(newTestSocket(t, newTestContext(t), Pair), endpoint)
			}, []error{ENOENT}, []string{op + " " + endpoint, "pair"}})
		}
		for _, endpoint := range []string{"nonsense", "", "inproc://a\x00b"} {
			rows = append(rows, badRow{op + " " + printable(endpoint), func(t *testing.T) error {
				return detach(newTestSocket(t, newTestContext(t), Pair), endpoint)
			}, []error{EINVAL}, []string{op + " " + printable(endpoint), "pair"}})
		}
	}
	return rows
}

func multicastRows() (rows []badRow) {
	for _, typ := range []SocketType{Pair, Req, Rep, Dealer, Router, Pull, Push} {
		for _, proto := range []string{"pgm", "epgm"} {
			endpoint := proto + "://lo;239.192.1.1:5555"
			rows = append(rows, attachRow("bind", typ, endpoint, ENOCOMPATPROTO, "pub, sub"), attachRow("connect", typ, endpoint, ENOCOMPATPROTO, "pub, sub"))
		}
	}
	if !listsInterfaces() {
		return rows
	}
	for address, want := range map[string]struct {
		errno Errno
		says  string
	}{
		"lo;239.192.1.1":               {EINVAL, "port is missing"},
		"lo;239.192.1.1:":              {EINVAL, "port is missing"},
		"lo;239.192.1.1:0":             {EINVAL, "port 0"},
		"lo;239.192.1.1:x":             {EINVAL, "not a number: x"},
		"lo;239.192.1.1:65536":         {EINVAL, "65535"},
		"lo:5555":                      {EINVAL, "semicolon"},
		"239.192.1.1:5555":             {EINVAL, "semicolon"},
		";239.192.1.1:5555":            {EINVAL, "interface is missing"},
		"lo;:5555":                     {EINVAL, "group is missing"},
		"lo;;,:5555":                   {EINVAL, "group is missing"},
		"lo;10.0.0.1:5555":             {EINVAL, "not a multicast group"},
		"lo;239.192.1.1,10.0.0.1:5555": {EINVAL, "not a multicast group"},
		"lo;ff02::1:5555":              {EINVAL, "not a multicast group"},
		"lo;name:5555":                 {EINVAL, "not a multicast group"},
		"nosuch0;239.192.1.1:5555":     {ENODEV, "no such network interface: nosuch0"},
	} {
		rows = append(rows, attachRow("bind", Pub, "epgm://"+address, want.errno, want.says), attachRow("connect", Sub, "pgm://"+address, want.errno, want.says))
	}
	if Has("norm") && engineFrom(4, 0, 0) {
		for address, errno := range map[string]Errno{
			"x:5": EINVAL, "nohost": EINVAL, "127.0.0.1:5555": EINVAL, "lo;239.192.1.1": EINVAL, "x,lo;239.192.1.1:5": EINVAL,
			"239.192.1.1,239.192.1.2:5": EINVAL, "nosuch0;239.192.1.1:5555": ENODEV, "203.0.113.1;239.192.1.1:5555": ENODEV,
		} {
			rows = append(rows, attachRow("connect", Pub, "norm://"+address, errno, ""))
		}
		rows = append(rows, attachRow("bind", Push, "norm://lo;239.192.1.1:5555", ENOCOMPATPROTO, "pub, sub"))
	}
	// What OpenPGM aborts the process over.
	const endpoint = "epgm://lo;239.192.1.1:5555"
	rows = append(rows,
		attachRow("bind", Pub, endpoint, EINVAL, "Rate is 11", Rate(11)),
		attachRow("connect", Pub, endpoint, EINVAL, "MulticastHops is 256", MulticastHops(256)),
		attachRow("connect", Sub, "epgm://lo;239.192.1.1:5555", EINVAL, ""),
	)
	if apiVersion().AtLeast(from42) {
		for _, n := range []int{1, 127, 65536} {
			rows = append(rows, attachRow("connect", Sub, endpoint, EINVAL, fmt.Sprint("MulticastMaxTPDU is ", n), MulticastMaxTPDU(n)))
		}
	}
	return append(rows, badRow{"connect epgm, port in use", func(t *testing.T) error {
		conn, err := net.ListenPacket("udp4", "0.0.0.0:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
		return newTestSocket(t, newTestContext(t), Sub).Connect("epgm://lo;239.192.1.1:" + port)
	}, []error{EADDRINUSE}, []string{"connect epgm://lo;239.192.1.1:", "UDP port"}})
}

// rangeRows go beyond both ends of every option's range.
func rangeRows() (rows []badRow) {
	add := func(r *optionRow, o SocketOption, what string) {
		o.row = r
		rows = append(rows, badRow{"set " + r.name + " " + what, func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), typeFor(r)).Set(o)
		}, isInvalid, []string{"set " + r.name, "out of range"}})
	}
	for _, r := range optionTable {
		if !r.set || r.has != "" {
			continue
		}
		switch r.kind {
		case kindBytes:
			if r.min > 0 {
				add(r, SocketOption{str: strings.Repeat("x", int(r.min)-1)}, "too short")
			}
			if r.max < math.MaxInt32 {
				add(r, SocketOption{str: strings.Repeat("x", int(r.max)+1)}, "too long")
			}
		case kindUint64:
		default:
			if r.min > math.MinInt64 {
				add(r, SocketOption{num: r.min - 1}, "too small")
			}
			if r.max < math.MaxInt64 {
				add(r, SocketOption{num: r.max + 1}, "too large")
			}
		}
	}
	return rows
}

// typeFor returns a socket type that has the option.
func typeFor(r *optionRow) SocketType {
	switch {
	case r.name == "Subscribe" || r.name == "Unsubscribe":
		return Sub
	case len(r.types) > 0 && (r.types[0] != Stream || apiVersion().AtLeast(from40)):
		return r.types[0]
	}
	return Dealer
}

func optionRows() (rows []badRow) {
	add := func(name string, typ SocketType, says string, opts ...SocketOption) {
		rows = append(rows, badRow{name, func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), typ).Set(opts...)
		}, []error{EINVAL}, []string{"set ", typ.String(), says}})
	}
	for name, o := range map[string]SocketOption{
		"Linger": Linger(-2), "RecvTimeout": RecvTimeout(-time.Second), "SendTimeout": SendTimeout(-2),
		"ReconnectInterval": ReconnectInterval(-time.Millisecond), "RecoveryInterval": RecoveryInterval(-time.Hour),
	} {
		add(name+" negative", Dealer, "Infinite", o)
	}
	for name, o := range map[string]SocketOption{
		"Linger": Linger(math.MaxInt64), "RecvTimeout": RecvTimeout(math.MaxInt64), "ReconnectIntervalMax": ReconnectIntervalMax(1 << 60),
	} {
		add(name+" too long", Dealer, name, o)
	}
	add("RecoveryInterval infinite", Pub, "RecoveryInterval", RecoveryInterval(Infinite))
	add("SendHWM negative", Push, "SendHWM", SendHWM(-1))
	add("RecvHWM negative", Pull, "RecvHWM", RecvHWM(math.MinInt))
	add("RecvHWM too large", Pull, "RecvHWM", RecvHWM(math.MaxInt))
	add("SendBuf negative", Push, "SendBuf", SendBuf(-1))
	add("RecvBuf negative", Pull, "RecvBuf", RecvBuf(-1))
	add("Rate 0", Pub, "at least 1 kbit/s", Rate(0))
	add("MulticastHops 0", Pub, "at least 1 hops", MulticastHops(0))
	add("MaxMsgSize below none", Pull, "MaxMsgSize", MaxMsgSize(-2))
	if engineFrom(4, 0, 0) {
		add("MaxMsgSize below the handshake", Pull, "at least 64", MaxMsgSize(63))
		add("MaxMsgSize 0", Pull, "at least 64", MaxMsgSize(0))
	}
	add("Affinity without thread", Pull, "0x2", Affinity(2))
	add("Affinity beyond all threads", Pull, "I/O thread", Affinity(1<<63))
	add("Identity empty", Dealer, "1 to 255", Identity(""))
	add("Identity too long", Dealer, "1 to 255", Identity(strings.Repeat("x", 256)))
	add("Subscribe too long", Sub, "MaxTopic", Subscribe(strings.Repeat("x", defaultTopicMax+1)))
	add("Unsubscribe too long", Sub, "MaxTopic", Unsubscribe(strings.Repeat("x", defaultTopicMax+1)))
	add("MaxTopic negative", Sub, "MaxTopic", MaxTopic(-1))
	add("no option", Sub, "empty option", SocketOption{})
	for _, typ := range allTypes {
		if typ == Sub || typ == XPub && apiVersion().AtLeast(from40) { // an XPub with XPubManual has them
			continue
		}
		says := "subscri"
		if typ != XSub && !atFloor() {
			says = "ubscribe"
		}
		add("Subscribe on "+typ.String(), typ, says, Subscribe("x"))
		add("Unsubscribe on "+typ.String(), typ, says, Unsubscribe("x"))
	}
	raw := func(name string, f func(s *Socket) error, says ...string) {
		rows = append(rows, badRow{name, func(t *testing.T) error {
			return f(newTestSocket(t, newTestContext(t), Dealer))
		}, []error{EINVAL}, says})
	}
	for _, id := range []int{0, -1, 999, math.MaxInt} {
		raw(fmt.Sprint("SetsockoptInt ", id), func(s *Socket) error { return s.SetsockoptInt(id, 1) }, "set option", fmt.Sprint(id))
		raw(fmt.Sprint("SetsockoptInt64 ", id), func(s *Socket) error { return s.SetsockoptInt64(id, 1) }, "set option", fmt.Sprint(id))
		raw(fmt.Sprint("SetsockoptBytes ", id), func(s *Socket) error { return s.SetsockoptBytes(id, nil) }, "set option", fmt.Sprint(id))
		raw(fmt.Sprint("GetsockoptInt ", id), func(s *Socket) error { _, err := s.GetsockoptInt(id); return err }, "get option", fmt.Sprint(id))
		raw(fmt.Sprint("GetsockoptInt64 ", id), func(s *Socket) error { _, err := s.GetsockoptInt64(id); return err }, "get option", fmt.Sprint(id))
		raw(fmt.Sprint("GetsockoptBytes ", id), func(s *Socket) error { _, err := s.GetsockoptBytes(id); return err }, "get option", fmt.Sprint(id))
	}
	raw("wrong size, 8 for 4", func(s *Socket) error { return s.SetsockoptInt64(optLinger, 1) }, "set option 17")
	raw("wrong size, 4 for 8", func(s *Socket) error { return s.SetsockoptInt(22, 1) }, "set option 22")
	raw("wrong size, 3 for 4", func(s *Socket) error { return s.SetsockoptBytes(optLinger, []byte{1, 2, 3}) }, "set option 17")
	raw("wrong size, none for 4", func(s *Socket) error { return s.SetsockoptBytes(optLinger, nil) }, "set option 17")
	raw("beyond a C int", func(s *Socket) error { return s.SetsockoptInt(optLinger, math.MaxInt) }, "set option 17", "C int")
	raw("read only", func(s *Socket) error { return s.SetsockoptInt(16, 1) }, "set option 16")
	raw("write only", func(s *Socket) error { _, err := s.GetsockoptInt(6); return err }, "get option 6")
	return rows
}

// allTypes are the socket types of 3.1.
var allTypes = []SocketType{Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, XPub, XSub}

// sends and receives are the ways to do so, which refuse alike.
var sends = map[string]func(s *Socket) error{
	"Send":      sendOne,
	"SendMsg":   sendMsgOne,
	"SendParts": func(s *Socket) error { return s.SendParts(context.Background(), []byte("x"), []byte("y")) },
	"SendPart":  func(s *Socket) error { return s.SendPart(context.Background(), []byte("x"), 0) },
	"SendRest":  func(s *Socket) error { return s.SendRest(context.Background(), 0, []byte("x"), []byte("y")) },
	"SendMsgs": func(s *Socket) error {
		m, err := CopyMessage([]byte("x"))
		if err != nil {
			return err
		}
		defer m.Close()
		return s.SendMsgs(context.Background(), m)
	},
	"TrySendParts": func(s *Socket) error { return s.TrySendParts([]byte("x"), []byte("y")) },
	"TrySendMsgs": func(s *Socket) error {
		m := mustGet(CopyMessage([]byte("x")))
		defer m.Close()
		return s.TrySendMsgs(m)
	},
	"TrySendBatch": func(s *Socket) error {
		b := mustGet(NewBatch(4))
		defer b.Close()
		b.Add([]byte("x"))
		_, err := s.TrySendBatch(b)
		return err
	},
	"SendBatch": func(s *Socket) error {
		b, err := NewBatch(4)
		if err != nil {
			return err
		}
		defer b.Close()
		b.Add([]byte("x"))
		_, err = s.SendBatch(context.Background(), b)
		return err
	},
}

var receives = map[string]func(s *Socket) error{
	"Recv":           recvOne,
	"RecvMsg":        recvMsgOne,
	"RecvParts":      func(s *Socket) error { _, err := s.RecvParts(context.Background()); return err },
	"RecvPart":       func(s *Socket) error { _, _, err := s.RecvPart(context.Background(), 0); return err },
	"RecvRest":       func(s *Socket) error { _, err := s.RecvRest(context.Background(), 0); return err },
	"AppendParts":    func(s *Socket) error { _, err := s.AppendParts(context.Background(), nil); return err },
	"RecvMsgs":       func(s *Socket) error { _, err := s.RecvMsgs(context.Background()); return err },
	"TryRecvParts":   func(s *Socket) error { _, err := s.TryRecvParts(); return err },
	"TryAppendParts": func(s *Socket) error { _, err := s.TryAppendParts(nil); return err },
	"TryRecvMsgs":    func(s *Socket) error { _, err := s.TryRecvMsgs(); return err },
	"TryRecvBatch": func(s *Socket) error {
		b := mustGet(NewBatch(4))
		defer b.Close()
		_, err := s.TryRecvBatch(b)
		return err
	},
	"Chan": func(s *Socket) error { c := s.Chan(context.Background()); <-c.C; return c.Err() },
	"RecvBatch": func(s *Socket) error {
		b, err := NewBatch(4)
		if err != nil {
			return err
		}
		defer b.Close()
		_, err = s.RecvBatch(context.Background(), b)
		return err
	},
	"Messages": func(s *Socket) error {
		for _, err := range s.Messages(context.Background()) {
			return err
		}
		return nil
	},
}

// directionRows use sockets in the direction that their type does not have.
func directionRows() (rows []badRow) {
	add := func(ways map[string]func(*Socket) error, op string, types ...SocketType) {
		for name, f := range ways {
			for _, typ := range types {
				rows = append(rows, badRow{name + " on " + typ.String(), func(t *testing.T) error {
					return f(newTestSocket(t, newTestContext(t), typ))
				}, isNotSup, []string{op, typ.String()}})
			}
		}
	}
	add(sends, "send", Sub, Pull)
	add(receives, "recv", Pub, Push)
	for _, typ := range allTypes {
		if typ != Dealer {
			rows = append(rows, badRow{"Request on " + typ.String(), func(t *testing.T) error {
				_, err := newTestSocket(t, newTestContext(t), typ).Request(context.Background(), []byte("x"))
				return err
			}, isNotSup, []string{"request", typ.String()}})
		}
	}
	return rows
}

// turnRows use Req and Rep out of turn.
func turnRows() (rows []badRow) {
	add := func(name string, ways map[string]func(*Socket) error, op string, socket func(t *testing.T) *Socket) {
		for way, f := range ways {
			if way == "Chan" {
				continue // waits for the socket's turn
			}
			rows = append(rows, badRow{way + ", " + name, func(t *testing.T) error { return f(socket(t)) }, []error{EFSM}, []string{op}})
		}
	}
	add("req before its request", receives, "recv", func(t *testing.T) *Socket { return newTestSocket(t, newTestContext(t), Req) })
	add("rep before a request", sends, "send", func(t *testing.T) *Socket { return newTestSocket(t, newTestContext(t), Rep) })
	add("req before the reply", sends, "send", func(t *testing.T) *Socket {
		_, req := newPair(t, Rep, Req, "inproc")
		sendText(t, req, "1")
		return req
	})
	add("rep before its reply", receives, "recv", func(t *testing.T) *Socket {
		rep, req := newPair(t, Rep, Req, "inproc")
		sendText(t, req, "1")
		expectText(t, rep, "1")
		return rep
	})
	return rows
}

// messageRows use messages that were sent or closed.
func messageRows() (rows []badRow) {
	ways := map[string]func(t *testing.T, m *Message) error{
		"send message": func(t *testing.T, m *Message) error { return newTestSocket(t, newTestContext(t), Pub).SendMsg(m, 0) },
		"send messages": func(t *testing.T, m *Message) error {
			whole, err := CopyMessage([]byte("whole"))
			if err != nil {
				t.Fatal(err)
			}
			defer whole.Close()
			err = newTestSocket(t, newTestContext(t), Pub).SendMsgs(context.Background(), whole, m)
			if whole.String() != "whole" || whole.state.Load() != msgReady {
				t.Errorf("a part that was not at fault is %q now", whole)
			}
			return err
		},
		"copy message": func(_ *testing.T, m *Message) error { _, err := m.Copy(); return err },
		"move message": func(_ *testing.T, m *Message) error { return new(Message).Move(m) },
		"get property": func(_ *testing.T, m *Message) error { _, err := m.Gets("Socket-Type"); return err },
	}
	for way, f := range ways {
		op, _, _ := strings.Cut(way, " ")
		rows = append(rows,
			badRow{way + " that was sent", func(t *testing.T) error {
				m, err := CopyMessage([]byte("x"))
				if err != nil {
					t.Fatal(err)
				}
				if err := newTestSocket(t, newTestContext(t), Pub).SendMsg(m, 0); err != nil {
					t.Fatal(err)
				}
				return f(t, m)
			}, []error{ErrMessageSent}, []string{op}},
			badRow{way + " that is closed", func(t *testing.T) error { return f(t, closedMessage(t)) }, isClosed, []string{op}})
	}
	return append(rows,
		badRow{"raw, a closed message", func(t *testing.T) error {
			return closedMessage(t).Raw(func(unsafe.Pointer) error { return nil })
		}, isClosed, []string{"raw message"}},
		badRow{"receive into a closed message", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), Pull).RecvMsg(closedMessage(t), 0)
		}, isClosed, []string{"recv"}},
		badRow{"move to a closed message", func(t *testing.T) error {
			m, err := CopyMessage([]byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			err = closedMessage(t).Move(m)
			if m.String() != "x" {
				t.Errorf("the message that could not be moved is %q now", m)
			}
			return err
		}, isClosed, []string{"move message"}},
		badRow{"negative size", func(*testing.T) error { _, err := NewMessage(-1); return err }, []error{EINVAL}, []string{"new message", "negative"}},
		badRow{"impossible size", func(*testing.T) error { _, err := NewMessage(math.MaxInt - 100); return err }, []error{ENOMEM}, []string{"new message"}},
		badRow{"no parts", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), Pub).SendParts(context.Background())
		}, []error{EINVAL}, []string{"send", "at least one part"}},
		badRow{"no messages", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), Pub).SendMsgs(context.Background())
		}, []error{EINVAL}, []string{"send", "at least one part"}},
		badRow{"one message twice", func(t *testing.T) error {
			m, err := CopyMessage([]byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			return newTestSocket(t, newTestContext(t), Pub).SendMsgs(context.Background(), m, m)
		}, []error{ErrInUse}, []string{"send", "in use"}},
	)
}

func contextRows() []badRow {
	row := func(name string, errs []error, says string, opts ...ContextOption) badRow {
		return badRow{name, func(t *testing.T) error {
			c, err := NewContext(opts...)
			if err == nil {
				c.Close()
			}
			return err
		}, errs, []string{"new context", says}}
	}
	invalid := []error{EINVAL}
	rows := []badRow{
		row("IOThreads negative", invalid, "IOThreads", IOThreads(-1)),
		row("IOThreads too many", invalid, "IOThreads", IOThreads(1<<30)),
		row("MaxSockets 0", invalid, "MaxSockets", MaxSockets(0)),
		row("MaxSockets negative", invalid, "MaxSockets", MaxSockets(-1)),
		row("MaxSockets too many", invalid, "MaxSockets", MaxSockets(1<<30)),
		row("CloseTimeout negative", invalid, "CloseTimeout", CloseTimeout(-1)),
	}
	for _, typ := range []SocketType{-1, 21, 99, math.MaxInt} {
		rows = append(rows, badRow{fmt.Sprint("socket type ", int(typ)), func(t *testing.T) error {
			_, err := newTestContext(t).NewSocket(typ)
			return err
		}, invalid, []string{"open socket", fmt.Sprint(int(typ))}})
	}
	if !Has("draft") {
		for typ := Server; typ <= Channel; typ++ {
			rows = append(rows, badRow{"draft type " + typ.String(), func(t *testing.T) error {
				_, err := newTestContext(t).NewSocket(typ)
				return err
			}, []error{ErrNotSupported}, []string{"open socket", typ.String(), "draft"}})
		}
	}
	return append(rows, badRow{"socket with a bad option", func(t *testing.T) error {
		c := newTestContext(t)
		_, err := c.NewSocket(Pull, RecvHWM(1), RecvHWM(-1))
		if n := len(c.st.openSockets); n != 0 {
			t.Errorf("%d sockets are left behind", n)
		}
		return err
	}, invalid, []string{"set RecvHWM", "pull"}})
}

func pollRows() []badRow {
	return []badRow{
		{"poll, negative timeout", func(*testing.T) error { _, err := Poll(nil, -2); return err }, []error{EINVAL}, []string{"poll", "Infinite"}},
		{"poll, nothing for ever", func(*testing.T) error { _, err := Poll(nil, Infinite); return err }, []error{EINVAL}, []string{"poll", "without end"}},
	}
}

// TestBadInputStoppedSocket calls every method of a socket that is closed, and of one whose context was shut down.
func TestBadInputStoppedSocket(t *testing.T) {
	methods := map[string]func(s *Socket) error{
		"Bind":            bindEndpoint("inproc://x"),
		"Connect":         connectEndpoint("inproc://x"),
		"Unbind":          func(s *Socket) error { return s.Unbind("inproc://x") },
		"Disconnect":      func(s *Socket) error { return s.Disconnect("inproc://x") },
		"LastEndpoint":    func(s *Socket) error { _, err := s.LastEndpoint(); return err },
		"Events":          func(s *Socket) error { _, err := s.Events(); return err },
		"Set":             func(s *Socket) error { return s.Set(Linger(0)) },
		"GetsockoptInt":   func(s *Socket) error { _, err := s.GetsockoptInt(optLinger); return err },
		"GetsockoptInt64": func(s *Socket) error { _, err := s.GetsockoptInt64(22); return err },
		"GetsockoptBytes": func(s *Socket) error { _, err := s.GetsockoptBytes(5); return err },
		"SetsockoptInt":   func(s *Socket) error { return s.SetsockoptInt(optLinger, 0) },
		"SetsockoptInt64": func(s *Socket) error { return s.SetsockoptInt64(22, -1) },
		"SetsockoptBytes": func(s *Socket) error { return s.SetsockoptBytes(5, []byte("x")) },
		"SetsockoptNull":  func(s *Socket) error { return s.SetsockoptNull(optWelcome) },
		"SendPart":        func(s *Socket) error { return s.SendPart(context.Background(), []byte("x"), 0) },
		"SendRest":        func(s *Socket) error { return s.SendRest(context.Background(), 0, []byte("x")) },
		"RecvPart":        func(s *Socket) error { _, _, err := s.RecvPart(context.Background(), 0); return err },
		"RecvRest":        func(s *Socket) error { _, err := s.RecvRest(context.Background(), 0); return err },
		"Monitor":         func(s *Socket) error { _, err := s.Monitor(EventAll); return err },
		"MonitorAt":       func(s *Socket) error { _, err := s.MonitorAt("inproc://y", EventAll); return err },
		"Request":         func(s *Socket) error { _, err := s.Request(context.Background(), []byte("x")); return err },
		"Latest": func(s *Socket) error {
			l, err := s.Latest(context.Background(), 1)
			if err == nil {
				_, err = l.Next(context.Background())
			}
			return err
		},
		"WaitConnected":  func(s *Socket) error { return s.WaitConnected(context.Background(), 1) },
		"WaitSubscriber": func(s *Socket) error { return s.WaitSubscriber(context.Background(), "x") },
		"Raw":            func(s *Socket) error { return s.Raw(func(unsafe.Pointer) error { return nil }) },
		"Disown":         func(s *Socket) error { _, err := s.Disown(); return err },
	}
	for _, ways := range []map[string]func(*Socket) error{sends, receives} {
		for name, f := range ways {
			methods[name] = f
		}
	}
	typeOf := func(name string) SocketType {
		if name == "WaitSubscriber" {
			return XPub
		}
		return Dealer
	}
	answers := map[string]bool{"Close": true, "Context": true, "Drain": true, "Stats": true, "String": true, "Type": true} // always
	typ := reflect.TypeFor[*Socket]()
	for i := range typ.NumMethod() {
		if name := typ.Method(i).Name; methods[name] == nil && !answers[name] {
			t.Errorf("the method %s is not tested here: add it", name)
		}
	}
	for name, f := range methods {
		for state, stop := range map[string]struct {
			do func(*Socket)
			is []error
		}{
			"closed":     {func(s *Socket) { s.Close() }, isClosed},
			"terminated": {func(s *Socket) { s.Context().Shutdown() }, isTerminated},
			"both":       {func(s *Socket) { s.Context().Shutdown(); s.Close() }, isClosed},
		} {
			if name == "Disown" && state == "terminated" {
				continue // it may still be given away, to be closed
			}
			t.Run(name+", "+state, func(t *testing.T) {
				s := newTestSocket(t, newTestContext(t), typeOf(name))
				stop.do(s)
				err := f(s)
				var version *VersionError
				if atFloor() && errors.As(err, &version) {
					return
				}
				wantError(t, err, stop.is, "zmq: ", typeOf(name).String())
			})
		}
	}
	s := newTestSocket(t, newTestContext(t), Dealer)
	connectTo(t, s, bindTo(t, newTestSocket(t, s.Context(), Router), "inproc"))
	for range 3 {
		if err := s.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	}
	if s.Type() != Dealer || s.Context() == nil || !strings.HasPrefix(s.String(), "dealer inproc://") {
		t.Errorf("a closed socket no longer knows what it was: %v", s)
	}
}

var holdChild = child("hold", func(args []string) { must(hold(args)) })

// hold binds a socket until its input ends.
func hold(args []string) error {
	c, err := NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.NewSocket(Pull)
	if err != nil {
		return err
	}
	if err := s.Bind(args[0]); err != nil {
		return err
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	return nil
}
