package zmq

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var crowdSize = flag.Int("crowd", 1000, "how many goroutines of TestCrowd wait, each on a socket of its own")

var crowdChild = child("crowd", func(args []string) {
	n := mustGet(strconv.Atoi(args[0]))
	c := mustGet(NewContext())
	warm := mustGet(c.NewSocket(Pull)) // starts the engine's threads
	before := procStatus()
	socks := make([]*Socket, n)
	for i := range socks {
		socks[i] = mustGet(c.NewSocket(Pull, Linger(0)))
	}
	idle := procStatus()
	var all sync.WaitGroup
	bad := make(chan error, n)
	for _, s := range socks {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := s.RecvParts(context.Background()); !errors.Is(err, ErrTerminated) {
				bad <- err
			}
		}()
	}
	for _, s := range socks {
		for parkedCount(s) == 0 {
			runtime.Gosched()
		}
	}
	waiting := procStatus()
	began := time.Now()
	must(c.Shutdown())
	all.Wait()
	took := time.Since(began)
	hubbed := 0
	for _, s := range socks {
		if s.st.shared {
			hubbed++
		}
		must(s.Close())
	}
	must(warm.Close())
	must(c.Close())
	select {
	case err := <-bad:
		panic(err)
	default:
	}
	fmt.Printf("threads: %d before, %d with %d goroutines waiting\n", before.threads, waiting.threads, n)
	fmt.Printf("a socket: %.2f descriptors and %.1f KiB; with a goroutine that waits: %.2f and %.1f KiB; %d wait in the shared epoll set\n",
		per(n, before.files, idle.files), per(n, before.kib, idle.kib), per(n, before.files, waiting.files), per(n, before.kib, waiting.kib), hubbed)
	fmt.Printf("all ended %v after Shutdown\n", took)
	if waiting.threads > before.threads+8 || waiting.threads >= 30 {
		panic("the waiting goroutines hold threads")
	}
})

func per(n, from, to int) float64 { return float64(to-from) / float64(n) }

type status struct{ threads, files, kib int }

// procStatus reads this process's threads, open descriptors and resident memory.
func procStatus() (s status) {
	runtime.GC()
	for _, line := range strings.Split(string(mustGet(os.ReadFile("/proc/self/status"))), "\n") {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "Threads:"):
			s.threads = mustGet(strconv.Atoi(f[1]))
		case strings.HasPrefix(line, "VmRSS:"):
			s.kib = mustGet(strconv.Atoi(f[1]))
		}
	}
	s.files = len(mustGet(os.ReadDir("/proc/self/fd"))) - 1
	return s
}

// TestCrowd parks many goroutines, each in a receive on a socket of its own: they hold no thread, and one Shutdown
// ends them all.
func TestCrowd(t *testing.T) {
	n := *crowdSize
	if need("MaxSockets", Version{3, 2, 0}) != nil {
		n = min(n, 400) // a context of 3.1 has 512 sockets
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	// A few more than the sockets: the second descriptors give way to sockets.
	if most := int(limit.Cur) - 200; n > most {
		t.Logf("the limit of %d descriptors allows %d of the %d sockets", limit.Cur, most, n)
		n = most
	}
	t.Log(runChild(t, 10*patience, crowdChild, n))
}
