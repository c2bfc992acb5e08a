//go:build unix

package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is the interpreter that sees the distribution's packages, whichever others there are.
const python = "/usr/bin/python3"

// Python starts a script with pyzmq, which is in the folder of the test. Where there is no pyzmq the test is skipped, and fails where
// CI is set. A script that is told to end by SIGTERM has to do so with exit code 0.
func Python(t testing.TB, script string, args ...string) *Proc {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import zmq").CombinedOutput(); err != nil {
		missing := t.Skipf
		if os.Getenv("CI") != "" {
			missing = t.Fatalf
		}
		missing("no pyzmq (run tests/interop/install): %v\n%s", err, out)
	}
	path, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(path); err != nil { // which also lets go test know of it
		t.Fatal(err)
	}
	args = append([]string{"-u", path}, args...)
	return start(t, strings.Join(append([]string{filepath.Base(script)}, args[2:]...), " "), exec.Command(python, args...))
}
