package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/zmq"
)

// A batch is filled, sent, and used again.
func ExampleBatch() {
	b, err := zmq.NewBatch(100)
	must(err)
	defer b.Close()
	must(b.Add([]byte("one part")))
	must(b.Add([]byte("two"), []byte("parts")))
	for i, parts := range b.All() {
		fmt.Printf("%d: %q\n", i, parts)
	}
	fmt.Println(b.Len(), "of", b.Cap())
	must(b.Reset())
	fmt.Println(b.Len())
	// Output:
	// 0: ["one part"]
	// 1: ["two" "parts"]
	// 2 of 100
	// 0
}

// Options of a context are values, as those of a socket are.
func ExampleContextOption() {
	options := []zmq.ContextOption{zmq.IOThreads(2), zmq.CloseTimeout(time.Second)}
	zc, err := zmq.NewContext(options...)
	must(err)
	defer zc.Close()
	fmt.Println(zmq.IOThreads.Get(zc))
	// Output: 2 <nil>
}

// A setting of a context makes an option, and reads its value.
func ExampleContextSetting() {
	zc, err := zmq.NewContext(zmq.IOThreads(3))
	must(err)
	defer zc.Close()
	n, err := zmq.IOThreads.Get(zc)
	must(err)
	fmt.Println(n)
	// Output: 3
}

// What can only be set has no Get. Threads need an engine from 4.2.3 on for it.
func ExampleContextSetter() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()
	err = zc.Set(zmq.ThreadAffinityAdd(0)) // before the first socket
	fmt.Println(err == nil || errors.Is(err, zmq.ErrNotSupported))
	// Output: true
}

// What can only be read is no option of NewContext.
func ExampleContextGetter() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()
	limit, err := zmq.SocketLimit.Get(zc)
	fmt.Println(limit > 1000 || errors.Is(err, zmq.ErrNotSupported)) // it needs engine 4.1
	// Output: true
}

// An option is a value: programs keep some for all their sockets.
func ExampleSocketOption() {
	common := []zmq.SocketOption{zmq.Linger(time.Second), zmq.SendHWM(10)}
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()
	s, err := zc.NewSocket(zmq.Push, append(common, zmq.SendTimeout(time.Minute))...)
	must(err)
	fmt.Println(common[0], common[1])
	fmt.Println(zmq.SendTimeout.Get(s))
	// Output:
	// Linger(1s) SendHWM(10)
	// 1m0s <nil>
}

// An Option makes a value when it is called, and Get reads that of a socket.
func ExampleOption() {
	zc, s := open(zmq.Pull)
	defer zc.Close()
	must(s[0].Set(zmq.RecvHWM(7)))
	n, err := zmq.RecvHWM.Get(s[0])
	must(err)
	fmt.Println(n)
	// Output: 7
}

// What cannot be read back is a Setter.
func ExampleSetter() {
	zc, s := open(zmq.Sub)
	defer zc.Close()
	must(s[0].Set(zmq.Subscribe("weather."), zmq.Subscribe("traffic.")))
	must(s[0].Set(zmq.Unsubscribe("traffic.")))
	fmt.Println(zmq.Subscribe("weather."))
	// Output: Subscribe("weather.")
}

// What cannot be set is a Getter.
func ExampleGetter() {
	zc, s := open(zmq.Pull)
	defer zc.Close()
	more, err := zmq.RecvMore.Get(s[0])
	fmt.Println(more, err)
	// Output: false <nil>
}

// Types of sockets have the manual's numbers, and names.
func ExampleSocketType() {
	fmt.Println(zmq.Router, int(zmq.Router), zmq.XSub)
	// Output: router 6 xsub
}

// Flags are those of the manual.
func ExampleFlag() {
	zc, s := open(zmq.Pull)
	defer zc.Close()
	_, err := s[0].Recv(nil, zmq.DontWait)
	fmt.Println(zmq.DontWait, errors.Is(err, zmq.ErrWouldBlock))
	// Output: DontWait true
}

// A Poll tells by events what an item is ready for.
func ExamplePollItem() {
	zc, s := open(zmq.Push, zmq.Pull)
	defer zc.Close()
	must(s[0].Bind("inproc://item"))
	must(s[1].Connect("inproc://item"))
	items := []zmq.PollItem{{Socket: s[0], Events: zmq.PollOut}, {Socket: s[1], Events: zmq.PollIn}}
	n, err := zmq.Poll(items, 0)
	must(err)
	fmt.Println(n, items[0].REvents, items[1].REvents == 0)
	// Output: 1 PollOut true
}

// Events are a set.
func ExamplePollEvents() {
	e := zmq.PollIn | zmq.PollOut
	fmt.Println(e, e&zmq.PollIn != 0)
	// Output: PollIn|PollOut true
}

// A Poller returns what is ready: a socket, a connection, or a descriptor.
func ExamplePollReady() {
	zc, s := open(zmq.Push, zmq.Pull)
	defer zc.Close()
	must(s[0].Bind("inproc://ready"))
	must(s[1].Connect("inproc://ready"))
	p, err := zmq.NewPoller()
	must(err)
	defer p.Close()
	must(p.Add(s[0], zmq.PollOut))
	ready, err := p.Wait(context.Background())
	must(err)
	for _, r := range ready {
		switch {
		case r.Socket != nil:
			fmt.Println(r.Socket.Type(), r.Events)
		case r.Conn != nil:
			fmt.Println("a connection", r.Events)
		default:
			fmt.Println("descriptor", r.FD, r.Events)
		}
	}
	// Output: push PollOut
}

// A Monitor is asked for the next event, or for all.
func ExampleMonitor() {
	zc, s := open(zmq.Pull)
	defer zc.Close()
	m, err := s[0].Monitor(zmq.EventListening)
	if errors.Is(err, zmq.ErrNotSupported) {
		fmt.Println("EventListening true") // engines before 4.0 cannot tell
		return
	}
	must(err)
	defer m.Close()
	must(s[0].Bind("tcp://127.0.0.1:*"))
	event, err := m.Next(context.Background())
	must(err)
	bound, err := s[0].LastEndpoint()
	must(err)
	fmt.Println(event.Type, event.Endpoint == bound)
	// Output: EventListening true
}

// An event has a type, an endpoint, and what else there is to know.
func ExampleMonitorEvent() {
	e := zmq.MonitorEvent{Type: zmq.EventBindFailed, Endpoint: "tcp://127.0.0.1:5555", Err: zmq.EADDRINUSE}
	fmt.Println(e.Type, e.Endpoint, errors.Is(e.Err, zmq.EADDRINUSE))
	// Output: EventBindFailed tcp://127.0.0.1:5555 true
}

// Types of events are a set: a mask is made of them.
func ExampleMonitorEventType() {
	mask := zmq.EventConnected | zmq.EventDisconnected
	fmt.Println(mask, mask&zmq.EventDisconnected != 0)
	// Output: EventConnected|EventDisconnected true
}

// Stats counts what a socket has done.
func ExampleStats() {
	zc, s := open(zmq.Push, zmq.Pull)
	defer zc.Close()
	must(s[0].Bind("inproc://stats"))
	must(s[1].Connect("inproc://stats"))
	must(s[0].SendParts(context.Background(), []byte("ab"), []byte("cde")))
	_, err := s[1].RecvParts(context.Background())
	must(err)
	var sent, received zmq.Stats = s[0].Stats(), s[1].Stats()
	fmt.Println(sent.Sent.Messages, received.Received.Messages)
	// Output: 1 1
}

// Traffic counts one way.
func ExampleTraffic() {
	zc, s := open(zmq.Push, zmq.Pull)
	defer zc.Close()
	must(s[0].Bind("inproc://traffic"))
	must(s[1].Connect("inproc://traffic"))
	must(s[0].SendParts(context.Background(), []byte("ab"), []byte("cde")))
	fmt.Printf("%+v\n", s[0].Stats().Sent)
	// Output: {Messages:1 Parts:2 Bytes:5}
}

// A device counts both of its sides.
func ExampleDeviceStats() {
	zc, s := open(zmq.Pull, zmq.Push, zmq.Push, zmq.Pull)
	defer zc.Close()
	must(s[0].Bind("inproc://before"))
	must(s[1].Bind("inproc://behind"))
	must(s[2].Connect("inproc://before"))
	must(s[3].Connect("inproc://behind"))
	streamer, err := zmq.NewStreamer(s[0], s[1])
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- streamer.Run(ctx) }()

	must(s[2].SendParts(ctx, []byte("job")))
	_, err = s[3].RecvParts(ctx)
	must(err)
	cancel()
	<-ended
	var moved zmq.DeviceStats = streamer.Stats()
	fmt.Println(moved.Front.MessagesIn, moved.Back.MessagesOut)
	// Output: 1 1
}

// A side of a device has what came in there, and what went out.
func ExampleDeviceSide() {
	zc, s := open(zmq.Router, zmq.Dealer)
	defer zc.Close()
	queue, err := zmq.NewQueue(s[0], s[1])
	must(err)
	var front zmq.DeviceSide = queue.Stats().Front
	fmt.Println("requests:", front.MessagesIn, "replies:", front.MessagesOut)
	// Output: requests: 0 replies: 0
}

// A Leak is something that was opened and forgotten.
func ExampleLeak() {
	zc, err := zmq.NewContext()
	must(err)
	for _, l := range zmq.OpenHandles() {
		var open zmq.Leak = l // l.Stack says where it was opened, while ReportLeaks is on
		_ = open.Kind
	}
	fmt.Println(zc.Close())
	// Output: <nil>
}

// Versions compare.
func ExampleVersion() {
	v := zmq.Version{Major: 4, Minor: 3, Patch: 4}
	fmt.Println(v, v.AtLeast(zmq.Version{Major: 4, Minor: 2}), v.Compare(zmq.Version{Major: 4, Minor: 3, Patch: 5}))
	// Output: 4.3.4 true -1
}

// A Chan is closed when its context ends; what nobody took from it stays in the socket.
func ExampleChan() {
	zc, s := open(zmq.Push, zmq.Pull)
	defer zc.Close()
	must(s[0].Bind("inproc://chan"))
	must(s[1].Connect("inproc://chan"))
	ctx, cancel := context.WithCancel(context.Background())
	in := s[1].Chan(ctx)
	must(s[0].SendParts(context.Background(), []byte("hello")))
	fmt.Printf("%s\n", (<-in.C)[0])
	cancel()
	_, more := <-in.C
	fmt.Println(more, errors.Is(in.Err(), context.Canceled))
	// Output:
	// hello
	// false true
}

// A Latest has the newest message of each topic.
func ExampleLatest() {
	zc, s := open(zmq.Push, zmq.Pull)
	defer zc.Close()
	must(s[0].Bind("inproc://latest"))
	must(s[1].Connect("inproc://latest"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	newest, err := s[1].Latest(ctx, 10)
	must(err)
	must(s[0].SendParts(ctx, []byte("oslo"), []byte("rain")))
	message, err := newest.Next(ctx)
	must(err)
	fmt.Printf("%s\n", message)
	// Output: [oslo rain]
}
