//go:build pebbe

// Lazypirate asks a server that does not always answer, and tries again with a new socket.
package main

import (
	"fmt"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func server(ready chan<- string) {
	s, _ := zmq.NewSocket(zmq.ROUTER)
	defer s.Close()
	s.Bind("tcp://127.0.0.1:*")
	endpoint, _ := s.GetLastEndpoint()
	ready <- endpoint
	for cycle := 0; ; cycle++ {
		msg, err := s.RecvMessage(0)
		if err != nil {
			return
		}
		switch {
		case msg[2] == "END":
			return
		case cycle == 1, cycle == 3:
			fmt.Println("S: I lose", msg[2])
		default:
			fmt.Println("S: I answer", msg[2])
			s.SendMessage(msg)
		}
	}
}

func main() {
	ready := make(chan string)
	go server(ready)
	endpoint := <-ready
	client, err := zmq.NewSocket(zmq.REQ)
	if err != nil {
		panic(err)
	}
	client.SetLinger(0)
	client.Connect(endpoint)
	poller := zmq.NewPoller()
	poller.Add(client, zmq.POLLIN)
	for sequence := 1; sequence <= 4; sequence++ {
		client.SendMessage(sequence)
		for retry := true; retry; {
			sockets, err := poller.Poll(500 * time.Millisecond)
			if err != nil {
				panic(err)
			}
			if len(sockets) > 0 {
				reply, _ := client.RecvMessage(0)
				fmt.Println("C: reply", reply)
				retry = false
				continue
			}
			fmt.Println("C: no response, retrying", sequence)
			client.Close()
			client, _ = zmq.NewSocket(zmq.REQ)
			client.SetLinger(0)
			client.Connect(endpoint)
			poller = zmq.NewPoller()
			poller.Add(client, zmq.POLLIN)
			client.SendMessage(sequence)
		}
	}
	client.Send("END", 0)
	client.SetLinger(time.Second)
	client.Close()
	fmt.Println("Term", zmq.Term())
}
