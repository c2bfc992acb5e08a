//go:build unix

package zmq

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

// abstractPaths reports whether the system has Unix sockets without a file.
const abstractPaths = runtime.GOOS == "linux"

// mkfifo makes a named pipe. Not every system's package syscall has the call, and each has the command.
func mkfifo(path string) error { return exec.Command("mkfifo", "-m", "600", path).Run() }

// inode returns the number of a file, 0 where the system has none.
func inode(info os.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Ino)
	}
	return 0
}

// rawPipe returns the descriptors of a pipe that Go's poller knows nothing of, until the test ends.
func rawPipe(t *testing.T) (r, w int) {
	t.Helper()
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(pipe[0]); syscall.Close(pipe[1]) })
	return pipe[0], pipe[1]
}

func rawRead(fd int, p []byte) (int, error)  { return syscall.Read(fd, p) }
func rawWrite(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }

// dupFD returns a duplicate of a descriptor.
func dupFD(fd int) (int, error) { return syscall.Dup(fd) }
