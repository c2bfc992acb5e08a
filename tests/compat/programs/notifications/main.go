//go:build pebbe

// Notifications follows a node's blocks and transactions: topics, a body in bytes, a counter of four bytes.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"syscall"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	ctx, err := zmq.NewContext()
	if err != nil {
		panic(err)
	}
	node, _ := ctx.NewSocket(zmq.XPUB)
	node.SetSndhwm(0)
	node.Bind("tcp://127.0.0.1:*")
	endpoint, _ := node.GetLastEndpoint()
	sub, err := ctx.NewSocket(zmq.SUB)
	if err != nil {
		panic(err)
	}
	sub.SetRcvtimeo(5 * time.Second)
	sub.SetTcpKeepalive(1)
	sub.SetTcpKeepaliveIdle(60)
	sub.SetSubscribe("hashblock")
	sub.SetSubscribe("rawtx")
	sub.Connect(endpoint)
	for range [2]int{} {
		fmt.Println(node.RecvBytes(0))
	}
	counter := make([]byte, 4)
	for i := uint32(0); i < 10; i++ {
		binary.LittleEndian.PutUint32(counter, i)
		node.SendMessage("rawtx", []byte{1, 2, byte(i)}, counter)
		node.SendMessage("sequence", []byte{9}, counter)
		if i%5 == 4 {
			node.SendMessage("hashblock", make([]byte, 32), counter)
		}
	}
	last := map[string]uint32{}
	for i := 0; i < 12; i++ {
		msg, err := sub.RecvMessageBytes(0)
		if err != nil {
			panic(err)
		}
		n := binary.LittleEndian.Uint32(msg[2])
		fmt.Println(string(msg[0]), hex.EncodeToString(msg[1]), n, last[string(msg[0])])
		last[string(msg[0])] = n
	}
	sub.SetRcvtimeo(20 * time.Millisecond)
	_, err = sub.RecvMessageBytes(0)
	fmt.Println(err, err == zmq.Errno(syscall.EAGAIN), zmq.AsErrno(err) == zmq.AsErrno(syscall.EAGAIN))
	sub.SetUnsubscribe("rawtx")
	node.Close()
	sub.Close()
	_, err = sub.Recv(0)
	fmt.Println(err, err == zmq.ErrorSocketClosed)
	fmt.Println(ctx.Term())
}
