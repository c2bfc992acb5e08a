package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/bench/work"
)

// How an HTTP server fares in a process whose other goroutines make round trips all the time.
//
//	ours http LOOPS PAUSE COUNT   the server, and LOOPS goroutines with a REQ socket each; COUNT requests to the server
//	ours service LOOPS PAUSE      answers the loops, PAUSE after each request, until its input ends
//	ours get URL COUNT            makes the requests, a millisecond apart, and says how long they took
//
// The service and the client are processes of their own, started by the first. Brief waits are switched off in the service, so that
// only those of the process with the server differ.
var mixed = map[string]func(args []string) error{"http": serveHTTP, "service": service, "get": get}

func serveHTTP(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: http LOOPS PAUSE COUNT")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	rep := exec.Command(self, "service", args[0], args[1])
	rep.Env, rep.Stderr = append(os.Environ(), "BENCH_BRIEF=off"), os.Stderr
	in, err1 := rep.StdinPipe()
	out, err2 := rep.StdoutPipe()
	if err := errors.Join(err1, err2, rep.Start()); err != nil {
		return err
	}
	defer rep.Wait()
	defer in.Close()
	var trips atomic.Int64
	if err := loops(args[0], out, &trips); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	time.Sleep(300 * time.Millisecond) // until the loops are at full speed
	before, cpu, t := trips.Load(), work.CPU(), time.Now()
	client := exec.Command(self, "get", "http://"+l.Addr().String(), args[2])
	client.Stderr = os.Stderr
	times, err := client.Output()
	if err != nil {
		return err
	}
	fmt.Printf("msgs=%d secs=%.9f cpu=%.9f %s\n", trips.Load()-before, time.Since(t).Seconds(), (work.CPU() - cpu).Seconds(), times)
	return nil // the process ends with everything open
}

// loops starts a goroutine for each endpoint that the service names.
func loops(count string, endpoints io.Reader, trips *atomic.Int64) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	ctx, err := zmq.NewContext()
	if err != nil {
		return err
	}
	lines := bufio.NewReader(endpoints)
	for range n {
		at, err := lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the service has no endpoint: %w", err)
		}
		s, err := ctx.NewSocket(zmq.Req)
		if err == nil {
			err = s.Connect(strings.TrimSpace(at))
		}
		if err != nil {
			return err
		}
		go func() {
			for p := make([]byte, 64); err == nil; trips.Add(1) {
				if _, err = s.Send(p, 0); err == nil {
					_, err = s.Recv(p, 0)
				}
			}
		}()
	}
	return nil
}

func service(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: service LOOPS PAUSE")
	}
	n, err1 := strconv.Atoi(args[0])
	pause, err2 := time.ParseDuration(args[1])
	ctx, err3 := zmq.NewContext()
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	for range n {
		s, err := ctx.Listen(zmq.Rep, "tcp://127.0.0.1:*")
		if err != nil {
			return err
		}
		at, err := s.LastEndpoint()
		if err != nil {
			return err
		}
		fmt.Println(at)
		go func() {
			for p := make([]byte, 64); ; {
				if _, err := s.Recv(p, 0); err != nil {
					return
				}
				if pause > 0 {
					time.Sleep(pause)
				}
				if _, err := s.Send(p, 0); err != nil {
					return
				}
			}
		}()
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err // the process ends with everything open
}

func get(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: get URL COUNT")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	ns := make([]time.Duration, max(n, 1))
	for i := -len(ns) / 10; i < len(ns); i++ {
		t := time.Now()
		r, err := http.Get(args[0])
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r.Body)
		if err := errors.Join(err, r.Body.Close()); err != nil {
			return err
		}
		if i >= 0 {
			ns[i] = time.Since(t)
		}
		time.Sleep(time.Millisecond)
	}
	slices.Sort(ns)
	fmt.Printf("p50=%d p99=%d\n", ns[len(ns)/2], ns[len(ns)*99/100])
	return nil
}
