package zmqd

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// activated is zmqd as a service manager starts it that has its sockets.
type activated struct {
	cmd *exec.Cmd
	log *clitest.Buffer
}

// startActivated starts zmqd with sockets, which have these names.
func startActivated(t *testing.T, names []string, files []*os.File, args ...string) *activated {
	t.Helper()
	p := &activated{log: clitest.NewBuffer()}
	// The number of the process is known when it runs.
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$; export LISTEN_PID; exec "$@"`, "sh", os.Args[0]}, args...)...)
	p.cmd.Env = append(os.Environ(), childEnv+"=1", filesEnv+"=", "LISTEN_FDS="+strconv.Itoa(len(files)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	p.cmd.ExtraFiles = files
	p.cmd.Stderr = p.log
	startChild(t, p.cmd)
	return p
}

// end stops it and returns its exit code.
func (p *activated) end(t *testing.T) int {
	t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(clitest.Patience, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode()
	} else if err != nil {
		t.Error(err)
	}
	return 0
}

// listening returns sockets that listen, as a service manager opens them.
func listening(t *testing.T, network string, addresses ...string) (files []*os.File, at []string) {
	t.Helper()
	for _, a := range addresses {
		l, err := net.Listen(network, a)
		if err != nil {
			t.Fatal(err)
		}
		f, err := l.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
		l.Close()
		t.Cleanup(func() { f.Close() })
		files, at = append(files, f), append(at, l.Addr().String())
	}
	return files, at
}

// TestSocketActivation asserts that zmqd serves on sockets that the service manager holds, that none of them refuses a client between
// two runs, and that who came meanwhile is served by the next.
func TestSocketActivation(t *testing.T) {
	if !zmq.LibraryVersion().AtLeast(zmq.Version{Major: 4, Minor: 2}) {
		t.Skip("the engine takes no sockets")
	}
	files, at := listening(t, "tcp", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0")
	unix, paths := listening(t, "unix", filepath.Join(filepath.Dir(strings.TrimPrefix(clitest.Endpoint(t, "x"), "ipc://")), "control"))
	names := []string{"frontend", "backend", "http", "control"}
	args := []string{"queue", "--frontend-bind", "tcp://" + at[0], "--backend-bind", "tcp://" + at[1], "--http", at[2], "--control-bind", "ipc://" + paths[0], "--drain", "5s"}
	z := clitest.Context(t)
	// Each run has peers of its own, as after a failure of all; the sockets are the same.
	for run := range 3 {
		if run > 0 {
			// Nobody runs: connections are taken all the same.
			for _, a := range at {
				c, err := net.Dial("tcp", a)
				if err != nil {
					t.Fatalf("between two runs: %v", err)
				}
				c.Close()
			}
		}
		req := clitest.Socket(t, z, zmq.Req, "tcp://"+at[0])
		clitest.Send(t, req, "?")
		p := startActivated(t, names, append(files, unix...), args...)
		rep := clitest.Socket(t, z, zmq.Rep, "tcp://"+at[1])
		same(t, "request", []string{"?"}, clitest.Recv(t, rep))
		clitest.Send(t, rep, "!")
		same(t, "reply", []string{"!"}, clitest.Recv(t, req))
		if code, _ := get(t, "http://"+at[2]+"/healthz"); code != 200 {
			t.Errorf("healthz: %d", code)
		}
		if code, _, err := clitest.Run(t, Main, "", "zmqd", "ctl", "ipc://"+paths[0], "stats"); code != 0 {
			t.Error(err)
		}
		req.Close()
		rep.Close()
		if code := p.end(t); code != 0 {
			t.Fatalf("exit code %d\n%s", code, p.log)
		}
		if _, err := os.Stat(paths[0]); err != nil {
			t.Fatalf("the service manager's socket is gone: %v", err)
		}
	}
}

// TestSocketActivationRekey asserts that new keys hold at a socket that was given, which is bound anew with each.
func TestSocketActivationRekey(t *testing.T) {
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	dir := t.TempDir()
	files, at := listening(t, "tcp", "127.0.0.1:0")
	server, client := certificate(t, dir, "server"), certificate(t, dir, "client")
	back := clitest.Endpoint(t, "b")
	p := startActivated(t, []string{"frontend"}, files, "streamer", "--frontend-bind", "tcp://"+at[0], "--backend-bind", back, "--drain", "0s",
		"--frontend-curve-cert", filepath.Join(dir, "server.key_secret"), "--frontend-curve-allow", "any")
	p.log.WaitFor(t, "msg=running")
	z := clitest.Context(t)
	pull := clitest.Socket(t, z, zmq.Pull, back)
	for i := range 3 {
		push := clitest.Socket(t, z, zmq.Push, "tcp://"+at[0], zmq.CurveClient(server.Public, client.Public, client.Secret))
		clitest.Send(t, push, strconv.Itoa(i))
		same(t, "job", []string{strconv.Itoa(i)}, clitest.Recv(t, pull))
		push.Close()
		server = certificate(t, dir, "server")
		p.cmd.Process.Signal(syscall.SIGHUP)
		for limit := time.Now().Add(clitest.Patience); strings.Count(p.log.String(), "new_keys=[frontend]") <= i; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("no new keys:\n%s", p.log)
			}
		}
	}
	if strings.Contains(p.log.String(), "level=ERROR") {
		t.Errorf("errors:\n%s", p.log)
	}
	p.end(t)
}

// TestSocketActivationRefuses asserts that a socket whose purpose is not known, or that is none, is a mistake in the settings.
func TestSocketActivationRefuses(t *testing.T) {
	files, at := listening(t, "tcp", "127.0.0.1:0")
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, c := range []struct {
		name string
		file *os.File
		want string
	}{{"zmqd.socket", files[0], "FileDescriptorName="}, {"frontend", null, "not a socket that listens"}} {
		p := startActivated(t, []string{c.name}, []*os.File{c.file}, "streamer", "--frontend-bind", "tcp://"+at[0], "--backend-bind", clitest.Endpoint(t, "b"))
		var exit *exec.ExitError
		if err := p.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(p.log.String(), c.want) {
			t.Errorf("%s: %v\n%s", c.name, err, p.log)
		}
	}
}
