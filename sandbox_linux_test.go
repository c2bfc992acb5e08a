//go:build linux && (amd64 || arm64 || s390x)

package zmq

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// What sandboxes take away: network interfaces, threads, privileges, processors. Each test runs in a child process, which
// libzmq would end.

// becomeNobody gives up all privileges.
func becomeNobody() {
	if os.Getuid() != 0 {
		return
	}
	const nobody = 65534
	must(syscall.Setgroups(nil))
	must(syscall.Setgid(nobody))
	must(syscall.Setuid(nobody))
}

// hideNetlink makes socket(2) fail with errno where netlink is asked for, in all threads. It reports whether it can.
func hideNetlink(errno syscall.Errno) bool {
	seccomp := map[string]uintptr{"amd64": 317, "arm64": 277, "s390x": 348}[runtime.GOARCH]
	if seccomp == 0 {
		return false
	}
	const (
		load, equal, answer = 0x20, 0x15, 0x06 // BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
		allow, fail         = 0x7fff0000, 0x00050000
		argument            = 16 // of struct seccomp_data
	)
	domain := uint32(argument)
	if runtime.GOARCH == "s390x" {
		domain += 4 // the lower half
	}
	program := []syscall.SockFilter{
		{Code: load, K: 0},
		{Code: equal, Jf: 3, K: syscall.SYS_SOCKET},
		{Code: load, K: domain},
		{Code: equal, Jf: 1, K: syscall.AF_NETLINK},
		{Code: answer, K: fail | uint32(errno)},
		{Code: answer, K: allow},
	}
	filter := syscall.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	const noNewPrivs, setFilter, allThreads = 38, 1, 1
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, noNewPrivs, 1, 0, 0, 0, 0); e != 0 {
		panic(e)
	}
	// One thread after the other is what the system synchronizes, and each has given up new privileges for it.
	_, _, e := syscall.RawSyscall(seccomp, setFilter, allThreads, uintptr(unsafe.Pointer(&filter)))
	runtime.KeepAlive(program)
	if e == syscall.ENOSYS || e == syscall.EINVAL {
		return false
	}
	if e != 0 {
		panic(e)
	}
	return true
}

// TestSandboxNoNetlink: a process that may not see the network's interfaces is told so by Bind. libzmq would end it, or, with the
// gate, bind addresses and not find interfaces.
func TestSandboxNoNetlink(t *testing.T) {
	needsAPI(t, Version{3, 2, 0}, "the test asks for LastEndpoint")
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.EAFNOSUPPORT, syscall.EACCES} {
		out := runChild(t, patience, netlinkChild, int(errno))
		t.Log(strings.TrimSpace(out))
	}
}

var netlinkChild = child("no-netlink", func(args []string) {
	errno := syscall.Errno(mustGet(strconv.Atoi(args[0])))
	if !hideNetlink(errno) {
		fmt.Println("this system has no seccomp")
		return
	}
	c := mustGet(NewContext())
	defer c.Close()
	refused := func(what, endpoint string, f func(string) error) {
		err := f(endpoint)
		if !errors.Is(err, errno) || !strings.Contains(err.Error(), what+" "+endpoint) || !strings.Contains(err.Error(), "AF_NETLINK") {
			panic(fmt.Sprintf("%s %s: %v", what, endpoint, err))
		}
	}
	s := mustGet(c.NewSocket(Pull, Linger(0)))
	refused("bind", "tcp://lo:5555", s.Bind)
	if engineFrom(4, 1, 0) {
		refused("connect", "tcp://lo:0;127.0.0.1:1", s.Connect)
	}
	if hardened("netlink") {
		if engineFrom(4, 1, 0) {
			must(s.Connect("tcp://127.0.0.1:0;127.0.0.1:1"))
		}
		must(s.Bind("tcp://127.0.0.1:*"))
		tell(c, s, mustGet(s.LastEndpoint()))
		if Has("ws") && engineFrom(4, 0, 0) { // older ones cannot be asked
			must(s.Bind("ws://127.0.0.1:*/a"))
			refused("bind", "ws://lo:*", s.Bind)
		}
	} else {
		refused("bind", "tcp://127.0.0.1:5555", s.Bind)
		if engineFrom(4, 1, 0) {
			refused("connect", "tcp://127.0.0.1:0;127.0.0.1:1", s.Connect)
		}
	}
	must(s.Connect("tcp://127.0.0.1:1"))
	if !atFloor() {
		must(s.Bind("tcp://*:*"))
		all := mustGet(s.LastEndpoint())
		tell(c, s, "tcp://127.0.0.1"+all[strings.LastIndexByte(all, ':'):])
	}
	if Has("pgm") && engineFrom(4, 0, 0) {
		pub := mustGet(c.NewSocket(Pub, Linger(0)))
		if err := pub.Connect("epgm://lo;239.192.1.1:5555"); !errors.Is(err, ENODEV) || !strings.Contains(err.Error(), "cannot be listed") {
			panic(fmt.Sprint("where interfaces cannot be listed: ", err))
		}
	}
	must(s.Bind("inproc://x"))
	must(s.Bind(fmt.Sprintf("ipc://%s/s", mustGet(os.MkdirTemp("", "zmq")))))
	fmt.Println("told")
})

// TestSandboxNoThreads: where no thread can be started any more, NewSocket says so, and works when there are some again.
func TestSandboxNoThreads(t *testing.T) {
	runChild(t, patience, noThreadsChild)
}

var noThreadsChild = child("no-threads", func([]string) {
	becomeNobody()
	idleThreads(40) // Go ends the process when it cannot start a thread that it needs
	c := mustGet(NewContext(IOThreads(3)))
	limit := func(n uint64) {
		const threads = 6 // RLIMIT_NPROC
		var was syscall.Rlimit
		must(syscall.Getrlimit(threads, &was))
		must(syscall.Setrlimit(threads, &syscall.Rlimit{Cur: min(n, was.Max), Max: was.Max}))
	}
	limit(0)
	for range 3 {
		_, err := c.NewSocket(Pull)
		if !errors.Is(err, ErrTooManyThreads) || !strings.HasPrefix(err.Error(), "zmq: open socket (pull): no threads left") {
			panic(fmt.Sprint("NewSocket: ", err))
		}
	}
	if apiVersion().AtLeast(from423) {
		if _, err := NewContext(ThreadAffinityAdd(0)); !errors.Is(err, ErrTooManyThreads) {
			panic(fmt.Sprint("NewContext: ", err))
		}
	}
	limit(1 << 62)
	s := mustGet(c.NewSocket(Pull, Linger(0)))
	limit(0)
	mustGet(c.NewSocket(Push, Linger(0))) // the threads run
	must(s.Close())
	limit(1 << 62)
	must(c.Close())
})

// idleThreads makes Go start n threads, and keep them.
func idleThreads(n int) {
	var up, down sync.WaitGroup
	up.Add(n)
	down.Add(1)
	for range n {
		go func() {
			runtime.LockOSThread()
			up.Done()
			down.Wait()
			runtime.UnlockOSThread()
		}()
	}
	up.Wait()
	down.Done()
}

// TestSandboxThreadOptions asks for what the system does not allow: the answer is an error, and the process lives.
func TestSandboxThreadOptions(t *testing.T) {
	needsAPI(t, from41, "it brought options of threads; TestContextOptionsReadBack asks older ones")
	needsRealEngine(t, from423, "it gives threads their priority in another way")
	t.Log(strings.TrimSpace(runChild(t, patience, mannerChild, "root")))
	t.Log(strings.TrimSpace(runChild(t, patience, mannerChild, "nobody")))
}

var mannerChild = child("thread-options", func(args []string) {
	if args[0] == "nobody" {
		becomeNobody()
		// Not what a login may have been given, either.
		for _, realtime := range []int{13, 14} { // RLIMIT_NICE, RLIMIT_RTPRIO
			must(syscall.Setrlimit(realtime, &syscall.Rlimit{}))
		}
	}
	made, refused := 0, 0
	try := func(opts ...ContextOption) error {
		inNew, setErr := useManner(opts)
		if (inNew == nil) != (setErr == nil) {
			panic(fmt.Sprintf("NewContext: %v, Set: %v", inNew, setErr))
		}
		if inNew == nil {
			made++
		} else {
			refused++
			var op *OpError
			if !errors.As(inNew, &op) || !strings.HasPrefix(op.Option, "Thread") || len(op.Err.Error()) < 40 {
				panic(fmt.Sprintf("NewContext: %v", inNew))
			}
		}
		return inNew
	}
	numbers := []int{0, 1, 2, 3, 5, 6, 7, 19, 77, 99, 100, 1023, 1024, 4096, 1<<31 - 1}
	for _, n := range numbers {
		try(ThreadPriority(n))
		try(ThreadSchedPolicy(n))
		try(ThreadAffinityAdd(n))
		for _, m := range []int{0, 1, 2, 50, 99, 100, 1<<31 - 1} {
			try(ThreadSchedPolicy(n), ThreadPriority(m))
			try(ThreadPriority(m), ThreadSchedPolicy(n), ThreadAffinityAdd(0), ThreadAffinityAdd(n), ThreadAffinityRemove(n))
		}
	}
	affine := apiVersion().AtLeast(from423)
	if err := try(ThreadAffinityAdd(1023)); affine && !errors.Is(err, EINVAL) || !errors.As(err, new(*VersionError)) && !affine {
		panic(fmt.Sprint("a processor that is not there: ", err))
	}
	if err := try(ThreadSchedPolicy(77)); !errors.Is(err, EINVAL) {
		panic(fmt.Sprint("a policy that is not there: ", err))
	}
	if err := try(ThreadSchedPolicy(1)); err == nil {
		panic("a policy that needs a priority does without")
	}
	if args[0] == "nobody" {
		if err := try(ThreadSchedPolicy(1), ThreadPriority(1)); !errors.Is(err, fs.ErrPermission) {
			panic(fmt.Sprint("without privileges: ", err))
		}
		if err := try(ThreadPriority(1)); !errors.Is(err, fs.ErrPermission) && engineFrom(4, 2, 3) {
			panic(fmt.Sprint("without privileges: ", err))
		}
	}
	if refused == 0 || made == 0 {
		panic(fmt.Sprintf("%d made, %d refused", made, refused))
	}
	fmt.Printf("%s: %d made, %d refused\n", args[0], made, refused)
})

// useManner asks for it in NewContext and by Set, and starts the threads.
func useManner(opts []ContextOption) (inNew, inSet error) {
	c, inNew := NewContext(opts...)
	if inNew == nil {
		mustGet(c.NewSocket(Pull, Linger(0)))
		must(c.Close())
	}
	c = mustGet(NewContext())
	inSet = c.Set(opts...)
	// Whatever was refused, the context is of use: nothing that is fatal was set.
	mustGet(c.NewSocket(Pull, Linger(0)))
	must(c.Close())
	return inNew, inSet
}

// TestSandboxInterfaceWithoutAddress binds an interface that is there and has no address of the wanted family.
func TestSandboxInterfaceWithoutAddress(t *testing.T) {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := tryChildWith(patience, attr, bareInterfaceChild)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("no network of its own can be had here: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var bareInterfaceChild = child("bare-interface", func([]string) {
	c := mustGet(NewContext())
	defer c.Close()
	for _, opts := range [][]SocketOption{{}, {IPv4Only(false)}} {
		family := []string{"IPv4", "IPv6"}[len(opts)]
		s := mustGet(c.NewSocket(Pull, append(opts, Linger(0))...))
		err := s.Bind("tcp://lo:5555")
		if !errors.Is(err, ENODEV) || !strings.Contains(err.Error(), "interface lo has no "+family+" address") {
			panic(fmt.Sprint("Bind: ", err))
		}
		if err := s.Bind("tcp://lo2:5555"); !errors.Is(err, ENODEV) || !strings.Contains(err.Error(), "no such network interface") {
			panic(fmt.Sprint("Bind: ", err))
		}
	}
})

// A child process runs before every init function, so this is set before those.
var _ = func() bool { dropPrivileges = becomeNobody; return true }()
