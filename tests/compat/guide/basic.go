//go:build pebbe

package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	programs["hwserver"] = hwserver
	programs["wuclient"] = wuclient
	programs["msreader"] = msreader
	programs["mspoller"] = mspoller
	programs["rrbroker"] = rrbroker
	programs["wuproxy"] = wuproxy
	programs["taskwork2"] = taskwork2
	programs["interrupt"] = interrupt
	programs["mtserver"] = mtserver
	programs["mtrelay"] = mtrelay
	programs["syncpub"] = syncpub
	programs["psenvpub"] = psenvpub
	programs["identity"] = identity
	programs["version"] = version
}

func hwserver() {
	server, endpoint := bound(zmq.REP)
	go func() {
		for {
			msg, err := server.Recv(0)
			if err != nil {
				return
			}
			server.Send(strings.ToUpper(msg)+" World", 0)
		}
	}()
	client := connected(zmq.REQ, endpoint)
	for n := 0; n < 10; n++ {
		_, err := client.Send(fmt.Sprintf("hello %d", n), 0)
		check(err)
		fmt.Println("Received", recv1(client))
	}
	closeAll(client)
}

// settle waits until a filter of the subscriber has come to the publisher.
func settle(pub, sub *zmq.Socket, filter string) {
	check(sub.SetRcvtimeo(20 * time.Millisecond))
	for {
		send(pub, filter+"settle")
		_, err := sub.RecvMessage(0)
		if err == nil {
			break
		}
		if zmq.AsErrno(err) != zmq.Errno(syscall.EAGAIN) {
			panic(err)
		}
	}
	check(sub.SetRcvtimeo(-1))
	send(pub, filter+"settled")
	for recv(sub)[0] != filter+"settled" {
	}
}

func wuclient() {
	pub, endpoint := bound(zmq.PUB)
	sub := subscribed(endpoint, "10001 ")
	settle(pub, sub, "10001 ")
	for i := 0; i < 300; i++ {
		send(pub, fmt.Sprintf("%05d %d %d", 10000+i%3, i%40, i%60))
	}
	total := 0
	for n := 0; n < 100; n++ {
		fields := strings.Fields(recv1(sub))
		t, err := strconv.Atoi(fields[1])
		check(err)
		total += t
	}
	fmt.Println("Average temperature", total/100, total)
	closeAll(pub, sub)
}

func twoSources() (push, pub, pull, sub *zmq.Socket) {
	push, tasks := bound(zmq.PUSH)
	pub, weather := bound(zmq.PUB)
	pull, sub = connected(zmq.PULL, tasks), subscribed(weather, "10001 ")
	settle(pub, sub, "10001 ")
	for i := 0; i < 5; i++ {
		send(push, fmt.Sprint("task ", i))
		send(pub, fmt.Sprint("10001 ", i))
	}
	return
}

func msreader() {
	push, pub, pull, sub := twoSources()
	var lines []string
	for len(lines) < 10 {
		for _, s := range []*zmq.Socket{pull, sub} {
			for {
				msg, err := s.Recv(zmq.DONTWAIT)
				if err != nil {
					if err.Error() != "resource temporarily unavailable" {
						panic(err)
					}
					break
				}
				lines = append(lines, msg)
			}
		}
		time.Sleep(time.Millisecond)
	}
	sorted(lines)
	closeAll(push, pub, pull, sub)
}

func mspoller() {
	push, pub, pull, sub := twoSources()
	poller := zmq.NewPoller()
	poller.Add(pull, zmq.POLLIN)
	poller.Add(sub, zmq.POLLIN)
	var lines []string
	for len(lines) < 10 {
		sockets, err := poller.Poll(-1)
		check(err)
		for _, socket := range sockets {
			switch socket.Socket {
			case pull:
				lines = append(lines, "P "+recv1(pull))
			case sub:
				lines = append(lines, "S "+recv1(sub))
			}
		}
	}
	sorted(lines)
	closeAll(push, pub, pull, sub)
}

// rrbroker passes part by part, as long as GetRcvmore says.
func rrbroker() {
	frontend, front := bound(zmq.ROUTER)
	backend, back := bound(zmq.DEALER)
	pass := func(from, to *zmq.Socket) {
		for {
			part := recv1(from)
			more, err := from.GetRcvmore()
			check(err)
			if !more {
				_, err = to.Send(part, 0)
				check(err)
				return
			}
			_, err = to.Send(part, zmq.SNDMORE)
			check(err)
		}
	}
	go func() {
		poller := zmq.NewPoller()
		poller.Add(frontend, zmq.POLLIN)
		poller.Add(backend, zmq.POLLIN)
		for {
			sockets, err := poller.Poll(-1)
			check(err)
			for _, socket := range sockets {
				if socket.Socket == frontend {
					pass(frontend, backend)
				} else {
					pass(backend, frontend)
				}
			}
		}
	}()
	for i := 0; i < 2; i++ {
		go func() {
			worker := connected(zmq.REP, back)
			for {
				send(worker, "World", recv(worker))
			}
		}()
	}
	client := connected(zmq.REQ, front)
	for i := 0; i < 20; i++ {
		send(client, "Hello", i)
		fmt.Println(recv(client))
	}
}

func wuproxy() {
	pub, weather := bound(zmq.PUB)
	frontend := connected(zmq.XSUB, weather)
	backend, end := bound(zmq.XPUB)
	ended := make(chan error)
	go func() { ended <- zmq.Proxy(frontend, backend, nil) }()
	a, b := subscribed(end, "a"), subscribed(end, "b", "c")
	settle(pub, a, "a")
	settle(pub, b, "b")
	settle(pub, b, "c")
	for i := 0; i < 9; i++ {
		send(pub, fmt.Sprintf("%c %d", 'a'+i%3, i), "more")
	}
	for i := 0; i < 3; i++ {
		fmt.Println("a:", recv(a))
	}
	for i := 0; i < 6; i++ {
		fmt.Println("b:", recv(b))
	}
	closeAll(pub, a, b)
	go func() {
		err := <-ended
		closeAll(frontend, backend)
		ended <- err
	}()
	check(zmq.Term())
	fmt.Println(<-ended)
}

// taskwork2 has workers that a controller ends.
func taskwork2() {
	ventilator, tasks := bound(zmq.PUSH)
	sink, results := bound(zmq.PULL)
	control, kill := bound(zmq.PUB)
	const workers = 4
	var ready, all sync.WaitGroup
	for i := 0; i < workers; i++ {
		ready.Add(1)
		all.Add(1)
		receiver, sender, controller := connected(zmq.PULL, tasks), connected(zmq.PUSH, results), subscribed(kill, "")
		settle(control, controller, "")
		go func() {
			defer all.Done()
			defer closeAll(receiver, sender, controller)
			poller := zmq.NewPoller()
			poller.Add(receiver, zmq.POLLIN)
			poller.Add(controller, zmq.POLLIN)
			ready.Done()
			for {
				sockets, err := poller.Poll(-1)
				check(err)
				for _, socket := range sockets {
					switch s := socket.Socket; s {
					case receiver:
						msg := recv1(s)
						send(sender, msg+" done")
					case controller:
						if recv1(s) == "KILL" {
							return
						}
					}
				}
			}
		}()
	}
	ready.Wait()
	for i := 0; i < 100; i++ {
		send(ventilator, fmt.Sprintf("%03d", i))
	}
	var lines []string
	for i := 0; i < 100; i++ {
		lines = append(lines, recv1(sink))
	}
	sorted(lines)
	send(control, "KILL")
	all.Wait()
	fmt.Println("all workers are gone")
	closeAll(ventilator, sink, control)
	fmt.Println("Term", zmq.Term())
}

// interrupt ends a loop of Polls by a signal, in the way that programs do.
func interrupt() {
	sockets, _ := bound(zmq.REP)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	check(sockets.SetRcvtimeo(10 * time.Millisecond))
	self, err := os.FindProcess(os.Getpid())
	check(err)
	check(self.Signal(syscall.SIGTERM))
	for {
		_, err := sockets.RecvBytes(0)
		if zmq.AsErrno(err) != zmq.Errno(syscall.EAGAIN) {
			panic(err)
		}
		select {
		case s := <-signals:
			fmt.Println("W: interrupt received,", s)
			fmt.Println("Close", sockets.Close(), "Term", zmq.Term())
			return
		default:
		}
	}
}

func mtserver() {
	clients, front := bound(zmq.ROUTER)
	workers, _ := bound(zmq.DEALER, "inproc://workers")
	var all sync.WaitGroup
	for i := 0; i < 5; i++ {
		all.Add(1)
		receiver := connected(zmq.REP, "inproc://workers")
		go func() {
			defer all.Done()
			defer receiver.Close()
			for {
				msg, err := receiver.RecvMessage(0)
				if err != nil {
					return
				}
				receiver.SendMessage("World", msg)
			}
		}()
	}
	ended := make(chan error)
	go func() {
		err := zmq.Proxy(clients, workers, nil)
		closeAll(clients, workers)
		ended <- err
	}()
	var lines []string
	var mu sync.Mutex
	var done sync.WaitGroup
	for i := 0; i < 10; i++ {
		done.Add(1)
		go func(i int) {
			defer done.Done()
			client := connected(zmq.REQ, front)
			defer client.Close()
			for n := 0; n < 10; n++ {
				send(client, i, n)
				mu.Lock()
				lines = append(lines, fmt.Sprint(recv(client)))
				mu.Unlock()
			}
		}(i)
	}
	done.Wait()
	sorted(lines)
	fmt.Println("Term", zmq.Term())
	all.Wait()
	fmt.Println("Proxy", <-ended)
}

func mtrelay() {
	step3, _ := bound(zmq.PAIR, "inproc://step3")
	go func() {
		step2, _ := bound(zmq.PAIR, "inproc://step2")
		go func() {
			xmitter := connected(zmq.PAIR, "inproc://step2")
			fmt.Println("Step 1 ready, signaling step 2")
			send(xmitter, "READY")
			closeAll(xmitter)
		}()
		recv(step2)
		xmitter := connected(zmq.PAIR, "inproc://step3")
		fmt.Println("Step 2 ready, signaling step 3")
		send(xmitter, "READY")
		closeAll(step2, xmitter)
	}()
	fmt.Println(recv(step3), "Test successful!")
	closeAll(step3)
	fmt.Println("Term", zmq.Term())
}

func syncpub() {
	const subscribers = 3
	publisher, err := zmq.NewSocket(zmq.PUB)
	check(err)
	check(publisher.SetSndhwm(0))
	check(publisher.Bind("tcp://127.0.0.1:*"))
	pubEnd, err := publisher.GetLastEndpoint()
	check(err)
	service, syncEnd := bound(zmq.REP)
	counts := make(chan string, subscribers)
	for i := 0; i < subscribers; i++ {
		go func(i int) {
			sub, err := zmq.NewSocket(zmq.SUB)
			check(err)
			check(sub.SetRcvhwm(0))
			check(sub.SetSubscribe(""))
			check(sub.Connect(pubEnd))
			first := recv1(sub) // the publisher says READY until all are there
			client := connected(zmq.REQ, syncEnd)
			send(client, "")
			recv(client)
			n := 0
			for {
				msg := recv1(sub)
				if msg == "END" {
					break
				}
				if msg == "Rhubarb" {
					n++
				}
			}
			closeAll(client, sub)
			counts <- fmt.Sprint("subscriber ", i, " began with ", first, ", and received ", n)
		}(i)
	}
	check(service.SetRcvtimeo(10 * time.Millisecond))
	for ready := 0; ready < subscribers; {
		send(publisher, "READY")
		if _, err := service.RecvMessage(0); err == nil {
			send(service, "")
			ready++
		}
	}
	for i := 0; i < 20000; i++ {
		send(publisher, "Rhubarb")
	}
	send(publisher, "END")
	var lines []string
	for i := 0; i < subscribers; i++ {
		lines = append(lines, <-counts)
	}
	sorted(lines)
	closeAll(publisher, service)
	fmt.Println("Term", zmq.Term())
}

func psenvpub() {
	pub, endpoint := bound(zmq.PUB)
	sub := subscribed(endpoint, "B")
	settle(pub, sub, "B")
	for i := 0; i < 5; i++ {
		pub.Send("A", zmq.SNDMORE)
		pub.Send("We don't want to see this", 0)
		pub.Send("B", zmq.SNDMORE)
		pub.Send(fmt.Sprint("We would like to see this ", i), 0)
	}
	for i := 0; i < 5; i++ {
		address, contents := recv1(sub), recv1(sub)
		more, err := sub.GetRcvmore()
		fmt.Printf("[%s] %s %v %v\n", address, contents, more, err)
	}
	closeAll(pub, sub)
}

func identity() {
	sink, _ := bound(zmq.ROUTER, "inproc://example")
	anonymous := connected(zmq.REQ, "inproc://example")
	send(anonymous, "ROUTER uses a generated 5 byte identity")
	msg, err := sink.RecvMessageBytes(0)
	check(err)
	fmt.Printf("%d %d %q\n", len(msg[0]), msg[0][0], msg[1:])
	identified, err := zmq.NewSocket(zmq.REQ)
	check(err)
	check(identified.SetIdentity("PEER2"))
	check(identified.Connect("inproc://example"))
	send(identified, "ROUTER uses REQ's socket identity")
	fmt.Printf("%q\n", recv(sink))
	fmt.Println(identified)
	closeAll(sink, anonymous, identified)
}

func version() {
	major, minor, patch := zmq.Version()
	fmt.Printf("Current 0MQ version is %d.%d.%d\n", major, minor, patch)
	for _, t := range []zmq.Type{zmq.REQ, zmq.STREAM, 99} {
		fmt.Printf("%v %s %d\n", t, t, t)
	}
	fmt.Println(zmq.EVENT_CONNECTED|zmq.EVENT_ACCEPTED, zmq.POLLIN|zmq.POLLOUT, zmq.CURVE, zmq.SNDMORE)
}
