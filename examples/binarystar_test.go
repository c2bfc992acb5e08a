//go:build unix

package examples

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

// The primary dies, comes back as the passive one, and takes over when the backup dies.
func TestBinarystar(t *testing.T) {
	t.Parallel()
	args := run.Args("-primary %s -backup %s -primary-state %s -backup-state %s -heartbeat 750ms -timeout 500ms -interval 1ms -n 1000000",
		run.Endpoint(t), run.Endpoint(t), run.Endpoint(t), run.Endpoint(t))
	star := func(role string) *run.Proc { return run.Start(t, "binarystar/star", append(args, role)...) }
	primary, backup, client := star("primary"), star("backup"), star("client")
	primary.Line("is active")
	backup.Line("is passive")
	client.Line("World from the primary")
	primary.Kill()
	client.Line("World from the backup")
	backup.Line("is active")
	primary = star("primary")
	primary.Line("is passive")
	client.Line("World from the backup")
	backup.Kill()
	client.Line("World from the primary")
	primary.Line("is active")
	backup = star("backup")
	backup.Line("is passive")
	client.Interrupt()
	client.Ends()
}
