package zmq3

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSame finds that the files are those of package zmq4: run go generate otherwise.
func TestSame(t *testing.T) {
	names, err := filepath.Glob("../zmq4/*.go")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		base := filepath.Base(name)
		if base == "doc.go" || strings.HasSuffix(base, "_test.go") {
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(base)
		if err != nil {
			t.Error(err)
		}
		if strings.Replace(string(want), "package zmq4\n", "package zmq3\n", 1) != string(got) {
			t.Errorf("%s differs: run go generate", base)
		}
	}
}

// TestOnlyHere uses what only the older package has.
func TestOnlyHere(t *testing.T) {
	ctx, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := ctx.NewSocket(DEALER)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, get func() (bool, error), want bool) {
		t.Helper()
		if got, err := get(); err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", what, got, err, want)
		}
	}
	check("Ipv4only", s.GetIpv4only, true)
	check("DelayAttachOnConnect", s.GetDelayAttachOnConnect, false)
	if err := s.SetIpv4only(false); err != nil {
		t.Fatal(err)
	}
	if err := s.SetDelayAttachOnConnect(true); err != nil {
		t.Fatal(err)
	}
	check("Ipv4only", s.GetIpv4only, false)
	check("Ipv6", s.GetIpv6, true)
	check("DelayAttachOnConnect", s.GetDelayAttachOnConnect, true)
	check("Immediate", s.GetImmediate, true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetIpv4only(); err != ErrorSocketClosed {
		t.Errorf("of a closed socket: %v", err)
	}
	if ErrorNoEvent == nil {
		t.Error("there is no ErrorNoEvent")
	}
	if err := ctx.Term(); err != nil {
		t.Fatal(err)
	}
}
