package zmqd

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq/cmd/internal/clitest"
)

// TestExample runs the example that is handed out, with the programs of this tree.
func TestExample(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	// The example builds them itself where it is not told so; here the build is kept by go.
	build := exec.Command("go", "build", "-o", bin, "../../zmqd", "../../zmqcat")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), clitest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(deployFolder, "example/run"), "--once")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "ZMQD_EXAMPLE_BIN="+bin, "ZMQD_EXAMPLE_HTTP=127.0.0.1:0", "PATH=/usr/bin:/bin")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "a client has had 20 replies") || !strings.Contains(string(out), "frontend  in 20 messages") {
		t.Errorf("%v\n%s", err, out)
	}
}
