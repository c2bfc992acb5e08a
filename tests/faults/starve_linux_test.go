package faults

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
)

func init() {
	children["disk"] = beOnFullDisk
	children["files"] = beWithoutFiles
	children["memory"] = beWithoutMemory
	children["frame"] = beAskedForMemory
}

// runChild runs a child to its end and returns what it said.
func runChild(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(patient(t), func() { cmd.Process.Kill() })
	defer stop()
	err := cmd.Wait()
	return out.String(), err
}

// TestDiskFull binds ipc endpoints where there is no room for another file, in a mount namespace of the child's own.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	cmd := child("disk", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	out, err := runChild(t, cmd)
	if errors.Is(err, syscall.EPERM) || strings.Contains(out, "no mounts here") {
		t.Skipf("this machine allows no mount namespace, in which a full disk could be made: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Log(strings.TrimSpace(out))
	note("disk", strings.TrimSpace(out))
}

func beOnFullDisk(_ context.Context, args []string) error {
	dir := args[0]
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("no mounts here: %w", err)
	}
	// The root folder takes one inode, so one more file has room.
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k,nr_inodes=2"); err != nil {
		return fmt.Errorf("no mounts here: %w", err)
	}
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	first, err := c.NewSocket(zmq.Pull)
	if err != nil {
		return err
	}
	second, err := c.NewSocket(zmq.Pull)
	if err != nil {
		return err
	}
	a, b := "ipc://"+filepath.Join(dir, "a"), "ipc://"+filepath.Join(dir, "b")
	if err := first.Bind(a); err != nil {
		return fmt.Errorf("with room: %w", err)
	}
	err = second.Bind(b)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), b) {
		return fmt.Errorf("a full disk gives %w, want ENOSPC and the endpoint", err)
	}
	fmt.Println(strings.ReplaceAll(err.Error(), dir, "/full"))
	// Making room is enough: the socket that was refused can still be used. The engine leaves the file of an endpoint
	// that it bound, so it is for us to remove, and it holds on to it for a moment.
	if err := errors.Join(first.Unbind(a), os.Remove(strings.TrimPrefix(a, "ipc://"))); err != nil {
		return err
	}
	err = second.Bind(b)
	for tries := patience / resend; errors.Is(err, syscall.ENOSPC) && tries > 0; tries-- {
		time.Sleep(resend)
		err = second.Bind(b)
	}
	if err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := deliver(c, second, b); err != nil {
		return err
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	err = first.Bind(a)
	if !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("a read-only disk gives %w, want EROFS", err)
	}
	fmt.Println(strings.ReplaceAll(err.Error(), dir, "/full"))
	return deliver(c, second, b)
}

// deliver sends a message to a PULL that is bound.
func deliver(c *zmq.Context, pull *zmq.Socket, at string) error {
	push, err := c.NewSocket(zmq.Push)
	if err != nil {
		return err
	}
	defer push.Close()
	if err := push.Connect(at); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := push.SendParts(ctx, message(7)...); err != nil {
		return err
	}
	msg, err := pull.RecvParts(ctx)
	if err != nil {
		return err
	}
	if n, good := number(msg); !good || n != 7 {
		return fmt.Errorf("another message came: %.40q", msg)
	}
	return nil
}

// TestNoDescriptors opens sockets until the limit of descriptors is near, and lets untrusted peers take those that are left.
func TestNoDescriptors(t *testing.T) {
	t.Parallel()
	out, err := runChild(t, child("files"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Log(strings.TrimSpace(out))
	note("files", strings.TrimSpace(out))
}

func beWithoutFiles(_ context.Context, _ []string) error {
	const limit = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	pull, err := c.NewSocket(zmq.Pull)
	if err != nil {
		return err
	}
	at, err := bindAnywhere(pull)
	if err != nil {
		return err
	}
	var opened []*zmq.Socket
	for {
		s, err := c.NewSocket(zmq.Pull)
		if errors.Is(err, zmq.ErrTooManyFiles) {
			fmt.Printf("after %d sockets: %v\n", len(opened)+1, err)
			break
		}
		if err != nil || len(opened) > limit {
			return fmt.Errorf("after %d sockets: %w", len(opened), err)
		}
		opened = append(opened, s)
	}
	for _, s := range opened {
		if err := s.Close(); err != nil {
			return err
		}
	}
	// Untrusted peers take what is left, and more than that.
	var strangers []net.Conn
	for range limit {
		conn, err := net.Dial("tcp", strings.TrimPrefix(at, "tcp://"))
		if err != nil {
			break // it is this process's own limit, too
		}
		strangers = append(strangers, conn)
	}
	fmt.Printf("%d strangers connected; a new socket: %v\n", len(strangers), second(c.NewSocket(zmq.Pull)))
	for _, conn := range strangers {
		conn.Close()
	}
	// The engine notices that they have gone in its own time; a socket is refused until then.
	err = deliver(c, pull, at)
	for tries := patience / resend; errors.Is(err, zmq.ErrTooManyFiles) && tries > 0; tries-- {
		time.Sleep(resend)
		err = deliver(c, pull, at)
	}
	if err != nil {
		return fmt.Errorf("after they have gone: %w", err)
	}
	fmt.Println("after they have gone: a message arrives")
	return nil
}

func second[T any](_ T, err error) error { return err }

// limitMemory allows this process so much address space more than it has.
func limitMemory(more uint64) error {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, err := strconv.ParseUint(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		return err
	}
	limit := pages*uint64(os.Getpagesize()) + more
	return syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit})
}

// TestNoMemory lets messages pile up in processes that may have little memory, and looks how they end.
func TestNoMemory(t *testing.T) {
	for _, size := range []int{1 << 20, 100} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			t.Parallel()
			out, err := runChild(t, child("memory", size))
			how := lastWords(out, err)
			t.Log(how)
			// With the error at hand, Go's runtime may still want memory, for a thread for example.
			if size >= 1<<20 && !strings.Contains(out, "no memory is left") {
				t.Errorf("large messages end in %v, want an error that can be handled\n%s", err, out)
			}
			note(fmt.Sprint("memory ", size), how)
		})
	}
}

// lastWords says how a process ended.
func lastWords(out string, err error) string {
	if err == nil {
		return strings.TrimSpace(out)
	}
	for _, line := range strings.Split(out, "\n") {
		for _, sign := range []string{"FATAL", "out of memory", "cannot allocate", "Cannot allocate", "SIGABRT"} {
			if strings.Contains(line, sign) {
				return strings.TrimSpace(line)
			}
		}
	}
	return err.Error()
}

func beWithoutMemory(ctx context.Context, args []string) error {
	size, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	push, err := openUnheard()
	if err != nil {
		return err
	}
	if err := limitMemory(128 << 20); err != nil {
		return err
	}
	body := make([]byte, size)
	for sent := 0; ; sent++ {
		if err := push.SendParts(ctx, body); err != nil {
			if !errors.Is(err, zmq.ENOMEM) {
				return fmt.Errorf("after %d messages: %w, want ENOMEM", sent, err)
			}
			fmt.Printf("after %d messages: %v\n", sent, err)
			return nil
		}
		if sent > 10_000_000 {
			return errors.New("the limit does not hold")
		}
	}
}

// TestFrameTooLarge has an untrusted peer announce a part for which there is no memory. The connection ends, the socket goes on.
func TestFrameTooLarge(t *testing.T) {
	t.Parallel()
	for _, limited := range []string{"limited", "unlimited"} {
		t.Run(limited, func(t *testing.T) {
			out, err := runChild(t, child("frame", limited))
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			note("frame "+limited, strings.TrimSpace(out))
			t.Log(strings.TrimSpace(out))
		})
	}
}

func beAskedForMemory(ctx context.Context, args []string) error {
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	pull, err := c.NewSocket(zmq.Pull)
	if err != nil {
		return err
	}
	if args[0] == "limited" {
		err = limitMemory(256 << 20)
	} else {
		err = pull.Set(zmq.MaxMsgSize(1 << 20))
	}
	if err != nil {
		return err
	}
	at, err := bindAnywhere(pull)
	if err != nil {
		return err
	}
	m, err := pull.Monitor(zmq.EventAll)
	if err != nil {
		return err
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(at, "tcp://"))
	if err != nil {
		return err
	}
	defer conn.Close()
	// ZMTP 3.0: greeting, READY as a PUSH, then a long frame of 4 GiB.
	greeting := make([]byte, 64)
	greeting[0], greeting[9], greeting[10] = 0xff, 0x7f, 3
	copy(greeting[12:], "NULL")
	ready := "\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH"
	if _, err := conn.Write([]byte(string(greeting) + ready)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := await(ctx, m, zmq.EventHandshakeSucceeded); err != nil {
		return err
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint64([]byte{2}, 4<<30), "begins"...)); err != nil {
		return err
	}
	if err := await(ctx, m, zmq.EventDisconnected); err != nil {
		return err
	}
	fmt.Println("the connection was ended, the socket goes on")
	return deliver(c, pull, at)
}
