// Filetransfer fetches a large file in chunks, with credit: the client asks for as many chunks ahead as it has credit for, and for
// another one when one has come. So the connection is never idle, queues stay short on both sides, and the client sets the pace.
//
//	go run ./filetransfer -file /path/to/a/file server
//	go run ./filetransfer -file copy client
//
// A request names offset and size, so the server keeps nothing about its clients, and may die and come back: a chunk that does not
// come is asked for once more. The credit is the number of goroutines that share the one socket, each with a Request under way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:6000", "where the server is bound")
	path     = flag.String("file", "", "the file that the server has, or that the client writes")
	chunk    = flag.Int("chunk", 250_000, "how many bytes the client asks for at a time")
	credit   = flag.Int("credit", 10, "how many chunks the client asks for ahead")
	timeout  = flag.Duration("timeout", 3*time.Second, "after what time the client asks for a chunk once more")
)

const largest = 1 << 20 // what a client may ask for at a time

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0))
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

func run(ctx context.Context, role string) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	switch role {
	case "server":
		return server(ctx, zc)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: filetransfer [flags] server|client")
}

func server(ctx context.Context, zc *zmq.Context) error {
	file, err := os.Open(*path)
	if err != nil {
		return err
	}
	defer file.Close()
	rep, err := zc.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	if err := rep.Bind(*endpoint); err != nil {
		return err
	}
	buf := make([]byte, largest)
	for request, err := range rep.Messages(ctx) {
		if err != nil {
			return err
		}
		var offset int64
		var size int
		var reply [][]byte
		if _, err := fmt.Sscan(string(request[0]), &offset, &size); err != nil || offset < 0 || size < 1 || size > largest {
			reply = [][]byte{[]byte("no such chunk")}
		} else if n, err := file.ReadAt(buf[:size], offset); err != nil && err != io.EOF {
			reply = [][]byte{[]byte(err.Error())}
		} else {
			reply = [][]byte{nil, buf[:n]} // no error, and what there is
		}
		if err := rep.SendParts(ctx, reply...); err != nil {
			return err
		}
	}
	return nil
}

func client(ctx context.Context, zc *zmq.Context) error {
	file, err := os.Create(*path)
	if err != nil {
		return err
	}
	defer file.Close()
	dealer, err := zc.NewSocket(zmq.Dealer, zmq.Immediate(true), zmq.Linger(0))
	if err != nil {
		return err
	}
	if err := dealer.Connect(*endpoint); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var next, total atomic.Int64
	ended := make(chan error, *credit)
	for range *credit {
		go func() { ended <- fetchChunks(ctx, dealer, file, &next, &total) }()
	}
	for range *credit {
		if e := <-ended; e != nil && err == nil {
			err = e
			cancel() // the first that fails ends all
		}
	}
	if err != nil {
		return err
	}
	fmt.Println("all there:", total.Load(), "bytes")
	return file.Close()
}

// fetchChunks fetches one chunk after the other, each at the next offset that nobody has asked for, until one is not full.
func fetchChunks(ctx context.Context, dealer *zmq.Socket, file *os.File, next, total *atomic.Int64) error {
	for {
		offset := next.Add(int64(*chunk)) - int64(*chunk)
		data, err := fetch(ctx, dealer, offset)
		if err != nil {
			return err
		}
		if _, err := file.WriteAt(data, offset); err != nil {
			return err
		}
		fmt.Println(total.Add(int64(len(data))), "bytes")
		if len(data) < *chunk {
			return nil
		}
	}
}

// fetch fetches a chunk, however often it has to ask.
func fetch(ctx context.Context, dealer *zmq.Socket, offset int64) ([]byte, error) {
	for {
		try, cancel := context.WithTimeout(ctx, *timeout)
		reply, err := dealer.Request(try, fmt.Append(nil, offset, " ", *chunk))
		cancel()
		switch {
		case err == nil && len(reply) == 2:
			return reply[1], nil
		case err == nil:
			return nil, fmt.Errorf("the server has said: %s", reply[0])
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return nil, err
		}
		fmt.Println("no chunk at", offset, "yet, asking once more")
	}
}
