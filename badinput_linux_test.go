package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

var multicastChild = child("multicast", func([]string) { must(multicast()) })

// TestBadInputMulticast opens every kind of multicast endpoint in a network of its own: another process, which has one
// interface that reaches nobody. It does so with and without privileges, since libzmq aborts the process over
// what it is not allowed to do.
func TestBadInputMulticast(t *testing.T) {
	if !Has("pgm") && !atFloor() {
		err := newTestSocket(t, newTestContext(t), Pub).Connect("epgm://lo;239.192.1.1:5555")
		wantError(t, err, []error{EPROTONOSUPPORT})
		return
	}
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	text, err := tryChildWith(2*patience, attr, multicastChild)
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) || strings.Contains(text, noNetwork):
		t.Logf("no network of its own can be had here, so that only the checks of endpoints were tested: %v\n%s", err, text)
	case err != nil || !strings.HasSuffix(text, "alive\n"):
		t.Errorf("%v:\n%s", err, text)
	}
}

const noNetwork = "no interface for multicast: "

// multicast is the other process of TestBadInputMulticast.
func multicast() error {
	const address = "10.77.77.7" // on an interface that ends in this process
	for _, line := range []string{"link set lo up", "link add zmqtest0 type veth peer name zmqtest1", "addr add " + address + "/24 dev zmqtest0",
		"link set zmqtest1 up", "link set zmqtest0 up multicast on", "route add 224.0.0.0/4 dev zmqtest0"} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			fmt.Printf("%sip %s: %v %s\n", noNetwork, line, err, bytes.TrimSpace(out))
			return nil
		}
	}
	const good = address + ";239.192.1.1:5555"
	err := openAll(func(typ SocketType, proto string, err error) error { return err }, good)
	if err != nil {
		return err
	}
	if err := syscall.Setuid(65534); err != nil {
		fmt.Printf("%sprivileges stay: %v\nalive\n", noNetwork, err)
		return nil
	}
	err = openAll(func(typ SocketType, proto string, err error) error {
		if proto == "pgm" {
			return refusedAs(err, EPERM, "CAP_NET_RAW")
		}
		return err
	}, good)
	if err != nil {
		return err
	}
	err = openAll(func(typ SocketType, proto string, err error) error {
		if proto == "pgm" {
			return refusedAs(err, EPERM, "CAP_NET_RAW")
		}
		return refusedAs(err, EACCES, "UDP port")
	}, address+";239.192.1.1:80")
	if err == nil {
		fmt.Println("alive")
	}
	return err
}

// refusedAs returns nil if err is this errno and says so.
func refusedAs(err error, errno Errno, says string) error {
	if errors.Is(err, errno) && errors.Is(err, fs.ErrPermission) && strings.Contains(err.Error(), says) {
		return nil
	}
	return fmt.Errorf("%v, want %s with %q", err, errno.Name(), says)
}

// openAll opens the address by all transports with all types both ways, and hands the outcome to check.
func openAll(check func(typ SocketType, proto string, err error) error, address string) error {
	c, err := NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	protos := []string{"pgm", "epgm"}
	if Has("norm") && engineFrom(4, 0, 0) && strings.HasSuffix(address, ":5555") {
		protos = append(protos, "norm")
	}
	for _, typ := range []SocketType{Pub, Sub, XPub, XSub} {
		for _, proto := range protos {
			for way, f := range map[string]func(*Socket, string) error{"bind": (*Socket).Bind, "connect": (*Socket).Connect} {
				s, err := c.NewSocket(typ, Linger(0), Rate(10_000))
				if err != nil {
					return err
				}
				if err := check(typ, proto, f(s, proto+"://"+address)); err != nil {
					return fmt.Errorf("%s %s on %v: %w", way, proto, typ, err)
				}
				if typ == Pub {
					s.SendParts(forever, []byte("x"), []byte("y"))
				}
			}
		}
	}
	time.Sleep(50 * time.Millisecond) // it is the I/O thread that would abort
	return nil
}

// TestBadInputBindWithoutPermission binds in a folder that the thread may not write to.
func TestBadInputBindWithoutPermission(t *testing.T) {
	dir := filepath.Join(shortDir(t), "d")
	if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	s := newTestSocket(t, newTestContext(t), Pull)
	if os.Getuid() == 0 {
		// Rights to files are the thread's own; the parent folder is made passable for it.
		os.Chmod(filepath.Dir(dir), 0o755)
		os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755)
		os.Chmod(dir, 0o555)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		defer syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0)
	}
	err := s.Bind("ipc://" + dir + "/s")
	wantError(t, err, []error{EACCES, syscall.EACCES, fs.ErrPermission}, "bind ipc://"+dir+"/s", "pull")
}
