// Zmqcat connects standard input and output to a ØMQ socket.
package main

import (
	"context"
	"os"

	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/zmqcat"
)

func main() { os.Exit(zmqcat.Main(context.Background(), os.Args, cli.System())) }
