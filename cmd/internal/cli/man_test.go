package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.org/zmq/cmd/internal/clitest"
	"example.org/zmq/cmd/internal/zmqcat"
	"example.org/zmq/cmd/internal/zmqd"
	"example.org/zmq/cmd/internal/zmqkeys"
	"example.org/zmq/cmd/internal/zmqperf"
)

var programs = map[string]clitest.Main{"zmqd": zmqd.Main, "zmqcat": zmqcat.Main, "zmqkeys": zmqkeys.Main, "zmqperf": zmqperf.Main}

// manPages writes a program's pages and returns them by name.
func manPages(t *testing.T, name string, main clitest.Main) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if code, out, err := clitest.Run(t, main, "", name, "man", dir); code != 0 || out+err != "" {
		t.Fatalf("exit %d: %s%s", code, out, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		pages[f.Name()] = string(text)
	}
	return pages
}

// TestManPages asserts that every command has a page with all sections, which the formatter has nothing against.
func TestManPages(t *testing.T) {
	for name, main := range programs {
		pages := manPages(t, name, main)
		if pages[name+".1"] == "" {
			t.Errorf("%s has no page of its own: %d pages", name, len(pages))
		}
		for file, text := range pages {
			for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"} {
				if strings.Count(text, "\n.SH "+section+"\n") != 1 {
					t.Errorf("%s has no section %s, or several", file, section)
				}
			}
			groff, err := exec.LookPath("groff")
			if err != nil {
				continue
			}
			cmd := exec.Command(groff, "-man", "-Tutf8", "-Kutf8", "-ww")
			cmd.Stdin = strings.NewReader(text)
			var said strings.Builder
			cmd.Stderr = &said
			shown, err := cmd.Output()
			complaints := regexp.MustCompile(`(?m)^.*(can't break line|cannot (break|adjust) line|preconv).*\n?`).ReplaceAllString(said.String(), "")
			if err != nil || complaints != "" || !strings.Contains(escapes.ReplaceAllString(string(shown), ""), "help for") {
				t.Errorf("%s: groff: %v %s", file, err, complaints)
			}
		}
	}
	for _, device := range []string{"queue", "forwarder", "streamer", "proxy"} {
		text := manPages(t, "zmqd", zmqd.Main)["zmqd-"+device+".1"]
		for _, section := range []string{"SECURITY", "SIGNALS", "EXIT CODES", "ENVIRONMENT", "EXAMPLES"} {
			if !strings.Contains(text, "\n.SH "+section+"\n") {
				t.Errorf("zmqd %s has no section %s", device, section)
			}
		}
	}
}

// TestManPageFolder asserts that a folder that is not there is made, and that one that cannot be made is a clear error.
func TestManPageFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "share", "man", "man1")
	if code, _, err := clitest.Run(t, zmqd.Main, "", "zmqd", "man", dir); code != 0 || err != "" {
		t.Errorf("exit %d: %q", code, err)
	}
	page := filepath.Join(dir, "zmqd.1")
	if _, err := os.Stat(page); err != nil {
		t.Error(err)
	}
	code, _, err := clitest.Run(t, zmqd.Main, "", "zmqd", "man", page)
	if want := "zmqd: mkdir " + page + ": not a directory\n"; code != 1 || err != want {
		t.Errorf("exit %d: %q, not %q", code, err, want)
	}
}

var (
	escapes    = regexp.MustCompile("\x1b\\[[0-9;]*m")
	flagInPage = regexp.MustCompile(`(?m)^\.B (?:\\-\w, )?\\-\\-((?:\w|\\-)+)`)
	flagInDoc  = regexp.MustCompile("--([a-z][a-z0-9-]+)")
)

// TestDocs asserts that the page of each program under docs names every flag and command that it has, and none
// that it does not have.
func TestDocs(t *testing.T) {
	of := map[string]map[string]bool{}
	all := map[string]bool{"help": true, "version": true}
	for name, main := range programs {
		of[name] = map[string]bool{}
		for _, page := range manPages(t, name, main) {
			for _, found := range flagInPage.FindAllStringSubmatch(page, -1) {
				flag := strings.ReplaceAll(found[1], `\-`, "-")
				of[name][flag], all[flag] = true, true
			}
		}
		delete(of[name], "help")
		delete(of[name], "version")
	}
	for name, main := range programs {
		raw, err := os.ReadFile(filepath.Join("../../../docs", name+".md"))
		if err != nil {
			t.Fatal(err)
		}
		doc := string(raw)
		for file := range manPages(t, name, main) {
			if command := strings.TrimSuffix(strings.TrimPrefix(file, name+"-"), ".1"); !strings.Contains(doc, command) {
				t.Errorf("docs/%s.md does not name the command %s", name, command)
			}
		}
		for flag := range of[name] {
			// Of a side's flags the page has the rest of the name.
			for _, side := range []string{"frontend-", "backend-", "capture-", "control-"} {
				if name == "zmqd" && flag != "capture-lossy" {
					flag = strings.TrimPrefix(flag, side)
				}
			}
			if !regexp.MustCompile("(--|`)" + regexp.QuoteMeta(flag) + `\b`).MatchString(doc) {
				t.Errorf("docs/%s.md does not name the flag %s", name, flag)
			}
		}
		for _, found := range flagInDoc.FindAllStringSubmatch(doc, -1) {
			if !all[found[1]] {
				t.Errorf("docs/%s.md names --%s, which does not exist", name, found[1])
			}
		}
	}
}
