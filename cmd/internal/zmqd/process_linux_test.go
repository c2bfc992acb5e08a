package zmqd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq/cmd/internal/clitest"
)

// process is zmqd in a process of its own, so that what it takes can be measured.
type process struct {
	cmd         *exec.Cmd
	log         *clitest.Buffer
	url         string
	front, back string
}

// startProcess runs a device at ports of its own until the test ends, which must be an orderly end.
func startProcess(t *testing.T, device string, files int, args ...string) *process {
	t.Helper()
	p := &process{log: clitest.NewBuffer()}
	p.cmd = exec.Command(os.Args[0], append([]string{device, "--http", "127.0.0.1:0", "--drain", "0s",
		"--frontend-bind", "tcp://127.0.0.1:*", "--backend-bind", "tcp://127.0.0.1:*"}, args...)...)
	p.cmd.Env = append(os.Environ(), childEnv+"=1", fmt.Sprintf("%s=%d", filesEnv, files))
	if files == 0 {
		p.cmd.Env = append(p.cmd.Env, filesEnv+"=")
	}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(t) })
	p.log.WaitFor(t, "msg=running")
	find := func(pattern string) string {
		t.Helper()
		found := regexp.MustCompile(pattern).FindStringSubmatch(p.log.String())
		if found == nil {
			t.Fatalf("no %s in:\n%s", pattern, p.log)
		}
		return found[1]
	}
	p.url = "http://" + find(`msg=http address=(\S+)`)
	p.front = find(`side=frontend .*bound=\[(\S+)\]`)
	p.back = find(`side=backend .*bound=\[(\S+)\]`)
	return p
}

func (p *process) stop(t *testing.T) {
	p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(clitest.Patience, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	var exit *exec.ExitError
	switch err := p.cmd.Wait(); {
	case errors.As(err, &exit) && exit.ExitCode() == exitLeft:
	case err != nil:
		t.Errorf("zmqd: %v\n%s", err, p.log)
	case !strings.Contains(p.log.String(), "msg=totals"):
		t.Errorf("zmqd has ended without its totals:\n%s", p.log)
	}
}

// takes is what a process takes of the machine.
type takes struct {
	memory  int64 // bytes
	files   int
	threads int
	cpu     time.Duration
}

func (u takes) String() string {
	return fmt.Sprintf("%.1f MiB, %d files, %d threads, %v of processor time", float64(u.memory)/(1<<20), u.files, u.threads, u.cpu)
}

// takes reads /proc.
func (p *process) takes(t *testing.T) (u takes) {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid))
	files, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		t.Fatalf("zmqd is not there: %v\n%s", err, p.log)
	}
	u.files = len(files)
	raw, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		t.Fatal(err)
	}
	// The second field is a name in brackets; utime, stime, threads and rss are the 14th, 15th, 20th and 24th.
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	number := func(i int) int64 {
		n, err := strconv.ParseInt(fields[i-3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const tick = time.Second / 100 // Linux tells user space that it is, on all that Go runs on
	u.cpu = time.Duration(number(14)+number(15)) * tick
	u.threads = int(number(20))
	u.memory = number(24) * int64(os.Getpagesize())
	return u
}

// metric reads a number of /metrics.
func (p *process) metric(t *testing.T, name string) int {
	t.Helper()
	_, text := get(t, p.url+"/metrics")
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in:\n%s", name, text)
	}
	f, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(f)
}

// awaitMetric waits until the number is as wanted.
func (p *process) awaitMetric(t *testing.T, name string, ok func(int) bool) int {
	t.Helper()
	for limit := time.Now().Add(clitest.Patience); ; time.Sleep(10 * time.Millisecond) {
		n := p.metric(t, name)
		if ok(n) {
			return n
		}
		if time.Now().After(limit) {
			t.Fatalf("%s is %d", name, n)
		}
	}
}

// awaitFiles waits until no more files are open than that.
func (p *process) awaitFiles(t *testing.T, most int) {
	t.Helper()
	for limit := time.Now().Add(clitest.Patience); ; time.Sleep(10 * time.Millisecond) {
		n := p.takes(t).files
		if n <= most {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%d files stay open, want at most %d", n, most)
		}
	}
}

func atLeast(want int) func(int) bool { return func(n int) bool { return n >= want } }
func exactly(want int) func(int) bool { return func(n int) bool { return n == want } }
