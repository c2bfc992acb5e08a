//go:build !unix

package zmq

import (
	"errors"
	"os"
	"testing"
)

const abstractPaths = false

// On these systems the tests are compiled, and run as far as they go.
var quitSignal = os.Kill

func mkfifo(string) error { return errors.ErrUnsupported }

func inode(os.FileInfo) uint64 { return 0 }

func rawPipe(t *testing.T) (r, w int) {
	t.Skip("a poller takes descriptors of sockets only, on this system")
	return 0, 0
}

func rawRead(int, []byte) (int, error)  { return 0, errors.ErrUnsupported }
func rawWrite(int, []byte) (int, error) { return 0, errors.ErrUnsupported }

func dupFD(int) (int, error) { return -1, errors.ErrUnsupported }
