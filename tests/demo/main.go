// Command demo runs a small ØMQ deployment on this machine: real text goes through the messaging
// patterns, between separate processes over tcp and ipc and between goroutines over inproc, and
// what arrives is compared with what was sent, byte by byte.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if spec := os.Getenv(roleVariable); spec != "" {
		os.Exit(beMember(spec, os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(demo(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
