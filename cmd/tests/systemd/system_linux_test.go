package systemd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long the test waits for what has to come.
const patience = 60 * time.Second

// system is a systemd that runs beside this machine's own, if that has one: in namespaces of its own, on a copy of this machine's
// files that goes with it, in a group of processes below ours.
type system struct {
	t    *testing.T
	init *exec.Cmd
	log  string
}

// initEnv makes the test binary the first process of a system: it has the folder for it.
const initEnv = "ZMQ_TEST_SYSTEM"

const systemd = "/lib/systemd/systemd"

// boot starts a system that has these files beside those of this machine, and waits until it is up.
func boot(t *testing.T, files map[string]string) *system {
	t.Helper()
	dir := t.TempDir()
	for name, from := range files {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &system{t: t, log: filepath.Join(dir, "console")}
	console, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	s.init = exec.Command("/proc/self/exe")
	s.init.Env = []string{initEnv + "=" + dir, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=dumb"}
	s.init.Stdout, s.init.Stderr = console, console
	s.init.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS | syscall.CLONE_NEWNET,
		UseCgroupFD: true, CgroupFD: controlGroup(t),
		Pdeathsig: syscall.SIGKILL,
	}
	runtime.LockOSThread() // it ends with the thread that has started it
	if err := s.init.Start(); err != nil {
		t.Fatalf("a system of the test's own: %v", err)
	}
	t.Cleanup(func() {
		s.init.Process.Kill() // and with it all that it runs
		s.init.Wait()
		runtime.UnlockOSThread()
	})
	s.await("the start of the system", func() bool { return s.active("basic.target") })
	return s
}

// of returns the system as a part of the test sees it.
func (s *system) of(t *testing.T) *system { return &system{t, s.init, s.log} }

// controlGroup returns the folder of a new group of processes, in the hierarchy of version 2, as a descriptor. The group is removed
// with the test.
func controlGroup(t *testing.T) int {
	t.Helper()
	mounts, err := os.Open("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	defer mounts.Close()
	root := ""
	for lines := bufio.NewScanner(mounts); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); fields[2] == "cgroup2" {
			root = fields[1]
		}
	}
	if root == "" {
		t.Fatal("no cgroup2 is mounted here, and systemd wants one")
	}
	dir, err := os.MkdirTemp(root, "zmq-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeGroup(t, dir) })
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}

// removeGroup removes a group and those that systemd has made in it, when their processes are gone.
func removeGroup(t *testing.T, dir string) {
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var below []string
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				below = append(below, path)
			}
			return nil
		})
		var err error
		for i := len(below) - 1; i >= 0; i-- {
			err = errors.Join(err, syscall.Rmdir(below[i]))
		}
		if err == nil {
			return
		}
		if time.Now().After(limit) {
			t.Errorf("a group of processes is left: %v", err)
			return
		}
	}
}

// inside is a command that runs in the system.
func (s *system) inside(ctx context.Context, name string, args ...string) *exec.Cmd {
	pid := strconv.Itoa(s.init.Process.Pid)
	cmd := exec.CommandContext(ctx, "nsenter", append([]string{"-t", pid, "-m", "-u", "-i", "-n", "-p", "-C", "-r/proc/" + pid + "/root", "-w/proc/" + pid + "/root", "--", name}, args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_PAGER=", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"}
	return cmd
}

// try runs a command in the system and returns what it prints.
func (s *system) try(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := s.inside(ctx, name, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (s *system) do(name string, args ...string) string {
	s.t.Helper()
	out, err := s.try(name, args...)
	if err != nil {
		s.t.Fatalf("%s %q: %v\n%s\n%s", name, args, err, out, s.words())
	}
	return out
}

// active reports whether a unit is.
func (s *system) active(unit string) bool {
	_, err := s.try("systemctl", "is-active", "--quiet", unit)
	return err == nil
}

// property returns a property of a unit.
func (s *system) property(unit, name string) string {
	s.t.Helper()
	return s.do("systemctl", "show", "--property="+name, "--value", unit)
}

func (s *system) await(what string, is func() bool) {
	s.t.Helper()
	for limit := time.Now().Add(patience); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			s.t.Fatalf("%s: not within %v\n%s", what, patience, s.words())
		}
	}
}

// words returns what the system has said.
func (s *system) words() string {
	console, _ := os.ReadFile(s.log)
	journal, _ := s.try("journalctl", "--no-pager", "--lines=60", "--output=cat")
	return "console:\n" + string(console) + "\njournal:\n" + journal
}

// write writes a file of the system.
func (s *system) write(path, text string) {
	s.t.Helper()
	at := filepath.Join(fmt.Sprintf("/proc/%d/root", s.init.Process.Pid), path)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}
