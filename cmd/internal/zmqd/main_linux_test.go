package zmqd

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"example.org/zmq/cmd/internal/cli"
)

// These make the test binary run as zmqd, and with no more descriptors than that.
const (
	childEnv = "ZMQD_CHILD"
	filesEnv = "ZMQD_FILES"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		goleak.VerifyTestMain(m)
	}
	if text := os.Getenv(sandboxEnv); text != "" {
		runtime.LockOSThread()
		var s sandbox
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			panic(err)
		}
		panic(s.enter())
	}
	if n, err := strconv.ParseUint(os.Getenv(filesEnv), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			panic(err)
		}
	}
	os.Exit(Main(context.Background(), append([]string{"zmqd"}, os.Args[1:]...), cli.System()))
}
