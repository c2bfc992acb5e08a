//go:build pebbe

// Asyncserver is a ROUTER and a DEALER with a proxy between them, clients that send without waiting, and workers.
package main

import (
	"fmt"
	"sort"
	"sync"

	zmq "github.com/pebbe/zmq4"
)

func client(n int, results chan<- string, wg *sync.WaitGroup) {
	defer wg.Done()
	s, _ := zmq.NewSocket(zmq.DEALER)
	defer s.Close()
	s.SetIdentity(fmt.Sprintf("%04X", n))
	s.Connect("inproc://frontend")
	for i := 0; i < 30; i++ {
		s.SendMessage(fmt.Sprintf("request #%d", i))
	}
	for i := 0; i < 30; i++ {
		msg, err := s.RecvMessage(0)
		if err != nil {
			panic(err)
		}
		id, _ := s.GetIdentity()
		results <- id + " " + msg[len(msg)-1]
	}
}

func worker(wg *sync.WaitGroup) {
	defer wg.Done()
	s, err := zmq.NewSocket(zmq.DEALER)
	if err != nil {
		return // it begins after the end
	}
	defer s.Close()
	s.Connect("inproc://backend")
	for {
		msg, err := s.RecvMessage(0)
		if err != nil {
			if zmq.AsErrno(err) != zmq.ETERM {
				panic(err)
			}
			return
		}
		identity, content := pop(msg)
		s.SendMessage(identity, content)
	}
}

func pop(msg []string) (head, tail []string) {
	if msg[1] == "" {
		return msg[:2], msg[2:]
	}
	return msg[:1], msg[1:]
}

func main() {
	frontend, _ := zmq.NewSocket(zmq.ROUTER)
	backend, _ := zmq.NewSocket(zmq.DEALER)
	frontend.Bind("inproc://frontend")
	backend.Bind("inproc://backend")
	ended := make(chan error)
	go func() {
		err := zmq.Proxy(frontend, backend, nil)
		frontend.Close()
		backend.Close()
		ended <- err
	}()
	var clients, workers sync.WaitGroup
	results := make(chan string, 100)
	for n := 0; n < 3; n++ {
		clients.Add(1)
		go client(n, results, &clients)
	}
	for n := 0; n < 3; n++ {
		workers.Add(1)
		go worker(&workers)
	}
	clients.Wait()
	close(results)
	var lines []string
	for r := range results {
		lines = append(lines, r)
	}
	sort.Strings(lines)
	for _, l := range lines {
		fmt.Println(l)
	}
	fmt.Println("Term", zmq.Term())
	workers.Wait()
	fmt.Println("Proxy", <-ended)
}
