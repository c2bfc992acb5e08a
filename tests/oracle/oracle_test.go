package oracle

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// patience is how long a scenario may take, on however busy a machine.
const patience = time.Minute

// errnos are those that must come up in C: all that the manual of 3.1 has and more, but for EACCES, which root does
// not get, and ECONNREFUSED, which engines from 4.0 on have no use for.
const errnos = `EADDRINUSE EADDRNOTAVAIL EAGAIN EFAULT EFSM EHOSTUNREACH EINTR EINVAL EMFILE EMTHREAD ENAMETOOLONG ENOCOMPATPROTO
	ENODEV ENOENT ENOMEM ENOTSOCK ENOTSUP EPROTONOSUPPORT ETERM`

const staged = "../../vendor_libzmq"

// build builds a program of a folder, with the staged engine where there is one.
func build(dir, name string) (string, error) {
	to := filepath.Join(dir, name)
	lib, err := filepath.Abs(staged + "/lib")
	if err != nil {
		return "", err
	}
	_, missing := os.Stat(lib + "/libzmq.a")
	cmd := exec.Command("go", "build", "-o", to, "./"+name)
	switch {
	case name == "compat":
		work, err := workspace(dir)
		if err != nil {
			return "", err
		}
		cmd = exec.Command("go", "build", "-tags", "pebbe", "-o", to, "./pebbe")
		cmd.Env = append(os.Environ(), "GOWORK="+work)
	case name == "c":
		cmd = exec.Command("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", to, "c/oracle.c",
			"-I"+staged+"/include", "-L"+staged+"/lib", "-lzmq", "-lm", "-lpthread")
	case name == "pebbe":
		cmd = exec.Command("go", "build", "-tags", "pebbe", "-o", to, "./pebbe")
		if missing == nil {
			// The go command keeps what it has built with what pkg-config said then, whatever it says now: hence the flags,
			// which it does look at.
			cmd.Env = append(os.Environ(), "PKG_CONFIG_PATH="+lib+"/pkgconfig:"+os.Getenv("PKG_CONFIG_PATH"),
				"CGO_CFLAGS=-g -O2 -I"+filepath.Dir(lib)+"/include", "CGO_LDFLAGS=-g -O2 -L"+lib)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return to, nil
}

// workspace writes a go.work in which what stands in for pebbe/zmq4 takes its place.
func workspace(dir string) (string, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "go.work")
	text := fmt.Sprintf("go 1.24.0\n\nuse (\n\t%[1]s\n\t%[1]s/tests\n)\n\nreplace github.com/pebbe/zmq4 => %[1]s/compat/zmq4\n", root)
	return name, os.WriteFile(name, []byte(text), 0o644)
}

// trace runs a scenario and returns each line with what came of it.
func trace(t *testing.T, program string, s scenario) (lines []string, ended bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir = t.TempDir()
	cmd.Stdin = strings.NewReader(strings.Join(s.lines, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	results := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	var all []string
	for i, line := range s.lines {
		result := "nothing came of it"
		if i < len(results) {
			result = results[i]
		} else if i == len(results) && err != nil {
			result = fmt.Sprintf("%v %s", err, firstLine(stderr.String()))
		}
		all = append(all, line+" = "+result)
	}
	return all, err == nil && len(results) == len(s.lines)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// TestOracle runs every scenario with all programs and compares what came of it.
func TestOracle(t *testing.T) {
	scenarios, err := load()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	programs := map[string]string{}
	for _, name := range []string{"c", "ours", "pebbe", "compat"} {
		if _, err := exec.LookPath("pkg-config"); err != nil && name == "pebbe" && os.Getenv("CI") != "true" {
			t.Log("there is no pkg-config, which pebbe/zmq4 is built with: tests/interop/install gets it")
			continue
		}
		if programs[name], err = build(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	used := map[*difference]bool{}
	lines := 0
	var provoked strings.Builder
	t.Run("scenario", func(t *testing.T) {
		for _, s := range scenarios {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				want, ended := trace(t, programs["c"], s)
				if !ended {
					t.Fatalf("C does not come to the end:\n%s", strings.Join(want, "\n"))
				}
				mu.Lock()
				provoked.WriteString(strings.Join(want, "\n") + "\n")
				mu.Unlock()
				for _, name := range []string{"ours", "pebbe", "compat"} {
					mu.Lock()
					skip := programs[name] == "" || skips(name, s, used)
					mu.Unlock()
					if skip {
						continue
					}
					got, _ := trace(t, programs[name], s)
					mu.Lock()
					expected := intended(name, s, want, got, used)
					lines += len(got)
					mu.Unlock()
					if diff := cmp.Diff(expected, got); diff != "" {
						t.Errorf("%s differs from C (-C +%s):\n%s", name, name, diff)
						for i, line := range s.lines {
							if expected[i] != got[i] {
								t.Logf("DIFF|%s|%s|%s|%s|%s", name, s.name, line, expected[i][len(line)+3:], got[i][len(line)+3:])
							}
						}
					}
				}
			})
		}
	})
	t.Logf("%d scenarios, %d lines compared", len(scenarios), lines)
	if t.Failed() || programs["pebbe"] == "" || flag.Lookup("test.run").Value.String() != "" {
		return
	}
	for _, name := range strings.Fields(errnos) {
		if !strings.Contains(provoked.String(), "-1 "+name+"\n") {
			t.Errorf("no scenario provokes %s", name)
		}
	}
	for i := range differences {
		if d := &differences[i]; !used[d] && programs[d.program] != "" {
			t.Errorf("this difference does not come up: %+v", *d)
		}
	}
}
