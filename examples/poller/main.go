// Poller reads from several sockets: tasks from the ventilator of pipeline, and updates from the server of weather.
//
//	go run ./weather server
//	go run ./pipeline -workers 1 -n 1000 ventilator
//	go run ./poller poller
//
// A Poller tells which sockets have something, and one goroutine deals with all of them in turn. In Go there is a second
// way, mostly the simpler one, a goroutine for each socket:
//
//	go run ./poller goroutines
//
// Neither holds a thread while nothing comes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"example.org/zmq"
)

var (
	tasksAt   = flag.String("tasks", "tcp://127.0.0.1:5557", "where the ventilator is bound")
	updatesAt = flag.String("updates", "tcp://127.0.0.1:5556", "where the weather server is bound")
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

func run(ctx context.Context) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	tasks, err := zc.NewSocket(zmq.Pull)
	if err != nil {
		return err
	}
	if err := tasks.Connect(*tasksAt); err != nil {
		return err
	}
	updates, err := zc.NewSocket(zmq.Sub, zmq.Subscribe("10001 "))
	if err != nil {
		return err
	}
	if err := updates.Connect(*updatesAt); err != nil {
		return err
	}
	switch flag.Arg(0) {
	case "poller":
		return poll(ctx, tasks, updates)
	case "goroutines":
		return goroutines(ctx, tasks, updates)
	}
	return errors.New("usage: poller [flags] poller|goroutines")
}

// poll deals with both sockets in one goroutine.
func poll(ctx context.Context, tasks, updates *zmq.Socket) error {
	poller, err := zmq.NewPoller()
	if err != nil {
		return err
	}
	defer poller.Close()
	for _, s := range []*zmq.Socket{tasks, updates} {
		if err := poller.Add(s, zmq.PollIn); err != nil {
			return err
		}
	}
	for {
		ready, err := poller.Wait(ctx)
		if err != nil {
			return err
		}
		for _, r := range ready {
			parts, err := r.Socket.RecvParts(ctx)
			if err != nil {
				return err
			}
			switch r.Socket {
			case tasks:
				fmt.Printf("task: %s\n", parts[0])
			case updates:
				fmt.Printf("update: %s\n", parts[0])
			}
		}
	}
}

// goroutines gives each socket a goroutine. The first that fails ends the other.
func goroutines(ctx context.Context, tasks, updates *zmq.Socket) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 2)
	read := func(name string, s *zmq.Socket) {
		for parts, err := range s.Messages(ctx) {
			if err != nil {
				ended <- err
				return
			}
			fmt.Printf("%s: %s\n", name, parts[0])
		}
	}
	go read("task", tasks)
	go read("update", updates)
	err := <-ended
	cancel()
	<-ended
	return err
}
