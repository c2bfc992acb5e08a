package outside

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// published are the modules that have versions, by their folders, and what somebody imports from each, or installs.
var published = map[string]struct{ imports, installs string }{
	".":               {imports: "zmqtest"},
	"cmd":             {installs: "zmqkeys"},
	"compat/zmq3":     {imports: "."},
	"compat/zmq4":     {imports: "."},
	"contrib/zmqotel": {imports: "."},
	"contrib/zmqprom": {imports: "."},
	"examples":        {imports: "majordomo", installs: "version"},
}

// modulePath returns the path of the module in a folder of the tree, or of a package in it.
func modulePath(names ...string) string {
	path := "example.org/zmq"
	for _, name := range names {
		if name != "." && name != "" {
			path += "/" + name
		}
	}
	return path
}

// repository is a repository of the test's own, with the tree in it as it is now.
type repository struct {
	t   *testing.T
	dir string
	env []string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	r.env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.org", "GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.org")
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root(t)
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		from, to := filepath.Join(root(t), name), filepath.Join(r.dir, name)
		info, err := os.Lstat(from)
		if err != nil || !info.Mode().IsRegular() {
			continue // somebody is at work
		}
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, to, string(text))
		if err := os.Chmod(to, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	engine := filepath.Join(r.dir, "vendor_libzmq")
	if err := os.CopyFS(filepath.Join(engine, "lib"), os.DirFS(staged(t))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("lib", "include"), filepath.Join(engine, "include")); err != nil {
		t.Fatal(err)
	}
	r.do("git", "init", "-q", "-b", "main")
	r.do("git", "add", "-A")
	r.do("git", "commit", "-q", "-m", "The tree")
	return r
}

// try runs a command in the repository and returns all that it prints.
func (r *repository) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *repository) do(name string, args ...string) string {
	r.t.Helper()
	out, err := r.try(name, args...)
	if err != nil {
		r.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

// changelog puts these lines under Unreleased, in place of those that are there, and returns the newest version.
func (r *repository) changelog(lines string) string {
	r.t.Helper()
	path := filepath.Join(r.dir, "CHANGELOG.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	const heading = "## [Unreleased]\n\n"
	before, after, ok := strings.Cut(string(raw), heading)
	newest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$`).FindStringSubmatchIndex(after)
	if !ok || newest == nil {
		r.t.Fatalf("CHANGELOG.md has no section for what is unreleased, or none of a version")
	}
	write(r.t, path, before+heading+lines+after[newest[0]:])
	r.do("git", "commit", "-q", "--all", "--allow-empty", "-m", "Say what has changed")
	return "v" + after[newest[2]:newest[3]]
}

// prepare makes the branch of a version and goes there, and looks at what the modules require of each other.
func (r *repository) prepare(version string) {
	r.t.Helper()
	r.do("scripts/release", "--prepare", version)
	r.do("git", "switch", "-q", "release-"+version)
	if n := strings.TrimSpace(r.do("git", "rev-list", "--count", "main..HEAD")); n != "1" {
		r.t.Errorf("%s was prepared by %s commits, want one", version, n)
	}
	for folder := range published {
		mod, err := os.ReadFile(filepath.Join(r.dir, folder, "go.mod"))
		if err != nil {
			r.t.Fatal(err)
		}
		if strings.Contains(string(mod), "replace") {
			r.t.Errorf("%s/go.mod has a replace for %s", folder, version)
		}
		for _, m := range regexp.MustCompile(`(?m)example\.org/zmq\S* (v\S+)`).FindAllStringSubmatch(string(mod), -1) {
			if m[1] != version {
				r.t.Errorf("%s/go.mod has %q for %s", folder, m[0], version)
			}
		}
	}
	raw, err := os.ReadFile(filepath.Join(r.dir, "CHANGELOG.md"))
	if err != nil || strings.Count(string(raw), "\n## ["+version[1:]+"] - ") != 1 || !strings.Contains(string(raw), "\n## [Unreleased]\n\n## [") {
		r.t.Errorf("CHANGELOG.md is not cut for %s: %v", version, err)
	}
}

// publish writes all modules into the proxy, as they are on this branch.
func (r *repository) publish(proxy, version string) {
	for folder := range published {
		publish(r.t, proxy, modulePath(folder), filepath.Join(r.dir, folder), version)
	}
}

// nextMinor returns the version after one.
func nextMinor(t *testing.T, version string) string {
	t.Helper()
	parts := strings.Split(version, ".")
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s.%d.0", parts[0], n+1)
}

// TestInstallReleases prepares the newest version of the changelog, and the one after it, and asserts that somebody gets each module
// by its version. With -install, that the checks of a release find each ready, and that what was got builds and runs.
func TestInstallReleases(t *testing.T) {
	r, proxy := newRepository(t), t.TempDir()
	version := r.changelog("")
	if out, err := r.try("scripts/release", "--prepare", nextMinor(t, version)); err == nil || !strings.Contains(out, "nothing under Unreleased") {
		t.Fatalf("a version in which nothing has changed: %v\n%s", err, out)
	}
	u := newReleaseUser(t, proxy)
	for range 2 {
		r.prepare(version)
		if *install {
			out := r.do("scripts/release", "--checks", version)
			if !strings.Contains(out, "release: "+version+" is ready, as far as was looked") {
				t.Errorf("%s: %s", version, out)
			}
			t.Log(out)
		}
		for folder := range published {
			r.do("git", "tag", strings.TrimPrefix(folder+"/", "./")+version)
		}
		r.publish(proxy, version)
		u.gets(version)
		if out, err := r.try("scripts/release", "--prepare", version); err == nil || !strings.Contains(out, "the branch release-"+version+" is there already") {
			t.Errorf("prepared twice: %v\n%s", err, out)
		}
		r.do("git", "switch", "-q", "main")
		r.do("git", "checkout", "-q", "release-"+version, "--", "CHANGELOG.md")
		r.changelog("### Added\n\n- Something.\n\n")
		version = nextMinor(t, version)
	}
}

// releaseUser is somebody who has no clone, and gets modules from the proxy.
type releaseUser struct {
	*user
	home string
}

func newReleaseUser(t *testing.T, proxy string) *releaseUser {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(string(out)) // what other modules are there already need not come over the network
	u := &releaseUser{&user{t: t, dir: t.TempDir()}, t.TempDir()}
	lib := staged(t)
	u.env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -modcacherw", "GOSUMDB=off", "GONOSUMDB=example.org",
		"GOPROXY=file://"+proxy+",file://"+filepath.Join(known[0], "cache", "download")+","+known[1], "GOMODCACHE="+filepath.Join(u.home, "mod"),
		"GOBIN="+filepath.Join(u.home, "bin"), "CGO_ENABLED=1", "CGO_CFLAGS=-g -O2 -I"+filepath.Join(lib, "include"), "CGO_LDFLAGS=-L"+lib)
	return u
}

// gets requires all modules in a version, finds the packages of each in it, and with -install builds and runs them.
func (u *releaseUser) gets(version string) {
	u.t.Helper()
	must := func(name string, args ...string) string {
		u.t.Helper()
		out, err := u.do(name, args...)
		if err != nil {
			u.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return out
	}
	source := "package main\n\nimport (\n"
	mod := "module example.net/user\n\ngo 1.24\n"
	for _, folder := range slices.Sorted(maps.Keys(published)) {
		mod += "\nrequire " + modulePath(folder) + " " + version + "\n"
		if p := published[folder]; p.imports != "" {
			source += fmt.Sprintf("\t_ %q\n", modulePath(folder, p.imports))
		}
	}
	write(u.t, filepath.Join(u.dir, "main.go"), source+")\n\nfunc main() { println(\"works\") }\n")
	write(u.t, filepath.Join(u.dir, "go.mod"), mod)
	for _, line := range strings.Split(strings.TrimSpace(must("go", "list", "-m", "all")), "\n") {
		if path, got, _ := strings.Cut(line, " "); strings.HasPrefix(path, "example.org/") && got != version {
			u.t.Errorf("somebody who requires %s gets %s", version, line)
		}
	}
	if !*install {
		return
	}
	must("go", "build", "-o", "program", ".")
	if out := must(filepath.Join(u.dir, "program")); out != "works\n" {
		u.t.Errorf("the program says %q", out)
	}
	for folder, p := range published {
		if p.installs == "" {
			continue
		}
		must("go", "install", modulePath(folder, p.installs)+"@"+version)
		must(filepath.Join(u.home, "bin", p.installs), "--version")
	}
}
