package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sample is what one run says of itself.
type sample map[string]float64

func (s sample) of(what string) float64 {
	switch what {
	case "rate":
		return s["msgs"] / s["secs"]
	case "cpu", "alloc":
		return s[what] / s["msgs"]
	}
	return s[what]
}

// errSkipped is a program's word that it cannot do this work.
var errSkipped = errors.New("skipped")

// programs is the folder with the programs to measure.
type programs string

func (p programs) command(w way, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(string(p), w.program), args...)
	c.Env = append(os.Environ(), "BENCH_MODE="+w.mode)
	c.Stderr = os.Stderr
	return c
}

// run does a test once in one way.
func (p programs) run(t test, w way) (sample, error) {
	size, count := strconv.Itoa(t.size), strconv.Itoa(t.count)
	endpoint := t.endpoint
	if endpoint == ipc {
		dir, err := os.MkdirTemp("", "bench")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		endpoint = "ipc://" + filepath.Join(dir, "s")
	}
	switch t.work {
	case "idle":
		return p.alone(w, "idle", count)
	case "2thr":
		return p.two(w, "thr-recv", "thr-send", endpoint, size, count)
	case "2lat":
		return p.two(w, "lat-rep", "lat-req", endpoint, size, count)
	case "proxy":
		return p.proxy(w, t.endpoint, size, count)
	case "trip":
		return p.trip(w, size, count)
	}
	return p.alone(w, t.work, endpoint, size, count)
}

func (p programs) alone(w way, args ...string) (sample, error) {
	out, err := p.command(w, args...).Output()
	return read(out, err)
}

// two runs two processes and adds up what both have used.
func (p programs) two(w way, binding, connecting, endpoint, size, count string) (sample, error) {
	first, err := start(p.command(w, binding, endpoint, size, count), 1)
	if err != nil {
		return nil, err
	}
	second, err := start(p.command(w, connecting, first.at[0], size, count), 0)
	if err != nil {
		return nil, errors.Join(err, first.kill())
	}
	out, err := first.end()
	if err != nil {
		return nil, errors.Join(err, second.kill())
	}
	rest, err := second.end()
	return read(append(out, rest...), err)
}

// proxy lets C programs feed and drain what is measured.
func (p programs) proxy(w way, kind, size, count string) (sample, error) {
	middle, err := start(p.command(w, "proxy", kind, "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"), 2)
	if err != nil {
		return nil, err
	}
	sink, err := start(p.command(inC, "sink", kind, middle.at[1], size, count), 0)
	if err != nil {
		return nil, errors.Join(err, middle.kill())
	}
	out, err := p.command(inC, "source", kind, middle.at[0], size, count).Output()
	if err != nil {
		return nil, errors.Join(err, sink.kill(), middle.kill())
	}
	drained, err := sink.end()
	if err != nil {
		return nil, errors.Join(err, middle.kill())
	}
	used, err := middle.end()
	if err != nil {
		return nil, err
	}
	// The processor time is the proxy's alone; the rate is that of the end that counts.
	got, err := read(append(out, drained...), nil)
	if err != nil {
		return nil, err
	}
	own, err := read(used, nil)
	if err != nil {
		return nil, err
	}
	got["cpu"], got["alloc"] = own["cpu"], own["alloc"]
	return got, nil
}

// trip lets a client and a worker in C talk through the queue that is measured.
func (p programs) trip(w way, size, count string) (sample, error) {
	middle, err := start(p.command(w, "proxy", "queue", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"), 2)
	if err != nil {
		return nil, err
	}
	worker, err := start(p.command(inC, "lat-work", middle.at[1], size, count), 0)
	if err != nil {
		return nil, errors.Join(err, middle.kill())
	}
	out, err := p.command(inC, "lat-req", middle.at[0], size, count).Output()
	if err != nil {
		return nil, errors.Join(err, worker.kill(), middle.kill())
	}
	if _, err := worker.end(); err != nil {
		return nil, errors.Join(err, middle.kill())
	}
	if _, err := middle.end(); err != nil {
		return nil, err
	}
	return read(out, nil)
}

// process is a program that says where it is bound and ends later, at the latest when its input does.
type process struct {
	c   *exec.Cmd
	in  io.Closer
	out *bufio.Reader
	at  []string
}

func start(c *exec.Cmd, endpoints int) (*process, error) {
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &process{c: c, in: in, out: bufio.NewReader(out)}
	for len(p.at) < endpoints {
		line, err := p.out.ReadString('\n')
		if err != nil {
			in.Close()
			return nil, skip(c.Wait())
		}
		p.at = append(p.at, strings.TrimSpace(strings.TrimPrefix(line, "at ")))
	}
	return p, nil
}

func (p *process) end() ([]byte, error) {
	p.in.Close()
	impatience := time.AfterFunc(10*time.Minute, func() { p.c.Process.Kill() })
	defer impatience.Stop()
	out, err := io.ReadAll(p.out)
	return out, errors.Join(err, p.c.Wait())
}

func (p *process) kill() error {
	p.c.Process.Kill()
	p.in.Close()
	p.c.Wait()
	return nil
}

func skip(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 77 {
		return errSkipped
	}
	return err
}

// read adds up the name=value words of what programs wrote.
func read(out []byte, err error) (sample, error) {
	if err != nil {
		return nil, skip(err)
	}
	s := sample{}
	for _, word := range strings.Fields(string(out)) {
		name, value, ok := strings.Cut(word, "=")
		v, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("a program answered %q", out)
		}
		s[name] += v
	}
	return s, nil
}
