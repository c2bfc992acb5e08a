//go:build pebbe

// Reactor counts what comes from sockets, channels and a ticker.
package main

import (
	"errors"
	"fmt"
	"time"

	zmq "github.com/pebbe/zmq4"
)

type counter struct {
	*zmq.Socket
	name string
	n    int
}

func main() {
	front := &counter{name: "front"}
	front.Socket, _ = zmq.NewSocket(zmq.PULL)
	front.Bind("inproc://front")
	push, _ := zmq.NewSocket(zmq.PUSH)
	push.Connect("inproc://front")
	orders := make(chan interface{}, 10)
	enough := errors.New("enough")
	ticks := 0
	reactor := zmq.NewReactor()
	reactor.AddSocket(front.Socket, zmq.POLLIN, func(e zmq.State) error {
		msg, err := front.RecvMessage(zmq.DONTWAIT)
		if err != nil {
			return err
		}
		front.n++
		if front.n == 50 {
			fmt.Println(front.name, e, msg)
			orders <- "report"
		}
		return nil
	})
	reactor.AddChannel(orders, 1, func(v interface{}) error {
		fmt.Println("order", v)
		if v == "report" {
			return enough
		}
		return nil
	})
	ticker := time.NewTicker(time.Millisecond)
	var id uint64
	id = reactor.AddChannelTime(ticker.C, 1, func(v interface{}) error {
		if _, ok := v.(time.Time); !ok {
			return fmt.Errorf("%T", v)
		}
		ticks++
		if ticks == 3 {
			reactor.RemoveChannel(id)
			go func() {
				for i := 0; i < 50; i++ {
					push.SendMessage("message", i)
				}
			}()
		}
		return nil
	})
	orders <- "first"
	err := reactor.Run(5 * time.Millisecond)
	fmt.Println(err, err == enough, front.n, ticks)
}
