//go:build pebbe

// Pipeline is a ventilator, workers and a sink, with a kill signal over PUB.
package main

import (
	"fmt"
	"strconv"
	"sync"

	zmq "github.com/pebbe/zmq4"
)

func worker(wg *sync.WaitGroup, ready chan<- bool) {
	defer wg.Done()
	receiver, _ := zmq.NewSocket(zmq.PULL)
	sender, _ := zmq.NewSocket(zmq.PUSH)
	controller, _ := zmq.NewSocket(zmq.SUB)
	defer receiver.Close()
	defer sender.Close()
	defer controller.Close()
	receiver.Connect("inproc://ventilator")
	sender.Connect("inproc://sink")
	controller.SetSubscribe("")
	controller.Connect("inproc://control")
	ready <- true
	poller := zmq.NewPoller()
	poller.Add(receiver, zmq.POLLIN)
	poller.Add(controller, zmq.POLLIN)
	for {
		sockets, err := poller.Poll(-1)
		if err != nil {
			panic(err)
		}
		for _, socket := range sockets {
			if socket.Socket == controller {
				return
			}
			msg, _ := receiver.Recv(0)
			n, _ := strconv.Atoi(msg)
			sender.Send(strconv.Itoa(n*n), 0)
		}
	}
}

func main() {
	ventilator, _ := zmq.NewSocket(zmq.PUSH)
	sink, _ := zmq.NewSocket(zmq.PULL)
	control, _ := zmq.NewSocket(zmq.XPUB)
	ventilator.Bind("inproc://ventilator")
	sink.Bind("inproc://sink")
	control.SetXpubVerbose(1)
	control.Bind("inproc://control")
	var wg sync.WaitGroup
	ready := make(chan bool)
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go worker(&wg, ready)
	}
	for i := 0; i < 4; i++ {
		<-ready
		control.Recv(0)
	}
	go func() {
		for i := 0; i < 1000; i++ {
			ventilator.Send(strconv.Itoa(i), 0)
		}
	}()
	sum := 0
	for i := 0; i < 1000; i++ {
		msg, err := sink.Recv(0)
		if err != nil {
			panic(err)
		}
		n, _ := strconv.Atoi(msg)
		sum += n
	}
	control.Send("KILL", 0)
	wg.Wait()
	fmt.Println(sum)
	ventilator.Close()
	sink.Close()
	control.Close()
	fmt.Println(zmq.Term())
}
