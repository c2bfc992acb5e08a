package netns

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

// Line is what joins a host and a bridge: a tap at each end, and frames carried between them.
type Line struct {
	Loss       atomic.Int64 // to the host, frames of a thousand
	Late       atomic.Int64 // to the host, frames of a thousand that come after later ones
	Lost, Past atomic.Int64 // how many were
	host, port *os.File
	work       sync.WaitGroup
}

// NewLine makes the taps NAMEh and NAMEp.
func NewLine(name string, seed uint64) (*Line, error) {
	l := &Line{}
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
func (l *Line) carry(from, to *os.File, r *rand.Rand) {
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
			if r.Int64N(1000) < l.Loss.Load() {
				l.Lost.Add(1)
				continue
			}
			if kept == nil && r.Int64N(1000) < l.Late.Load() {
				kept = append([]byte(nil), frame...)
				l.Past.Add(1)
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

// Close ends what carries the frames, and the taps that are still there.
func (l *Line) Close() {
	l.host.Close()
	l.port.Close()
	l.work.Wait()
}

// IP runs the ip command.
func IP(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
