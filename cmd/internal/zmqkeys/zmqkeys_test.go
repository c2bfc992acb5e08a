package zmqkeys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/cmd/internal/clitest"
)

func run(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	return clitest.Run(t, Main, "", append([]string{"zmqkeys"}, args...)...)
}

func TestNew(t *testing.T) {
	dir := t.TempDir()
	code, out, err := run(t, "new", "--dir", dir, "--meta", "name=alice", "--meta", "role=", "alice", "bob")
	if code != 0 {
		t.Fatalf("exit %d, %s", code, err)
	}
	secret, e := zmq.LoadCertificate(filepath.Join(dir, "alice.key_secret"))
	if e != nil {
		t.Fatal(e)
	}
	public, e := zmq.LoadCertificate(filepath.Join(dir, "alice.key"))
	if e != nil {
		t.Fatal(e)
	}
	if public.Public != secret.Public || public.Secret != (zmq.CurveSecretKey{}) || public.Metadata["name"] != "alice" {
		t.Error("the two files are not of one certificate")
	}
	if !strings.HasPrefix(out, public.Public.String()) || strings.Contains(out, secret.Secret.Z85()) || strings.Count(out, "\n") != 2 {
		t.Errorf("output %q", out)
	}
	for name, want := range map[string]os.FileMode{"alice.key_secret": 0o600, "alice.key": 0o644} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	before, _ := os.ReadFile(filepath.Join(dir, "alice.key_secret"))
	if code, _, err := run(t, "new", "-d", dir, "alice"); code != exitFailed || !strings.Contains(err, "is there already") {
		t.Errorf("exit %d, %s", code, err)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "alice.key_secret")); string(before) != string(after) {
		t.Error("a key was lost")
	}
	if code, _, err := run(t, "new", "-d", dir, "--force", "alice"); code != 0 {
		t.Errorf("exit %d, %s", code, err)
	}
}

func TestShowAndPublic(t *testing.T) {
	dir := t.TempDir()
	run(t, "new", "-d", dir, "a")
	secret, public := filepath.Join(dir, "a.key_secret"), filepath.Join(dir, "again.key")
	if code, _, err := run(t, "public", secret, public); code != 0 {
		t.Fatalf("exit %d, %s", code, err)
	}
	code, out, err := run(t, "show", secret, public)
	lines := strings.Split(out, "\n")
	if code != 0 || len(lines) != 3 || lines[0][:40] != lines[1][:40] || !strings.Contains(lines[0], "with its secret key") {
		t.Errorf("exit %d, %q, %s", code, out, err)
	}
	if c, _ := zmq.LoadCertificate(secret); strings.Contains(out, c.Secret.Z85()) {
		t.Error("a secret is shown")
	}
	if code, _, _ := run(t, "public", secret, public); code != exitFailed {
		t.Errorf("a file was replaced: exit %d", code)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	run(t, "new", "-d", dir, "a")
	secret := filepath.Join(dir, "a.key_secret")
	if code, _, err := run(t, "check", secret, filepath.Join(dir, "a.key")); code != 0 || err != "" {
		t.Errorf("exit %d, %s", code, err)
	}
	os.Chmod(secret, 0o640)
	if code, _, err := run(t, "check", secret); code != exitFailed || !strings.Contains(err, "chmod 600") {
		t.Errorf("exit %d, %s", code, err)
	}
	junk := clitest.Write(t, "junk", "junk")
	if code, _, err := run(t, "check", junk); code != exitFailed || !strings.Contains(err, "no certificate") {
		t.Errorf("exit %d, %s", code, err)
	}
}

func TestBadUse(t *testing.T) {
	for _, args := range [][]string{{"new"}, {"new", "../x"}, {"new", ".hidden"}, {"new", "--meta", "x", "a"}, {"show"}, {"frobnicate"}} {
		if code, _, err := run(t, args...); code != 1 || strings.Count(err, "\n") != 1 {
			t.Errorf("%q: exit %d, %q", args, code, err)
		}
	}
}

// TestOutputFails asserts that keys that could not be printed are no success.
func TestOutputFails(t *testing.T) {
	dir := t.TempDir()
	if code, _, err := run(t, "new", "--dir", dir, "a"); code != 0 {
		t.Fatal(err)
	}
	var text strings.Builder
	s := cli.Streams{In: strings.NewReader(""), Out: clitest.Full(), Err: &text}
	if code := Main(t.Context(), []string{"zmqkeys", "show", dir + "/a.key"}, s); code != exitFailed || !strings.Contains(text.String(), "no space left") {
		t.Errorf("exit %d, %s", code, text.String())
	}
}
