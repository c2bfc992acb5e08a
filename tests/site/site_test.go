package main

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// made makes the site of this tree.
func made(t *testing.T) (dir string, files map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "site")
	if _, err := Make(filepath.Join("..", ".."), dir); err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, files
}

var (
	reference = regexp.MustCompile(`\s(href|src)="([^"]*)"`)
	named     = regexp.MustCompile(`\sid="([^"]*)"`)
	code      = regexp.MustCompile(`(?s)<pre>.*?</pre>|<code>.*?</code>`)
)

// TestSite: the site has the pages of the tree and of its package, and what a page names is in the site, down to the heading.
// Nothing is loaded from elsewhere.
func TestSite(t *testing.T) {
	_, files := made(t)
	for _, name := range []string{"index.html", "docs/guide/index.html", "docs/guide/faq.html", "docs/limits.html", "docs/migrating.html", "api/index.html", "style.css", "search.js", mark} {
		if files[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
	ids := map[string]map[string]bool{}
	for name, text := range files {
		ids[name] = map[string]bool{}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			ids[name][m[1]] = true
		}
	}
	links := 0
	for name, text := range files {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, m := range reference.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			u, err := url.Parse(m[2])
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if u.Scheme != "" {
				if m[1] == "src" {
					t.Errorf("%s loads %s from elsewhere", name, m[2])
				}
				continue
			}
			links++
			to := name
			if u.Path != "" {
				to = path.Join(path.Dir(name), u.Path)
			}
			if _, is := files[to]; !is {
				t.Errorf("%s names %s, which the site does not have", name, m[2])
			} else if u.Fragment != "" && !ids[to][u.Fragment] {
				t.Errorf("%s names %s: there is no such place", name, m[2])
			}
		}
	}
	if links < 1000 {
		t.Errorf("only %d links were found", links)
	}
	if outside := regexp.MustCompile(`(?i)(@import|url\(|fetch\(|https?://)`).FindString(files["style.css"] + files["search.js"]); outside != "" {
		t.Errorf("the style or the script has %q: the site works without a network", outside)
	}
}

// TestKeepsFolders: a folder with other files is not replaced.
func TestKeepsFolders(t *testing.T) {
	dir := t.TempDir()
	letter := filepath.Join(dir, "letter")
	if err := os.WriteFile(letter, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(filepath.Join("..", ".."), dir); err == nil || !strings.Contains(err.Error(), "name another folder") {
		t.Errorf("a folder with a letter: %v", err)
	}
	if _, err := os.Stat(letter); err != nil {
		t.Error(err)
	}
}

// TestSearch asks the search in a browser, from a file, with the network off.
func TestSearch(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not there: run cmd/internal/pagetest/install")
		}
		t.Skip("chromium is not there: run cmd/internal/pagetest/install")
	}
	dir, _ := made(t)
	for question, want := range map[string]string{
		"ask again":   "../../docs/guide/reliability.html#ask-again",
		"waitsubscri": "../../api/index.html#Socket.WaitSubscriber",
		"xyzzyplugh":  "Nothing has all of these words",
	} {
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			page := "file://" + filepath.ToSlash(dir) + "/docs/guide/index.html?q=" + url.QueryEscape(question)
			cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
				"--user-data-dir="+t.TempDir(), "--proxy-server=127.0.0.1:9", "--dump-dom", page)
			dom, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v within two minutes: %v", err, ctx.Err())
			}
			_, results, _ := strings.Cut(string(dom), `id="results"`)
			results, _, _ = strings.Cut(results, `<div class="columns">`)
			if !strings.Contains(results, want) {
				t.Errorf("%q does not find %s, but\n%s", question, want, results)
			}
		})
	}
}
