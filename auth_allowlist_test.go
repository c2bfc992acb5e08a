package zmq

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// writeFile writes a file of a folder and returns its path.
func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// who returns the user id that a list gives to a key, or "" where it is denied.
func who(l *AllowList, domain string, k CurveKey) string {
	user, err := l.Authenticate(context.Background(), AuthRequest{Mechanism: "CURVE", Key: k, Domain: domain})
	if (err == nil) != (user != "") {
		return fmt.Sprintf("%q with %v", user, err)
	}
	return user
}

// TestAllowListLoadKeys reads a folder as this package, pyzmq, CZMQ and people fill it, and reads it again.
func TestAllowListLoadKeys(t *testing.T) {
	dir := t.TempDir()
	ann := Certificate{Public: CurveKey{1}, Metadata: map[string]string{"name": "ann"}}
	if err := ann.SavePublic(filepath.Join(dir, "ann.key")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "bob.key", "#   ****  Generated on 2024-01-01 by pyzmq  ****\r\n\r\nmetadata\r\ncurve\r\n    public-key = \""+CurveKey{2}.String()+"\"\r\n")
	writeFile(t, dir, "czmq.txt", "#   ****  Generated on 2024-01-01 by CZMQ  ****\nmetadata\n    name = \"carl\"\ncurve\n    public-key = \""+CurveKey{3}.String()+"\"\n")
	writeFile(t, dir, "list", "# people\n\n"+CurveKey{4}.String()+" dora the first\n"+CurveKey{5}.String()+"\n\t"+CurveKey{7}.String()+"\teve\n")
	for _, name := range []string{"x.key_secret", ".hidden", "bob.key~"} {
		writeFile(t, dir, name, "no certificate")
	}
	l := &AllowList{}
	l.AllowKey(CurveKey{9}, "mine")
	l.AllowKey(CurveKey{4}, "dora of the program")
	if n, err := l.LoadKeys(dir); n != 6 || err != nil {
		t.Fatalf("%d keys, %v", n, err)
	}
	for k, want := range map[CurveKey]string{{1}: "ann", {2}: "bob.key", {3}: "carl", {4}: "dora of the program", {5}: CurveKey{5}.String(), {7}: "eve", {9}: "mine", {}: "", {8}: ""} {
		if got := who(l, "any", k); got != want {
			t.Errorf("key %v is %q, want %q", k, got, want)
		}
	}
	if got := l.String(); !strings.Contains(got, " 7 keys") {
		t.Error(got)
	}
	l.RemoveKey(CurveKey{1})
	if got := who(l, "", CurveKey{1}); got != "" {
		t.Errorf("a key that was removed is %q", got)
	}
	for _, name := range []string{"bob.key", "list"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := l.LoadKeys(dir, writeFile(t, t.TempDir(), "more", CurveKey{6}.String()+" fred")); n != 3 || err != nil {
		t.Fatalf("%d keys, %v", n, err)
	}
	for k, want := range map[CurveKey]string{{1}: "ann", {2}: "", {4}: "dora of the program", {5}: "", {6}: "fred", {9}: "mine"} {
		if got := who(l, "", k); got != want {
			t.Errorf("after the second load key %v is %q, want %q", k, got, want)
		}
	}
	if n, err := l.LoadKeys(); n != 0 || err != nil || who(l, "", CurveKey{1}) != "" || who(l, "", CurveKey{9}) != "mine" {
		t.Errorf("%d keys, %v, after all were taken off: %v", n, err, l)
	}
}

// TestAllowListLoadKeysErrors puts one thing that is wrong into a folder at a time. The list stays as it was.
func TestAllowListLoadKeysErrors(t *testing.T) {
	good := (CurveKey{1}).String()
	l := &AllowList{}
	dir := t.TempDir()
	writeFile(t, dir, "good", good+" ann")
	if _, err := l.LoadKeys(dir); err != nil {
		t.Fatal(err)
	}
	fails := func(what string, path string, target error, words ...string) {
		t.Helper()
		n, err := l.LoadKeys(path)
		wantError(t, err, []error{target}, append(words, "zmq: load keys")...)
		if op := new(OpError); n != 0 || !errors.As(err, &op) || op.Op != "load keys" {
			t.Errorf("%s: %d, %#v", what, n, err)
		}
		if got := who(l, "", CurveKey{1}); got != "ann" {
			t.Fatalf("%s: the old key is %q", what, got)
		}
	}
	for text, words := range map[string]string{
		"":                                      "has no key",
		"# people":                              "has no key",
		"\ncurve\n    public-key = \"short\"\n": "line 3: public-key",
		"metadata\n    name = \"x\"\n":          "no public-key",
		"curve\n    public-key = \"" + (CurveKey{}).String() + "\"\n": "zero",
		good + "\nfred\n":                     "line 2: neither",
		good[1:] + " fred":                    "line 1: neither",
		good + " " + strings.Repeat("n", 256): "line 1: the name",
		(CurveKey{}).String():                 "line 1: the public key is zero",
		good + " a\x00b":                      "zero byte",
		"metadata\n  name=\"" + strings.Repeat("n", 256) + "\"\ncurve\n  public-key=\"" + good + "\"\n": "the name",
		"# " + strings.Repeat("n", 70000): "too long",
	} {
		bad := writeFile(t, dir, "of somebody", text)
		fails(text[:min(len(text), 40)], dir, EINVAL, bad, words)
		fails(text[:min(len(text), 40)], bad, EINVAL, bad, words)
	}
	os.Remove(filepath.Join(dir, "of somebody"))
	fails("no such", filepath.Join(dir, "none"), fs.ErrNotExist, "none")
	fails("a device", os.DevNull, fs.ErrInvalid, os.DevNull)
	large := writeFile(t, dir, "large", "")
	if err := os.Truncate(large, keyFileMax+1); err != nil {
		t.Fatal(err)
	}
	fails("large", dir, EINVAL, large, "too large")
	os.Remove(large)
	link := filepath.Join(dir, "link")
	if err := os.Symlink("nowhere", link); err == nil {
		fails("a link that leads nowhere", dir, fs.ErrNotExist, link)
		os.Remove(link)
	}
	if os.Getuid() > 0 { // root may read all
		closed := writeFile(t, dir, "closed", good)
		if err := os.Chmod(closed, 0); err != nil {
			t.Fatal(err)
		}
		fails("closed", dir, fs.ErrPermission, closed)
	}
	_, err := (*AllowList)(nil).LoadKeys(dir)
	wantError(t, err, []error{EINVAL}, "the AllowList is nil")
}

// TestAllowListDomains: who comes to the servers of a domain that has a list is judged by that list alone.
func TestAllowListDomains(t *testing.T) {
	l := &AllowList{}
	l.AllowKey(CurveKey{1}, "everywhere else")
	staff := l.Domain("staff")
	if got := who(l, "staff", CurveKey{1}); got != "" {
		t.Errorf("the empty list of a domain accepts %q", got)
	}
	if n, err := staff.LoadKeys(writeFile(t, t.TempDir(), "k", CurveKey{2}.String()+" ann")); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	l.Domain("").AllowKey(CurveKey{3}, "none's")
	if l.Domain("staff") != staff || (*AllowList)(nil).Domain("staff") != nil {
		t.Error("a domain has one list, and none of a nil list")
	}
	for _, c := range []struct {
		domain string
		key    CurveKey
		want   string
	}{{"staff", CurveKey{1}, ""}, {"staff", CurveKey{2}, "ann"}, {"", CurveKey{1}, ""}, {"", CurveKey{3}, "none's"}, {"other", CurveKey{1}, "everywhere else"}, {"other", CurveKey{2}, ""}, {"Staff", CurveKey{2}, ""}} {
		if got := who(l, c.domain, c.key); got != c.want {
			t.Errorf("key %v in %q is %q, want %q", c.key[0], c.domain, got, c.want)
		}
	}
	if got := l.String(); !strings.Contains(got, ", 2 domains)") {
		t.Error(got)
	}
}

// TestAllowListOnDecision is told of what was decided, by the list and by those of its domains.
func TestAllowListOnDecision(t *testing.T) {
	l := &AllowList{}
	var told []string
	note := func(of string) func(AuthRequest, string, error) {
		return func(r AuthRequest, user string, err error) {
			l.RemoveUser("nobody") // its methods may be called
			told = append(told, fmt.Sprintf("%s: %v is %q, %v, %q", of, r, user, err, r.Password))
		}
	}
	l.AllowUser("ann", "x")
	l.Domain("staff").AllowKey(CurveKey{1}, "bob")
	l.Domain("staff").OnDecision(note("staff"))
	l.OnDecision(note("all"))
	ask := func(r AuthRequest) { l.Authenticate(context.Background(), r) }
	ask(AuthRequest{Mechanism: "PLAIN", Username: "ann", Password: "x", Address: "::1"})
	ask(AuthRequest{Mechanism: "PLAIN", Username: "ann", Password: "y", Address: "::1"})
	ask(AuthRequest{Mechanism: "CURVE", Key: CurveKey{1}, Domain: "staff", Address: "::1"})
	l.OnDecision(nil)
	ask(AuthRequest{Mechanism: "NULL"})
	bob := `CURVE from ::1 with key ` + (CurveKey{1}).String() + ` in "staff" is "bob", <nil>, ""`
	want := []string{
		`all: PLAIN from ::1 as "ann" is "ann", <nil>, ""`,
		`all: PLAIN from ::1 as "ann" is "", zmq: not on the AllowList, ""`,
		"staff: " + bob, "all: " + bob,
	}
	if !slices.Equal(told, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}

// TestAllowListReloadStorm reads two folders in turn while clients are judged: each sees one or the other as a whole.
func TestAllowListReloadStorm(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	for n, dir := range dirs {
		writeFile(t, dir, "1", CurveKey{1}.String()+" "+[]string{"a", "b"}[n])
		writeFile(t, dir, "2", CurveKey{2, byte(n)}.String()+" second")
	}
	l := &AllowList{}
	if _, err := l.LoadKeys(dirs[0]); err != nil {
		t.Fatal(err)
	}
	l.OnDecision(func(AuthRequest, string, error) {})
	var all sync.WaitGroup
	for range 3 {
		all.Add(2)
		go func() {
			defer all.Done()
			for n := range 100 {
				if n, err := l.LoadKeys(dirs[n%2]); n != 2 || err != nil {
					t.Error(n, err)
				}
				l.Domain("d").AllowKey(CurveKey{7}, "seven")
				l.OnDecision(func(AuthRequest, string, error) {})
			}
		}()
		go func() {
			defer all.Done()
			for range 1000 {
				if got := who(l, "", CurveKey{1}); got != "a" && got != "b" {
					t.Errorf("a key that is in both is %q", got)
				}
				if got := l.String(); !strings.Contains(got, " 2 keys") {
					t.Error(got)
				}
				who(l, "d", CurveKey{7})
			}
		}()
	}
	all.Wait()
}

// TestAllowListLoadedKeysServe lets clients of two domains in, over the network, by the folders of each.
func TestAllowListLoadedKeysServe(t *testing.T) {
	if !handshakesHere(t) {
		return
	}
	server, serverSecret := newKeys(t)
	ann, bob := mustGet(NewCertificate(map[string]string{"name": "ann"})), mustGet(NewCertificate(map[string]string{"name": "bob"}))
	dirs := map[string]string{"north": t.TempDir(), "south": t.TempDir()}
	must(ann.SavePublic(filepath.Join(dirs["north"], "ann.key")))
	must(bob.SavePublic(filepath.Join(dirs["south"], "bob.key")))
	decisions := make(chan string, 16)
	c := newTestContext(t)
	allow(t, c, func(l *AllowList) {
		for domain, dir := range dirs {
			if _, err := l.Domain(domain).LoadKeys(dir); err != nil {
				t.Fatal(err)
			}
		}
		l.OnDecision(func(r AuthRequest, user string, err error) {
			decisions <- fmt.Sprintf("%s %q %v", r.Domain, user, err == nil)
		})
	})
	for _, domain := range []string{"north", "south"} {
		s := newTestSocket(t, c, Pull, CurveServer(serverSecret), ZAPDomain(domain))
		endpoint := bindTo(t, s, "tcp")
		for _, client := range []*Certificate{ann, bob} {
			in := client.Metadata["name"] == map[string]string{"north": "ann", "south": "bob"}[domain]
			user := map[bool]string{true: client.Metadata["name"]}[in]
			_, at := outcome(t, s, endpoint, CurveClient(server, client.Public, client.Secret))
			if got := at.Type == EventHandshakeSucceeded; got != in {
				t.Errorf("%s at %s: %v", client.Metadata["name"], domain, at)
			}
			if got, want := <-decisions, fmt.Sprintf("%s %q %v", domain, user, in); got != want {
				t.Errorf("told %s, want %s", got, want)
			}
		}
	}
}
