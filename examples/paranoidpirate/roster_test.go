package main

import (
	"testing"
	"time"
)

func TestRoster(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	r := roster{silence: 3 * time.Second}
	takes := func(want string) {
		t.Helper()
		if got, ok := r.take(); got != want || ok != (want != "") {
			t.Errorf("took %q, %v; want %q", got, ok, want)
		}
	}
	takes("")
	r.add("a", now)
	r.add("b", now)
	r.add("a", now) // it was started anew
	takes("b")
	r.heard("b", now) // busy, and stays so
	takes("a")
	takes("")
	r.add("a", now)
	r.add("b", now)
	now = now.Add(3 * time.Second)
	r.heard("b", now)
	r.expire(now)
	now = now.Add(time.Millisecond)
	r.expire(now)
	takes("b")
	takes("")
}
