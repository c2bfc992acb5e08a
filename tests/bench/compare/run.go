package main

import (
	"bufio"
	"context"
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
	case "cost": // microseconds of the clock for a message
		return s["secs"] * 1e6 / s["msgs"]
	}
	return s[what]
}

// errSkipped is a program's word that it cannot do this work.
var errSkipped = errors.New("skipped")

// patience is how long a run may take: most take a second.
const patience = 2 * time.Minute

// A running is a run of one test in one way, by the programs of a folder.
type running struct {
	dir string
	ctx context.Context
	t   test
}

func (r running) command(w way, args ...string) *exec.Cmd {
	c := exec.CommandContext(r.ctx, filepath.Join(r.dir, w.program), args...)
	c.Env = append(os.Environ(), r.t.environment(w)...)
	c.Stderr = os.Stderr
	return c
}

// run does a test once in one way.
func run(dir string, t test, w way) (sample, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := running{dir, ctx, t}.run(w)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("ended after %v: %w", patience, err)
	}
	return s, err
}

func (r running) run(w way) (sample, error) {
	t := r.t
	size, count := strconv.Itoa(t.size), strconv.Itoa(t.messages(w))
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
		return r.alone(w, "idle", count)
	case "2thr":
		return r.two(w, "thr-recv", "thr-send", endpoint, size, count)
	case "2lat":
		return r.two(w, "lat-rep", "lat-req", endpoint, size, count)
	case "proxy":
		return r.proxy(w, t.endpoint, size, count)
	case "trip":
		return r.trip(w, size, count)
	case "http":
		return r.alone(w, "http", strconv.Itoa(t.number), t.endpoint, count)
	}
	return r.alone(w, t.work, endpoint, size, count)
}

func (r running) alone(w way, args ...string) (sample, error) {
	out, err := r.command(w, args...).Output()
	return read(out, err)
}

// two runs two processes and adds up what both have used.
func (r running) two(w way, binding, connecting, endpoint, size, count string) (sample, error) {
	first, err := start(r.command(w, binding, endpoint, size, count), 1)
	if err != nil {
		return nil, err
	}
	second, err := start(r.command(w, connecting, first.at[0], size, count), 0)
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
func (r running) proxy(w way, kind, size, count string) (sample, error) {
	middle, err := start(r.command(w, "proxy", kind, "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"), 2)
	if err != nil {
		return nil, err
	}
	sink, err := start(r.command(inC, "sink", kind, middle.at[1], size, count), 0)
	if err != nil {
		return nil, errors.Join(err, middle.kill())
	}
	out, err := r.command(inC, "source", kind, middle.at[0], size, count).Output()
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
	return withCost(append(out, drained...), used)
}

// trip lets a client and a worker in C talk through the queue that is measured.
func (r running) trip(w way, size, count string) (sample, error) {
	middle, err := start(r.command(w, "proxy", "queue", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"), 2)
	if err != nil {
		return nil, err
	}
	worker, err := start(r.command(inC, "lat-work", middle.at[1], size, count), 0)
	if err != nil {
		return nil, errors.Join(err, middle.kill())
	}
	out, err := r.command(inC, "lat-req", middle.at[0], size, count).Output()
	if err != nil {
		return nil, errors.Join(err, worker.kill(), middle.kill())
	}
	if _, err := worker.end(); err != nil {
		return nil, errors.Join(err, middle.kill())
	}
	used, err := middle.end()
	if err != nil {
		return nil, err
	}
	return withCost(out, used)
}

// withCost takes the processor time from what the proxy said, and the rest from the end that counts.
func withCost(counted, used []byte) (sample, error) {
	got, err := read(counted, nil)
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
