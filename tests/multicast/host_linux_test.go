package multicast

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/netns"
)

const (
	begin = "begin"
	end   = "end"
)

// message returns message n: a number, and bytes that follow from it, in one part or in two.
func message(n, size, parts int) [][]byte {
	head, body := strconv.AppendInt(nil, int64(n), 10), bytes.Repeat([]byte{byte(n)}, size)
	if parts == 1 {
		return [][]byte{append(append(head, ':'), body...)}
	}
	return [][]byte{head, body}
}

// number returns the number of a message, and whether it is whole.
func number(msg [][]byte, size, parts int) (int, bool) {
	head, _, _ := bytes.Cut(msg[0], []byte(":"))
	n, err := strconv.Atoi(string(head))
	return n, err == nil && slices.EqualFunc(msg, message(n, size, parts), bytes.Equal)
}

// beHost is a process in a network of its own: "pub|sub DEVICE ADDRESS TRANSPORT RATE RECOVERY COUNT SIZE PACE PARTS". It begins when a
// line comes on its standard input.
func beHost(args []string) error {
	role, device, address, transport := args[0], args[1], args[2], args[3]
	var numbers []int
	for _, a := range args[4:] {
		n, err := strconv.Atoi(a)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	parts := numbers[5]
	rate, recovery, count, size := numbers[0], time.Duration(numbers[1])*time.Millisecond, numbers[2], numbers[3]
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return err
	}
	for _, command := range [][]string{
		{"link", "set", "lo", "up"}, {"addr", "add", address + "/24", "dev", device}, {"link", "set", device, "up"},
		{"route", "add", "224.0.0.0/4", "dev", device},
	} {
		if err := netns.IP(command...); err != nil {
			return err
		}
	}
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	opts := []zmq.SocketOption{zmq.Rate(rate), zmq.RecoveryInterval(recovery), zmq.SendHWM(count + 100), zmq.RecvHWM(count + 100), zmq.Linger(0)}
	kind := zmq.Pub
	if role == "sub" {
		kind = zmq.Sub
		opts = append(opts, zmq.Subscribe(""))
	}
	s, err := c.NewSocket(kind, opts...)
	if err != nil {
		return err
	}
	endpoint := transport + "://" + address + ";239.192.7.1:7500"
	if role == "sub" {
		if err := s.Connect(endpoint); err != nil {
			return err
		}
		fmt.Println("ready")
		return subscribe(s, size, parts)
	}
	if err := s.Bind(endpoint); err != nil {
		return err
	}
	fmt.Println("ready")
	return publish(s, in, count, time.Duration(numbers[4])*time.Microsecond, func(n int) [][]byte { return message(n, size, parts) })
}

// subscribe writes down what comes.
func subscribe(s *zmq.Socket, size, parts int) error {
	for msg, err := range s.Messages(context.Background()) {
		if err != nil {
			return err
		}
		n, whole := number(msg, size, parts)
		switch {
		case whole:
			fmt.Println(n)
		case len(msg) == 1 && (string(msg[0]) == begin || string(msg[0]) == end):
			fmt.Println(string(msg[0]))
		default:
			fmt.Printf("torn %.40q\n", msg)
		}
	}
	return nil
}

// publish says begin until a line comes, then sends all messages, then says end until another line comes.
func publish(s *zmq.Socket, in *bufio.Reader, count int, pace time.Duration, message func(n int) [][]byte) error {
	ctx := context.Background()
	lines := make(chan error)
	go func() {
		for {
			_, err := in.ReadString('\n')
			lines <- err
		}
	}()
	until := func(word string) error {
		again := time.NewTicker(50 * time.Millisecond)
		defer again.Stop()
		for {
			if err := s.SendParts(ctx, []byte(word)); err != nil {
				return err
			}
			select {
			case err := <-lines:
				return err
			case <-again.C:
			}
		}
	}
	if err := until(begin); err != nil {
		return err
	}
	tick := time.NewTicker(max(pace, time.Microsecond))
	defer tick.Stop()
	for n := range count {
		if err := s.SendParts(ctx, message(n)...); err != nil {
			return err
		}
		<-tick.C
	}
	return until(end)
}

// host is a running host.
type host struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser

	mu      sync.Mutex
	changed chan struct{}
	words   map[string]bool
	order   []int
	when    []time.Time
	torn    []string
	err     error // what it ended with
	ended   bool
}

func startHost(name string, args ...any) (*host, error) {
	h := &host{name: name, changed: make(chan struct{}), words: map[string]bool{}}
	h.cmd = exec.Command(os.Args[0])
	h.cmd.Env = append(os.Environ(), roleVariable+"=host "+strings.TrimSpace(fmt.Sprintln(args...)))
	h.cmd.Stderr = os.Stderr
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	var err error
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			h.hear(lines.Text())
		}
		err := h.cmd.Wait()
		h.change(func() { h.err, h.ended = err, true })
	}()
	return h, nil
}

func (h *host) change(f func()) {
	h.mu.Lock()
	f()
	close(h.changed)
	h.changed = make(chan struct{})
	h.mu.Unlock()
}

func (h *host) hear(line string) {
	h.change(func() {
		if n, err := strconv.Atoi(line); err == nil {
			h.order, h.when = append(h.order, n), append(h.when, time.Now())
		} else if strings.HasPrefix(line, "torn") {
			h.torn = append(h.torn, line)
		} else {
			h.words[line] = true
		}
	})
}

// await waits until the host is as asked.
func (h *host) await(ctx context.Context, what string, ready func() bool) error {
	for {
		h.mu.Lock()
		done, changed, ended, err, got := ready(), h.changed, h.ended, h.err, len(h.order)
		h.mu.Unlock()
		switch {
		case done:
			return nil
		case ended:
			return fmt.Errorf("%s ended while waiting for %s: %w", h.name, what, err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s waits for %s, after %d messages: %w", h.name, what, got, ctx.Err())
		}
	}
}

func (h *host) said(ctx context.Context, word string) error {
	return h.await(ctx, word, func() bool { return h.words[word] })
}

// tell writes a line to the host.
func (h *host) tell() error {
	_, err := h.stdin.Write([]byte("\n"))
	return err
}

// check returns how many of count messages are missing, and an error unless the rest came in order, once, and whole.
func (h *host) check(count int) (missing int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := -1
	for _, n := range h.order {
		if n <= last || n >= count {
			err = errors.Join(err, fmt.Errorf("%s got message %d after %d", h.name, n, last))
		}
		last = n
	}
	if len(h.torn) > 0 {
		err = errors.Join(err, fmt.Errorf("%s got %s", h.name, h.torn[0]))
	}
	return count - len(h.order), err
}
