// Zmqkeys makes CURVE certificates.
package main

import (
	"context"
	"os"

	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/zmqkeys"
)

func main() { os.Exit(zmqkeys.Main(context.Background(), os.Args, cli.System())) }
