package zmqd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.org/zmq/cmd/internal/clitest"
)

const deployFolder = "../../../deploy"

// TestAlerts asserts that the alert rules are sound, and that each fires when it has to, and only then.
func TestAlerts(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not there: apt-get install prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "zmqd.rules.yaml"}, {"test", "rules", "zmqd.test.yaml"}} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = filepath.Join(deployFolder, "prometheus")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", cmd, err, out)
		}
	}
}

// exported returns the names of the metrics that zmqd has.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	p := clitest.Start(t, Main, nil, "zmqd", "queue", "--frontend-bind", clitest.Endpoint(t, "f"), "--backend-connect", clitest.Endpoint(t, "b"), "--http", "127.0.0.1:0", "--drain", "0s")
	p.Err.WaitFor(t, "msg=running")
	_, text := get(t, httpAddress(t, p)+"/metrics")
	names := map[string]bool{"up": true}
	for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	return names
}

var metricName = regexp.MustCompile(`\b(?:zmqd|process|go)_[a-z_]+\b|\bup\b`)

// TestMonitoringMetrics asserts that alerts, dashboard and documents name metrics that exist, and that the documents name all.
func TestMonitoringMetrics(t *testing.T) {
	t.Parallel()
	if !reportsHandshakes {
		t.Skip("this engine has fewer")
	}
	names := exported(t)
	rules, err := os.ReadFile(filepath.Join(deployFolder, "prometheus/zmqd.rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\s+expr: (.*)$`).FindAllStringSubmatch(string(rules), -1) {
		checkNames(t, "alert", m[1], names)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	raw, err := os.ReadFile(filepath.Join(deployFolder, "grafana/zmqd.json"))
	if err == nil {
		err = json.Unmarshal(raw, &dashboard)
	}
	if err != nil || len(dashboard.Panels) == 0 {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			checkNames(t, p.Title, target.Expr, names)
			checkQuery(t, p.Title, target.Expr)
		}
	}
	doc, err := os.ReadFile("../../../docs/zmqd.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range names {
		if strings.HasPrefix(name, "zmqd_") && !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("docs/zmqd.md does not name %s", name)
		}
	}
}

func checkNames(t *testing.T, where, expr string, names map[string]bool) {
	t.Helper()
	found := metricName.FindAllString(expr, -1)
	if len(found) == 0 {
		t.Errorf("%s: no metric in %s", where, expr)
	}
	for _, name := range found {
		if !names[name] {
			t.Errorf("%s: there is no metric %s", where, name)
		}
	}
}

// checkQuery has promtool read a query as a rule.
func checkQuery(t *testing.T, title, expr string) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		return
	}
	expr = strings.NewReplacer("$__rate_interval", "1m", "$job", "zmqd", "$instance", "a").Replace(expr)
	rule := clitest.Write(t, "rule.yaml", "groups: [{name: a, rules: [{record: a, expr: '%s'}]}]\n", expr)
	if out, err := exec.Command(promtool, "check", "rules", rule).CombinedOutput(); err != nil {
		t.Errorf("%s: %s: %v\n%s", title, expr, err, out)
	}
}
