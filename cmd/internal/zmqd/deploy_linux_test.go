package zmqd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/zmq/cmd/internal/clitest"
)

const unit = "../../../deploy/systemd/zmqd@.service"

// unitSettings returns the settings of the unit by their names.
func unitSettings(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			all[name] = append(all[name], value)
		}
	}
	return all
}

// TestUnit asserts that systemd has nothing against the unit, where it can be asked, and that the unit sets what it has
// to.
func TestUnit(t *testing.T) {
	if analyze, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("systemd-analyze is not there: the unit is only read")
	} else {
		path, err := filepath.Abs(unit)
		if err != nil {
			t.Fatal(err)
		}
		// It passes over keys that it does not know, with a word about them.
		if out, err := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput(); err != nil || strings.Contains(string(out), "zmqd@") {
			t.Errorf("systemd-analyze verify: %v\n%s", err, out)
		}
	}
	set := unitSettings(t)
	for name, want := range map[string]string{
		"Type": "notify", "NotifyAccess": "main", "Restart": "on-failure", "ExecReload": "/bin/kill -HUP $MAINPID",
		"RestartPreventExitStatus": strconv.Itoa(1), "SuccessExitStatus": strconv.Itoa(exitLeft), "DynamicUser": "yes",
	} {
		if d := cmp.Diff([]string{want}, set[name]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, name := range []string{"WatchdogSec", "TimeoutStopSec", "LimitNOFILE", "MemoryMax", "TasksMax", "StartLimitBurst"} {
		if n, _ := strconv.Atoi(strings.TrimSuffix(strings.Join(set[name], ""), "G")); n <= 0 {
			t.Errorf("%s is %q", name, set[name])
		}
	}
	if n, _ := strconv.Atoi(strings.Join(set["TimeoutStopSec"], "")); time.Duration(n)*time.Second <= defaultDrain {
		t.Errorf("the time to stop, %d s, is not longer than draining may take, %v", n, defaultDrain)
	}
}

// TestUnitCommand runs what the unit runs, with a program that says what it was told in zmqd's place.
func TestUnitCommand(t *testing.T) {
	start := strings.Join(unitSettings(t)["ExecStart"], "")
	found := regexp.MustCompile(`^/bin/sh -c '(.*)'$`).FindStringSubmatch(start)
	if found == nil {
		t.Fatalf("ExecStart=%s", start)
	}
	const program = "/usr/local/bin/zmqd"
	if !strings.Contains(found[1], program) {
		t.Fatalf("ExecStart=%s", start)
	}
	// What systemd does: %% is a per cent sign, %i the instance, $$ a dollar sign.
	line := strings.NewReplacer("%%", "%", "%i", "queue:orders", "$$", "$").Replace(found[1])
	echo := clitest.Write(t, "zmqd", "#!/bin/sh\necho \"$@\"\n")
	if err := os.Chmod(echo, 0o700); err != nil {
		t.Fatal(err)
	}
	line = strings.Replace(line, program, echo, 1)
	out, err := exec.Command("/bin/sh", "-c", line).CombinedOutput()
	if err != nil || string(out) != "queue --config /etc/zmqd/orders.yaml\n" {
		t.Errorf("the unit runs: %s %v", out, err)
	}
}
