// Package harness builds the programs that the tests and the measure of the devices run, and runs them.
package harness

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Programs are the paths of the built programs.
type Programs struct {
	C  string // device.c
	Go string // ../device
}

// Build builds the programs into dir, with the staged engine where there is one.
func Build(dir string) (Programs, error) {
	p := Programs{C: filepath.Join(dir, "c-device"), Go: filepath.Join(dir, "go-device")}
	if err := CC(p.C, "device.c"); err != nil {
		return p, err
	}
	cmd := exec.Command("go", "build", "-o", p.Go, "./device")
	cmd.Dir = folder()
	if out, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return p, nil
}

// folder returns the folder of the devices' tests.
func folder() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// CC compiles a program of the folder c.
func CC(to, source string) error {
	args := []string{"-O2", "-o", to, filepath.Join(folder(), "c", source)}
	staged := filepath.Join(folder(), "..", "..", "vendor_libzmq")
	if _, err := os.Stat(filepath.Join(staged, "lib", "libzmq.a")); err == nil {
		args = append(args, "-I"+filepath.Join(staged, "include"), "-L"+filepath.Join(staged, "lib"))
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if out, err := exec.Command(cc, append(args, "-lzmq", "-lm", "-lpthread")...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cc, err, out)
	}
	return nil
}

// Proxy is a running device.
type Proxy struct {
	Front, Back, Control string // where it is bound
	cmd                  *exec.Cmd
	stdin                io.Closer
	out                  *bufio.Reader
}

// StartProxy starts "PROGRAM proxy KIND FRONT BACK [CONTROL]"; env is added to the environment.
func StartProxy(program, kind string, endpoints []string, env ...string) (*Proxy, error) {
	p := &Proxy{cmd: exec.Command(program, append([]string{"proxy", kind}, endpoints...)...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = os.Stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.out = stdin, bufio.NewReader(stdout)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for _, at := range []*string{&p.Front, &p.Back, &p.Control}[:len(endpoints)] {
		line, err := p.out.ReadString('\n')
		endpoint, ok := strings.CutPrefix(strings.TrimRight(line, "\x00\n"), "at ")
		if err != nil || !ok {
			p.Kill()
			return nil, fmt.Errorf("%s says %q: %v", program, line, err)
		}
		*at = strings.TrimRight(endpoint, "\x00")
	}
	return p, nil
}

// Stop ends the device and returns its last line.
func (p *Proxy) Stop() (string, error) {
	p.stdin.Close()
	line, _ := p.out.ReadString('\n')
	return strings.TrimSpace(line), p.cmd.Wait()
}

// Kill ends the device by SIGKILL.
func (p *Proxy) Kill() error {
	err := p.cmd.Process.Kill()
	p.stdin.Close()
	var exit *exec.ExitError
	if wait := p.cmd.Wait(); wait != nil && !errors.As(wait, &exit) {
		return wait
	}
	return err
}
