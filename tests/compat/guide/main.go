//go:build pebbe

// Guide has programs in the style of the examples of the ØMQ Guide: without an argument it prints their names, with one of
// them it runs that. What they print does not depend on who is faster.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	zmq "github.com/pebbe/zmq4"
)

var programs = map[string]func(){}

func main() {
	if len(os.Args) < 2 {
		var names []string
		for name := range programs {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Println(strings.Join(names, "\n"))
		return
	}
	programs[os.Args[1]]()
	fmt.Println("end")
}

func check(err error) {
	if err != nil {
		panic(fmt.Sprintf("%T %v", err, err))
	}
}

// bound opens a socket and binds it to tcp://127.0.0.1:*, or where else, and returns the endpoint.
func bound(t zmq.Type, where ...string) (*zmq.Socket, string) {
	s, err := zmq.NewSocket(t)
	check(err)
	endpoint := "tcp://127.0.0.1:*"
	if len(where) > 0 {
		endpoint = where[0]
	}
	check(s.Bind(endpoint))
	endpoint, err = s.GetLastEndpoint()
	check(err)
	return s, endpoint
}

func connected(t zmq.Type, endpoints ...string) *zmq.Socket {
	s, err := zmq.NewSocket(t)
	check(err)
	for _, endpoint := range endpoints {
		check(s.Connect(endpoint))
	}
	return s
}

func subscribed(endpoint string, filters ...string) *zmq.Socket {
	s, err := zmq.NewSocket(zmq.SUB)
	check(err)
	for _, filter := range filters {
		check(s.SetSubscribe(filter))
	}
	check(s.Connect(endpoint))
	return s
}

// send and recv do what must work.
func send(s *zmq.Socket, parts ...interface{}) {
	_, err := s.SendMessage(parts...)
	check(err)
}

func recv(s *zmq.Socket) []string {
	msg, err := s.RecvMessage(0)
	check(err)
	return msg
}

func recv1(s *zmq.Socket) string {
	part, err := s.Recv(0)
	check(err)
	return part
}

func closeAll(sockets ...*zmq.Socket) {
	for _, s := range sockets {
		check(s.Close())
	}
}

// sorted prints lines whose order is left open.
func sorted(lines []string) {
	sort.Strings(lines)
	for _, l := range lines {
		fmt.Println(l)
	}
}

// unwrap takes an address and an empty delimiter off a message.
func unwrap(msg []string) (head string, tail []string) {
	head = msg[0]
	if len(msg) > 1 && msg[1] == "" {
		return head, msg[2:]
	}
	return head, msg[1:]
}
