// Command static is a whole program in one file: scripts/static-check links it in every way and runs
// it where there is nothing but itself. It sends a message over each transport that needs no file,
// and says which engine it carries.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"example.org/zmq"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "static:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	fmt.Println(zmq.LinkInfo())
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	endpoints := []string{"inproc://static", "tcp"}
	if runtime.GOOS == "linux" && zmq.LibraryVersion().AtLeast(zmq.Version{Major: 4}) {
		endpoints = append(endpoints, fmt.Sprintf("ipc://@zmq-static-%d", os.Getpid()))
	}
	for _, endpoint := range endpoints {
		if endpoint == "tcp" {
			if endpoint, err = freePort(); err != nil {
				return err
			}
		}
		if err := roundTrip(ctx, zc, endpoint); err != nil {
			return err
		}
		fmt.Println("sent and received over", endpoint)
	}
	return zc.Close()
}

// freePort finds a port without asking the engine, which before 3.2 does not tell.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return "tcp://" + l.Addr().String(), nil
}

// roundTrip sends a request and its reply.
func roundTrip(ctx context.Context, zc *zmq.Context, endpoint string) error {
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	defer rep.Close()
	req, err := zc.NewSocket(zmq.Req, zmq.Linger(0))
	if err != nil {
		return err
	}
	defer req.Close()
	if err := rep.Bind(endpoint); err != nil {
		return err
	}
	if err := req.Connect(endpoint); err != nil {
		return err
	}
	for _, way := range [][2]*zmq.Socket{{req, rep}, {rep, req}} {
		if err := way[0].SendParts(ctx, []byte("one"), []byte("two")); err != nil {
			return err
		}
		parts, err := way[1].RecvParts(ctx)
		if err != nil {
			return err
		}
		if len(parts) != 2 || string(parts[0]) != "one" || string(parts[1]) != "two" {
			return fmt.Errorf("%q arrived over %s", parts, endpoint)
		}
	}
	return nil
}
