package zmq

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

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

// mustReach fails unless a socket accepts connections at the path.
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
