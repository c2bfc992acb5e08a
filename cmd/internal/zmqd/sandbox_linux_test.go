package zmqd

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// sandboxEnv makes the test binary put itself into a sandbox, which it describes, before it becomes zmqd.
const sandboxEnv = "ZMQD_SANDBOX"

// sandbox is what a unit's settings forbid, as far as a test can do it: it is not systemd.
type sandbox struct {
	Filter   []uint64 // the instructions of a seccomp filter
	Writable string   // the only directory that can be written to; "" leaves the file system alone
	User     int      // 0: stay who we are
	Files    uint64
	Tasks    uint64
	Umask    int
}

const (
	prSetNoNewPrivs   = 38
	prSetSeccomp      = 22
	seccompModeFilter = 2
	rlimitNProc       = 6
	sysMountSetattr   = 442
	atFDCWD           = ^uintptr(99) // -100
	atRecursive       = 0x8000
	mountAttrReadOnly = 1
)

// enter applies the sandbox to this process and becomes zmqd.
func (s *sandbox) enter() error {
	if s.Writable != "" {
		if err := s.readOnly(); err != nil {
			return fmt.Errorf("read-only file system: %w", err)
		}
	}
	syscall.Umask(s.Umask)
	for resource, n := range map[int]uint64{syscall.RLIMIT_NOFILE: s.Files, rlimitNProc: s.Tasks} {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			return err
		}
	}
	if s.User != 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setresgid(s.User, s.User, s.User), syscall.Setresuid(s.User, s.User, s.User)); err != nil {
			return err
		}
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, sandboxEnv+"=") })
	argv0, err := syscall.BytePtrFromString(os.Args[0])
	if err != nil {
		return err
	}
	argv, err := syscall.SlicePtrFromStrings(os.Args)
	if err != nil {
		return err
	}
	envp, err := syscall.SlicePtrFromStrings(env)
	if err != nil {
		return err
	}
	type program struct {
		n    uint16
		code *uint64
	}
	p := program{uint16(len(s.Filter)), &s.Filter[0]}
	// From here on nothing of Go's own may come between: the thread has the filter.
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetSeccomp, seccompModeFilter, uintptr(unsafe.Pointer(&p))); errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(argv0)), uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envp[0])))
	return errno
}

// readOnly makes the whole file system read-only but for one directory, in the mount namespace of this process.
func (s *sandbox) readOnly() error {
	if err := syscall.Mount(s.Writable, s.Writable, "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	set := func(path string, flags uintptr, set, clear uint64) error {
		attr := [4]uint64{set, clear}
		p, err := syscall.BytePtrFromString(path)
		if err != nil {
			return err
		}
		_, _, errno := syscall.Syscall6(sysMountSetattr, atFDCWD, uintptr(unsafe.Pointer(p)), flags, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
		if errno != 0 {
			return errno
		}
		return nil
	}
	if err := set("/", atRecursive, mountAttrReadOnly, 0); err != nil {
		return err
	}
	return set(s.Writable, 0, 0, mountAttrReadOnly)
}

// The instructions of a seccomp filter, classic BPF.
const (
	bpfLoad   = 0x20 // ld [k]
	bpfEqual  = 0x15 // jeq
	bpfAnd    = 0x54
	bpfReturn = 0x06

	seccompAllow = 0x7fff0000
	seccompKill  = 0x80000000
	seccompErrno = 0x00050000
)

func bpf(code uint16, jt, jf uint8, k uint32) uint64 {
	var b [8]byte
	binary.NativeEndian.PutUint16(b[:], code)
	b[2], b[3] = jt, jf
	binary.NativeEndian.PutUint32(b[4:], k)
	return binary.NativeEndian.Uint64(b[:])
}

func argument(i int) uint32 { return 16 + 8*uint32(i) } // the lower half, on a little-endian machine

// unitFilter returns the seccomp filter of the unit: its calls, its address families, no memory that is written and
// run, no real-time scheduling.
func unitFilter(t *testing.T, set map[string][]string) []uint64 {
	t.Helper()
	numbers := callNumbers(t)
	out := []uint64{bpf(bpfLoad, 0, 0, 0)}
	call := func(name string, body ...uint64) {
		if n, ok := numbers[name]; ok {
			out = append(append(out, bpf(bpfEqual, 0, uint8(len(body)), n)), body...)
		}
	}
	families := map[string]uint32{"AF_UNIX": syscall.AF_UNIX, "AF_INET": syscall.AF_INET, "AF_INET6": syscall.AF_INET6, "AF_NETLINK": syscall.AF_NETLINK}
	body := []uint64{bpf(bpfLoad, 0, 0, argument(0))}
	for _, f := range strings.Fields(strings.Join(set["RestrictAddressFamilies"], " ")) {
		n, ok := families[f]
		if !ok {
			t.Fatalf("RestrictAddressFamilies: the test does not know %s", f)
		}
		body = append(body, bpf(bpfEqual, 0, 1, n), bpf(bpfReturn, 0, 0, seccompAllow))
	}
	allowed := allowedCalls(t, set["SystemCallFilter"])
	call("socket", append(body, bpf(bpfReturn, 0, 0, seccompErrno|uint32(syscall.EAFNOSUPPORT)))...)
	refuse := func(name string, arg int, mask uint32, values ...uint32) {
		if !allowed[name] {
			return
		}
		body := []uint64{bpf(bpfLoad, 0, 0, argument(arg)), bpf(bpfAnd, 0, 0, mask)}
		for _, v := range values {
			body = append(body, bpf(bpfEqual, 0, 1, v), bpf(bpfReturn, 0, 0, seccompErrno|uint32(syscall.EPERM)))
		}
		call(name, append(body, bpf(bpfReturn, 0, 0, seccompAllow))...)
	}
	const write, run = syscall.PROT_WRITE, syscall.PROT_EXEC
	refuse("mmap", 2, write|run, write|run)
	refuse("mprotect", 2, run, run)
	refuse("pkey_mprotect", 2, run, run)
	refuse("sched_setscheduler", 1, 0xff, 1, 2, 6) // FIFO, RR, DEADLINE
	for name := range allowed {
		call(name, bpf(bpfReturn, 0, 0, seccompAllow))
	}
	return append(out, bpf(bpfReturn, 0, 0, seccompKill))
}

// allowedCalls returns the system calls that the filters of a unit allow, by asking systemd what its groups are.
func allowedCalls(t *testing.T, filters []string) map[string]bool {
	t.Helper()
	allowed := map[string]bool{}
	for i, filter := range filters {
		list, deny := strings.CutPrefix(filter, "~")
		if i == 0 && deny {
			t.Fatalf("the filter begins with what it denies: %s", filter)
		}
		if !deny {
			list += " @default"
		}
		for _, name := range groupCalls(t, strings.Fields(list)) {
			allowed[name] = !deny
		}
	}
	for name, ok := range allowed {
		if !ok {
			delete(allowed, name)
		}
	}
	return allowed
}

func groupCalls(t *testing.T, names []string) (all []string) {
	t.Helper()
	for _, name := range names {
		if !strings.HasPrefix(name, "@") {
			all = append(all, name)
			continue
		}
		out, err := exec.Command("systemd-analyze", "syscall-filter", name).Output()
		if err != nil {
			t.Fatalf("systemd-analyze syscall-filter %s: %v", name, err)
		}
		var members []string
		for line := range strings.Lines(string(out)) {
			if line = strings.TrimSpace(line); line != "" && line != name && !strings.HasPrefix(line, "#") {
				members = append(members, line)
			}
		}
		all = append(all, groupCalls(t, members)...)
	}
	return all
}

// callNumbers asks the C compiler for the numbers of the system calls.
func callNumbers(t *testing.T) map[string]uint32 {
	t.Helper()
	cmd := exec.Command("cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	numbers := map[string]uint32{}
	for _, m := range regexp.MustCompile(`(?m)^#define __NR_(\w+) (\d+)$`).FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.ParseUint(m[2], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		numbers[m[1]] = uint32(n)
	}
	if len(numbers) < 100 {
		t.Fatalf("the C compiler knows %d system calls", len(numbers))
	}
	return numbers
}

// sandboxed runs zmqd as the unit does, with the unit's limits, as far as this machine lets it.
type sandboxed struct {
	cmd    *exec.Cmd
	log    *clitest.Buffer
	dir    string // the runtime directory
	notify *net.UnixConn
}

// startSandboxed starts zmqd; in its arguments DIR is the runtime directory. It gets the file as a credential: a copy that only its
// user reads, as LoadCredential= makes it.
func startSandboxed(t *testing.T, set map[string][]string, filter []uint64, credential string, args ...string) *sandboxed {
	t.Helper()
	number := func(name string) uint64 {
		n, err := strconv.ParseUint(strings.Join(set[name], ""), 0, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	umask, err := strconv.ParseInt(strings.Join(set["UMask"], ""), 8, 32)
	if err != nil {
		t.Fatal(err)
	}
	s := &sandbox{Filter: filter, Files: number("LimitNOFILE"), Tasks: number("TasksMax"), Umask: int(umask)}
	top, err := os.MkdirTemp("", "z")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	p := &sandboxed{log: clitest.NewBuffer(), dir: filepath.Join(top, "run")}
	program := filepath.Join(top, "zmqd")
	raw, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = errors.Join(os.WriteFile(program, raw, 0o755), os.Mkdir(p.dir, 0o700), os.Chmod(top, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "DIR", p.dir)
	}
	credentials := filepath.Join(top, "credentials")
	secret := filepath.Join(credentials, filepath.Base(credential))
	raw, err = os.ReadFile(credential)
	if err == nil {
		err = errors.Join(os.Mkdir(credentials, 0o700), os.WriteFile(secret, raw, 0o400))
	}
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(program, args...)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	s.Files = min(s.Files, limit.Max)
	if os.Geteuid() == 0 {
		s.Writable, s.User = p.dir, 61184+os.Getpid()%4000 // a user of its own, as DynamicUser has
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if err := os.Chown(p.dir, s.User, s.User); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Chown(credentials, s.User, s.User), os.Chown(secret, s.User, s.User)); err != nil {
			t.Fatal(err)
		}
	} else {
		s.Tasks = 1 << 20 // the limit is the user's, who has other processes
		t.Log("not root: zmqd runs as this user, and the file system stays writable")
	}
	p.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(p.dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.notify.Close() })
	if err := os.Chmod(filepath.Join(p.dir, "notify"), 0o777); err != nil {
		t.Fatal(err)
	}
	spec, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Env = append(os.Environ(), childEnv+"=1", filesEnv+"=", sandboxEnv+"="+string(spec), "NOTIFY_SOCKET="+filepath.Join(p.dir, "notify"), "CREDENTIALS_DIRECTORY="+credentials)
	p.cmd.Stderr = p.log
	startChild(t, p.cmd)
	return p
}

// startChild starts a program, which ends with the test if it was not waited for.
func startChild(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
}

// find returns what the log says, waiting for it as long as zmqd may take.
func (p *sandboxed) find(t *testing.T, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(p.log.String())
	if found == nil {
		t.Fatalf("no %s in:\n%s", pattern, p.log)
	}
	return found[1]
}

// awaitReady waits until zmqd has told the service manager that it is ready, or has ended.
func (p *sandboxed) awaitReady(t *testing.T) {
	t.Helper()
	p.notify.SetReadDeadline(time.Now().Add(clitest.Patience))
	buf := make([]byte, 256)
	told := make(chan error, 1)
	go func() {
		n, err := p.notify.Read(buf)
		if err == nil && !strings.HasPrefix(string(buf[:n]), "READY=1") {
			err = fmt.Errorf("it was told %q", buf[:n])
		}
		told <- err
	}()
	ended := make(chan error, 1)
	go func() {
		// The state of a child that is not waited for: it can be asked for, and Wait still gets it.
		var info [128]byte
		const pPid, wExited, wNoWait = 1, 4, 0x01000000
		for {
			_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, pPid, uintptr(p.cmd.Process.Pid), uintptr(unsafe.Pointer(&info)), wExited|wNoWait, 0, 0)
			if errno != syscall.EINTR {
				ended <- nil
				return
			}
		}
	}()
	select {
	case err := <-told:
		if err != nil {
			t.Fatalf("the service manager: %v; zmqd wrote:\n%s", err, p.log)
		}
	case <-ended:
		err := p.cmd.Wait()
		t.Fatalf("zmqd ended in the sandbox before it was ready: %v\n%s", err, p.log)
	}
}

// TestUnitSandbox runs zmqd with the configurations that are handed out, in a sandbox as the unit describes: system
// calls, address families, limits, a user of its own and a file system that cannot be written to. It binds an address, an
// interface and all of them, gets its keys as credentials, is ready, serves, reloads, drains and ends well.
func TestUnitSandbox(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not there, which says what the unit's groups of system calls are")
	}
	var x uint16 = 1
	if *(*byte)(unsafe.Pointer(&x)) != 1 {
		t.Skip("the filter is written for little-endian machines")
	}
	set := unitSettings(t)
	filter := unitFilter(t, set)
	for _, c := range []struct {
		name, file string
		args       []string
	}{
		{"systemd", "systemd/orders.yaml", []string{"--control-bind", "ipc://DIR/control"}},
		{"kubernetes", "kubernetes/queue.yaml", []string{"--frontend-curve-cert=", "--frontend-curve-allow=", "--log-format", "text"}},
		{"curve", "systemd/orders.yaml", []string{"--control-bind", "ipc://DIR/control", "--frontend-curve-cert", "credential:queue.key_secret", "--frontend-curve-allow", "any"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "curve" && !zmq.Has("curve") {
				t.Skip("an engine without curve")
			}
			config, err := os.ReadFile(filepath.Join("../../../deploy", c.file))
			if err != nil {
				t.Fatal(err)
			}
			readable := filepath.Join(t.TempDir(), "c.yaml")
			if err := errors.Join(os.WriteFile(readable, config, 0o644), os.Chmod(filepath.Dir(readable), 0o755), os.Chmod(filepath.Dir(filepath.Dir(readable)), 0o755)); err != nil {
				t.Fatal(err)
			}
			secret, key := filepath.Join(filepath.Dir(readable), "queue.key_secret"), (*zmq.Certificate)(nil)
			if c.name == "curve" {
				key = certificate(t, filepath.Dir(readable), "queue")
			} else if err := os.WriteFile(secret, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			p := startSandboxed(t, set, filter, secret, append([]string{"queue", "--config", readable,
				"--frontend-bind", "tcp://127.0.0.1:*", "--frontend-bind", "tcp://*:*", "--backend-bind", "tcp://lo:*", "--http", "127.0.0.1:0"}, c.args...)...)
			p.awaitReady(t)
			p.log.WaitFor(t, "msg=running")
			p.serves(t, c.name, key)
		})
	}
}

// serves has peers talk through zmqd, and reloads, drains and ends it.
func (p *sandboxed) serves(t *testing.T, name string, key *zmq.Certificate) {
	z := clitest.Context(t)
	var opts []zmq.SocketOption
	if name == "curve" {
		me, err := zmq.NewCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		opts = append(opts, zmq.CurveClient(key.Public, me.Public, me.Secret))
	}
	all := strings.ReplaceAll(p.find(t, `side=frontend .*bound="\[\S+ (\S+)\]"`), "0.0.0.0", "127.0.0.1")
	rep := clitest.Socket(t, z, zmq.Rep, p.find(t, `side=backend .*bound=\[(\S+)\]`))
	var req *zmq.Socket
	for _, front := range []string{p.find(t, `side=frontend .*bound="\[(\S+) `), all} {
		req = clitest.Socket(t, z, zmq.Req, front, opts...)
		for _, msg := range [][]string{twoParts, threeParts} {
			clitest.Send(t, req, msg...)
			same(t, "request", msg, clitest.Recv(t, rep))
			clitest.Send(t, rep, msg...)
			same(t, "reply", msg, clitest.Recv(t, req))
		}
	}
	url := "http://" + p.find(t, `msg=http address=(\S+)`)
	for _, path := range []string{"/", "/readyz", "/metrics", "/api/status"} {
		if code, text := get(t, url+path); code != 200 {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	if name == "systemd" {
		p.pauses(t, url)
	}
	p.cmd.Process.Signal(syscall.SIGHUP)
	p.log.WaitFor(t, "msg=reloaded")
	// A request that is on its way when the end begins has its reply.
	clitest.Send(t, req, "?")
	same(t, "request", []string{"?"}, clitest.Recv(t, rep))
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.log.WaitFor(t, "waiting for replies")
	clitest.Send(t, rep, "!")
	same(t, "reply", []string{"!"}, clitest.Recv(t, req))
	p.log.WaitFor(t, "msg=totals")
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the end: %v\n%s", err, p.log)
	}
}

// pauses pauses and resumes by the control socket.
func (p *sandboxed) pauses(t *testing.T, url string) {
	t.Helper()
	for _, c := range []struct {
		word string
		want int
	}{{"pause", 503}, {"resume", 200}} {
		if code, _, err := clitest.Run(t, Main, "", "zmqd", "ctl", "ipc://"+p.dir+"/control", c.word); code != 0 {
			t.Errorf("%s: %s", c.word, err)
		}
		if code, _ := get(t, url+"/readyz"); code != c.want {
			t.Errorf("readyz after %s: %d", c.word, code)
		}
	}
}
