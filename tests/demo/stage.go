package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.org/zmq"
)

// stage is where deployments run: the text, a folder for ipc endpoints, and the members of
// the present run.
type stage struct {
	dir      string
	path     string // of the text
	origin   string
	text     *text
	only     string
	lose     bool
	patience time.Duration
	stderr   io.Writer

	run   run
	zc    *zmq.Context // for inproc: the members share it
	cast  []*member
	names int
}

func newStage(tree string, files []string, size int) (*stage, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	st := &stage{dir: dir, path: filepath.Join(dir, "text")}
	if st.origin, err = gather(st.path, tree, files, size); err == nil {
		st.text, err = readText(st.path)
	}
	if err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

func (st *stage) close() { os.RemoveAll(st.dir) }

// endpoint returns an endpoint of the run's transport to bind to.
func (st *stage) endpoint() string {
	st.names++
	switch st.run.transport {
	case "tcp":
		return "tcp://127.0.0.1:*"
	case "ipc":
		return fmt.Sprintf("ipc://%s/%d", st.dir, st.names)
	}
	return fmt.Sprintf("inproc://%d", st.names)
}

// member is one process of a deployment, or one goroutine. It is spoken to in lines: the member
// says "bound ENDPOINT", "ready", "done" and, last, "report JSON". It hears "go", and the end of its
// input means that it has to finish.
type member struct {
	role  string
	words chan string
	in    io.WriteCloser
	err   chan error
	kill  context.CancelFunc
}

// start starts a member with a role: as a process, or for inproc as a goroutine.
func (st *stage) start(ctx context.Context, s spec) (*member, error) {
	s.Text, s.Parts, s.Patience = st.path, st.run.parts, st.patience
	ctx, kill := context.WithCancel(ctx)
	m := &member{role: s.Role, words: make(chan string, 16), err: make(chan error, 1), kill: kill}
	st.cast = append(st.cast, m)
	if st.run.transport == "inproc" {
		return m, st.startGoroutine(s, m)
	}
	return m, st.startProcess(ctx, s, m)
}

func (st *stage) startProcess(ctx context.Context, s spec, m *member) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b, _ := json.Marshal(s)
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), roleVariable+"="+string(b))
	cmd.Stderr = st.stderr
	if m.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		m.listen(out)
		m.err <- cmd.Wait()
	}()
	return nil
}

func (st *stage) startGoroutine(s spec, m *member) error {
	if st.zc == nil {
		zc, err := zmq.NewContext()
		if err != nil {
			return err
		}
		st.zc = zc
	}
	in, inEnd := io.Pipe()
	outEnd, out := io.Pipe()
	m.in = inEnd
	zc := st.zc
	go m.listen(outEnd)
	go func() {
		err := play(zc, s, in, out)
		in.Close()
		out.Close()
		m.err <- err
	}()
	return nil
}

func (m *member) listen(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		m.words <- lines.Text()
	}
	close(m.words)
}

// hear waits for a word of the member and returns what follows it.
func (m *member) hear(ctx context.Context, word string) (string, error) {
	for {
		select {
		case line, ok := <-m.words:
			if !ok {
				err := <-m.err
				m.err <- err
				if err == nil {
					err = errors.New("it has ended")
				}
				return "", fmt.Errorf("the %s was to say %q: %w", m.role, word, err)
			}
			if first, rest, _ := strings.Cut(line, " "); first == word {
				return rest, nil
			}
		case <-ctx.Done():
			return "", fmt.Errorf("the %s was to say %q: %w", m.role, word, ctx.Err())
		}
	}
}

func (m *member) say(word string) error {
	_, err := io.WriteString(m.in, word+"\n")
	return err
}

// finish makes the member end and returns its report.
func (m *member) finish(ctx context.Context) (r report, err error) {
	m.in.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	words, err := m.hear(ctx, "report")
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(words), &r); err != nil {
		return r, err
	}
	select {
	case err = <-m.err:
		m.err <- err
	case <-ctx.Done():
		err = fmt.Errorf("the %s does not end: %w", m.role, ctx.Err())
	}
	return r, err
}

// strike ends the run: members that are left are ended, and nothing else is.
func (st *stage) strike() {
	if st.zc != nil {
		st.zc.Close()
		st.zc = nil
	}
	for _, m := range st.cast {
		m.kill()
		if m.in != nil {
			m.in.Close()
			for range m.words {
			}
			<-m.err
		}
	}
	st.cast = nil
}
