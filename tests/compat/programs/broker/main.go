//go:build pebbe

// Broker is a load-balancing broker between clients and workers, with a Poller.
package main

import (
	"fmt"
	"sort"
	"sync"

	zmq "github.com/pebbe/zmq4"
)

const (
	clients  = 5
	workers  = 3
	requests = 20
)

func client(n int, results chan<- string, done *sync.WaitGroup) {
	defer done.Done()
	s, err := zmq.NewSocket(zmq.REQ)
	if err != nil {
		panic(err)
	}
	defer s.Close()
	s.SetIdentity(fmt.Sprintf("client-%d", n))
	s.Connect("inproc://frontend")
	for i := 0; i < requests; i++ {
		s.Send(fmt.Sprintf("request %d of %d", i, n), 0)
		reply, err := s.Recv(0)
		if err != nil {
			panic(err)
		}
		results <- reply
	}
}

func worker(n int, ended *sync.WaitGroup) {
	defer ended.Done()
	s, _ := zmq.NewSocket(zmq.REQ)
	defer s.Close()
	s.SetIdentity(fmt.Sprintf("worker-%d", n))
	s.Connect("inproc://backend")
	s.SendMessage("READY")
	for {
		msg, err := s.RecvMessage(0)
		if err != nil {
			panic(err)
		}
		if msg[0] == "END" {
			return
		}
		// identity, empty, request
		s.SendMessage(msg[0], "", "reply to "+msg[len(msg)-1])
	}
}

func main() {
	frontend, _ := zmq.NewSocket(zmq.ROUTER)
	backend, _ := zmq.NewSocket(zmq.ROUTER)
	defer frontend.Close()
	defer backend.Close()
	frontend.Bind("inproc://frontend")
	backend.Bind("inproc://backend")
	results := make(chan string, clients*requests)
	var all, ended sync.WaitGroup
	for n := 0; n < clients; n++ {
		all.Add(1)
		go client(n, results, &all)
	}
	for n := 0; n < workers; n++ {
		ended.Add(1)
		go worker(n, &ended)
	}
	ready := []string{}
	onlyWorkers := zmq.NewPoller()
	onlyWorkers.Add(backend, zmq.POLLIN)
	both := zmq.NewPoller()
	both.Add(backend, zmq.POLLIN)
	both.Add(frontend, zmq.POLLIN)
	for served := 0; served < clients*requests; {
		poller := onlyWorkers
		if len(ready) > 0 {
			poller = both
		}
		sockets, err := poller.Poll(-1)
		if err != nil {
			panic(err)
		}
		for _, socket := range sockets {
			switch s := socket.Socket; s {
			case backend:
				// By hand, and then the rest at once.
				id, _ := s.Recv(0)
				s.Recv(0)
				msg, _ := s.RecvMessage(0)
				ready = append(ready, id)
				if msg[0] != "READY" {
					frontend.SendMessage(msg)
					served++
				}
			case frontend:
				if len(ready) == 0 {
					continue
				}
				msg, _ := s.RecvMessage(0)
				backend.Send(ready[0], zmq.SNDMORE)
				backend.Send("", zmq.SNDMORE)
				backend.SendMessage(msg)
				ready = ready[1:]
			}
		}
	}
	all.Wait()
	for len(ready) < workers {
		id, _ := backend.RecvMessage(0)
		ready = append(ready, id[0])
	}
	for _, id := range ready {
		backend.SendMessage(id, "", "END")
	}
	ended.Wait()
	close(results)
	var lines []string
	for r := range results {
		lines = append(lines, r)
	}
	sort.Strings(lines)
	for _, l := range lines {
		fmt.Println(l)
	}
}
