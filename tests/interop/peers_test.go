package interop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// implementation is a peer: how to build its program, and how to run it.
type implementation struct {
	key, name string
	note      string // for docs/interop.md
	slow      bool   // left out of the short run
	lacks     string // transports or types that it does not offer, see offers
	build     func(dir string) ([]string, error)
}

// errMissing means that something must be installed first.
var errMissing = errors.New("missing: run tests/interop/install")

// The order is that of the table.
var implementations = []implementation{
	{key: "c", name: "C, libzmq", note: "a C program on the same engine: the control", build: buildC},
	{key: "pyzmq", name: "pyzmq", note: "Debian's python3-zmq, with the system's libzmq", slow: true, build: buildPython},
	{key: "czmq", name: "CZMQ", note: "Debian's libczmq4, with the system's libzmq", slow: true, build: buildCZMQ},
	{key: "jeromq", name: "JeroMQ", note: "Debian's libjeromq-java, in Java; what it calls ipc is a TCP connection", slow: true, lacks: "ipc", build: buildJava},
	{key: "zeromq.js", name: "zeromq.js", note: "npm's zeromq, with the libzmq inside it", slow: true, build: buildNode},
	{key: "pebbe", name: "pebbe/zmq4", note: "github.com/pebbe/zmq4, on the same engine", slow: true, build: buildPebbe},
	{key: "go-zeromq", name: "go-zeromq/zmq4", note: "github.com/go-zeromq/zmq4, in Go", slow: true, build: buildGoZeroMQ},
	{key: "zmtp1.0", name: "ZMTP 1.0", note: "a plain socket, byte by byte (RFC 13), as of ØMQ 2.x", lacks: "xpub xsub", build: buildRaw("1.0")},
	{key: "zmtp2.0", name: "ZMTP 2.0", note: "a plain socket, byte by byte (RFC 15), as of ØMQ 3.2", build: buildRaw("2.0")},
	{key: "zmtp3.0", name: "ZMTP 3.0", note: "a plain socket, byte by byte (RFC 23), as of ØMQ 4.0", build: buildRaw("3.0")},
	{key: "zmtp3.1", name: "ZMTP 3.1", note: "a plain socket, byte by byte (RFC 37)", build: buildRaw("3.1")},
}

// offers reports whether the implementation has the socket type and the transport.
func (i implementation) offers(typ, transport string) bool {
	for _, word := range strings.Fields(i.lacks) {
		if word == typ || word == transport {
			return false
		}
	}
	return true
}

func buildPython(string) ([]string, error) {
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import zmq").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", errMissing, out)
	}
	return []string{python, "peers/pyzmq.py"}, nil
}

const staged = "../../vendor_libzmq"

func buildC(dir string) ([]string, error) {
	to := filepath.Join(dir, "c")
	return []string{to}, cc(to, "peers/libzmq.c")
}

// cc compiles a program with the staged engine, or else the system's.
func cc(to, source string, args ...string) error {
	all := []string{"-O2", "-Wall", "-Wextra", "-Werror", "-o", to, source}
	if _, err := os.Stat(staged + "/lib/libzmq.a"); err == nil {
		all = append(all, "-I"+staged+"/include", "-L"+staged+"/lib")
	}
	if len(args) == 0 {
		args = []string{"-lzmq", "-lm", "-lpthread"}
	}
	if out, err := exec.Command("cc", append(all, args...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("cc: %w\n%s", err, out)
	}
	return nil
}

// cache returns a path in the folder that the script install fills.
func cache(path string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "zmq-interop", path)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: %w", errMissing, err)
	}
	return path, nil
}

func buildCZMQ(dir string) ([]string, error) {
	headers, err := cache("czmq/usr/include")
	if err != nil {
		return nil, err
	}
	to := filepath.Join(dir, "czmq")
	return []string{to}, cc(to, "peers/czmq.c", "-I"+headers, "-l:libczmq.so.4")
}

func buildJava(dir string) ([]string, error) {
	const jar = "/usr/share/java/jeromq.jar"
	if _, err := os.Stat(jar); err != nil {
		return nil, fmt.Errorf("%w: %w", errMissing, err)
	}
	if _, err := exec.LookPath("javac"); err != nil {
		return nil, fmt.Errorf("%w: %w", errMissing, err)
	}
	if out, err := exec.Command("javac", "-cp", jar, "-d", dir, "peers/Jeromq.java").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("javac: %w\n%s", err, out)
	}
	return []string{"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jar + ":" + dir, "Jeromq"}, nil
}

func buildNode(string) ([]string, error) {
	folder, err := cache("js/node_modules/zeromq")
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath("node"); err != nil {
		return nil, fmt.Errorf("%w: %w", errMissing, err)
	}
	return []string{"node", "peers/zeromqjs.js", filepath.Join(folder, "..", "..")}, nil
}

func buildPebbe(dir string) ([]string, error) {
	program, err := goBuild(dir, "pebbe", "-tags", "pebbe")
	return []string{program}, err
}

func buildGoZeroMQ(dir string) ([]string, error) {
	program, err := goBuild(dir, "gozeromq")
	return []string{program}, err
}

func buildRaw(version string) func(string) ([]string, error) {
	return func(dir string) ([]string, error) {
		program, err := goBuild(dir, "raw")
		return []string{program, version}, err
	}
}

func buildOurs(dir string) ([]string, error) {
	program, err := goBuild(dir, "ours")
	return []string{program}, err
}

// goBuild builds a program of the folder peers, once.
func goBuild(dir, name string, args ...string) (string, error) {
	to := filepath.Join(dir, name)
	build, _ := builds.LoadOrStore(to, sync.OnceValue(func() error {
		cmd := exec.Command("go", append(append([]string{"build", "-o", to}, args...), "./peers/"+name)...)
		if name == "pebbe" {
			cmd.Env = append(os.Environ(), engine()...)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", name, err, out)
		}
		return nil
	}))
	return to, build.(func() error)()
}

// engine is the environment in which pkg-config finds the staged engine. The go command keeps what it has built with
// what pkg-config said then, whatever it says now: hence the flags, which the go command does look at.
func engine() []string {
	lib, err := filepath.Abs(staged + "/lib")
	if err != nil {
		return nil
	}
	if _, err := os.Stat(lib + "/libzmq.a"); err != nil {
		return nil
	}
	return []string{
		"PKG_CONFIG_PATH=" + lib + "/pkgconfig:" + os.Getenv("PKG_CONFIG_PATH"),
		"CGO_CFLAGS=-g -O2 -I" + filepath.Dir(lib) + "/include",
		"CGO_LDFLAGS=-g -O2 -L" + lib,
	}
}

var builds sync.Map

// patience is how long one command may take.
const patience = 40 * time.Second

// program is a running peer.
type program struct {
	name string
	args []string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  chan string
}

func start(name string, args []string) (*program, error) {
	p := &program{name: name, args: args}
	return p, p.start()
}

func (p *program) start() error {
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		r := bufio.NewReader(out)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			lines <- strings.TrimRight(line, "\x00\r\n")
		}
	}()
	p.cmd, p.in, p.out = cmd, in, lines
	return nil
}

// kill ends the program by SIGKILL.
func (p *program) kill() {
	p.cmd.Process.Kill()
	p.in.Close()
	for range p.out {
	}
	p.cmd.Wait()
}

// stop lets the program end by itself.
func (p *program) stop(t *testing.T) {
	p.in.Close()
	for range p.out {
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%s: %v", p.name, err)
	}
}

// tell sends a command, and answer returns what came of it.
func (p *program) tell(format string, args ...any) error {
	_, err := fmt.Fprintf(p.in, format+"\n", args...)
	return err
}

func (p *program) answer() (string, error) {
	select {
	case line, ok := <-p.out:
		if !ok {
			return "", fmt.Errorf("%s has ended", p.name)
		}
		if text, is := strings.CutPrefix(line, "error"); is {
			return "", fmt.Errorf("%s:%s", p.name, text)
		}
		return line, nil
	case <-time.After(patience):
		return "", fmt.Errorf("%s does not answer", p.name)
	}
}

// ask does both.
func (p *program) ask(format string, args ...any) (string, error) {
	if err := p.tell(format, args...); err != nil {
		return "", fmt.Errorf("%s: %w", p.name, err)
	}
	return p.answer()
}

// ok asks for something that is answered by ok.
func (p *program) ok(format string, args ...any) error {
	answer, err := p.ask(format, args...)
	if err == nil && answer != "ok" {
		err = fmt.Errorf("%s: %s: %s", p.name, fmt.Sprintf(format, args...), answer)
	}
	return err
}
