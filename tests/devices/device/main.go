// Command device runs one device in Go, with the arguments and the answers of the C program that runs zmq_proxy:
//
//	device proxy KIND FRONT BACK [CONTROL]
//
// It ends with its standard input, or with TERMINATE from the Pair that is bound to CONTROL.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strconv"
	"syscall"

	"example.org/zmq"
)

func main() {
	if len(os.Args) < 5 || len(os.Args) > 6 || os.Args[1] != "proxy" {
		fmt.Fprintln(os.Stderr, "usage: device proxy queue|forwarder|classic|streamer FRONT BACK [CONTROL]")
		os.Exit(2)
	}
	if err := run(os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "device:", err)
		os.Exit(1)
	}
}

var types = map[string][2]zmq.SocketType{
	"queue": {zmq.Router, zmq.Dealer}, "forwarder": {zmq.XSub, zmq.XPub}, "classic": {zmq.Sub, zmq.Pub}, "streamer": {zmq.Pull, zmq.Push},
}

func run(kind string, endpoints []string) error {
	pair, ok := types[kind]
	if !ok {
		return fmt.Errorf("there is no device %q", kind)
	}
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	var socks [3]*zmq.Socket // the last one is none unless asked for
	for i, endpoint := range endpoints {
		if socks[i], err = open(c, [...]zmq.SocketType{pair[0], pair[1], zmq.Pair}[i], endpoint); err != nil {
			return err
		}
	}
	device, err := zmq.NewProxy(socks[0], socks[1], zmq.WithControl(socks[2]))
	if err != nil {
		return err
	}
	if socks[2] != nil {
		err := device.Run(context.Background())
		if err == nil {
			fmt.Println("ended 0")
		}
		return err
	}
	if path := os.Getenv("CPUPROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- device.Run(ctx) }()
	io.Copy(io.Discard, os.Stdin)
	cancel()
	<-ended
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	fmt.Printf("cpu=%.6f\n", float64(u.Utime.Nano()+u.Stime.Nano())/1e9)
	return nil
}

func open(c *zmq.Context, t zmq.SocketType, endpoint string) (*zmq.Socket, error) {
	hwm := 1000
	if n, err := strconv.Atoi(os.Getenv("HWM")); err == nil {
		hwm = n
	}
	opts := []zmq.SocketOption{zmq.SendHWM(hwm), zmq.RecvHWM(hwm)}
	switch t {
	case zmq.Pub, zmq.XPub:
		opts = append(opts, zmq.XPubNoDrop(true)) // as the C program: nothing is dropped
	case zmq.Sub:
		opts = append(opts, zmq.Subscribe(""))
	}
	s, err := c.NewSocket(t, opts...)
	if err != nil {
		return nil, err
	}
	if err := s.Bind(endpoint); err != nil {
		return nil, err
	}
	at, err := s.LastEndpoint()
	if err == nil {
		fmt.Println("at", at)
	}
	return s, err
}
