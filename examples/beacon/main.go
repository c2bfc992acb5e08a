// Beacon is how programs of one network find each other without being told: each says by UDP multicast, now and then, where its
// socket is, connects to those that it hears, and drops those that it has not heard for a while.
//
//	go run ./beacon -name a
//	go run ./beacon -name b
//
// Without -interface nodes use the loopback, which no other machine hears; with -interface eth0, say, they use that network.
//
// A node binds a PULL socket to any free port and connects a PUSH socket to each other node. A beacon is one line: the protocol's name,
// the node's name and its port, 0 when it leaves. The address is where the beacon came from.
//
// Every machine in the network can forge beacons. Where not all of them are trusted, the sockets need CURVE: see security.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	name     = flag.String("name", fmt.Sprint("node-", os.Getpid()), "this node's name, without spaces")
	group    = flag.String("group", "239.255.10.77:5670", "multicast group and port of the beacons")
	nic      = flag.String("interface", "", "the network's interface; without it the loopback")
	interval = flag.Duration("interval", time.Second, "how often the beacon is sent")
	expiry   = flag.Duration("expiry", 5*time.Second, "after what silence a node is gone")
)

const (
	protocol = "zmqbeacon1"
	most     = 1000 // peers; others are ignored
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

// beacon is what another node has said of itself.
type beacon struct {
	name, endpoint string // no endpoint when it leaves
}

// peer is another node.
type peer struct {
	endpoint string
	heard    time.Time
	push     *zmq.Socket
}

func run(ctx context.Context) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	listener, sender, address, err := openUDP()
	if err != nil {
		return err
	}
	defer listener.Close()
	defer sender.Close()
	pull, err := zc.NewSocket(zmq.Pull)
	if err != nil {
		return err
	}
	if err := pull.Bind(fmt.Sprintf("tcp://%s:*", address)); err != nil {
		return err
	}
	bound, err := pull.LastEndpoint()
	if err != nil {
		return err
	}
	port := bound[strings.LastIndex(bound, ":")+1:]
	fmt.Println("bound to", bound)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	beacons := make(chan beacon)
	ended := make(chan error, 2)
	go func() { ended <- listen(ctx, listener, beacons) }()
	go func() { ended <- receive(ctx, pull) }()
	err = follow(ctx, zc, sender, port, beacons, ended)
	fmt.Fprintf(sender, "%s %s 0", protocol, *name) // leaving
	return err
}

// openUDP returns a connection for beacons to come, one for beacons to go, and the interface's address.
func openUDP() (listener, sender *net.UDPConn, address net.IP, err error) {
	to, err := net.ResolveUDPAddr("udp4", *group)
	if err != nil {
		return nil, nil, nil, err
	}
	ifi, address, err := network()
	if err != nil {
		return nil, nil, nil, err
	}
	if listener, err = net.ListenMulticastUDP("udp4", &ifi, to); err != nil {
		return nil, nil, nil, err
	}
	if sender, err = net.DialUDP("udp4", &net.UDPAddr{IP: address}, to); err != nil {
		listener.Close()
		return nil, nil, nil, err
	}
	return listener, sender, address, nil
}

// network returns the interface and its address.
func network() (net.Interface, net.IP, error) {
	all, err := net.Interfaces()
	if err != nil {
		return net.Interface{}, nil, err
	}
	for _, ifi := range all {
		if ifi.Name != *nic && (*nic != "" || ifi.Flags&net.FlagLoopback == 0) {
			continue
		}
		addresses, err := ifi.Addrs()
		if err != nil {
			return net.Interface{}, nil, err
		}
		for _, a := range addresses {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil {
				return ifi, ip.IP, nil
			}
		}
	}
	return net.Interface{}, nil, fmt.Errorf("there is no interface %q with an IPv4 address", *nic)
}

// listen passes on the beacons of other nodes until ctx ends.
func listen(ctx context.Context, listener *net.UDPConn, beacons chan<- beacon) error {
	stop := context.AfterFunc(ctx, func() { listener.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, 512)
	for {
		n, from, err := listener.ReadFromUDP(buf)
		if err != nil {
			return errors.Join(ctx.Err(), err)
		}
		fields := strings.Fields(string(buf[:n]))
		if len(fields) != 3 || fields[0] != protocol || fields[1] == *name {
			continue
		}
		port, err := strconv.ParseUint(fields[2], 10, 16)
		if err != nil {
			continue
		}
		b := beacon{name: fields[1]}
		if port != 0 {
			b.endpoint = fmt.Sprintf("tcp://%s:%d", from.IP, port)
		}
		select {
		case beacons <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// receive prints what other nodes say.
func receive(ctx context.Context, pull *zmq.Socket) error {
	for message, err := range pull.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%q says %q\n", message[0], message[1:])
	}
	return nil
}

// follow sends the beacon and keeps the list of the other nodes.
func follow(ctx context.Context, zc *zmq.Context, sender *net.UDPConn, port string, beacons <-chan beacon, ended <-chan error) error {
	peers := map[string]*peer{}
	tick := time.NewTicker(*interval)
	defer tick.Stop()
	for {
		if _, err := fmt.Fprintf(sender, "%s %s %s", protocol, *name, port); err != nil {
			fmt.Println("beacon not sent:", err) // the network may come back
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case err := <-ended:
				return err
			case b := <-beacons:
				if err := heard(ctx, zc, peers, b); err != nil {
					return err
				}
			case now := <-tick.C:
				for n, p := range peers {
					if now.Sub(p.heard) > *expiry {
						forget(peers, n, "is gone")
					}
				}
				waiting = false
			}
		}
	}
}

// heard takes note of a beacon: it connects to a node that is new, or has come back elsewhere, and greets it.
func heard(ctx context.Context, zc *zmq.Context, peers map[string]*peer, b beacon) error {
	p := peers[b.name]
	switch {
	case b.endpoint == "":
		forget(peers, b.name, "has left")
		return nil
	case p != nil && p.endpoint == b.endpoint:
		p.heard = time.Now()
		return nil
	case p != nil:
		forget(peers, b.name, "has moved")
	case len(peers) == most:
		return nil
	}
	push, err := zc.NewSocket(zmq.Push, zmq.Linger(0))
	if err != nil {
		return err
	}
	peers[b.name] = &peer{b.endpoint, time.Now(), push}
	if err := push.Connect(b.endpoint); err != nil {
		return err
	}
	fmt.Printf("%q is at %s\n", b.name, b.endpoint)
	return push.SendParts(ctx, []byte(*name), []byte("hello"))
}

func forget(peers map[string]*peer, name, why string) {
	if p := peers[name]; p != nil {
		p.push.Close()
		delete(peers, name)
		fmt.Printf("%q %s\n", name, why)
	}
}
