//go:build pebbe

// Monitor prints what happens to a server's connections, on a goroutine, until the monitor stops.
package main

import (
	"fmt"
	"strings"

	zmq "github.com/pebbe/zmq4"
)

func watch(addr string, done chan<- bool) {
	defer close(done)
	s, err := zmq.NewSocket(zmq.PAIR)
	if err != nil {
		panic(err)
	}
	defer s.Close()
	if err := s.Connect(addr); err != nil {
		panic(err)
	}
	for {
		event, addr, _, err := s.RecvEvent(0)
		if err != nil {
			fmt.Println(err)
			return
		}
		if i := strings.LastIndex(addr, ":"); i >= 0 {
			addr = addr[:i]
		}
		fmt.Println(event, addr)
		if event == zmq.EVENT_MONITOR_STOPPED {
			return
		}
	}
}

func main() {
	rep, err := zmq.NewSocket(zmq.REP)
	if err != nil {
		panic(err)
	}
	if err := rep.Monitor("inproc://monitor.rep", zmq.EVENT_ALL); err != nil {
		panic(err)
	}
	done := make(chan bool)
	go watch("inproc://monitor.rep", done)
	rep.Bind("tcp://127.0.0.1:*")
	endpoint, _ := rep.GetLastEndpoint()
	req, _ := zmq.NewSocket(zmq.REQ)
	req.Connect(endpoint)
	for i := 0; i < 3; i++ {
		req.Send(fmt.Sprint("request ", i), 0)
		rep.Recv(0)
		rep.Send("reply", 0)
		req.Recv(0)
	}
	rep.Close()
	<-done
	req.SetLinger(0)
	req.Close()
	fmt.Println("Term", zmq.Term())
}
