package zmq

import (
	"os"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
)

// testFunctions returns the names of the tests, examples, benchmarks and fuzz tests in a folder, and with below also
// in the folders below.
func testFunctions(t *testing.T, dir string, below bool) string {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Example|Benchmark|Fuzz)\w*)\(`)
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return nil // it was removed meanwhile
		}
		if d.IsDir() && path != dir && !below {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

// alternatives returns the regular expressions of which a pattern is made, those within parentheses multiplied out.
func alternatives(pattern string) []string {
	re, err := syntax.Parse(pattern, syntax.Perl&^syntax.OneLine)
	if err != nil {
		return []string{pattern}
	}
	return multiply(re)
}

func multiply(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			all = append(all, multiply(sub)...)
		}
		return all
	case syntax.OpCapture:
		return multiply(re.Sub[0])
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			var longer []string
			for _, begin := range all {
				for _, end := range multiply(sub) {
					longer = append(longer, begin+end)
				}
			}
			all = longer
		}
		return all
	}
	return []string{re.String()}
}

// picked finds the patterns in a script: of -run and -skip, of "named DIR", and of "ways_of VERSION".
var picked = regexp.MustCompile(`(?:-(?:test\.)?(?:run|skip)[ =]|\bnamed (\S+) |\bways_of \S+ |^skip=)'([^']+)'`)

// TestScriptsPickTests: every alternative of every pattern by which a script selects tests matches one, so that a test
// that gets another name is not left out unnoticed; and every file whose tests a script takes is there.
func TestScriptsPickTests(t *testing.T) {
	scripts, err := filepath.Glob("scripts/*")
	if err != nil || len(scripts) < 5 {
		t.Fatalf("there are only %d scripts: %v", len(scripts), err)
	}
	patterns := 0
	for _, script := range append(scripts, ".ci/run") {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.ReplaceAll(string(text), "\\\n", " "), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, m := range picked.FindAllStringSubmatch(line, -1) {
				dir, pattern := m[1], m[2]
				if pattern == "^$" {
					continue
				}
				if patterns++; dir == "" {
					dir = "./..."
				}
				names := testFunctions(t, strings.TrimSuffix(dir, "/..."), strings.HasSuffix(dir, "/..."))
				for _, one := range alternatives(pattern) {
					one, _, _ = strings.Cut(one, "/")
					if !regexp.MustCompile("(?m)" + one).MatchString(names) {
						t.Errorf("%s: %q matches no test in %s", script, one, dir)
					}
				}
			}
			if _, rest, ok := strings.Cut(line, "pick of "); ok && !strings.Contains(line, "usage") {
				for _, file := range regexp.MustCompile(`\S+_test\.go`).FindAllString(rest, -1) {
					if testFunctions(t, file, false) == "" {
						t.Errorf("%s takes the tests of %s, which has none", script, file)
					}
				}
			}
		}
	}
	if patterns < 8 {
		t.Errorf("only %d patterns were found: does this test still see them?", patterns)
	}
}

func TestScriptsAlternatives(t *testing.T) {
	for pattern, want := range map[string]string{
		"TestA|TestB$":        "TestA TestB(?m:$)",
		"TestManual(HWM|Raw)": "TestManualHWM TestManualRaw",
		"One":                 "One",
	} {
		got := alternatives(pattern)
		for i, want := range strings.Fields(want) {
			if i >= len(got) || !regexp.MustCompile("^(?:"+got[i]+")").MatchString(strings.TrimSuffix(want, "(?m:$)")) {
				t.Errorf("the alternatives of %s are %q, want %s", pattern, got, want)
			}
		}
	}
}
