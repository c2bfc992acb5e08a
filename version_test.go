package zmq

import (
	"errors"
	"os"
	"strings"
	"testing"

	vendored "example.org/zmq/vendor_libzmq"
)

func TestVersionOrder(t *testing.T) {
	order := []Version{{}, {3, 0, 99}, {3, 1, 0}, {3, 2, 0}, {3, 2, 5}, {4, 0, 0}, {4, 3, 4}, {4, 3, 5}, {5, 0, 0}}
	for i, v := range order {
		for j, w := range order {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := v.Compare(w); got != want || v.AtLeast(w) != (want >= 0) {
				t.Errorf("%v and %v compare as %d, want %d", v, w, got, want)
			}
		}
		if versionOf(v.number()) != v {
			t.Errorf("%v is %v after it was a number", v, versionOf(v.number()))
		}
	}
	if got := (Version{4, 3, 4}).String(); got != "4.3.4" {
		t.Errorf("4.3.4 reads %q", got)
	}
}

// TestVersionMessageSizes: what zmq_msg_t has measured over the years.
func TestVersionMessageSizes(t *testing.T) {
	for v, want := range map[Version]int{
		{3, 1, 0}: 32, {3, 2, 5}: 32, {4, 0, 10}: 32, {4, 1, 0}: 48, {4, 1, 1}: 64, {4, 2, 5}: 64, {4, 3, 5}: 64,
	} {
		if got := msgSize(v); got != want {
			t.Errorf("messages of %v have %d bytes, want %d", v, got, want)
		}
	}
}

func TestVersionEngine(t *testing.T) {
	lib, header := LibraryVersion(), HeaderVersion()
	if err := checkEngine(); err != nil {
		t.Fatal(err)
	}
	if !lib.AtLeast(floor) || !header.AtLeast(floor) || lib.Compare(apiVersion()) < 0 || header.Compare(apiVersion()) < 0 {
		t.Errorf("library %v, header %v, API %v", lib, header, apiVersion())
	}
	if info := LinkInfo(); !strings.HasPrefix(info, "libzmq "+lib.String()+", ") ||
		!strings.Contains(info, "static") && !strings.Contains(info, "shared") || strings.Contains(info, "vendored") != cVendored {
		t.Errorf("LinkInfo is %q", info)
	}
	if err := need("anything", floor); err != nil {
		t.Errorf("the floor is not reached: %v", err)
	}
	err := need("The Future", Version{99, 0, 0})
	wantError(t, err, []error{ErrNotSupported, errors.ErrUnsupported}, "zmq: The Future needs libzmq 99.0.0, this is "+apiVersion().String())
	var version *VersionError
	if !errors.As(err, &version) || version.Have != apiVersion() {
		t.Errorf("%#v", err)
	}
}

func TestVersionHas(t *testing.T) {
	if Has("") || Has("nonsense") || Has("tcp\x00") {
		t.Error("the engine has what there is not")
	}
	if os.PathSeparator == '/' && (!Has("ipc") || !Has("IPC")) {
		t.Error("the engine has no ipc")
	}
	if cVendored && Has("gssapi") {
		t.Error("the vendored engine claims Kerberos, which it was linked without")
	}
	if cVendored && !atFloor() && (!Has("curve") || !Has("pgm") || !Has("ws") || Has("draft")) {
		t.Errorf("the vendored engine: curve %v, pgm %v, ws %v, draft %v", Has("curve"), Has("pgm"), Has("ws"), Has("draft"))
	}
}

// TestVersionHardened: what LinkInfo says of gates, what hardened says of each, and what staging wrote agree.
func TestVersionHardened(t *testing.T) {
	staged := map[string]bool{}
	if cVendored {
		for _, line := range strings.Split(vendored.Engine(), "\n") {
			if names, ok := strings.CutPrefix(line, "gates "); ok {
				for _, name := range strings.Fields(names) {
					staged[name] = true
				}
			}
		}
	}
	if got := strings.HasSuffix(LinkInfo(), ", hardened"); got != (len(staged) > 0) {
		t.Errorf("LinkInfo is %q, the gates are %v", LinkInfo(), staged)
	}
	table, err := os.ReadFile("vendor_libzmq/stage/gates.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(table), "\n") {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" && hardened(f[0]) != staged[f[0]] {
			t.Errorf("the gate %s is there: %v; it was staged: %v", f[0], hardened(f[0]), staged[f[0]])
		}
	}
	for _, name := range []string{"", " ", "none", "epol"} {
		if hardened(name) {
			t.Errorf("there is a gate %q", name)
		}
	}
}
