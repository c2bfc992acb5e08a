package zmq3

import (
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"example.org/zmq"
)

// pollFD is the pollfd of poll(2).
type pollFD struct {
	fd      int32
	events  int16
	revents int16
}

// lookEvery is how long a call waits for descriptors before it looks at its sockets again: other goroutines may take away
// the readiness that is waited for, or close the socket.
const lookEvery = 20 * time.Millisecond

// waitForSignal waits, on the thread that it has, until one of the descriptors is readable or the time is over, and
// reports whether a signal has come to that thread. Signals that Go's runtime sends itself are blocked meanwhile.
func waitForSignal(fds []pollFD, limit time.Duration) (interrupted bool) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var mask signalSet
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, 0, 0, uintptr(unsafe.Pointer(&mask)), signalSetSize, 0, 0)
	mask.add(syscall.SIGURG) // by which the runtime preempts goroutines
	mask.add(syscall.SIGPROF)
	ts := syscall.NsecToTimespec(int64(max(min(limit, lookEvery), 0)))
	_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)),
		uintptr(unsafe.Pointer(&ts)), uintptr(unsafe.Pointer(&mask)), signalSetSize, 0)
	return errno == syscall.EINTR
}

// signalSetSize is how many bytes of a signalSet the kernel reads and writes.
var signalSetSize = func() uintptr {
	if strings.HasPrefix(runtime.GOARCH, "mips") {
		return 16
	}
	return 8
}()

// signalSet is the sigset_t of the kernel, with room for the largest.
type signalSet [16 / unsafe.Sizeof(uintptr(0))]uintptr

func (s *signalSet) add(sig syscall.Signal) {
	const bits = 8 * unsafe.Sizeof(uintptr(0))
	s[uintptr(sig-1)/bits] |= 1 << (uintptr(sig-1) % bits)
}

// pollIn is POLLIN of poll(2).
const pollIn = 1

// interruptible tries, until it is possible, what a signal may interrupt. It ends with the timeout of the socket.
func (s *socket) interruptible(want zmq.PollEvents, try func() error) error {
	option := optSndtimeo
	if want == zmq.PollIn {
		option = optRcvtimeo
	}
	ms, err := s.z.GetsockoptInt(option)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(time.Duration(ms) * time.Millisecond)
	for {
		if err := try(); bare(err) != eagain {
			return err
		}
		limit := lookEvery
		if ms >= 0 {
			if limit = time.Until(deadline); limit <= 0 {
				return zmq.EAGAIN
			}
		}
		fd, err := s.z.GetsockoptInt(optFd)
		if err != nil {
			return err
		}
		if waitForSignal([]pollFD{{fd: int32(fd), events: pollIn}}, limit) {
			return zmq.EINTR
		}
	}
}

// interruptible is Poll for sockets whose contexts let signals interrupt it.
func (p *pollerState) interruptible(items []Polled, timeout time.Duration) ([]zmq.PollEvents, error) {
	deadline := time.Now().Add(timeout)
	for {
		events, ready, err := look(items)
		if err != nil || ready {
			return events, err
		}
		limit := lookEvery
		if timeout >= 0 {
			if limit = time.Until(deadline); limit <= 0 {
				return events, nil
			}
		}
		var fds []pollFD
		for _, it := range items {
			fd, err := it.Socket.st.z.GetsockoptInt(optFd)
			if err != nil {
				return nil, bare(err)
			}
			fds = append(fds, pollFD{fd: int32(fd), events: pollIn})
		}
		if waitForSignal(fds, limit) {
			return nil, eintr
		}
	}
}
