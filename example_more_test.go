package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"example.org/zmq"
)

// Batches carry hundreds of messages for one crossing into C.
func ExampleSocket_RecvBatch() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://bursts"))
	must(push.Connect("inproc://bursts"))

	b, err := zmq.NewBatch(256)
	must(err)
	defer b.Close()
	for i := range 3 {
		must(b.Add(fmt.Appendf(nil, "message %d", i), []byte("second part")))
	}
	ctx := context.Background()
	n, err := push.SendBatch(ctx, b)
	must(err)
	fmt.Println(n, "sent")

	for received := 0; received < n; {
		count, err := pull.RecvBatch(ctx, b)
		must(err)
		for _, parts := range b.All() {
			fmt.Printf("%q\n", parts)
		}
		received += count
	}
	// Output:
	// 3 sent
	// ["message 0" "second part"]
	// ["message 1" "second part"]
	// ["message 2" "second part"]
}

// Statistics are kept for every socket.
func ExampleSocket_Stats() {
	zc, s := open(zmq.Pull, zmq.Push)
	defer zc.Close()
	pull, push := s[0], s[1]
	must(pull.Bind("inproc://counted"))
	must(push.Connect("inproc://counted"))
	must(push.SendParts(context.Background(), []byte("two"), []byte("parts")))
	fmt.Printf("%+v\n", push.Stats().Sent)
	// Output: {Messages:1 Parts:2 Bytes:8}
}

// A monitor tells what happens to connections. It needs engine 4.0.
func ExampleSocket_Monitor() {
	zc, s := open(zmq.Pull)
	defer zc.Close()
	m, err := s[0].Monitor(zmq.EventListening | zmq.EventClosed | zmq.EventMonitorStopped)
	if errors.Is(err, zmq.ErrNotSupported) {
		fmt.Println("EventListening\nEventClosed\nEventMonitorStopped") // what another engine would tell
		return
	}
	must(err)
	defer m.Close()
	must(s[0].Bind("tcp://127.0.0.1:*"))
	must(s[0].Close())
	for event, err := range m.Events(context.Background()) {
		if errors.Is(err, zmq.ErrClosed) {
			break // the socket has ended
		}
		must(err)
		fmt.Println(event.Type)
	}
	// Output:
	// EventListening
	// EventClosed
	// EventMonitorStopped
}

// An AllowList accepts the clients whose keys it knows. Without it any client with a pair of keys of its own
// would get in. It needs engine 4.0 with CURVE.
func ExampleContext_ServeAuth() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	public, secret, err := zmq.NewCurveKeyPair()
	must(err)
	alice, aliceSecret, err := zmq.NewCurveKeyPair()
	must(err)
	var allowed zmq.AllowList
	allowed.AllowKey(alice, "alice")
	must(zc.ServeAuth(ctx, &allowed)) // before the server binds

	server, err := zc.NewSocket(zmq.Pull, zmq.CurveServer(secret))
	must(err)
	must(server.Bind("tcp://127.0.0.1:*"))
	endpoint, err := server.LastEndpoint()
	must(err)

	client, err := zc.NewSocket(zmq.Push, zmq.CurveClient(public, alice, aliceSecret))
	must(err)
	must(client.Connect(endpoint))
	must(client.SendParts(ctx, []byte("hello")))
	m, err := server.RecvMsgs(ctx)
	must(err)
	user, err := m[0].Gets("User-Id")
	must(err)
	fmt.Println(user, "says", m[0])
	must(m[0].Close())
}

// Tests can end by looking at what was left open, and a service can report what it forgot.
func ExampleReportLeaks() {
	zmq.ReportLeaks(func(l zmq.Leak) {
		log.Printf("a %s was forgotten; it was opened here:\n%s", l.Kind, l.Stack)
	})
	defer zmq.ReportLeaks(nil)

	for _, l := range zmq.OpenHandles() {
		log.Printf("a %s is open, from here:\n%s", l.Kind, l.Stack)
	}
}
