//go:build unix

package storm

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/zmq"
)

var (
	stormFor  = flag.Duration("for", 8*time.Second, "how long the storm lasts")
	stormSeed = flag.Uint64("seed", 0, "where its random numbers begin; 0 takes a random one")
	only      = flag.String("scenes", "", "words, of which the names of scenes must have one; empty takes all")
)

// patience is how long anything may take that has to happen.
const patience = 60 * time.Second

// closeLimit is the CloseTimeout of the storm's contexts. The linger periods in it are 100 ms at the most; the rest of the time that the
// end of a context takes it spends waiting for a processor: the engine's threads, the goroutine that receives its events and the one
// that terminates it take turns, some dozens of them for each socket. A machine with dozens of programs waiting, or one that stops
// the process for half a minute, needs far more than the default of ten seconds. A Close that hangs is found all the same.
const closeLimit = 5 * time.Minute

// roleVariable makes the test binary one of the other processes: it has the role and its arguments.
const roleVariable = "STORM_ROLE"

var roles = map[string]func(args []string) error{"peer": bePeer, "storm": beStorm}

func TestMain(m *testing.M) {
	role := strings.Fields(os.Getenv(roleVariable))
	if len(role) == 0 {
		os.Exit(m.Run())
	}
	if err := roles[role[0]](role[1:]); err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// process returns the command of a process with a role.
func process(args ...any) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+strings.TrimSpace(fmt.Sprintln(args...)))
	cmd.Stderr = os.Stderr
	return cmd
}

// gated reports whether the engine survives a connection that breaks in the middle of a message whose queue is being dropped. On one
// that does not (docs/limits.md) the storm's messages have one part, and what always sends several is left out.
func gated() bool { return strings.HasSuffix(zmq.LinkInfo(), ", hardened") }

// TestStorm runs the storm in a process of its own, which must not end before its time.
func TestStorm(t *testing.T) {
	seed := *stormSeed
	if seed == 0 {
		seed = rand.Uint64() >> 1
	}
	if !gated() {
		t.Log("this engine has no gates: messages have one part; req, rep and the queue are left out")
	}
	words := "all"
	if *only != "" {
		words = strings.ReplaceAll(*only, " ", ",")
	}
	cmd := process("storm", seed, *stormFor, t.TempDir(), words)
	// Its peers are in its group, and end with it, stopped ones too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	late := time.AfterFunc(*stormFor+closeLimit+4*patience, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	defer late.Stop()
	err := cmd.Wait()
	t.Logf("-seed %d -for %v, %s\n%s", seed, *stormFor, zmq.LinkInfo(), &out)
	if err != nil {
		t.Errorf("the process under test: %v", err)
	}
}

// beStorm is the process under test: "SEED DURATION DIR SCENES".
func beStorm(args []string) error {
	seed, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil {
		return err
	}
	length, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	st := &storm{rand: rand.New(rand.NewPCG(seed, 1)), dir: args[2], counts: map[string]int{}}
	plays := chosen(args[3])
	if len(plays) == 0 {
		return fmt.Errorf("no scene is named %s", args[3])
	}
	level, err := st.level()
	if err != nil {
		return err
	}
	err = st.run(plays, length)
	if err == nil {
		err = st.settle(level)
	}
	fmt.Println(st.summary())
	return err
}

// chosen returns the scenes whose names have one of the words.
func chosen(words string) (plays []scene) {
	for _, s := range scenes() {
		for _, w := range strings.Split(words, ",") {
			if words == "all" || strings.Contains(s.name, w) {
				plays = append(plays, s)
				break
			}
		}
	}
	return plays
}

// level is what the process holds when nothing is going on.
func (st *storm) level() (held holdings, err error) {
	// What is opened once and for all is open after the first socket.
	c, err := zmq.NewContext()
	if err != nil {
		return held, err
	}
	for range 2 {
		s, err := c.NewSocket(zmq.Pull)
		if err != nil {
			return held, err
		}
		if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
			return held, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		s.RecvParts(ctx)
		cancel()
		s.Close()
	}
	if err := c.Close(); err != nil {
		return held, err
	}
	return hold(), nil
}
