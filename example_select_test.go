package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"example.org/zmq"
)

// Whole messages, if there is one, without waiting.
func ExampleSocket_TryRecvParts() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	must(s[0].Bind("inproc://try"))
	must(s[1].Connect("inproc://try"))

	_, err := s[0].TryRecvParts()
	fmt.Println(errors.Is(err, zmq.ErrWouldBlock))
	must(s[1].TrySendParts([]byte("hello"), []byte("world")))
	parts, err := s[0].TryRecvParts()
	must(err)
	fmt.Printf("%s\n", parts)
	// Output:
	// true
	// [hello world]
}

// A message that there is no room for now is not sent.
func ExampleSocket_TrySendParts() {
	zc, s := open(zmq.Push)
	defer zc.Close()

	err := s[0].TrySendParts([]byte("to nobody"))
	fmt.Println(err)
	// Output: zmq: send (push): operation would block
}

// One select for sockets, timers and channels. What a Chan had in hand when its context ended is received next.
func ExampleSocket_Chan() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	must(s[0].Bind("inproc://chan"))
	must(s[1].Connect("inproc://chan"))
	for i := range 3 {
		must(s[1].SendParts(context.Background(), fmt.Append(nil, "message ", i)))
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	in, ticker := s[0].Chan(ctx), time.NewTicker(time.Hour)
	defer ticker.Stop()
	for n := 0; n < 2; {
		select {
		case parts, ok := <-in.C:
			if !ok {
				fmt.Println(in.Err())
				return
			}
			fmt.Printf("%s\n", parts[0])
			n++
		case <-ticker.C:
			fmt.Println("an hour has passed")
		}
	}
	cancel()
	parts, err := s[0].RecvParts(context.Background())
	must(err)
	fmt.Printf("%s\n", parts[0])
	// Output:
	// message 0
	// message 1
	// message 2
}

// A Poller beside other channels, and one that is woken.
func ExamplePoller_Ready() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	must(s[0].Bind("inproc://ready"))
	must(s[1].Connect("inproc://ready"))
	poller, err := zmq.NewPoller()
	must(err)
	defer poller.Close()
	must(poller.Add(s[0], zmq.PollIn))

	must(s[1].SendParts(context.Background(), []byte("hello")))
	for n := 0; n < 1; {
		select {
		case <-poller.Ready():
			ready, err := poller.TryWait()
			must(err)
			for _, r := range ready {
				parts, err := r.Socket.TryRecvParts()
				must(err)
				fmt.Printf("%s\n", parts[0])
				n++
			}
		case <-time.After(time.Minute):
			fmt.Println("nothing for a minute")
			return
		}
	}
	poller.Wake()
	ready, err := poller.Wait(context.Background())
	fmt.Println(len(ready), err)
	// Output:
	// hello
	// 0 <nil>
}

// Socket, options and endpoints in one call each.
func ExampleContext_Listen() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	rep, err := zc.Listen(zmq.Rep, "inproc://service", zmq.AlsoBind("inproc://alias"), zmq.RecvHWM(100))
	must(err)
	req, err := zc.Dial(ctx, zmq.Req, "inproc://service")
	must(err)

	must(req.SendParts(ctx, []byte("hello")))
	parts, err := rep.RecvParts(ctx)
	must(err)
	fmt.Printf("%s\n", parts[0])
	// Output: hello
}

// The error of Dial says why there is no peer.
func ExampleContext_Dial() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = zc.Dial(ctx, zmq.Req, "inproc://nobody")
	fmt.Println(err)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), errors.Is(err, zmq.ECONNREFUSED))
	// Output:
	// zmq: dial inproc://nobody (req): context deadline exceeded: nobody has bound the name
	// true true
}

// Options and endpoints as a configuration has them.
func ExampleParseOption() {
	u, err := url.Parse("tcp://127.0.0.1:5555?rcvhwm=10&linger=500ms")
	must(err)
	typ, err := zmq.ParseSocketType("pull")
	must(err)
	var opts []zmq.SocketOption
	for _, name := range []string{"rcvhwm", "linger"} {
		o, err := zmq.ParseOption(name + "=" + u.Query().Get(name))
		must(err)
		opts = append(opts, o)
	}
	fmt.Println(typ, opts)
	fmt.Println(zmq.CheckConnect("tcp://127.0.0.1"))
	_, err = zmq.ParseOption("rcvhmw=10")
	fmt.Println(err)
	// Output:
	// pull [RecvHWM(10) Linger(500ms)]
	// zmq: check connect tcp://127.0.0.1: the port is missing: tcp://host:port
	// zmq: parse option "rcvhmw": there is no option of this name; is it RecvHWM?
}

// A listener that the program has made, or was handed, serves an endpoint.
func ExampleUseListener() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)

	s, err := zc.Listen(zmq.Pull, "tcp://"+l.Addr().String(), zmq.UseListener(l))
	must(l.Close()) // the socket has a duplicate
	if errors.Is(err, zmq.ErrNotSupported) {
		fmt.Println("pull true") // before libzmq 4.2
		return
	}
	must(err)
	conn, err := net.Dial("tcp", l.Addr().String())
	must(err)
	conn.Close()
	fmt.Println(s.Type(), err == nil)
	// Output: pull true
}

// What has come is received, what was sent is delivered, and only then is the socket closed.
func ExampleSocket_Drain() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	must(s[0].Bind("inproc://drain"))
	must(s[1].Connect("inproc://drain"))
	for i := range 3 {
		must(s[1].SendParts(context.Background(), fmt.Append(nil, i)))
	}

	var worker sync.WaitGroup
	worker.Add(1)
	go func() {
		defer worker.Done()
		for parts, err := range s[0].Messages(context.Background()) {
			if err != nil {
				fmt.Println(errors.Is(err, zmq.ErrClosed))
				return
			}
			fmt.Printf("%s\n", parts[0])
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	must(s[0].Drain(ctx))
	worker.Wait()
	// Output:
	// 0
	// 1
	// 2
	// true
}

// A reader that is slower than the publisher sees how things are.
func ExampleSocket_Latest() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	must(s[0].Bind("inproc://latest"))
	must(s[1].Connect("inproc://latest"))
	for _, price := range []string{"10", "11", "12"} {
		must(s[1].SendParts(context.Background(), []byte("gold"), []byte(price)))
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	prices, err := s[0].Latest(ctx, 100)
	must(err)
	for prices.Passed() < 2 { // until all three have come
		time.Sleep(time.Millisecond)
	}
	parts, err := prices.Next(ctx)
	must(err)
	fmt.Printf("%s, %d passed over\n", parts, prices.Passed())
	// Output: [gold 12], 2 passed over
}
