package clone

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

var start = time.Unix(1_000_000, 0)

func set(sequence uint64, key, value string) Update {
	return Update{Key: key, Sequence: sequence, Value: []byte(value)}
}

// text shows updates as "key=value@sequence" in their order.
func text(updates []Update) string {
	var out []string
	for _, u := range updates {
		s := fmt.Sprintf("%s=%s@%d", u.Key, u.Value, u.Sequence)
		if u.TTL() > 0 {
			s += fmt.Sprint("+", u.TTL())
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestUpdateFrames(t *testing.T) {
	u := Update{Key: "k", Sequence: 7, ID: bytes.Repeat([]byte{1}, 16), Properties: map[string]string{"ttl": "2", "a": "b=c"}, Value: []byte("v")}
	frames := u.frames()
	if got := string(frames[3]); got != "a=b=c\nttl=2\n" {
		t.Errorf("properties %q", got)
	}
	back, ok := parseUpdate(frames)
	if !ok || fmt.Sprint(back) != fmt.Sprint(u) || back.TTL() != 2*time.Second {
		t.Errorf("%v; want %v", back, u)
	}
	for _, bad := range [][][]byte{nil, frames[:4], {nil, nil, nil, nil, nil}, {nil, make([]byte, 8), {1}, nil, nil}} {
		if _, ok := parseUpdate(bad); ok {
			t.Errorf("%q was taken for an update", bad)
		}
	}
	for _, ttl := range []string{"", "x", "-1", "NaN", "1e300"} {
		u := Update{Properties: map[string]string{"ttl": ttl}}
		if u.TTL() != 0 {
			t.Errorf("a time to live of %q is %v", ttl, u.TTL())
		}
	}
	for _, key := range []string{"", hugz, kthxbai} {
		if _, err := newUpdate(key, nil, 0); err == nil {
			t.Errorf("%q was taken for a key", key)
		}
	}
	if u, err := newUpdate("k", nil, time.Millisecond); err != nil || u.TTL() != time.Second {
		t.Errorf("%v, %v", u, err)
	}
}

func TestStore(t *testing.T) {
	s := newStore()
	s.put(set(1, "/a/1", "x"), start)
	s.put(set(2, "/b/1", "y"), start)
	brief := set(3, "/a/2", "z")
	brief.setTTL(2 * time.Second)
	s.put(brief, start)
	s.put(set(4, "/b/1", ""), start)
	if got, want := text(s.snapshot("/a/", false, start)), "/a/1=x@1 /a/2=z@3 KTHXBAI=/a/@3"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
	if got, want := text(s.snapshot("", true, start.Add(time.Second))), "/a/1=x@1 /a/2=z@3+1s KTHXBAI=@4"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
	if got := s.expired(start.Add(2*time.Second - 1)); len(got) != 0 {
		t.Errorf("%q has expired too early", got)
	}
	if got := s.expired(start.Add(2 * time.Second)); fmt.Sprint(got) != "[/a/2]" {
		t.Errorf("%q has expired", got)
	}
}

func TestReplica(t *testing.T) {
	r := replica{store: newStore(), whole: true, settle: time.Second}
	r.sync([]Update{set(1, "a", "1"), set(4, "b", "4")}, 4, start)
	follows := func(u Update, after time.Duration, changed, lost bool) {
		t.Helper()
		if c, l := r.follow(u, start.Add(after)); c != changed || l != lost {
			t.Errorf("%v: %v, %v; want %v, %v", text([]Update{u}), c, l, changed, lost)
		}
	}
	follows(set(3, "a", "old"), 0, false, false)            // sent before the snapshot
	follows(set(1, "a", "new"), 2*time.Second, false, true) // of a server that counts anew
	follows(set(6, "a", "6"), 0, true, false)               // the snapshot does not have to tell the very last number
	follows(set(7, "b", ""), 0, true, false)
	follows(set(9, "a", "9"), 0, false, true) // 8 is missing
	follows(set(7, "b", ""), 0, false, true)
	if len(r.entries) != 1 || string(r.entries["a"].Value) != "6" {
		t.Errorf("the map is %v", r.entries)
	}
	r.whole = false
	follows(set(9, "a", "9"), 0, true, false)
}

func TestPending(t *testing.T) {
	p := pending{keep: 10 * time.Second}
	id := func(u Update, n byte) Update {
		u.ID = bytes.Repeat([]byte{n}, 16)
		return u
	}
	old, a, b, c := id(set(0, "o", "0"), 9), id(set(0, "a", "1"), 1), id(set(0, "b", "2"), 2), id(set(0, "c", "3"), 3)
	p.heard(old, start)
	now := start.Add(6 * time.Second)
	p.heard(a, now)
	p.heard(b, now)
	p.heard(b, now) // the client sends it again
	p.publish(a.ID, now)
	p.heard(a, now)
	p.publish(c.ID, now) // which comes over the other way later
	p.heard(c, now)
	p.publish(nil, now)
	if !p.isPublished(a.ID) || p.isPublished(b.ID) {
		t.Error("what is published is not known")
	}
	now = now.Add(6 * time.Second)
	if got := text(p.take(now)); got != "b=2@0" {
		t.Errorf("takes over %s", got)
	}
	if got := text(p.take(now)); got != "" {
		t.Errorf("takes over %s again", got)
	}
	p.expire(now.Add(time.Minute))
	if len(p.published) != 0 {
		t.Error("what is old is not forgotten")
	}
}
