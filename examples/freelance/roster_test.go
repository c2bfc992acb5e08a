package freelance

import (
	"slices"
	"testing"
	"time"
)

func TestRoster(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	r := roster{ping: 2 * time.Second, silence: 6 * time.Second}
	for _, name := range []string{"a", "b", "a"} {
		r.add(name)
	}
	picks := func(want string) {
		t.Helper()
		if got, ok := r.pick(now); got != want || ok != (want != "") {
			t.Fatalf("picks %q, %v; want %q", got, ok, want)
		}
	}
	pings := func(want ...string) {
		t.Helper()
		if got := r.due(now); !slices.Equal(got, want) {
			t.Fatalf("pings %q; want %q", got, want)
		}
	}
	picks("")
	pings("a", "b")
	pings()
	if !r.heard("b", now) || r.heard("b", now) || r.heard("c", now) {
		t.Fatal("b has not come to life once")
	}
	picks("b")
	r.heard("a", now)
	picks("a") // which is preferred
	now = now.Add(2 * time.Second)
	pings("a", "b")
	r.heard("b", now)
	now = now.Add(time.Second)
	pings() // b was heard a second ago, a was pinged
	now = now.Add(3*time.Second + 1)
	picks("b") // a is silent
	r.failed("b")
	picks("")
	r.heard("b", now)
	r.heard("a", now)
	picks("a")
	r.failed("a")
	r.heard("a", now)
	picks("b") // a comes last now
}
