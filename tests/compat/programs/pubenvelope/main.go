//go:build pebbe

// Pubenvelope publishes with envelopes, part by part, and a subscriber takes the envelope by hand.
package main

import (
	"fmt"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	publisher, _ := zmq.NewSocket(zmq.XPUB)
	publisher.Bind("inproc://pub")
	subscribers := []*zmq.Socket{}
	for _, filter := range []string{"A", "B", ""} {
		s, _ := zmq.NewSocket(zmq.SUB)
		s.Connect("inproc://pub")
		s.SetSubscribe(filter)
		fmt.Printf("%q\n", first(publisher.Recv(0)))
		subscribers = append(subscribers, s)
	}
	for i := 0; i < 3; i++ {
		publisher.Send("A", zmq.SNDMORE)
		publisher.Send(fmt.Sprintf("We do not want to see %d", i), 0)
		publisher.Send("B", zmq.SNDMORE)
		publisher.SendMessage("We would like to see", i)
	}
	for n, s := range subscribers {
		for {
			address, err := s.Recv(zmq.DONTWAIT)
			if err != nil {
				fmt.Println(n, err)
				break
			}
			for {
				more, _ := s.GetRcvmore()
				if !more {
					break
				}
				contents, _ := s.Recv(0)
				fmt.Printf("%d [%s] %s\n", n, address, contents)
			}
		}
	}
}

func first(s string, _ error) string { return s }
