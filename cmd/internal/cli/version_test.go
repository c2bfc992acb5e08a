package cli

import (
	"runtime/debug"
	"strings"
	"testing"

	"example.org/zmq"
)

func TestBuild(t *testing.T) {
	for _, c := range []struct {
		info debug.BuildInfo
		want Build
	}{
		{debug.BuildInfo{}, Build{Version: "(devel)", Commit: "unknown"}},
		{debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, Build{Version: "v1.2.3", Commit: "unknown"}},
		{debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "0123456789abcdef"}}},
			Build{Version: "(devel)", Commit: "0123456789ab-dirty"}},
		{debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123"}, {Key: "vcs.modified", Value: "false"}}},
			Build{Version: "(devel)", Commit: "0123"}},
	} {
		got := Build{Version: "(devel)", Commit: "unknown"}
		got.take(&c.info)
		if got != c.want {
			t.Errorf("%+v: %+v", c.info, got)
		}
	}
	text := ReadBuild().String()
	for _, want := range []string{"commit ", "go1.", zmq.LinkInfo(), "\nengine is "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
}
