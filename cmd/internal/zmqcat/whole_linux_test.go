//go:build !race

package zmqcat

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// peak runs zmqcat as a process and returns how many bytes of memory it had at most, libzmq's among them. Under the race detector
// they would be the detector's.
func peak(t *testing.T, in io.Reader, peer func(), args ...string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], append(args, "--timeout", clitest.Patience.String(), "--format", "whole")...)
	errs := clitest.NewBuffer()
	cmd.Env, cmd.Stdin, cmd.Stderr = append(os.Environ(), childEnv+"=1"), in, errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*clitest.Patience, func() { cmd.Process.Kill() })
	defer late.Stop()
	peer()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%q: %v, %s", args, err, errs)
	}
	found := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindStringSubmatch(errs.String())
	if found == nil {
		t.Fatalf("%q does not say its memory: %s", args, errs)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// TestWholeMemory asserts how much memory a process takes for a large message beyond what it takes for a small one.
func TestWholeMemory(t *testing.T) {
	data := large()
	z := clitest.Context(t)
	push := func(in func(p []byte) io.Reader, p []byte) int {
		e := clitest.Endpoint(t, "e")
		s := clitest.Socket(t, z, zmq.Pull, e)
		return peak(t, in(p), func() {
			var m zmq.Message
			defer m.Close()
			if err := s.RecvMsg(&m, 0); err != nil || !bytes.Equal(m.Bytes(), p) {
				t.Errorf("%d bytes came, %v", m.Len(), err)
			}
		}, "push", "@"+e)
	}
	pull := func(p []byte) int {
		e := clitest.Endpoint(t, "e")
		s := clitest.Socket(t, z, zmq.Push, e)
		return peak(t, nil, func() {
			m, err := zmq.CopyMessage(p)
			if err == nil {
				err = s.SendMsg(m, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "pull", "@"+e, "-n1")
	}
	pipe := func(p []byte) io.Reader { return bytes.NewReader(p) } // which package exec passes on by a pipe
	file := func(p []byte) io.Reader {
		path := filepath.Join(t.TempDir(), "in")
		err := os.WriteFile(path, p, 0o600)
		f, err2 := os.Open(path)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	small := pull(data[:100])
	for _, c := range []struct {
		what   string
		run    func(p []byte) int
		copies int
	}{
		{"push, from a pipe", func(p []byte) int { return push(pipe, p) }, 2},
		{"push, from a file", func(p []byte) int { return push(file, p) }, 1},
		{"pull", pull, 1},
	} {
		more := c.run(data) - small
		if t.Logf("%s: %d KiB more for %d KiB", c.what, more>>10, len(data)>>10); more > c.copies*len(data)+len(data)/4 {
			t.Errorf("%s: %d bytes more for a message of %d, want %d copies", c.what, more, len(data), c.copies)
		}
	}
}
