//go:build pebbe

// Descriptor waits for a socket's descriptor with epoll of its own, as event loops do.
package main

import (
	"fmt"
	"syscall"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	pull, _ := zmq.NewSocket(zmq.PULL)
	pull.Bind("tcp://127.0.0.1:*")
	endpoint, _ := pull.GetLastEndpoint()
	push, _ := zmq.NewSocket(zmq.PUSH)
	push.Connect(endpoint)
	fd, err := pull.GetFd()
	if err != nil {
		panic(err)
	}
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		panic(err)
	}
	defer syscall.Close(epoll)
	if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}); err != nil {
		panic(err)
	}
	go func() {
		for i := 0; i < 100; i++ {
			push.SendMessage("message", i)
		}
	}()
	events := make([]syscall.EpollEvent, 1)
	for n := 0; n < 100; {
		if _, err := syscall.EpollWait(epoll, events, 1000); err != nil && err != syscall.EINTR {
			panic(err)
		}
		for {
			state, err := pull.GetEvents()
			if err != nil {
				panic(err)
			}
			if state&zmq.POLLIN == 0 {
				break
			}
			msg, err := pull.RecvMessage(zmq.DONTWAIT)
			if err != nil {
				panic(err)
			}
			if n%25 == 0 {
				fmt.Println(msg)
			}
			n++
		}
	}
	push.Close()
	pull.Close()
	fmt.Println(zmq.Term())
}
