// Zmqperf measures ØMQ's throughput and latency as libzmq's own tools do.
package main

import (
	"context"
	"os"

	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/zmqperf"
)

func main() { os.Exit(zmqperf.Main(context.Background(), os.Args, cli.System())) }
