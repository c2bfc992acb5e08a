package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"example.org/zmq"
)

// roleVariable makes a process of this program a member of a deployment.
const roleVariable = "ZMQ_DEMO_ROLE"

// spec is what a member is told when it starts.
type spec struct {
	Role     string
	Text     string // a file
	Parts    int
	Bind     []string
	Connect  []string
	Filter   string        // of a subscriber
	Filters  []string      // that a publisher waits for
	From, To int           // the lines to send
	Expect   int           // the messages to receive
	Patience time.Duration // how long to wait for one
	Lose     bool
}

// report is what a member has seen when it ends.
type report struct {
	Sent, Got tally
	Took      time.Duration
}

// acting is a member at work.
type acting struct {
	spec
	zc    *zmq.Context
	text  *text
	out   io.Writer
	heard chan string
}

// roles are the parts that there are to play.
var roles = map[string]func(context.Context, *acting) (report, error){
	"ventilator": ventilate, "worker": work, "sink": sink,
	"client": request, "broker": broker, "server": serve,
	"publisher": publish, "subscriber": subscribe,
}

// beMember is the main function of a member's process.
func beMember(words string, stdin io.Reader, stdout, stderr io.Writer) int {
	var s spec
	if err := json.Unmarshal([]byte(words), &s); err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 2
	}
	zc, err := zmq.NewContext()
	if err == nil {
		err = play(zc, s, stdin, stdout)
		// What was sent last is delivered before the process ends.
		err = errors.Join(err, zc.Close())
	}
	if err != nil {
		fmt.Fprintf(stderr, "demo: %s: %v\n", s.Role, err)
		return 1
	}
	return 0
}

// play plays the role until it is over, or until in ends.
func play(zc *zmq.Context, s spec, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := &acting{spec: s, zc: zc, out: out, heard: make(chan string, 4)}
	go func() {
		defer cancel()
		for lines := bufio.NewScanner(in); lines.Scan(); {
			a.heard <- lines.Text()
		}
	}()
	var err error
	if a.text, err = readText(s.Text); err != nil {
		return err
	}
	r, err := roles[s.Role](ctx, a)
	if err != nil {
		return err
	}
	b, err := json.Marshal(r)
	a.say("report " + string(b))
	return err
}

func (a *acting) say(words string) { fmt.Fprintln(a.out, words) }

// wait waits until the member is told to go.
func (a *acting) wait(ctx context.Context) error {
	select {
	case <-a.heard:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// socket opens a socket, binds and connects it as the member was told, and says where it is bound.
func (a *acting) socket(t zmq.SocketType, bind, connect []string, opts ...zmq.SocketOption) (*zmq.Socket, error) {
	s, err := a.zc.NewSocket(t, opts...)
	if err != nil {
		return nil, err
	}
	for _, endpoint := range bind {
		if endpoint, err = bindTo(s, endpoint); err != nil {
			s.Close()
			return nil, err
		}
		a.say("bound " + endpoint)
	}
	for _, endpoint := range connect {
		if err := s.Connect(endpoint); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// bindTo binds and returns the endpoint to connect to.
func bindTo(s *zmq.Socket, endpoint string) (string, error) {
	if endpoint != "tcp://127.0.0.1:*" {
		return endpoint, s.Bind(endpoint)
	}
	if zmq.LibraryVersion().AtLeast(zmq.Version{Major: 3, Minor: 2}) {
		if err := s.Bind(endpoint); err != nil {
			return "", err
		}
		bound, err := s.LastEndpoint()
		if !errors.Is(err, zmq.ErrNotSupported) {
			return bound, err
		}
	}
	// Engine 3.1 cannot choose a port, nor say which one it is: ask the system for one that is free.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	endpoint = "tcp://" + l.Addr().String()
	l.Close()
	return endpoint, s.Bind(endpoint)
}

// over reports whether err is the expected end of a member that receives: it was told to finish,
// or has waited in vain for what was lost.
func over(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded)
}

// collect waits to be told to go, receives until it is told to finish, and says "done" when all that
// is expected is here or nothing comes any more.
func (a *acting) collect(ctx context.Context, s *zmq.Socket) (r report, err error) {
	var begin time.Time
	var parts [][]byte
	said := false
	done := func() {
		if !said {
			said = true
			a.say("done")
		}
	}
	if err := a.wait(ctx); err != nil {
		return r, err
	}
	if a.Expect == 0 {
		done()
	}
	if err := s.Set(zmq.RecvTimeout(a.Patience)); err != nil {
		return r, err
	}
	for {
		parts, err = s.AppendParts(ctx, parts[:0])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			done()
			<-ctx.Done()
		}
		if err != nil {
			break
		}
		if begin.IsZero() {
			begin = time.Now()
		}
		if r.Got.add(parts); r.Got.Messages == a.Expect {
			r.Took = time.Since(begin)
			done()
		}
	}
	if !over(err) {
		return r, err
	}
	// One too many is as wrong as one too few: a receive that does not wait sees what is left.
	if err := s.Set(zmq.RecvTimeout(0)); err != nil {
		return r, err
	}
	for {
		if parts, err = s.AppendParts(context.Background(), parts[:0]); err != nil {
			break
		}
		r.Got.add(parts)
	}
	if !errors.Is(err, zmq.ErrWouldBlock) {
		return r, err
	}
	return r, nil
}
