package faults

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/zmq"
)

func init() { children["clock"] = beInOddTime }

// TestClockSteps runs a process in which the wall clock, as the C side sees it, steps by an hour with every look. A time
// namespace cannot do that, since it has no wall clock of its own, and the machine's clock is not ours to set.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	library, counts := filepath.Join(dir, "clock.so"), filepath.Join(dir, "counts")
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if out, err := exec.Command(cc, "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, "testdata/clock.c").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cc, err, out)
	}
	if err := os.WriteFile(counts, make([]byte, 16), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := child("clock")
	cmd.Env = append(cmd.Env, "LD_PRELOAD="+library, "FAULTS_CLOCK="+counts)
	out, err := runChild(t, cmd)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(counts)
	if err != nil {
		t.Fatal(err)
	}
	wall, monotonic := binary.NativeEndian.Uint64(b), binary.NativeEndian.Uint64(b[8:])
	if monotonic == 0 {
		t.Fatal("the clock of this test was never asked: is the program linked without the C library's loader?")
	}
	how := fmt.Sprintf("%s The C side asked for the time %d times: %d times the wall clock, %d times the monotonic one.",
		strings.TrimSpace(out), wall+monotonic, wall, monotonic)
	t.Log(how)
	note("clock", how)
}

func beInOddTime(ctx context.Context, _ []string) error {
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	opts := append(options(zmq.Pull), heartbeat...)
	pull, err := c.NewSocket(zmq.Pull, opts...)
	if err != nil {
		return err
	}
	at, err := bindAnywhere(pull)
	if err != nil {
		return err
	}
	push, err := c.NewSocket(zmq.Push, opts...)
	if err != nil {
		return err
	}
	m, err := push.Monitor(zmq.EventAll)
	if err != nil {
		return err
	}
	if err := push.Connect(at); err != nil {
		return err
	}
	l := newLedger()
	go receive(ctx, pull, l.take)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	const sent = 1000 // a second, twenty heartbeats
	healed := make(chan struct{})
	close(healed)
	if err := sendAll(ctx, push, l, sent, healed); err != nil {
		return err
	}
	if a := l.account(sent); a.Lost+a.Twice+a.Torn > 0 {
		return fmt.Errorf("not all arrived: %+v", a)
	}
	// A time limit is neither struck early nor stretched by an hour.
	begun := time.Now()
	rep, err := c.NewSocket(zmq.Rep, zmq.RecvTimeout(10*resend))
	if err != nil {
		return err
	}
	_, err = rep.RecvParts(ctx)
	if took := time.Since(begun); !errors.Is(err, os.ErrDeadlineExceeded) || took < 10*resend {
		return fmt.Errorf("a receive ends after %v with %w", took, err)
	}
	if err := push.Close(); err != nil {
		return err
	}
	for e, err := range m.Events(ctx) {
		if err != nil {
			break
		}
		if e.Type == zmq.EventDisconnected {
			return errors.New("a connection broke")
		}
	}
	fmt.Printf("%d messages arrived, the heartbeats ended no connection, a time limit struck in time.", sent)
	return nil
}
