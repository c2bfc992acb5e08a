package zmq_test

import (
	"context"
	"fmt"

	"example.org/zmq"
)

// attached returns a socket that is bound to or connected with an endpoint.
func attached(c *zmq.Context, t zmq.SocketType, attach func(*zmq.Socket, string) error, endpoint string, opts ...zmq.SocketOption) *zmq.Socket {
	s, err := c.NewSocket(t, opts...)
	must(err)
	must(attach(s, endpoint))
	return s
}

// A streamer that is paused, watched through a capture, and ended by a word from elsewhere.
func ExampleWithControl() {
	c, err := zmq.NewContext()
	must(err)
	defer c.Close()
	front := attached(c, zmq.Pull, (*zmq.Socket).Bind, "inproc://in")
	back := attached(c, zmq.Push, (*zmq.Socket).Bind, "inproc://out")
	capture := attached(c, zmq.Push, (*zmq.Socket).Bind, "inproc://capture")
	control := attached(c, zmq.Rep, (*zmq.Socket).Bind, "inproc://control")
	streamer, err := zmq.NewStreamer(front, back, zmq.WithLossyCapture(capture), zmq.WithControl(control))
	must(err)
	ctx := context.Background()
	ended := make(chan error)
	go func() { ended <- streamer.Run(ctx) }()

	eye := attached(c, zmq.Pull, (*zmq.Socket).Connect, "inproc://capture")
	worker := attached(c, zmq.Pull, (*zmq.Socket).Connect, "inproc://out")
	producer := attached(c, zmq.Push, (*zmq.Socket).Connect, "inproc://in")

	streamer.Pause()
	must(producer.SendParts(ctx, []byte("job"), []byte("1")))
	fmt.Println("moved while paused:", streamer.Stats().Front.MessagesIn)
	streamer.Resume()
	job, err := worker.RecvParts(ctx)
	must(err)
	seen, err := eye.RecvParts(ctx)
	must(err)
	fmt.Printf("%s %s\n", job, seen)

	boss := attached(c, zmq.Req, (*zmq.Socket).Connect, "inproc://control")
	must(boss.SendParts(ctx, []byte("TERMINATE")))
	_, err = boss.RecvParts(ctx)
	must(err)
	fmt.Println(<-ended)
	// Output:
	// moved while paused: 0
	// [job 1] [job 1]
	// <nil>
}
