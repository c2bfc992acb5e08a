package compat

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a program may take, on however busy a machine.
const patience = time.Minute

// The two packages, by their names in what is printed.
const (
	original = "pebbe"
	standIn  = "compat"
)

// work is a folder for what the tests build.
var work string

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "zmq-compat-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(work)
	os.Exit(code)
}

// tree is the folder of the library.
func tree() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}

// needs skips a test on a machine that cannot do it; where everything must be tested, it fails.
func needs(t *testing.T, program, why string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

var building sync.Mutex

// build builds packages of this folder with one of the two, and returns the folder with the programs.
func build(t *testing.T, with string, packages ...string) string {
	t.Helper()
	needs(t, "pkg-config", "there is no pkg-config, which pebbe/zmq4 is built with: tests/interop/install gets it")
	building.Lock()
	defer building.Unlock()
	to := filepath.Join(work, with)
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"build", "-tags", "pebbe", "-o", to + string(filepath.Separator)}, packages...)
	if raceEnabled && with == standIn {
		args = append(args[:1:1], append([]string{"-race"}, args[1:]...)...)
	}
	cmd := exec.Command("go", args...)
	cmd.Env = os.Environ()
	if with == standIn {
		cmd.Env = append(cmd.Env, "GOWORK="+workspace(t))
	} else if lib := filepath.Join(tree(), "vendor_libzmq", "lib"); exists(filepath.Join(lib, "libzmq.a")) {
		// The go command keeps what it has built with what pkg-config said then, whatever it says now: hence the flags,
		// which it does look at.
		cmd.Env = append(cmd.Env, "PKG_CONFIG_PATH="+lib+"/pkgconfig:"+os.Getenv("PKG_CONFIG_PATH"),
			"CGO_CFLAGS=-g -O2 -I"+filepath.Dir(lib)+"/include", "CGO_LDFLAGS=-g -O2 -L"+lib)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %q with %s: %v\n%s", packages, with, err, out)
	}
	return to
}

// workspace writes a go.work in which the other package is replaced, and go.mod of these tests is left alone.
func workspace(t *testing.T) string {
	t.Helper()
	name := filepath.Join(work, "go.work")
	text := fmt.Sprintf("go 1.24.0\n\nuse (\n\t%s\n\t%s\n)\n\nreplace github.com/pebbe/zmq4 => %s\n",
		tree(), filepath.Join(tree(), "tests"), filepath.Join(tree(), "compat", "zmq4"))
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// run runs a program and returns the lines that it prints.
func run(t *testing.T, program string, args ...string) []string {
	t.Helper()
	lines, _ := runCounted(t, program, args...)
	return lines
}

// runCounted is run, and returns how much processor time the program took as well.
func runCounted(t *testing.T, program string, args ...string) ([]string, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = t.TempDir()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var processor time.Duration
	if cmd.ProcessState != nil {
		processor = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		if ctx.Err() != nil {
			text = "it does not come to the end"
		}
		if len(text) > 2000 {
			text = text[:2000] + "..."
		}
		t.Errorf("%s %q: %v\n%s", filepath.Base(filepath.Dir(program)), args, err, text)
	}
	return lines, processor
}

// limit is how many programs run at a time.
var limit = make(chan struct{}, max(runtime.GOMAXPROCS(0), 2))

func atATime() func() {
	limit <- struct{}{}
	return func() { <-limit }
}
