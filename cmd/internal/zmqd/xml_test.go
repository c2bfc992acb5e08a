package zmqd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadOld(t *testing.T) {
	text := `<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- as 2.x had it -->
<forwarder>
  <out><bind addr="tcp://*:5560"/><bind addr="ipc:///run/a&amp;b"/></out>
  <in>
    <connect addr="tcp://host:1"/>
    <bind addr="tcp://*:5559" extra="1"></bind>
    <connect addr='tcp://host:2'/>
  </in>
</forwarder>
`
	cfg, warnings, err := parseOld(strings.NewReader(text), "f.xml", "forwarder")
	if err != nil {
		t.Fatal(err)
	}
	want := []Side{
		{Type: "sub", Bind: []string{"tcp://*:5559"}, Connect: []string{"tcp://host:1", "tcp://host:2"}},
		{Type: "pub", Bind: []string{"tcp://*:5560", "ipc:///run/a&b"}},
	}
	if d := cmp.Diff(want, []Side{cfg.Frontend, cfg.Backend}); d != "" {
		t.Error(d)
	}
	if len(warnings) != 0 || cfg.IOThreads != 1 || !cfg.plain {
		t.Errorf("warnings %q, %d threads, plain %v", warnings, cfg.IOThreads, cfg.plain)
	}
}

// TestReadOldTypes asserts the socket types that the programs of 2.x had.
func TestReadOldTypes(t *testing.T) {
	for device, want := range map[string][]string{"queue": {"router", "dealer"}, "forwarder": {"sub", "pub"}, "streamer": {"pull", "push"}} {
		cfg, _, err := parseOld(strings.NewReader("<"+device+"><in/><out/></"+device+">"), "f.xml", device)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, []string{cfg.Frontend.Type, cfg.Backend.Type}); d != "" {
			t.Error(device, d)
		}
		if err := cfg.check(); err != nil {
			t.Errorf("%s: %v", device, err)
		}
	}
}

func TestReadOldRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "f.xml:1:1: no XML element"},
		{"text", "hello", "f.xml:1:1: text outside of the root element"},
		{"cut off", "<queue>\n <in>", "f.xml:2:6: XML: unexpected EOF"},
		{"crossed", "<queue>\n<in></out></queue>", "f.xml:2:11: XML: element <in> closed by </out>"},
		{"wrong root", "\n  <streamer/>", "f.xml:2:3: the root element is <streamer>, and has to be <queue>"},
		{"no in", "<queue>\n<out/></queue>", "f.xml:1:1: <queue> has no <in>"},
		{"no out", "<queue><in/></queue>", "f.xml:1:1: <queue> has no <out>"},
		{"no addr", "<queue>\n<in>\n  <bind/></in><out/></queue>", `f.xml:3:3: <bind> has no attribute addr="..."`},
		{"misspelt addr", "<queue><in><connect adr='x'/></in><out/></queue>", `f.xml:1:12: <connect> has no attribute addr="..."`},
		{"two roots", "<queue><in/><out/></queue><queue/>", "f.xml:1:27: a second root element <queue>"},
		{"encoding", "<?xml version='1.0' encoding='utf-7'?><queue/>", "f.xml:1:39: "},
		{"entity", "<queue><in>&x;</in></queue>", "f.xml:1:15: XML: invalid character entity &x;"},
		{"deep", "<queue>" + strings.Repeat("<a>", 100), "f.xml:1:197: elements are nested too deeply"},
	} {
		_, _, err := parseOld(strings.NewReader(c.text), "f.xml", "queue")
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestReadOldWarns(t *testing.T) {
	text := "<queue><in><bnd addr='x'/></in><out/><in/></queue>"
	_, warnings, err := parseOld(strings.NewReader(text), "f.xml", "queue")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"f.xml:1:38: a second <in>, and passed over",
		"f.xml:1:12: <bnd> is not known in <in>, and passed over",
	}
	if d := cmp.Diff(want, warnings); d != "" {
		t.Error(d)
	}
}

// FuzzReadOld asserts that no file makes more than an error of one line.
func FuzzReadOld(f *testing.F) {
	f.Add("<queue><in><bind addr='tcp://*:1'/></in><out/></queue>")
	f.Add("<?xml version='1.0' encoding='latin1'?><queue>\xff")
	f.Fuzz(func(t *testing.T, text string) {
		cfg, _, err := parseOld(strings.NewReader(text), "f.xml", "queue")
		if (cfg == nil) == (err == nil) {
			t.Fatalf("%v and %v", cfg, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "f.xml:") {
			t.Fatalf("no position: %v", err)
		}
	})
}
