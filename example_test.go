package zmq_test

import (
	"context"
	"fmt"

	"example.org/zmq"
)

// must ends an example that cannot go on, after what it has deferred. Programs handle errors; see the example of the package,
// and those about errors.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// open returns a context and sockets of these types in it.
func open(types ...zmq.SocketType) (*zmq.Context, []*zmq.Socket) {
	zc, err := zmq.NewContext()
	must(err)
	sockets := make([]*zmq.Socket, len(types))
	for i, t := range types {
		sockets[i], err = zc.NewSocket(t)
		must(err)
	}
	kept = append(kept, sockets)
	return zc, sockets
}

// kept are sockets that an example uses no more, and that stay open until it closes the context.
var kept [][]*zmq.Socket

// PAIR connects two sockets, both ways and in no particular turn.
func Example_pair() {
	zc, s := open(zmq.Pair, zmq.Pair)
	defer zc.Close()
	left, right := s[0], s[1]
	must(left.Bind("inproc://pair"))
	must(right.Connect("inproc://pair"))

	ctx := context.Background()
	must(left.SendParts(ctx, []byte("ping")))
	must(left.SendParts(ctx, []byte("ping again")))
	must(right.SendParts(ctx, []byte("pong")))

	for range 2 {
		parts, err := right.RecvParts(ctx)
		must(err)
		fmt.Printf("right: %s\n", parts[0])
	}
	parts, err := left.RecvParts(ctx)
	must(err)
	fmt.Printf("left: %s\n", parts[0])
	// Output:
	// right: ping
	// right: ping again
	// left: pong
}

// PUB sends to every SUB whose filter the message begins with. What is published before a
// subscription has arrived passes it by; an XPUB can wait for it, as here.
func Example_pubSub() {
	zc, s := open(zmq.XPub, zmq.Sub)
	defer zc.Close()
	pub, sub := s[0], s[1]
	ctx := context.Background()

	must(pub.Bind("inproc://weather"))
	must(sub.Connect("inproc://weather"))
	must(sub.Set(zmq.Subscribe("weather.")))
	subscription, err := pub.RecvParts(ctx)
	must(err)
	fmt.Printf("subscribed: %q\n", subscription[0])

	must(pub.SendParts(ctx, []byte("traffic.oslo"), []byte("jam")))
	must(pub.SendParts(ctx, []byte("weather.oslo"), []byte("rain")))
	parts, err := sub.RecvParts(ctx)
	must(err)
	fmt.Printf("%s: %s\n", parts[0], parts[1])
	// Output:
	// subscribed: "\x01weather."
	// weather.oslo: rain
}

// REQ sends a request and receives its reply, REP receives a request and sends its reply, in turn.
func Example_reqRep() {
	zc, s := open(zmq.Rep, zmq.Req)
	defer zc.Close()
	rep, req := s[0], s[1]
	must(rep.Bind("inproc://square"))
	must(req.Connect("inproc://square"))

	ctx := context.Background()
	must(req.SendParts(ctx, []byte("7")))
	request, err := rep.RecvParts(ctx)
	must(err)
	must(rep.SendParts(ctx, request[0], []byte("49")))
	reply, err := req.RecvParts(ctx)
	must(err)
	fmt.Printf("%s squared is %s\n", reply[0], reply[1])
	// Output: 7 squared is 49
}

// ROUTER puts the sender's identity in front of what it receives, and sends to the peer that the
// first part names. DEALER sends to its peers in turn and does not wait for replies.
func Example_routerDealer() {
	zc, s := open(zmq.Router, zmq.Dealer, zmq.Dealer)
	defer zc.Close()
	router, a, b := s[0], s[1], s[2]
	must(router.Bind("inproc://desk"))
	must(a.Set(zmq.Identity("a")))
	must(b.Set(zmq.Identity("b")))
	must(a.Connect("inproc://desk"))
	must(b.Connect("inproc://desk"))

	ctx := context.Background()
	must(a.SendParts(ctx, []byte("one")))
	first, err := router.RecvParts(ctx)
	must(err)
	fmt.Printf("%q\n", first)
	must(b.SendParts(ctx, []byte("two")))
	second, err := router.RecvParts(ctx)
	must(err)
	fmt.Printf("%q\n", second)

	must(router.SendParts(ctx, []byte("a"), []byte("reply to"), first[1])) // in whatever order
	reply, err := a.RecvParts(ctx)
	must(err)
	fmt.Printf("%q\n", reply)
	// Output:
	// ["a" "one"]
	// ["b" "two"]
	// ["reply to" "one"]
}

// PUSH deals messages out to its PULL peers in turn, and waits when none has room.
func Example_pushPull() {
	zc, s := open(zmq.Push, zmq.Pull, zmq.Pull)
	defer zc.Close()
	push, workers := s[0], s[1:]
	must(push.Bind("inproc://jobs"))
	for _, w := range workers {
		must(w.Connect("inproc://jobs"))
	}

	ctx := context.Background()
	for i := range 4 {
		must(push.SendParts(ctx, fmt.Appendf(nil, "job %d", i)))
	}
	for i, w := range workers {
		for range 2 {
			job, err := w.RecvParts(ctx)
			must(err)
			fmt.Printf("worker %d: %s\n", i, job[0])
		}
	}
	// Output:
	// worker 0: job 0
	// worker 0: job 2
	// worker 1: job 1
	// worker 1: job 3
}

// XPUB receives subscriptions and XSUB sends them, as messages: byte 1 or 0, then the filter.
func Example_xpubXsub() {
	zc, s := open(zmq.XPub, zmq.XSub)
	defer zc.Close()
	xpub, xsub := s[0], s[1]
	must(xpub.Bind("inproc://feed"))
	must(xsub.Connect("inproc://feed"))

	ctx := context.Background()
	must(xsub.SendParts(ctx, []byte("\x01news")))
	subscription, err := xpub.RecvParts(ctx)
	must(err)
	fmt.Printf("%q\n", subscription[0])

	must(xpub.SendParts(ctx, []byte("news"), []byte("hello")))
	parts, err := xsub.RecvParts(ctx)
	must(err)
	fmt.Printf("%q\n", parts)

	must(xsub.SendParts(ctx, []byte("\x00news")))
	subscription, err = xpub.RecvParts(ctx)
	must(err)
	fmt.Printf("%q\n", subscription[0])
	// Output:
	// "\x01news"
	// ["news" "hello"]
	// "\x00news"
}

// A queue, between clients and as many services as there are.
func ExampleNewQueue() {
	zc, s := open(zmq.Router, zmq.Dealer, zmq.Rep, zmq.Req)
	defer zc.Close()
	front, back, rep, req := s[0], s[1], s[2], s[3]
	must(front.Bind("inproc://clients"))
	must(back.Bind("inproc://services"))
	must(rep.Connect("inproc://services"))
	must(req.Connect("inproc://clients"))

	queue, err := zmq.NewQueue(front, back)
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- queue.Run(ctx) }()

	must(req.SendParts(ctx, []byte("are you there?")))
	request, err := rep.RecvParts(ctx)
	must(err)
	must(rep.SendParts(ctx, request[0], []byte("yes")))
	reply, err := req.RecvParts(ctx)
	must(err)
	fmt.Printf("%s %s\n", reply[0], reply[1])

	cancel()
	fmt.Println(<-ended)
	// Output:
	// are you there? yes
	// zmq: queue: context canceled
}

// A forwarder, between publishers and subscribers. Subscriptions cross it the other way.
func ExampleNewForwarder() {
	zc, s := open(zmq.XSub, zmq.XPub, zmq.XPub, zmq.Sub)
	defer zc.Close()
	front, back, pub, sub := s[0], s[1], s[2], s[3]
	must(front.Bind("inproc://publishers"))
	must(back.Bind("inproc://subscribers"))
	must(pub.Connect("inproc://publishers"))
	must(sub.Connect("inproc://subscribers"))
	must(sub.Set(zmq.Subscribe("weather.")))

	forwarder, err := zmq.NewForwarder(front, back)
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- forwarder.Run(ctx) }()

	must(pub.WaitSubscriber(ctx, "weather."))
	must(pub.SendParts(ctx, []byte("weather.oslo"), []byte("rain")))
	parts, err := sub.RecvParts(ctx)
	must(err)
	fmt.Printf("%q\n", parts)
	cancel()
	<-ended
	// Output: ["weather.oslo" "rain"]
}

// A streamer, between producers and workers. Pausing it holds the producers up; nothing is lost.
func ExampleNewStreamer() {
	zc, s := open(zmq.Pull, zmq.Push, zmq.Push, zmq.Pull)
	defer zc.Close()
	front, back, producer, worker := s[0], s[1], s[2], s[3]
	must(front.Bind("inproc://producers"))
	must(back.Bind("inproc://workers"))
	must(producer.Connect("inproc://producers"))
	must(worker.Connect("inproc://workers"))

	streamer, err := zmq.NewStreamer(front, back)
	must(err)
	streamer.Pause()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- streamer.Run(ctx) }()

	must(producer.SendParts(ctx, []byte("job")))
	_, err = worker.Recv(nil, zmq.DontWait)
	fmt.Println(err)
	streamer.Resume()
	job, err := worker.RecvParts(ctx)
	must(err)
	fmt.Printf("%s\n", job[0])
	cancel()
	<-ended
	fmt.Println("messages out:", streamer.Stats().Back.MessagesOut)
	// Output:
	// zmq: recv (pull): operation would block
	// job
	// messages out: 1
}

// Any number of goroutines have requests under way on one Dealer.
func ExampleSocket_Request() {
	zc, s := open(zmq.Rep, zmq.Dealer)
	defer zc.Close()
	rep, dealer := s[0], s[1]
	must(rep.Bind("inproc://echo"))
	must(dealer.Connect("inproc://echo"))
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		for request, err := range rep.Messages(ctx) {
			if err != nil {
				return
			}
			must(rep.SendParts(ctx, request...))
		}
	}()

	replies := make([]chan string, 3)
	for i := range replies {
		replies[i] = make(chan string)
		go func() {
			reply, err := dealer.Request(ctx, fmt.Appendf(nil, "request %d", i))
			must(err)
			replies[i] <- string(reply[0])
		}()
	}
	for _, r := range replies {
		fmt.Println(<-r)
	}
	cancel()
	<-served
	// Output:
	// request 0
	// request 1
	// request 2
}

// A Poller waits for many sockets, for as long as its context allows.
func ExamplePoller() {
	zc, s := open(zmq.Pull, zmq.Pull, zmq.Push)
	defer zc.Close()
	must(s[0].Bind("inproc://first"))
	must(s[1].Bind("inproc://second"))
	must(s[2].Connect("inproc://second"))

	p, err := zmq.NewPoller()
	must(err)
	defer p.Close()
	must(p.Add(s[0], zmq.PollIn))
	must(p.Add(s[1], zmq.PollIn))

	ctx := context.Background()
	must(s[2].SendParts(ctx, []byte("hello")))
	ready, err := p.Wait(ctx)
	must(err)
	for _, r := range ready {
		parts, err := r.Socket.RecvParts(ctx)
		must(err)
		fmt.Printf("%v %v: %s\n", r.Socket, r.Events, parts[0])
	}
	// Output: pull inproc://second PollIn: hello
}
