package multicast

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// line is what joins a host and the bridge: a tap at each end, and frames carried between them.
type line struct {
	host, port *os.File
	loss       atomic.Int64 // to the host, frames of a thousand
	late       atomic.Int64 // to the host, frames of a thousand that come after later ones
	lost, past atomic.Int64 // how many were
	work       sync.WaitGroup
}

// newLine makes the taps NAMEh and NAMEp.
func newLine(name string, seed uint64) (*line, error) {
	l := &line{}
	var err error
	if l.host, err = tap(name + "h"); err != nil {
		return nil, err
	}
	if l.port, err = tap(name + "p"); err != nil {
		return nil, err
	}
	l.work.Add(2)
	go l.carry(l.host, l.port, nil)
	go l.carry(l.port, l.host, rand.New(rand.NewPCG(seed, 3)))
	return l, nil
}

// tap makes a network device whose frames are read and written here.
func tap(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	r, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("a tap: %w", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// carry carries frames. With r it loses some of them, and keeps some until others have overtaken them.
func (l *line) carry(from, to *os.File, r *rand.Rand) {
	defer l.work.Done()
	var kept []byte
	buf := make([]byte, 65536)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		frame := buf[:n]
		if r != nil {
			if r.Int64N(1000) < l.loss.Load() {
				l.lost.Add(1)
				continue
			}
			if kept == nil && r.Int64N(1000) < l.late.Load() {
				kept = append([]byte(nil), frame...)
				l.past.Add(1)
				continue
			}
		}
		to.Write(frame)
		if kept != nil && r.IntN(3) == 0 {
			to.Write(kept)
			kept = nil
		}
	}
}

func (l *line) close() {
	l.host.Close()
	l.port.Close()
	l.work.Wait()
}

// ip runs the ip command.
func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
