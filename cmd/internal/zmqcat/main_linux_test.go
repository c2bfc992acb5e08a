package zmqcat

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"example.org/zmq/cmd/internal/cli"
)

// childEnv makes the test binary run as zmqcat, and write how much memory it had at most.
const childEnv = "ZMQCAT_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		goleak.VerifyTestMain(m)
	}
	code := Main(context.Background(), append([]string{"zmqcat"}, os.Args[1:]...), cli.System())
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM:") {
			fmt.Fprint(os.Stderr, line)
		}
	}
	os.Exit(code)
}
