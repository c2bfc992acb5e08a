package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"example.org/zmq"
)

// Options are given when the socket is opened, or later. An option reads its value back.
func ExampleContext_NewSocket() {
	zc, err := zmq.NewContext(zmq.IOThreads(2))
	must(err)
	defer zc.Close()

	s, err := zc.NewSocket(zmq.Sub, zmq.RecvHWM(10_000), zmq.RecvTimeout(time.Second), zmq.Subscribe("weather."))
	must(err)
	hwm, err := zmq.RecvHWM.Get(s)
	must(err)
	timeout, err := zmq.RecvTimeout.Get(s)
	must(err)
	fmt.Println(s.Type(), hwm, timeout)

	_, err = zc.NewSocket(zmq.Push, zmq.SendHWM(-1))
	fmt.Println(err)
	// Output:
	// sub 10000 1s
	// zmq: set SendHWM (push): value -1 is out of range: at least 0 messages
}

// Linger bounds how long messages are kept for delivery after Close.
func ExampleSocket_Set() {
	zc, s := open(zmq.Push)
	defer zc.Close()

	before, err := zmq.Linger.Get(s[0])
	must(err)
	must(s[0].Set(zmq.Linger(1500*time.Millisecond), zmq.SendTimeout(zmq.Infinite)))
	after, err := zmq.Linger.Get(s[0])
	must(err)
	fmt.Println(before == zmq.Infinite, after)
	// Output: true 1.5s
}

// Options that this package does not know are set by their numbers.
func ExampleSocket_SetsockoptInt() {
	zc, s := open(zmq.Push)
	defer zc.Close()
	const sndHWM = 23
	must(s[0].SetsockoptInt(sndHWM, 7))
	hwm, err := s[0].GetsockoptInt(sndHWM)
	must(err)
	fmt.Println(hwm)
	// Output: 7
}

// A wildcard port is any free one; LastEndpoint says which.
func ExampleSocket_Bind() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]

	endpoint := "tcp://127.0.0.1:*"
	if !zmq.LibraryVersion().AtLeast(zmq.Version{Major: 3, Minor: 2}) {
		endpoint = freePort()
	}
	must(pull.Bind(endpoint))
	if bound, err := pull.LastEndpoint(); err == nil {
		endpoint = bound
	} else if errors.Is(err, zmq.ErrNotSupported) { // the 3.1 API cannot tell
		endpoint = freePort()
		must(pull.Bind(endpoint))
	}
	must(push.Connect(endpoint))

	ctx := context.Background()
	must(push.SendParts(ctx, []byte("hello")))
	parts, err := pull.RecvParts(ctx)
	must(err)
	fmt.Printf("%s\n", parts[0])
	// Output: hello
}

func freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer l.Close()
	return "tcp://" + l.Addr().String()
}

// Send and Recv are the manual's calls: one part at a time, with flags.
func ExampleSocket_Send() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://parts"))
	must(push.Connect("inproc://parts"))

	for _, part := range []string{"a", "b"} {
		_, err := push.Send([]byte(part), zmq.SndMore)
		must(err)
	}
	_, err := push.Send([]byte("a long last part"), 0)
	must(err)

	buf := make([]byte, 4)
	for more := true; more; {
		n, err := pull.Recv(buf, 0)
		must(err)
		more, err = zmq.RecvMore.Get(pull)
		must(err)
		fmt.Printf("%q, %d bytes, more: %v\n", buf[:min(n, len(buf))], n, more)
	}
	_, err = pull.Recv(buf, zmq.DontWait)
	fmt.Println(errors.Is(err, zmq.ErrWouldBlock))
	// Output:
	// "a", 1 bytes, more: true
	// "b", 1 bytes, more: true
	// "a lo", 16 bytes, more: false
	// true
}

// A context ends a wait. A receive that was cancelled has consumed nothing.
func ExampleSocket_RecvParts() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://late"))
	must(push.Connect("inproc://late"))

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := pull.RecvParts(ctx)
	fmt.Println(err)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))

	must(push.SendParts(context.Background(), []byte("late, not lost")))
	parts, err := pull.RecvParts(context.Background())
	must(err)
	fmt.Printf("%s\n", parts[0])
	// Output:
	// zmq: recv (pull): context deadline exceeded
	// true
	// late, not lost
}

// AppendParts receives without allocating: it reuses the memory of the last message.
func ExampleSocket_AppendParts() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://reuse"))
	must(push.Connect("inproc://reuse"))

	ctx := context.Background()
	must(push.SendParts(ctx, []byte("one"), []byte("two")))
	must(push.SendParts(ctx, []byte("three")))
	var parts [][]byte
	for range 2 {
		var err error
		parts, err = pull.AppendParts(ctx, parts[:0])
		must(err)
		fmt.Printf("%q\n", parts)
	}
	// Output:
	// ["one" "two"]
	// ["three"]
}

// Messages receives until its context ends or the loop is left.
func ExampleSocket_Messages() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://stream"))
	must(push.Connect("inproc://stream"))

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	must(push.SendParts(ctx, []byte("one")))
	must(push.SendParts(ctx, []byte("two")))
	for parts, err := range pull.Messages(ctx) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Printf("%s\n", parts[0])
		if string(parts[0]) == "two" {
			cancel()
		}
	}
	// Output:
	// one
	// two
	// zmq: recv (pull): context canceled
}

// Poll waits for sockets and plain descriptors at once.
func ExamplePoll() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://poll"))
	must(push.Connect("inproc://poll"))
	_, err := push.Send([]byte("hello"), 0)
	must(err)

	items := []zmq.PollItem{
		{Socket: pull, Events: zmq.PollIn},
		{Socket: push, Events: zmq.PollIn | zmq.PollOut},
	}
	n, err := zmq.Poll(items, time.Second)
	must(err)
	fmt.Println(n, items[0].REvents, items[1].REvents)

	ev, err := pull.Events()
	must(err)
	fmt.Println(ev)
	// Output:
	// 2 PollIn PollOut
	// PollIn
}

// Shutdown ends the waits of all goroutines on the context's sockets.
func ExampleContext_Shutdown() {
	zc, s := open(zmq.Pull)
	defer zc.Close()
	ended := make(chan error)
	go func() {
		_, err := s[0].RecvParts(context.Background())
		ended <- err
	}()
	must(zc.Shutdown())
	err := <-ended
	fmt.Println(err)
	fmt.Println(errors.Is(err, zmq.ErrTerminated), errors.Is(err, zmq.ETERM), errors.Is(err, net.ErrClosed))
	// Output:
	// zmq: recv (pull): context terminated
	// true true true
}

// Term waits for the sockets to be closed and what they sent to be delivered, for as long as its
// context allows. The error says who is still open.
func ExampleContext_Term() {
	zc, s := open(zmq.Pull)
	must(s[0].Bind("inproc://open"))
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(zc.Term(ctx))

	must(s[0].Close())
	fmt.Println(zc.Term(context.Background()))
	// Output:
	// zmq: terminate context: context deadline exceeded: 1 open: pull inproc://open
	// <nil>
}

// An OpError says what was tried, on what, and why it failed.
func ExampleOpError() {
	zc, s := open(zmq.Rep, zmq.Rep)
	defer zc.Close()
	must(s[0].Bind("inproc://taken"))
	err := s[1].Bind("inproc://taken")
	fmt.Println(err)
	fmt.Println(errors.Is(err, zmq.EADDRINUSE))

	var op *zmq.OpError
	if errors.As(err, &op) {
		fmt.Println(op.Op, op.Type, op.Endpoint)
	}
	fmt.Println(s[1].Bind("tcp:/127.0.0.1:5555"))
	// Output:
	// zmq: bind inproc://taken (rep): address already in use: another socket has the endpoint
	// true
	// bind rep inproc://taken
	// zmq: bind tcp:/127.0.0.1:5555 (rep): an endpoint looks like "transport://address"
}

// Numbers are those of C and answer for Go's own errors.
func ExampleErrno() {
	zc, s := open(zmq.Req)
	defer zc.Close()
	_, err := s[0].Recv(nil, 0)
	var number zmq.Errno
	fmt.Println(errors.As(err, &number), number.Name(), number == zmq.EFSM)
	fmt.Println(errors.Is(zmq.EACCES, fs.ErrPermission))
	// Output:
	// true EFSM true
	// true
}

// What an engine lacks is a VersionError, and ErrNotSupported.
func ExampleVersionError() {
	err := error(&zmq.VersionError{Feature: "Unbind", Need: zmq.Version{Major: 3, Minor: 2}, Have: zmq.Version{Major: 3, Minor: 1}})
	fmt.Println(err)
	fmt.Println(errors.Is(err, zmq.ErrNotSupported), errors.Is(err, errors.ErrUnsupported))
	// Output:
	// zmq: Unbind needs libzmq 3.2.0, this is 3.1.0
	// true true
}

// An ipc endpoint is a path. Where an ordinary file is, libzmq would delete it; this package refuses.
func ExampleSocket_Bind_ipc() {
	dir, err := os.MkdirTemp("", "zmq")
	must(err)
	defer os.RemoveAll(dir)
	letter := filepath.Join(dir, "letter")
	must(os.WriteFile(letter, []byte("dear"), 0o600))

	zc, s := open(zmq.Rep)
	defer zc.Close()
	err = s[0].Bind("ipc://" + letter)
	fmt.Println(errors.Is(err, zmq.EEXIST), errors.Is(err, fs.ErrExist))
	fmt.Println(errors.Unwrap(err))
	fmt.Println(s[0].Bind("ipc://" + filepath.Join(dir, "service")))
	// Output:
	// true true
	// the path is a file that is no socket; binding would delete it
	// <nil>
}
