package zmq

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// runnerVariable names the environment variable with the command, if any, that runs the test binary where the system cannot by
// itself: an emulator, and its options.
const runnerVariable = "ZMQ_TEST_RUNNER"

// againCommand returns the command that starts this test binary once more.
func againCommand(ctx context.Context, args ...string) *exec.Cmd {
	words := append(append(strings.Fields(os.Getenv(runnerVariable)), os.Args[0]), args...)
	return exec.CommandContext(ctx, words[0], words[1:]...)
}

// emulated reports whether an emulator runs this test binary.
func emulated() bool { return os.Getenv(runnerVariable) != "" }

// notEmulated skips a test that asks of the system what an emulator does not do as the system would.
func notEmulated(t *testing.T, why string) {
	t.Helper()
	if emulated() {
		t.Skipf("%s does not run under an emulator (%s): %s", t.Name(), os.Getenv(runnerVariable), why)
	}
}

// listsInterfaces reports whether the network's interfaces can be listed, as they cannot where an emulator runs a big-endian machine.
func listsInterfaces() bool {
	_, err := net.Interfaces()
	return err == nil
}
