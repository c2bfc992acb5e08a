//go:build pebbe

// Bench measures github.com/pebbe/zmq4, or what stands in for it: "bench CASE COUNT" prints how many seconds it took.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func open(t zmq.Type) *zmq.Socket {
	s, err := zmq.NewSocket(t)
	check(err)
	check(s.SetSndhwm(0))
	check(s.SetRcvhwm(0))
	return s
}

// bind binds a socket over a transport and returns where.
func bind(s *zmq.Socket, transport string) string {
	end := map[string]string{"inproc": fmt.Sprintf("inproc://%p", s), "ipc": "ipc://*", "tcp": "tcp://127.0.0.1:*"}[transport]
	check(s.Bind(end))
	end, err := s.GetLastEndpoint()
	check(err)
	return end
}

func main() {
	n, err := strconv.Atoi(os.Args[2])
	check(err)
	what := strings.Split(os.Args[1], " ")
	body := []byte(strings.Repeat("x", 100))
	var took time.Duration
	switch what[0] {
	case "one":
		took = flood(what[1], n, func(s *zmq.Socket) { _, err := s.SendBytes(body, 0); check(err) },
			func(s *zmq.Socket) { _, err := s.RecvBytes(0); check(err) })
	case "three":
		took = flood(what[1], n, func(s *zmq.Socket) { _, err := s.SendMessage("topic", body, "end"); check(err) },
			func(s *zmq.Socket) { _, err := s.RecvMessageBytes(0); check(err) })
	case "request":
		took = requests(what[1], n)
	case "publisher":
		took = publisher(n, what[1] == "parts")
	case "broker":
		took = broker(n)
	}
	fmt.Printf("%.4f\n", took.Seconds())
	os.Exit(0)
}

func flood(transport string, n int, send, recv func(*zmq.Socket)) time.Duration {
	push, pull := open(zmq.PUSH), open(zmq.PULL)
	check(push.Connect(bind(pull, transport)))
	begin := time.Now()
	go func() {
		for i := 0; i < n; i++ {
			send(push)
		}
	}()
	for i := 0; i < n; i++ {
		recv(pull)
	}
	return time.Since(begin)
}

func requests(transport string, n int) time.Duration {
	req, rep := open(zmq.REQ), open(zmq.REP)
	check(req.Connect(bind(rep, transport)))
	go func() {
		for {
			msg, err := rep.RecvMessage(0)
			check(err)
			_, err = rep.SendMessage(msg)
			check(err)
		}
	}()
	begin := time.Now()
	for i := 0; i < n; i++ {
		_, err := req.SendMessage("request", i)
		check(err)
		_, err = req.RecvMessage(0)
		check(err)
	}
	return time.Since(begin)
}

func publisher(n int, parts bool) time.Duration {
	const subscribers = 10
	pub := open(zmq.XPUB)
	end := bind(pub, "tcp")
	var all sync.WaitGroup
	for i := 0; i < subscribers; i++ {
		sub := open(zmq.SUB)
		check(sub.SetSubscribe(""))
		check(sub.Connect(end))
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < n; i++ {
				if !parts {
					_, err := sub.RecvMessageBytes(0)
					check(err)
					continue
				}
				_, err := sub.RecvBytes(0)
				check(err)
				_, err = sub.RecvBytes(0)
				check(err)
			}
		}()
	}
	check(pub.SetXpubVerbose(1))
	time.Sleep(300 * time.Millisecond)
	begin := time.Now()
	for i := 0; i < n; i++ {
		_, err := pub.SendMessage("topic", i)
		check(err)
	}
	all.Wait()
	return time.Since(begin)
}

// broker is a load-balancing broker with a Poller between 8 clients and 8 workers.
func broker(n int) time.Duration {
	const each = 8
	front, back := open(zmq.ROUTER), open(zmq.ROUTER)
	frontEnd, backEnd := bind(front, "tcp"), bind(back, "tcp")
	for i := 0; i < each; i++ {
		worker := open(zmq.REQ)
		check(worker.SetIdentity(fmt.Sprint("w", i)))
		check(worker.Connect(backEnd))
		go func() {
			_, err := worker.SendMessage("READY")
			check(err)
			for {
				msg, err := worker.RecvMessage(0)
				check(err)
				_, err = worker.SendMessage(msg)
				check(err)
			}
		}()
	}
	var ready []string
	for len(ready) < each {
		msg, err := back.RecvMessage(0)
		check(err)
		ready = append(ready, msg[0])
	}
	begin := time.Now()
	var clients sync.WaitGroup
	for i := 0; i < each; i++ {
		client := open(zmq.REQ)
		check(client.SetIdentity(fmt.Sprint("c", i)))
		check(client.Connect(frontEnd))
		clients.Add(1)
		go func() {
			defer clients.Done()
			for i := 0; i < n/each; i++ {
				_, err := client.SendMessage("request")
				check(err)
				_, err = client.RecvMessage(0)
				check(err)
			}
		}()
	}
	go func() {
		only, both := zmq.NewPoller(), zmq.NewPoller()
		only.Add(back, zmq.POLLIN)
		both.Add(back, zmq.POLLIN)
		both.Add(front, zmq.POLLIN)
		for {
			p := both
			if len(ready) == 0 {
				p = only
			}
			found, err := p.Poll(-1)
			check(err)
			for _, f := range found {
				if f.Socket == front && len(ready) == 0 {
					continue
				}
				msg, err := f.Socket.RecvMessage(0)
				check(err)
				if f.Socket == back {
					ready = append(ready, msg[0])
					_, err = front.SendMessage(msg[2:])
				} else {
					_, err = back.SendMessage(ready[0], "", msg)
					ready = ready[1:]
				}
				check(err)
			}
		}
	}()
	clients.Wait()
	return time.Since(begin)
}
