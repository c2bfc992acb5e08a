package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"example.org/zmq"
)

// release and revision are the programs' version and commit, which scripts/dist gives to the linker; "" where go build or go
// install made them, which write them into the program themselves.
var release, revision string

// Build is what a program was built from.
type Build struct {
	Version string // v1.2.3, or (devel)
	Commit  string // twelve digits, with -dirty where files were changed; "unknown" if the build does not say
	Go      string
	Engine  string // libzmq's version
	// EngineFrom says what the engine was made from, as zmq.LinkInfo does.
	EngineFrom string
	Hardened   bool
}

// ReadBuild returns what this program was built from.
var ReadBuild = sync.OnceValue(func() Build {
	b := Build{Version: "(devel)", Commit: "unknown", Go: runtime.Version(), Engine: zmq.LibraryVersion().String(), EngineFrom: zmq.LinkInfo()}
	b.Hardened = strings.HasSuffix(b.EngineFrom, ", hardened")
	info, ok := debug.ReadBuildInfo()
	if ok {
		b.take(info)
	}
	if release != "" {
		b.Version = release
	}
	if revision != "" {
		b.Commit = revision
	}
	return b
})

// take reads what go build wrote into the program.
func (b *Build) take(info *debug.BuildInfo) {
	if v := info.Main.Version; v != "" {
		b.Version = v
	}
	dirty := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	if dirty && b.Commit != "unknown" {
		b.Commit += "-dirty"
	}
}

// Kind says whether the engine is hardened.
func (b Build) Kind() string {
	if b.Hardened {
		return "hardened"
	}
	return "not hardened"
}

// String is what --version prints after the name of the program.
func (b Build) String() string {
	return fmt.Sprintf("%s, commit %s, %s\nengine: %s\nengine is %s", b.Version, b.Commit, b.Go, b.EngineFrom, b.Kind())
}
