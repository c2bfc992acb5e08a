// Zmqd runs a ØMQ device: a queue, forwarder, streamer or proxy.
package main

import (
	"context"
	"os"

	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/zmqd"
)

func main() { os.Exit(zmqd.Main(context.Background(), os.Args, cli.System())) }
