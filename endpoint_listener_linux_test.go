package zmq

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"syscall"
	"testing"
)

// TestUseFileUnblocks: a file in blocking mode, as a service manager hands it down, does not block the engine's thread.
func TestUseFileUnblocks(t *testing.T) {
	needsAPI(t, from42, "it brought UseFD")
	l := mustGet(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	f := mustGet(l.(*net.TCPListener).File())
	defer f.Close()
	waits := func(fd int) bool {
		t.Helper()
		text := mustGet(os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd)))
		flags := regexp.MustCompile(`flags:\s*([0-7]+)`).FindSubmatch(text)
		if flags == nil {
			t.Fatalf("%s", text)
		}
		return mustGet(strconv.ParseInt(string(flags[1]), 8, 64))&syscall.O_NONBLOCK == 0
	}
	must(syscall.SetNonblock(int(f.Fd()), false))
	if !waits(int(f.Fd())) {
		t.Fatal("the file does not wait")
	}
	s := newTestSocket(t, newTestContext(t), Pull, UseFile(f))
	if waits(s.st.lentFD - 1) {
		t.Error("the duplicate waits")
	}
}
