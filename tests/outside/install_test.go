package outside

import (
	"archive/zip"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var install = flag.Bool("install", false, "stage an engine and install the programs as a user without a clone does; takes minutes")

// release is the version that the test publishes: the one that cmd/go.mod requires.
func release(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root(t), "cmd", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "replace") {
		t.Fatal("cmd/go.mod has a replace: go install …@version refuses such a module")
	}
	_, after, _ := strings.Cut(string(raw), "example.org/zmq ")
	return strings.Fields(after)[0]
}

// publish writes a module of the tree into a folder that go takes for a proxy.
func publish(t *testing.T, proxy, module, dir, version string) {
	t.Helper()
	at := filepath.Join(proxy, module, "@v")
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	known, err := os.ReadFile(filepath.Join(at, "list"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	write(t, filepath.Join(at, "list"), string(known)+version+"\n")
	write(t, filepath.Join(at, version+".info"), `{"Version":"`+version+`"}`)
	write(t, filepath.Join(at, version+".mod"), string(mod))
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	list.Dir = dir
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(out))
	var nested []string // modules of their own
	for _, name := range names {
		if filepath.Base(name) == "go.mod" && name != "go.mod" {
			nested = append(nested, filepath.Dir(name)+"/")
		}
	}
	f, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
files:
	for _, name := range names {
		for _, n := range nested {
			if strings.HasPrefix(name, n) {
				continue files
			}
		}
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			continue
		}
		in, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(module + "@" + version + "/" + name)
		if err == nil {
			_, err = io.Copy(w, in)
		}
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestInstall stages an engine and installs the programs from published modules, as somebody does who has no clone: by
// go run, by the two lines that it prints, and by go install.
func TestInstall(t *testing.T) {
	if !*install {
		release(t)
		t.Log("go test -install stages and installs")
		return
	}
	version, proxy, home := release(t), t.TempDir(), t.TempDir()
	publish(t, proxy, "example.org/zmq", root(t), version)
	publish(t, proxy, "example.org/zmq/cmd", filepath.Join(root(t), "cmd"), version)
	known, err := exec.Command("go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=-modcacherw", "GONOSUMDB=example.org", "GOPROXY=file://"+proxy+","+strings.TrimSpace(string(known)),
		"GOMODCACHE="+filepath.Join(home, "mod"), "GOBIN="+filepath.Join(home, "bin"), "CGO_ENABLED=1")
	do := func(env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env, cmd.Stderr = home, env, os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		return string(out)
	}
	engine := filepath.Join(home, "engine")
	said := do(env, "go", "run", "example.org/zmq/vendor_libzmq/stage@"+version, "--into", engine)
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if len(lines) != 2 {
		t.Fatalf("stage prints %q", said)
	}
	for _, line := range lines {
		env = append(env, strings.ReplaceAll(strings.TrimPrefix(line, "export "), "'", ""))
	}
	do(env, "go", "install", "example.org/zmq/cmd/zmqd@"+version)
	if text := do(os.Environ(), filepath.Join(home, "bin", "zmqd"), "--version"); !strings.HasPrefix(text, "zmqd "+version+", ") || !strings.Contains(text, "hardened") {
		t.Errorf("zmqd --version: %s", text)
	}
}
