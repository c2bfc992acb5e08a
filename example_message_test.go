package zmq_test

import (
	"context"
	"errors"
	"fmt"

	"example.org/zmq"
)

// A Message is filled in C's memory and sent without a copy.
func ExampleNewMessage() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://messages"))
	must(push.Connect("inproc://messages"))

	m, err := zmq.NewMessage(5)
	must(err)
	copy(m.Bytes(), "hello")
	must(push.SendMsg(m, 0)) // m belongs to libzmq now
	fmt.Println(errors.Is(push.SendMsg(m, 0), zmq.ErrMessageSent))

	must(pull.RecvMsg(m, 0)) // and can be received into
	fmt.Printf("%s, %d bytes, more: %v\n", m.Bytes(), m.Len(), m.More())
	must(m.Close())
	// Output:
	// true
	// hello, 5 bytes, more: false
}

// PinMessage lends Go memory to libzmq: nothing is copied, however large it is.
func ExamplePinMessage() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://large"))
	must(push.Connect("inproc://large"))

	picture := make([]byte, 1<<20)
	released := make(chan struct{})
	m, err := zmq.PinMessage(picture, func() { close(released) })
	must(err)
	must(push.SendMsg(m, 0))

	var received zmq.Message
	must(pull.RecvMsg(&received, 0))
	fmt.Println(received.Len(), &received.Bytes()[0] == &picture[0])
	must(received.Close())
	<-released // picture may be changed again
	// Output: 1048576 true
}

// Copies of a message share its bytes.
func ExampleMessage_Copy() {
	m, err := zmq.CopyMessage([]byte("shared"))
	must(err)
	c, err := m.Copy()
	must(err)
	must(m.Close())
	fmt.Println(c)

	var moved zmq.Message
	must(moved.Move(c))
	fmt.Println(&moved, c.Len())
	must(moved.Close())
	must(c.Close())
	// Output:
	// shared
	// shared 0
}

// Several messages are the parts of one.
func ExampleSocket_SendMsgs() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://whole"))
	must(push.Connect("inproc://whole"))

	ctx := context.Background()
	head, err := zmq.CopyMessage([]byte("head"))
	must(err)
	body, err := zmq.CopyMessage([]byte("body"))
	must(err)
	must(push.SendMsgs(ctx, head, body))

	parts, err := pull.RecvMsgs(ctx)
	must(err)
	for _, m := range parts {
		fmt.Println(m, m.More())
		must(m.Close())
	}
	// Output:
	// head true
	// body false
}
