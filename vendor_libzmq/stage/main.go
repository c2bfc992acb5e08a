// Stage puts libzmq into a folder of yours, as scripts/vendor does in a clone: for programs that require the module and have no clone of
// it.
//
//	go run example.org/zmq/vendor_libzmq/stage@latest --into ./zmq-engine
//
// or, where go.mod has "tool example.org/zmq/vendor_libzmq/stage", go tool stage --into ./zmq-engine. It takes the flags of scripts/vendor
// (--help), prints the two lines of environment by which go build links that engine, and needs what scripts/vendor needs: Linux with apt, bash, a
// C compiler, the network and no root.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	into, asks, err := folder(args)
	if err != nil {
		return 2, err
	}
	script, err := find()
	if err != nil {
		return 1, err
	}
	for _, tool := range []string{"bash", "apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil && !asks {
			return 1, fmt.Errorf("%s is not there: staging takes the engine from a Debian or Ubuntu release's packages; elsewhere install libzmq's development package, which go build finds by itself", tool)
		}
	}
	// By its interpreter: files in the module cache cannot be run.
	cmd := exec.Command("bash", append([]string{script}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode(), nil // it has said why
		}
		return 1, err
	}
	if !asks {
		fmt.Printf("export CGO_CFLAGS='-g -O2 -I%s'\nexport CGO_LDFLAGS='-L%s'\n", filepath.Join(into, "lib", "include"), filepath.Join(into, "lib"))
	}
	return 0, nil
}

// folder returns the folder that is staged into, and whether the arguments only ask for something.
func folder(args []string) (into string, asks bool, err error) {
	for i, a := range args {
		switch a {
		case "--into":
			if i+1 < len(args) {
				into = args[i+1]
			}
		case "--help", "-h", "--print", "--remove":
			asks = true
		}
	}
	switch {
	case asks:
		return into, true, nil
	case into == "":
		return "", false, errors.New("say where the engine goes: --into DIR (--help has the other flags)")
	case strings.ContainsAny(into, " '\t\n"):
		return "", false, fmt.Errorf("%q has a space or a quote, which CGO_LDFLAGS cannot have", into)
	}
	into, err = filepath.Abs(into)
	return into, false, err
}

// find returns scripts/vendor of the module that this program is from.
func find() (string, error) {
	if _, self, _, ok := runtime.Caller(0); ok {
		script := filepath.Join(filepath.Dir(self), "..", "..", "scripts", "vendor")
		if _, err := os.Stat(script); err == nil {
			return script, nil
		}
	}
	// Built with -trimpath: the module cache has it.
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "", errors.New("the module's files cannot be found: run this program by go run or go tool, without -trimpath")
	}
	out, err := exec.Command("go", "mod", "download", "-json", info.Main.Path+"@"+info.Main.Version).Output()
	var module struct{ Dir string }
	if err == nil {
		err = json.Unmarshal(out, &module)
	}
	if err != nil {
		return "", fmt.Errorf("go mod download %s@%s: %w", info.Main.Path, info.Main.Version, err)
	}
	return filepath.Join(module.Dir, "scripts", "vendor"), nil
}
