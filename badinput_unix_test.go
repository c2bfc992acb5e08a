//go:build unix

package zmq

import (
	"runtime"
	"syscall"
)

// abstractPaths reports whether the system has Unix sockets without a file.
const abstractPaths = runtime.GOOS == "linux"

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }
