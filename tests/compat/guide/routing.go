//go:build pebbe

package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	programs["rtreq"] = func() { rtworkers(zmq.REQ) }
	programs["rtdealer"] = func() { rtworkers(zmq.DEALER) }
	programs["lbbroker"] = lbbroker
	programs["lbbroker3"] = lbbroker3
	programs["asyncsrv"] = asyncsrv
	programs["peering"] = peering
}

// rtworkers are workers of a ROUTER that ask for work, until they are fired.
func rtworkers(t zmq.Type) {
	broker, endpoint := bound(zmq.ROUTER)
	const workers, tasks = 5, 100
	totals := make(chan int, workers)
	for i := 0; i < workers; i++ {
		go func(i int) {
			worker, err := zmq.NewSocket(t)
			check(err)
			defer closeAll(worker)
			check(worker.SetIdentity(fmt.Sprintf("%04X-%04X", i, i*i)))
			check(worker.Connect(endpoint))
			for total := 0; ; total++ {
				if t == zmq.DEALER {
					worker.Send("", zmq.SNDMORE)
				}
				worker.Send("Hi Boss", 0)
				if t == zmq.DEALER {
					recv1(worker)
				}
				if recv1(worker) == "Fired!" {
					totals <- total
					return
				}
			}
		}(i)
	}
	for sent, fired := 0, 0; fired < workers; {
		identity := recv1(broker)
		broker.Send(identity, zmq.SNDMORE)
		recv1(broker) // the delimiter
		recv1(broker)
		broker.Send("", zmq.SNDMORE)
		if sent < tasks {
			broker.Send("Work harder", 0)
			sent++
		} else {
			broker.Send("Fired!", 0)
			fired++
		}
	}
	total := 0
	for i := 0; i < workers; i++ {
		total += <-totals
	}
	fmt.Println("Completed:", total, "tasks")
	closeAll(broker)
	fmt.Println("Term", zmq.Term())
}

const (
	lbClients = 10
	lbWorkers = 3
)

func lbclient(endpoint string, i int, results chan<- string) {
	client, err := zmq.NewSocket(zmq.REQ)
	check(err)
	defer closeAll(client)
	check(client.SetIdentity(fmt.Sprint("client-", i)))
	check(client.Connect(endpoint))
	send(client, "HELLO")
	results <- fmt.Sprint("Client: ", i, " ", recv(client))
}

func lbworker(endpoint string, i int, done *sync.WaitGroup) {
	defer done.Done()
	worker, err := zmq.NewSocket(zmq.REQ)
	check(err)
	defer worker.Close()
	check(worker.SetIdentity(fmt.Sprint("worker-", i)))
	check(worker.Connect(endpoint))
	send(worker, "READY")
	for {
		msg, err := worker.RecvMessage(0)
		if err != nil {
			fmt.Println("worker:", err == zmq.ETERM)
			return
		}
		identity, request := unwrap(msg)
		send(worker, identity, "", "OK to "+request[0])
	}
}

// lbstart starts the clients and the workers of a broker, which has the two sockets. end waits for them and ends everything.
func lbstart() (frontend, backend *zmq.Socket, end func()) {
	frontend, front := bound(zmq.ROUTER, "inproc://frontend")
	backend, back := bound(zmq.ROUTER, "inproc://backend")
	results := make(chan string, lbClients)
	var workers sync.WaitGroup
	workers.Add(lbWorkers)
	for i := 0; i < lbWorkers; i++ {
		go lbworker(back, i, &workers)
	}
	for i := 0; i < lbClients; i++ {
		go lbclient(front, i, results)
	}
	return frontend, backend, func() {
		var lines []string
		for i := 0; i < lbClients; i++ {
			lines = append(lines, <-results)
		}
		sorted(lines)
		closeAll(frontend, backend)
		fmt.Println("Term", zmq.Term())
		workers.Wait()
	}
}

// lbbroker keeps a queue of workers, with a poller for each state.
func lbbroker() {
	frontend, backend, end := lbstart()
	poller1, poller2 := zmq.NewPoller(), zmq.NewPoller()
	poller1.Add(backend, zmq.POLLIN)
	poller2.Add(backend, zmq.POLLIN)
	poller2.Add(frontend, zmq.POLLIN)
	var queue []string
	for left, starting := lbClients, lbWorkers; left > 0 || starting > 0; {
		poller := poller1
		if len(queue) > 0 {
			poller = poller2
		}
		sockets, err := poller.Poll(-1)
		check(err)
		for _, socket := range sockets {
			switch socket.Socket {
			case backend:
				worker, msg := unwrap(recv(backend))
				queue = append(queue, worker)
				if msg[0] == "READY" {
					starting--
				} else {
					send(frontend, msg)
					left--
				}
			case frontend:
				if len(queue) == 0 {
					continue
				}
				client, request := unwrap(recv(frontend))
				send(backend, queue[0], "", client, "", request)
				queue = queue[1:]
			}
		}
	}
	end()
}

// lbbroker3 is lbbroker with a Reactor, whose handlers take the frontend out while there is no worker.
func lbbroker3() {
	frontend, backend, end := lbstart()
	var queue []string
	left, starting := lbClients, lbWorkers
	reactor := zmq.NewReactor()
	handleFrontend := func(zmq.State) error {
		client, request := unwrap(recv(frontend))
		send(backend, queue[0], "", client, "", request)
		if queue = queue[1:]; len(queue) == 0 {
			reactor.RemoveSocket(frontend)
		}
		return nil
	}
	reactor.AddSocket(backend, zmq.POLLIN, func(zmq.State) error {
		worker, msg := unwrap(recv(backend))
		if queue = append(queue, worker); len(queue) == 1 {
			reactor.AddSocket(frontend, zmq.POLLIN, handleFrontend)
		}
		if msg[0] == "READY" {
			starting--
		} else {
			send(frontend, msg)
			left--
		}
		if left == 0 && starting == 0 {
			return fmt.Errorf("all served")
		}
		return nil
	})
	fmt.Println(reactor.Run(-1))
	end()
}

// asyncsrv has clients that do not wait for one answer before they ask again.
func asyncsrv() {
	frontend, front := bound(zmq.ROUTER)
	backend, back := bound(zmq.DEALER, "inproc://backend")
	go zmq.Proxy(frontend, backend, nil)
	for i := 0; i < 5; i++ {
		go func() {
			worker := connected(zmq.DEALER, back)
			for {
				msg := recv(worker)
				identity, content := msg[0], msg[1]
				n, err := strconv.Atoi(strings.Fields(content)[1])
				check(err)
				for j := 0; j < n%3; j++ {
					send(worker, identity, fmt.Sprint(content, " reply ", j))
				}
			}
		}()
	}
	const clients, asks = 3, 30
	results := make(chan string, clients)
	for i := 0; i < clients; i++ {
		go func(i int) {
			client, err := zmq.NewSocket(zmq.DEALER)
			check(err)
			check(client.SetIdentity(fmt.Sprintf("%04X", i)))
			check(client.Connect(front))
			poller := zmq.NewPoller()
			poller.Add(client, zmq.POLLIN)
			got := 0
			take := func(upTo int) {
				for got < upTo {
					sockets, err := poller.Poll(-1)
					check(err)
					recv(sockets[0].Socket)
					got++
				}
			}
			want := 0
			for n := 1; n <= asks; n++ {
				send(client, fmt.Sprint("request ", n))
				if want += n % 3; want > got {
					take(got + 1)
				}
			}
			take(want)
			results <- fmt.Sprint("client ", i, " has ", got, " replies of ", want)
			closeAll(client)
		}(i)
	}
	var lines []string
	for i := 0; i < clients; i++ {
		lines = append(lines, <-results)
	}
	sorted(lines)
}

// peering connects brokers that publish to each other how many workers are free, and pass work on.
func peering() {
	names := []string{"DC1", "DC2", "DC3"}
	state, cloud := map[string]*zmq.Socket{}, map[string]*zmq.Socket{}
	stateEnd, cloudEnd := map[string]string{}, map[string]string{}
	for _, name := range names {
		state[name], stateEnd[name] = bound(zmq.PUB)
		s, err := zmq.NewSocket(zmq.ROUTER)
		check(err)
		check(s.SetIdentity(name))
		check(s.Bind("tcp://127.0.0.1:*"))
		cloud[name] = s
		cloudEnd[name], err = s.GetLastEndpoint()
		check(err)
	}
	backs, fronts := map[string]*zmq.Socket{}, map[string]*zmq.Socket{}
	for _, name := range names {
		back, err := zmq.NewSocket(zmq.ROUTER)
		check(err)
		check(back.SetIdentity(name))
		check(back.SetRouterMandatory(1))
		front, err := zmq.NewSocket(zmq.SUB)
		check(err)
		check(front.SetSubscribe(""))
		for _, peer := range names {
			if peer != name {
				check(back.Connect(cloudEnd[peer]))
				check(front.Connect(stateEnd[peer]))
			}
		}
		backs[name], fronts[name] = back, front
		for _, peer := range names {
			if peer != name {
				settle(state[peer], front, "")
			}
		}
	}
	for _, name := range names {
		send(state[name], name, "free")
	}
	for _, name := range names {
		var lines []string
		for len(lines) < 2 {
			if msg := recv(fronts[name]); len(msg) == 2 {
				lines = append(lines, fmt.Sprint(name, " knows ", msg))
			}
		}
		sorted(lines)
	}
	for _, name := range names {
		for _, peer := range names {
			if peer == name {
				continue
			}
			for { // until the connection is there
				_, err := backs[name].SendMessage(peer, "", "task of "+name)
				if err == nil {
					break
				}
				if zmq.AsErrno(err) != zmq.EHOSTUNREACH {
					panic(err)
				}
			}
			msg := recv(cloud[peer])
			fmt.Printf("%s has %q\n", peer, msg)
			send(cloud[peer], msg[0], "", "done for "+msg[0])
			fmt.Printf("%s has %q\n", name, recv(backs[name]))
		}
	}
	for _, name := range names {
		closeAll(state[name], cloud[name], backs[name], fronts[name])
	}
	fmt.Println("Term", zmq.Term())
}
