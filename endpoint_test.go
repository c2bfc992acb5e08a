package zmq

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEndpointStaleIPC: what a dead process left behind does not keep the path.
func TestEndpointStaleIPC(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if whatIsAt(path)[0] != 'S' {
		t.Fatalf("no socket was left: %s", whatIsAt(path))
	}
	c := newTestContext(t)
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	if err := pull.Bind("ipc://" + path); err != nil {
		t.Fatal(err)
	}
	connectTo(t, push, "ipc://"+path)
	sendText(t, push, "x")
	expectText(t, pull, "x")
}

// TestEndpointLongestPath binds the longest path that a system takes.
func TestEndpointLongestPath(t *testing.T) {
	dir := shortDir(t)
	endpoint := "ipc://" + dir + "/" + strings.Repeat("x", ipcPathMax-len(dir)-1)
	c := newTestContext(t)
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	if err := pull.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	connectTo(t, push, endpoint)
	sendText(t, push, "x")
	expectText(t, pull, "x")
}

// TestEndpointGood takes what looks odd and is right.
func TestEndpointGood(t *testing.T) {
	c := newTestContext(t)
	try := func(what func(*Socket, string) error, endpoint string, opts ...SocketOption) {
		t.Helper()
		s := newTestSocket(t, c, Pull, opts...)
		if err := what(s, endpoint); err != nil {
			t.Error(err)
		}
		s.Close()
	}
	port := strings.TrimPrefix(freeEndpoint(t, "tcp"), "tcp://127.0.0.1")
	try((*Socket).Connect, "tcp://127.0.0.1:1")
	try((*Socket).Connect, "tcp://localhost:1")
	try((*Socket).Connect, "tcp://[127.0.0.1]:1")
	try((*Socket).Connect, "tcp://127.0.0.1:00001")
	try((*Socket).Connect, "ipc:///nowhere/at/all")
	try((*Socket).Connect, "ipc://relative")
	try((*Socket).Bind, "inproc:// any\tname / at:all ;")
	try((*Socket).Bind, "inproc://"+strings.Repeat("x", 5000))
	try((*Socket).Bind, "tcp://[127.0.0.1]"+port)
	if engineFrom(4, 1, 0) {
		try((*Socket).Connect, "tcp://127.0.0.1:0;127.0.0.1:1")
		try((*Socket).Connect, "tcp://127.0.0.1:*;127.0.0.1:1")
	}
	if engineFrom(4, 0, 0) {
		try((*Socket).Connect, "inproc://not-yet")
	}
	if engineFrom(3, 2, 0) {
		try((*Socket).Bind, "tcp://127.0.0.1:0")
		try((*Socket).Bind, "tcp://127.0.0.1:*")
		t.Setenv("TMPDIR", shortDir(t)) // where the engine makes one up
		try((*Socket).Bind, "ipc://*")
	}
}

// TestEndpointAbstractPath uses Linux's sockets without a file.
func TestEndpointAbstractPath(t *testing.T) {
	if !engineFrom(4, 0, 1) || !abstractPaths {
		t.Skip("neither this engine nor this system need have them")
	}
	c := newTestContext(t)
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	endpoint := fmt.Sprintf("ipc://@zmq-test-%d-%d", os.Getpid(), endpointNumber.Add(1))
	if err := pull.Bind(endpoint); err != nil {
		t.Fatal(err)
	}
	connectTo(t, push, endpoint)
	sendText(t, push, "x")
	expectText(t, pull, "x")
	wantError(t, newTestSocket(t, c, Pull).Bind(endpoint), []error{EADDRINUSE}, "bind "+endpoint)
	wantError(t, newTestSocket(t, c, Pull).Bind("ipc://@"), []error{EINVAL}, "bind ipc://@", "name is missing")
}
