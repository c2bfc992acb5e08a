//go:build pebbe

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	programs["lpclient"] = lpclient
	programs["spqueue"] = spqueue
	programs["ppqueue"] = ppqueue
	programs["mdbroker"] = mdbroker
	programs["titanic"] = titanic
	programs["flclient1"] = flclient1
	programs["flclient2"] = flclient2
	programs["flclient3"] = flclient3
}

// lpclient asks with ReqRelaxed and ReqCorrelate, instead of a new socket each time.
func lpclient() {
	server, endpoint := bound(zmq.ROUTER)
	client, err := zmq.NewSocket(zmq.REQ)
	check(err)
	check(client.SetReqRelaxed(1))
	check(client.SetReqCorrelate(1))
	check(client.Connect(endpoint))
	for n := 1; n <= 4; n++ {
		send(client, n)
		request := recv(server) // address, number, delimiter, request
		if n%2 == 0 {
			send(server, request)
			check(client.SetRcvtimeo(-1))
		} else {
			check(client.SetRcvtimeo(20 * time.Millisecond))
		}
		msg, err := client.RecvMessage(0)
		fmt.Println(len(request), request[3], msg, err)
	}
	closeAll(server, client)
}

// spqueue is a queue of workers that say READY.
func spqueue() {
	frontend, front := bound(zmq.ROUTER)
	backend, back := bound(zmq.ROUTER)
	go func() {
		var workers []string
		poller1, poller2 := zmq.NewPoller(), zmq.NewPoller()
		poller1.Add(backend, zmq.POLLIN)
		poller2.Add(backend, zmq.POLLIN)
		poller2.Add(frontend, zmq.POLLIN)
		for {
			poller := poller1
			if len(workers) > 0 {
				poller = poller2
			}
			sockets, err := poller.Poll(-1)
			check(err)
			for _, socket := range sockets {
				switch s := socket.Socket; {
				case s == backend:
					identity, msg := unwrap(recv(s))
					workers = append(workers, identity)
					if msg[0] != "\001" {
						send(frontend, msg)
					}
				case len(workers) > 0:
					send(backend, workers[0], "", recv(s))
					workers = workers[1:]
				}
			}
		}
	}()
	for i := 0; i < 3; i++ {
		worker, err := zmq.NewSocket(zmq.REQ)
		check(err)
		check(worker.SetIdentity(fmt.Sprintf("%04X", i)))
		check(worker.Connect(back))
		send(worker, "\001")
		go func() {
			for {
				send(worker, recv(worker))
			}
		}()
	}
	client := connected(zmq.REQ, front)
	for i := 0; i < 20; i++ {
		send(client, i)
		fmt.Println(recv(client))
	}
}

// ppqueue has heartbeats both ways, and forgets a worker that is silent.
func ppqueue() {
	backend, back := bound(zmq.ROUTER)
	const ready, heartbeat = "\001", "\002"
	worker := func(name string, beats int, requests chan<- string) {
		s, err := zmq.NewSocket(zmq.DEALER)
		check(err)
		check(s.SetIdentity(name))
		check(s.Connect(back))
		send(s, ready)
		poller := zmq.NewPoller()
		poller.Add(s, zmq.POLLIN)
		for {
			sockets, err := poller.Poll(10 * time.Millisecond)
			check(err)
			if len(sockets) > 0 {
				if msg := recv(s); len(msg) > 1 {
					send(s, msg)
					requests <- name
				}
			}
			if beats > 0 {
				send(s, heartbeat)
			} else if beats == 0 {
				return // it hangs
			}
		}
	}
	requests := make(chan string, 10)
	go worker("alive", 1, requests)
	go worker("dead", 0, requests)
	silent := map[string]int{} // for how many messages of others
	forgotten := map[string]bool{}
	reactor := zmq.NewReactor()
	asked := false
	reactor.AddSocket(backend, zmq.POLLIN, func(zmq.State) error {
		msg := recv(backend)
		silent[msg[0]] = 0
		for name := range silent {
			if name != msg[0] {
				silent[name]++
			}
			if silent[name] > 50 {
				forgotten[name] = true
			}
		}
		if len(msg) > 2 {
			return errors.New("served by " + msg[0])
		}
		return nil
	})
	reactor.AddChannelTime(time.Tick(10*time.Millisecond), 1, func(interface{}) error {
		for name := range silent {
			send(backend, name, heartbeat)
		}
		if forgotten["dead"] && !asked {
			asked = true
			send(backend, "alive", "client", "", "request")
		}
		return nil
	})
	fmt.Println(reactor.Run(10 * time.Millisecond))
	fmt.Println(<-requests, forgotten)
}

// The Majordomo protocol.
const (
	mdpClient = "MDPC01"
	mdpWorker = "MDPW01"

	mdpReady      = "\001"
	mdpRequest    = "\002"
	mdpReply      = "\003"
	mdpDisconnect = "\005"
)

// majordomo is a broker on one ROUTER for clients and workers.
func majordomo(broker *zmq.Socket) {
	waiting := map[string][]string{}
	requests := map[string][][]string{}
	serviceOf := map[string]string{}
	dispatch := func(service string) {
		for len(waiting[service]) > 0 && len(requests[service]) > 0 {
			send(broker, waiting[service][0], "", mdpWorker, mdpRequest, requests[service][0])
			waiting[service], requests[service] = waiting[service][1:], requests[service][1:]
		}
	}
	for {
		msg, err := broker.RecvMessage(0)
		if err != nil {
			broker.Close()
			return
		}
		sender, msg := unwrap(msg)
		header, msg := msg[0], msg[1:]
		switch {
		case header == mdpClient && strings.HasPrefix(msg[0], "mmi."):
			code := "404"
			if len(waiting[msg[1]]) > 0 {
				code = "200"
			}
			send(broker, sender, "", mdpClient, msg[0], code)
		case header == mdpClient:
			requests[msg[0]] = append(requests[msg[0]], append([]string{sender, ""}, msg[1:]...))
			dispatch(msg[0])
		case msg[0] == mdpReady:
			serviceOf[sender] = msg[1]
			waiting[msg[1]] = append(waiting[msg[1]], sender)
			dispatch(msg[1])
		case msg[0] == mdpReply:
			client, reply := unwrap(msg[1:])
			service := serviceOf[sender]
			send(broker, client, "", mdpClient, service, reply)
			waiting[service] = append(waiting[service], sender)
			dispatch(service)
		case msg[0] == mdpDisconnect:
			service := serviceOf[sender]
			for i, name := range waiting[service] {
				if name == sender {
					waiting[service] = append(waiting[service][:i:i], waiting[service][i+1:]...)
				}
			}
			send(broker, sender, "", mdpWorker, mdpDisconnect)
		}
	}
}

func mdworker(worker *zmq.Socket, service string, serve func(request []string) []string) {
	send(worker, "", mdpWorker, mdpReady, service)
	for {
		msg, err := worker.RecvMessage(0)
		if err != nil {
			worker.Close()
			return
		}
		client, request := unwrap(msg[3:])
		send(worker, "", mdpWorker, mdpReply, client, "", serve(request))
	}
}

// mdask asks a service, which it waits for.
func mdask(client *zmq.Socket, service string, request ...string) []string {
	send(client, mdpClient, service, request)
	return recv(client)[2:]
}

func mdbroker() {
	broker, endpoint := bound(zmq.ROUTER)
	var all sync.WaitGroup
	all.Add(4)
	go func() { defer all.Done(); majordomo(broker) }()
	for i := 0; i < 3; i++ {
		worker := connected(zmq.DEALER, endpoint)
		go func() {
			defer all.Done()
			mdworker(worker, "echo", func(r []string) []string { return append(r, "echoed") })
		}()
	}
	client := connected(zmq.REQ, endpoint)
	fmt.Println(mdask(client, "mmi.service", "nonsense"))
	for n := 0; n < 10; n++ {
		fmt.Println(mdask(client, "echo", "Hello world", fmt.Sprint(n)))
	}
	fmt.Println(mdask(client, "mmi.service", "echo"))
	// The same, but all requests at once.
	async := connected(zmq.DEALER, endpoint)
	for n := 0; n < 100; n++ {
		send(async, "", mdpClient, "echo", n)
	}
	var lines []string
	for n := 0; n < 100; n++ {
		lines = append(lines, fmt.Sprintf("%q", recv(async)))
	}
	sorted(lines)
	closeAll(client, async)
	fmt.Println("Term", zmq.Term())
	all.Wait()
}

// titanic keeps requests in files.
func titanic() {
	broker, endpoint := bound(zmq.ROUTER)
	go majordomo(broker)
	dir, err := os.MkdirTemp("", "titanic")
	check(err)
	defer os.RemoveAll(dir)
	pipeIn, _ := bound(zmq.PAIR, "inproc://titanic")
	pipe := connected(zmq.PAIR, "inproc://titanic")
	ids := 0
	go mdworker(connected(zmq.DEALER, endpoint), "titanic.request", func(r []string) []string {
		ids++
		id := fmt.Sprint("id", ids)
		check(os.WriteFile(filepath.Join(dir, id+".req"), []byte(strings.Join(r, "\n")), 0o600))
		send(pipe, id)
		return []string{"200", id}
	})
	go mdworker(connected(zmq.DEALER, endpoint), "titanic.reply", func(r []string) []string {
		text, err := os.ReadFile(filepath.Join(dir, r[0]+".rep"))
		if err != nil {
			return []string{"300"}
		}
		return append([]string{"200"}, strings.Split(string(text), "\n")...)
	})
	go mdworker(connected(zmq.DEALER, endpoint), "titanic.close", func(r []string) []string {
		check(os.Remove(filepath.Join(dir, r[0]+".rep")))
		return []string{"200"}
	})
	go mdworker(connected(zmq.DEALER, endpoint), "echo", func(r []string) []string { return append(r, "echoed") })
	go func() { // sends what is in the files
		client := connected(zmq.REQ, endpoint)
		for {
			id := recv1(pipeIn)
			text, err := os.ReadFile(filepath.Join(dir, id+".req"))
			check(err)
			request := strings.Split(string(text), "\n")
			reply := mdask(client, request[0], request[1:]...)
			name := filepath.Join(dir, id+".rep")
			check(os.WriteFile(name+".new", []byte(strings.Join(reply, "\n")), 0o600))
			check(os.Rename(name+".new", name))
		}
	}()
	client := connected(zmq.REQ, endpoint)
	for n := 0; n < 5; n++ {
		reply := mdask(client, "titanic.request", "echo", fmt.Sprint("Hello ", n))
		fmt.Println("I:", reply)
		for {
			answer := mdask(client, "titanic.reply", reply[1])
			if answer[0] == "200" {
				fmt.Println("Reply:", answer[1:])
				break
			}
			time.Sleep(time.Millisecond)
		}
		fmt.Println(mdask(client, "titanic.close", reply[1]))
	}
}

func flserver(s *zmq.Socket, answer func(msg []string) []string) {
	for {
		send(s, answer(recv(s)))
	}
}

// flclient1 tries one server after the other.
func flclient1() {
	server, alive := bound(zmq.REP)
	go flserver(server, func([]string) []string { return []string{"OK"} })
	silent, dead := bound(zmq.ROUTER)
	for _, endpoint := range []string{dead, alive} {
		client := connected(zmq.REQ, endpoint)
		send(client, "Hello world")
		if endpoint == alive {
			fmt.Println(recv(client))
		} else {
			check(client.SetRcvtimeo(50 * time.Millisecond))
			_, err := client.RecvMessage(0)
			fmt.Println("W: no response", err, zmq.AsErrno(err) == zmq.Errno(syscall.EAGAIN))
		}
		check(client.SetLinger(0))
		closeAll(client)
	}
	closeAll(silent)
}

// flclient2 sends to all servers, and takes the first answer.
func flclient2() {
	var endpoints []string
	for i := 0; i < 3; i++ {
		server, endpoint := bound(zmq.REP)
		endpoints = append(endpoints, endpoint)
		go flserver(server, func(msg []string) []string { return []string{msg[0], "OK"} })
	}
	client := connected(zmq.DEALER, endpoints...)
	for sequence := 1; sequence <= 20; sequence++ {
		for range endpoints {
			send(client, "", sequence, "request")
		}
		for {
			msg := recv(client)
			if msg[1] == fmt.Sprint(sequence) {
				fmt.Println("reply", msg[1:])
				break
			}
		}
	}
}

// flclient3 knows its servers by their names, and pings them.
func flclient3() {
	client, err := zmq.NewSocket(zmq.ROUTER)
	check(err)
	check(client.SetRouterMandatory(1))
	servers := map[string]bool{}
	var all []string
	for i := 0; i < 2; i++ {
		server, err := zmq.NewSocket(zmq.ROUTER)
		check(err)
		check(server.SetIdentity(fmt.Sprint("server-", i)))
		check(server.Bind("tcp://127.0.0.1:*"))
		endpoint, err := server.GetLastEndpoint()
		check(err)
		go flserver(server, func(msg []string) []string {
			if msg[1] == "PING" {
				return []string{msg[0], "PONG"}
			}
			return []string{msg[0], msg[1], "OK"}
		})
		check(client.Connect(endpoint))
		all = append(all, fmt.Sprint("server-", i))
	}
	for _, name := range all {
		for {
			if _, err := client.SendMessage(name, "PING"); err == nil {
				break
			} else if zmq.AsErrno(err) != zmq.EHOSTUNREACH {
				panic(err)
			}
			time.Sleep(time.Millisecond)
		}
	}
	for len(servers) < len(all) {
		msg := recv(client)
		servers[msg[0]] = msg[1] == "PONG"
	}
	fmt.Println(servers)
	for n := 0; n < 10; n++ {
		send(client, all[n%2], n)
		fmt.Println(recv(client))
	}
}
