// Pipeline is work that is dealt out: a ventilator (PUSH) deals tasks to its workers, which push results to a sink (PULL).
// Workers may come and go, on any machine, without a change elsewhere.
//
//	go run ./pipeline sink
//	go run ./pipeline worker
//	go run ./pipeline worker
//	go run ./pipeline ventilator
//
// A PUSH socket gives the first peer all that it has, if the others come a moment later: so the ventilator waits until
// both workers are connected. When all results are there the sink publishes the end, and workers end, too. A subscription that
// arrives after the end would miss it: so the sink welcomes each subscriber, and a worker takes no task before.
//
// Tasks are dealt in turn, whether a worker is free or not, and those of a worker that dies are lost: see loadbalancer, and the
// reliable patterns.
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
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	tasksAt   = flag.String("tasks", "tcp://127.0.0.1:5557", "where the ventilator is bound")
	resultsAt = flag.String("results", "tcp://127.0.0.1:5558", "where the sink is bound")
	controlAt = flag.String("control", "tcp://127.0.0.1:5559", "where the sink publishes the end")
	tasks     = flag.Int("n", 100, "how many tasks there are, for ventilator and sink")
	longest   = flag.Duration("longest", 100*time.Millisecond, "how long a task takes at most, for the ventilator")
	workers   = flag.Int("workers", 2, "how many workers the ventilator waits for")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0))
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

func run(ctx context.Context, role string) error {
	zc, err := zmq.NewContext(zmq.CloseTimeout(time.Second)) // after a signal
	if err != nil {
		return err
	}
	defer zc.Close()
	switch role {
	case "ventilator":
		return ventilator(ctx, zc)
	case "worker":
		return worker(ctx, zc)
	case "sink":
		return sink(ctx, zc)
	}
	return errors.New("usage: pipeline [flags] ventilator|worker|sink")
}

func ventilator(ctx context.Context, zc *zmq.Context) error {
	push, err := bound(zc, zmq.Push, *tasksAt, zmq.WatchPeers(true))
	if err != nil {
		return err
	}
	if err := push.WaitConnected(ctx, *workers); err != nil {
		return err
	}
	for range *tasks {
		task := rand.N(*longest + 1)
		if err := push.SendParts(ctx, []byte(task.String())); err != nil {
			return err
		}
	}
	fmt.Println(*tasks, "tasks sent")
	if err := push.Close(); err != nil {
		return err
	}
	return zc.Term(ctx) // when the workers have them all, or for a signal
}

func worker(ctx context.Context, zc *zmq.Context) error {
	control, err := connected(zc, zmq.Sub, *controlAt, zmq.Subscribe(""))
	if err != nil {
		return err
	}
	if _, err := control.RecvParts(ctx); err != nil { // the welcome
		return err
	}
	results, err := connected(zc, zmq.Push, *resultsAt)
	if err != nil {
		return err
	}
	tasks, err := connected(zc, zmq.Pull, *tasksAt)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		for message, err := range control.Messages(ctx) {
			if err != nil || string(message[0]) == "end" {
				return
			}
		}
	}()
	for task, err := range tasks.Messages(ctx) {
		if err != nil {
			return err
		}
		took, err := time.ParseDuration(string(task[0]))
		if err != nil {
			return err
		}
		time.Sleep(took) // the work
		fmt.Println("task done:", took)
		if err := results.SendParts(ctx, task[0]); err != nil {
			return err
		}
	}
	return nil
}

func sink(ctx context.Context, zc *zmq.Context) error {
	results, err := bound(zc, zmq.Pull, *resultsAt)
	if err != nil {
		return err
	}
	control, err := bound(zc, zmq.XPub, *controlAt, zmq.XPubVerbose(true))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for _, err := range control.Messages(ctx) { // each is a subscription
			if err != nil || control.SendParts(ctx, []byte("welcome")) != nil {
				return
			}
		}
	}()
	var work time.Duration
	var start time.Time
	for i := range *tasks {
		result, err := results.RecvParts(ctx)
		if err != nil {
			return err
		}
		if i == 0 {
			start = time.Now()
		}
		took, err := time.ParseDuration(string(result[0]))
		if err != nil {
			return err
		}
		work += took
		fmt.Printf("%d results\n", i+1)
	}
	fmt.Printf("%v of work done in %v\n", work, time.Since(start).Round(time.Millisecond))
	return control.SendParts(ctx, []byte("end"))
}

// bound returns a socket that is bound to endpoint. It is closed with zc.
func bound(zc *zmq.Context, t zmq.SocketType, endpoint string, opts ...zmq.SocketOption) (*zmq.Socket, error) {
	s, err := zc.NewSocket(t, opts...)
	if err != nil {
		return nil, err
	}
	return s, s.Bind(endpoint)
}

// connected returns a socket that is connected to endpoint. It is closed with zc.
func connected(zc *zmq.Context, t zmq.SocketType, endpoint string, opts ...zmq.SocketOption) (*zmq.Socket, error) {
	s, err := zc.NewSocket(t, opts...)
	if err != nil {
		return nil, err
	}
	return s, s.Connect(endpoint)
}
