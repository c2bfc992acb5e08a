//go:build pebbe

package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	programs["espresso"] = espresso
	programs["suisnail"] = suisnail
	programs["lvcache"] = lvcache
	programs["clonesrv"] = clonesrv
	programs["pathosub"] = pathosub
}

// espresso listens to what goes through a proxy.
func espresso() {
	pub, source := bound(zmq.XPUB)
	front := connected(zmq.XSUB, source)
	back, end := bound(zmq.XPUB)
	capture, _ := bound(zmq.PAIR, "inproc://capture")
	listener := connected(zmq.PAIR, "inproc://capture")
	ended := make(chan error)
	go func() {
		err := zmq.Proxy(front, back, capture)
		closeAll(front, back, capture)
		ended <- err
	}()
	sub := subscribed(end, "A", "B")
	for i := 0; i < 2; i++ {
		fmt.Printf("subscription %q\n", recv(listener))
		fmt.Printf("subscription %q\n", recv(pub))
	}
	for i := 0; i < 5; i++ {
		send(pub, fmt.Sprintf("%c-%05d", 'A'+i%2, i))
		fmt.Println("listener:", recv(listener), "subscriber:", recv(sub))
	}
	check(sub.SetUnsubscribe("A"))
	fmt.Printf("unsubscription %q\n", recv(listener))
	fmt.Printf("unsubscription %q\n", recv(pub))
	closeAll(pub, sub, listener)
	fmt.Println("Term", zmq.Term())
	fmt.Println("Proxy", <-ended)
}

// suisnail is a subscriber that ends when it is too slow.
func suisnail() {
	pub, endpoint := bound(zmq.PUB)
	sub := subscribed(endpoint, "")
	settle(pub, sub, "")
	done := make(chan string)
	go func() {
		for {
			sent, err := time.Parse(time.RFC3339Nano, recv1(sub))
			check(err)
			if time.Since(sent) > time.Second {
				done <- "E: subscriber cannot keep up, aborting"
				return
			}
		}
	}()
	send(pub, time.Now().Format(time.RFC3339Nano))
	send(pub, time.Now().Add(-time.Hour).Format(time.RFC3339Nano))
	fmt.Println(<-done)
	closeAll(pub, sub)
}

// lvcache gives new subscribers the last value of what they subscribe to.
func lvcache() {
	source, endpoint := bound(zmq.PUB)
	frontend := subscribed(endpoint, "")
	settle(source, frontend, "")
	backend, err := zmq.NewSocket(zmq.XPUB)
	check(err)
	check(backend.SetXpubVerbose(1))
	check(backend.Bind("tcp://127.0.0.1:*"))
	end, err := backend.GetLastEndpoint()
	check(err)
	cached := make(chan string)
	go func() {
		cache := map[string]string{}
		poller := zmq.NewPoller()
		poller.Add(frontend, zmq.POLLIN)
		poller.Add(backend, zmq.POLLIN)
		for {
			sockets, err := poller.Poll(time.Second)
			check(err)
			for _, socket := range sockets {
				if socket.Socket == frontend {
					msg := recv(frontend)
					cache[msg[0]] = msg[1]
					send(backend, msg)
					cached <- msg[0]
					continue
				}
				if frame := recv1(backend); frame[0] == 1 {
					if last, ok := cache[frame[1:]]; ok {
						send(backend, frame[1:], last)
					}
				}
			}
		}
	}()
	for i := 0; i < 10; i++ {
		send(source, fmt.Sprintf("%03d", i%4), fmt.Sprint("Save Roger ", i))
		<-cached
	}
	var subs []*zmq.Socket
	for i := 0; i < 4; i++ {
		sub := subscribed(end, fmt.Sprintf("%03d", i))
		fmt.Println(recv(sub))
		subs = append(subs, sub)
	}
	send(source, "002", "live")
	<-cached
	fmt.Println(recv(subs[2]))
}

// clonesrv keeps a map in step with clients: a snapshot, and changes with numbers.
func clonesrv() {
	snapshot, snapshotEnd := bound(zmq.ROUTER)
	publisher, publisherEnd := bound(zmq.PUB)
	collector, collectorEnd := bound(zmq.PULL)
	go func() {
		kv, sequence := map[string][2]string{}, 0
		reactor := zmq.NewReactor()
		reactor.AddSocket(collector, zmq.POLLIN, func(zmq.State) error {
			msg := recv(collector)
			sequence++
			kv[msg[0]] = [2]string{strconv.Itoa(sequence), msg[1]}
			send(publisher, msg[0], sequence, msg[1])
			return nil
		})
		reactor.AddSocket(snapshot, zmq.POLLIN, func(zmq.State) error {
			msg := recv(snapshot)
			if msg[1] != "ICANHAZ?" {
				return fmt.Errorf("E: bad request %q", msg)
			}
			for key, v := range kv {
				if strings.HasPrefix(key, msg[2]) {
					snapshot.Send(msg[0], zmq.SNDMORE)
					send(snapshot, key, v[0], v[1])
				}
			}
			snapshot.Send(msg[0], zmq.SNDMORE)
			send(snapshot, "KTHXBAI", sequence, msg[2])
			return nil
		})
		reactor.AddChannelTime(time.Tick(10*time.Millisecond), 1, func(interface{}) error {
			send(publisher, "HUGZ", 0, "")
			return nil
		})
		fmt.Println(reactor.Run(10 * time.Millisecond))
	}()
	push := connected(zmq.PUSH, collectorEnd)
	for i := 0; i < 20; i++ {
		send(push, fmt.Sprintf("/a/%d", i%7), i)
		send(push, fmt.Sprintf("/b/%d", i%5), i)
	}
	for c := 0; c < 3; c++ {
		subtree := []string{"/a/", "/b/", ""}[c]
		sub := subscribed(publisherEnd, subtree, "HUGZ")
		recv(sub) // it has subscribed
		kv, sequence := map[string]string{}, -1
		dealer := connected(zmq.DEALER, snapshotEnd)
		for sequence < 40+2*c { // until all that was sent before is in the snapshot
			send(dealer, "ICANHAZ?", subtree)
			for {
				msg := recv(dealer)
				if msg[0] == "KTHXBAI" {
					sequence, _ = strconv.Atoi(msg[1])
					break
				}
				kv[msg[0]] = msg[2]
			}
		}
		send(push, fmt.Sprint("/a/new", c), "x")
		send(push, fmt.Sprint("/b/new", c), "x")
		for left := 1 + c/2; left > 0; {
			msg := recv(sub)
			n, _ := strconv.Atoi(msg[1])
			if msg[0] != "HUGZ" && n > sequence {
				kv[msg[0]] = msg[2]
				left--
			}
		}
		var lines []string
		for key, v := range kv {
			lines = append(lines, key+"="+v)
		}
		sort.Strings(lines)
		fmt.Println(subtree, lines)
		closeAll(sub, dealer)
	}
}

// pathosub subscribes to one topic of a thousand.
func pathosub() {
	pub, endpoint := bound(zmq.XPUB)
	sub := subscribed(endpoint, "307 ")
	fmt.Printf("%q\n", recv1(pub))
	for i := 0; i < 1000; i++ {
		_, err := pub.SendMessage(fmt.Sprintf("%03d ", i), "Save Roger")
		check(err)
	}
	fmt.Println(recv(sub))
	msg, err := sub.RecvMessage(zmq.DONTWAIT)
	fmt.Println(msg, err)
	closeAll(pub, sub)
}
