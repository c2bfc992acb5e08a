package zmq

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain fails a run that leaves a handle or a goroutine behind, or forgets a handle that it did not
// forget on purpose.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := goWaysOf(*asEngine); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if errNoCgo != nil {
		flag.Set("test.run", "^(TestMainWithoutCgo|TestFence.*|TestLayers)$") // of the others, nothing can be tested
	}
	ReportLeaks(noteForgotten)
	code := m.Run()
	if code == 0 && !leftNothing() {
		code = 1
	}
	os.Exit(code)
}

var asEngine = flag.String("engine", "", "go the ways of another engine, such as 4.1.8: which features there are, and what is kept away from it")

// engineVariable passes the flag on to the processes that tests start.
const engineVariable = "ZMQ_TEST_ENGINE"

func goWaysOf(engine string) error {
	if engine == "" {
		return nil
	}
	os.Setenv(engineVariable, engine)
	var v Version
	if _, err := fmt.Sscanf(engine, "%d.%d.%d", &v.Major, &v.Minor, &v.Patch); err != nil {
		return fmt.Errorf("-engine %q is no version such as 4.1.8: %w", engine, err)
	}
	pretended.Store(int64(v.number()))
	return nil
}

// TestMainWithoutCgo: in a program without cgo, whatever would need libzmq says that it is missing, and how to get it.
func TestMainWithoutCgo(t *testing.T) {
	if errNoCgo == nil {
		return
	}
	_, contextErr := NewContext()
	_, messageErr := NewMessage(1)
	_, copyErr := CopyMessage([]byte("x"))
	_, pinErr := PinMessage([]byte("x"), nil)
	_, batchErr := NewBatch(1)
	_, pollerErr := NewPoller()
	_, pollErr := Poll([]PollItem{{FD: 0, Events: PollIn}}, 0)
	for what, err := range map[string]error{"NewContext": contextErr, "NewMessage": messageErr, "CopyMessage": copyErr, "PinMessage": pinErr,
		"NewBatch": batchErr, "NewPoller": pollerErr, "Poll": pollErr} {
		if !errors.Is(err, ErrNotSupported) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantError(t, contextErr, nil, "CGO_ENABLED=1")
	var m Message
	if _, err := m.Copy(); err == nil {
		t.Error("a message without libzmq can be copied")
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if LibraryVersion() != (Version{}) || HeaderVersion() != (Version{}) || Has("ipc") || StrError(EFSM) != "" || !strings.Contains(LinkInfo(), "without cgo") {
		t.Errorf("version %v, header %v, %q", LibraryVersion(), HeaderVersion(), LinkInfo())
	}
}

// forgotten holds what the garbage collector found that no test forgot on purpose. Functions that do so have a
// name that begins with forget.
var forgotten struct {
	mu    sync.Mutex
	leaks []Leak
}

func noteForgotten(l Leak) {
	if strings.Contains(l.Stack, "/zmq.forget") {
		return
	}
	forgotten.mu.Lock()
	forgotten.leaks = append(forgotten.leaks, l)
	forgotten.mu.Unlock()
}

// leaveWithin is how long handles and goroutines may take to go when the tests are over.
var leaveWithin = 5 * time.Second

// leftNothing reports whether all handles are closed and all goroutines gone, and prints those that are not.
func leftNothing() bool {
	left := OpenHandles()
	for limit := time.Now().Add(leaveWithin); len(left) > 0 && time.Now().Before(limit); left = OpenHandles() {
		time.Sleep(time.Millisecond) // a test may have ended while something closes
	}
	for _, leak := range left {
		fmt.Fprintf(os.Stderr, "left open: a %s, opened here:\n%s\n", leak.Kind, leak.Stack)
	}
	forgotten.mu.Lock()
	defer forgotten.mu.Unlock()
	for _, leak := range forgotten.leaks {
		fmt.Fprintf(os.Stderr, "forgotten: a %s, opened here:\n%s\n", leak.Kind, leak.Stack)
	}
	err := goleak.Find()
	for limit := time.Now().Add(leaveWithin); err != nil && time.Now().Before(limit); {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "left running: %v\n", err)
	}
	return len(left) == 0 && len(forgotten.leaks) == 0 && err == nil
}

// leaving is the environment variable by which the test binary is asked to leave something behind.
const leaving = "ZMQ_TEST_LEAVE"

// TestMainLeftBehind runs the test binary once more for each kind of thing to leave behind: TestMain must notice.
func TestMainLeftBehind(t *testing.T) {
	if what := os.Getenv(leaving); what != "" {
		leaveWithin = 50 * time.Millisecond
		leave(t, what)
		return
	}
	for what, want := range map[string]string{
		"nothing":   "",
		"context":   "left open: a context, opened here:",
		"socket":    "left open: a socket, opened here:",
		"forgotten": "forgotten: a socket, opened here:",
		"goroutine": "left running: found unexpected goroutines",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel() // each waits for what will not go
			cmd := againCommand(t.Context(), "-test.run=^TestMainLeftBehind$")
			cmd.Env = append(os.Environ(), leaving+"="+what)
			out, err := cmd.CombinedOutput()
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(string(out), want)) {
				t.Errorf("leaving %q behind gives %v, want %q in:\n%s", what, err, want, out)
			}
			if strings.Contains(want, "opened here") && !strings.Contains(string(out), "main_test.go") {
				t.Errorf("the stack that opened it is missing:\n%s", out)
			}
		})
	}
}

// left keeps what is left behind from being forgotten.
var left []any

func leave(t *testing.T, what string) {
	if what == "nothing" {
		return
	}
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	switch what {
	case "context":
		left = append(left, c)
		return
	case "socket":
		s, err := c.NewSocket(Pull)
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, s)
		c.st.mu.Lock()
		delete(c.st.openSockets, s.st) // so that Close does not close it, and never ends in time
		c.st.mu.Unlock()
		go c.Close()
		return
	case "goroutine":
		go func() { select {} }()
	case "forgotten":
		func() {
			if _, err := c.NewSocket(Pull); err != nil {
				t.Fatal(err)
			}
		}()
		eventually(t, "the socket is found", func() bool {
			forgotten.mu.Lock()
			defer forgotten.mu.Unlock()
			return len(forgotten.leaks) > 0
		})
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
