package zmqd

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// TestDrainPaused asserts that what waits in the input when the drain begins is delivered, even if the device was paused.
func TestDrainPaused(t *testing.T) {
	cfg := defaults("streamer")
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	cfg.Frontend.Bind, cfg.Backend.Bind = []string{front}, []string{back}
	n, err := open(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	n.dev.Pause()
	n.start(context.Background())
	z := clitest.Context(t)
	push, pull := clitest.Socket(t, z, zmq.Push, front), clitest.Socket(t, z, zmq.Pull, back)
	clitest.Send(t, push, "job")
	if _, err := zmq.Poll([]zmq.PollItem{{Socket: n.front.sock, Events: zmq.PollIn}}, clitest.Patience); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), clitest.Patience)
	defer cancel()
	if !n.drain(ctx) {
		t.Error("something was left")
	}
	same(t, "job", []string{"job"}, clitest.Recv(t, pull))
}
