// Peering2 is the second step towards clusters that help each other out: tasks of a cluster's own clients go to its own workers, or, as
// chance has it, to those of another cluster.
//
//	go run ./peering2 -name DC1 DC2 DC3
//	go run ./peering2 -name DC2 DC1 DC3
//	go run ./peering2 -name DC3 DC1 DC2
//
// A broker is to the others what a client is to it. The ROUTERs between the clusters have names, so that a broker can say which
// cluster a task goes to, and a reply finds its way back: where it begins with the name of a cluster it goes there, otherwise to a
// client of this one. Clients and workers are goroutines here, and could be other processes.
//
// What is on its way to a cluster that dies is lost: clients ask once more when their time is over.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	name    = flag.String("name", "DC1", "the name of this cluster; the arguments are those of the others")
	dir     = flag.String("dir", os.TempDir(), "the folder of the sockets")
	clients = flag.Int("clients", 10, "how many clients the cluster has")
	workers = flag.Int("workers", 3, "how many workers the cluster has")
	work    = flag.Duration("work", time.Second, "how long a task takes at most")
	remote  = flag.Float64("remote", 0.1, "the share of tasks that go to another cluster")
	timeout = flag.Duration("timeout", 5*time.Second, "after what time a client asks once more")
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

// tasksOf returns the endpoint at which a cluster takes tasks of others.
func tasksOf(name string) string { return "ipc://" + filepath.Join(*dir, name+"-tasks") }

// broker has the sockets of one cluster.
type broker struct {
	fromClients, toWorkers *zmq.Socket // within the cluster
	fromPeers, toPeers     *zmq.Socket // between clusters
	peers                  []string
	free                   chan []byte // names of workers that wait for a task
}

func run(ctx context.Context) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	b := &broker{peers: flag.Args(), free: make(chan []byte, *workers)}
	if err := b.open(zc); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	loops := []func(context.Context) error{b.clientTasks, b.peerTasks, b.workerReplies, b.peerReplies}
	for i := range *clients {
		loops = append(loops, func(ctx context.Context) error { return client(ctx, zc, i) })
	}
	for i := range *workers {
		loops = append(loops, func(ctx context.Context) error { return worker(ctx, zc, i) })
	}
	ended := make(chan error, len(loops))
	for _, loop := range loops {
		go func() { ended <- loop(ctx) }()
	}
	for i := range loops {
		if e := <-ended; i == 0 {
			err = e
			cancel() // the first that ends ends all
		}
	}
	return err
}

func (b *broker) open(zc *zmq.Context) error {
	for _, s := range []struct {
		socket   **zmq.Socket
		endpoint string
	}{
		{&b.fromClients, "inproc://clients"}, {&b.toWorkers, "inproc://workers"}, {&b.fromPeers, tasksOf(*name)}, {&b.toPeers, ""},
	} {
		var err error
		if *s.socket, err = zc.NewSocket(zmq.Router, zmq.Identity(*name), zmq.RouterHandover(true), zmq.Linger(0)); err != nil {
			return err
		}
		if s.endpoint == "" {
			continue
		}
		if err := (*s.socket).Bind(s.endpoint); err != nil {
			return err
		}
	}
	for _, peer := range b.peers {
		if err := b.toPeers.Connect(tasksOf(peer)); err != nil {
			return err
		}
	}
	return nil
}

// clientTasks sends the tasks of the cluster's own clients to a worker, or to another cluster.
func (b *broker) clientTasks(ctx context.Context) error {
	for task, err := range b.fromClients.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(b.peers) > 0 && rand.Float64() < *remote {
			peer := b.peers[rand.IntN(len(b.peers))]
			err = b.toPeers.SendParts(ctx, append([][]byte{[]byte(peer)}, task...)...)
		} else {
			err = b.toWorker(ctx, task)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// peerTasks sends the tasks of other clusters to workers. It never passes them on: they would go round.
func (b *broker) peerTasks(ctx context.Context) error {
	for task, err := range b.fromPeers.Messages(ctx) {
		if err == nil {
			err = b.toWorker(ctx, task)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// toWorker sends a task to the worker that has waited longest.
func (b *broker) toWorker(ctx context.Context, task [][]byte) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case worker := <-b.free:
		return b.toWorkers.SendParts(ctx, append([][]byte{worker, nil}, task...)...)
	}
}

// workerReplies sends on what the cluster's own workers reply: their name, an empty part, and the reply in its envelope.
func (b *broker) workerReplies(ctx context.Context) error {
	for message, err := range b.toWorkers.Messages(ctx) {
		if err != nil {
			return err
		}
		b.free <- message[0] // it has place for all of them
		if reply := message[2:]; len(reply) > 1 {
			to := b.fromClients
			if slices.Contains(b.peers, string(reply[0])) {
				to = b.fromPeers
			}
			if err := to.SendParts(ctx, reply...); err != nil {
				return err
			}
		}
	}
	return nil
}

// peerReplies sends the replies of other clusters to the cluster's own clients.
func (b *broker) peerReplies(ctx context.Context) error {
	for reply, err := range b.toPeers.Messages(ctx) {
		if err != nil {
			return err
		}
		if len(reply) == 1 {
			continue // not from a cluster
		}
		if err := b.fromClients.SendParts(ctx, reply[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func client(ctx context.Context, zc *zmq.Context, number int) error {
	dealer, err := zc.NewSocket(zmq.Dealer, zmq.Linger(0))
	if err != nil {
		return err
	}
	if err := dealer.Connect("inproc://clients"); err != nil {
		return err
	}
	for {
		try, cancel := context.WithTimeout(ctx, *timeout)
		reply, err := dealer.Request(try, fmt.Appendf(nil, "task of client %d", number))
		cancel()
		switch {
		case err == nil:
			fmt.Printf("client %d: %s\n", number, reply[0])
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return err
		default:
			fmt.Printf("client %d: no reply, once more\n", number)
		}
	}
}

func worker(ctx context.Context, zc *zmq.Context, number int) error {
	req, err := zc.NewSocket(zmq.Req, zmq.Linger(0))
	if err != nil {
		return err
	}
	if err := req.Connect("inproc://workers"); err != nil {
		return err
	}
	answer := [][]byte{[]byte("ready")}
	for {
		if err := req.SendParts(ctx, answer...); err != nil {
			return err
		}
		task, err := req.RecvParts(ctx)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(*work + 1)):
		}
		answer = append(task[:len(task)-1], fmt.Appendf(nil, "done by worker %d of %s", number, *name))
	}
}
