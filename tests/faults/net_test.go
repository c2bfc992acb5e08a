package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"example.org/zmq"
	"example.org/zmq/zmqtest"
)

// network is the way between two sockets.
type network struct {
	proxy *toxiproxy.Proxy
	at    string // where it listens
	mon   *zmq.Monitor
	reset func()
	l     *ledger
}

// during keeps a toxic while some more messages arrive.
func (n *network) during(ctx context.Context, format string) error {
	if err := n.toxic(format); err != nil {
		return err
	}
	n.l.mu.Lock()
	enough := len(n.l.order) + 40
	n.l.mu.Unlock()
	if err := n.l.await(ctx, func() bool { return len(n.l.order) >= enough }); err != nil {
		return err
	}
	return n.cure(ctx)
}

// fault is something that a network does. It is over when disturb returns.
type fault struct {
	name    string
	opts    []zmq.SocketOption // of both ends
	relay   bool               // by way of zmqtest's network instead of the proxy, which can only close a connection that is established
	whole   bool               // no connection breaks: all must arrive
	disturb func(ctx context.Context, n *network) error
}

var faults = []fault{
	{name: "delayed", whole: true, disturb: func(ctx context.Context, n *network) error {
		return n.during(ctx, `{"type":"latency","name":"%s","stream":"%s","attributes":{"latency":20,"jitter":20}}`)
	}},
	{name: "in small pieces", whole: true, disturb: func(ctx context.Context, n *network) error {
		return n.during(ctx, `{"type":"slicer","name":"%s","stream":"%s","attributes":{"average_size":60,"size_variation":40,"delay":1}}`)
	}},
	{name: "slow", whole: true, disturb: func(ctx context.Context, n *network) error {
		return n.during(ctx, `{"type":"bandwidth","name":"%s","stream":"%s","attributes":{"rate":300}}`)
	}},
	{name: "cut, refused for a while", disturb: func(ctx context.Context, n *network) error {
		n.proxy.Stop()
		if err := await(ctx, n.mon, zmq.EventDisconnected); err != nil {
			return err
		}
		if err := await(ctx, n.mon, zmq.EventConnectRetried); err != nil {
			return err
		}
		return n.proxy.Start()
	}},
	{name: "cut, and cut again while shaking hands", disturb: func(ctx context.Context, n *network) error {
		err := n.toxic(`{"type":"reset_peer","name":"%s","stream":"%s","attributes":{"timeout":0}}`)
		if err != nil {
			return err
		}
		for range 3 {
			if err := await(ctx, n.mon, zmq.EventConnectRetried); err != nil {
				return err
			}
		}
		return n.cure(ctx)
	}},
	{name: "reset (RST)", relay: true, disturb: func(ctx context.Context, n *network) error {
		n.reset()
		return await(ctx, n.mon, zmq.EventDisconnected)
	}},
	{name: "half-open, heartbeats", opts: heartbeat, disturb: func(ctx context.Context, n *network) error {
		err := n.toxic(`{"type":"timeout","name":"%s","stream":"%s","attributes":{"timeout":0}}`)
		if err != nil {
			return err
		}
		if err := await(ctx, n.mon, zmq.EventDisconnected); err != nil {
			return err
		}
		return n.cure(ctx)
	}},
}

// toxic puts a toxic on both ways.
func (n *network) toxic(format string) error {
	for _, way := range []string{"upstream", "downstream"} {
		if _, err := n.proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(format, way, way))); err != nil {
			return err
		}
	}
	return nil
}

// cure takes the toxics away.
func (n *network) cure(ctx context.Context) error {
	return errors.Join(n.proxy.Toxics.RemoveToxic(ctx, "upstream"), n.proxy.Toxics.RemoveToxic(ctx, "downstream"))
}

func newNetwork(t *testing.T, to string, viaRelay bool) *network {
	t.Helper()
	if viaRelay {
		n := zmqtest.NewNetwork(t, "tcp://"+to)
		return &network{at: strings.TrimPrefix(n.Endpoint(), "tcp://"), reset: n.Reset}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	free.Close()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), t.Name(), at, to)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return &network{proxy: p, at: at}
}

// TestNetwork disturbs the network under each pattern by each fault.
func TestNetwork(t *testing.T) {
	for _, f := range faults {
		for _, p := range patterns {
			t.Run(p.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				testNetwork(t, p, f)
			})
		}
	}
}

func testNetwork(t *testing.T, p pattern, f fault) {
	ctx := patient(t)
	c := newContext(t)
	sender, receiver := newSocket(t, c, p.sender, f.opts...), newSocket(t, c, p.receiver, f.opts...)
	binder, connector := receiver, sender
	if p.senderBinds {
		binder, connector = sender, receiver
	}
	n := newNetwork(t, bind(t, binder), f.relay)
	connections := countConnections(t, ctx, connector)
	n.mon = monitor(t, connector)
	if err := connector.Connect("tcp://" + n.at); err != nil {
		t.Fatal(err)
	}
	l := newLedger()
	n.l = l
	done := make(chan error, 1)
	take := l.take
	if p.receiver == zmq.Rep {
		take = func([][]byte) {} // the answers count
	}
	go func() { done <- receive(ctx, receiver, take) }()
	a, err := p.run(ctx, sender, l, *count, func() error { return f.disturb(ctx, n) })
	receiver.Close()
	if rerr := <-done; !errors.Is(rerr, zmq.ErrClosed) {
		t.Error(rerr)
	}
	sender.Close()
	if err != nil {
		t.Fatalf("%v: %+v", err, a)
	}
	made := connections()
	a.must(t, made)
	if f.whole && a.Lost > 0 || f.whole && made != 1 {
		t.Errorf("%d messages lost over %d connections although none broke", a.Lost, made)
	}
	if !f.whole && made < 2 {
		t.Errorf("%d connection was made: nothing broke", made)
	}
	t.Logf("%+v over %d connections", a, made)
	report("network", p.name, f.name, a, made)
}

// countConnections counts the connections that a socket makes until it is closed.
func countConnections(t *testing.T, ctx context.Context, s *zmq.Socket) func() int {
	t.Helper()
	m, err := s.Monitor(zmq.EventHandshakeSucceeded)
	if err != nil {
		t.Fatal(err)
	}
	total := make(chan int, 1)
	go func() {
		made := 0
		for _, err := range m.Events(ctx) {
			if err != nil {
				break
			}
			made++
		}
		total <- made
	}()
	return func() int { return <-total }
}
