package spell

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"bind", "bond", "heartbeat-interval", "send_hwm", "x"}
	for name, want := range map[string]string{
		"bnd":                    "bind", // as near as bond, which comes later
		"bond":                   "bond",
		"Send-HWM":               "send_hwm",
		"sendhmw":                "send_hwm",
		"hartbeatintervall":      "heartbeat-interval",
		"hartbeatintervalls":     "",
		"":                       "x",
		"zzz":                    "",
		strings.Repeat("b", 1e6): "",
		"binderer":               "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("%.20q: %q, want %q", name, got, want)
		}
	}
	if got := Nearest("x", nil); got != "" {
		t.Errorf("of no names: %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ab", "ba", 2}, {"abc", "abc", 0}} {
		if there, back := distance(c.a, c.b), distance(c.b, c.a); there != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, want %d", c.a, c.b, there, back, c.want)
		}
	}
}
