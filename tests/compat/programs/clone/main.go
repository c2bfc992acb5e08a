//go:build pebbe

// Clone keeps a copy of a server's table: a snapshot over ROUTER and DEALER, updates over PUB and SUB, changes over PUSH.
package main

import (
	"fmt"
	"sort"
	"strconv"
	"time"

	zmq "github.com/pebbe/zmq4"
)

type kvmsg struct {
	key      string
	sequence int64
	body     string
}

func (k kvmsg) send(s *zmq.Socket) {
	s.SendMessage(k.key, k.sequence, k.body)
}

func recv(s *zmq.Socket) (k kvmsg, err error) {
	msg, err := s.RecvMessage(0)
	if err != nil {
		return k, err
	}
	k.key, k.body = msg[0], msg[2]
	k.sequence, err = strconv.ParseInt(msg[1], 10, 64)
	return k, err
}

func server(started chan<- bool) {
	table := map[string]kvmsg{"initial": {"initial", 1, "here"}}
	sequence := int64(1)
	snapshot, _ := zmq.NewSocket(zmq.ROUTER)
	publisher, _ := zmq.NewSocket(zmq.XPUB)
	collector, _ := zmq.NewSocket(zmq.PULL)
	defer snapshot.Close()
	defer publisher.Close()
	defer collector.Close()
	snapshot.Bind("inproc://snapshot")
	publisher.Bind("inproc://publisher")
	collector.Bind("inproc://collector")
	started <- true
	// The subscriber is there before anything is published.
	if sub, err := publisher.Recv(0); err != nil || sub != "\x01" {
		panic(fmt.Sprintf("%q %v", sub, err))
	}
	started <- true
	poller := zmq.NewPoller()
	poller.Add(collector, zmq.POLLIN)
	poller.Add(snapshot, zmq.POLLIN)
	for {
		items, err := poller.Poll(time.Second)
		if err != nil {
			return
		}
		for _, item := range items {
			switch item.Socket {
			case collector:
				k, err := recv(collector)
				if err != nil {
					panic(err)
				}
				sequence++
				k.sequence = sequence
				k.send(publisher)
				table[k.key] = k
				if k.key == "quit" {
					return
				}
			case snapshot:
				msg, _ := snapshot.RecvMessage(0)
				if msg[1] != "ICANHAZ?" {
					panic(msg[1])
				}
				for _, k := range table {
					snapshot.Send(msg[0], zmq.SNDMORE)
					k.send(snapshot)
				}
				snapshot.Send(msg[0], zmq.SNDMORE)
				kvmsg{"KTHXBAI", sequence, ""}.send(snapshot)
			}
		}
	}
}

func main() {
	started := make(chan bool)
	go server(started)
	<-started
	subscriber, _ := zmq.NewSocket(zmq.SUB)
	snapshot, _ := zmq.NewSocket(zmq.DEALER)
	pusher, _ := zmq.NewSocket(zmq.PUSH)
	subscriber.SetSubscribe("")
	subscriber.Connect("inproc://publisher")
	<-started
	snapshot.Connect("inproc://snapshot")
	pusher.Connect("inproc://collector")
	table := map[string]string{}
	snapshot.SendMessage("ICANHAZ?")
	var sequence int64
	for {
		k, err := recv(snapshot)
		if err != nil {
			panic(err)
		}
		if k.key == "KTHXBAI" {
			sequence = k.sequence
			break
		}
		table[k.key] = k.body
	}
	fmt.Println("snapshot", table, sequence)
	for i := 0; i < 100; i++ {
		kvmsg{fmt.Sprint("key ", i%10), 0, fmt.Sprint("value ", i)}.send(pusher)
	}
	kvmsg{"quit", 0, ""}.send(pusher)
	for {
		k, err := recv(subscriber)
		if err != nil {
			panic(err)
		}
		if k.sequence != sequence+1 {
			fmt.Println("lost", sequence, k.sequence)
		}
		sequence = k.sequence
		table[k.key] = k.body
		if k.key == "quit" {
			break
		}
	}
	var keys []string
	for k := range table {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Printf("%s=%s\n", k, table[k])
	}
	fmt.Println(sequence)
}
