//go:build unix

package run

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is where the programs are.
const module = "example.org/zmq/examples/"

// programs are the binaries, each built once.
var programs struct {
	dir string

	mu    sync.Mutex
	built map[string]func() (string, error)
}

// Main runs the tests of a package, for its TestMain. It builds the programs that the patterns name beforehand, in one
// go: "..." stands for all of them. Where -run picks some tests only, and for other programs, Start builds what it needs.
func Main(m *testing.M, patterns ...string) int {
	flag.Parse()
	waitTogether()
	dir, err := os.MkdirTemp("", "zmq")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs.dir, programs.built = dir, map[string]func() (string, error){}
	if err := noteSources(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if flag.Lookup("test.run").Value.String() == "" && len(patterns) > 0 {
		if err := build(patterns...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// waitTogether lets more tests run at once than there are processors, since they wait most of the time, unless -parallel says how many.
func waitTogether() {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if n := 4 * runtime.GOMAXPROCS(0); !given {
		flag.Set("test.parallel", strconv.Itoa(min(n, 8)))
	}
}

// binary returns the path of a program, which is built if it has to be.
func binary(program string) (string, error) {
	if programs.dir == "" {
		return "", fmt.Errorf("the test's package has no TestMain that calls run.Main")
	}
	programs.mu.Lock()
	get := programs.built[program]
	if get == nil {
		get = sync.OnceValues(func() (string, error) {
			path := filepath.Join(programs.dir, filepath.Base(program))
			if _, err := os.Stat(path); err == nil {
				return path, nil // by Main
			}
			return path, build(program)
		})
		programs.built[program] = get
	}
	programs.mu.Unlock()
	return get()
}

// build builds programs as the test binary was built.
func build(patterns ...string) error {
	args := []string{"build", "-ldflags=-s -w", "-o", programs.dir + "/"} // without a debugger's tables, which take long to link
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" || s.Key == "-tags" {
				args = append(args, s.Key+"="+s.Value)
			}
		}
	}
	for _, p := range patterns {
		args = append(args, module+p)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// noteSources opens the module's sources: go test repeats a result without running the test as long as the files that
// the test has opened are the same, and does not know what a command that the test runs has read.
func noteSources() error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	for ; filepath.Dir(root) != root; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
	}
	return filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		_, err = os.ReadFile(path)
		return err
	})
}
