package systemd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(initEnv); dir != "" {
		runtime.LockOSThread() // the namespace of groups is the thread's
		fmt.Fprintln(os.Stderr, "no system:", becomeInit(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// becomeInit makes the first process of new namespaces systemd, on a root of its own. It returns only when it fails.
func becomeInit(dir string) error {
	if err := syscall.Unshare(syscall.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("a namespace of groups: %w", err)
	}
	root, err := newRoot(dir)
	if err != nil {
		return err
	}
	// systemd mounts credentials elsewhere and expects to see them here: a first process finds its mounts shared.
	if err := errors.Join(os.Chdir(root), syscall.PivotRoot(".", "."), syscall.Unmount(".", syscall.MNT_DETACH), os.Chdir("/"),
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")); err != nil {
		return fmt.Errorf("the new root: %w", err)
	}
	if err := giveUpCapabilities(); err != nil {
		return err
	}
	args := []string{systemd, "--system", "--unit=basic.target", "--log-target=journal", "--show-status=0"}
	return syscall.Exec(systemd, args, []string{"container=zmq-test", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=dumb"})
}

// newRoot returns a folder with this machine's files, in which everything that is written goes to memory, and with what the kernel
// shows of the new namespaces. What is not the namespaces' own can only be read.
func newRoot(dir string) (string, error) {
	at := filepath.Join(dir, "system")
	root := filepath.Join(at, "root")
	var failed error
	mount := func(source, target, kind string, flags uintptr, data string) {
		err := os.MkdirAll(target, 0o755)
		if err == nil {
			err = syscall.Mount(source, target, kind, flags, data)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("mount %s: %w", target, err))
		}
	}
	// Nothing of this reaches the machine's own mounts.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return "", err
	}
	mount("tmpfs", at, "tmpfs", 0, "mode=755")
	for _, name := range []string{"upper", "work"} {
		failed = errors.Join(failed, os.Mkdir(filepath.Join(at, name), 0o755))
	}
	mount("overlay", root, "overlay", 0, fmt.Sprintf("lowerdir=/,upperdir=%s/upper,workdir=%[1]s/work", at))
	in := func(path string) string { return filepath.Join(root, path) }
	mount("proc", in("proc"), "proc", 0, "")
	mount(in("proc/sys"), in("proc/sys"), "", syscall.MS_BIND, "")
	mount("", in("proc/sys"), "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	mount("sysfs", in("sys"), "sysfs", syscall.MS_RDONLY, "")
	mount("cgroup2", in("sys/fs/cgroup"), "cgroup2", 0, "")
	for _, path := range []string{"dev", "run", "tmp"} {
		mount("tmpfs", in(path), "tmpfs", 0, "mode=755")
	}
	mount("devpts", in("dev/pts"), "devpts", 0, "newinstance,ptmxmode=0666")
	mount("tmpfs", in("dev/shm"), "tmpfs", 0, "mode=1777")
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		failed = errors.Join(failed, os.WriteFile(in("dev/"+name), nil, 0o666), syscall.Mount("/dev/"+name, in("dev/"+name), "", syscall.MS_BIND, ""))
	}
	for name, to := range map[string]string{"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		failed = errors.Join(failed, os.Symlink(to, in("dev/"+name)))
	}
	failed = errors.Join(failed, os.WriteFile(in("dev/console"), nil, 0o600),
		syscall.Mount(filepath.Join(dir, "console"), in("dev/console"), "", syscall.MS_BIND, ""))
	failed = errors.Join(failed, furnish(dir, root))
	return root, failed
}

// furnish takes this machine's own units out, and brings the test's files in.
func furnish(dir, root string) error {
	units := filepath.Join(root, "etc/systemd/system")
	failed := errors.Join(os.RemoveAll(units), os.MkdirAll(units, 0o755))
	// What concerns the machine as a whole is not for a guest.
	for _, name := range []string{"systemd-modules-load.service", "systemd-remount-fs.service", "systemd-update-utmp.service",
		"sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-kernel-config.mount", "sys-fs-fuse-connections.mount", "dev-hugepages.mount"} {
		failed = errors.Join(failed, os.Symlink("/dev/null", filepath.Join(units, name)))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	failed = errors.Join(failed, err)
	for _, from := range files {
		text, err := os.ReadFile(from)
		failed = errors.Join(failed, err, os.WriteFile(filepath.Join(root, filepath.Base(from)), text, 0o644))
	}
	return failed
}

// giveUpCapabilities takes away, from here on, what would reach beyond the namespaces.
func giveUpCapabilities() error {
	const dropFromBounding = 24 // PR_CAPBSET_DROP
	for name, n := range map[string]uintptr{"SYS_MODULE": 16, "SYS_RAWIO": 17, "SYS_BOOT": 22, "SYS_TIME": 25, "SYSLOG": 34} {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, dropFromBounding, n, 0); errno != 0 {
			return fmt.Errorf("giving up %s: %w", name, errno)
		}
	}
	return nil
}
