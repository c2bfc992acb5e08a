package zmqd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// drainAll drains the device once something waits in its input, and asserts that nothing is left.
func drainAll(t *testing.T, n *node) {
	t.Helper()
	if _, err := zmq.Poll([]zmq.PollItem{{Socket: n.front.sock, Events: zmq.PollIn}}, clitest.Patience); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), clitest.Patience)
	defer cancel()
	if left := n.drain(ctx); left != nil {
		t.Errorf("left: %q", left)
	}
}

// TestDrainPaused asserts that what waits in the input when the drain begins is delivered, even if the device was paused.
func TestDrainPaused(t *testing.T) {
	cfg := defaults("streamer")
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	cfg.Frontend.Bind, cfg.Backend.Bind = []string{front}, []string{back}
	n, err := open(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	n.dev.Pause()
	n.start(context.Background())
	z := clitest.Context(t)
	push, pull := clitest.Socket(t, z, zmq.Push, front), clitest.Socket(t, z, zmq.Pull, back)
	clitest.Send(t, push, "job")
	drainAll(t, n)
	same(t, "job", []string{"job"}, clitest.Recv(t, pull))
}

// TestDrainUnanswered asserts that the end is not called a good one when a request was handed out and never answered: the
// worker had it, and is gone or silent.
func TestDrainUnanswered(t *testing.T) {
	for _, drain := range []string{"0s", "100ms"} {
		front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
		p := clitest.Start(t, Main, nil, "zmqd", "queue", "--frontend-bind", front, "--backend-bind", back, "--drain", drain)
		p.Err.WaitFor(t, "msg=running")
		z := clitest.Context(t)
		req, rep := clitest.Socket(t, z, zmq.Req, front), clitest.Socket(t, z, zmq.Rep, back)
		clitest.Send(t, req, "?")
		clitest.Recv(t, rep)
		rep.Close()
		p.Signal(syscall.SIGTERM)
		if code := p.Wait(t); code != exitLeft || !strings.Contains(p.Err.String(), "requests without a reply: 1") {
			t.Errorf("drain %s: exit code %d\n%s", drain, code, p.Err)
		}
	}
}

// TestDrainUnread asserts the same for requests that came in and that the device had not read when it was told to end.
func TestDrainUnread(t *testing.T) {
	cfg := defaults("queue")
	front := clitest.Endpoint(t, "f")
	cfg.Frontend.Bind, cfg.Backend.Bind = []string{front}, []string{clitest.Endpoint(t, "b")}
	n, err := open(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	n.dev.Pause()
	n.start(context.Background())
	req := clitest.Socket(t, clitest.Context(t), zmq.Req, front)
	clitest.Send(t, req, "?")
	if _, err := zmq.Poll([]zmq.PollItem{{Socket: n.front.sock, Events: zmq.PollIn}}, clitest.Patience); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), clitest.Patience)
	defer cancel()
	if d := cmp.Diff([]string{"messages of the frontend that were not read"}, n.drain(ctx)); d != "" {
		t.Error(d)
	}
}

// TestDrainOnItsWay asserts that what peers have sent, and the engine has not read, is taken in before they are cut off.
func TestDrainOnItsWay(t *testing.T) {
	cfg := defaults("streamer")
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	cfg.Frontend.Bind, cfg.Backend.Bind = []string{front}, []string{back}
	cfg.Frontend.RecvHWM = new(int)
	*cfg.Frontend.RecvHWM = 1
	n, err := open(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	n.dev.Pause() // what has no room in its queue waits in the kernel
	n.start(context.Background())
	z := clitest.Context(t)
	pull, push := clitest.Socket(t, z, zmq.Pull, back), clitest.Socket(t, z, zmq.Push, front)
	const jobs = 100
	for i := range jobs {
		clitest.Send(t, push, strconv.Itoa(i), strings.Repeat("x", 1000))
	}
	drainAll(t, n)
	for i := range jobs {
		parts, err := pull.RecvParts(context.Background())
		if err != nil {
			t.Fatalf("after %d of %d jobs: %v", i, jobs, err)
		}
		same(t, "job", []string{strconv.Itoa(i)}, []string{string(parts[0])})
	}
}

// TestSettleWithin asserts that peers that go on sending use up no more than half of the time for draining.
func TestSettleWithin(t *testing.T) {
	for drain, want := range map[time.Duration]int{-time.Second: 0, 0: 0, 400 * time.Millisecond: 10, time.Second: 25, 10 * time.Second: 50} {
		if got := settleWithin(drain); got != want {
			t.Errorf("a drain of %v has %d looks, want %d", drain, got, want)
		}
	}
}

// TestDrainStreamer asserts that what was taken is delivered after SIGTERM, and that no more is taken. The workers' side
// connects, and so has room before there is a worker.
func TestDrainStreamer(t *testing.T) {
	const jobs = 500
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--backend-connect", back, "--drain", clitest.Patience.String(), "--http", "127.0.0.1:0")
	p.Err.WaitFor(t, "msg=running")
	z := clitest.Context(t)
	push := clitest.Socket(t, z, zmq.Push, front)
	for i := range jobs {
		clitest.Send(t, push, fmt.Sprint(i))
	}
	url := httpAddress(t, p)
	awaitMetric(t, url, fmt.Sprintf(`zmqd_messages_total{direction="in",side="frontend"} %d$`, jobs))
	p.Signal(syscall.SIGTERM)
	p.Err.WaitFor(t, "msg=draining")
	if code, text := get(t, url+"/readyz"); code != 503 || text == "ok\n" {
		t.Errorf("readyz while draining: %d %q", code, text)
	}
	if code, _ := get(t, url+"/healthz"); code != 200 {
		t.Errorf("healthz while draining: %d", code)
	}
	pull := clitest.Bound(t, z, zmq.Pull, back)
	for i := range jobs {
		same(t, "job", []string{fmt.Sprint(i)}, clitest.Recv(t, pull))
	}
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.Err)
	}
}

// TestDrainLimit asserts that what nobody wants does not keep the program, and is said.
func TestDrainLimit(t *testing.T) {
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--backend-connect", back, "--drain", "200ms", "--http", "127.0.0.1:0")
	p.Err.WaitFor(t, "msg=running")
	push := clitest.Socket(t, clitest.Context(t), zmq.Push, front)
	clitest.Send(t, push, "job")
	awaitMetric(t, httpAddress(t, p), `zmqd_messages_total{direction="in",side="frontend"} 1$`)
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(t); code != exitLeft || !strings.Contains(p.Err.String(), "undelivered") {
		t.Errorf("exit code %d\n%s", code, p.Err)
	}
}

// TestDrainHurry asserts that a second signal ends the drain.
func TestDrainHurry(t *testing.T) {
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "queue", "--frontend-bind", front, "--backend-bind", back, "--drain", "1h")
	p.Err.WaitFor(t, "msg=running")
	z := clitest.Context(t)
	req, rep := clitest.Socket(t, z, zmq.Req, front), clitest.Socket(t, z, zmq.Rep, back)
	clitest.Send(t, req, "?")
	clitest.Recv(t, rep)
	p.Signal(syscall.SIGTERM)
	p.Err.WaitFor(t, "msg=draining")
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(t); code != exitLeft || !strings.Contains(p.Err.String(), "without_reply=1") {
		t.Errorf("exit code %d, or the totals miss the request:\n%s", code, p.Err)
	}
}

// TestDrainQueue asserts that a request that was taken gets its reply after SIGTERM.
func TestDrainQueue(t *testing.T) {
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "queue", "--frontend-bind", front, "--backend-bind", back, "--drain", clitest.Patience.String())
	p.Err.WaitFor(t, "msg=running")
	z := clitest.Context(t)
	req, rep := clitest.Socket(t, z, zmq.Req, front), clitest.Socket(t, z, zmq.Rep, back)
	clitest.Send(t, req, "?")
	same(t, "request", []string{"?"}, clitest.Recv(t, rep))
	p.Signal(syscall.SIGTERM)
	p.Err.WaitFor(t, "waiting for replies")
	clitest.Send(t, rep, "!")
	same(t, "reply", []string{"!"}, clitest.Recv(t, req))
	if code := p.Wait(t); code != 0 || !strings.Contains(p.Err.String(), "replies_while_draining=1") {
		t.Errorf("exit code %d\n%s", code, p.Err)
	}
}
