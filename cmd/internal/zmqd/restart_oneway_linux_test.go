package zmqd

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// stream is numbered messages of several senders, as one receiver gets them.
type stream struct {
	mu         sync.Mutex
	sent, came int
	last       map[string]int // the last number of each sender that came
	gaps       int            // how often numbers were passed over
	wrong      []string       // what came twice, or after a later one
}

// send sends messages, until it is told to stop or has come to the limit, and returns the number after the last.
func (st *stream) send(ctx context.Context, s *zmq.Socket, name string, from, limit int) int {
	pace := time.NewTicker(time.Millisecond) // not faster than the receiver, and a little for the other tests
	defer pace.Stop()
	for n := from; n < limit; n++ {
		<-pace.C
		if s.SendParts(ctx, []byte(name), []byte(strconv.Itoa(n))) != nil {
			return n
		}
		st.mu.Lock()
		st.sent++
		st.mu.Unlock()
	}
	return limit
}

func (st *stream) receive(ctx context.Context, s *zmq.Socket) {
	for msg, err := range s.Messages(ctx) {
		if err != nil {
			return
		}
		name := string(msg[0])
		n, err := strconv.Atoi(string(msg[1]))
		st.mu.Lock()
		st.came++
		switch last, ok := st.last[name]; {
		case err != nil || ok && n <= last:
			st.wrong = append(st.wrong, name+" "+string(msg[1]))
		case ok && n != last+1:
			st.gaps++
		}
		st.last[name] = n
		st.mu.Unlock()
	}
}

func (st *stream) count() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.came
}

// at reports whether the receiver has this message of all senders, and so all before it that come at all.
func (st *stream) at(senders []*origin) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, s := range senders {
		if st.last[s.name] != s.next-1 {
			return false
		}
	}
	return true
}

// origin sends messages beside the test.
type origin struct {
	name string
	sock *zmq.Socket
	next int
}

// sending lets them all send, until the function that it returns is called.
func (st *stream) sending(senders []*origin) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, s := range senders {
		all.Add(1)
		go func() {
			defer all.Done()
			s.next = st.send(ctx, s.sock, s.name, s.next, 1<<30)
		}()
	}
	return func() { cancel(); all.Wait() }
}

// await waits until it is so, for as long as a test waits.
func await(t *testing.T, p *activated, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(clitest.Patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: not within %v\n%s", what, clitest.Patience, p.log)
		}
	}
}

// took returns how many messages a device that has ended well took in, as its last words say.
func (p *activated) took(t *testing.T) int {
	t.Helper()
	if code := p.end(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, p.log)
	}
	found := regexp.MustCompile(`msg=totals frontend\.in=(\d+)`).FindStringSubmatch(p.log.String())
	if found == nil {
		t.Fatalf("no totals:\n%s", p.log)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// oneWay is a device that moves messages one way, its senders and its receiver.
type oneWay struct {
	*stream
	senders []*origin
	start   func() *activated
}

// newOneWay opens two senders and a receiver, which stay, and says how the device is started between them.
func newOneWay(t *testing.T, device string, way string) *oneWay {
	dir := filepath.Dir(strings.TrimPrefix(clitest.Endpoint(t, "x"), "ipc://"))
	front, back := filepath.Join(dir, "f"), filepath.Join(dir, "b")
	var names []string
	var files []*os.File
	if way == "activated" {
		names = []string{"frontend", "backend"}
		files, _ = listening(t, "unix", front, back)
	}
	o := &oneWay{stream: &stream{last: map[string]int{}}}
	z := clitest.Context(t)
	out, in, opts := zmq.Push, zmq.Pull, []zmq.SocketOption{zmq.RecvTimeout(zmq.Infinite), zmq.RecvHWM(0)}
	if device == "forwarder" {
		out, in, opts = zmq.Pub, zmq.Sub, append(opts, zmq.Subscribe(""))
	}
	// Nobody drops for want of room: what is lost is lost by the restart.
	args := []string{device, "--backend-bind", "ipc://" + back, "--backend-send-hwm", "0"}
	if way != "connecting" {
		args = append(args, "--frontend-bind", "ipc://"+front)
	}
	for i := range 2 {
		s := &origin{name: strconv.Itoa(i)}
		o.senders = append(o.senders, s)
		if way != "connecting" {
			s.sock = clitest.Socket(t, z, out, "ipc://"+front, zmq.SendTimeout(zmq.Infinite), zmq.SendHWM(0))
			continue
		}
		at := front + s.name
		args = append(args, "--frontend-connect", "ipc://"+at)
		sock, err := z.Listen(out, "ipc://"+at, zmq.Linger(0), zmq.SendTimeout(zmq.Infinite), zmq.SendHWM(0))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { sock.Close() })
		s.sock = sock
	}
	receiver := clitest.Socket(t, z, in, "ipc://"+back, opts...)
	ctx, cancel := context.WithCancel(context.Background())
	received := make(chan struct{})
	go func() { defer close(received); o.receive(ctx, receiver) }()
	t.Cleanup(func() { cancel(); <-received })
	o.start = func() *activated { return startActivated(t, names, files, args...) }
	return o
}

// TestRollingRestartOneWay starts a streamer and a forwarder anew under traffic, several times, alone, with sockets that the service
// manager holds, and where the device connects to its senders. Nothing comes twice or out of order. What is lost is, of each sender and
// at each restart, one piece: around it everything comes, by itself. What a streamer took in is delivered. A forwarder may have
// taken in what comes before its subscriber is back, if the publishers have kept it for the next device.
func TestRollingRestartOneWay(t *testing.T) {
	for _, c := range []struct{ device, way string }{
		{"streamer", "alone"}, {"streamer", "activated"}, {"forwarder", "alone"}, {"forwarder", "activated"}, {"forwarder", "connecting"},
	} {
		t.Run(c.device+" "+c.way, func(t *testing.T) {
			t.Parallel()
			o, took := newOneWay(t, c.device, c.way), 0
			const restarts = 2
			for run := range restarts + 1 {
				stop := o.sending(o.senders)
				t.Cleanup(stop)
				p, before := o.start(), o.count()
				await(t, p, "messages, after "+strconv.Itoa(before), func() bool { return o.count() >= before+100 })
				if run == restarts {
					stop() // the last end is quiet
					await(t, p, "the last messages", func() bool { return o.at(o.senders) })
				}
				took += p.took(t)
				stop()
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			t.Logf("%d sent, %d taken in, %d came, %d gaps", o.sent, took, o.came, o.gaps)
			if o.wrong != nil || o.gaps > restarts*len(o.senders) {
				t.Errorf("%d gaps in %d restarts; twice or too late: %q", o.gaps, restarts, o.wrong)
			}
			if kept := c.device == "forwarder" && c.way != "connecting"; took < o.came || took > o.came && !kept {
				t.Errorf("the devices took %d in, and %d came", took, o.came)
			}
		})
	}
}

// TestQuietRestart asserts that nothing is lost of what is sent before a streamer is told to end, or while none is there.
func TestQuietRestart(t *testing.T) {
	for _, way := range []string{"alone", "activated"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			o := newOneWay(t, "streamer", way)
			for range 2 {
				// What waits at the senders, and what they send now.
				p := o.start()
				p.log.WaitFor(t, "msg=running")
				for _, s := range o.senders {
					s.next = o.send(context.Background(), s.sock, s.name, s.next, s.next+50)
				}
				p.took(t)
				for _, s := range o.senders {
					// What is written to a connection that has just ended is on its way, and lost with it.
					await(t, p, "the end of the sender's connection", func() bool { return s.sock.Stats().Peers == 0 })
					s.next = o.send(context.Background(), s.sock, s.name, s.next, s.next+50)
				}
			}
			p := o.start()
			await(t, p, "the last jobs", func() bool { return o.at(o.senders) })
			p.took(t)
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.came != o.sent || o.wrong != nil {
				t.Errorf("%d of %d jobs came; twice or too late: %q", o.came, o.sent, o.wrong)
			}
		})
	}
}
